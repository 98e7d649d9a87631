/* entries: a layer as a sorted list of entries, made by walking a tree. Private to the room. */
#ifndef HIEBOX_ASSEMBLE_ENTRIES_H
#define HIEBOX_ASSEMBLE_ENTRIES_H

#include <stdint.h>
#include <sys/types.h>

#include "base/base.h"

struct entry_xattr {
	const char *name;
	const void *value;
	size_t length;
};

/* One entry. Paths are relative to the tree, without a leading slash. */
struct entry {
	const char *path;
	const char *link;         /* target of a symbolic link, or path of the first of several hard links */
	mode_t mode;              /* with the type bits */
	bool hard_link;           /* `link` names an earlier entry of the list */
	uid_t uid;
	gid_t gid;
	uint64_t size;
	int64_t mtime;
	dev_t device;             /* of the inode, to find hard links */
	ino_t inode;
	nlink_t links;
	struct entry_xattr *xattrs;
	size_t xattr_count;
	char digest[65];          /* sha256 of a regular file's bytes, filled in while the layer is written */
};

/* Sorted bytewise by path. Texts live in the arena. */
struct entries {
	struct arena *arena;
	struct entry *items;
	size_t count, capacity;
};

/* Lists `tree` without its root directory. POSIX ACLs are left out (squashfs has none), sockets and device
 * nodes are an error. Free with entries_clear(). */
int entries_walk(const char *tree, struct entries *ret_entries, struct error *err);
void entries_clear(struct entries *entries);
#define autoentries __attribute__((cleanup(entries_clear)))
/* The entry with that path, or NULL. */
struct entry *entries_find(const struct entries *entries, const char *path);
/* On the box the topmost layer's directory decides on owner and mode: gives every directory of the list
 * those that it has in the lower layer whose `entries` file is at `path`. A directory where the lower
 * layer has a symbolic link would hide it (/lib of a merged /usr): that is an error. */
int entries_inherit(struct entries *entries, const char *path, struct error *err);
/* The text of a layer's `entries` file; caller frees. */
char *entries_text(const struct entries *entries);

#endif
