/* layer: where finished layers lie in the store, and how one is written from a tree. Private to the room. */
#ifndef HIEBOX_ASSEMBLE_LAYER_H
#define HIEBOX_ASSEMBLE_LAYER_H

#include "assemble/assemble.h"
#include "assemble/entries.h"
#include "base/base.h"

/* Part of every key: raise it when the same inputs shall give other bytes. */
#define LAYER_FORMAT "hiebox layer 1"

/* A key in the making: hash_new("sha256") with format, tools and name already added. */
struct hash *layer_key_begin(const char *name, const struct tools *tools);
/* Finishes it; caller frees. */
char *layer_key_end(struct hash *key);
/* Adds name, mode and bytes of every file below `folder` (sorted; a NULL or missing folder adds a mark). */
int layer_key_folder(struct hash *key, const char *folder, struct error *err);
int layer_key_file(struct hash *key, const char *path, struct error *err);

/* layers/<key> in the store; caller frees. */
char *layer_directory(const struct store *store, const char *key);
/* Is the finished layer there? Then fills `ret_layer` (owned) with `cached` set. */
bool layer_find(const struct store *store, const char *name, const char *key, struct layer *ret_layer);

/* Has any build of this store ended well? Then its user is one who builds again. */
bool layer_any(const struct store *store);

/* What becomes a layer. */
struct layer_source {
	const char *name, *key;
	const char *tree;
	struct entries *entries;   /* of the tree; digests are filled in */
	const char *directory;     /* the layer's directory in the making: facts are there already */
	int64_t timestamp;
	int level;                 /* of zstd */
	struct progress *progress; /* is told of bytes, or NULL */
};
/* Writes layer.squashfs and entries into `directory`, then publishes it as layers/<key>. */
int layer_write(const struct layer_source *source, const struct store *store, const struct tools *tools,
		struct layer *ret_layer, struct error *err);
/* Publishes a directory as layers/<key>: rename, or nothing when another process was faster. */
int layer_publish(const struct store *store, const char *directory, const char *key, struct error *err);
void layer_clear(struct layer *layer);

#endif
