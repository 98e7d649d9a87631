/* hiebox workflow: what stories there are, and a new one from a few answers. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands/project.h"
#include "commands/session.h"
#include "commands/workflow_new.h"
#include "document/document.h"

/* ---- list ---- */

static struct json *texts_json(const struct text_list *texts)
{
	struct json *list = json_new_array();

	for (size_t i = 0; i < texts->count; i++)
		json_add(list, json_new_string(texts->items[i].text));
	return list;
}

static const char *in_english(const struct entry_list *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		if (text_equal(texts->items[i].key.text, "en"))
			return texts->items[i].value->text;
	return "";
}

static void show(const struct workflow *workflow, const char *path, struct json *list)
{
	autobuffer struct buffer line = {0};

	if (list) {
		struct json *item = json_new_object();
		json_set(item, "id", json_new_string(workflow->id));
		json_set(item, "file", json_new_string(path));
		json_set(item, "title", json_new_string(in_english(&workflow->title)));
		json_set(item, "steps", json_new_number((int64_t)workflow->step_count));
		json_set(item, "shows", texts_json(&workflow->shows));
		json_set(item, "needs", texts_json(&workflow->needs));
		json_add(list, item);
		return;
	}
	buffer_format(&line, "%s\n    %s; %zu step%s", workflow->id, in_english(&workflow->title), workflow->step_count,
		      workflow->step_count == 1 ? "" : "s");
	for (size_t i = 0; i < workflow->shows.count; i++)
		buffer_format(&line, "%s%s", i ? ", " : "; shows ", workflow->shows.items[i].text);
	puts(line.data);
}

/* False: it has mistakes. */
static bool show_file(const char *path, struct json *list)
{
	struct diagnostics mistakes = {0};
	autodocument struct document *document = NULL;
	autoarena struct arena *arena = arena_new();
	const struct workflow *workflow = NULL;

	if (document_load(path, &document, &mistakes) == 0 &&
	    workflow_read(document_root(document), NULL, arena, &workflow, &mistakes) == 0)
		show(workflow, path, list);
	else
		fprintf(stderr, "%s has mistakes: `hiebox check %s`\n", path, path);
	diagnostics_clear(&mistakes);
	return workflow != NULL;
}

static int list_workflows(const struct parsed_options *options, struct error *err)
{
	autostrings struct strings names = {0};
	autojson struct json *list = option_given(options, "json") ? json_new_array() : NULL;
	autofree char *folder = workflow_folder(options, err);
	size_t shown = 0, wrong = 0;

	if (!folder || directory_list(folder, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		autofree char *path = path_join(folder, names.items[i]);
		if (!text_ends(path, ".yaml"))
			continue;
		if (show_file(path, list))
			shown++;
		else
			wrong++;
	}
	if (list) {
		autofree char *text = json_write(list, false);
		fputs(text, stdout);
	} else if (!shown && !wrong) {
		printf("%s holds no workflow; `hiebox workflow new` begins one\n", folder);
	}
	return wrong ? error_set(err, "%zu of %zu workflows have mistakes", wrong, wrong + shown) : 0;
}

/* ---- new ---- */

/* A question for a person; the answer stands at `offset`. */
static const struct question {
	const char *option, *asks;
	size_t offset;
} questions[] = {
	{"id", "A short name for the file, such as find-a-child", offsetof(struct workflow_answers, id)},
	{"title", "What is it called, for people", offsetof(struct workflow_answers, title)},
	{"method", "The request's method: GET, HEAD, POST, PUT, PATCH, DELETE", offsetof(struct workflow_answers, method)},
	{"path", "Its path from the exchange's root, such as /CR/fhir/Patient?family=Okello",
	 offsetof(struct workflow_answers, path)},
	{"from", "Who asks (a role)", offsetof(struct workflow_answers, from)},
	{"to", "Who answers (a role)", offsetof(struct workflow_answers, to)},
	{"as", "With whose login (- for none)", offsetof(struct workflow_answers, as)},
	{"tell", "What happens, in a sentence", offsetof(struct workflow_answers, tell)},
	{"status", "The answer's status (or several: 200, 201)", offsetof(struct workflow_answers, status)},
	{"shows", "Which requirements of the architecture it shows, such as CRWF-4 (empty: none yet)", offsetof(struct workflow_answers, shows)},
};

/* What one new workflow is made from. */
struct making {
	struct workflow_answers answers;
	struct workflow_names names;
	char *folder;
};

static char **answer_at(struct workflow_answers *answers, const struct question *question)
{
	return (char **)((char *)answers + question->offset);
}

static void copy_answers(const struct workflow_answers *from, struct workflow_answers *to)
{
	*to = (struct workflow_answers){0};
	for (size_t i = 0; i < LENGTH(questions); i++)
		*answer_at(to, &questions[i]) = text_copy(*answer_at((struct workflow_answers *)from, &questions[i]));
	for (size_t i = 0; i < from->expect.count; i++)
		strings_add(&to->expect, from->expect.items[i]);
}

static char *path_of(const struct making *making)
{
	autofree char *file = text_format("%s.yaml", making->answers.id);

	return path_join(making->folder, file);
}

/* Judges what is known so far, with what is likely in place of the rest. */
static int judge_so_far(const struct making *making, struct error *err)
{
	autoanswers struct workflow_answers whole = {0};
	autofree char *text = NULL, *path = making->answers.id ? path_of(making) : NULL;

	if (path && path_exists(path))
		return error_set(err, "%s is there already, and is not overwritten: choose another name, or edit it", path);
	copy_answers(&making->answers, &whole);
	if (!whole.id)
		whole.id = text_copy("new");
	if (!whole.path)
		whole.path = text_copy("/fhir/metadata");
	workflow_guess(&whole);
	return workflow_judge(&whole, &making->names, &text, err);
}

/* A line from standard input without its end; NULL when there is none. */
static char *read_line(void)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t length = getline(&line, &size, stdin);

	if (length < 0) {
		free(line);
		return NULL;
	}
	while (length > 0 && strchr("\r\n\t ", line[length - 1]))
		line[--length] = '\0';
	return line;
}

static int ended(struct error *err)
{
	return error_set(err, "the answers ended before all was asked; nothing was written");
}

/* A key's name before the mistake means nothing to who was asked for one thing. */
static void say_mistake(const struct error *mistake)
{
	const char *at = strstr(mistake->message, ": ");
	bool key = at && !memchr(mistake->message, ' ', (size_t)(at - mistake->message)) && !strchr(mistake->message, '\n');

	fprintf(stderr, "%s\n", key ? at + 2 : mistake->message);
}

/* "get" is as good as "GET". */
static void make_upper(char *method)
{
	for (char *at = method; at && *at; at++)
		*at = (char)toupper((unsigned char)*at);
}

/* Asks until the answer is right with what was answered before. */
static int ask(struct making *making, const struct question *question, struct error *err)
{
	for (;;) {
		autoanswers struct workflow_answers likely = {0};
		struct error mistake = {0};
		char **answer = answer_at(&making->answers, question);

		copy_answers(&making->answers, &likely);
		if (likely.id)
			workflow_guess(&likely);
		const char *guess = *answer_at(&likely, question);
		bool told = guess && *guess;
		printf("%s%s%s%s: ", question->asks, told ? " [" : "", told ? guess : "", told ? "]" : "");
		fflush(stdout);
		autofree char *line = read_line();
		if (!line)
			return ended(err);
		if (!*line && !guess)
			continue;
		*answer = text_equal(line, "-") && text_equal(question->option, "as") ? text_copy("") :
			  text_copy(*line ? line : guess);
		make_upper(making->answers.method);
		if (judge_so_far(making, &mistake) == 0)
			return 0;
		say_mistake(&mistake);
		error_clear(&mistake);
		free(*answer);
		*answer = NULL;
	}
}

static int ask_expectations(struct making *making, struct error *err)
{
	struct strings *expect = &making->answers.expect;

	for (;;) {
		struct error mistake = {0};

		printf("What must stand in the answer, such as /resourceType=Bundle (empty: no more): ");
		fflush(stdout);
		autofree char *line = read_line();
		if (!line)
			return ended(err);
		if (!*line)
			return 0;
		strings_add(expect, line);
		if (judge_so_far(making, &mistake) == 0)
			continue;
		say_mistake(&mistake);
		error_clear(&mistake);
		free(expect->items[--expect->count]);
		expect->items[expect->count] = NULL;
	}
}

static void take_options(const struct parsed_options *options, struct workflow_answers *answers)
{
	if (options->arguments.count > 1)
		answers->id = text_copy(options->arguments.items[1]);
	for (size_t i = 1; i < LENGTH(questions); i++)
		*answer_at(answers, &questions[i]) = text_copy(option_value(options, questions[i].option));
	make_upper(answers->method);
	if (text_equal(answers->as, "-"))
		answers->as[0] = '\0';
	option_values(options, "expect", &answers->expect);
}

/* Everything that is to be known; from a person where a terminal is there. */
static int collect(const struct parsed_options *options, struct making *making, struct error *err)
{
	struct workflow_answers *answers = &making->answers;

	take_options(options, answers);
	if (judge_so_far(making, err) < 0)
		return -1;
	if (answers->id && answers->path)
		return 0;
	if (!isatty(STDIN_FILENO)) {
		error_set(err, "workflow new: there is no terminal to ask on: expected %s%s%s, as in `hiebox workflow new "
			  "find-a-child --path /CR/fhir/Patient?family=Okello`", answers->id ? "" : "a name",
			  answers->id || answers->path ? "" : " and ", answers->path ? "" : "--path PATH");
		return -2;
	}
	for (size_t i = 0; i < LENGTH(questions); i++)
		if (!*answer_at(answers, &questions[i]) && ask(making, &questions[i], err) < 0)
			return -1;
	return answers->expect.count ? 0 : ask_expectations(making, err);
}

/* Under its name only when whole, and never over another file. */
static int publish(const char *path, const char *text, struct error *err)
{
	autofree char *unfinished = text_format("%s.%ld.unfinished", path, (long)getpid());
	int result = file_write(unfinished, text, strlen(text), 0644, err);

	if (result == 0 && link(unfinished, path) < 0)
		result = error_set_errno(err, errno, "%s", path);
	unlink(unfinished);
	return result;
}

static void say_next(const struct making *making, const char *path)
{
	bool usual = text_ends(making->folder, "recipes/workflows");

	printf("%s: written. Now\n"
	       "    open it in your editor: more steps, what they must answer, requirement ids\n"
	       "    hiebox check %s\n"
	       "    hiebox test demo %s%s%s --report %s.html    (in a container, within a minute: sudo … --nspawn)\n", path, path, making->answers.id, usual ? "" : " --workflows ",
	       usual ? "" : making->folder, making->answers.id);
}

static int make_new(const struct parsed_options *options, struct making *making, struct error *err)
{
	autofree char *text = NULL;

	making->folder = workflow_folder(options, err);
	if (!making->folder)
		return -1;
	int result = collect(options, making, err);
	if (result < 0)
		return result;
	workflow_guess(&making->answers);
	autofree char *path = path_of(making);
	if (workflow_judge(&making->answers, &making->names, &text, err) < 0 ||
	    directory_make(making->folder, 0755, err) < 0 || publish(path, text, err) < 0)
		return -1;
	say_next(making, path);
	return 0;
}

/* With the project's names, where there is one without mistakes. */
static int new_workflow(const struct parsed_options *options, struct error *err)
{
	struct diagnostics mistakes = {0};
	struct catalogue *catalogue = NULL;
	autoarena struct arena *arena = arena_new();
	struct making making = {0};
	autofree char *project = project_here(options);

	if (project && catalogue_load_components(project, &catalogue, &mistakes) == 0)
		workflow_names_find(catalogue, arena, &making.names);
	int result = make_new(options, &making, err);
	workflow_answers_clear(&making.answers);
	free(making.folder);
	catalogue_free(catalogue);
	diagnostics_clear(&mistakes);
	return result;
}

int command_workflow_files(const struct parsed_options *options, struct error *err)
{
	static const char *const actions[] = {"list", "new", NULL};
	const char *action = options->arguments.items[0];

	if (text_equal(action, "list") && options->arguments.count == 1)
		return list_workflows(options, err);
	if (text_equal(action, "new"))
		return new_workflow(options, err);
	autofree char *guess = did_you_mean(action, actions), *got = text_quoted(action);
	if (text_equal(action, "list"))
		error_set(err, "workflow list takes no further argument; --workflows DIR lists another folder");
	else
		error_set(err, "workflow: expected list or new, got %s%s", got, guess);
	return -2;
}
