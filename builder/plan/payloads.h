/* payloads: the payload locks of components. Private to plan. */
#ifndef HIEBOX_PLAN_PAYLOADS_H
#define HIEBOX_PLAN_PAYLOADS_H

#include "base/base.h"
#include "plan/plan.h"

/* Fills `planned->payloads` from the lock (npm, maven) or the source itself (file); none for java and
 * extract. Every mistake in a lock is added with its place; returns -1 when there was one. */
int payloads_read(struct planned_source *planned, struct arena *arena, struct diagnostics *mistakes);

/* The path as people know it: below the project's recipes/ when it is there. Borrowed from `path`. */
const char *payloads_short_path(const char *path);

#endif
