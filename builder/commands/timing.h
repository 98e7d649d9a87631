/* Where the time of a build went, from the display's own account. Inside the room. */
#ifndef HIEBOX_COMMANDS_TIMING_H
#define HIEBOX_COMMANDS_TIMING_H

#include "document/document.h"

/* A table on standard error: each step with wall clock, processor and memory, its tools below it, and a sum. */
void timing_print(void);
/* The same as a list of objects, for `build --json`. Caller releases. */
struct json *timing_json(void);

#endif
