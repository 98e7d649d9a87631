/* Inside the room: one recipe out of several texts: the file it extends, its own file, and settings. */
#ifndef HIEBOX_RECIPE_COMPOSE_H
#define HIEBOX_RECIPE_COMPOSE_H

#include "recipe/catalogue.h"

/* What laying one tree over another needs. */
struct merge {
	struct arena *arena;
	struct diagnostics *mistakes;
	const char *below; /* what lies below, in messages: "recipes/demo.yaml" */
};

/* No list or map of a recipe that is merged has more entries: merging compares each with each. */
#define MERGE_MOST 2000u

/* A copy that may be changed, texts included. With `place` every node of it stands there, else where it stood. */
struct node *merge_copy(struct arena *arena, const struct node *node, const struct place *place);

/* The link in `map` to the child with that key: NULL stands in it when there is none. */
struct node **merge_child(struct node *map, const char *key);

/* Lays the map `over` over the map `tree`, whose path in messages is `path` ("" at the top): maps are merged
 * key by key, all else replaces, and null takes a key away. */
void merge_maps(const struct merge *merge, const char *path, struct node *tree, const struct node *over);

/* Lays a whole variant over `tree`: its values, then what it removes from lists, then what it adds. */
void merge_variant(const struct merge *merge, struct node *tree, const struct node *variant);

/* The item of `list` (a list by `type`) that is called `name`, or NULL. */
struct node *merge_item(const struct value_type *type, struct node *list, const char *name);

/* The key at `path` ("site.languages") of the record `type`, or NULL. */
const struct key_entry *key_at(const struct value_type *type, const char *path);

/* Applies one "key=value" of the command line to `tree`. */
void set_apply(const struct merge *merge, struct node *tree, const char *setting);

/* The tree that the recipe's file comes to: itself, or what it extends with itself laid over, and the
 * settings on top. NULL, with mistakes noted, when there is nothing to go on with. */
const struct node *compose_recipe(struct catalogue *catalogue, const struct strings *settings);

/* The recipe as one text that needs no other file and no setting: the file as it is where there is nothing
 * else, so that comments are kept. Owned by the catalogue; NULL with a mistake noted. */
const char *compose_text(struct catalogue *catalogue);

#endif
