#include "base/sandbox_mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/memory.h"
#include "base/sandbox_root.h"
#include "base/text.h"

/* A fresh filesystem on a place of the new root. */
struct fresh {
	const char *type;
	const char *to;
	unsigned long flags;
	const char *data;
};

static int mount_fresh(int root, const struct fresh *fresh, struct error *err)
{
	autofd int place = sandbox_place(root, fresh->to, true, err);
	autofree char *target = NULL;

	if (place < 0)
		return -1;
	target = sandbox_fd_path(place);
	if (mount(fresh->type, target, fresh->type, fresh->flags, fresh->data) < 0)
		return error_set_errno(err, errno, "cannot mount %s on %s in the sandbox",
				       fresh->type, fresh->to);
	return 0;
}

/* Makes the mount at `path` read-only. mount_setattr() changes just that; before Linux 5.12 a
 * remount must repeat the flags that a user namespace may not take away. */
static int make_read_only(const char *path, bool everything_below)
{
	struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
	unsigned flags = everything_below ? AT_RECURSIVE : 0;
	unsigned long keep = 0;
	struct statvfs now;

	if (mount_setattr(AT_FDCWD, path, flags, &attributes, sizeof attributes) == 0)
		return 0;
	if (errno != ENOSYS || statvfs(path, &now) < 0)
		return -1;
	keep |= now.f_flag & ST_NOSUID ? MS_NOSUID : 0;
	keep |= now.f_flag & ST_NODEV ? MS_NODEV : 0;
	keep |= now.f_flag & ST_NOEXEC ? MS_NOEXEC : 0;
	keep |= now.f_flag & ST_NOATIME ? MS_NOATIME : 0;
	keep |= now.f_flag & ST_NODIRATIME ? MS_NODIRATIME : 0;
	keep |= now.f_flag & ST_RELATIME ? MS_RELATIME : 0;
	return mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | keep, NULL);
}

static int bind_place(int root, const struct sandbox_bind *bind, struct error *err)
{
	autofd int from = open(bind->from, O_PATH | O_CLOEXEC);
	autofd int place = -1;
	autofree char *source = NULL;
	autofree char *target = NULL;
	struct stat st;

	if (from < 0 || fstat(from, &st) < 0)
		return error_set_errno(err, errno, "cannot open %s for the sandbox", bind->from);
	place = sandbox_place(root, bind->to, S_ISDIR(st.st_mode), err);
	if (place < 0)
		return -1;
	source = sandbox_fd_path(from);
	target = sandbox_fd_path(place);
	if (mount(source, target, NULL, MS_BIND | MS_REC, NULL) < 0)
		return error_set_errno(err, errno, "cannot bind %s to %s in the sandbox",
				       bind->from, bind->to);
	if (bind->writable)
		return 0;
	/* The place is now what lies below the mount: look again, to get the mount itself. */
	cleanup_fd(&place);
	place = sandbox_place(root, bind->to, S_ISDIR(st.st_mode), err);
	if (place < 0)
		return -1;
	free(steal(target));
	target = sandbox_fd_path(place);
	if (make_read_only(target, true) < 0)
		return error_set_errno(err, errno, "cannot make %s read-only in the sandbox",
				       bind->to);
	return 0;
}

static int link_in(int root, const char *directory, const char *name, const char *target,
		   struct error *err)
{
	autofd int place = sandbox_place(root, directory, true, err);

	if (place < 0)
		return -1;
	if (symlinkat(target, place, name) < 0)
		return error_set_errno(err, errno, "cannot make %s/%s in the sandbox", directory,
				       name);
	return 0;
}

/* Nobody may make device nodes in a user namespace, so the outside's are bound, as real root, too:
 * one way that is always tested. */
static int mount_devices(int root, struct error *err)
{
	static const struct fresh tree = {"tmpfs", "/dev", MS_NOSUID | MS_STRICTATIME,
					  "mode=755,size=64m"};
	static const struct fresh shared = {"tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV, "mode=1777"};
	static const struct fresh terminals[] = {
		{"devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC,
		 "newinstance,ptmxmode=0666,mode=0620,gid=5"},
		{"devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666"},
	};
	static const char *const devices[] = {"null", "zero", "full", "random", "urandom", "tty"};
	static const char *const links[][2] = {{"fd", "/proc/self/fd"},
					       {"stdin", "/proc/self/fd/0"},
					       {"stdout", "/proc/self/fd/1"},
					       {"stderr", "/proc/self/fd/2"},
					       {"ptmx", "pts/ptmx"}};

	if (mount_fresh(root, &tree, err) < 0)
		return -1;
	for (size_t i = 0; i < LENGTH(devices); i++) {
		autofree char *path = text_format("/dev/%s", devices[i]);
		struct sandbox_bind bind = {path, path, true};

		if (bind_place(root, &bind, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < LENGTH(links); i++)
		if (link_in(root, "/dev", links[i][0], links[i][1], err) < 0)
			return -1;
	if (mount_fresh(root, &shared, err) < 0)
		return -1;
	/* Terminals are a comfort: group 5 may not exist in a small namespace, or devpts be
	 * forbidden. */
	for (size_t i = 0; i < LENGTH(terminals); i++)
		if (mount_fresh(root, &terminals[i], NULL) == 0)
			break;
	return 0;
}

static int mount_kernel(int root, struct error *err)
{
	static const struct fresh proc = {"proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL};
	static const struct sandbox_bind outer_proc = {"/proc", "/proc", true};
	static const struct sandbox_bind sys = {"/sys", "/sys", false};
	autofd int place = -1;

	/* Containers hide parts of /proc; the kernel then refuses a fresh one, which would show
	 * them. */
	if (mount_fresh(root, &proc, NULL) < 0 && bind_place(root, &outer_proc, err) < 0)
		return -1;
	/* Few tools look into /sys, so one that cannot be had is no failure. The place must be
	 * there. */
	place = sandbox_place(root, "/sys", true, err);
	if (place < 0)
		return -1;
	bind_place(root, &sys, NULL);
	return 0;
}

static bool is_bound(const struct sandbox *sandbox, const char *path)
{
	for (size_t i = 0; i < sandbox->bind_count; i++)
		if (text_equal(sandbox->binds[i].to, path))
			return true;
	return false;
}

static int mount_scratch(const struct sandbox *sandbox, int root, struct error *err)
{
	static const struct fresh scratch[] = {
		{"tmpfs", "/tmp", MS_NOSUID | MS_NODEV, "mode=1777"},
		{"tmpfs", "/run", MS_NOSUID | MS_NODEV, "mode=755"},
	};

	for (size_t i = 0; i < LENGTH(scratch) && !sandbox->no_tmpfs; i++)
		if (!is_bound(sandbox, scratch[i].to) && mount_fresh(root, &scratch[i], err) < 0)
			return -1;
	return 0;
}

int sandbox_mount_all(const struct sandbox *sandbox, struct error *err)
{
	autofree char *self = NULL;
	autofd int root = -1;

	if (sandbox_root_open(sandbox, &root, err) < 0)
		return -1;
	if (mount_kernel(root, err) < 0 || mount_devices(root, err) < 0 ||
	    mount_scratch(sandbox, root, err) < 0)
		return -1;
	for (size_t i = 0; i < sandbox->bind_count; i++)
		if (bind_place(root, &sandbox->binds[i], err) < 0)
			return -1;
	/* Last, because missing places were made before. */
	self = sandbox_fd_path(root);
	if (sandbox->root && !sandbox->root_writable && make_read_only(self, false) < 0)
		return error_set_errno(err, errno, "cannot make the sandbox's root read-only");
	return sandbox_root_enter(root, err);
}
