/* gc: what is in the store, one item for each thing that stays or goes as a whole. Private to fetch. */
#ifndef HIEBOX_FETCH_GC_H
#define HIEBOX_FETCH_GC_H

#include "fetch/fetch.h"

struct gc_item {
	enum gc_kind kind;
	enum gc_reason reason;
	char *path;
	const char *name;   /* what locks call it: "sha256:…", a key; or its file name. Borrowed from the arena */
	uint64_t bytes;     /* of files with one link */
	int64_t used;       /* unix seconds of its last known use */
};
/* A file with several links: it is only freed when all of them go. */
struct gc_link {
	dev_t device;
	ino_t inode;
	nlink_t links;
	uint64_t bytes;
	size_t item;
};
struct gc_items {
	struct arena *arena;
	struct gc_item *items;
	size_t count, capacity;
	struct gc_link *links;
	size_t link_count, link_capacity;
};

/* Lists everything in the store but `own_work`; reasons are set to GC_UNNAMED, or GC_LEFT, GC_RESUMABLE for what is
 * unfinished. */
int gc_list(const struct store *store, struct gc_items *items, struct error *err);
/* Adds up what stays and goes. */
void gc_count(const struct gc_items *items, struct gc *gc);
static inline bool gc_goes(enum gc_reason reason)
{
	return reason >= GC_UNNAMED;
}

#endif
