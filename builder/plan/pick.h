/* pick: proposes a set of packages by the way apt goes (depth first, first alternative that works,
 * requests before everything); libsolv judges it afterwards (judge.h). Private to plan. */
#ifndef HIEBOX_PLAN_PICK_H
#define HIEBOX_PLAN_PICK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "plan/relation.h"
#include "plan/table.h"

/* Why a record could not be taken. */
struct failure {
	uint32_t record;
	const struct relation_group *group;  /* what it needs; NULL: it conflicts with `other` */
	uint32_t other;                      /* UINT32_MAX: none */
	const struct failure *cause;         /* why the preferred solution of `group` failed; NULL: there is none */
};

/* The parsed relations of one record, made when first needed. */
struct record_relations {
	bool parsed;
	struct relation_list needs[2];       /* Pre-Depends, Depends */
	struct relation_list likes[2];       /* Recommends, Suggests: only for what is there already */
	struct relation_list against[2];     /* Conflicts, Breaks */
};

/* One package asked for by name: Essential ones first, then the requests in their order. */
struct root {
	uint32_t record;
	const struct package_request *request; /* NULL: Essential */
};

struct pick {
	const struct table *table;
	struct arena *arena;
	struct record_relations *relations;  /* by record */
	uint32_t *chosen;                    /* by first record of a name: 0, or 1 + the record a request fixed */
	bool *marked, *protected;            /* by record: in the set; asked for, or the only way to have what is */
	unsigned char *expanded;             /* by record: 1 as a dependency, 2 as a protected one */
	bool *active;                        /* by record: its needs are being looked after now */
	uint16_t *opposed, *banned;          /* by record: how many marked, how many protected ones conflict with it */
	struct root *roots;
	size_t root_count, root_capacity;
	size_t steps, depth;                 /* kept below limits */
	const struct failure **failures;
	size_t failure_count, failure_capacity;
};

void pick_open(struct pick *pick, const struct table *table, struct arena *arena);
void pick_close(struct pick *pick);

/* The relations of a record. Borrowed. */
const struct record_relations *pick_relations(struct pick *pick, uint32_t record);
/* The version of the package that would be installed: the newest, or the one a request names. */
uint32_t pick_candidate(const struct pick *pick, uint32_t record);

/* Calls back for every candidate that fulfils the relation, the package of the name itself first.
 * Stops when `each` returns true, and returns that record; else UINT32_MAX. */
typedef bool pick_callback(struct pick *pick, uint32_t record, void *context);
uint32_t pick_each(struct pick *pick, const struct relation *relation, pick_callback *each, void *context);

/* Records that fulfil the group, best first as apt orders them (alternatives in order; within one the
 * package of that name, Essential, higher priority, last heard of). At most `most` are written; the
 * count of all is returned. Only candidates that no protected package conflicts with. */
size_t pick_solutions(struct pick *pick, const struct relation_group *group, uint32_t *ret, size_t most);
/* Does a marked record fulfil the group? Its record, or UINT32_MAX. */
uint32_t pick_satisfied(struct pick *pick, const struct relation_group *group);
/* Does the record fulfil the relation, by name or by what it provides? */
bool pick_fulfils(struct pick *pick, uint32_t record, const struct relation *relation);

/* mark.c */
/* A marked record that conflicts with this one, or UINT32_MAX. Slow: for explanations. */
uint32_t pick_banner(struct pick *pick, uint32_t record);

/* Marks the roots and all they need, and nothing else. True when nothing failed; else see `failures`. */
bool pick_run(struct pick *pick);

#endif
