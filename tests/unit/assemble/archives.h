/* Archives for tests, written byte by byte, so that they can be as hostile as a test wants. */
#ifndef TESTS_ASSEMBLE_ARCHIVES_H
#define TESTS_ASSEMBLE_ARCHIVES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>
#include <cmocka.h>

#include "base/base.h"

#define TEST_TIME 1500000000

static char *scratch;

static inline int make_scratch(void **state)
{
	const char *parent = getenv("TMPDIR");
	(void)state;
	return directory_temporary(parent ? parent : "/tmp", "hiebox-assemble-", &scratch, NULL);
}

static inline int remove_scratch(void **state)
{
	(void)state;
	tree_remove(scratch, NULL);
	free(scratch);
	return 0;
}

/* A path below the scratch directory, in one of a few static places. */
static inline const char *at(const char *path)
{
	static char places[8][4096];
	static unsigned next;
	char *place = places[next++ % LENGTH(places)];
	snprintf(place, sizeof places[0], "%s/%s", scratch, path);
	return place;
}

static inline void put(const char *path, const char *text)
{
	autofree char *folder = path_directory(at(path));
	assert_int_equal(directory_make(folder, 0755, NULL), 0);
	assert_int_equal(file_write_plain(at(path), text, strlen(text), 0644, NULL), 0);
}

/* The file's text, or "" when it cannot be read; caller frees. */
static inline char *got(const char *path)
{
	char *text = NULL;
	return file_read(at(path), 1 << 20, &text, NULL, NULL) ? text_copy("") : text;
}

/* An entry of type '0' file, '1' hard link, '2' symbolic link, '3' device, '5' directory. */
static inline void tar_add(struct buffer *tar, char type, const char *name, const char *text)
{
	char header[512] = { 0 };
	size_t length = type == '0' ? strlen(text) : 0;
	snprintf(header, 100, "%s", name);
	snprintf(header + 100, 8, "%07o", type == '5' ? 0755 : 0644);
	snprintf(header + 108, 8, "%07o", (unsigned)geteuid());
	snprintf(header + 116, 8, "%07o", (unsigned)getegid());
	snprintf(header + 124, 12, "%011o", (unsigned)length & 0xffffff);
	snprintf(header + 136, 12, "%011o", TEST_TIME);
	memset(header + 148, ' ', 8);
	header[156] = type;
	if (type == '1' || type == '2')
		snprintf(header + 157, 100, "%s", text);
	memcpy(header + 257, "ustar\00000", 8);
	unsigned sum = 0;
	for (size_t i = 0; i < sizeof header; i++)
		sum += (unsigned char)header[i];
	snprintf(header + 148, 8, "%06o", sum);
	buffer_add(tar, header, sizeof header);
	if (length) {
		static const char zeros[512];
		buffer_add(tar, text, length);
		buffer_add(tar, zeros, (512 - length % 512) % 512);
	}
}

/* One entry as a test wants it, whatever it means: `size` is the text of the size field (NULL: that of `body`). */
struct tar_entry {
	char type;
	const char *name, *link, *body, *size;
	unsigned mode;
};

static inline void tar_put(struct buffer *tar, const struct tar_entry *entry)
{
	static const char zeros[512];
	char header[512] = { 0 };
	size_t length = entry->body ? strlen(entry->body) : 0;
	unsigned sum = 0;
	memcpy(header, entry->name, strnlen(entry->name, 100));
	snprintf(header + 100, 8, "%07o", entry->mode ? entry->mode & 07777 : entry->type == '5' ? 0755 : 0644);
	snprintf(header + 108, 8, "%07o", (unsigned)geteuid());
	snprintf(header + 116, 8, "%07o", (unsigned)getegid());
	snprintf(header + 124, 12, "%011o", (unsigned)length & 0xffffff);
	if (entry->size)
		memcpy(header + 124, entry->size, 12);
	snprintf(header + 136, 12, "%011o", TEST_TIME);
	memset(header + 148, ' ', 8);
	header[156] = entry->type;
	if (entry->link)
		memcpy(header + 157, entry->link, strnlen(entry->link, 100));
	memcpy(header + 257, entry->type == 'S' || entry->type == 'L' ? "ustar  " : "ustar\00000", 8);
	if (entry->type == 'S') /* one piece of data far behind the beginning; the real size behind it */
		memcpy(header + 386, "00000001000\0" "00000000000\0", 24), memcpy(header + 483, "77777777777\0", 12);
	for (size_t i = 0; i < sizeof header; i++)
		sum += (unsigned char)header[i];
	snprintf(header + 148, 8, "%06o", sum);
	buffer_add(tar, header, sizeof header);
	buffer_add(tar, entry->body ? entry->body : "", length);
	buffer_add(tar, zeros, (512 - length % 512) % 512);
}

/* A file with a name of any length (GNU's way). */
static inline void tar_put_long(struct buffer *tar, const char *name)
{
	tar_put(tar, &(struct tar_entry){ .type = 'L', .name = "././@LongLink", .body = name });
	tar_put(tar, &(struct tar_entry){ .type = '0', .name = "short", .body = "x" });
}

/* Compressed by a filter of libarchive ("gzip", "xz", "zstd") in place. */
static inline void compress_buffer(struct buffer *data, const char *filter)
{
	size_t room = data->length + (1 << 20), used = 0;
	autofree char *out = memory_alloc(room);
	struct archive *archive = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_pathname(entry, "data");
	assert_int_equal(archive_write_add_filter_by_name(archive, filter), ARCHIVE_OK);
	assert_int_equal(archive_write_set_format_raw(archive), ARCHIVE_OK);
	assert_int_equal(archive_write_set_bytes_in_last_block(archive, 1), ARCHIVE_OK);
	assert_int_equal(archive_write_open_memory(archive, out, room, &used), ARCHIVE_OK);
	assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
	assert_int_equal(archive_write_data(archive, data->data, data->length), (la_ssize_t)data->length);
	assert_int_equal(archive_write_close(archive), ARCHIVE_OK);
	archive_entry_free(entry);
	archive_write_free(archive);
	buffer_clear(data);
	buffer_add(data, out, used);
}

static inline void tar_end(struct buffer *tar)
{
	static const char zeros[1024];
	buffer_add(tar, zeros, sizeof zeros);
}

/* A member whose header says any size. */
static inline void ar_lie(struct buffer *ar, const char *name, const char *data, const char *size)
{
	buffer_format(ar, "%-16s%-12d%-6d%-6d%-8o%-10s`\n%s", name, 0, 0, 0, 0100644, size, data);
}

static inline void ar_add(struct buffer *ar, const char *name, const char *data, size_t length)
{
	buffer_format(ar, "%-16s%-12d%-6d%-6d%-8o%-10zu`\n", name, 0, 0, 0, 0100644, length);
	buffer_add(ar, data, length);
	if (length % 2)
		buffer_text(ar, "\n");
}

/* A .deb at `path` out of two tars that tar_end() has ended. */
static inline void deb_write(const char *path, const struct buffer *control, const struct buffer *data)
{
	struct buffer autobuffer ar = { 0 };
	buffer_text(&ar, "!<arch>\n");
	ar_add(&ar, "debian-binary", "2.0\n", 4);
	ar_add(&ar, "control.tar", control->data, control->length);
	ar_add(&ar, "data.tar", data->data, data->length);
	assert_int_equal(file_write_plain(path, ar.data, ar.length, 0644, NULL), 0);
}

#endif
