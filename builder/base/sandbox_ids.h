/* Private to base: ranges of user and group ids, as subuid(5) and user_namespaces(7) write them. */
#ifndef HIEBOX_BASE_SANDBOX_IDS_H
#define HIEBOX_BASE_SANDBOX_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* A built system owns files from 0 (root) to 65534 (nobody): so many ids a namespace must have. */
#define IDS_INSIDE 65535

/* Consecutive ids. */
struct id_range {
	int64_t first, count;
};

/* In the order of the file, none twice. Zero-initialise; free with id_ranges_clear(). */
struct id_ranges {
	struct id_range *items;
	size_t count, capacity;
};
void id_ranges_clear(struct id_ranges *ranges);
#define autoranges __attribute__((cleanup(id_ranges_clear)))

/* Adds the lines of `text` (the content of /etc/subuid or /etc/subgid) about `user`, by name or by the
 * number `id`. Lines may overlap each other or `id` itself, which the kernel would refuse in a map: what
 * is there already is left out. A line that is not as subuid(5) says is passed over. */
void id_ranges_of_user(struct id_ranges *ranges, const char *text, const char *user, unsigned id);

/* Adds the ids that exist in a namespace: the first and third column of a uid_map or gid_map. */
void id_ranges_of_map(struct id_ranges *ranges, const char *map);

/* How many ids there are. */
int64_t id_ranges_total(const struct id_ranges *ranges);

/* Do all of `wanted` exist in `ranges`? Neighbouring ranges count as one. */
bool id_ranges_cover(const struct id_ranges *ranges, struct id_range wanted);

/* Where a new range of 65536 may begin: behind every line of `text`, and where useradd(8) begins at the
 * earliest. */
int64_t id_free_start(const char *text);

#endif
