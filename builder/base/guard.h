/* The guard: a process beside the one that works, which clears away when the work is interrupted. What holds for
 * kill -9 holds for Ctrl-C too, because that is how the guard ends the work: at once, whatever it is doing. */
#ifndef HIEBOX_BASE_GUARD_H
#define HIEBOX_BASE_GUARD_H

#include "base/error.h"

/* Splits the process in two. Returns 0 in the child, which goes on; the parent never returns: it ends as the child
 * does. On SIGINT, SIGTERM or SIGHUP (unless ignored when this is called) it kills the child and all that the child
 * started, removes the paths that the child named, and ends by the same signal (a shell's status 128 + n); so it
 * does when the child dies by a signal. When the guard itself is killed, the child dies with it. Call it before any
 * thread starts. -1 with err set when there can be no guard. */
int guard_begin(struct error *err);

/* A file or tree that must not stay when this process dies; guard_forget() when it was removed or has its final
 * name. Without a guard nothing happens. Paths with a line break are not taken. Thread-safe. */
void guard_remember(const char *path);
void guard_forget(const char *path);

/* Does not return when an interruption is on its way: what failed because of it is no error of its own. */
void guard_settle(void);

#endif
