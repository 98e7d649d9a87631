/* deb_members: where the two tars of a .deb lie. Private to the room. Source: deb(5), ar(5), dpkg's
 * src/deb/extract.c and lib/dpkg/ar.c, whose order of members and names are kept. */
#ifndef HIEBOX_ASSEMBLE_DEB_MEMBERS_H
#define HIEBOX_ASSEMBLE_DEB_MEMBERS_H

#include <stdint.h>

#include "base/base.h"

struct deb_member {
	char name[17];             /* "control.tar.xz" */
	uint64_t offset, size;     /* in the file; all of it is there */
};
struct deb_members {
	struct deb_member control, data;
};

/* Finds both in the open file `fd`. What dpkg refuses is refused: another first member than debian-binary with a
 * format 2, control behind data, a second control, members in between but those that begin with "_", a size that
 * is no number, a member that is cut off. What follows data is not looked at. */
int deb_members(int fd, struct deb_members *ret_members, struct error *err);

#endif
