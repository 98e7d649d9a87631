/* units: the systemd units that components and recipe bring, as far as a plan speaks of them: what they are,
 * in which order they start, who enables them. Private to plan. */
#ifndef HIEBOX_PLAN_UNITS_H
#define HIEBOX_PLAN_UNITS_H

#include "base/base.h"
#include "plan/plan.h"

/* Finds every unit file, and every X.d folder of additions to a unit X, of the plan's components and recipe.
 * `*ret_units` is ordered as they start (After=, Before=, Requires=; else dependencies first, then by name) and
 * lives in the arena. A folder that cannot be read has no units. Source: systemd.unit(5). */
size_t units_find(const struct plan *plan, struct arena *arena, struct planned_unit **ret_units);

#endif
