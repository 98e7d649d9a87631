/* Directories and whole trees. Everything walks by file descriptors and never follows a symbolic
 * link, because trees hold files that others chose. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/files.h"
#include "base/memory.h"

int directory_make(const char *path, mode_t mode, struct error *err)
{
	autofree char *parent = NULL;

	if (mkdir(path, mode) == 0)
		return 0;
	if (errno == EEXIST) {
		if (path_is_directory(path))
			return 0;
		return error_set(err, "%s exists and is not a directory", path);
	}
	if (errno != ENOENT || !*path)
		return error_set_errno(err, errno, "cannot create the directory %s", path);
	parent = path_directory(path);
	if (text_equal(parent, path) || text_equal(parent, "."))
		return error_set_errno(err, ENOENT, "cannot create the directory %s", path);
	if (directory_make(parent, mode, err) < 0)
		return -1;
	/* Another process may have been faster, and "a/" was made as "a". */
	if (mkdir(path, mode) < 0 && (errno != EEXIST || !path_is_directory(path)))
		return error_set_errno(err, errno, "cannot create the directory %s", path);
	return 0;
}

int directory_temporary(const char *parent, const char *prefix, char **ret_path, struct error *err)
{
	autofree char *name = text_format("%sXXXXXX", prefix);
	autofree char *path = path_join(parent, name);

	if (directory_make(parent, 0777, err) < 0)
		return -1;
	if (!mkdtemp(path))
		return error_set_errno(err, errno, "cannot create a directory in %s", parent);
	*ret_path = steal(path);
	return 0;
}

static bool is_dots(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

/* The names in an open directory, read at once, so that entries may be removed while walking. */
static int read_names(int fd, struct strings *list)
{
	autodir DIR *dir = NULL;
	autofd int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;

	dir = copy < 0 ? NULL : fdopendir(copy);
	if (!dir)
		return -1;
	(void)steal_fd(copy); /* closedir() closes it */
	for (;;) {
		errno = 0;
		entry = readdir(dir);
		if (!entry)
			return errno ? -1 : 0;
		if (!is_dots(entry->d_name))
			strings_add(list, entry->d_name);
	}
}

int directory_list(const char *path, struct strings *list, struct error *err)
{
	autostrings struct strings names = {0};
	autofd int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || read_names(fd, &names) < 0)
		return error_set_errno(err, errno, "cannot read the directory %s", path);
	strings_sort(&names);
	for (size_t i = 0; i < names.count; i++)
		strings_take(list, steal(names.items[i]));
	return 0;
}

/* chmod of a directory entry that is not followed when it is a link: fchmodat() cannot do that. */
static int allow_owner(int parent, const char *name)
{
	char self[64];
	autofd int fd = openat(parent, name, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	return chmod(self, 0700);
}

/* Is this directory where another mount begins? Removing what somebody mounted (a bind of the
 * host's /dev, say) would be a disaster; st_dev does not tell for binds. */
static bool is_mount(int parent, const char *name)
{
	struct statx st;

	if (statx(parent, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, 0, &st) < 0)
		return false;
	return (st.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) &&
	       (st.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

static int open_to_empty(int parent, const char *name)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(parent, name, flags);

	if (fd < 0 && errno == EACCES && allow_owner(parent, name) == 0)
		fd = openat(parent, name, flags);
	return fd;
}

static int remove_at(int parent, const char *name, const char *path, struct error *err);

static int empty_directory(int fd, const char *path, struct error *err)
{
	autostrings struct strings names = {0};
	struct stat st;

	/* Without write and search permission nothing in it could be removed. */
	if (fstat(fd, &st) == 0 && (st.st_mode & 0700) != 0700 && fchmod(fd, 0700) < 0 &&
	    geteuid() != 0)
		return error_set_errno(err, errno, "cannot remove %s", path);
	if (read_names(fd, &names) < 0)
		return error_set_errno(err, errno, "cannot read the directory %s", path);
	for (size_t i = 0; i < names.count; i++) {
		autofree char *inner = path_join(path, names.items[i]);

		if (remove_at(fd, names.items[i], inner, err) < 0)
			return -1;
	}
	return 0;
}

/* `name` in `parent`; `path` is only for messages. */
static int remove_at(int parent, const char *name, const char *path, struct error *err)
{
	autofd int fd = -1;

	if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return error_set_errno(err, errno, "cannot remove %s", path);
	fd = open_to_empty(parent, name);
	if (fd < 0 && errno == ENOTDIR)
		return error_set_errno(err, EPERM, "cannot remove %s", path);
	if (fd < 0)
		return error_set_errno(err, errno, "cannot open %s to remove it", path);
	if (is_mount(parent, name))
		return error_set(err, "cannot remove %s: something is mounted there", path);
	if (empty_directory(fd, path, err) < 0)
		return -1;
	if (unlinkat(parent, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return error_set_errno(err, errno, "cannot remove %s", path);
	return 0;
}

int tree_remove(const char *path, struct error *err)
{
	/* "a/" would make the kernel follow a link "a". */
	autofree char *clean = path_join(path, "");

	return remove_at(AT_FDCWD, clean, clean, err);
}
