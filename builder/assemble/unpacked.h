/* unpacked: the data of large packages, kept in the store without its slow compression: who builds again with
 * another list of packages does not wait for xz again. A copy that may vanish or be damaged at any time: it is
 * compared with its digest before each use, and what cannot be kept is only not kept. Private to the room. */
#ifndef HIEBOX_ASSEMBLE_UNPACKED_H
#define HIEBOX_ASSEMBLE_UNPACKED_H

#include "assemble/archive.h"
#include "base/base.h"
#include "fetch/fetch.h"

/* Visits the entries of the kept data of the package whose .deb has this digest (hex). Returns 1, having
 * visited nothing, when none is kept; a damaged one is removed and was never there. */
int unpacked_read(const struct store *store, const char *sha256, archive_visit *visit, void *context,
		  struct error *err);

/* Keeps data as it streams by: begin, add all of the tar, end. NULL when nothing can be kept (a full disk, …);
 * both others allow NULL. With `whole` false nothing is published. */
struct unpacked;
struct unpacked *unpacked_begin(const struct store *store, const char *sha256);
void unpacked_add(void *unpacked, const void *bytes, size_t length);
void unpacked_end(struct unpacked *unpacked, bool whole);

#endif
