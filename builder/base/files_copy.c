/* Copying a tree with everything that cp -a keeps: owner, mode, times, extended attributes, links,
 * holes, special files. */
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "base/files.h"
#include "base/memory.h"

/* A file with several names, and where its first copy is (below the target). */
struct linked {
	dev_t device;
	ino_t inode;
	char *path;
};

struct copying {
	int to_root;  /* the target directory */
	void *linked; /* a tree (tsearch) of struct linked */
};

/* One directory on both sides. `path` is below the roots: "" at the top. */
struct level {
	int from;
	int to;
	const char *path;
};

static int compare_linked(const void *left, const void *right)
{
	const struct linked *a = left, *b = right;

	if (a->device != b->device)
		return a->device < b->device ? -1 : 1;
	return a->inode < b->inode ? -1 : a->inode > b->inode;
}

static void free_linked(void *pointer)
{
	struct linked *linked = pointer;

	free(linked->path);
	free(linked);
}

/* Losing these is no harm or not to be helped: labels belong to the running system's policy, and
 * user attributes are not known to every filesystem. */
static bool may_be_lost(const char *name, int errnum)
{
	if (errnum == ENODATA || text_starts(name, "security.selinux") ||
	    text_starts(name, "security.ima"))
		return true;
	return errnum == EOPNOTSUPP && (text_starts(name, "user.") || text_starts(name, "system."));
}

static int copy_xattr(const char *from, const char *to, const char *name)
{
	autofree char *value = NULL;
	ssize_t length = lgetxattr(from, name, NULL, 0);

	if (length >= 0) {
		value = memory_alloc((size_t)length + 1);
		length = lgetxattr(from, name, value, (size_t)length);
	}
	if (length < 0 || lsetxattr(to, name, value, (size_t)length, 0) < 0)
		return may_be_lost(name, errno) ? 0 : -1;
	return 0;
}

/* By /proc/self/fd paths: links and special files cannot be opened for fsetxattr(). */
static int copy_xattrs(struct level level, const char *name, struct error *err)
{
	autofree char *from = text_format("/proc/self/fd/%d/%s", level.from, name);
	autofree char *to = text_format("/proc/self/fd/%d/%s", level.to, name);
	autofree char *names = NULL;
	ssize_t length = llistxattr(from, NULL, 0);

	if (length > 0) {
		names = memory_alloc((size_t)length + 1);
		length = llistxattr(from, names, (size_t)length);
	}
	if (length < 0 && errno != EOPNOTSUPP)
		return error_set_errno(err, errno, "cannot read the attributes of %s/%s",
				       level.path, name);
	for (ssize_t at = 0; at < length; at += (ssize_t)strlen(names + at) + 1)
		if (copy_xattr(from, to, names + at) < 0)
			return error_set_errno(err, errno, "cannot copy the attribute %s of %s/%s",
					       names + at, level.path, name);
	return 0;
}

/* In this order: chown clears set-id bits and file capabilities, and times come last. */
static int copy_owner_mode_times(struct level level, const char *name, const struct stat *st,
				 struct error *err)
{
	const struct timespec times[2] = {st->st_atim, st->st_mtim};

	if (fchownat(level.to, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0 &&
	    geteuid() == 0)
		return error_set_errno(err, errno, "cannot set the owner of %s/%s", level.path,
				       name);
	if (!S_ISLNK(st->st_mode) && fchmodat(level.to, name, st->st_mode & 07777, 0) < 0)
		return error_set_errno(err, errno, "cannot set the mode of %s/%s", level.path,
				       name);
	if (copy_xattrs(level, name, err) < 0)
		return -1;
	if (utimensat(level.to, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return error_set_errno(err, errno, "cannot set the times of %s/%s", level.path,
				       name);
	return 0;
}

static int copy_regular(struct level level, const char *name, struct error *err)
{
	autofd int from = openat(level.from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	autofd int to = -1;

	if (from < 0)
		return error_set_errno(err, errno, "cannot open %s/%s", level.path, name);
	to = openat(level.to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0 && errno == EEXIST && unlinkat(level.to, name, 0) == 0)
		to = openat(level.to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			    0600);
	if (to < 0)
		return error_set_errno(err, errno, "cannot create %s/%s", level.path, name);
	if (fd_copy(from, to, UINT64_MAX, true, err) < 0)
		return error_prefix(err, "copying %s/%s", level.path, name);
	return 0;
}

static int copy_link(struct level level, const char *name, struct error *err)
{
	char target[PATH_MAX + 1];
	ssize_t length = readlinkat(level.from, name, target, sizeof target - 1);

	if (length < 0)
		return error_set_errno(err, errno, "cannot read the link %s/%s", level.path, name);
	target[length] = '\0';
	unlinkat(level.to, name, 0);
	if (symlinkat(target, level.to, name) < 0)
		return error_set_errno(err, errno, "cannot create %s/%s", level.path, name);
	return 0;
}

/* Returns 1 when the node was left out: only real root may make devices. */
static int copy_special(struct level level, const char *name, const struct stat *st,
			struct error *err)
{
	unlinkat(level.to, name, 0);
	if (mknodat(level.to, name, (st->st_mode & S_IFMT) | 0600, st->st_rdev) == 0)
		return 0;
	if (errno == EPERM && (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode)))
		return 1;
	return error_set_errno(err, errno, "cannot create %s/%s", level.path, name);
}

/* Returns 1 when the file was already copied under another name and is now a hard link to it. */
static int link_again(struct copying *copying, struct level level, const char *name,
		      const struct stat *st, struct error *err)
{
	struct linked *wanted = memory_alloc(sizeof *wanted);
	struct linked **found;

	*wanted = (struct linked){st->st_dev, st->st_ino, path_join(level.path, name)};
	found = tsearch(wanted, &copying->linked, compare_linked);
	if (!found)
		abort(); /* out of memory */
	if (*found == wanted)
		return 0;
	free_linked(wanted);
	unlinkat(level.to, name, 0);
	if (linkat(copying->to_root, (*found)->path, level.to, name, 0) < 0)
		return error_set_errno(err, errno, "cannot link %s/%s to %s", level.path, name,
				       (*found)->path);
	return 1;
}

static int copy_level(struct copying *copying, struct level level, struct error *err);

static int copy_directory(struct copying *copying, struct level level, const char *name,
			  struct error *err)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	autofree char *path = path_join(level.path, name);
	autofd int from = openat(level.from, name, flags);
	autofd int to = -1;

	if (from < 0)
		return error_set_errno(err, errno, "cannot open %s", path);
	if (mkdirat(level.to, name, 0700) < 0 && errno != EEXIST)
		return error_set_errno(err, errno, "cannot create %s", path);
	to = openat(level.to, name, flags);
	if (to < 0)
		return error_set_errno(err, errno, "cannot open the copy of %s", path);
	return copy_level(copying, (struct level){from, to, path}, err);
}

static int copy_entry(struct copying *copying, struct level level, const char *name,
		      struct error *err)
{
	struct stat st;
	int done = 0;

	if (fstatat(level.from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_set_errno(err, errno, "cannot look at %s/%s", level.path, name);
	if (!S_ISDIR(st.st_mode) && st.st_nlink > 1)
		done = link_again(copying, level, name, &st, err);
	if (done)
		return done < 0 ? -1 : 0;
	if (S_ISDIR(st.st_mode))
		done = copy_directory(copying, level, name, err);
	else if (S_ISREG(st.st_mode))
		done = copy_regular(level, name, err);
	else if (S_ISLNK(st.st_mode))
		done = copy_link(level, name, err);
	else
		done = copy_special(level, name, &st, err);
	if (done)
		return done < 0 ? -1 : 0;
	return copy_owner_mode_times(level, name, &st, err);
}

static int copy_level(struct copying *copying, struct level level, struct error *err)
{
	autostrings struct strings names = {0};
	char self[64];

	snprintf(self, sizeof self, "/proc/self/fd/%d", level.from);
	if (directory_list(self, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++)
		if (copy_entry(copying, level, names.items[i], err) < 0)
			return -1;
	return 0;
}

int tree_copy(const char *from, const char *to, struct error *err)
{
	autofd int in = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	autofd int out = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct copying copying = {.to_root = out};
	int status;

	if (in < 0)
		return error_set_errno(err, errno, "cannot open %s", from);
	if (out < 0)
		return error_set_errno(err, errno, "cannot open %s", to);
	status = copy_level(&copying, (struct level){in, out, ""}, err);
	tdestroy(copying.linked, free_linked);
	return status < 0 ? error_prefix(err, "copying %s to %s", from, to) : 0;
}
