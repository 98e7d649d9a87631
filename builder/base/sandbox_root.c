#include "base/sandbox_root.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/files.h"
#include "base/memory.h"

char *sandbox_fd_path(int fd)
{
	return text_format("/proc/self/fd/%d", fd);
}

bool sandbox_in_user_namespace(void)
{
	autofree char *map = file_text_or_null("/proc/self/uid_map", 65536);
	unsigned inside, outside, count;

	if (!map || sscanf(map, "%u %u %u", &inside, &outside, &count) != 3)
		return false;
	return !(inside == 0 && outside == 0 && count == UINT32_MAX);
}

static int open_in_root(int root, const char *path, int flags)
{
	struct open_how how = {.flags = (unsigned)flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT};

	return (int)syscall(SYS_openat2, root, path, &how, sizeof how);
}

static int make_place(int root, const char *path, bool directory, unsigned links);

/* The place that the symbolic link `path` names is missing: it is made, as the kernel would find
 * it. */
static int make_target(int root, int parent, const char *path, bool directory, unsigned links)
{
	autofree char *directory_path = path_directory(path);
	autofree char *place = NULL;
	char target[4096];
	ssize_t length = readlinkat(parent, path_base(path), target, sizeof target - 1);

	if (length < 0 && errno == EINVAL)
		return 0; /* no link: another sandbox over the same tree was faster */
	if (length < 0)
		return -1;
	if (!links) {
		errno = ELOOP;
		return -1;
	}
	target[length] = '\0';
	place = target[0] == '/' ? text_copy(target) : path_join(directory_path, target);
	return make_place(root, place, directory, links - 1);
}

/* Makes the last part of `path` in its existing parent, unless it exists. */
static int make_last(int root, const char *path, bool directory, unsigned links)
{
	autofree char *parent = path_directory(path);
	autofd int existing = open_in_root(root, path, O_PATH);
	autofd int fd = open_in_root(root, parent, O_PATH | O_DIRECTORY);
	int status;

	if (existing >= 0)
		return 0;
	if (fd < 0)
		return -1;
	status = directory ? mkdirat(fd, path_base(path), 0755)
			   : mknodat(fd, path_base(path), S_IFREG | 0644, 0);
	if (status < 0 && errno == EEXIST)
		return make_target(root, fd, path, directory, links);
	return status;
}

/* `links` is how many symbolic links may still lead to missing places. */
static int make_place(int root, const char *path, bool directory, unsigned links)
{
	autofree char *partial = text_copy(path);

	for (char *slash = strchr(partial + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (make_last(root, partial, true, links) < 0)
			return -1;
		*slash = '/';
	}
	return make_last(root, path, directory, links);
}

int sandbox_place(int root, const char *path, bool directory, struct error *err)
{
	int fd = open_in_root(root, path, O_PATH);

	if (fd >= 0)
		return fd;
	if (make_place(root, path, directory, 16) < 0)
		return error_set_errno(err, errno, "cannot make %s in the sandbox", path);
	fd = open_in_root(root, path, O_PATH);
	if (fd < 0)
		return error_set_errno(err, errno, "cannot open %s in the sandbox", path);
	return fd;
}

/* The descriptors of an overlay's directories, as one mount option string. Mount options hold at
 * most a page: "5:6:7", relative to /proc/self/fd, leaves room for all 500 layers that overlayfs
 * knows, and no character of a path needs escaping. */
struct overlay {
	struct buffer options;
	int *fds;
	size_t count, capacity;
};

static void overlay_clear(struct overlay *overlay)
{
	for (size_t i = 0; i < overlay->count; i++)
		close(overlay->fds[i]);
	free(overlay->fds);
	buffer_clear(&overlay->options);
}

static int overlay_add(struct overlay *overlay, const char *before, int parent, const char *path,
		       struct error *err)
{
	int fd = openat(parent, path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_set_errno(err, errno, "cannot open the layer %s", path);
	overlay->fds =
		array_grow(overlay->fds, overlay->count, &overlay->capacity, sizeof *overlay->fds);
	overlay->fds[overlay->count++] = fd;
	buffer_format(&overlay->options, "%s%d", before, fd);
	return 0;
}

/* The upper half in memory. It may be mounted over the top layer, whose descriptor is already held.
 */
static int overlay_add_memory(struct overlay *overlay, const char *at, struct error *err)
{
	autofd int memory = -1;

	if (mount("tmpfs", at, "tmpfs", 0, "mode=755") < 0)
		return error_set_errno(err, errno, "cannot mount memory for the sandbox on %s", at);
	memory = open(at, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (memory < 0 || mkdirat(memory, "upper", 0755) < 0 || mkdirat(memory, "work", 0755) < 0)
		return error_set_errno(err, errno, "cannot prepare memory for the sandbox");
	if (overlay_add(overlay, ",upperdir=", memory, "upper", err) < 0)
		return -1;
	return overlay_add(overlay, ",workdir=", memory, "work", err);
}

static int overlay_mount(struct overlay *overlay, const char *at, struct error *err)
{
	autofd int before = -1;

	/* Without these, a rename of a directory or a change of owner may leave marks in the upper
	 * half that only overlayfs understands. With userxattr the kernel itself insists on the
	 * same. */
	buffer_text(&overlay->options, sandbox_in_user_namespace()
					       ? ",userxattr"
					       : ",redirect_dir=off,metacopy=off,index=off");
	before = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (before < 0 || chdir("/proc/self/fd") < 0)
		return error_set_errno(err, errno,
				       "cannot enter /proc/self/fd (is /proc mounted?)");
	if (mount("overlay", at, "overlay", 0, overlay->options.data) < 0)
		return error_set_errno(err, errno,
				       "cannot stack %zu directories by overlayfs on %s",
				       overlay->count, at);
	if (fchdir(before) < 0)
		return error_set_errno(err, errno, "cannot go back to the working directory");
	return 0;
}

static int mount_layers(const struct sandbox *sandbox, const char *at, struct error *err)
{
	__attribute__((cleanup(overlay_clear))) struct overlay overlay = {0};

	for (size_t i = 0; sandbox->lower[i]; i++)
		if (overlay_add(&overlay, i ? ":" : "lowerdir=", AT_FDCWD, sandbox->lower[i], err) <
		    0)
			return -1;
	if (sandbox->upper) {
		if (!sandbox->work)
			return error_set(
				err, "the sandbox has an upper directory but no work directory");
		if (overlay_add(&overlay, ",upperdir=", AT_FDCWD, sandbox->upper, err) < 0 ||
		    overlay_add(&overlay, ",workdir=", AT_FDCWD, sandbox->work, err) < 0)
			return -1;
	} else if (overlay_add_memory(&overlay, at, err) < 0) {
		return -1;
	}
	return overlay_mount(&overlay, at, err);
}

int sandbox_root_open(const struct sandbox *sandbox, int *ret_root, struct error *err)
{
	/* Any existing directory serves as the place to mount on, so a part of the input is taken:
	 * no scratch directory is needed, and nothing is left over afterwards. Absolute, because of
	 * chdir(). */
	const char *named = sandbox->root    ? sandbox->root
			    : sandbox->lower ? sandbox->lower[0]
					     : NULL;
	autofree char *at = named ? realpath(named, NULL) : NULL;
	int root;

	if (!named)
		return error_set(err, "the sandbox has no root");
	if (!at)
		return error_set_errno(err, errno, "cannot find the sandbox's root %s", named);
	/* What is mounted over "/" is not found by that name, but stepping up from there leads to
	 * it. */
	if (text_equal(at, "/")) {
		free(at);
		at = text_copy("/..");
	}
	if (!sandbox->root && mount_layers(sandbox, at, err) < 0)
		return -1;
	/* Recursive: in a user namespace a mount may not be taken without what is mounted below it.
	 */
	if (sandbox->root && mount(at, at, NULL, MS_BIND | MS_REC, NULL) < 0)
		return error_set_errno(err, errno, "cannot bind the sandbox's root %s", at);
	root = open(at, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return error_set_errno(err, errno, "cannot open the sandbox's root %s", at);
	*ret_root = root;
	return 0;
}

int sandbox_root_enter(int root, struct error *err)
{
	if (fchdir(root) < 0)
		return error_set_errno(err, errno, "cannot enter the sandbox's root");
	/* pivot_root(2), "pivot_root(".", ".")": the old root ends up on top of the new one and is
	 * detached from there, so that the new root needs no directory for it. */
	if (syscall(SYS_pivot_root, ".", ".") == 0) {
		if (umount2(".", MNT_DETACH) < 0)
			return error_set_errno(err, errno, "cannot detach the old root");
	} else if (mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0) {
		/* pivot_root refuses when the old root is the initramfs; moving over it works
		 * there. */
		return error_set_errno(err, errno, "cannot change the root");
	}
	if (chdir("/") < 0)
		return error_set_errno(err, errno, "cannot enter the new root");
	return 0;
}
