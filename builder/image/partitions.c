/* The partition table: a script for sfdisk that leaves nothing to its choice. */
#include "image/disk.h"

static char *table_script(const struct disk *disk)
{
	struct buffer out = {0};

	buffer_format(&out, "label: gpt\nlabel-id: %s\nunit: sectors\nfirst-lba: 2048\ntable-length: 128\n\n",
		      disk->layout->disk_uuid);
	for (size_t i = 0; i < disk->layout->count; i++) {
		const struct partition *partition = &disk->layout->partitions[i];

		buffer_format(&out, "start=%ju, size=%ju, type=%s, uuid=%s, name=\"%s\"\n",
			      (uintmax_t)(partition->start / SECTOR), (uintmax_t)(partition->size / SECTOR),
			      partition->type, partition->uuid, partition->name);
	}
	return buffer_steal(&out);
}

int disk_write_table(const struct disk *disk, struct error *err)
{
	static const char *const argv[] = {"/usr/sbin/sfdisk", "--quiet", "--no-reread", "--no-tell-kernel",
					   "--wipe=never", INSIDE_DISK, NULL};
	struct disk_call call = {.argv = argv, .input = "table"};
	autofree char *script = table_script(disk);

	if (disk_stage(disk, "table", script, err) < 0 || disk_tool(disk, &call, err) < 0)
		return error_prefix(err, "partition table");
	return 0;
}
