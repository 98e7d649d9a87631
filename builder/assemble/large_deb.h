/* large_deb: the data of large packages, decompressed by the tools root's own xz. That of trixie (5.8) takes half
 * the time of the 5.4 that many machines have, and unpacking is mostly that. Private to the room. */
#ifndef HIEBOX_ASSEMBLE_LARGE_DEB_H
#define HIEBOX_ASSEMBLE_LARGE_DEB_H

#include "assemble/archive.h"
#include "assemble/assemble.h"
#include "base/base.h"

/* Are these tools programs of this machine's own kind? Emulated they would be slower, not faster. */
bool large_deb_pays(const char *architecture);
struct large_deb {
	const char *path;
	const struct tools *tools;
	const struct store *store;     /* NULL: nothing is kept, nothing kept is used; see unpacked.h */
	bool keep;                     /* keep the data of this one */
	const char *sha256;            /* of the .deb, hex */
	uint64_t maximum;              /* as in struct archive_input */
};
/* As archive_each() for INPUT_DATA, but a visit that stops early still has everything decompressed. Returns 1,
 * having visited nothing, when the package is small or compressed otherwise: archive_each() is for those. */
int large_deb(const struct large_deb *deb, archive_visit *visit, void *context, struct error *err);

#endif
