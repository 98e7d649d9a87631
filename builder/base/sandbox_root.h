/* Private to base: the root of the sandbox, and places inside it. */
#ifndef HIEBOX_BASE_SANDBOX_ROOT_H
#define HIEBOX_BASE_SANDBOX_ROOT_H

#include <sys/types.h>

#include "base/sandbox.h"

/* Mounts the tree or the stack of layers where it can become the root, and gives an open directory
 * of it. The caller closes it. */
int sandbox_root_open(const struct sandbox *sandbox, int *ret_root, struct error *err);
/* Makes it the root of this mount namespace; everything of the old one is gone afterwards. */
int sandbox_root_enter(int root, struct error *err);

/* An O_PATH descriptor of `path` inside the root; symbolic links are followed as if the root were
 * the process's. What is missing is made: directories, and at the end a directory (mode 0755) or an
 * empty file. -1 with err on failure. */
int sandbox_place(int root, const char *path, bool directory, struct error *err);

/* "/proc/self/fd/N", by which mount() takes descriptors; caller frees. */
char *sandbox_fd_path(int fd);

#endif
