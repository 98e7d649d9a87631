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

/* What is read. At most `maximum` bytes are decompressed, headers and what nobody wants included: more is an error,
 * whatever the archive says of itself. */
enum archive_kind {
	INPUT_TAR,      /* gzip, xz, zstd or plain */
	INPUT_ZIP,
	INPUT_CONTROL,  /* a .deb's control.tar, and its data.tar: compressed as their names say (deb(5)) */
	INPUT_DATA,
};
struct archive_input {
	const char *path;
	enum archive_kind kind;
	uint64_t maximum;
};
int archive_each(const struct archive_input *input, archive_visit *visit, void *context, struct error *err);
/* What an archive that comes from outside and has `size` bytes may unpack to: what honest ones never reach. */
uint64_t archive_maximum(uint64_t size);

/* A tar from a pipe. When a visit fails the rest is not read: closing the pipe stops its writer. Otherwise it is
 * read to the pipe's end, so that its writer does not fail. `add`, when not NULL, is given every byte. */
struct archive_pipe {
	int fd;
	uint64_t maximum;
	void (*add)(void *context, const void *bytes, size_t length);
	void *context;
};
int archive_stream(const struct archive_pipe *pipe, archive_visit *visit, void *context, struct error *err);

/* The current entry's whole body, at most `maximum` bytes; caller frees `*ret_data` (NUL-terminated). */
int archive_body(struct archive *archive, size_t maximum, char **ret_data, size_t *ret_length,
		 struct error *err);
/* Writes the current entry into the tree as `item` says. Device nodes, sparse files (dpkg and npm know none) and
 * hard links that lead out of the tree are refused. Extended attributes do not count: dpkg has none either. */
int archive_unpack(struct archive *archive, struct archive_entry *entry, struct unpack *unpack,
		   const struct unpack_item *item, struct error *err);
/* Reads one member, a plain file, of a tar, or of a zip (*.zip, *.jar, *.war), into memory. 1 when there is no
 * such member.
 * `ret_length` may be NULL. */
int archive_member(const char *path, const char *member, char **ret_data, size_t *ret_length,
		   struct error *err);

#endif
