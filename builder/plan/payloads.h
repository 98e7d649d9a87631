/* payloads: the payload locks of components. Private to plan. */
#ifndef HIEBOX_PLAN_PAYLOADS_H
#define HIEBOX_PLAN_PAYLOADS_H

#include "base/base.h"
#include "plan/plan.h"

/* The path as people know it: below the project's recipes/ when it is there. Borrowed from `path`. */
const char *payloads_short_path(const char *path);

#endif
