/* release: a verified Release text of a Debian archive: what it is, how old, and which index has
 * which digest. Private to fetch. Source: the Debian repository format (wiki
 * DebianRepository/Format). */
#ifndef HIEBOX_FETCH_RELEASE_H
#define HIEBOX_FETCH_RELEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "fetch/fetch.h"

struct release {
	char *text; /* what gpgv gave */
	char *suite, *codename;
	int64_t date;        /* unix seconds, 0 when missing */
	int64_t valid_until; /* 0 when it does not expire */
	bool by_hash;
};

/* Parses `text` (taken over, also on failure). Free with release_clear(). */
int release_parse(char *text, struct release *ret_release, struct error *err);
void release_clear(struct release *release);

/* Digest and size of the index `path` ("main/binary-amd64/Packages.xz") by the SHA256 section; -1
 * when it is not listed there. */
int release_find(const struct release *release, const char *path, char ret_sha256[65],
		 uint64_t *ret_size);

/* Is it the suite that was asked for, not expired and not from the future? */
struct release_wish {
	const char *name; /* for messages */
	const char *suite;
	int64_t now;
	struct index_dates dates;
	bool offline; /* a wrong date is only warned about */
};
int release_check(const struct release *release, const struct release_wish *wish,
		  struct error *err);

/* When it expires, by its own Valid-Until and what APT is told (as apt's debReleaseIndex::Load() has it):
 * unix seconds, 0 for never. */
int64_t release_expiry(const struct release *release, const struct index_dates *dates);

/* "Sat, 12 Sep 2026 07:55:41 UTC" in unix seconds, or -1. */
int64_t release_date(const char *text);

#endif
