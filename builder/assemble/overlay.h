/* overlay: files of the project laid over a tree. Private to the room. */
#ifndef HIEBOX_ASSEMBLE_OVERLAY_H
#define HIEBOX_ASSEMBLE_OVERLAY_H

#include "base/base.h"

/* Copies the contents of `from` over `to`. Of a file only what git keeps counts: its bytes, its being
 * executable (0755, else 0644), a symbolic link's target. Owner root, times `timestamp`. Directories
 * that are there stay as they are, other files are replaced. */
int overlay_copy(const char *from, const char *to, int64_t timestamp, struct error *err);
/* One file or symbolic link. */
int overlay_copy_file(const char *from, const char *to, int64_t timestamp, struct error *err);

#endif
