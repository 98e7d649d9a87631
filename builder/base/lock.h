/* Locks between builds: who waits is told for whom. */
#ifndef HIEBOX_BASE_LOCK_H
#define HIEBOX_BASE_LOCK_H

#include "base/error.h"

/* Takes the lock file `path` (flock) and writes into it who holds it and for what: `purpose`, as "making the tools
 * root". When another process holds it, a line on standard error says who and for what, and this waits; the lock of a
 * process that died is free. `*ret_fd` is closed to release it. A file system without locks is an error. */
int lock_wait(const char *path, const char *purpose, int *ret_fd, struct error *err);

#endif
