/* judge: libsolv decides whether a proposed set holds together, and finds another when it does not.
 * Private to plan. */
#ifndef HIEBOX_PLAN_JUDGE_H
#define HIEBOX_PLAN_JUDGE_H

#include <stdbool.h>

#include "base/base.h"
#include "plan/pick.h"

/* True when libsolv finds that all marked records can be installed together, with nothing missing. */
bool judge_accepts(struct pick *pick, const char *architecture);

/* Lets libsolv choose among all records, with what is marked as its favourites; on success the marks
 * are libsolv's answer. Otherwise -1 with libsolv's own words for the first problem. */
int judge_solve(struct pick *pick, const char *architecture, struct error *err);

#endif
