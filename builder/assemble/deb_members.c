/* Where the two tars of a .deb lie; see deb_members.h. */
#define _GNU_SOURCE 1
#include "assemble/deb_members.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define MAGIC "!<arch>\n"
#define MEMBERS_MAXIMUM 16u        /* deb(5) knows three */
#define FORMAT_MAXIMUM 64u         /* bytes of debian-binary */

/* One header of an ar archive: text padded with blanks. */
struct header {
	char name[16], time[12], uid[6], gid[6], mode[8], size[10], end[2];
};
_Static_assert(sizeof(struct header) == 60, "an ar header has 60 bytes");

/* Blanks, and one slash as GNU's ar writes it, go from the name's end. */
static void read_name(const struct header *header, struct deb_member *member)
{
	size_t length = sizeof header->name;
	while (length && header->name[length - 1] == ' ')
		length--;
	if (length && header->name[length - 1] == '/')
		length--;
	for (size_t i = 0; i < length; i++)
		member->name[i] = isprint((unsigned char)header->name[i]) ? header->name[i] : '?';
	member->name[length] = '\0';
}

static int read_size(const struct header *header, struct deb_member *member, struct error *err)
{
	size_t digits = 0;
	member->size = 0;
	for (; digits < sizeof header->size && isdigit((unsigned char)header->size[digits]); digits++)
		member->size = member->size * 10 + (uint64_t)(header->size[digits] - '0');
	for (size_t i = digits; i < sizeof header->size; i++)
		if (header->size[i] != ' ')
			digits = 0;
	return digits ? 0 : error_set(err, "the size of the member %s is no number", member->name);
}

static int read_member(int fd, uint64_t at, uint64_t end, struct deb_member *member, struct error *err)
{
	struct header header;
	if (at + sizeof header > end || !fd_read_at(fd, &header, sizeof header, at))
		return error_set(err, "the archive is cut off");
	read_name(&header, member);
	if (memcmp(header.end, "`\n", 2))
		return error_set(err, "the header of the member \"%s\" is damaged", member->name);
	member->offset = at + sizeof header;
	if (read_size(&header, member, err))
		return -1;
	if (member->size > end - member->offset)
		return error_set(err, "the member %s is cut off: %llu of %llu bytes are there", member->name,
				 (unsigned long long)(end - member->offset), (unsigned long long)member->size);
	return 0;
}

static int check_format(int fd, const struct deb_member *member, struct error *err)
{
	char text[FORMAT_MAXIMUM + 1] = { 0 };
	if (!text_equal(member->name, "debian-binary"))
		return error_set(err, "not a Debian package: its first member is \"%s\"", member->name);
	if (member->size > FORMAT_MAXIMUM)
		return error_set(err, "the member debian-binary is larger than %u bytes", FORMAT_MAXIMUM);
	if (!fd_read_at(fd, text, member->size, member->offset) || !text_starts(text, "2.") || !strchr(text, '\n'))
		return error_set(err, "the member debian-binary does not say format 2");
	return 0;
}

/* 1 when both are found. */
static int take_member(const struct deb_member *member, struct deb_members *members, struct error *err)
{
	if (*member->name == '_')
		return 0;
	if (text_starts(member->name, "control.tar")) {
		if (*members->control.name)
			return error_set(err, "a second control member %s", member->name);
		members->control = *member;
		return 0;
	}
	if (!*members->control.name)
		return error_set(err, "the member \"%s\" stands where control.tar belongs", member->name);
	if (!text_starts(member->name, "data.tar"))
		return error_set(err, "the member \"%s\" stands where data.tar belongs", member->name);
	members->data = *member;
	return 1;
}

int deb_members(int fd, struct deb_members *ret_members, struct error *err)
{
	struct deb_members members = { 0 };
	struct stat status;
	char magic[sizeof MAGIC - 1];
	if (fstat(fd, &status))
		return error_set_errno(err, errno, "the package cannot be read");
	uint64_t at = sizeof magic, end = (uint64_t)status.st_size;
	if (!fd_read_at(fd, magic, sizeof magic, 0) || memcmp(magic, MAGIC, sizeof magic))
		return error_set(err, "not a Debian package: no ar archive");
	for (unsigned i = 0; i < MEMBERS_MAXIMUM; i++) {
		struct deb_member member;
		if (at >= end)
			return error_set(err, "not a Debian package: no %s inside",
					 *members.control.name ? "data.tar" : "control.tar");
		if (read_member(fd, at, end, &member, err))
			return -1;
		int answer = i ? take_member(&member, &members, err) : check_format(fd, &member, err);
		if (answer < 0)
			return -1;
		if (answer) {
			*ret_members = members;
			return 0;
		}
		at = member.offset + member.size + (member.size & 1);
	}
	return error_set(err, "more than %u members before data.tar", MEMBERS_MAXIMUM);
}
