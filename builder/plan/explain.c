/* explain: why a request cannot be had, as a chain that a person can follow. */
#include "plan/solve.h"

#include <stdlib.h>
#include <string.h>

/* Adds each name once that begins as `name` does, for `least` characters. */
static size_t collect_names(const struct table *table, const char *name, size_t least, const char **ret_names)
{
	size_t count = 0;

	for (size_t i = 0; i < table->head.record_count; i++) {
		const char *text = table_text(table, table->records[i].name);

		if ((i == 0 || table->records[i].name != table->records[i - 1].name) &&
		    strncmp(text, name, least) == 0)
			ret_names[count++] = text;
	}
	for (size_t i = 0; i < table->head.provision_count; i++) {
		const char *text = table_text(table, table->provisions[i].name);

		if ((i == 0 || table->provisions[i].name != table->provisions[i - 1].name) &&
		    strncmp(text, name, least) == 0)
			ret_names[count++] = text;
	}
	return count;
}

/* Moves the nearest of `names` to `ret` as long as there is one, at most `most` times. */
static size_t take_nearest(const char *name, const char **names, size_t count, const char **ret, size_t most)
{
	size_t found = 0;

	while (found < most) {
		const char *nearest = nearest_name(name, names);

		if (!nearest)
			break;
		ret[found++] = nearest;
		for (size_t i = 0; i < count; i++)
			if (names[i] == nearest) {
				names[i] = names[--count];
				names[count] = NULL;
			}
	}
	return found;
}

const char *solve_nearest(struct pick *pick, const char *name)
{
	const struct table *table = pick->table;
	size_t all = table->head.record_count + table->head.provision_count, length = strlen(name), found = 0;
	const size_t least[] = { length * 3 / 4, length / 2, 0 };
	const char **names = memory_alloc((all + 1) * sizeof *names);
	const char *nearest[3];
	autobuffer struct buffer text = { 0 };

	/* Package names are mostly mistyped at their end: of equally near ones the likeliest comes first. */
	for (size_t i = 0; i < LENGTH(least) && found == 0; i++) {
		size_t count = collect_names(table, name, least[i], names);

		names[count] = NULL;
		found = take_nearest(name, names, count, nearest, LENGTH(nearest));
	}
	free(names);
	for (size_t i = 0; i < found; i++)
		buffer_format(&text, "%s%s", i == 0 ? "" : i + 1 == found ? " or " : ", ", nearest[i]);
	return found > 0 ? arena_string(pick->arena, text.data) : NULL;
}

const char *solve_versions_text(struct pick *pick, const char *name)
{
	const struct table *table = pick->table;
	struct span span = table_versions(table, name);
	autobuffer struct buffer text = { 0 };

	for (size_t i = span.first; i < span.first + span.count; i++)
		buffer_format(&text, "%s%s has %s %s", i == span.first ? "" : " and ",
			      table->indexes[table->records[i].index].suite, name,
			      table_text(table, table->records[i].version));
	return arena_string(pick->arena, text.data ? text.data : "");
}

const char *solve_providers_text(struct pick *pick, const char *name)
{
	struct relation relation = { .name = name };
	struct relation_group group = { &relation, 1 };
	uint32_t records[8];
	size_t count = pick_solutions(pick, &group, records, LENGTH(records));
	autobuffer struct buffer text = { 0 };

	for (size_t i = 0; i < count && i < LENGTH(records); i++)
		buffer_format(&text, "%s%s", i == 0 ? "" : ", ",
			      table_text(pick->table, pick->table->records[records[i]].name));
	if (count > LENGTH(records))
		buffer_format(&text, " and %zu more", count - LENGTH(records));
	return arena_string(pick->arena, text.data ? text.data : "");
}

static const char *record_name(const struct pick *pick, uint32_t record)
{
	return table_text(pick->table, pick->table->records[record].name);
}

static const struct root *root_of(const struct pick *pick, uint32_t record)
{
	for (size_t i = 0; i < pick->root_count; i++)
		if (pick->roots[i].record == record)
			return &pick->roots[i];
	return NULL;
}

struct explainer {
	struct pick *pick;
	uint32_t *needers;      /* by record: the first that needs it, breadth first from the roots; or UINT32_MAX */
	struct buffer text;
	const struct root *root; /* who asked for what the text is about */
};

static void find_needers(struct explainer *explainer)
{
	struct pick *pick = explainer->pick;
	size_t count = pick->table->head.record_count, queued = 0;
	bool *seen = memory_alloc((count + 1) * sizeof *seen);
	uint32_t *queue = memory_alloc((count + 1) * sizeof *queue);

	explainer->needers = memory_alloc((count + 1) * sizeof *explainer->needers);
	memset(explainer->needers, 0xff, (count + 1) * sizeof *explainer->needers);
	for (size_t i = 0; i < pick->root_count; i++) {
		if (!seen[pick->roots[i].record])
			queue[queued++] = pick->roots[i].record;
		seen[pick->roots[i].record] = true;
	}
	for (size_t at = 0; at < queued; at++) {
		const struct record_relations *relations = pick_relations(pick, queue[at]);

		for (size_t field = 0; field < LENGTH(relations->needs); field++) {
			for (size_t i = 0; i < relations->needs[field].count; i++) {
				uint32_t other = pick_satisfied(pick, &relations->needs[field].groups[i]);

				if (other == UINT32_MAX || seen[other])
					continue;
				seen[other] = true;
				explainer->needers[other] = queue[at];
				queue[queued++] = other;
			}
		}
	}
	free(seen);
	free(queue);
}

/* "; inner is needed by middle, needed by outer", with who asked for outer at last unless `with_asker` is
 * false. Returns the root that the chain ends at, NULL when there is none. */
static const struct root *add_chain(struct explainer *explainer, uint32_t record, bool with_asker)
{
	struct pick *pick = explainer->pick;
	struct buffer *text = &explainer->text;
	const char *name = record_name(pick, record), *between = "is ";

	while (!root_of(pick, record) && explainer->needers[record] != UINT32_MAX) {
		record = explainer->needers[record];
		if (*between == 'i')
			buffer_format(text, "; %s ", name);
		buffer_format(text, "%sneeded by %s", between, record_name(pick, record));
		between = ", ";
	}
	const struct root *root = root_of(pick, record);

	if (!root || !with_asker)
		return root;
	if (*between == 'i')
		buffer_format(text, "; %s ", name);
	if (root->request)
		buffer_format(text, "%sasked for by %s", between, solve_asker(pick, root->request));
	else
		buffer_format(text, "%spart of every system (Essential)", between);
	return root;
}

/* "inner breaks two (<< 2.0)": whichever of the two says it. False when neither does. */
static bool add_conflict(struct explainer *explainer, uint32_t record, uint32_t other)
{
	static const char *const verbs[] = { "conflicts with", "breaks" };
	struct pick *pick = explainer->pick;
	const struct record_relations *relations = pick_relations(pick, record);

	for (size_t field = 0; field < LENGTH(relations->against); field++) {
		for (size_t i = 0; i < relations->against[field].count; i++) {
			const struct relation *relation = &relations->against[field].groups[i].alternatives[0];

			if (!pick_fulfils(pick, other, relation))
				continue;
			buffer_format(&explainer->text, "%s %s %s", record_name(pick, record), verbs[field],
				      relation_text(pick->arena, relation));
			if (strcmp(relation->name, record_name(pick, other)) != 0)
				buffer_format(&explainer->text, ", which %s provides", record_name(pick, other));
			return true;
		}
	}
	return false;
}

static void explain_conflict(struct explainer *explainer, uint32_t record, uint32_t other)
{
	struct pick *pick = explainer->pick;

	if (other == UINT32_MAX)
		buffer_format(&explainer->text, "%s conflicts with another package of the set",
			      record_name(pick, record));
	else if (!add_conflict(explainer, record, other) && !add_conflict(explainer, other, record))
		buffer_format(&explainer->text, "%s and %s cannot be there together", record_name(pick, record),
			      record_name(pick, other));
}

static bool is_other_marked(struct pick *pick, uint32_t record, void *context)
{
	return pick->marked[record] && record != *(uint32_t *)context;
}

/* A marked record that cannot be together with this one, whichever of the two says so; or UINT32_MAX. */
static uint32_t find_enemy(struct pick *pick, uint32_t record)
{
	const struct record_relations *relations = pick_relations(pick, record);
	uint32_t enemy = pick_banner(pick, record);

	for (size_t field = 0; field < LENGTH(relations->against); field++)
		for (size_t i = 0; i < relations->against[field].count && enemy == UINT32_MAX; i++)
			enemy = pick_each(pick, &relations->against[field].groups[i].alternatives[0],
					  is_other_marked, &record);
	return enemy;
}

/* The newest version does not do; would an older one? */
static void explain_versions(struct explainer *explainer, const struct relation *relation, struct span versions)
{
	struct pick *pick = explainer->pick;

	buffer_text(&explainer->text, solve_versions_text(pick, relation->name));
	for (size_t i = versions.first; i < versions.first + versions.count; i++) {
		const char *version = table_text(pick->table, pick->table->records[i].version);

		if (!relation_accepts(relation, version))
			continue;
		buffer_format(&explainer->text,
			      ", and of %s only the newest is taken (ask for %s=%s to have the older one)",
			      relation->name, relation->name, version);
		return;
	}
}

/* What stands in the way of one alternative that has no cause of its own. */
static void explain_alternative(struct explainer *explainer, const struct relation *relation)
{
	struct pick *pick = explainer->pick;
	struct buffer *text = &explainer->text;
	struct span versions = table_versions(pick->table, relation->name);
	struct span providers = table_providers(pick->table, relation->name);
	uint32_t candidate = versions.count > 0 ? pick_candidate(pick, (uint32_t)versions.first) : UINT32_MAX;

	if (candidate != UINT32_MAX && pick_fulfils(pick, candidate, relation)) {
		uint32_t banner = find_enemy(pick, candidate);

		explain_conflict(explainer, candidate, banner);
		if (banner != UINT32_MAX)
			add_chain(explainer, banner, true);
	} else if (candidate != UINT32_MAX) {
		explain_versions(explainer, relation, versions);
	} else if (providers.count > 0) {
		buffer_format(text, "%s is only provided by %s", relation->name,
			      record_name(pick, pick->table->provisions[providers.first].record));
		if (relation->operator != RELATION_ANY && pick->table->provisions[providers.first].version == 0)
			buffer_text(text, ", without a version");
	} else {
		const char *nearest = solve_nearest(pick, relation->name);

		buffer_format(text, "there is no package %s", relation->name);
		if (nearest)
			buffer_format(text, " (the nearest: %s)", nearest);
	}
}

/* A failure tells why the preferred alternative failed; this, what stands in the way of the others, as far as it
 * is not deep within them. */
static void explain_others(struct explainer *explainer, const struct relation_group *group)
{
	struct pick *pick = explainer->pick;

	for (size_t i = 1; i < group->count; i++) {
		const struct relation *relation = &group->alternatives[i];
		struct span versions = table_versions(pick->table, relation->name);
		uint32_t candidate = versions.count > 0 ? pick_candidate(pick, (uint32_t)versions.first) : UINT32_MAX;

		if (candidate != UINT32_MAX && pick_fulfils(pick, candidate, relation) &&
		    find_enemy(pick, candidate) == UINT32_MAX)
			continue;
		buffer_text(&explainer->text, "; ");
		explain_alternative(explainer, relation);
	}
}

static void explain_one(struct explainer *explainer, const struct failure *failure)
{
	const struct relation_group *others = failure->cause ? failure->group : NULL;
	struct pick *pick = explainer->pick;
	struct buffer *text = &explainer->text;
	uint32_t first = failure->record, other = UINT32_MAX;

	for (; failure; failure = failure->cause) {
		if (!failure->group) {
			other = failure->other;
			explain_conflict(explainer, failure->record, other);
			break;
		}
		buffer_format(text, "%s needs %s%s", record_name(pick, failure->record),
			      relation_group_text(pick->arena, failure->group), failure->cause ? "; " : ", but ");
		for (size_t i = 0; i < failure->group->count && !failure->cause; i++) {
			if (i > 0)
				buffer_text(text, ", and ");
			explain_alternative(explainer, &failure->group->alternatives[i]);
		}
	}
	if (others)
		explain_others(explainer, others);
	explainer->root = add_chain(explainer, first, false);
	if (other != UINT32_MAX)
		add_chain(explainer, other, true);
}

/* Was the same conflict told from the other side already? */
static bool is_mirrored(const struct pick *pick, size_t index)
{
	const struct failure *this = pick->failures[index];

	for (size_t i = 0; i < index && !this->group; i++) {
		const struct failure *other = pick->failures[i];

		if (!other->group && other->record == this->other && other->other == this->record)
			return true;
	}
	return false;
}

void solve_explain(struct pick *pick, struct diagnostics *mistakes)
{
	struct explainer explainer = { .pick = pick };
	autostrings struct strings told = { 0 };

	find_needers(&explainer);
	for (size_t i = 0; i < pick->failure_count && told.count < 20; i++) {
		explainer.text.length = 0;
		if (is_mirrored(pick, i))
			continue;
		explain_one(&explainer, pick->failures[i]);
		if (strings_have(&told, explainer.text.data))
			continue;
		strings_add(&told, explainer.text.data);
		solve_blame(mistakes, explainer.root ? explainer.root->request : NULL, "%s", explainer.text.data);
	}
	buffer_clear(&explainer.text);
	free(explainer.needers);
}
