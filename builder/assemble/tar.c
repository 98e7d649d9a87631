/* A PAX tar stream from entries; see tar.h. */
#define _GNU_SOURCE 1
#include "assemble/tar.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define BLOCK 512u
#define CHUNK (1u << 20)

struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type;
	char link[100], magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155], pad[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a tar header is one block");

struct writer {
	int fd;
	int tree;
	char *chunk;          /* collects output */
	size_t used;
};

static int flush(struct writer *writer, struct error *err)
{
	size_t used = writer->used;
	writer->used = 0;
	return fd_write_all(writer->fd, writer->chunk, used, err);
}

static int put(struct writer *writer, const void *bytes, size_t length, struct error *err)
{
	const char *from = bytes;
	while (length) {
		if (writer->used == CHUNK && flush(writer, err))
			return -1;
		size_t part = CHUNK - writer->used < length ? CHUNK - writer->used : length;
		memcpy(writer->chunk + writer->used, from, part);
		writer->used += part;
		from += part;
		length -= part;
	}
	return 0;
}

static int put_padding(struct writer *writer, uint64_t length, struct error *err)
{
	static const char zeros[BLOCK];
	return put(writer, zeros, (BLOCK - length % BLOCK) % BLOCK, err);
}

/* Octal digits with a NUL at the end; false when the number does not fit. */
static bool octal(char *field, size_t width, uint64_t number)
{
	for (size_t i = width - 1; i-- > 0; number >>= 3)
		field[i] = (char)('0' + (number & 7));
	field[width - 1] = '\0';
	return number == 0;
}

static bool fits(char *field, size_t width, const char *text)
{
	size_t length = strlen(text);
	if (length > width)
		return false;
	memcpy(field, text, length);
	return true;
}

/* "LENGTH key=value\n", where LENGTH counts itself. */
static void add_record(struct buffer *records, const char *key, const void *value, size_t length)
{
	size_t rest = strlen(key) + length + 3, total = rest + 1, digits = 1;
	while (snprintf(NULL, 0, "%zu", total) != (int)digits) {
		digits++;
		total = rest + digits;
	}
	buffer_format(records, "%zu %s=", total, key);
	buffer_add(records, value, length);
	buffer_text(records, "\n");
}

static void add_number(struct buffer *records, const char *key, long long number)
{
	char text[32];
	int length = snprintf(text, sizeof text, "%lld", number);
	add_record(records, key, text, (size_t)length);
}

static void add_checksum(struct header *header)
{
	unsigned sum = 0;
	const unsigned char *bytes = (const unsigned char *)header;
	memset(header->checksum, ' ', sizeof header->checksum);
	for (size_t i = 0; i < sizeof *header; i++)
		sum += bytes[i];
	octal(header->checksum, 7, sum);
	header->checksum[7] = ' ';
}

static char type_flag(const struct entry *entry)
{
	if (entry->hard_link)
		return '1';
	switch (entry->mode & S_IFMT) {
	case S_IFLNK:
		return '2';
	case S_IFDIR:
		return '5';
	case S_IFIFO:
		return '6';
	default:
		return '0';
	}
}

static void fill_header(struct header *header, const struct entry *entry, struct buffer *records)
{
	*header = (struct header){ .type = type_flag(entry), .magic = "ustar", .version = { '0', '0' } };
	if (!fits(header->name, sizeof header->name, entry->path))
		add_record(records, "path", entry->path, strlen(entry->path));
	if (entry->link && !fits(header->link, sizeof header->link, entry->link))
		add_record(records, "linkpath", entry->link, strlen(entry->link));
	octal(header->mode, sizeof header->mode, entry->mode & 07777);
	if (!octal(header->uid, sizeof header->uid, entry->uid))
		add_number(records, "uid", entry->uid);
	if (!octal(header->gid, sizeof header->gid, entry->gid))
		add_number(records, "gid", entry->gid);
	if (!octal(header->size, sizeof header->size, entry->size))
		add_number(records, "size", (long long)entry->size);
	if (entry->mtime < 0 || !octal(header->mtime, sizeof header->mtime, (uint64_t)entry->mtime))
		add_number(records, "mtime", entry->mtime);
	for (size_t i = 0; !entry->hard_link && i < entry->xattr_count; i++) {
		autofree char *key = text_format("SCHILY.xattr.%s", entry->xattrs[i].name);
		add_record(records, key, entry->xattrs[i].value, entry->xattrs[i].length);
	}
	add_checksum(header);
}

static int put_header(struct writer *writer, const struct entry *entry, struct error *err)
{
	struct buffer autobuffer records = { 0 };
	struct header header, extended = {
		.name = "pax", .type = 'x', .magic = "ustar", .version = { '0', '0' },
	};
	fill_header(&header, entry, &records);
	if (records.length) {
		octal(extended.mode, sizeof extended.mode, 0644);
		octal(extended.uid, sizeof extended.uid, 0);
		octal(extended.gid, sizeof extended.gid, 0);
		octal(extended.size, sizeof extended.size, records.length);
		octal(extended.mtime, sizeof extended.mtime, 0);
		add_checksum(&extended);
		if (put(writer, &extended, sizeof extended, err) ||
		    put(writer, records.data, records.length, err) ||
		    put_padding(writer, records.length, err))
			return -1;
	}
	return put(writer, &header, sizeof header, err);
}

/* The file's bytes straight through the output chunk, hashed on the way. */
static int put_body(struct writer *writer, struct entry *entry, struct error *err)
{
	autofd int fd = openat(writer->tree, entry->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_set_errno(err, errno, "%s", entry->path);
	struct hash *hash = hash_new("sha256");
	uint64_t left = entry->size;
	while (left) {
		if (writer->used == CHUNK && flush(writer, err))
			break;
		size_t room = CHUNK - writer->used;
		ssize_t got = read(fd, writer->chunk + writer->used, room < left ? room : left);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			error_set(err, "%s: changed while it was read", entry->path);
			break;
		}
		hash_add(hash, writer->chunk + writer->used, (size_t)got);
		writer->used += (size_t)got;
		left -= (uint64_t)got;
	}
	char hex[HASH_HEX_MAX];
	hash_finish(hash, hex);
	if (left)
		return -1;
	memcpy(entry->digest, hex, sizeof entry->digest);
	return put_padding(writer, entry->size, err);
}

int tar_write(int fd, const char *tree, struct entries *entries, struct progress *progress,
	      struct error *err)
{
	static const char end[2 * BLOCK];
	autofd int root = open(tree, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return error_set_errno(err, errno, "%s", tree);
	autofree char *chunk = memory_alloc(CHUNK);
	struct writer writer = { .fd = fd, .tree = root, .chunk = chunk };
	for (size_t i = 0; i < entries->count; i++) {
		struct entry *entry = &entries->items[i];
		if (put_header(&writer, entry, err))
			return -1;
		if (S_ISREG(entry->mode) && !entry->hard_link && put_body(&writer, entry, err))
			return -1;
		if (S_ISREG(entry->mode) && !entry->hard_link)
			progress_advance(progress, entry->size);
	}
	if (put(&writer, end, sizeof end, err))
		return -1;
	return flush(&writer, err);
}
