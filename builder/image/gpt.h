/* Inside the room image: reading a GUID partition table, checked. Source: UEFI 2.10 chapter 5.3. */
#ifndef HIEBOX_IMAGE_GPT_H
#define HIEBOX_IMAGE_GPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

#define GPT_ENTRIES_MAXIMUM 1024u   /* the specification asks for at least 128; disks have 128 */

struct gpt_partition {
	unsigned number;           /* from 1 */
	char type[37], uuid[37];   /* lower case */
	char name[36 * 3 + 1];     /* UTF-8 */
	uint64_t start, size;      /* bytes */
};
struct gpt {
	char disk_uuid[37];
	bool primary_good, backup_good;
	uint64_t disk_size;        /* of the file, bytes */
	struct gpt_partition *partitions;   /* owned */
	size_t count;
};

/* CRC-32 as in zlib and the specification (reflected, 0xedb88320). */
uint32_t crc32_of(const void *bytes, size_t length);

/* Reads the table from an open file or device: the primary one, or the backup when the primary is
 * damaged. Every length and offset is checked against the disk. Free with gpt_clear(). */
int gpt_read(int fd, struct gpt *ret_gpt, struct error *err);
void gpt_clear(struct gpt *gpt);

#endif
