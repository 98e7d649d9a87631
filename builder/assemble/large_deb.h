/* large_deb: the data of large packages, decompressed by the tools root's own xz. That of trixie (5.8) takes half
 * the time of the 5.4 that many machines have, and unpacking is mostly that. Private to the room. */
#ifndef HIEBOX_ASSEMBLE_LARGE_DEB_H
#define HIEBOX_ASSEMBLE_LARGE_DEB_H

#include "assemble/archive.h"
#include "assemble/assemble.h"
#include "base/base.h"

/* Are these tools programs of this machine's own kind? Emulated they would be slower, not faster. */
bool large_deb_pays(const char *architecture);
/* As archive_deb() for "data.tar", but a visit that stops early still has everything decompressed. Returns 1,
 * having visited nothing, when the package is small or compressed otherwise: archive_deb() is for those. */
int large_deb(const struct tools *tools, const char *path, archive_visit *visit, void *context,
	      struct error *err);

#endif
