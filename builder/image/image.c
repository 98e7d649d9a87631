/* Writing the disk: the partition table first, then what goes into it, side by side. */
#include "image/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/disk.h"

#define SPACE_BESIDE (96 * MIB)

typedef int disk_write(const struct disk *disk, struct error *err);

/* BIOS code and FAT partitions are small and go together, so that two mtools never meet in one file. */
static int write_small_parts(const struct disk *disk, struct error *err)
{
	if (disk_write_bios(disk, err) < 0 || disk_write_efi(disk, err) < 0 || disk_write_exchange(disk, err) < 0)
		return -1;
	return manifest_write(disk, err);
}

/* What was taken from the store is read once more while it is written: a byte that rotted must not reach a box. */
static int check_layers(const struct disk *disk, struct error *err)
{
	const struct layers *layers = disk->input->layers;

	for (size_t i = 0; i < LAYER_COUNT; i++)
		if (layers->items[i].cached && layer_check(layers->items[i].squashfs, err) < 0)
			return -1;
	return layers->kernel ? layer_check(layers->kernel, err) : 0;
}

static disk_write *const parts[] = {disk_write_system, disk_write_root, write_small_parts, disk_write_data,
				    check_layers};

static int write_part(void *context, size_t index, struct error *err)
{
	return parts[index](context, err);
}

static uint64_t system_bytes(const struct layers *layers)
{
	uint64_t total = 0;

	for (size_t i = 0; i < LAYER_COUNT; i++)
		if (layers->items[i].squashfs)
			total += layers->items[i].size;
	return total;
}

/* Opens the unfinished file and locks it. A file that another build finished and renamed between our open
 * and our lock is not ours to empty: the name must still lead to what was opened. Returns 0, 1 (again), -1. */
static int lock_disk(struct disk *disk, struct error *err)
{
	struct stat opened, named;

	disk->fd = open(disk->path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (disk->fd < 0)
		return error_set_errno(err, errno, "%s: cannot be made", disk->path);
	if (flock(disk->fd, LOCK_EX | LOCK_NB) == 0) {
		if (fstat(disk->fd, &opened) == 0 && stat(disk->path, &named) == 0 &&
		    opened.st_ino == named.st_ino && opened.st_dev == named.st_dev)
			return 0;
		close(disk->fd);
		disk->fd = -1;
		return 1;
	}
	int problem = errno;
	close(disk->fd);
	disk->fd = -1;
	if (problem == EWOULDBLOCK)
		return error_set(err, "%s: another build is writing this image", disk->path);
	return error_set_errno(err, problem, "%s: cannot be locked", disk->path);
}

/* The file under its unfinished name, as long as the disk, all hole. */
static int open_disk(struct disk *disk, struct error *err)
{
	int again;

	guard_remember(disk->path); /* first: between making it and naming it one may be interrupted */
	while ((again = lock_disk(disk, err)) > 0)
		;
	if (again < 0) {
		guard_forget(disk->path);
		return -1;
	}
	if (ftruncate(disk->fd, 0) < 0 || ftruncate(disk->fd, (off_t)disk->layout->disk_size) < 0)
		return error_set_errno(err, errno, "%s: cannot be made %ju bytes long", disk->path,
				       (uintmax_t)disk->layout->disk_size);
	return 0;
}

static int write_disk(struct disk *disk, const char *path, struct error *err)
{
	if (open_disk(disk, err) < 0 || disk_write_table(disk, err) < 0 ||
	    parallel_each(LENGTH(parts), 0, write_part, disk, err) < 0)
		return -1;
	/* No fsync: an image is made again in a second, and waiting for the medium would take many. */
	if (rename(disk->path, path) < 0)
		return error_set_errno(err, errno, "%s: cannot be renamed to %s", disk->path, path);
	return 0;
}

int image_write(const struct image_input *input, const char *path, struct layout *ret_layout, struct error *err)
{
	autofree char *directory = path_directory(path);
	autofree char *unfinished = text_format("%s/.%s.unfinished", directory, path_base(path));
	autofree char *stage = NULL;
	autofree char *manifest = NULL;
	struct layout layout;
	struct progress *progress = progress_begin("image", path_base(path), 0, false);

	plan_layout(input->plan, system_bytes(input->layers), &layout);
	manifest = manifest_text(input, &layout);
	struct disk disk = {.input = input, .layout = &layout, .path = unfinished, .manifest = manifest, .fd = -1};
	/* what the layers do not hold: boot files, and what file systems take for themselves */
	int result = space_check(directory, system_bytes(input->layers) + SPACE_BESIDE, "the image", "-o", err);
	if (result == 0)
		result = directory_temporary(input->work, "image-", &stage, err);
	if (result == 0) {
		disk.stage = stage;
		result = write_disk(&disk, path, err);
		if (result < 0 && disk.fd >= 0 && !input->keep_failed)
			unlink(unfinished); /* while it is locked: it is ours */
		guard_forget(unfinished);
		cleanup_fd(&disk.fd);
		if (result == 0 || !input->keep_failed)
			tree_remove(stage, NULL);
	}
	if (result < 0) {
		error_prefix(err, "%s", path);
	} else {
		*ret_layout = layout;
	}
	progress_end(progress, result < 0 ? "failed" : NULL);
	return result;
}
