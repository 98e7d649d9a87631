/* Inside the room: what the two parsers share while they grow a tree. */
#ifndef HIEBOX_DOCUMENT_TREE_H
#define HIEBOX_DOCUMENT_TREE_H

#include "document/document.h"

struct document {
	struct arena *arena;
	const char *name;
	struct node *root;
};

/* A parser's position in the tree: the lists and maps that are open, outermost first. */
struct tree {
	struct document *document;
	struct diagnostics *mistakes;
	size_t nodes;
	size_t depth; /* how many of `open` are in use */
	struct tree_level {
		struct node *node;
		struct node *last;
		const char *key; /* of the map entry whose value comes next, else NULL */
		struct place key_place;
		bool is_key; /* this list or map stands where a key should: it is thrown away */
	} open[DOCUMENT_MAX_DEPTH];
};

/* A new empty document named `name` (copied). */
struct document *document_new(const char *name);

/* Places count in characters from 1; this one is of the document's file. */
struct place tree_place(const struct tree *tree, unsigned line, unsigned column);

/* Hangs a new node of that kind into the innermost open list or map (or makes it the root), under
 * the key that tree_key() left. NULL with a mistake noted when there are too many nodes. */
struct node *tree_node(struct tree *tree, enum node_kind kind, struct place place);

/* Opens the list or map just made. -1 with a mistake noted when it lies too deep. */
int tree_enter(struct tree *tree, struct node *node);
/* Closes the innermost list or map; notes duplicate keys of a map. */
void tree_leave(struct tree *tree);

/* Is a key of the innermost map expected next? */
bool tree_wants_key(const struct tree *tree);
/* Sets the key of the next node; the text is the arena's. */
void tree_key(struct tree *tree, const char *key, struct place place);

/* The place of byte `offset` of the text. */
struct place tree_place_at(const struct tree *tree, const char *text, size_t length, size_t offset);

/* Sets kind, number and boolean from the text of a plain scalar, by the YAML 1.2 core schema. */
void node_resolve_plain(struct node *node);

#endif
