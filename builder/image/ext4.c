/* The ext4 filesystems, made and filled by mke2fs at their offset in the disk: no mount, no loop device.
 * mke2fs 1.47.2 with SOURCE_DATE_EPOCH sorts directories and cuts later times down to it. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "image/disk.h"

#define MAXIMUM_OPTIONS 16

struct ext4 {
	const struct partition *partition;
	const char *label, *reserved;    /* percent of blocks that only root may fill */
	const char *const *options;      /* more mke2fs options, NULL-terminated */
	const char *extended;            /* joined to the one -E, of which mke2fs reads only the last */
	const char *tree;                /* inside the sandbox */
};

static int ext4_make(const struct disk *disk, const struct ext4 *ext4, const struct sandbox_bind *binds,
		     size_t bind_count, struct error *err)
{
	const struct partition *partition = ext4->partition;
	autostrings struct strings argv = {0};

	strings_add_all(&argv, (const char *const[]){"/usr/sbin/mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-m",
						     ext4->reserved, "-L", ext4->label, "-U",
						     partition->filesystem_uuid, NULL});
	strings_add_all(&argv, ext4->options);
	strings_add(&argv, "-E");
	strings_format(&argv, "offset=%ju,hash_seed=%s,no_copy_xattrs,nodiscard,root_owner=0:0,%s",
		       (uintmax_t)partition->start, partition->filesystem_uuid, ext4->extended);
	strings_add_all(&argv, (const char *const[]){"-d", ext4->tree, INSIDE_DISK, NULL});
	strings_format(&argv, "%juk", (uintmax_t)(partition->size >> 10));
	struct disk_call call = {.argv = (const char *const *)argv.items, .binds = binds, .bind_count = bind_count};
	if (disk_tool(disk, &call, err) < 0)
		return error_prefix(err, "partition %s", partition->name);
	return 0;
}

/* A layer's file in the store is given to mke2fs as it is. Its mode must not depend on an umask, and a
 * time before the time stamp would be kept: both are put right where they differ, which changes no byte. */
static int normalise(const char *path, int64_t timestamp, struct error *err)
{
	struct timespec at = {.tv_sec = timestamp};
	struct stat status;

	if (stat(path, &status) < 0)
		return error_set_errno(err, errno, "%s: cannot be read", path);
	if ((status.st_mode & 07777) != 0644 && chmod(path, 0644) < 0)
		return error_set_errno(err, errno, "%s: its mode cannot be set", path);
	if ((status.st_mtime < timestamp || status.st_atime < timestamp) &&
	    utimensat(AT_FDCWD, path, (struct timespec[]){at, at}, 0) < 0)
		return error_set_errno(err, errno, "%s: its time cannot be set", path);
	return 0;
}

/* The slot's directory: small files, and an empty one for each layer to be bound over. */
static int stage_slot(const struct disk *disk, struct error *err)
{
	const struct layers *layers = disk->input->layers;
	autobuffer struct buffer names = {0};
	int result = disk_stage_directory(disk, "slot", err);

	for (size_t i = 0; i < LAYER_COUNT && result == 0; i++) {
		if (!layers->items[i].squashfs)
			continue;
		autofree char *place = text_format("slot/%s.squashfs", layers->items[i].name);

		buffer_format(&names, "%s\n", layers->items[i].name);
		result = disk_stage(disk, place, "", err);
		if (result == 0)
			result = normalise(layers->items[i].squashfs, disk->input->plan->lock.timestamp, err);
	}
	autofree char *lock = lock_text(&disk->input->plan->lock);
	if (result < 0 || disk_stage(disk, "slot/layers", names.data ? names.data : "", err) < 0 ||
	    disk_stage(disk, "slot/manifest.json", disk->manifest, err) < 0 ||
	    disk_stage(disk, "slot/lock", lock, err) < 0)
		return -1;
	return disk_stage_time(disk, "slot", err);
}

int disk_write_system(const struct disk *disk, struct error *err)
{
	static const char *const options[] = {"-N", "128", "-O", "^has_journal", NULL};
	const struct ext4 ext4 = {.partition = disk_partition(disk, PARTITION_SYSTEM_A, NULL), .label = "hie-system",
				  .reserved = "0", .options = options, .extended = "lazy_itable_init=0",
				  .tree = INSIDE_STAGE "/slot"};
	const struct layers *layers = disk->input->layers;
	struct sandbox_bind binds[LAYER_COUNT];
	autostrings struct strings places = {0};
	size_t count = 0;

	if (!ext4.partition)
		return 0;
	if (stage_slot(disk, err) < 0)
		return error_prefix(err, "system slot");
	for (size_t i = 0; i < LAYER_COUNT; i++) {
		if (!layers->items[i].squashfs)
			continue;
		strings_format(&places, INSIDE_STAGE "/slot/%s.squashfs", layers->items[i].name);
		binds[count] = (struct sandbox_bind){.from = layers->items[i].squashfs,
						     .to = places.items[count]};
		count++;
	}
	return ext4_make(disk, &ext4, binds, count, err);
}

/* Percent of the data partition that only root may fill: with it first start, status and journal go on working when
 * the components have filled the rest. scripts/hie makes a new one with the same. */
#define DATA_RESERVED "2"

/* The journal is written out: a card that held another hiebox must not have an old one's entries in it.
 * Inode tables are left to the kernel, which clears them in the background. */
int disk_write_data(const struct disk *disk, struct error *err)
{
	static const char *const options[] = {"-J", "size=32", NULL};
	const struct ext4 ext4 = {.partition = disk_partition(disk, PARTITION_DATA, NULL), .label = "hie-data",
				  .reserved = DATA_RESERVED, .options = options,
				  .extended = "lazy_itable_init=1,lazy_journal_init=0", .tree = INSIDE_STAGE "/data"};

	if (!ext4.partition)
		return 0;
	/* "new" until the first start: tells a new partition from one that a repair emptied (overlays/boot) */
	if (disk_stage_directory(disk, "data", err) < 0 || disk_stage_directory(disk, "data/state", err) < 0 ||
	    disk_stage(disk, "data/.hiebox-data", "new\n", err) < 0 ||
	    disk_stage_time(disk, "data/state", err) < 0 || disk_stage_time(disk, "data", err) < 0)
		return error_prefix(err, "data partition");
	return ext4_make(disk, &ext4, NULL, 0, err);
}

/* Layout plain: one writable root. Extended attributes are copied here, for file capabilities. */
int disk_write_root(const struct disk *disk, struct error *err)
{
	const struct partition *root = disk_partition(disk, PARTITION_ROOT, NULL);

	if (!root)
		return 0;
	if (!disk->input->layers->plain_tree)
		return error_set(err, "layout plain: no tree was made for the root partition");
	autofree char *size = text_format("%juk", (uintmax_t)(root->size >> 10));
	autofree char *extended = text_format("offset=%ju,hash_seed=%s,nodiscard,lazy_itable_init=1,"
					      "lazy_journal_init=0",
					      (uintmax_t)root->start, root->filesystem_uuid);
	const char *const argv[] = {"/usr/sbin/mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-m", "1", "-L",
				    "hie-root", "-J", "size=32", "-U", root->filesystem_uuid, "-E", extended, "-d",
				    INSIDE_INPUT, INSIDE_DISK, size, NULL};
	const struct sandbox_bind bind = {.from = disk->input->layers->plain_tree, .to = INSIDE_INPUT};
	struct disk_call call = {.argv = argv, .binds = &bind, .bind_count = 1};
	if (disk_tool(disk, &call, err) < 0)
		return error_prefix(err, "root partition");
	return 0;
}
