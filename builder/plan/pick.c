/* pick: the records, their relations, and who fulfils them. Marking is in mark.c. */
#include "plan/pick.h"

#include <stdlib.h>
#include <string.h>

#define MAXIMUM_SOLUTIONS 512   /* providers of one name that are sorted */

void pick_open(struct pick *pick, const struct table *table, struct arena *arena)
{
	size_t count = table->head.record_count + 1;

	*pick = (struct pick){ .table = table, .arena = arena };
	pick->relations = memory_alloc(count * sizeof *pick->relations);
	pick->chosen = memory_alloc(count * sizeof *pick->chosen);
	pick->marked = memory_alloc(count * sizeof *pick->marked);
	pick->protected = memory_alloc(count * sizeof *pick->protected);
	pick->expanded = memory_alloc(count * sizeof *pick->expanded);
	pick->active = memory_alloc(count * sizeof *pick->active);
	pick->banned = memory_alloc(count * sizeof *pick->banned);
	pick->opposed = memory_alloc(count * sizeof *pick->opposed);
}

void pick_close(struct pick *pick)
{
	free(pick->relations);
	free(pick->chosen);
	free(pick->marked);
	free(pick->protected);
	free(pick->expanded);
	free(pick->active);
	free(pick->banned);
	free(pick->opposed);
	free(pick->roots);
	free(pick->failures);
}

const struct record_relations *pick_relations(struct pick *pick, uint32_t record)
{
	struct record_relations *relations = &pick->relations[record];
	const struct record *from = &pick->table->records[record];

	if (relations->parsed)
		return relations;
	relations->parsed = true;
	relations->needs[0] = relation_parse(pick->arena, table_text(pick->table, from->pre_depends));
	relations->needs[1] = relation_parse(pick->arena, table_text(pick->table, from->depends));
	relations->likes[0] = relation_parse(pick->arena, table_text(pick->table, from->recommends));
	relations->likes[1] = relation_parse(pick->arena, table_text(pick->table, from->suggests));
	relations->against[0] = relation_parse(pick->arena, table_text(pick->table, from->conflicts));
	relations->against[1] = relation_parse(pick->arena, table_text(pick->table, from->breaks));
	return relations;
}

uint32_t pick_candidate(const struct pick *pick, uint32_t record)
{
	const struct record *records = pick->table->records;

	/* Equal names share their text, and the newest version stands first. */
	while (record > 0 && records[record - 1].name == records[record].name)
		record--;
	return pick->chosen[record] ? pick->chosen[record] - 1 : record;
}

bool pick_fulfils(struct pick *pick, uint32_t record, const struct relation *relation)
{
	const struct record *this = &pick->table->records[record];

	if (strcmp(table_text(pick->table, this->name), relation->name) == 0 &&
	    relation_accepts(relation, table_text(pick->table, this->version)))
		return true;
	if (this->provides == 0)
		return false;
	struct span span = table_providers(pick->table, relation->name);

	for (size_t i = span.first; i < span.first + span.count; i++) {
		const struct provision *provision = &pick->table->provisions[i];

		if (provision->record != record)
			continue;
		if (relation->operator == RELATION_ANY ||
		    (provision->version && relation_accepts(relation, table_text(pick->table, provision->version))))
			return true;
	}
	return false;
}

uint32_t pick_each(struct pick *pick, const struct relation *relation, pick_callback *each, void *context)
{
	struct span versions = table_versions(pick->table, relation->name);

	if (versions.count > 0) {
		uint32_t candidate = pick_candidate(pick, (uint32_t)versions.first);
		const char *version = table_text(pick->table, pick->table->records[candidate].version);

		if (relation_accepts(relation, version) && each(pick, candidate, context))
			return candidate;
	}
	struct span span = table_providers(pick->table, relation->name);

	for (size_t i = span.first; i < span.first + span.count; i++) {
		const struct provision *provision = &pick->table->provisions[i];

		if (pick_candidate(pick, provision->record) != provision->record)
			continue;
		if (relation->operator != RELATION_ANY &&
		    (!provision->version ||
		     !relation_accepts(relation, table_text(pick->table, provision->version))))
			continue;
		if (each(pick, provision->record, context))
			return provision->record;
	}
	return UINT32_MAX;
}

static bool is_marked(struct pick *pick, uint32_t record, void *context)
{
	(void)context;
	return pick->marked[record];
}

uint32_t pick_satisfied(struct pick *pick, const struct relation_group *group)
{
	for (size_t i = 0; i < group->count; i++) {
		uint32_t record = pick_each(pick, &group->alternatives[i], is_marked, NULL);

		if (record != UINT32_MAX)
			return record;
	}
	return UINT32_MAX;
}

struct solutions {
	struct pick *pick;
	const char *name;       /* of the alternative */
	uint32_t records[MAXIMUM_SOLUTIONS];
	size_t count;
};

static bool collect(struct pick *pick, uint32_t record, void *context)
{
	struct solutions *solutions = context;

	if (pick->banned[record] == 0 && solutions->count < MAXIMUM_SOLUTIONS)
		solutions->records[solutions->count++] = record;
	return false;
}

/* apt's CompareProviders: protected ones, the package of the name itself, Essential, Protected,
 * priority, and at last the one whose name was heard of last. */
static int compare_providers(const void *a, const void *b, void *context)
{
	const struct solutions *solutions = context;
	const struct pick *pick = solutions->pick;
	uint32_t first_index = *(const uint32_t *)a, second_index = *(const uint32_t *)b;
	const struct record *first = &pick->table->records[first_index];
	const struct record *second = &pick->table->records[second_index];

	if (pick->protected[first_index] != pick->protected[second_index])
		return pick->protected[first_index] ? -1 : 1;
	bool first_named = strcmp(table_text(pick->table, first->name), solutions->name) == 0;
	bool second_named = strcmp(table_text(pick->table, second->name), solutions->name) == 0;

	if (first_named != second_named)
		return first_named ? -1 : 1;
	if ((first->flags ^ second->flags) & RECORD_ESSENTIAL)
		return first->flags & RECORD_ESSENTIAL ? -1 : 1;
	if ((first->flags ^ second->flags) & RECORD_PROTECTED)
		return first->flags & RECORD_PROTECTED ? -1 : 1;
	if (first->priority != second->priority)
		return first->priority < second->priority ? -1 : 1;
	return first->rank > second->rank ? -1 : first->rank < second->rank;
}

size_t pick_solutions(struct pick *pick, const struct relation_group *group, uint32_t *ret, size_t most)
{
	size_t count = 0;

	for (size_t i = 0; i < group->count; i++) {
		struct solutions solutions = { .pick = pick, .name = group->alternatives[i].name };

		pick_each(pick, &group->alternatives[i], collect, &solutions);
		qsort_r(solutions.records, solutions.count, sizeof *solutions.records, compare_providers,
			&solutions);
		for (size_t j = 0; j < solutions.count; j++) {
			bool known = false;

			for (size_t k = 0; k < count && k < most; k++)
				known = known || ret[k] == solutions.records[j];
			if (known)
				continue;
			if (count < most)
				ret[count] = solutions.records[j];
			count++;
		}
	}
	return count;
}
