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

static inline void tar_end(struct buffer *tar)
{
	static const char zeros[1024];
	buffer_add(tar, zeros, sizeof zeros);
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
