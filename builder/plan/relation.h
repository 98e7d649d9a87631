/* relation: dependency fields (Debian Policy 7.1) as lists of groups of alternatives. Private to plan. */
#ifndef HIEBOX_PLAN_RELATION_H
#define HIEBOX_PLAN_RELATION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/base.h"

enum relation_operator { RELATION_ANY, RELATION_LESS, RELATION_AT_MOST, RELATION_EQUAL,
			 RELATION_AT_LEAST, RELATION_MORE };

/* One alternative: `name:qualifier (operator version)`. */
struct relation {
	const char *name;
	const char *qualifier;          /* "any", an architecture, or NULL */
	enum relation_operator operator;
	const char *version;            /* NULL with RELATION_ANY */
};

/* Alternatives joined by `|`, in the order written. */
struct relation_group {
	struct relation *alternatives;
	size_t count;
};
struct relation_list {
	struct relation_group *groups;
	size_t count;
};

/* Parses a whole field ("a (>= 1) | b, c:any"); architecture lists and build profiles are skipped.
 * Broken pieces (no name, a bracket without end) are left out: the archive's signature vouches for
 * the index, and libsolv judges the result. Everything lives in the arena. */
struct relation_list relation_parse(struct arena *arena, const char *text);

/* Parses one alternative; false when there is no name in it. */
bool relation_parse_one(struct arena *arena, const char *text, size_t length, struct relation *ret);

/* "name (>= version)" for people; lives in the arena. */
const char *relation_text(struct arena *arena, const struct relation *relation);
/* The alternatives joined by " or ". */
const char *relation_group_text(struct arena *arena, const struct relation_group *group);

/* Debian Policy 5.6.12: negative, 0 or positive as version a is older than, equal to or newer than b. */
int version_compare(const char *a, const char *b);

/* Does `version` fulfil the relation's operator and version? */
bool relation_accepts(const struct relation *relation, const char *version);

#endif
