/* What every part of the disk is written with: finding a partition, running a tool, staging a file. */
#include "image/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const struct partition *disk_partition(const struct disk *disk, enum partition_role role, unsigned *ret_number)
{
	for (size_t i = 0; i < disk->layout->count; i++) {
		if (disk->layout->partitions[i].role != role)
			continue;
		if (ret_number)
			*ret_number = (unsigned)i + 1;
		return &disk->layout->partitions[i];
	}
	if (ret_number)
		*ret_number = 0;
	return NULL;
}

bool disk_firmware(const struct disk *disk, const char *name)
{
	const struct text_list *firmware = &disk->input->plan->board->firmware;

	for (size_t i = 0; i < firmware->count; i++)
		if (text_equal(firmware->items[i].text, name))
			return true;
	return false;
}

/* Each tool ends by waiting until the medium holds the file. The disk as a whole is as lasting without:
 * libeatmydata, when the lock has it in the tools root, makes fsync() nothing. */
static bool has_eatmydata(const struct disk *disk)
{
	const struct package_set *tools = &disk->input->plan->lock.tools;

	for (size_t i = 0; i < tools->count; i++)
		if (text_equal(tools->items[i].name, "libeatmydata1"))
			return true;
	return false;
}

int disk_tool(const struct disk *disk, const struct disk_call *call, struct error *err)
{
	/* mtools: no configuration of the host, and no checks of a geometry that partitions do not have */
	const char *const environment[] = {"MTOOLSRC=/dev/null", "MTOOLS_SKIP_CHECK=1",
					   has_eatmydata(disk) ? "LD_PRELOAD=libeatmydata.so" : NULL, NULL};
	autofree struct sandbox_bind *binds = memory_alloc((call->bind_count + 2) * sizeof *binds);
	struct tool_run run = {.argv = call->argv, .binds = binds, .bind_count = call->bind_count + 2,
			       .timestamp = disk->input->plan->lock.timestamp, .environment = environment};
	autofd int input = -1;

	binds[0] = (struct sandbox_bind){.from = disk->path, .to = INSIDE_DISK, .writable = true};
	binds[1] = (struct sandbox_bind){.from = disk->stage, .to = INSIDE_STAGE, .writable = true};
	if (call->bind_count)
		memcpy(binds + 2, call->binds, call->bind_count * sizeof *binds);
	if (call->input) {
		autofree char *path = path_join(disk->stage, call->input);

		input = open(path, O_RDONLY | O_CLOEXEC);
		if (input < 0)
			return error_set_errno(err, errno, "%s: cannot be read", path);
		run.input_fd = input;
	}
	return tools_run(disk->input->tools, &run, err);
}

int disk_stage_time(const struct disk *disk, const char *name, struct error *err)
{
	autofree char *path = path_join(disk->stage, name);
	struct timespec at = {.tv_sec = disk->input->plan->lock.timestamp};

	if (utimensat(AT_FDCWD, path, (struct timespec[]){at, at}, 0) < 0)
		return error_set_errno(err, errno, "%s: its time cannot be set", path);
	return 0;
}

int disk_stage(const struct disk *disk, const char *name, const char *text, struct error *err)
{
	autofree char *path = path_join(disk->stage, name);

	if (file_write_plain(path, text, strlen(text), 0644, err) < 0)
		return -1;
	if (chmod(path, 0644) < 0)
		return error_set_errno(err, errno, "%s: its mode cannot be set", path);
	return disk_stage_time(disk, name, err);
}

int disk_stage_directory(const struct disk *disk, const char *name, struct error *err)
{
	autofree char *path = path_join(disk->stage, name);

	if (mkdir(path, 0755) < 0 || chmod(path, 0755) < 0)
		return error_set_errno(err, errno, "%s: cannot be made", path);
	return 0;
}

int disk_write_at(const struct disk *disk, const void *bytes, size_t length, uint64_t offset, struct error *err)
{
	const char *from = bytes;

	while (length > 0) {
		ssize_t done = pwrite(disk->fd, from, length, (off_t)offset);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return error_set_errno(err, errno, "%s: cannot be written", disk->path);
		from += done;
		length -= (size_t)done;
		offset += (uint64_t)done;
	}
	return 0;
}
