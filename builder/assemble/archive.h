/* archive: reading .deb files, tarballs and zip files by libarchive, streaming, from untrusted bytes.
 * Private to the room. */
#ifndef HIEBOX_ASSEMBLE_ARCHIVE_H
#define HIEBOX_ASSEMBLE_ARCHIVE_H

#include <stddef.h>
#include <stdint.h>

#include "assemble/unpack.h"
#include "base/base.h"

struct archive;
struct archive_entry;

/* Called for each entry; the body may be read from `archive` or left. Returns 0, 1 to stop, or -1. */
typedef int archive_visit(void *context, struct archive *archive, struct archive_entry *entry,
			  struct error *err);

/* The member of the .deb at `path` that begins with `member` ("control.tar", "data.tar"), read as a tar in
 * whatever compression it has (deb(5): xz, zstd, gzip, none). */
int archive_deb(const char *path, const char *member, archive_visit *visit, void *context,
		struct error *err);
/* A tar from a pipe, read to the pipe's end whatever the visits answer: its writer shall not fail for that.
 * `copy`, when not NULL, is given every byte of it. */
struct archive_copy {
	void (*add)(void *context, const void *bytes, size_t length);
	void *context;
};
int archive_stream(int fd, const struct archive_copy *copy, archive_visit *visit, void *context,
		   struct error *err);
/* A tarball (gzip, xz, zstd or plain) or, with `zip`, a zip file. */
int archive_read(const char *path, bool zip, archive_visit *visit, void *context, struct error *err);

/* The current entry's whole body, at most `maximum` bytes; caller frees `*ret_data` (NUL-terminated). */
int archive_body(struct archive *archive, size_t maximum, char **ret_data, size_t *ret_length,
		 struct error *err);
/* Writes the current entry's body to `fd` (holes kept), spending the budget of `unpack`. */
int archive_body_to(struct archive *archive, int fd, struct unpack *unpack, struct error *err);
/* Writes the current entry into the tree as `item` says. Device nodes, and hard links that lead out of the
 * tree, are refused. */
int archive_unpack(struct archive *archive, struct archive_entry *entry, struct unpack *unpack,
		   const struct unpack_item *item, struct error *err);
/* Reads one member of a tar, or of a zip (*.zip, *.jar, *.war), into memory. 1 when there is no such member.
 * `ret_length` may be NULL. */
int archive_member(const char *path, const char *member, char **ret_data, size_t *ret_length,
		   struct error *err);

#endif
