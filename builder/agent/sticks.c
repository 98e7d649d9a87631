/* Where backups go: the HIEBOX partition, a stick, a directory. A stick is a partition (or a whole disk) with a
 * filesystem that laptops know, on a disk that this box does not run from, found through /sys and blkid(8). */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "agent/backup_content.h"

#define CARD "/run/hie/hiebox"
#define STICK_MOUNT "/run/hie/stick"
#define BLOCK_CLASS "/sys/class/block"
#define TMPFS 0x01021994
#define SECTOR 512u

/* blkid's names, and the kernel's drivers with options that keep what is written from others. */
static const struct {
	const char *kind, *driver, *options;
} kinds[] = {
	{ "vfat", "vfat", "umask=0077,flush,utf8" }, { "exfat", "exfat", "umask=0077" },
	{ "ntfs", "ntfs3", "umask=0077" }, { "ext4", "ext4", "" }, { "ext3", "ext4", "" }, { "ext2", "ext4", "" },
};

static int find_kind(const char *name)
{
	for (size_t i = 0; i < LENGTH(kinds); i++)
		if (text_equal(kinds[i].kind, name))
			return (int)i;
	return -1;
}

/* The name of the disk that a block device of /sys belongs to; caller frees. */
static char *disk_of(const char *root, const char *name)
{
	autofree char *class = path_join3(root, BLOCK_CLASS, name);
	autofree char *mark = path_join(class, "partition");
	autofree char *real = realpath(class, NULL);
	if (!real)
		return NULL;
	autofree char *above = path_directory(real);
	return text_copy(path_base(path_exists(mark) ? above : real));
}

/* The disk that the box's data is on; NULL when it is on none (a container). */
static char *system_disk(const char *root)
{
	autofree char *data = path_join(root, "/run/hie/data");
	struct stat st;
	if (stat(data, &st) < 0)
		return NULL;
	autofree char *device = text_format("/sys/dev/block/%u:%u", major(st.st_dev), minor(st.st_dev));
	autofree char *link = path_join(root, device);
	autofree char *real = realpath(link, NULL);
	return real ? disk_of(root, path_base(real)) : NULL;
}

static uint64_t size_of(const char *root, const char *name)
{
	autofree char *class = path_join3(root, BLOCK_CLASS, name);
	autofree char *path = path_join(class, "size");
	autofree char *text = file_line_or_null(path, 64);
	int64_t sectors = 0;
	if (!text || number_parse(text, 0, INT64_MAX / SECTOR, &sectors) < 0)
		sectors = 0;
	return (uint64_t)sectors * SECTOR;
}

/* Is it a real disk (it has a device behind it), or a part of one, and not the box's own? */
static bool is_candidate(const char *root, const char *name, const char *own)
{
	autofree char *disk = disk_of(root, name);
	if (!disk || text_equal(disk, own))
		return false;
	autofree char *class = path_join3(root, BLOCK_CLASS, disk);
	autofree char *device = path_join(class, "device");
	return path_exists(device) && size_of(root, name) > 0;
}

/* What blkid says a device holds; -1 when that is nothing we can use. */
static int probe(const char *name, struct stick *stick)
{
	autofree char *device = text_format("/dev/%s", name);
	autobuffer struct buffer output = { .maximum = 65536 };
	const char *argv[] = { "blkid", "-p", "-o", "export", device, NULL };
	struct error silent = { 0 };
	int status = 0;
	int result = process_run(&(struct process){ .argv = argv, .output = &output }, &status, &silent);
	error_clear(&silent);
	autostrings struct strings lines = { 0 };
	strings_split(&lines, result == 0 && output.data ? output.data : "", "\n");
	const char *kind = NULL, *label = "";
	for (size_t i = 0; i < lines.count; i++) {
		if (text_starts(lines.items[i], "TYPE="))
			kind = lines.items[i] + strlen("TYPE=");
		if (text_starts(lines.items[i], "LABEL="))
			label = lines.items[i] + strlen("LABEL=");
	}
	if (!kind || find_kind(kind) < 0)
		return -1;
	stick->kind = text_copy(kind);
	stick->label = text_copy(label);
	return 0;
}

int sticks_find(const char *root, struct sticks *ret_sticks, struct error *err)
{
	autofree char *class = path_join(root, BLOCK_CLASS);
	autofree char *own = system_disk(root);
	autostrings struct strings names = { 0 };
	struct sticks sticks = { 0 };
	if (path_is_directory(class) && directory_list(class, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		struct stick stick = { 0 };
		if (!is_candidate(root, names.items[i], own) || probe(names.items[i], &stick) < 0)
			continue;
		stick.name = text_copy(names.items[i]);
		stick.size = size_of(root, names.items[i]);
		sticks.items = array_grow(sticks.items, sticks.count, &sticks.capacity, sizeof *sticks.items);
		sticks.items[sticks.count++] = stick;
	}
	*ret_sticks = sticks;
	return 0;
}

void sticks_clear(struct sticks *sticks)
{
	for (size_t i = 0; i < sticks->count; i++) {
		free(sticks->items[i].name);
		free(sticks->items[i].label);
		free(sticks->items[i].kind);
	}
	free(sticks->items);
	memset(sticks, 0, sizeof *sticks);
}

/* A mount namespace of our own: however this process ends, nothing stays mounted. */
static int mount_stick(struct work *work, const struct stick *stick, bool write, struct error *err)
{
	int kind = find_kind(stick->kind);
	autofree char *device = text_format("/dev/%s", stick->name);
	unsigned long flags = MS_NODEV | MS_NOSUID | MS_NOEXEC | (write ? 0ul : MS_RDONLY);
	if (directory_make(STICK_MOUNT, 0700, err) < 0)
		return -1;
	if ((unshare(CLONE_NEWNS) < 0 && errno != EPERM) || mount("", "/", NULL, MS_REC | MS_SLAVE, NULL) < 0
	    || mount(device, STICK_MOUNT, kinds[kind].driver, flags, kinds[kind].options) < 0)
		return work_fail(work, err, SAY_BACKUP_STICK_BAD, stick->name, strerrordesc_np(errno), NULL);
	return 0;
}

static const struct stick *choose(struct work *work, const struct sticks *sticks, const char *name,
				  struct error *err)
{
	autostrings struct strings names = { 0 };
	for (size_t i = 0; i < sticks->count; i++) {
		if (text_equal(sticks->items[i].name, name))
			return &sticks->items[i];
		strings_add(&names, sticks->items[i].name);
	}
	autofree char *list = strings_join(&names, ", ");
	if (name)
		work_fail(work, err, SAY_BACKUP_STICK_GONE, name, NULL);
	else if (sticks->count == 0)
		work_fail(work, err, SAY_BACKUP_NO_STICK, NULL);
	else if (sticks->count > 1)
		work_fail(work, err, SAY_BACKUP_MANY_STICKS, list, NULL);
	else
		return &sticks->items[0];
	return NULL;
}

static int open_stick(struct work *work, const char *name, bool write, struct target *target, struct error *err)
{
	struct sticks sticks = { 0 };
	if (sticks_find(work->provision->root, &sticks, err) < 0)
		return -1;
	const struct stick *stick = choose(work, &sticks, name, err);
	int result = stick ? mount_stick(work, stick, write, err) : -1;
	if (result == 0) {
		target->mounted = text_copy(STICK_MOUNT);
		target->directory = text_copy(STICK_MOUNT);
		target->name = text_format("stick:%s", stick->name);
	}
	sticks_clear(&sticks);
	return result;
}

/* The partition, not the empty directory that it would be mounted on. */
static int open_card(struct work *work, bool write, struct target *target, struct error *err)
{
	autofree char *card = path_join(work->provision->root, CARD);
	struct statfs kind;
	if (statfs(card, &kind) < 0 || (work->provision->on_box && kind.f_type == TMPFS))
		return work_fail(work, err, SAY_BACKUP_NO_CARD, NULL);
	target->directory = path_join(card, "backups");
	target->name = text_copy("card");
	return write ? directory_make(target->directory, 0700, err) : 0;
}

int target_open(struct work *work, const char *name, bool write, struct target *ret_target, struct error *err)
{
	struct target target = { 0 };
	int result = 0;
	if (!name || text_equal(name, "card")) {
		result = open_card(work, write, &target, err);
	} else if (text_starts(name, "stick")) {
		result = open_stick(work, text_starts(name, "stick:") ? name + strlen("stick:") : NULL, write, &target,
				    err);
	} else if (path_is_directory(name)) {
		target.directory = text_copy(name);
		target.name = text_copy(name);
	} else {
		result = work_fail(work, err, SAY_BACKUP_NO_FOLDER, name, NULL);
	}
	if (result < 0) {
		target_close(&target, NULL);
		return -1;
	}
	*ret_target = target;
	return 0;
}

int target_close(struct target *target, struct error *err)
{
	int result = 0;
	if (target->mounted) {
		autofd int fd = open(target->mounted, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0 && syncfs(fd) < 0)
			result = error_set_errno(err, errno, "%s", target->name);
		cleanup_fd(&fd);
		fd = -1;
		if (umount2(target->mounted, UMOUNT_NOFOLLOW) < 0 && result == 0)
			result = error_set_errno(err, errno, "%s", target->name);
	}
	free(target->directory);
	free(target->name);
	free(target->mounted);
	memset(target, 0, sizeof *target);
	return result;
}
