/* Trying what a build will do, before it has begun: a failure in the middle names a tool, not the reason. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>

#include "base/files.h"
#include "base/memory.h"
#include "base/process.h"
#include "base/sandbox.h"
#include "base/sandbox_ids.h"

int sandbox_try(struct error *err)
{
	const char *const argv[] = {"true", NULL};
	const struct sandbox sandbox = {.root = "/", .root_writable = true, .no_sync = true};
	const struct process process = {.argv = argv, .sandbox = &sandbox};
	static const char prefix[] = "cannot run true: ";
	struct error failure = {0};

	if (process_run(&process, NULL, &failure) == 0)
		return 0;
	/* Which program it was does not matter. */
	error_set(err, "%s", failure.message + (text_starts(failure.message, prefix) ? strlen(prefix) : 0));
	error_clear(&failure);
	return -1;
}

/* What people know it by. */
static const char *filesystem_name(const char *folder)
{
	static const struct {
		unsigned long magic;
		const char *name;
	} names[] = {
		{NFS_SUPER_MAGIC, "nfs"}, {MSDOS_SUPER_MAGIC, "fat"}, {0x2011BAB0, "exfat"},
		{0x5346544e, "ntfs"},     {FUSE_SUPER_MAGIC, "fuse"}, {V9FS_MAGIC, "9p"},
		{0xff534d42, "cifs"},     {SMB2_SUPER_MAGIC, "smb"},  {TMPFS_MAGIC, "tmpfs"},
		{OVERLAYFS_SUPER_MAGIC, "overlayfs"}, {RAMFS_MAGIC, "ramfs"},
	};
	struct statfs status;

	for (size_t i = 0; statfs(folder, &status) == 0 && i < LENGTH(names); i++)
		if ((unsigned long)status.f_type == names[i].magic)
			return names[i].name;
	return "unknown";
}

/* Each returns whether the filesystem can do it, in the empty directory `at`. */
static bool keeps_owners(int at)
{
	static const uid_t ids[] = {1, 999, IDS_INSIDE - 1};
	autofd int fd = openat(at, "file", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	struct stat st;

	for (size_t i = 0; i < LENGTH(ids); i++)
		if (fd < 0 || fchown(fd, ids[i], ids[i]) < 0 || fstat(fd, &st) < 0 || st.st_uid != ids[i] ||
		    st.st_gid != ids[i])
			return false;
	return true;
}

static bool keeps_modes(int at)
{
	struct stat st;

	return fchmodat(at, "file", 06751, 0) == 0 && fstatat(at, "file", &st, 0) == 0 &&
	       (st.st_mode & 07777) == 06751;
}

/* Packages' scripts call setcap(8) and fall back to something else when it fails: other bytes. */
static bool keeps_capabilities(int at)
{
	const struct vfs_cap_data data = {.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE,
					  .data = {{.permitted = 1u << CAP_NET_RAW}}};
	autofd int fd = openat(at, "file", O_RDONLY | O_CLOEXEC);

	return fd >= 0 && fsetxattr(fd, "security.capability", &data, sizeof data, 0) == 0;
}

static bool keeps_links(int at)
{
	return symlinkat("nowhere", at, "link") == 0 && linkat(at, "file", at, "hard", 0) == 0 &&
	       mkfifoat(at, "fifo", 0600) == 0;
}

static bool keeps_case(int at)
{
	struct stat st;

	return fstatat(at, "FILE", &st, 0) < 0 && errno == ENOENT;
}

static bool keeps_locks(int at)
{
	autofd int fd = openat(at, "file", O_RDWR | O_CLOEXEC);

	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
}

/* In this order: the first makes the file of the others, chown clears set-id bits. */
static const struct {
	bool (*keeps)(int at);
	const char *what;
} trials[] = {
	{keeps_owners, "the owners of files"},
	{keeps_modes, "set-user-ID bits"},
	{keeps_capabilities, "file capabilities"},
	{keeps_links, "links and pipes"},
	{keeps_case, "names that differ in upper and lower case"},
	{keeps_locks, "locks"},
};

static int try_inside(const char *name, const char *place, struct error *err)
{
	autofd int at = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statvfs mount;

	if (at < 0)
		return error_set_errno(err, errno, "cannot open %s", place);
	for (size_t i = 0; i < LENGTH(trials); i++)
		if (!trials[i].keeps(at))
			return error_set(err,
					 "%s lies on a filesystem (%s) that does not keep %s (%s).\n"
					 "  Name a folder on ext4, xfs, btrfs or tmpfs:  --store /var/tmp/hiebox",
					 name, filesystem_name(place), trials[i].what,
					 errno ? strerror(errno) : "changed");
	if (fstatvfs(at, &mount) == 0 && mount.f_flag & ST_NOEXEC)
		return error_set(err,
				 "%s lies on a filesystem that is mounted noexec: no tool could run there.\n"
				 "  Name another folder:  --store /var/tmp/hiebox\n"
				 "  or type as root:  mount -o remount,exec \"$(findmnt -no TARGET -T '%s')\"",
				 name, name);
	return 0;
}

int sandbox_try_folder(const char *folder, const char *name, struct error *err)
{
	autofree char *place = NULL;
	int status;

	if (directory_temporary(folder, "try-", &place, err) < 0)
		return -1;
	status = try_inside(name, place, err);
	tree_remove(place, NULL);
	return status;
}
