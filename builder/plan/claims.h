/* claims: what components take for themselves, so that two never take the same. Private to plan. */
#ifndef HIEBOX_PLAN_CLAIMS_H
#define HIEBOX_PLAN_CLAIMS_H

#include "base/base.h"
#include "plan/plan.h"

/* Checks ports, users, state directories, secrets, databases, templates, page paths, units, files laid
 * over the root and payloads' places of all planned components against each other; and against the recipe's people, data set and board; every clash is a mistake at the later one's place. */
void claims_check(const struct plan *plan, struct diagnostics *mistakes);

#endif
