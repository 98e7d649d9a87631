/* workspace: where trees live while layers are made. Private to the room. */
#ifndef HIEBOX_ASSEMBLE_WORKSPACE_H
#define HIEBOX_ASSEMBLE_WORKSPACE_H

#include <stdint.h>

#include "base/base.h"

/* A directory for trees of about `bytes` in all: `work`/trees. In memory when this process has mounts of
 * its own and there is plenty of it, because writing a tree out only to remove it again costs more than
 * everything else; else on disk. Close with workspace_close(), which removes what is in it. */
struct workspace {
	char *path;
	bool in_memory;
};
int workspace_open(const char *work, uint64_t bytes, struct workspace *ret, struct error *err);
void workspace_close(struct workspace *workspace);
/* Closes it without removing anything; only for one that is not in memory. */
void workspace_leave(struct workspace *workspace);
/* Would trees of `bytes` leave enough of `available` bytes of memory to the tools and the machine? */
bool workspace_fits(uint64_t bytes, uint64_t available);

#endif
