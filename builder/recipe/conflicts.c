/* Values that are right by themselves and make no sense together. What depends on which components are
 * built in is found by the room `plan`. */
#include "recipe/catalogue.h"

#include <string.h>

/* Where `key` of the map `map` (NULL: of the file itself) stands; the file when it does not. */
static struct place place_of(const struct source_file *file, const char *map, const char *key)
{
	const struct node *parent = map ? node_get(file->root, map) : file->root;
	const struct node *node = node_get(parent, key);
	return node ? node->place : (struct place){ file->path, 0, 0 };
}

/* ---- kernel command line ---- */

/* What hiebox writes itself: a second one would start another system, or none. */
static void check_arguments(struct catalogue *catalogue, const struct text_list *arguments)
{
	static const char *const own[] = { "root", "rootfstype", "rootflags", "init",    "initrd",
					   "boot", "hie.data",   "hie.slot",  "ro",      "rw",
					   "BOOT_IMAGE", "systemd.gpt_auto" };
	for (size_t i = 0; i < arguments->count; i++) {
		const struct placed_text *argument = &arguments->items[i];
		size_t length = strcspn(argument->text, "=");
		for (size_t k = 0; k < LENGTH(own); k++) {
			if (strlen(own[k]) == length && !strncmp(argument->text, own[k], length))
				diagnostics_add(catalogue->mistakes, argument->place,
						"kernel-arguments[]: %s is set by hiebox itself, so "
						"that the box finds its own partitions; take it out",
						own[k]);
		}
	}
}

/* ---- boards ---- */

static bool has(const struct text_list *list, const char *text)
{
	for (size_t i = 0; i < list->count; i++) {
		if (text_equal(list->items[i].text, text))
			return true;
	}
	return false;
}

void check_board_conflicts(struct catalogue *catalogue, const struct loaded_board *loaded)
{
	const struct board *board = &loaded->board;
	for (size_t i = 0; i < board->firmware.count; i++) {
		const struct placed_text *firmware = &board->firmware.items[i];
		if (text_equal(firmware->text, "secure-boot") && !has(&board->firmware, "uefi"))
			diagnostics_add(catalogue->mistakes, firmware->place,
					"firmware[]: secure-boot is a kind of UEFI; add uefi to "
					"the list");
		if (text_equal(firmware->text, "bios") && text_equal(board->architecture, "arm64"))
			diagnostics_add(catalogue->mistakes, firmware->place,
					"firmware[]: there is no BIOS on arm64; expected uefi");
	}
	check_arguments(catalogue, &board->kernel_arguments);
}

/* ---- recipes ---- */

static void check_access_point(struct catalogue *catalogue)
{
	const struct board *board = catalogue->board;
	if (!catalogue->recipe.access_point || !board || board->wireless)
		return;
	diagnostics_add(catalogue->mistakes,
			place_of(&catalogue->recipe_file, "site", "access-point"),
			"site.access-point: board %s has no wireless network (its file does not say "
			"`wireless: true`)",
			board->id);
}

/* What its makers are given: recipes/seeds/<id>/. */
static void find_seed(struct catalogue *catalogue, const struct component *component)
{
	struct recipe *recipe = &catalogue->recipe;
	autofree char *shown = text_format("recipes/seeds/%s", recipe->seed.text);
	autofree char *folder = path_join(catalogue->project, shown), *file = path_join(folder, "seed.yaml");
	if (path_exists(file))
		recipe->seed_folder = arena_string(catalogue->arena, folder);
	else if (component->seed_run)
		diagnostics_add(catalogue->mistakes, recipe->seed.place,
				"data.seed: %s can start with %s, but there is no %s/seed.yaml", component->id,
				recipe->seed.text, locate_shown(catalogue, shown));
}

/* The data set must be some component's at all; whether that one is built in is for plan to say. */
static void check_seed(struct catalogue *catalogue)
{
	const struct placed_text *seed = &catalogue->recipe.seed;
	size_t count = 0;
	bool known = false;
	if (!seed->text)
		return;
	if (catalogue->recipe.mode == MODE_PRODUCTION)
		diagnostics_add(catalogue->mistakes, seed->place,
				"data.seed: mode production starts without training data; take the "
				"seed out, or change the mode");
	for (size_t i = 0; i < catalogue->component_count; i++)
		count += catalogue->component_list[i]->seeds.count;
	autofree const char **names = memory_alloc((count + 1) * sizeof *names);
	count = 0;
	for (size_t i = 0; i < catalogue->component_count; i++) {
		const struct text_list *seeds = &catalogue->component_list[i]->seeds;
		for (size_t s = 0; s < seeds->count; s++)
			names[count++] = seeds->items[s].text;
		if (!has(seeds, seed->text))
			continue;
		known = true;
		find_seed(catalogue, catalogue->component_list[i]);
	}
	if (known || catalogue->incomplete)
		return;
	autofree char *guess = did_you_mean(seed->text, names);
	diagnostics_add(catalogue->mistakes, seed->place,
			"data.seed: no component has a data set \"%s\"%s", seed->text, guess);
}

/* On a production box nobody is logged in at the console, and nobody has a password. */
static void check_way_in(struct catalogue *catalogue)
{
	const struct recipe *recipe = &catalogue->recipe;
	if (recipe->mode != MODE_PRODUCTION || recipe->ssh_keys.count || recipe->user_count ||
	    node_get(node_get(catalogue->recipe_file.root, "site"), "ssh-keys") ||
	    node_get(catalogue->recipe_file.root, "users"))
		return;
	diagnostics_add(catalogue->mistakes, place_of(&catalogue->recipe_file, NULL, "mode"),
			"mode: nobody could get into this box: in production its console asks for a "
			"password, and nobody has one; give site.ssh-keys or users");
}

/* Units are laid into one folder by their names. */
static void check_unit_names(struct catalogue *catalogue)
{
	const struct text_list *units = &catalogue->recipe.units;
	for (size_t i = 1; i < units->count; i++) {
		const char *name = path_base(units->items[i].text);
		for (size_t j = 0; j < i && !path_is_directory(units->items[i].text); j++) {
			if (path_is_directory(units->items[j].text) ||
			    !text_equal(name, path_base(units->items[j].text)))
				continue;
			diagnostics_add(catalogue->mistakes, units->items[i].place,
					"units[]: another %s is already in line %u; one would replace "
					"the other",
					name, units->items[j].place.line);
			break;
		}
	}
}

/* "less" and "less=590-2.1" go together; two versions do not. */
static void check_versions(struct catalogue *catalogue)
{
	const struct text_list *packages = &catalogue->recipe.packages;
	for (size_t i = 1; i < packages->count; i++) {
		const char *text = packages->items[i].text;
		size_t length = strcspn(text, "=");
		for (size_t j = 0; j < i && text[length]; j++) {
			const char *other = packages->items[j].text;
			if (strcspn(other, "=") != length || !other[length] ||
			    strncmp(text, other, length) || text_equal(text, other))
				continue;
			diagnostics_add(catalogue->mistakes, packages->items[i].place,
					"packages[]: %s stands in line %u with another version; a "
					"box has one",
					other, packages->items[j].place.line);
			break;
		}
	}
}

void check_recipe_conflicts(struct catalogue *catalogue)
{
	check_access_point(catalogue);
	check_seed(catalogue);
	check_way_in(catalogue);
	check_unit_names(catalogue);
	check_versions(catalogue);
	check_arguments(catalogue, &catalogue->recipe.kernel_arguments);
}
