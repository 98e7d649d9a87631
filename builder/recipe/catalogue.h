/* Inside the room: a catalogue while it is loaded and checked. */
#ifndef HIEBOX_RECIPE_CATALOGUE_H
#define HIEBOX_RECIPE_CATALOGUE_H

#include "recipe/tables.h"

/* A file as it was parsed, beside the struct it became. `root` is NULL when it could not be parsed. */
struct source_file {
	const char *path; /* for messages and for opening */
	struct document *document;
	const struct node *root;
};

struct loaded_component {
	struct component component;
	struct source_file file;
};
struct loaded_board {
	struct board board;
	struct source_file file;
};

struct catalogue {
	struct arena *arena;
	struct diagnostics *mistakes; /* of the load in progress */
	const char *project;          /* absolute */
	const char *shown; /* the project as messages name it, "" for the current folder */
	bool has_recipe;
	struct recipe recipe;
	struct source_file recipe_file; /* its root is what it comes to: see compose.h */
	struct source_file base_file;   /* of the recipe that it extends; no path when there is none */
	struct loaded_board *boards;
	const struct board **board_list;
	size_t board_count;
	const struct board *board;
	struct loaded_component *components;
	const struct component **component_list;
	size_t component_count;
	bool incomplete; /* a component could not be parsed: names that seem unknown may be its */
};

/* Finds the project's root: `project` itself, or the nearest folder at or above `folder` that holds
 * recipes/components. Sets catalogue->project and ->shown. -1 without a mistake when there is none. */
int locate_project(struct catalogue *catalogue, const char *folder, const char *project);

/* The project's file `path` as messages name it; owned by the arena. */
const char *locate_shown(const struct catalogue *catalogue, const char *path);

/* The absolute folder of the file `path`; owned by the arena. */
const char *locate_folder(const struct catalogue *catalogue, const char *path);

/* What refers to something else: does it exist, does it fit? */
void check_recipe_references(struct catalogue *catalogue);
void check_component_references(struct catalogue *catalogue, const struct loaded_component *loaded);

/* conflicts.c: what makes no sense together. */
void check_board_conflicts(struct catalogue *catalogue, const struct loaded_board *loaded);
void check_recipe_conflicts(struct catalogue *catalogue);

/* Secrets that databases and templates ask for. */
void check_secrets(struct catalogue *catalogue, const struct component *component);

/* NULL-terminated arrays of names for did_you_mean(); the caller frees the array. */
const char **component_names(const struct catalogue *catalogue);

#endif
