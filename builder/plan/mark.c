/* mark: apt's marking (apt-pkg/depcache.cc, MarkInstall) for an empty system: what a hundred thousand
 * users of apt get is what maintainers test, so that is the proposal. */
#include "plan/pick.h"

#include <stdlib.h>
#include <string.h>

#define MAXIMUM_TRIES 64        /* solutions of one group that are tried */
#define MAXIMUM_STEPS 500000    /* packages looked at: an index that needs more is left to libsolv */
#define MAXIMUM_DEPTH 3000      /* links of one chain of dependencies */

static const struct failure *failure_new(struct pick *pick, uint32_t record, const struct relation_group *group,
					 uint32_t other, const struct failure *cause)
{
	struct failure *failure = arena_alloc(pick->arena, sizeof *failure);

	*failure = (struct failure){ record, group, other, cause };
	return failure;
}

struct ban {
	uint32_t self;
	uint16_t *counts;
	int step;               /* +1 or -1 */
};

static bool ban_one(struct pick *pick, uint32_t record, void *context)
{
	struct ban *ban = context;

	(void)pick;
	if (record != ban->self)
		ban->counts[record] = (uint16_t)(ban->counts[record] + ban->step);
	return false;
}

/* Calls back for every candidate that the record conflicts with or breaks. */
static uint32_t for_enemies(struct pick *pick, uint32_t record, pick_callback *each, void *context)
{
	const struct record_relations *relations = pick_relations(pick, record);
	uint32_t found = UINT32_MAX;

	for (size_t field = 0; field < LENGTH(relations->against); field++)
		for (size_t i = 0; i < relations->against[field].count && found == UINT32_MAX; i++)
			found = pick_each(pick, &relations->against[field].groups[i].alternatives[0], each,
					       context);
	return found;
}

/* Makes (+1) or takes back (-1) the bans of a record, in one of the two tables of counts. */
static void ban_all(struct pick *pick, uint32_t record, uint16_t *counts, int step)
{
	for_enemies(pick, record, ban_one, &(struct ban){ record, counts, step });
}

static void unmark(struct pick *pick, uint32_t record)
{
	ban_all(pick, record, pick->opposed, -1);
	if (pick->expanded[record] == 2)
		ban_all(pick, record, pick->banned, -1);
	pick->marked[record] = false;
	pick->expanded[record] = 0;
}

static bool is_marked_enemy(struct pick *pick, uint32_t record, void *context)
{
	return pick->marked[record] && record != *(uint32_t *)context;
}

/* As in apt, what comes later wins over what was taken before, unless that is protected or just being
 * worked on: takes everything that conflicts with the record out of the set. */
static const struct failure *make_room(struct pick *pick, uint32_t record)
{
	for (;;) {
		uint32_t enemy = for_enemies(pick, record, is_marked_enemy, &record);

		if (enemy == UINT32_MAX && pick->opposed[record] > 0)
			enemy = pick_banner(pick, record);
		if (enemy == UINT32_MAX)
			return NULL;
		if (pick->protected[enemy] || pick->active[enemy])
			return failure_new(pick, record, NULL, enemy, NULL);
		unmark(pick, enemy);
	}
}

static const struct failure *expand(struct pick *pick, uint32_t record, bool protect);

/* Installs one group of a record: NULL when it is fulfilled. */
static const struct failure *expand_group(struct pick *pick, uint32_t record, const struct relation_group *group,
					  bool protect)
{
	uint32_t solutions[MAXIMUM_TRIES];
	const struct failure *cause = NULL;
	bool satisfied = pick_satisfied(pick, group) != UINT32_MAX;

	if (satisfied && !protect)
		return NULL;
	size_t count = pick_solutions(pick, group, solutions, MAXIMUM_TRIES);

	if (satisfied) {
		/* The only way to have it: as firm as what needs it. */
		if (count == 1 && !pick->protected[solutions[0]])
			expand(pick, solutions[0], true);
		return NULL;
	}
	for (size_t i = 0; i < count && i < MAXIMUM_TRIES; i++) {
		const struct failure *failure = expand(pick, solutions[i], protect && count == 1);

		if (!failure)
			return NULL;
		if (!cause)
			cause = failure;
	}
	return failure_new(pick, record, group, UINT32_MAX, cause);
}

static void note_failure(struct pick *pick, const struct failure *failure)
{
	pick->failures = array_grow(pick->failures, pick->failure_count, &pick->failure_capacity,
				    sizeof *pick->failures);
	pick->failures[pick->failure_count++] = failure;
}

uint32_t pick_banner(struct pick *pick, uint32_t record)
{
	for (uint32_t i = 0; i < pick->table->head.record_count; i++) {
		if (!pick->marked[i] || i == record)
			continue;
		const struct record_relations *relations = pick_relations(pick, i);

		for (size_t field = 0; field < LENGTH(relations->against); field++)
			for (size_t j = 0; j < relations->against[field].count; j++)
				if (pick_fulfils(pick, record, &relations->against[field].groups[j].alternatives[0]))
					return i;
	}
	return UINT32_MAX;
}

static const struct failure *expand_needs(struct pick *pick, uint32_t record, bool protect)
{
	const struct record_relations *relations = pick_relations(pick, record);

	for (size_t field = 0; field < LENGTH(relations->needs); field++) {
		for (size_t i = 0; i < relations->needs[field].count; i++) {
			const struct failure *failure =
				expand_group(pick, record, &relations->needs[field].groups[i], protect);

			if (failure && !pick->protected[record])
				return failure;
			if (failure)
				note_failure(pick, failure);
		}
	}
	return NULL;
}

/* Marks the record and what it needs. A protected one stays marked whatever happens and its failures
 * are noted; another one is taken back and its failure returned, so that an alternative can be tried. */
static const struct failure *expand(struct pick *pick, uint32_t record, bool protect)
{
	const struct failure *failure = NULL;

	if (pick->expanded[record] > protect)
		return NULL;
	if (++pick->steps > MAXIMUM_STEPS || pick->depth > MAXIMUM_DEPTH)
		return failure_new(pick, record, NULL, UINT32_MAX, NULL);
	if (pick->expanded[record] == 0) {
		if (pick->banned[record] > 0 && !pick->protected[record])
			return failure_new(pick, record, NULL, pick_banner(pick, record), NULL);
		failure = make_room(pick, record);
		if (failure && !protect)
			return failure;
		if (failure)
			note_failure(pick, failure);
		ban_all(pick, record, pick->opposed, 1);
	}
	if (protect)
		ban_all(pick, record, pick->banned, 1);
	pick->marked[record] = true;
	pick->protected[record] |= protect;
	pick->expanded[record] = protect ? 2 : 1;
	bool was_active = pick->active[record];

	pick->active[record] = true;
	pick->depth++;
	failure = expand_needs(pick, record, protect);
	pick->depth--;
	pick->active[record] = was_active;
	if (failure)
		unmark(pick, record);
	return failure;
}

/* What lost a package to a later choice may be content with that choice; else it gets another. */
static void mend(struct pick *pick)
{
	for (uint32_t i = 0; i < pick->table->head.record_count; i++)
		if (pick->marked[i] && !pick->protected[i])
			expand_needs(pick, i, false);
}

struct reach {
	bool *seen;
	uint32_t *queue;
	size_t count;
};

static bool reach_one(struct pick *pick, uint32_t record, void *context)
{
	struct reach *reach = context;

	if (pick->marked[record] && !reach->seen[record]) {
		reach->seen[record] = true;
		reach->queue[reach->count++] = record;
	}
	return false;
}

static void reach_list(struct pick *pick, struct reach *reach, const struct relation_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		for (size_t j = 0; j < list->groups[i].count; j++)
			pick_each(pick, &list->groups[i].alternatives[j], reach_one, reach);
}

/* Unmarks what no root needs any more (left over from alternatives that failed). What a package of the set
 * recommends or suggests is never a reason to take it, but one to keep it: so does apt (MarkPackage). */
static void prune(struct pick *pick)
{
	size_t count = pick->table->head.record_count + 1;
	struct reach reach = { memory_alloc(count * sizeof(bool)), memory_alloc(count * sizeof(uint32_t)), 0 };

	for (size_t i = 0; i < pick->root_count; i++)
		reach_one(pick, pick->roots[i].record, &reach);
	for (size_t at = 0; at < reach.count; at++) {
		const struct record_relations *relations = pick_relations(pick, reach.queue[at]);

		for (size_t field = 0; field < 2; field++) {
			reach_list(pick, &reach, &relations->needs[field]);
			reach_list(pick, &reach, &relations->likes[field]);
		}
	}
	memcpy(pick->marked, reach.seen, count * sizeof(bool));
	free(reach.seen);
	free(reach.queue);
}

/* In the order given, as apt 3 goes through its command line: Essential ones first, then the requests. */
bool pick_run(struct pick *pick)
{
	for (size_t i = 0; i < pick->root_count; i++)
		pick->marked[pick->roots[i].record] = pick->protected[pick->roots[i].record] = true;
	for (size_t i = 0; i < pick->root_count; i++)
		expand(pick, pick->roots[i].record, true);
	prune(pick);
	mend(pick);
	prune(pick);
	return pick->failure_count == 0;
}
