/* dpkg: the package database of a tree whose packages we unpacked ourselves, written so that the tree's
 * own dpkg goes on from "unpacked". Private to the room. Source: facts (h), dpkg's lib/dpkg/dbmodify.c,
 * infodb-format.c, trigdeferred.c, doc/triggers.txt. */
#ifndef HIEBOX_ASSEMBLE_DPKG_H
#define HIEBOX_ASSEMBLE_DPKG_H

#include "assemble/packages.h"
#include "base/base.h"

/* Directories, symbolic links of a merged /usr and the empty database, before anything is unpacked. */
int dpkg_prepare(const char *tree, const char *architecture, struct error *err);
/* Writes status, info/ and triggers/ for all packages but those left to dpkg itself. May be called
 * again. Conffiles get the md5 of what lies in the tree. */
int dpkg_write(const char *tree, const struct debs *debs, struct error *err);
/* The tree's diversions file as the packages' preinst scripts left it. */
int dpkg_diversions(const char *tree, struct diversions *ret_diversions, struct error *err);
void diversions_clear(struct diversions *diversions);
/* /var/lib/apt/extended_states: which packages came only as dependencies. */
int dpkg_write_automatic(const char *tree, const struct debs *debs, struct error *err);

#endif
