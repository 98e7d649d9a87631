/* solve: what plan_solve and its explanations share. Private to plan. */
#ifndef HIEBOX_PLAN_SOLVE_H
#define HIEBOX_PLAN_SOLVE_H

#include "base/base.h"
#include "plan/plan.h"
#include "plan/pick.h"

/* The nearest package or virtual name, or NULL. Borrowed from the table. */
const char *solve_nearest(const struct table *table, const char *name);

/* "b 1.0 exists", "b 1.0 and 0.9 exist" or "no package of this name exists"; in the arena of the pick. */
const char *solve_versions_text(struct pick *pick, const char *name);

/* Turns the failures of a pick into plain words, one line per failed root. Sets `err`. */
void solve_explain(struct pick *pick, struct error *err);

#endif
