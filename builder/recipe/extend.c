/* One level of `extends:`, and what a recipe comes to with it and with settings. Maps are merged key by key and
 * lists are replaced, as with GitLab CI's `extends` and RFC 7396's merge patch: the file says what the value is,
 * and no rule about order hides in it; `add` and `remove` say when a list is meant to be changed instead. */
#include "recipe/compose.h"

#include <string.h>
#include <sys/stat.h>

static int wrong_base(struct catalogue *catalogue, const struct node *extends, const char *why)
{
	autofree char *name = text_quoted(extends->text);
	return diagnostics_add(catalogue->mistakes, extends->place, "extends: %s %s", name, why);
}

static bool same_file(const char *a, const char *b)
{
	struct stat first, second;
	return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
	       first.st_ino == second.st_ino;
}

static bool lies_in(const char *folder, const char *path)
{
	autofree char *real = realpath(path, NULL);
	autofree char *above = realpath(folder, NULL);
	size_t length = above ? strlen(above) : 0;
	return real && above && text_starts(real, above) && (real[length] == '/' || length == 1);
}

/* Beside the recipe, else of the project's recipes, which may be installed elsewhere. */
static const char *find_base(const struct catalogue *catalogue, const char *name)
{
	autofree char *folder = path_directory(catalogue->recipe_file.path);
	autofree char *beside = text_equal(folder, ".") ? text_copy(name) : path_join(folder, name);
	autofree char *in_recipes = path_join("recipes", name);
	const char *shared = locate_shown(catalogue, in_recipes);
	return !path_exists(beside) && path_exists(shared) ? shared : arena_string(catalogue->arena, beside);
}

/* Is there a file, of this project or below the recipe's folder, that is not the recipe itself? */
static int check_base_path(struct catalogue *catalogue, const struct node *extends, const char *path)
{
	autofree char *own = path_directory(catalogue->recipe_file.path);
	if (path_is_directory(path))
		return wrong_base(catalogue, extends, "is a folder");
	if (!path_exists(path)) {
		autofree char *folder = path_directory(path);
		autostrings struct strings names = { 0 };
		struct error err = { 0 };
		if (!path_is_directory(folder) || directory_list(folder, &names, &err) < 0)
			error_clear(&err);
		const char *const nothing[] = { NULL };
		autofree char *guess = did_you_mean(path_base(path), names.count ?
						    (const char *const *)names.items : nothing);
		autofree char *why = text_format("is no file beside this one or in recipes/%s", guess);
		return wrong_base(catalogue, extends, why);
	}
	if (same_file(path, catalogue->recipe_file.path))
		return wrong_base(catalogue, extends, "is this recipe itself");
	if (!lies_in(catalogue->project, path) && !lies_in(own, path))
		return wrong_base(catalogue, extends, "lies outside this project");
	return 0;
}

/* Is it a recipe, and one that extends nothing? */
static int check_base(struct catalogue *catalogue, const struct node *extends)
{
	const struct source_file *base = &catalogue->base_file;
	const struct node *further = node_get(base->root, "extends");
	if (!node_get(base->root, "recipe"))
		return wrong_base(catalogue, extends, "is no recipe: it has no key \"recipe\"");
	if (!further)
		return 0;
	autofree char *folder = path_directory(base->path);
	autofree char *next = path_join(folder, further->text ? further->text : "");
	autofree char *why = text_format(
		"%s (%s:%u:%u); a recipe can extend only one that extends nothing",
		same_file(next, catalogue->recipe_file.path) ? "extends this recipe in turn" :
							       "extends another recipe itself",
		base->path, further->place.line, further->place.column);
	return wrong_base(catalogue, extends, why);
}

static int load_base(struct catalogue *catalogue, const struct node *extends)
{
	struct source_file *base = &catalogue->base_file;
	autofree char *complaint = scalar_complaint(&value_recipe_file, extends);
	if (complaint)
		return -1; /* check_alone() says it */
	base->path = find_base(catalogue, extends->text);
	if (check_base_path(catalogue, extends, base->path) < 0 ||
	    document_load(base->path, &base->document, catalogue->mistakes) < 0)
		return -1;
	base->root = document_root(base->document);
	return check_base(catalogue, extends);
}

/* Without a recipe below there is nothing to add to. */
static void refuse_lists(struct catalogue *catalogue, const struct node *own)
{
	static const char *const keys[] = { "add", "remove" };
	for (size_t i = 0; i < LENGTH(keys); i++) {
		const struct node *node = node_get(own, keys[i]);
		if (node)
			diagnostics_add(catalogue->mistakes, node->key_place,
					"%s: only a recipe that extends another changes lists; this one "
					"writes them itself", keys[i]);
	}
}

/* The recipe it extends is not there: what is wrong in the file itself is said all the same, but not what is
 * missing, which may stand in the other one. */
static void check_alone(struct catalogue *catalogue, const struct node *own)
{
	size_t count = 0;
	while (file_recipe.keys[count].name)
		count++;
	autofree struct key_entry *keys = memory_copy(file_recipe.keys, (count + 1) * sizeof *keys);
	for (size_t i = 0; i < count; i++)
		keys[i].flags &= ~(unsigned)KEY_REQUIRED;
	struct value_type optional = file_recipe;
	optional.keys = keys;
	walk_file(&(struct walk){ catalogue->arena, catalogue->mistakes }, &optional, own, NULL);
}

static struct node *lay_over_base(struct catalogue *catalogue, const struct node *own)
{
	const struct merge merge = { catalogue->arena, catalogue->mistakes, catalogue->base_file.path };
	struct node *tree = merge_copy(catalogue->arena, catalogue->base_file.root, NULL);
	struct node **name = merge_child(tree, "recipe");
	*name = (*name)->next; /* each file has a name of its own */
	tree->count--;
	merge_variant(&merge, tree, own);
	return tree;
}

const struct node *compose_recipe(struct catalogue *catalogue, const struct strings *settings)
{
	const struct node *own = catalogue->recipe_file.root;
	struct recipe *recipe = &catalogue->recipe;
	size_t count = settings ? settings->count : 0;
	if (own->kind != NODE_MAP)
		return own;
	const struct node *extends = node_get(own, "extends");
	if (extends && load_base(catalogue, extends) < 0) {
		check_alone(catalogue, own);
		return NULL;
	}
	if (!extends)
		refuse_lists(catalogue, own);
	else
		recipe->base = catalogue->base_file.path;
	if (!extends && !count)
		return own;
	const struct merge merge = { catalogue->arena, catalogue->mistakes, catalogue->recipe_file.path };
	struct node *tree = extends ? lay_over_base(catalogue, own) : merge_copy(catalogue->arena, own, NULL);
	recipe->settings.items = arena_alloc(catalogue->arena, count * sizeof *recipe->settings.items);
	for (size_t i = 0; i < count; i++) {
		set_apply(&merge, tree, settings->items[i]);
		recipe->settings.items[recipe->settings.count++].text =
			arena_string(catalogue->arena, settings->items[i]);
	}
	return tree;
}
