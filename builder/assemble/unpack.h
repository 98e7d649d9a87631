/* unpack: writing hostile archives into a tree. Every path is resolved by the kernel as if the tree
 * were the root (openat2(2), RESOLVE_IN_ROOT), so that a symbolic link inside it, absolute or with
 * "..", can never lead outside. An existing directory, or a symbolic link to one, stays as it is:
 * that is what dpkg does, and what keeps a merged /usr merged. Private to the room. */
#ifndef HIEBOX_ASSEMBLE_UNPACK_H
#define HIEBOX_ASSEMBLE_UNPACK_H

#include <stdint.h>
#include <sys/types.h>

#include "base/base.h"

/* What an entry shall look like. `mode` holds permission bits only; `mtime` unix seconds. */
struct unpack_meta {
	mode_t mode;
	uid_t uid;
	gid_t gid;
	int64_t mtime;
};

/* What shall be there, and where: `path` is below the tree. */
struct unpack_item {
	const char *path;
	struct unpack_meta meta;
};

/* One writer per thread and archive. */
struct unpack {
	int root;             /* O_PATH descriptor of the tree */
	int parent_fd;        /* the directory used last, or -1 */
	char *parent;         /* its path below the root */
	uint64_t bytes_left;  /* budget against bombs */
	uint64_t entries_left;
};

/* Opens the tree at `root` for writing at most `bytes` and `entries`. Close with unpack_close(). */
int unpack_open(const char *root, uint64_t bytes, uint64_t entries, struct unpack *ret, struct error *err);
void unpack_close(struct unpack *unpack);
#define autounpack __attribute__((cleanup(unpack_close)))

/* All paths are clean and relative to the tree (path_is_clean()). Missing parents are made, 0755. A file,
 * link or special file in the way is replaced; a directory in the way of something else is an error. */
int unpack_directory(struct unpack *unpack, const char *path, const struct unpack_meta *meta,
		     struct error *err);
int unpack_symlink(struct unpack *unpack, const char *path, const char *target,
		   const struct unpack_meta *meta, struct error *err);
int unpack_hardlink(struct unpack *unpack, const char *path, const char *target, struct error *err);
int unpack_fifo(struct unpack *unpack, const char *path, const struct unpack_meta *meta, struct error *err);
/* Returns a descriptor to write to. After the bytes: unpack_file_owner() sets owner and mode, then
 * attributes may be set (a change of owner would clear them), then unpack_file_end() sets the time
 * and closes. */
int unpack_file(struct unpack *unpack, const char *path, struct error *err);
int unpack_file_owner(int fd, const char *path, const struct unpack_meta *meta, struct error *err);
int unpack_file_end(int fd, const char *path, const struct unpack_meta *meta, struct error *err);
/* Takes `bytes` from the budget; an error when it is used up. */
int unpack_spend(struct unpack *unpack, uint64_t bytes, struct error *err);

/* Opens a file of a finished tree for reading, with the tree as root, too. Returns the descriptor; -1 sets errno. */
int unpack_reader(const char *tree, const char *path);

/* The canonical form of an archive member's name ("./a/b/" gives "a/b", "./" gives ""); caller frees. NULL, and an
 * error that shows the name, for no name, an absolute path, "..", a line break, and what is too long or too deep. */
char *unpack_name(const char *name, struct error *err);

#endif
