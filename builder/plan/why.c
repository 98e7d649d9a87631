/* why: from a package or component of the plan back to the line that asked for it. */
#include "plan/solve.h"

#include <stdlib.h>
#include <string.h>

#define MAXIMUM_CHAIN 64

static void add_step(struct arena *arena, struct why_steps *steps, struct why_step step)
{
	/* Chains are short and reasons few: a copy in the arena for each doubling would save nothing. */
	struct why_step *items = arena_alloc(arena, (steps->count + 1) * sizeof *items);

	if (steps->count > 0)
		memcpy(items, steps->items, steps->count * sizeof *items);
	items[steps->count++] = step;
	steps->items = items;
}

static const char *place_words(struct arena *arena, struct place place)
{
	return place.file ? arena_format(arena, " (%s:%u:%u)", place.file, place.line, place.column) : "";
}

/* Components. */

static bool plays(const struct component *component, const char *role)
{
	for (size_t i = 0; i < component->provides.count; i++)
		if (text_equal(component->provides.items[i].text, role))
			return true;
	return text_equal(component->id, role);
}

static const struct component *find_component(const struct plan *plan, const char *id)
{
	for (size_t i = 0; i < plan->component_count; i++)
		if (text_equal(plan->components[i].component->id, id))
			return plan->components[i].component;
	return NULL;
}

/* The component of the plan that needs this one, with its line; NULL when none does. */
static const struct component *find_needer(const struct plan *plan, const struct component *component,
					   const struct placed_text **ret_need)
{
	/* Who comes last in the plan stands nearest to the recipe. */
	for (size_t i = plan->component_count; i-- > 0;) {
		const struct component *needer = plan->components[i].component;

		for (size_t j = 0; needer != component && j < needer->needs.count; j++) {
			if (!plays(component, needer->needs.items[j].text))
				continue;
			*ret_need = &needer->needs.items[j];
			return needer;
		}
	}
	return NULL;
}

static bool add_choice(const struct plan *plan, const struct component *component, struct arena *arena,
		       struct why_steps *steps)
{
	for (size_t i = 0; i < plan->recipe->component_count; i++) {
		const struct component_choice *choice = &plan->recipe->components[i];

		if (!text_equal(choice->id, component->id))
			continue;
		add_step(arena, steps, (struct why_step){
			.name = component->id, .field = "components", .place = choice->place,
			.text = arena_format(arena, "component %s is chosen by the recipe%s", component->id,
					     place_words(arena, choice->place)) });
		return true;
	}
	return false;
}

void plan_why_component(const struct plan *plan, const char *id, struct arena *arena, struct why_steps *ret)
{
	const struct component *component = find_component(plan, id);

	*ret = (struct why_steps){ 0 };
	for (size_t depth = 0; component && depth < MAXIMUM_CHAIN; depth++) {
		const struct placed_text *need;

		if (add_choice(plan, component, arena, ret))
			return;
		const struct component *needer = find_needer(plan, component, &need);

		if (!needer)
			return;
		add_step(arena, ret, (struct why_step){
			.name = component->id, .field = "needs", .relation = need->text, .by = needer->id,
			.place = need->place,
			.text = arena_format(arena, "component %s is needed by component %s%s", component->id,
					     needer->id, place_words(arena, need->place)) });
		component = needer;
	}
}

/* Packages. */

struct search {
	const struct plan *plan;
	struct arena *arena;
	struct pick pick;
	const struct package **packages;   /* by record: of the lock, or NULL */
	uint32_t *members;                 /* the records of the lock */
	size_t member_count;
	struct package_request *requests;
	size_t request_count;
};

static const char *search_name(const struct search *search, uint32_t record)
{
	return table_text(search->pick.table, search->pick.table->records[record].name);
}

/* Marks the records that the lock names; other versions are never looked at. */
static void mark_lock(struct search *search)
{
	const struct package_set *set = &search->plan->lock.image;
	struct pick *pick = &search->pick;

	for (size_t i = 0; i < set->count; i++) {
		struct span versions = table_versions(pick->table, set->items[i].name);

		for (size_t j = versions.first; j < versions.first + versions.count; j++) {
			if (strcmp(table_text(pick->table, pick->table->records[j].version), set->items[i].version) != 0)
				continue;
			pick->chosen[versions.first] = 1 + (uint32_t)j;
			pick->marked[j] = true;
			search->packages[j] = &set->items[i];
			search->members[search->member_count++] = (uint32_t)j;
			break;
		}
	}
}

static uint32_t find_record(const struct search *search, const char *name)
{
	struct span versions = table_versions(search->pick.table, name);

	for (size_t i = versions.first; i < versions.first + versions.count; i++)
		if (search->pick.marked[i])
			return (uint32_t)i;
	return UINT32_MAX;
}

/* Who asked for the record by name, or by a name that only it provides. */
static const struct package_request *find_request(struct search *search, uint32_t record)
{
	for (size_t i = 0; i < search->request_count; i++) {
		const char *text = search->requests[i].name;
		struct relation relation = { .name = arena_string_n(search->arena, text, strcspn(text, ":=")) };
		bool real = table_versions(search->pick.table, relation.name).count > 0;

		if (real ? text_equal(relation.name, search_name(search, record))
			 : pick_fulfils(&search->pick, record, &relation))
			return &search->requests[i];
	}
	return NULL;
}

/* The steps behind a request: its line, and when that is a component's, why the component is there. */
static void add_request(struct search *search, const char *name, const struct package_request *request,
			struct why_steps *steps)
{
	struct arena *arena = search->arena;
	const char *component = text_starts(request->asked_by, "component ") ?
				request->asked_by + strlen("component ") : NULL;
	const char *id = component ? arena_string_n(arena, component, strcspn(component, ",")) : NULL;
	bool own = text_starts(request->asked_by, "hiebox");

	add_step(arena, steps, (struct why_step){
		.name = name, .field = own ? "hiebox" : "packages", .relation = request->name, .by = id,
		.place = request->place,
		.text = own ? arena_format(arena, "%s is asked for by hiebox itself: every box has it", name)
			    : arena_format(arena, "%s is asked for by %s%s", name,
					   id || !request->place.file || text_starts(request->asked_by, "board") ?
					   request->asked_by : "the recipe", place_words(arena, request->place)) });
	if (!id)
		return;
	struct why_steps more;

	plan_why_component(search->plan, id, arena, &more);
	for (size_t i = 0; i < more.count; i++)
		add_step(arena, steps, more.items[i]);
}

/* Why `needer` holds `record` in the set: adds a step (unless NULL) for each group that the record fulfils;
 * returns how many there are. */
static size_t add_needs(struct search *search, uint32_t record, uint32_t needer, struct why_steps *steps)
{
	static const char *const fields[] = { "Pre-Depends", "Depends" };
	const struct record_relations *relations = pick_relations(&search->pick, needer);
	size_t count = 0;

	for (size_t k = 0; k < LENGTH(fields); k++) {
		for (size_t i = 0; i < relations->needs[k].count; i++) {
			const struct relation_group *group = &relations->needs[k].groups[i];
			bool fulfils = false;

			for (size_t j = 0; j < group->count; j++)
				fulfils = fulfils || pick_fulfils(&search->pick, record, &group->alternatives[j]);
			count += fulfils;
			if (!fulfils || !steps)
				continue;
			const char *relation = relation_group_text(search->arena, group);

			add_step(search->arena, steps, (struct why_step){
				.name = search_name(search, record), .field = fields[k], .relation = relation,
				.by = search_name(search, needer),
				.text = arena_format(search->arena, "%s is needed by %s (%s: %s)",
						     search_name(search, record), search_name(search, needer),
						     fields[k], relation) });
		}
	}
	return count;
}

/* Breadth first from what needs the record, up to one that was asked for: requests before Essential ones. */
static uint32_t find_root(struct search *search, uint32_t record, uint32_t *ret_next)
{
	size_t count = search->pick.table->head.record_count, queued = 0;
	uint32_t *queue = memory_alloc((count + 1) * sizeof *queue), essential = UINT32_MAX, found = UINT32_MAX;
	bool *seen = memory_alloc((count + 1) * sizeof *seen);

	queue[queued++] = record;
	seen[record] = true;
	for (size_t at = 0; at < queued && found == UINT32_MAX; at++) {
		uint32_t this = queue[at];

		if (find_request(search, this))
			found = this;
		else if (search->packages[this]->essential && essential == UINT32_MAX)
			essential = this;
		for (size_t i = 0; i < search->member_count && found == UINT32_MAX; i++) {
			uint32_t other = search->members[i];

			if (seen[other] || add_needs(search, this, other, NULL) == 0)
				continue;
			seen[other] = true;
			ret_next[other] = this;
			queue[queued++] = other;
		}
	}
	free(queue);
	free(seen);
	return found != UINT32_MAX ? found : essential;
}

static void add_essential(struct search *search, const char *name, struct why_steps *steps)
{
	add_step(search->arena, steps, (struct why_step){
		.name = name, .field = "Essential",
		.text = arena_format(search->arena, "%s is part of every Debian system (Essential)", name) });
}

static void find_chain(struct search *search, uint32_t record, struct why_package *why)
{
	size_t count = search->pick.table->head.record_count, length = 0;
	uint32_t *next = memory_alloc((count + 1) * sizeof *next), path[MAXIMUM_CHAIN];
	uint32_t root = find_root(search, record, next);

	for (uint32_t at = root; at != UINT32_MAX && length < MAXIMUM_CHAIN; at = next[at]) {
		path[length++] = at;
		if (at == record)
			break;
	}
	free(next);
	for (size_t i = length; i-- > 1;) {
		struct why_steps all = { 0 };

		add_needs(search, path[i], path[i - 1], &all);
		if (all.count > 0)
			add_step(search->arena, &why->chain, all.items[0]);
	}
	const struct package_request *request = root != UINT32_MAX ? find_request(search, root) : NULL;

	if (request)
		add_request(search, search_name(search, root), request, &why->chain);
	else if (root != UINT32_MAX)
		add_essential(search, search_name(search, root), &why->chain);
}

static void find_reasons(struct search *search, uint32_t record, struct why_package *why)
{
	const struct package_request *request = find_request(search, record);

	if (request)
		add_request(search, search_name(search, record), request, &why->reasons);
	if (search->packages[record]->essential)
		add_essential(search, search_name(search, record), &why->reasons);
	for (size_t i = 0; i < search->member_count; i++)
		if (search->members[i] != record)
			add_needs(search, record, search->members[i], &why->reasons);
}

/* What the lock itself says: "needed by NAME", up to what was asked for. */
static void chain_of_lock(const struct plan *plan, const struct package *package, struct arena *arena,
			  struct why_steps *steps)
{
	for (size_t depth = 0; package && depth < MAXIMUM_CHAIN; depth++) {
		const char *needer = text_starts(package->why, "needed by ") ? package->why + strlen("needed by ") : NULL;

		add_step(arena, steps, (struct why_step){
			.name = package->name, .field = needer ? NULL : package->essential ? "Essential" : "packages",
			.by = needer,
			.text = needer ? arena_format(arena, "%s is needed by %s", package->name, needer)
				       : package->essential && text_equal(package->why, "essential")
				       ? arena_format(arena, "%s is part of every Debian system (Essential)",
						      package->name)
				       : arena_format(arena, "%s is asked for by %s", package->name, package->why) });
		package = NULL;
		for (size_t i = 0; needer && i < plan->lock.image.count; i++)
			if (text_equal(plan->lock.image.items[i].name, needer))
				package = &plan->lock.image.items[i];
	}
}

static const struct package *find_package(const struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->lock.image.count; i++)
		if (text_equal(plan->lock.image.items[i].name, name))
			return &plan->lock.image.items[i];
	return NULL;
}

int plan_why_package(const struct why_question *question, struct arena *arena, struct why_package *ret,
		     struct error *err)
{
	const struct plan *plan = question->plan;
	const char *name = question->name;
	struct search search = { .plan = plan, .arena = arena };
	struct why_package why = { .package = find_package(plan, name) };
	struct table table;
	autoarena struct arena *scratch = arena_new();

	if (!why.package)
		return 1;
	if (table_open(question->indexes, &table, err) < 0)
		return -1;
	pick_open(&search.pick, &table, scratch);
	search.packages = memory_alloc((table.head.record_count + 1) * sizeof *search.packages);
	search.members = memory_alloc((plan->lock.image.count + 1) * sizeof *search.members);
	search.request_count = plan_image_requests(plan, arena, &search.requests);
	mark_lock(&search);
	uint32_t record = find_record(&search, name);

	why.fields_known = record != UINT32_MAX;
	if (why.fields_known) {
		find_chain(&search, record, &why);
		find_reasons(&search, record, &why);
	}
	if (why.chain.count == 0)
		chain_of_lock(plan, why.package, arena, &why.chain);
	/* Names are the table's: they must outlive it. */
	struct why_steps *lists[] = { &why.chain, &why.reasons };

	for (size_t k = 0; k < LENGTH(lists); k++)
		for (size_t i = 0; i < lists[k]->count; i++) {
			lists[k]->items[i].name = arena_string(arena, lists[k]->items[i].name);
			lists[k]->items[i].by = arena_string(arena, lists[k]->items[i].by);
		}
	free(search.packages);
	free(search.members);
	pick_close(&search.pick);
	table_close(&table);
	*ret = why;
	return 0;
}

const char *plan_why_not(const struct why_question *question, struct arena *arena)
{
	const struct plan *plan = question->plan;
	const char *name = question->name;
	struct package_request *requests;
	size_t count = plan_image_requests(plan, arena, &requests);
	struct package_request *more = arena_alloc(arena, (count + 1) * sizeof *more);
	struct solve_input input = *question->indexes;
	struct package_set set;
	struct error err = { 0 };

	if (count > 0)
		memcpy(more, requests, count * sizeof *more);
	more[count] = (struct package_request){ .name = name, .asked_by = "hiebox why" };
	input.requests = more;
	input.request_count = count + 1;
	if (plan_solve(&input, arena, &set, &err) < 0) {
		/* without "packages of hiebox why: " in front */
		const char *start = strstr(err.message, ": ");
		const char *words = arena_string(arena, start ? start + 2 : err.message);

		error_clear(&err);
		return words;
	}
	size_t added = 0;
	uint64_t bytes = 0;

	for (size_t i = 0; i < set.count; i++)
		if (!find_package(plan, set.items[i].name)) {
			added++;
			bytes += set.items[i].size;
		}
	autofree char *size = size_text(bytes);

	return arena_format(arena, "`packages: [%s]` in the recipe would bring it: %zu package%s, %s to fetch", name,
			    added, added == 1 ? "" : "s", size);
}
