/* Reading a workflow, and what its key table cannot see: names, roles, requirement ids, languages. */
#include "workflow/table.h"

#include <string.h>

void workflow_mistake(const struct checker *checker, struct place place, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	autofree char *text = text_format_v(format, arguments);
	va_end(arguments);
	diagnostics_add(checker->mistakes, place, "%s", text);
}

/* Requirement ids of the OpenHIE architecture specification 4.0: each family from 1 to its last. It skips TSF-10. */
static const struct {
	const char *family;
	int64_t first, last;
} requirements[] = {
	{ "IOLF", 1, 16 }, { "IOLWF", 1, 1 },  { "CRF", 1, 10 },   { "CRWF", 1, 4 },
	{ "FRF", 1, 12 },  { "FRWF", 1, 1 },   { "HWRF", 1, 7 },   { "HWWF", 1, 4 },
	{ "SHRF", 1, 12 }, { "SHRWF", 1, 2 },  { "TSF", 1, 13 },   { "TSWF", 1, 8 },
	{ "HMISF", 1, 7 }, { "HMISWF", 1, 1 }, { "HFW", 1, 5 },    { "NFR", 2, 7 },
};

static bool is_required(size_t family, int64_t number)
{
	return number >= requirements[family].first && number <= requirements[family].last &&
	       !(number == 10 && text_equal(requirements[family].family, "TSF"));
}

void workflow_requirement_ids(struct strings *ids)
{
	for (size_t i = 0; i < LENGTH(requirements); i++)
		for (int64_t number = requirements[i].first; number <= requirements[i].last; number++)
			if (is_required(i, number))
				strings_format(ids, "%s-%d", requirements[i].family, (int)number);
}

static void check_requirement(const struct checker *checker, const struct placed_text *id)
{
	const char *families[LENGTH(requirements) + 1] = { NULL };
	size_t length = strcspn(id->text, "-");
	int64_t number = 0;
	number_parse(id->text + length + 1, 0, 9999, &number);
	for (size_t i = 0; i < LENGTH(requirements); i++) {
		families[i] = requirements[i].family;
		if (strlen(families[i]) != length || strncmp(id->text, families[i], length))
			continue;
		if (!is_required(i, number))
			workflow_mistake(checker, id->place,
					 "shows[]: the specification 4.0 has no %s; it has %s-%d to "
					 "%s-%d",
					 id->text, families[i], (int)requirements[i].first,
					 families[i], (int)requirements[i].last);
		return;
	}
	autofree char *family = text_copy_n(id->text, length);
	autofree char *guess = did_you_mean(family, families);
	workflow_mistake(checker, id->place,
			 "shows[]: the specification 4.0 has no requirements %s-…%s", family,
			 guess);
}

static void check_shows(const struct checker *checker, const struct text_list *shows)
{
	for (size_t i = 0; i < shows->count; i++)
		check_requirement(checker, &shows->items[i]);
}

/* ---- languages ---- */

static bool has_language(const struct entry_list *texts, const char *language)
{
	for (size_t i = 0; i < texts->count; i++) {
		if (text_equal(texts->items[i].key.text, language))
			return true;
	}
	return false;
}

/* `place`: of the map of languages. */
static void check_languages(const struct checker *checker, const struct entry_list *texts,
			    const char *key)
{
	const struct entry_list *title = &checker->workflow->title;
	if (!texts->count || !title->count)
		return;
	for (size_t i = 0; i < title->count; i++) {
		const char *language = title->items[i].key.text;
		/* that English is missing was said by the table */
		if (!has_language(texts, language) && !text_equal(language, "en"))
			workflow_mistake(checker, texts->items[0].key.place,
					 "%s: the text in \"%s\" is missing, which the title has",
					 key, language);
	}
	for (size_t i = 0; i < texts->count; i++) {
		const struct placed_text *language = &texts->items[i].key;
		if (!has_language(title, language->text) && !text_equal(language->text, "en"))
			workflow_mistake(checker, language->place,
					 "%s: the title has no \"%s\": all texts have the title's "
					 "languages",
					 key, language->text);
	}
}

/* ---- names ---- */

static void check_needs(const struct checker *checker)
{
	const struct text_list *needs = &checker->workflow->needs;
	size_t count = 0, known = 0;
	if (!checker->names || !checker->names->roles)
		return;
	while (checker->names->roles[known])
		known++;
	autofree const char **names = memory_resize(NULL, known + 32, sizeof *names);
	for (const struct word *role = role_words; role->name; role++)
		names[count++] = role->name;
	for (size_t i = 0; i < known; i++)
		names[count++] = checker->names->roles[i];
	names[count] = NULL;
	for (size_t i = 0; i < needs->count; i++) {
		const struct placed_text *need = &needs->items[i];
		size_t n = 0;
		while (n < count && !text_equal(names[n], need->text))
			n++;
		if (n < count)
			continue;
		autofree char *guess = did_you_mean(need->text, names);
		workflow_mistake(checker, need->place,
				 "needs[]: no component is called \"%s\" or provides it, and it is "
				 "no role of the architecture%s",
				 need->text, guess);
	}
}

static void check_credential(const struct checker *checker, const struct placed_text *as)
{
	const char *const *names = checker->names ? checker->names->credentials : NULL;
	if (!as->text || !names)
		return;
	for (size_t i = 0; names[i]; i++) {
		if (text_equal(names[i], as->text))
			return;
	}
	autofree char *guess = did_you_mean(as->text, names);
	workflow_mistake(checker, as->place, "as: no component makes a credential \"%s\"%s",
			 as->text, guess);
}

static const struct actor *find_actor(const struct workflow *workflow, const char *name)
{
	for (size_t i = 0; i < workflow->actor_count; i++) {
		if (text_equal(workflow->actors[i].name.text, name))
			return &workflow->actors[i];
	}
	return NULL;
}

static const struct actor *check_actor(const struct checker *checker,
				       const struct placed_text *name, const char *key)
{
	const struct workflow *workflow = checker->workflow;
	if (!name->text || !workflow->actor_count)
		return NULL;
	const struct actor *actor = find_actor(workflow, name->text);
	if (actor)
		return actor;
	autofree const char **names = memory_resize(NULL, workflow->actor_count + 1,
						    sizeof *names);
	size_t count = 0;
	for (size_t i = 0; i < workflow->actor_count; i++) {
		if (workflow->actors[i].name.text)
			names[count++] = workflow->actors[i].name.text;
	}
	names[count] = NULL;
	autofree char *guess = did_you_mean(name->text, names);
	workflow_mistake(checker, name->place, "steps[].%s: there is no actor \"%s\"%s", key,
			 name->text, guess);
	return NULL;
}

/* Who answers must be on the box, so the workflow must need its role. */
static void check_needed(const struct checker *checker, const struct step *step,
			 const struct actor *actor)
{
	static const char *const always[] = { "point-of-service", "interoperability-layer" };
	const struct text_list *needs = &checker->workflow->needs;
	if (!actor || !actor->role.text)
		return;
	for (size_t i = 0; i < LENGTH(always); i++) {
		if (text_equal(actor->role.text, always[i]))
			return;
	}
	for (size_t i = 0; i < needs->count; i++) {
		if (text_equal(needs->items[i].text, actor->role.text))
			return;
	}
	workflow_mistake(checker, step->to.place,
			 "steps[].to: %s is a %s, which is missing in the list `needs`",
			 step->to.text, actor->role.text);
}

static void check_actors(const struct checker *checker, const struct step *step)
{
	check_actor(checker, &step->from, "from");
	check_actor(checker, &step->via, "via");
	check_needed(checker, step, check_actor(checker, &step->to, "to"));
	if (step->from.text && text_equal(step->from.text, step->to.text))
		workflow_mistake(checker, step->to.place,
				 "steps[].to: %s asks itself; from and to are two actors",
				 step->to.text);
	if (step->via.text && (text_equal(step->via.text, step->from.text) ||
			       text_equal(step->via.text, step->to.text)))
		workflow_mistake(checker, step->via.place,
				 "steps[].via: %s is already at one end; via is a third actor",
				 step->via.text);
}

/* ---- steps ---- */

static void check_requires(const struct checker *checker, const struct requirement *requires,
			   size_t count)
{
	for (size_t i = 0; i < count; i++) {
		check_languages(checker, &requires[i].otherwise, "requires[].otherwise");
		check_credential(checker, &requires[i].as);
		check_request(checker, &requires[i].request);
		check_expectation(checker, &requires[i].expect, &requires[i].request);
	}
}

/* What only reads, or puts one thing in one place, may be sent again. */
static bool may_repeat(const struct workflow_request *request)
{
	const char *path = request->path.text;
	return !text_equal(request->method.text, "POST") || !path || strstr(path, "/$") ||
	       strstr(path, "/_search");
}

static void check_retry(const struct checker *checker, const struct step *step)
{
	const struct retry *retry = &step->retry;
	if (!retry->within)
		return;
	if (retry->every > retry->within)
		workflow_mistake(checker, retry->place,
				 "steps[].retry: `every` is longer than `for`: nothing is sent "
				 "again");
	if (!may_repeat(&step->request))
		workflow_mistake(checker, retry->place,
				 "steps[].retry: a POST that is sent again writes again; send it "
				 "once, and retry the step that reads it");
}

static void check_step(const struct checker *checker, const struct step *step)
{
	check_languages(checker, &step->tell, "steps[].tell");
	check_actors(checker, step);
	check_credential(checker, &step->as);
	check_shows(checker, &step->shows);
	check_requires(checker, step->requires, step->requires_count);
	check_request(checker, &step->request);
	check_expectation(checker, &step->expect, &step->request);
	for (size_t i = 0; i < step->keep_count; i++)
		check_kept(checker, &step->keep[i]);
	check_retry(checker, step);
}

static void check_cleanup(const struct checker *checker, const struct step *step)
{
	check_languages(checker, &step->tell, "cleanup[].tell");
	check_credential(checker, &step->as);
	check_request(checker, &step->request);
	check_expectation(checker, &step->expect, &step->request);
}

static void check_exercise(const struct checker *checker, const struct exercise *exercise)
{
	const struct workflow *workflow = checker->workflow;
	autofree const char **ids = memory_resize(NULL, workflow->step_count + 1, sizeof *ids);
	size_t count = 0;
	check_languages(checker, &exercise->breaks, "exercises[].break");
	check_languages(checker, &exercise->why, "exercises[].why");
	check_languages(checker, &exercise->mend, "exercises[].mend");
	for (size_t i = 0; i < workflow->step_count; i++) {
		const char *id = workflow->steps[i].id.text;
		if (!id)
			continue;
		if (!exercise->step.text || text_equal(id, exercise->step.text))
			return;
		ids[count++] = id;
	}
	ids[count] = NULL;
	if (!exercise->step.text)
		return;
	autofree char *guess = did_you_mean(exercise->step.text, ids);
	workflow_mistake(checker, exercise->step.place, "exercises[].step: no step has the id \"%s\"%s",
			 exercise->step.text, guess);
}

void workflow_check(const struct checker *checker)
{
	const struct workflow *workflow = checker->workflow;
	check_languages(checker, &workflow->summary, "summary");
	check_shows(checker, &workflow->shows);
	check_needs(checker);
	check_requires(checker, workflow->requires, workflow->requires_count);
	for (size_t i = 0; i < workflow->step_count; i++)
		check_step(checker, &workflow->steps[i]);
	for (size_t i = 0; i < workflow->cleanup_count; i++)
		check_cleanup(checker, &workflow->cleanup[i]);
	for (size_t i = 0; i < workflow->exercise_count; i++)
		check_exercise(checker, &workflow->exercises[i]);
	check_variables(checker);
}

/* ---- reading ---- */

static void check_own_name(const struct checker *checker, const struct node *root)
{
	const struct node *node = node_get(root, "workflow");
	if (!node || !node->text || !root->place.file)
		return;
	const char *base = path_base(root->place.file);
	size_t length = strcspn(base, ".");
	if (strlen(node->text) == length && !strncmp(node->text, base, length))
		return;
	autofree char *found = text_quoted(node->text);
	workflow_mistake(checker, node->place,
			 "workflow: expected \"%.*s\", as its file is called, got %s", (int)length,
			 base, found);
}

static void add_languages(struct workflow *workflow, struct arena *arena)
{
	struct text_list *languages = &workflow->languages;
	languages->items = arena_alloc(arena, workflow->title.count * sizeof *languages->items);
	for (size_t i = 0; i < workflow->title.count; i++)
		languages->items[languages->count++] = workflow->title.items[i].key;
}

int workflow_read(const struct node *root, const struct workflow_names *names, struct arena *arena,
		  const struct workflow **ret_workflow, struct diagnostics *mistakes)
{
	struct workflow *workflow = arena_alloc(arena, sizeof *workflow);
	const struct checker checker = { workflow, names, mistakes };
	size_t before = mistakes->count + mistakes->dropped;
	walk_file(&(struct walk){ arena, mistakes }, kind_workflow.type, root, workflow);
	add_languages(workflow, arena);
	check_own_name(&checker, root);
	workflow_check(&checker);
	if (mistakes->count + mistakes->dropped > before)
		return -1;
	*ret_workflow = workflow;
	return 0;
}
