/* tar: a sorted entry list and its tree as one PAX tar stream, the same bytes each time. Written here and
 * not by libarchive, because only names, numbers and attributes as they are must come out, in no
 * locale's character set. Source: POSIX.1-2017 pax, "ustar Interchange Format" and "pax Header
 * Block"; SCHILY.xattr.* as star(5) has it. Private to the room. */
#ifndef HIEBOX_ASSEMBLE_TAR_H
#define HIEBOX_ASSEMBLE_TAR_H

#include "assemble/entries.h"
#include "base/base.h"

/* Writes all entries of `tree` to `fd` and notes each file's sha256 in the list. Afterwards
 * the list is complete for entries_text(). The files' bytes are told to `progress`, which may be NULL. */
int tar_write(int fd, const char *tree, struct entries *entries, struct progress *progress,
	      struct error *err);

#endif
