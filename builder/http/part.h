/* part: the file of one download on its way: `<path>.part`, locked, hashed while it is written, and
 * renamed to `path` at the end. Private to the room http. */
#ifndef HIEBOX_HTTP_PART_H
#define HIEBOX_HTTP_PART_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base.h"

struct part {
	const char *path;   /* final name, borrowed */
	const char *digest; /* "algorithm:hex", borrowed, or NULL */
	char *partial;      /* `<path>.part` */
	int fd;             /* -1 when closed; holds a flock */
	uint64_t length;    /* bytes in the file, all of them hashed */
	struct hash *hash;  /* running; NULL without a digest */
	char algorithm[8];
	unsigned char head[64]; /* the first bytes, to tell a web page from a file */
};

/* Prepares names; touches nothing. A digest of an unknown form is an error. */
int part_init(struct part *part, const char *path, const char *digest, struct error *err);

/* Opens and locks the part file and hashes what is there (`length` says how much). Without a digest
 * nothing can be trusted, so it starts empty. Returns 1 when another process is writing it. */
int part_open(struct part *part, struct error *err);

/* Forgets all bytes: the next write is the first. */
int part_restart(struct part *part, struct error *err);

int part_write(struct part *part, const void *bytes, size_t length, struct error *err);

/* Compares length and digest and renames. Returns 0 when published; 1 when the bytes are wrong:
 * then the part file is deleted and `*ret_found` (caller frees) says what was found; -1 for I/O
 * errors. */
int part_publish(struct part *part, uint64_t size, char **ret_found, struct error *err);

/* Closes. With `keep` the bytes stay for a later resume (if there are any and a digest to judge
 * them by), otherwise the part file is deleted. */
void part_close(struct part *part, bool keep);
void part_clear(struct part *part);

#endif
