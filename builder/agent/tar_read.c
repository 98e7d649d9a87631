/* Reading a tar archive that anybody may have made (POSIX.1 ustar; GNU tar's `L` and base-256 sizes): regular
 * files with clean relative names, nothing else, and not more than the limits say. */
#include <errno.h>
#include <string.h>

#include "agent/backup_content.h"

#define BLOCK 512u
#define END_BLOCKS_MAX 64u      /* GNU tar fills its last record, 20 blocks, with zeros */

/* The fields of a header: offset and size. */
enum { NAME = 0, NAME_SIZE = 100, MODE = 100, SIZE = 124, SUM = 148, KIND = 156, MAGIC = 257, PREFIX = 345,
       PREFIX_SIZE = 155 };

/* Exactly `length` bytes; 1, or 0 when the file ends before the first. */
static int read_exactly(int fd, void *data, size_t length, struct error *err)
{
	size_t have = 0;
	while (have < length) {
		ssize_t got = read(fd, (char *)data + have, length - have);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_set_errno(err, errno, "the archive cannot be read");
		if (got == 0)
			return have ? error_set(err, "the archive ends in the middle") : 0;
		have += (size_t)got;
	}
	return 1;
}

static bool is_zero(const unsigned char *block)
{
	for (size_t i = 0; i < BLOCK; i++)
		if (block[i])
			return false;
	return true;
}

/* An octal field, or with its first bit set a number of base 256; -1 when it is neither. */
static int64_t number(const unsigned char *field, size_t size)
{
	uint64_t value = 0;
	if (field[0] == 0x80) {
		for (size_t i = 1; i < size; i++) {
			if (value >> 54)
				return -1;
			value = value << 8 | field[i];
		}
		return (int64_t)value;
	}
	size_t i = 0;
	while (i < size && field[i] == ' ')
		i++;
	if (i == size || field[i] < '0' || field[i] > '7')
		return -1;
	for (; i < size && field[i] >= '0' && field[i] <= '7'; i++)
		value = value << 3 | (unsigned)(field[i] - '0');
	for (; i < size; i++)
		if (field[i] != ' ' && field[i] != '\0')
			return -1;
	return (int64_t)value;
}

static bool sum_is_right(const unsigned char *block)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < BLOCK; i++)
		sum += i >= SUM && i < SUM + 8 ? ' ' : block[i];
	return number(block + SUM, 8) == (int64_t)sum;
}

static char *header_path(const unsigned char *block)
{
	const char *name = (const char *)block + NAME, *prefix = (const char *)block + PREFIX;
	bool posix = memcmp(block + MAGIC, "ustar\0", 6) == 0;
	autofree char *last = text_copy_n(name, strnlen(name, NAME_SIZE));
	autofree char *first = text_copy_n(prefix, posix ? strnlen(prefix, PREFIX_SIZE) : 0);
	return first[0] ? text_format("%s/%s", first, last) : text_copy(last);
}

ssize_t tar_read(struct tar_reader *reader, void *data, size_t length, struct error *err)
{
	if (length > reader->left)
		length = (size_t)reader->left;
	if (!length)
		return 0;
	int got = read_exactly(reader->fd, data, length, err);
	if (got <= 0)
		return got < 0 ? -1 : error_set(err, "the archive ends in the middle");
	reader->left -= length;
	return (ssize_t)length;
}

/* The zeros up to the next block. */
static int skip_padding(struct tar_reader *reader, uint64_t size, struct error *err)
{
	unsigned char padding[BLOCK];
	size_t length = (size_t)(-size % BLOCK);
	if (!length)
		return 0;
	int got = read_exactly(reader->fd, padding, length, err);
	return got > 0 ? 0 : got < 0 ? -1 : error_set(err, "the archive ends in the middle");
}

/* GNU tar's long name is the content of an entry of its own in front. */
static int read_long_name(struct tar_reader *reader, uint64_t size, char **ret_path, struct error *err)
{
	if (size < 2 || size > MEMBER_NAME_MAX + 1)
		return error_set(err, "a name in the archive is too long");
	autofree char *path = memory_alloc((size_t)size + 1);
	reader->left = size;
	if (tar_read(reader, path, (size_t)size, err) < 0 || skip_padding(reader, size, err) < 0)
		return -1;
	*ret_path = steal(path);
	return 0;
}

static int handle_file(struct tar_reader *reader, const struct tar_entry *entry, struct error *err)
{
	if (!path_is_clean(entry->path) || strlen(entry->path) > MEMBER_NAME_MAX) {
		autofree char *shown = text_quoted(entry->path);
		return error_set(err, "a name in the archive is not allowed: %s", shown);
	}
	if (++reader->entries > MEMBERS_MAX + 1)
		return error_set(err, "the archive has more than %u files", MEMBERS_MAX);
	reader->left = entry->size;
	if (reader->file(reader->context, reader, entry, err) < 0)
		return -1;
	if (reader->left)
		return error_set(err, "%s was not read to its end", entry->path);
	return skip_padding(reader, entry->size, err);
}

/* Behind the first block of zeros there may only be more of them. */
static int read_end(int fd, struct error *err)
{
	unsigned char block[BLOCK];
	for (unsigned i = 0; i < END_BLOCKS_MAX; i++) {
		int got = read_exactly(fd, block, BLOCK, err);
		if (got <= 0)
			return got;
		if (!is_zero(block))
			break;
	}
	return error_set(err, "something follows the end of the archive");
}

/* One header and what belongs to it. 1 at the archive's end. */
static int read_entry(struct tar_reader *reader, char **long_name, struct error *err)
{
	unsigned char block[BLOCK];
	int got = read_exactly(reader->fd, block, BLOCK, err);
	if (got <= 0)
		return got < 0 ? -1 : error_set(err, "the archive has no end");
	if (is_zero(block))
		return *long_name ? error_set(err, "a name without a file") : read_end(reader->fd, err) < 0 ? -1 : 1;
	int64_t size = number(block + SIZE, 12), mode = number(block + MODE, 8);
	if (memcmp(block + MAGIC, "ustar", 5) != 0 || !sum_is_right(block) || size < 0 || mode < 0)
		return error_set(err, "a header of the archive is wrong");
	char kind = (char)block[KIND];
	if (kind == 'L' && !*long_name)
		return read_long_name(reader, (uint64_t)size, long_name, err);
	autofree char *path = *long_name ? steal(*long_name) : header_path(block);
	if (kind != '0' && kind != '\0') {
		autofree char *shown = text_quoted(path);
		return error_set(err, "the archive holds something else than files: %s", shown);
	}
	struct tar_entry entry = { .path = path, .size = (uint64_t)size, .mode = (mode_t)mode & 0777 };
	return handle_file(reader, &entry, err);
}

int tar_walk(struct tar_reader *reader, struct error *err)
{
	autofree char *long_name = NULL;
	int result;
	do
		result = read_entry(reader, &long_name, err);
	while (result == 0);
	return result < 0 ? -1 : 0;
}
