/* production: what `mode: production` refuses beyond unsuitable components. */
#ifndef HIEBOX_PLAN_PRODUCTION_H
#define HIEBOX_PLAN_PRODUCTION_H

#include "plan/plan.h"

/* Adds a mistake for every port that speaks plain http to the network and for every kernel argument that opens the
 * box; nothing in other modes. */
void production_check(const struct plan *plan, struct diagnostics *mistakes);

#endif
