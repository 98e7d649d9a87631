/* lock: what the writer and the reader of the Debian lock share. Private to plan. */
#ifndef HIEBOX_PLAN_LOCK_H
#define HIEBOX_PLAN_LOCK_H

#include "base/base.h"
#include "plan/plan.h"

#define LOCK_FIRST_LINE "# hiebox lock 1"
/* In the order in which they are written: essential, automatic, multi_arch_same. */
#define LOCK_FLAG_NAMES { "essential", "automatic", "same" }

#endif
