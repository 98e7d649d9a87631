/* What refers to something else: does it exist, does it fit? */
#include "recipe/catalogue.h"

#include <string.h>

const char **component_names(const struct catalogue *catalogue)
{
	const char **names = memory_alloc((catalogue->component_count + 1) * sizeof *names);
	for (size_t i = 0; i < catalogue->component_count; i++)
		names[i] = catalogue->component_list[i]->id;
	return names;
}

/* Components' names and roles. */
static const char **role_names(const struct catalogue *catalogue)
{
	size_t count = catalogue->component_count;
	for (size_t i = 0; i < catalogue->component_count; i++)
		count += catalogue->component_list[i]->provides.count;
	const char **names = memory_alloc((count + 1) * sizeof *names);
	size_t used = 0;
	for (size_t i = 0; i < catalogue->component_count; i++) {
		const struct component *component = catalogue->component_list[i];
		names[used++] = component->id;
		for (size_t r = 0; r < component->provides.count; r++)
			names[used++] = component->provides.items[r].text;
	}
	return names;
}

/* ---- recipe ---- */

static void check_board(struct catalogue *catalogue)
{
	const struct recipe *recipe = &catalogue->recipe;
	if (!recipe->board_id.text)
		return;
	autofree const char **names = memory_alloc((catalogue->board_count + 1) * sizeof *names);
	for (size_t i = 0; i < catalogue->board_count; i++) {
		names[i] = catalogue->board_list[i]->id;
		if (text_equal(names[i], recipe->board_id.text))
			catalogue->board = catalogue->board_list[i];
	}
	if (!catalogue->board) {
		autofree char *found = text_quoted(recipe->board_id.text);
		autofree char *guess = did_you_mean(recipe->board_id.text, names);
		diagnostics_add(catalogue->mistakes, recipe->board_id.place,
				"board: there is no board %s%s", found, guess);
	} else if (recipe->architecture && catalogue->board->architecture &&
		   !text_equal(recipe->architecture, catalogue->board->architecture)) {
		diagnostics_add(catalogue->mistakes, recipe->board_id.place,
				"board: %s is an %s machine, but distribution.architecture is %s",
				catalogue->board->id, catalogue->board->architecture,
				recipe->architecture);
	}
}

/* What to say to an unknown component's name: that it is a role, or the nearest name. Caller frees. */
static char *role_hint(const struct catalogue *catalogue, const char *name)
{
	const struct component *provider = catalogue_provider(catalogue, name);
	if (provider)
		return text_format("; it is a role, which %s plays", provider->id);
	autofree const char **names = component_names(catalogue);
	return did_you_mean(name, names);
}

static void check_variant(struct catalogue *catalogue, const struct component_choice *choice,
			  const struct component *component)
{
	autofree const char **names = memory_alloc((component->variant_count + 1) * sizeof *names);
	autobuffer struct buffer known = { 0 };
	size_t count = 0;
	for (size_t i = 0; i < component->variant_count; i++) {
		const char *name = component->variants[i].name;
		if (!name)
			continue;
		if (text_equal(name, choice->variant))
			return;
		buffer_format(&known, "%s%s", count ? ", " : "", name);
		names[count++] = name;
	}
	if (!count)
		return; /* its own file is wrong, which was said there */
	autofree char *found = text_quoted(choice->variant);
	autofree char *guess = did_you_mean(choice->variant, names);
	diagnostics_add(catalogue->mistakes, choice->place,
			"components[].variant: %s has no variant %s%s (it has: %s)", component->id,
			found, guess, known.data);
}

static void check_choices(struct catalogue *catalogue)
{
	for (size_t i = 0; i < catalogue->recipe.component_count; i++) {
		const struct component_choice *choice = &catalogue->recipe.components[i];
		if (!choice->id)
			continue;
		const struct component *component = catalogue_component(catalogue, choice->id);
		if (component && choice->variant) {
			check_variant(catalogue, choice, component);
		} else if (!component) {
			autofree char *found = text_quoted(choice->id);
			autofree char *hint = role_hint(catalogue, choice->id);
			diagnostics_add(catalogue->mistakes, choice->place,
					"components[]: there is no component %s%s", found, hint);
		}
	}
}

/* The folder of the file in which `entry` stands: the recipe's, or that of the one it extends. */
static const char *writers_folder(const struct catalogue *catalogue, const struct placed_text *entry)
{
	const char *base = catalogue->base_file.path;
	return base && text_equal(entry->place.file, base) ? locate_folder(catalogue, base)
							   : catalogue->recipe.folder;
}

/* Makes the entries of `list` absolute: beside the recipe, in the project's folder `home`, or in the project. */
static void resolve_paths(struct catalogue *catalogue, const char *key, const char *home,
			  struct text_list *list)
{
	const struct recipe *recipe = &catalogue->recipe;
	for (size_t i = 0; i < list->count; i++) {
		struct placed_text *entry = &list->items[i];
		const char *candidates[] = {
			arena_format(catalogue->arena, "%s/%s", writers_folder(catalogue, entry),
				     entry->text),
			arena_format(catalogue->arena, "%s/%s/%s", recipe->project, home,
				     entry->text),
			arena_format(catalogue->arena, "%s/%s", recipe->project, entry->text),
		};
		size_t chosen = 0;
		while (chosen < LENGTH(candidates) && !path_exists(candidates[chosen]))
			chosen++;
		if (chosen == LENGTH(candidates))
			diagnostics_add(
				catalogue->mistakes, entry->place,
				"%s[]: there is no %s beside the recipe, in %s/ or in the project",
				key, entry->text, home);
		else if (text_equal(key, "overlays") && !path_is_directory(candidates[chosen]))
			diagnostics_add(catalogue->mistakes, entry->place, "%s[]: %s is no folder",
					key, entry->text);
		else
			entry->text = candidates[chosen];
	}
}

void check_recipe_references(struct catalogue *catalogue)
{
	check_board(catalogue);
	check_choices(catalogue);
	resolve_paths(catalogue, "overlays", "overlays", &catalogue->recipe.overlays);
	resolve_paths(catalogue, "units", "units", &catalogue->recipe.units);
	check_recipe_conflicts(catalogue);
}

/* ---- component ---- */

static void check_needs(struct catalogue *catalogue, const struct component *component)
{
	for (size_t i = 0; i < component->needs.count; i++) {
		const struct placed_text *need = &component->needs.items[i];
		if (text_equal(need->text, component->id)) {
			diagnostics_add(catalogue->mistakes, need->place,
					"needs[]: a component cannot need itself");
			continue;
		}
		if (catalogue->incomplete || catalogue_provider(catalogue, need->text))
			continue;
		autofree const char **names = role_names(catalogue);
		autofree char *guess = did_you_mean(need->text, names);
		diagnostics_add(catalogue->mistakes, need->place,
				"needs[]: no component is called \"%s\" or provides it%s",
				need->text, guess);
	}
}

static void check_ports(struct catalogue *catalogue, const struct component *component)
{
	for (size_t i = 0; i < component->port_count; i++) {
		const struct port *port = &component->ports[i];
		for (size_t j = 0; j < i && port->number; j++) {
			const struct port *other = &component->ports[j];
			if (port->number != other->number ||
			    !text_equal(port->protocol, other->protocol))
				continue;
			diagnostics_add(catalogue->mistakes, port->place,
					"ports[].port: %s port %u stands here again; it is already "
					"in line %u",
					port->protocol, port->number, other->place.line);
			break;
		}
	}
}

static void check_state(struct catalogue *catalogue, const struct component *component)
{
	for (size_t i = 0; i < component->state_count; i++) {
		const struct state_directory *state = &component->state[i];
		for (size_t j = 0; j < i && state->path; j++) {
			if (text_equal(state->path, component->state[j].path))
				diagnostics_add(catalogue->mistakes, state->place,
						"state[].path: %s stands here again; it is already "
						"in line %u",
						state->path, component->state[j].place.line);
		}
	}
}

static void check_sources(struct catalogue *catalogue, const struct variant *variant)
{
	static const char *const keys[] = {
		[SOURCE_NPM] = "npm", [SOURCE_MAVEN] = "maven", [SOURCE_JAVA] = "java",
		[SOURCE_CLASS_ARCHIVE] = "class-archive",
	};
	for (size_t i = 0; i < variant->source_count; i++) {
		const struct source *source = &variant->sources[i];
		if (!source->lock || variant->described_only || path_exists(source->lock))
			continue;
		diagnostics_add(
			catalogue->mistakes, source->place,
			"variants[].sources[].%s: there is no file %s", keys[source->kind],
			locate_shown(catalogue, source->lock + strlen(catalogue->project) + 1));
	}
	if (variant->images.count && !variant->described_only)
		diagnostics_add(catalogue->mistakes, variant->images.items[0].place,
				"variants[].images: images cannot be built in yet; add "
				"`described-only: true` to variant %s",
				variant->name ? variant->name : "");
}

static bool source_makes(const struct component *component, const char *path)
{
	for (size_t v = 0; v < component->variant_count; v++) {
		for (size_t s = 0; s < component->variants[v].source_count; s++) {
			if (text_equal(component->variants[v].sources[s].to, path))
				return true;
		}
	}
	return false;
}

/* A file that the agent reads must come from the component's overlay or from one of its sources. */
static void check_box_files(struct catalogue *catalogue, const struct component *component,
			    const struct node *list, const char *key)
{
	for node_each (item, list) {
		const struct node *file = node_get(item, key);
		if (!file || !file->text || !value_box_path.valid(file->text) ||
		    source_makes(component, file->text))
			continue;
		autofree char *path = component->overlay_folder
					      ? path_join(component->overlay_folder, file->text)
					      : NULL;
		if (path && path_exists(path))
			continue;
		autofree char *found = text_quoted(file->text);
		diagnostics_add(catalogue->mistakes, file->place,
				"%s[].%s: %s is neither in overlays/%s nor made by a source",
				list->key, key, found, component->id);
	}
}

static void check_backup(struct catalogue *catalogue, const struct component *component)
{
	for node_each (item, component->backup) {
		const struct node *state = node_get(item, "state");
		size_t i = 0;
		while (i < component->state_count && state && !text_equal(component->state[i].name, state->text))
			i++;
		if (state && state->text && i == component->state_count) {
			autofree char *found = text_quoted(state->text);
			diagnostics_add(catalogue->mistakes, state->place,
					"backup[].state: there is no state directory %s here", found);
		}
		if (!node_get(item, "save") != !node_get(item, "load"))
			diagnostics_add(catalogue->mistakes, item->place, "backup[]: save and load go together");
	}
}

/* Who makes a data set's SQL is in the component's overlay, and for one of its own databases. */
static void check_seed_maker(struct catalogue *catalogue, const struct loaded_component *loaded)
{
	const struct component *component = &loaded->component;
	const struct node *seed = node_get(loaded->file.root, "seed");
	if (!component->seed_run || !component->seed_database || !component->seed_to)
		return;
	autofree char *run = path_join(component->overlay_folder ? component->overlay_folder : "", component->seed_run);
	if (!component->overlay_folder || !path_exists(run))
		diagnostics_add(catalogue->mistakes, node_get(seed, "run")->place, "seed.run: %s is not in overlays/%s",
				component->seed_run, component->id);
	for node_each (item, component->databases)
		if (text_equal(node_text(item, "name", NULL), component->seed_database))
			return;
	diagnostics_add(catalogue->mistakes, node_get(seed, "database")->place,
			"seed.database: %s is none of this component's databases", component->seed_database);
}

void check_component_references(struct catalogue *catalogue, const struct loaded_component *loaded)
{
	const struct component *component = &loaded->component;
	check_needs(catalogue, component);
	check_ports(catalogue, component);
	check_state(catalogue, component);
	for (size_t i = 0; i < component->variant_count; i++)
		check_sources(catalogue, &component->variants[i]);
	check_box_files(catalogue, component, component->templates, "from");
	check_box_files(catalogue, component, component->databases, "load");
	check_box_files(catalogue, component, component->backup, "save");
	check_box_files(catalogue, component, component->backup, "load");
	check_backup(catalogue, component);
	check_seed_maker(catalogue, loaded);
	check_secrets(catalogue, component);
}
