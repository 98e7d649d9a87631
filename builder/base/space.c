#include "base/space.h"

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"

/* With less than this a file system counts as full: tools give up at different moments. */
#define FULL_BYTES (8u << 20)

/* False when it cannot be told. */
static bool room(const char *path, uint64_t *ret_bytes, uint64_t *ret_files)
{
	struct statvfs about;

	if (statvfs(path, &about) < 0 || about.f_blocks == 0)
		return false;
	/* what is kept for root counts for root only */
	uint64_t blocks = geteuid() == 0 && about.f_bfree > about.f_bavail ? about.f_bfree : about.f_bavail;
	*ret_bytes = blocks * about.f_frsize;
	*ret_files = about.f_files ? about.f_ffree : UINT64_MAX;
	return true;
}

int space_check(const char *path, uint64_t need, const char *purpose, const char *option, struct error *err)
{
	uint64_t bytes, files;

	if (!room(path, &bytes, &files) || (bytes >= need && files > 0))
		return 0;
	autofree char *wanted = size_text(need), *there = size_text(bytes);
	if (files == 0)
		return error_set(err, "%s has no room for more files (no inodes are left): make room, or choose another "
				 "place with %s", path, option);
	return error_set(err, "%s has room for %s, and %s needs about %s: make room, or choose another place with %s",
			 path, there, purpose, wanted, option);
}

static bool says(const struct error *err, int errnum)
{
	return strstr(err->message, strerror(errnum)) != NULL;
}

void space_explain(const char *const *paths, struct error *err)
{
	uint64_t bytes, files;

	if (!err || !err->message)
		return;
	if (says(err, EDQUOT))
		error_prefix(err, "the disk quota of this user is used up: make room, or choose another place");
	else if (says(err, EFBIG) || strstr(err->message, "File size limit exceeded"))
		error_prefix(err, "files may not become large enough here: see `ulimit -f`, or choose another file system");
	else if (says(err, ENOSPC) || strstr(err->message, "Disk full"))
		for (; *paths; paths++) {
			if (!room(*paths, &bytes, &files) || (bytes > FULL_BYTES && files > 0))
				continue;
			autofree char *there = size_text(bytes);
			error_prefix(err, "%s is full (%s left): make room, or choose another place", *paths, there);
			return;
		}
}
