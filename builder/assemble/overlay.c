/* Files of the project over a tree; see overlay.h. */
#define _GNU_SOURCE 1
#include "assemble/overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static int set_time(const char *path, int64_t timestamp, struct error *err)
{
	const struct timespec times[2] = { { .tv_sec = timestamp }, { .tv_sec = timestamp } };
	if (utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW))
		return error_set_errno(err, errno, "%s", path);
	return 0;
}

static int copy_link(const char *from, const char *to, struct error *err)
{
	char target[4097];
	ssize_t length = readlink(from, target, sizeof target - 1);
	if (length < 0)
		return error_set_errno(err, errno, "%s", from);
	target[length] = '\0';
	if (symlink(target, to))
		return error_set_errno(err, errno, "%s", to);
	return 0;
}

int overlay_copy_file(const char *from, const char *to, int64_t timestamp, struct error *err)
{
	struct stat status;
	if (lstat(from, &status))
		return error_set_errno(err, errno, "%s", from);
	if (unlink(to) && errno != ENOENT)
		return error_set_errno(err, errno, "%s: something else is in the way", to);
	if (S_ISLNK(status.st_mode)) {
		if (copy_link(from, to, err))
			return -1;
	} else if (S_ISREG(status.st_mode)) {
		mode_t mode = status.st_mode & 0100 ? 0755 : 0644;
		if (file_copy(from, to, mode, err))
			return -1;
		if (chmod(to, mode))
			return error_set_errno(err, errno, "%s", to);
	} else {
		return error_set(err, "%s: neither a file nor a symbolic link", from);
	}
	return set_time(to, timestamp, err);
}

int overlay_copy(const char *from, const char *to, int64_t timestamp, struct error *err)
{
	struct strings autostrings names = { 0 };
	if (directory_list(from, &names, err) || directory_make(to, 0755, err))
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		autofree char *source = path_join(from, names.items[i]);
		autofree char *target = path_join(to, names.items[i]);
		struct stat status;
		if (lstat(source, &status))
			return error_set_errno(err, errno, "%s", source);
		if (S_ISDIR(status.st_mode)) {
			if (mkdir(target, 0755) && errno != EEXIST)
				return error_set_errno(err, errno, "%s", target);
			if (overlay_copy(source, target, timestamp, err))
				return -1;
		} else if (overlay_copy_file(source, target, timestamp, err)) {
			return -1;
		}
	}
	return 0;
}
