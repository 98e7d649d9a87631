/* Room on file systems: asked for before the work, explained after it. */
#ifndef HIEBOX_BASE_SPACE_H
#define HIEBOX_BASE_SPACE_H

#include <stdint.h>

#include "base/error.h"

/* Is there room for `need` more bytes (an estimate) where the existing `path` lies? -1 with a sentence that names the
 * place, what for (`purpose`, as "the tools root"), the need, what there is, and `option` as the way out. */
int space_check(const char *path, uint64_t need, const char *purpose, const char *option, struct error *err);

/* What a write that failed says about `paths` (NULL-terminated): when `err` tells of a full disk, a quota or a limit
 * of size, the place and its room are put in front of it. Tools' own words for it count, too. */
void space_explain(const char *const *paths, struct error *err);

#endif
