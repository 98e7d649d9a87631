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

const char *solve_nearest(const struct table *table, const char *name)
{
	size_t all = table->head.record_count + table->head.provision_count, length = strlen(name);
	const size_t least[] = { length * 3 / 4, length / 2, 0 };
	const char **names = memory_alloc((all + 1) * sizeof *names);
	const char *nearest = NULL;

	/* Package names are mostly mistyped at their end: of equally near ones the likeliest comes first. */
	for (size_t i = 0; i < LENGTH(least) && !nearest; i++) {
		names[collect_names(table, name, least[i], names)] = NULL;
		nearest = nearest_name(name, names);
	}
	free(names);
	return nearest;
}

const char *solve_versions_text(struct pick *pick, const char *name)
{
	const struct table *table = pick->table;
	struct span span = table_versions(table, name);
	autobuffer struct buffer text = { 0 };

	if (span.count == 0)
		return "no package of this name exists";
	buffer_text(&text, name);
	for (size_t i = span.first; i < span.first + span.count; i++)
		buffer_format(&text, "%s %s", i == span.first ? "" : " and",
			      table_text(table, table->records[i].version));
	buffer_text(&text, span.count == 1 ? " exists" : " exist");
	return arena_string(pick->arena, text.data);
}

static const char *record_name(const struct pick *pick, uint32_t record)
{
	return table_text(pick->table, pick->table->records[record].name);
}

static const char *asked_by(const struct pick *pick, uint32_t record)
{
	for (size_t i = 0; i < pick->root_count; i++)
		if (pick->roots[i].record == record)
			return pick->roots[i].asked_by ? pick->roots[i].asked_by : "every system (essential)";
	return NULL;
}

struct explainer {
	struct pick *pick;
	uint32_t *needers;      /* by record: the first that needs it, breadth first from the roots; or UINT32_MAX */
	struct buffer text;
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

/* "inner (needed by outer, asked for by recipe.yaml:3:3)" */
static void add_name(struct explainer *explainer, uint32_t record)
{
	struct buffer *text = &explainer->text;
	const char *between = " (";

	buffer_text(text, record_name(explainer->pick, record));
	while (!asked_by(explainer->pick, record) && explainer->needers[record] != UINT32_MAX) {
		record = explainer->needers[record];
		buffer_format(text, "%sneeded by %s", between, record_name(explainer->pick, record));
		between = ", ";
	}
	if (asked_by(explainer->pick, record)) {
		buffer_format(text, "%sasked for by %s", between, asked_by(explainer->pick, record));
		between = ", ";
	}
	if (*between == ',')
		buffer_text(text, ")");
}

/* What stands in the way of one alternative that has no cause of its own. */
static void explain_alternative(struct explainer *explainer, const struct relation *relation)
{
	struct pick *pick = explainer->pick;
	struct buffer *text = &explainer->text;
	struct span versions = table_versions(pick->table, relation->name);
	struct span providers = table_providers(pick->table, relation->name);

	if (versions.count == 0 && providers.count == 0) {
		const char *nearest = solve_nearest(pick->table, relation->name);

		buffer_format(text, "no package named %s exists", relation->name);
		if (nearest)
			buffer_format(text, " (the nearest name is %s)", nearest);
		return;
	}
	for (size_t i = versions.first; i < versions.first + versions.count; i++) {
		uint32_t candidate = pick_candidate(pick, (uint32_t)i);
		uint32_t banner;

		if (!pick_fulfils(pick, candidate, relation))
			continue;
		banner = pick_banner(pick, candidate);
		buffer_format(text, "%s cannot be taken", record_name(pick, candidate));
		if (banner != UINT32_MAX) {
			buffer_text(text, " because it conflicts with ");
			add_name(explainer, banner);
		}
		return;
	}
	if (versions.count > 0)
		buffer_format(text, "only %s", solve_versions_text(pick, relation->name));
	else
		buffer_format(text, "%s is only provided by %s", relation->name,
			      record_name(pick, pick->table->provisions[providers.first].record));
}

static void explain_end(struct explainer *explainer, const struct relation_group *group)
{
	buffer_text(&explainer->text, ", but ");
	for (size_t i = 0; i < group->count; i++) {
		if (i > 0)
			buffer_text(&explainer->text, ", and ");
		explain_alternative(explainer, &group->alternatives[i]);
	}
}

static void explain_one(struct explainer *explainer, const struct failure *failure)
{
	struct buffer *text = &explainer->text;

	for (; failure; failure = failure->cause) {
		add_name(explainer, failure->record);
		if (!failure->group) {
			buffer_text(text, " conflicts with ");
			if (failure->other == UINT32_MAX)
				buffer_text(text, "another package of the set");
			else
				add_name(explainer, failure->other);
			return;
		}
		buffer_format(text, " depends on %s", relation_group_text(explainer->pick->arena, failure->group));
		if (failure->cause)
			buffer_text(text, "; ");
		else
			explain_end(explainer, failure->group);
	}
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

void solve_explain(struct pick *pick, struct error *err)
{
	struct explainer explainer = { .pick = pick };
	autostrings struct strings lines = { 0 };

	find_needers(&explainer);
	for (size_t i = 0; i < pick->failure_count && lines.count < 20; i++) {
		explainer.text.length = 0;
		if (is_mirrored(pick, i))
			continue;
		explain_one(&explainer, pick->failures[i]);
		if (!strings_have(&lines, explainer.text.data))
			strings_add(&lines, explainer.text.data);
	}
	autofree char *joined = strings_join(&lines, "\n");

	error_set(err, "%s", joined);
	buffer_clear(&explainer.text);
	free(explainer.needers);
}
