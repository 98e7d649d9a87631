/* normalise: what configuration leaves behind and no image may carry, and times. Private to the room.
 * Source: facts (h) 10 and (k), mmdebstrap's cleanup, systemd's BUILDING_IMAGES.md. */
#ifndef HIEBOX_ASSEMBLE_NORMALISE_H
#define HIEBOX_ASSEMBLE_NORMALISE_H

#include "assemble/entries.h"
#include "assemble/packages.h"
#include "base/base.h"

/* Removes logs, caches, keys, ids, seeds and backups from a configured tree; empties machine-id; fixes the
 * days in shadow. Directories stay. */
int normalise_tree(const char *tree, int64_t timestamp, struct error *err);
/* Sets the times in the list: a file that still has its package's time keeps it, at most `timestamp`;
 * everything else was made here and gets `timestamp`. `map` may be NULL. */
void normalise_times(struct entries *entries, const struct origins_map *map, int64_t timestamp);
/* Fails when the list names something that must never be in an image, or when a file of the tree holds a
 * private key outside the places where packages ship test data. */
int normalise_check(const char *tree, const struct entries *entries, struct error *err);

#endif
