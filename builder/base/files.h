/* Files: reading with limits, writing by rename, trees. Paths are plain strings. */
#ifndef HIEBOX_BASE_FILES_H
#define HIEBOX_BASE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/text.h"

/* "a/b" from "a" and "b" (no double slash; an absolute second part is appended, not taken over,
 * because second parts are often paths inside a tree). Caller frees. */
char *path_join(const char *a, const char *b);
char *path_join3(const char *a, const char *b, const char *c);
const char *path_base(const char *path);               /* borrowed: what follows the last slash */
char *path_directory(const char *path);                /* caller frees; "." without a slash */
/* Is `path` safe to append to a directory: relative, no empty, "." or ".." part, no NUL, <= 4096? */
bool path_is_clean(const char *path);

bool path_exists(const char *path);                    /* lstat succeeds */
bool path_is_directory(const char *path);              /* stat says directory */

/* Whole file into memory. More than `maximum` bytes is an error. `*ret_data` is NUL-terminated
 * behind `*ret_length` (which may be NULL); caller frees. */
int file_read(const char *path, size_t maximum, char **ret_data, size_t *ret_length, struct error *err);

/* For files that may as well be missing: the text, its first line without the line break, and whether it holds just
 * these bytes. One that cannot be read or is larger than `maximum` gives NULL; caller frees. file_has() leaves
 * nothing of what it read in memory, for that may be a secret. */
char *file_text_or_null(const char *path, size_t maximum);
char *file_line_or_null(const char *path, size_t maximum);
bool file_has(const char *path, const void *bytes, size_t length);

/* Writes bytes under `path` with `mode`, by a temporary file beside it, fsync and rename. */
int file_write(const char *path, const void *data, size_t length, mode_t mode, struct error *err);
/* As file_write() without fsync and rename: for files inside trees that are not published themselves. */
int file_write_plain(const char *path, const void *data, size_t length, mode_t mode, struct error *err);

/* All bytes of `length` to/from fd, EINTR and short counts handled. Returns 0 or -1. */
int fd_write_all(int fd, const void *data, size_t length, struct error *err);
/* The `length` bytes at `offset`, wherever fd stands. False also when the file ends before. */
bool fd_read_at(int fd, void *bytes, size_t length, uint64_t offset);
/* Copies `length` bytes (or all, with UINT64_MAX) from one fd to another at their current offsets,
 * keeping holes where the target is a regular file (zero blocks are skipped when `sparse`). */
int fd_copy(int from, int to, uint64_t length, bool sparse, struct error *err);
int file_copy(const char *from, const char *to, mode_t mode, struct error *err);

/* mkdir -p with `mode` for what is missing. */
int directory_make(const char *path, mode_t mode, struct error *err);
/* fsync of a directory: makes its entries last, for without it a rename may be undone by a power cut. Some
 * filesystems cannot. */
int directory_sync(const char *path, struct error *err);
/* A new directory "<parent>/<prefix>XXXXXX"; caller frees the path. */
int directory_temporary(const char *parent, const char *prefix, char **ret_path, struct error *err);
/* rm -rf without following symbolic links or leaving the filesystem; missing is no error. */
int tree_remove(const char *path, struct error *err);
/* cp -a of a tree's contents into an existing directory (owner, mode, times, xattrs, links, holes). */
int tree_copy(const char *from, const char *to, struct error *err);
/* Names in a directory without "." and "..", sorted bytewise, added to `list`. */
int directory_list(const char *path, struct strings *list, struct error *err);

/* A lock file held by flock; waits. `*ret_fd` is closed to release it. `wait` false: returns 1 when
 * another process holds it. */
int lock_take(const char *path, bool wait, int *ret_fd, struct error *err);

/* $XDG_CACHE_HOME/<name> or ~/.cache/<name>; caller frees; NULL when neither is known. */
char *cache_directory(const char *name);

#endif
