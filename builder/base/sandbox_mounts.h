/* Private to base: the mounts of the sandbox. */
#ifndef HIEBOX_BASE_SANDBOX_MOUNTS_H
#define HIEBOX_BASE_SANDBOX_MOUNTS_H

#include "base/sandbox.h"

/* Mounts the new root with everything in it and makes it this mount namespace's root. Called as the
 * first process of the new pid namespace, in a mount namespace of its own. */
int sandbox_mount_all(const struct sandbox *sandbox, struct error *err);

#endif
