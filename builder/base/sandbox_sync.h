/* A sandbox in which nothing waits for the disk. Private to base. */
#ifndef HIEBOX_BASE_SANDBOX_SYNC_H
#define HIEBOX_BASE_SANDBOX_SYNC_H

#include "base/error.h"

/* From here on fsync(2) and its kin succeed without doing anything, in this process and all it starts.
 * Needs the right to administer the process's user namespace. */
int sandbox_ignore_sync(struct error *err);

#endif
