/* Java's trusted certificates; see keystore.h. */
#define _GNU_SOURCE 1
#include "assemble/keystore.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define MAXIMUM (16u << 20)
#define MAGIC 0xfeedfeedu
#define TRUSTED 2u
#define DIGEST 20u

/* "changeit" in UTF-16, then what the JDK adds to every such digest: no secret, only a form. */
static const char salt[] = "\0c\0h\0a\0n\0g\0e\0i\0tMighty Aphrodite";

struct reader {
	unsigned char *data;
	size_t at, end;
	bool bad;
};

static uint64_t number(struct reader *reader, size_t width)
{
	uint64_t value = 0;
	if (reader->bad || reader->end - reader->at < width) {
		reader->bad = true;
		return 0;
	}
	for (size_t i = 0; i < width; i++)
		value = value << 8 | reader->data[reader->at++];
	return value;
}

static void skip(struct reader *reader, uint64_t length)
{
	if (reader->bad || reader->end - reader->at < length)
		reader->bad = true;
	else
		reader->at += length;
}

/* One entry: tag, alias, date, type, certificate. */
static void fix_entry(struct reader *reader, int64_t timestamp)
{
	if (number(reader, 4) != TRUSTED)
		reader->bad = true;
	skip(reader, number(reader, 2));
	size_t date = reader->at;
	skip(reader, 8);
	if (!reader->bad) {
		uint64_t milliseconds = htobe64((uint64_t)timestamp * 1000);
		memcpy(reader->data + date, &milliseconds, sizeof milliseconds);
	}
	skip(reader, number(reader, 2));
	skip(reader, number(reader, 4));
}

static void sign(struct reader *reader)
{
	char hex[HASH_HEX_MAX];
	struct hash *hash = hash_new("sha1");
	hash_add(hash, salt, sizeof salt - 1);
	hash_add(hash, reader->data, reader->end);
	hash_finish(hash, hex);
	for (size_t i = 0; i < DIGEST; i++) {
		char byte[3] = { hex[2 * i], hex[2 * i + 1], '\0' };
		reader->data[reader->end + i] = (unsigned char)strtoul(byte, NULL, 16);
	}
}

int keystore_normalise(const char *path, int64_t timestamp, struct error *err)
{
	autofree char *data = NULL;
	size_t length;
	if (!path_exists(path))
		return 0;
	if (file_read(path, MAXIMUM, &data, &length, err))
		return -1;
	if (length < DIGEST + 12)
		return 0;
	struct reader reader = { .data = (unsigned char *)data, .end = length - DIGEST };
	if (number(&reader, 4) != MAGIC || number(&reader, 4) != 2)
		return 0;
	uint64_t count = number(&reader, 4);
	for (uint64_t i = 0; i < count && !reader.bad; i++)
		fix_entry(&reader, timestamp);
	if (reader.bad || reader.at != reader.end)
		return 0;
	sign(&reader);
	autofd int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return error_set_errno(err, errno, "%s", path);
	return fd_write_all(fd, data, length, err);
}
