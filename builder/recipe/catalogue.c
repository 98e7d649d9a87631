/* Loading a project: the recipe, every board and every component, checked together so that a person
 * sees all mistakes at once. */
#include "recipe/compose.h"

#include <string.h>

static size_t mistake_count(const struct catalogue *catalogue)
{
	return catalogue->mistakes->count + catalogue->mistakes->dropped;
}

/* Parses `file->path` and fills the struct at `target`. False when there is no tree to go on with. */
static bool load_file(struct catalogue *catalogue, struct source_file *file,
		      const struct value_type *type, void *target)
{
	if (document_load(file->path, &file->document, catalogue->mistakes) < 0)
		return false;
	file->root = document_root(file->document);
	const struct walk walk = { catalogue->arena, catalogue->mistakes };
	walk_file(&walk, type, file->root, target);
	return file->root->kind == NODE_MAP;
}

/* Its own name in a file must be the file's or folder's; afterwards the latter counts, so that one
 * mistake is one message. */
static void check_own_name(struct catalogue *catalogue, const struct source_file *file,
			   const char *key, const char **name)
{
	const struct node *node = node_get(file->root, key);
	if (node && node->text && !text_equal(node->text, *name)) {
		autofree char *found = text_quoted(node->text);
		diagnostics_add(catalogue->mistakes, node->place,
				"%s: expected \"%s\", as its file is called, got %s", key, *name,
				found);
	}
}

static void load_component(struct catalogue *catalogue, const char *name)
{
	struct loaded_component *loaded = &catalogue->components[catalogue->component_count++];
	struct component *component = &loaded->component;
	struct arena *arena = catalogue->arena;
	const char *folder = arena_format(arena, "recipes/components/%s", name);
	const char *units = arena_format(arena, "%s/units/%s", catalogue->project, name);
	const char *overlay = arena_format(arena, "%s/overlays/%s", catalogue->project, name);

	loaded->file.path = locate_shown(catalogue,
					 arena_format(arena, "%s/component.yaml", folder));
	if (!path_exists(loaded->file.path)) {
		diagnostics_add(catalogue->mistakes, (struct place){ loaded->file.path, 0, 0 },
				"there is no such file, but each folder of recipes/components is a "
				"component");
		catalogue->incomplete = true;
	} else if (!load_file(catalogue, &loaded->file, &file_component, component)) {
		catalogue->incomplete = true;
	}
	component->id = arena_string(arena, name);
	check_own_name(catalogue, &loaded->file, "component", &component->id);
	if (!value_id.valid(name))
		diagnostics_add(catalogue->mistakes, (struct place){ loaded->file.path, 0, 0 },
				"the folder's name: expected %s", value_id.expected);
	component->folder = arena_format(arena, "%s/%s", catalogue->project, folder);
	component->units_folder = path_is_directory(units) ? units : NULL;
	component->overlay_folder = path_is_directory(overlay) ? overlay : NULL;
	for (size_t v = 0; v < component->variant_count; v++) {
		struct variant *variant = &component->variants[v];
		for (size_t s = 0; s < variant->source_count; s++) {
			struct source *source = &variant->sources[s];
			if (source->lock)
				source->lock = arena_format(arena, "%s/%s", component->folder,
							    source->lock);
		}
	}
}

/* Names in the project's folder `path`, sorted; a folder that is not there is empty. */
static void list_names(const struct catalogue *catalogue, const char *path, struct strings *names)
{
	autofree char *folder = path_join(catalogue->project, path);
	struct error err = { 0 };
	if (!path_is_directory(folder))
		return;
	if (directory_list(folder, names, &err) < 0) {
		diagnostics_add(catalogue->mistakes,
				(struct place){ locate_shown(catalogue, path), 0, 0 }, "%s",
				err.message);
		error_clear(&err);
	}
}

static void load_components(struct catalogue *catalogue)
{
	autostrings struct strings names = { 0 };
	list_names(catalogue, "recipes/components", &names);
	catalogue->components = arena_alloc(catalogue->arena,
					    names.count * sizeof *catalogue->components);
	for (size_t i = 0; i < names.count; i++) {
		autofree char *folder = path_join3(catalogue->project, "recipes/components",
						   names.items[i]);
		if (names.items[i][0] != '.' && path_is_directory(folder))
			load_component(catalogue, names.items[i]);
	}
	catalogue->component_list = arena_alloc(catalogue->arena,
						names.count * sizeof *catalogue->component_list);
	for (size_t i = 0; i < catalogue->component_count; i++)
		catalogue->component_list[i] = &catalogue->components[i].component;
}

static void load_boards(struct catalogue *catalogue)
{
	autostrings struct strings names = { 0 };
	list_names(catalogue, "recipes/boards", &names);
	catalogue->boards = arena_alloc(catalogue->arena, names.count * sizeof *catalogue->boards);
	catalogue->board_list = arena_alloc(catalogue->arena,
					    names.count * sizeof *catalogue->board_list);
	for (size_t i = 0; i < names.count; i++) {
		const char *name = names.items[i];
		if (name[0] == '.' || !text_ends(name, ".yaml"))
			continue;
		struct loaded_board *loaded = &catalogue->boards[catalogue->board_count];
		autofree char *path = path_join("recipes/boards", name);
		loaded->file.path = locate_shown(catalogue, path);
		load_file(catalogue, &loaded->file, &file_board, &loaded->board);
		loaded->board.id = arena_string_n(catalogue->arena, name,
						  strlen(name) - strlen(".yaml"));
		check_own_name(catalogue, &loaded->file, "board", &loaded->board.id);
		catalogue->board_list[catalogue->board_count++] = &loaded->board;
	}
}

static void load_recipe(struct catalogue *catalogue, const char *path, const struct strings *settings)
{
	struct recipe *recipe = &catalogue->recipe;
	struct source_file *file = &catalogue->recipe_file;
	file->path = arena_string(catalogue->arena, path);
	catalogue->has_recipe = true;
	if (document_load(file->path, &file->document, catalogue->mistakes) == 0) {
		file->root = document_root(file->document);
		file->root = compose_recipe(catalogue, settings);
	}
	if (file->root)
		walk_file(&(struct walk){ catalogue->arena, catalogue->mistakes }, &file_recipe, file->root,
			  recipe);
	const char *base = path_base(path);
	const char *dot = strrchr(base, '.');
	size_t length = dot && dot != base ? (size_t)(dot - base) : strlen(base);
	recipe->name = arena_string_n(catalogue->arena, base, length);
	check_own_name(catalogue, file, "recipe", &recipe->name);
	recipe->file = file->path;
	recipe->project = catalogue->project;
	recipe->folder = locate_folder(catalogue, path);
	recipe->text = file->root ? compose_text(catalogue) : NULL;
}

static void load_project(struct catalogue *catalogue)
{
	load_boards(catalogue);
	load_components(catalogue);
	if (!catalogue->component_count)
		diagnostics_add(
			catalogue->mistakes,
			(struct place){ locate_shown(catalogue, "recipes/components"), 0, 0 },
			"there is no component in this folder");
	for (size_t i = 0; i < catalogue->board_count; i++)
		check_board_conflicts(catalogue, &catalogue->boards[i]);
	for (size_t i = 0; i < catalogue->component_count; i++)
		check_component_references(catalogue, &catalogue->components[i]);
}

static struct catalogue *catalogue_new(struct diagnostics *mistakes)
{
	struct catalogue *catalogue = memory_alloc(sizeof *catalogue);
	catalogue->arena = arena_new();
	catalogue->mistakes = mistakes;
	return catalogue;
}

/* Hands the catalogue over when the load found no mistake since `before`. */
static int finish(struct catalogue *catalogue, size_t before, struct catalogue **ret_catalogue)
{
	bool good = mistake_count(catalogue) == before;
	diagnostics_sort(catalogue->mistakes);
	catalogue->mistakes = NULL;
	if (!good) {
		catalogue_free(catalogue);
		return -1;
	}
	*ret_catalogue = catalogue;
	return 0;
}

/* Names the file in `folder` that was probably meant. */
static void no_such_file(struct catalogue *catalogue, const char *path, const char *folder)
{
	autostrings struct strings names = { 0 };
	struct error err = { 0 };
	if (!path_is_directory(folder) || directory_list(folder, &names, &err) < 0)
		error_clear(&err);
	const char *const nothing[] = { NULL };
	autofree char *guess = did_you_mean(
		path_base(path), names.count ? (const char *const *)names.items : nothing);
	diagnostics_add(catalogue->mistakes, (struct place){ path, 0, 0 },
			"there is no such file%s", guess);
}

int catalogue_load(const char *path, const char *project, struct catalogue **ret_catalogue,
		   struct diagnostics *mistakes)
{
	return catalogue_load_set(path, project, NULL, ret_catalogue, mistakes);
}

int catalogue_load_set(const char *path, const char *project, const struct strings *settings,
		       struct catalogue **ret_catalogue, struct diagnostics *mistakes)
{
	struct catalogue *catalogue = catalogue_new(mistakes);
	size_t before = mistake_count(catalogue);
	autofree char *folder = path_directory(path);
	if (!path_exists(path)) {
		no_such_file(catalogue, path, folder);
	} else if (locate_project(catalogue, folder, project) < 0) {
		diagnostics_add(mistakes, (struct place){ path, 0, 0 },
				project ? "the project %s has no folder recipes/components"
					: "no folder at or above %s holds recipes/components, so "
					  "this is no project",
				project ? project : folder);
	} else {
		load_recipe(catalogue, path, settings);
		load_project(catalogue);
		check_recipe_references(catalogue);
	}
	return finish(catalogue, before, ret_catalogue);
}

int catalogue_load_components(const char *project, struct catalogue **ret_catalogue,
			      struct diagnostics *mistakes)
{
	struct catalogue *catalogue = catalogue_new(mistakes);
	size_t before = mistake_count(catalogue);
	if (locate_project(catalogue, ".", project) < 0)
		diagnostics_add(mistakes, (struct place){ project ? project : ".", 0, 0 },
				"no folder recipes/components here%s",
				project ? "" : " or above, and no installed project");
	else
		load_project(catalogue);
	return finish(catalogue, before, ret_catalogue);
}

void catalogue_free(struct catalogue *catalogue)
{
	if (!catalogue)
		return;
	document_free(catalogue->recipe_file.document);
	document_free(catalogue->base_file.document);
	for (size_t i = 0; i < catalogue->board_count; i++)
		document_free(catalogue->boards[i].file.document);
	for (size_t i = 0; i < catalogue->component_count; i++)
		document_free(catalogue->components[i].file.document);
	arena_free(catalogue->arena);
	free(catalogue);
}

const struct recipe *catalogue_recipe(const struct catalogue *catalogue)
{
	return catalogue->has_recipe ? &catalogue->recipe : NULL;
}

const struct board *catalogue_board(const struct catalogue *catalogue)
{
	return catalogue->board;
}

size_t catalogue_boards(const struct catalogue *catalogue, const struct board *const **ret_boards)
{
	*ret_boards = catalogue->board_list;
	return catalogue->board_count;
}

size_t catalogue_components(const struct catalogue *catalogue,
			    const struct component *const **ret_components)
{
	*ret_components = catalogue->component_list;
	return catalogue->component_count;
}

const struct component *catalogue_component(const struct catalogue *catalogue, const char *id)
{
	for (size_t i = 0; i < catalogue->component_count; i++) {
		if (text_equal(catalogue->component_list[i]->id, id))
			return catalogue->component_list[i];
	}
	return NULL;
}

const struct component *catalogue_provider(const struct catalogue *catalogue, const char *role)
{
	const struct component *itself = catalogue_component(catalogue, role);
	if (itself)
		return itself;
	for (size_t i = 0; i < catalogue->component_count; i++) {
		const struct text_list *roles = &catalogue->component_list[i]->provides;
		for (size_t r = 0; r < roles->count; r++) {
			if (text_equal(roles->items[r].text, role))
				return catalogue->component_list[i];
		}
	}
	return NULL;
}
