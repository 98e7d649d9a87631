/* Growing a tree: nodes, limits, duplicate keys. */
#include "document/tree.h"

#include <string.h>

struct document *document_new(const char *name)
{
	struct document *document = memory_alloc(sizeof *document);
	document->arena = arena_new();
	document->name = arena_string(document->arena, name);
	return document;
}

struct place tree_place(const struct tree *tree, unsigned line, unsigned column)
{
	return (struct place){ tree->document->name, line, column };
}

struct place tree_place_at(const struct tree *tree, const char *text, size_t length, size_t offset)
{
	unsigned line = 1, column = 1;
	for (size_t i = 0; i < offset && i < length; i++) {
		if (text[i] == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)text[i] & 0xc0) != 0x80) {
			column++; /* continuation bytes belong to the character before */
		}
	}
	return tree_place(tree, line, column);
}

static struct tree_level *innermost(struct tree *tree)
{
	return tree->depth ? &tree->open[tree->depth - 1] : NULL;
}

bool tree_wants_key(const struct tree *tree)
{
	if (!tree->depth)
		return false;
	const struct tree_level *level = &tree->open[tree->depth - 1];
	return level->node->kind == NODE_MAP && !level->key;
}

void tree_key(struct tree *tree, const char *key, struct place place)
{
	struct tree_level *level = innermost(tree);
	level->key = key;
	level->key_place = place;
}

struct node *tree_node(struct tree *tree, enum node_kind kind, struct place place)
{
	if (++tree->nodes > DOCUMENT_MAX_NODES) {
		diagnostics_add(tree->mistakes, place, "more than %u values in one file",
				DOCUMENT_MAX_NODES);
		return NULL;
	}
	struct node *node = arena_alloc(tree->document->arena, sizeof *node);
	node->kind = kind;
	node->place = place;
	struct tree_level *level = innermost(tree);
	if (!level) {
		tree->document->root = node;
		return node;
	}
	if (level->node->kind == NODE_MAP && !level->key)
		return node; /* a list or map as a key: parsed, never seen */
	node->key = level->key;
	node->key_place = level->key_place;
	level->key = NULL;
	if (level->last)
		level->last->next = node;
	else
		level->node->first = node;
	level->last = node;
	level->node->count++;
	return node;
}

int tree_enter(struct tree *tree, struct node *node)
{
	if (tree->depth == DOCUMENT_MAX_DEPTH)
		return diagnostics_add(tree->mistakes, node->place,
				       "lists and maps are nested more than %u deep",
				       DOCUMENT_MAX_DEPTH);
	bool is_key = tree_wants_key(tree) && !node->key;
	tree->open[tree->depth++] = (struct tree_level){ .node = node, .is_key = is_key };
	return 0;
}

static int compare_keys(const void *a, const void *b)
{
	const struct node *left = *(const struct node *const *)a;
	const struct node *right = *(const struct node *const *)b;
	int order = strcmp(left->key, right->key);
	if (order)
		return order;
	if (left->key_place.line != right->key_place.line)
		return left->key_place.line < right->key_place.line ? -1 : 1;
	return (left->key_place.column > right->key_place.column) -
	       (left->key_place.column < right->key_place.column);
}

/* Sorted rather than compared pair by pair: a hostile map may have 200 000 keys. */
static void check_duplicates(struct tree *tree, const struct node *map)
{
	if (map->count < 2)
		return;
	autofree const struct node **sorted = memory_resize(NULL, map->count,
							    sizeof(struct node *));
	size_t count = 0;
	for node_each (child, map)
		sorted[count++] = child;
	qsort(sorted, count, sizeof(struct node *), compare_keys);
	const struct node *first = sorted[0];
	for (size_t i = 1; i < count; i++) {
		if (!text_equal(first->key, sorted[i]->key)) {
			first = sorted[i];
			continue;
		}
		autofree char *key = text_quoted(first->key);
		diagnostics_add(tree->mistakes, sorted[i]->key_place,
				"the key %s stands here again; it is already in line %u", key,
				first->key_place.line);
	}
}

void tree_leave(struct tree *tree)
{
	struct tree_level *level = innermost(tree);
	if (level->node->kind == NODE_MAP)
		check_duplicates(tree, level->node);
	bool is_key = level->is_key;
	tree->depth--;
	if (is_key) {
		diagnostics_add(tree->mistakes, level->node->place,
				"a key must be text; put a text that begins with { or [ in quotes");
		tree_key(tree, "", level->node->place);
	}
}
