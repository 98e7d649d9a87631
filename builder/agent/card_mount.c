#include "agent/card_mount.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "agent/timescale.h"

#define LABEL "HIEBOX"

/* "8:6" of the data partition, or of the root filesystem. Caller frees. */
static char *device_number(const char *root)
{
	autofree char *link = path_join(root, "/run/systemd/volatile-root");
	char target[128];
	ssize_t length = readlink(link, target, sizeof target - 1);
	struct stat st;
	if (length > 0) {
		target[length] = '\0';
		if (text_starts(target, "/dev/block/"))
			return text_copy(target + strlen("/dev/block/"));
	}
	return stat(root, &st) == 0 ? text_format("%u:%u", major(st.st_dev), minor(st.st_dev)) : NULL;
}

/* The value of a line KEY=value in a uevent file; NULL when it has none. Caller frees. */
static char *uevent_value(const char *text, const char *key)
{
	autostrings struct strings lines = { 0 };
	size_t length = strlen(key);
	strings_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.count; i++)
		if (text_starts(lines.items[i], key) && lines.items[i][length] == '=')
			return text_copy(lines.items[i] + length + 1);
	return NULL;
}

/* The kernel's name ("sda3") of the partition that the disk's table calls HIEBOX. NULL: none. Caller frees. */
static char *find_partition(const char *root, const char *number)
{
	autofree char *entry = path_join3(root, "/sys/dev/block", number);
	autofree char *device = realpath(entry, NULL);
	autofree char *disk = device ? path_directory(device) : NULL;
	autostrings struct strings names = { 0 };
	if (!disk || directory_list(disk, &names, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < names.count; i++) {
		autofree char *path = path_join3(disk, names.items[i], "uevent");
		autofree char *text = file_text_or_null(path, 65536);
		if (!text)
			continue;
		autofree char *label = uevent_value(text, "PARTNAME");
		autofree char *name = uevent_value(text, "DEVNAME");
		if (text_equal(label, LABEL) && name && !strpbrk(name, "/-. \\"))
			return steal(name);
	}
	return NULL;
}

static int write_unit(const char *directory, const char *name, const char *text, struct error *err)
{
	autofree char *path = path_join(directory, name);
	autofree char *folder = path_directory(path);
	if (directory_make(folder, 0755, err) < 0)
		return -1;
	return file_write_plain(path, text, strlen(text), 0644, err);
}

/* Wanted, not required: a card that cannot be mounted is a failed unit and a box that runs. */
static int want(const char *directory, const char *unit, struct error *err)
{
	autofree char *folder = text_format("%s/%s.wants", directory, unit);
	autofree char *link = path_join(folder, "run-hie-hiebox.mount");
	if (directory_make(folder, 0755, err) < 0)
		return -1;
	if (symlink("../run-hie-hiebox.mount", link) < 0 && errno != EEXIST)
		return error_set_errno(err, errno, "%s", link);
	return 0;
}

int card_mount_generate(const char *root, const char *directory, struct error *err)
{
	autofree char *number = device_number(root);
	autofree char *name = number ? find_partition(root, number) : NULL;
	if (!name)
		return 0;
	autofree char *unit = text_format(
		"# Made at each start: the partition HIEBOX of the disk that this box runs from.\n"
		"[Unit]\nDescription=Partition HIEBOX, for people with a laptop\nDefaultDependencies=no\n"
		"Conflicts=umount.target\nBefore=umount.target hie-provision.service\n\n"
		"[Mount]\nWhat=/dev/%s\nWhere=/run/hie/hiebox\nType=vfat\n"
		"Options=nodev,nosuid,noexec,noatime,umask=0077,flush\nTimeoutSec=%us\n",
		name, 60 * timescale_read(root));
	/* a medium that breaks must not hold the start for 90 seconds */
	autofree char *device = text_format("dev-%s.device.d/50-hie.conf", name);
	autofree char *wait = text_format("[Unit]\nJobRunningTimeoutSec=%us\n", 30 * timescale_read(root));
	if (write_unit(directory, "run-hie-hiebox.mount", unit, err) < 0
	    || write_unit(directory, device, wait, err) < 0
	    || want(directory, "hie-provision.service", err) < 0)
		return -1;
	return want(directory, "multi-user.target", err);
}
