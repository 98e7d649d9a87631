#include "image/gpt.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define SECTOR 512u
#define HEADER_MINIMUM 92u
#define ENTRY_MINIMUM 128u

static uint32_t get32(const unsigned char *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint64_t get64(const unsigned char *at)
{
	return get32(at) | (uint64_t)get32(at + 4) << 32;
}

uint32_t crc32_of(const void *bytes, size_t length)
{
	const unsigned char *at = bytes;
	uint32_t crc = ~0u;

	while (length--) {
		crc ^= *at++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

/* The first three fields of a GUID are little endian on disk. */
static void guid_text(const unsigned char *at, char ret_text[37])
{
	static const unsigned char order[] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
	static const char digits[] = "0123456789abcdef";
	size_t out = 0;

	for (size_t i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			ret_text[out++] = '-';
		ret_text[out++] = digits[at[order[i]] >> 4];
		ret_text[out++] = digits[at[order[i]] & 15];
	}
	ret_text[out] = '\0';
}

/* 36 UTF-16 units; what is not in the basic plane becomes a question mark: names are for people. */
static void name_text(const unsigned char *at, char *ret_text)
{
	size_t out = 0;

	for (size_t i = 0; i < 36; i++) {
		unsigned unit = (unsigned)at[2 * i] | (unsigned)at[2 * i + 1] << 8;

		if (!unit)
			break;
		if (unit < 0x20 || unit == 0x7f || (unit >= 0xd800 && unit < 0xe000))
			unit = '?';
		if (unit < 0x80) {
			ret_text[out++] = (char)unit;
		} else if (unit < 0x800) {
			ret_text[out++] = (char)(0xc0 | unit >> 6);
			ret_text[out++] = (char)(0x80 | (unit & 0x3f));
		} else {
			ret_text[out++] = (char)(0xe0 | unit >> 12);
			ret_text[out++] = (char)(0x80 | (unit >> 6 & 0x3f));
			ret_text[out++] = (char)(0x80 | (unit & 0x3f));
		}
	}
	ret_text[out] = '\0';
}

/* A table's header in `sector`, good only with its own checksum and place. */
static bool header_is_good(const unsigned char *sector, uint64_t place, uint64_t sectors)
{
	unsigned char copy[SECTOR];
	uint32_t size = get32(sector + 12);
	uint64_t entries = get64(sector + 72);
	uint32_t count = get32(sector + 80), entry_size = get32(sector + 84);

	if (memcmp(sector, "EFI PART", 8) != 0 || size < HEADER_MINIMUM || size > SECTOR)
		return false;
	memcpy(copy, sector, SECTOR);
	memset(copy + 16, 0, 4);
	if (crc32_of(copy, size) != get32(sector + 16) || get64(sector + 24) != place)
		return false;
	if (entry_size < ENTRY_MINIMUM || entry_size > 4096 || entry_size % 8 || count > GPT_ENTRIES_MAXIMUM)
		return false;
	return entries >= 2 && entries < sectors &&
	       (uint64_t)count * entry_size <= (sectors - entries) * SECTOR;
}

static void add_partition(struct gpt *gpt, const unsigned char *entry, unsigned number)
{
	static const unsigned char unused[16];
	struct gpt_partition *partition = &gpt->partitions[gpt->count];
	uint64_t first = get64(entry + 32), last = get64(entry + 40);

	if (memcmp(entry, unused, sizeof unused) == 0 || last < first || last >= UINT64_MAX / SECTOR)
		return;
	partition->number = number;
	guid_text(entry, partition->type);
	guid_text(entry + 16, partition->uuid);
	name_text(entry + 56, partition->name);
	partition->start = first * SECTOR;
	partition->size = (last - first + 1) * SECTOR;
	gpt->count++;
}

/* Is the table with its header at `place` good? Its partitions are taken over when none are known yet. */
static bool read_table(int fd, uint64_t place, struct gpt *gpt)
{
	unsigned char sector[SECTOR];

	if (!fd_read_at(fd, sector, SECTOR, place * SECTOR) ||
	    !header_is_good(sector, place, gpt->disk_size / SECTOR))
		return false;
	uint32_t count = get32(sector + 80), entry_size = get32(sector + 84);
	size_t length = (size_t)count * entry_size;
	autofree unsigned char *entries = memory_alloc(length + 1);
	if (!fd_read_at(fd, entries, length, get64(sector + 72) * SECTOR) ||
	    crc32_of(entries, length) != get32(sector + 88))
		return false;
	if (gpt->partitions)
		return true;
	guid_text(sector + 56, gpt->disk_uuid);
	gpt->partitions = memory_alloc((count + 1) * sizeof *gpt->partitions);
	for (uint32_t i = 0; i < count; i++)
		add_partition(gpt, entries + (size_t)i * entry_size, i + 1);
	return true;
}

int gpt_read(int fd, struct gpt *ret_gpt, struct error *err)
{
	struct gpt gpt = {0};
	off_t size = lseek(fd, 0, SEEK_END);

	if (size < 0)
		return error_set_errno(err, errno, "cannot find the disk's size");
	gpt.disk_size = (uint64_t)size;
	if (gpt.disk_size < 4 * SECTOR)
		return error_set(err, "too small for a disk with partitions");
	gpt.primary_good = read_table(fd, 1, &gpt);
	gpt.backup_good = read_table(fd, gpt.disk_size / SECTOR - 1, &gpt);
	if (!gpt.primary_good && !gpt.backup_good)
		return error_set(err, "no GUID partition table with right checksums was found");
	*ret_gpt = gpt;
	return 0;
}

void gpt_clear(struct gpt *gpt)
{
	free(gpt->partitions);
	*gpt = (struct gpt){0};
}
