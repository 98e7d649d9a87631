/* The site layer; see site.h. */
#define _GNU_SOURCE 1
#include "assemble/site.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "assemble/accounts.h"
#include "assemble/layer.h"
#include "assemble/normalise.h"
#include "assemble/overlay.h"
#include "assemble/seed.h"
#include "assemble/settings.h"

/* A few hundred small files: the level matters to nobody */
#define SITE_LEVEL 3
#define UNIT_MAXIMUM (1u << 20)

/* Folders of this recipe, in the order they are laid down; later ones win. */
struct folders {
	struct strings overlays, units;
	char *workflows; /* NULL: there is none */
};

static void add_folder(struct strings *list, char *path)
{
	if (path_is_directory(path) && !strings_have(list, path))
		strings_take(list, path);
	else
		free(path);
}

static void find_folders(const struct build *build, struct folders *folders)
{
	const struct plan *plan = build->plan;
	const char *mode = mode_name(plan->recipe->mode);
	add_folder(&folders->overlays, path_join(build->project, "overlays/hie-base"));
	add_folder(&folders->units, path_join(build->project, "units/hie-base"));
	for (size_t i = 0; i < plan->component_count; i++) {
		const struct component *component = plan->components[i].component;
		if (component->overlay_folder)
			add_folder(&folders->overlays, text_copy(component->overlay_folder));
		if (component->units_folder)
			add_folder(&folders->units, text_copy(component->units_folder));
	}
	add_folder(&folders->overlays, text_format("%s/overlays/mode-%s", build->project, mode));
	add_folder(&folders->units, text_format("%s/units/mode-%s", build->project, mode));
	for (size_t i = 0; i < plan->recipe->overlays.count; i++)
		add_folder(&folders->overlays, text_copy(plan->recipe->overlays.items[i].text));
	autofree char *workflows = path_join(build->project, "recipes/workflows");
	if (path_is_directory(workflows))
		folders->workflows = steal(workflows);
}

static void clear_folders(struct folders *folders)
{
	strings_clear(&folders->overlays);
	strings_clear(&folders->units);
	free(folders->workflows);
}

/* Quadlets (podman-systemd.unit(5)) have a place of their own; a drop-in folder goes with its unit. */
static const char *unit_place(const char *name)
{
	static const char *const quadlets[] = { ".container", ".volume", ".kube", ".image", ".pod", ".build",
						".network" };
	autofree char *plain = text_ends(name, ".d") ? text_copy_n(name, strlen(name) - 2) : text_copy(name);
	for (size_t i = 0; i < LENGTH(quadlets); i++)
		if (text_ends(plain, quadlets[i]))
			return "usr/share/containers/systemd";
	return "usr/lib/systemd/system";
}

static int lay_unit(const char *path, const char *tree, int64_t timestamp, struct error *err)
{
	const char *name = path_base(path);
	autofree char *folder = path_join(tree, unit_place(name)), *to = path_join(folder, name);
	if (directory_make(folder, 0755, err))
		return -1;
	if (path_is_directory(path))
		return overlay_copy(path, to, timestamp, err);
	return overlay_copy_file(path, to, timestamp, err);
}

static int lay_units(const char *folder, const char *tree, int64_t timestamp, struct error *err)
{
	struct strings autostrings names = { 0 };
	if (directory_list(folder, &names, err))
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		autofree char *path = path_join(folder, names.items[i]);
		if (lay_unit(path, tree, timestamp, err))
			return -1;
	}
	return 0;
}

/* What the box can play: each file of recipes/workflows, beneath what overlays bring. */
static int lay_workflows(const struct folders *folders, const char *tree, int64_t timestamp, struct error *err)
{
	struct strings autostrings names = { 0 };
	autofree char *to = path_join(tree, "usr/share/hie/workflows");
	if (!folders->workflows)
		return 0;
	if (directory_make(to, 0755, err) || directory_list(folders->workflows, &names, err))
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		autofree char *from = path_join(folders->workflows, names.items[i]), *file = path_join(to, names.items[i]);
		if (text_ends(from, ".yaml") && overlay_copy_file(from, file, timestamp, err))
			return -1;
	}
	return 0;
}

static int lay_folders(const struct build *build, const struct folders *folders, const char *tree,
		       struct error *err)
{
	int64_t timestamp = build->plan->lock.timestamp;
	if (lay_workflows(folders, tree, timestamp, err))
		return -1;
	for (size_t i = 0; i < folders->overlays.count; i++)
		if (overlay_copy(folders->overlays.items[i], tree, timestamp, err))
			return -1;
	for (size_t i = 0; i < folders->units.count; i++)
		if (lay_units(folders->units.items[i], tree, timestamp, err))
			return -1;
	for (size_t i = 0; i < build->plan->recipe->units.count; i++) {
		const char *path = build->plan->recipe->units.items[i].text;
		if (path_is_directory(path) ? lay_units(path, tree, timestamp, err) :
		    lay_unit(path, tree, timestamp, err))
			return -1;
	}
	return 0;
}

/* Is it a unit that systemctl can enable? Drop-ins, quadlets and units without [Install] are not. */
static int wants_start(const char *path, bool *ret_answer, struct error *err)
{
	autofree char *text = NULL;
	*ret_answer = false;
	if (path_is_directory(path) || !text_equal(unit_place(path_base(path)), "usr/lib/systemd/system"))
		return 0;
	if (file_read(path, UNIT_MAXIMUM, &text, NULL, err))
		return -1;
	*ret_answer = text_starts(text, "[Install]") || strstr(text, "\n[Install]");
	return 0;
}

static int add_preset(const char *path, struct buffer *text, struct error *err)
{
	bool answer;
	if (wants_start(path, &answer, err))
		return -1;
	if (answer)
		buffer_format(text, "enable %s\n", path_base(path));
	return 0;
}

static int add_presets(const char *folder, struct buffer *text, struct error *err)
{
	struct strings autostrings names = { 0 };
	if (directory_list(folder, &names, err))
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		autofree char *path = path_join(folder, names.items[i]);
		if (add_preset(path, text, err))
			return -1;
	}
	return 0;
}

/* What a component or the recipe brings with an [Install] section shall start; the name sorts before
 * 00-hie.preset, whose last line switches off everything that is not named. */
static int write_presets(const struct build *build, const struct folders *folders, const char *tree,
			 struct error *err)
{
	struct buffer autobuffer text = { 0 };
	buffer_text(&text, "# units of this box's components and of its recipe\n");
	for (size_t i = 0; i < folders->units.count; i++)
		if (add_presets(folders->units.items[i], &text, err))
			return -1;
	for (size_t i = 0; i < build->plan->recipe->units.count; i++) {
		const char *path = build->plan->recipe->units.items[i].text;
		if (path_is_directory(path) ? add_presets(path, &text, err) : add_preset(path, &text, err))
			return -1;
	}
	return settings_file(tree, "usr/lib/systemd/system-preset/00-box.preset", text.data, err);
}

/* The target's own systemctl reads our presets and makes the links of our units. */
static int apply_presets(const struct build *build, const char *tree, struct error *err)
{
	static const char *const argv[] = { "/usr/bin/systemctl", "--root=/run/site", "preset-all", NULL };
	static const char *const offline[] = { "SYSTEMD_OFFLINE=1", NULL };
	const struct sandbox_bind bind = { .from = tree, .to = "/run/site", .writable = true };
	struct buffer autobuffer output = { 0 };
	const struct tool_run run = {
		.argv = argv, .binds = &bind, .bind_count = 1, .output = &output, .environment = offline,
		.timestamp = build->plan->lock.timestamp,
	};
	return tools_run(build->tools, &run, err) ? error_prefix(err, "presets") : 0;
}

/* As new as /usr: first boot need not bring anything up to date. Source: systemd-update-done(8). */
static int mark_updated(const struct build *build, const char *tree, struct error *err)
{
	autofree char *text = text_format("# This file was created by hiebox. Its only purpose is to hold the "
					  "timestamp of the last update\nTIMESTAMP_NSEC=%lld000000000\n",
					  (long long)build->plan->lock.timestamp);
	if (settings_file(tree, "etc/.updated", text, err))
		return -1;
	return settings_file(tree, "var/.updated", text, err);
}

static int build_tree(const struct build *build, const struct layers *layers, const struct folders *folders,
		      const char *tree, struct error *err)
{
	autofree char *base = path_directory(layers->items[LAYER_BASE].squashfs);
	autofree char *facts = path_join(base, "facts"), *etc = path_join(tree, "etc");
	if (directory_make(etc, 0755, err) || settings_write(build, tree, err) ||
	    settings_plain(build, tree, err) || settings_firewall(build, tree, err) ||
	    describe_write(build, layers, tree, err) || lay_folders(build, folders, tree, err) ||
	    settings_growth(build, tree, err) || accounts_write(build, facts, tree, err) ||
	    accounts_people(build, tree, err) || seed_put(build, layers, tree, err) || write_presets(build, folders, tree, err) ||
	    apply_presets(build, tree, err))
		return -1;
	return mark_updated(build, tree, err);
}

static int site_key(const struct build *build, const struct layers *layers, const struct folders *folders,
		    char **ret_key, struct error *err)
{
	struct hash *key = layer_key_begin("site", build->tools);
	autofree char *lock = lock_text(&build->plan->lock), *plan = plan_text(build->plan, NULL, NULL);
	int answer = 0;
	hash_text(key, layers->items[LAYER_BASE].key);
	hash_text(key, layers->items[LAYER_APPS].key);
	hash_text(key, layers->seed ? path_base(layers->seed) : "no data set");
	hash_text(key, lock);
	hash_text(key, plan);
	hash_text(key, build->plan->recipe->text ? build->plan->recipe->text : "");
	for (size_t i = 0; !answer && i < folders->overlays.count; i++)
		answer = layer_key_folder(key, folders->overlays.items[i], err);
	for (size_t i = 0; !answer && i < folders->units.count; i++)
		answer = layer_key_folder(key, folders->units.items[i], err);
	if (!answer && folders->workflows)
		answer = layer_key_folder(key, folders->workflows, err);
	for (size_t i = 0; !answer && i < build->plan->recipe->units.count; i++) {
		const char *path = build->plan->recipe->units.items[i].text;
		answer = path_is_directory(path) ? layer_key_folder(key, path, err) :
			 layer_key_file(key, path, err);
	}
	for (size_t i = 0; !answer && i < build->plan->component_count; i++) {
		autofree char *file = path_join(build->plan->components[i].component->folder, "component.yaml");
		if (path_exists(file))
			answer = layer_key_file(key, file, err);
	}
	if (answer) {
		hash_free(key);
		return -1;
	}
	*ret_key = layer_key_end(key);
	return 0;
}

static int build_layer(const struct build *build, struct layers *layers, const struct folders *folders,
		       const char *key, struct error *err)
{
	autofree char *tree = path_join(build->trees, "site");
	autofree char *directory = path_join(build->store->work, "site-layer");
	struct entries autoentries entries = { 0 };
	int64_t timestamp = build->plan->lock.timestamp;
	if (tree_remove(tree, err) || tree_remove(directory, err) || directory_make(directory, 0755, err) ||
	    build_tree(build, layers, folders, tree, err) || entries_walk(tree, &entries, err) ||
	    normalise_check(tree, &entries, err) ||
	    entries_inherit(&entries, layers->items[LAYER_BASE].entries, err) ||
	    entries_inherit(&entries, layers->items[LAYER_APPS].entries, err))
		return -1;
	normalise_times(&entries, NULL, timestamp);
	const struct layer_source source = {
		.name = "site", .key = key, .tree = tree, .entries = &entries, .directory = directory,
		.timestamp = timestamp, .level = SITE_LEVEL,
	};
	if (layer_write(&source, build->store, build->tools, &layers->items[LAYER_SITE], err))
		return -1;
	return tree_remove(tree, err);
}

int site_layer(const struct build *build, struct layers *layers, struct error *err)
{
	struct folders folders = { 0 };
	autofree char *key = NULL;
	find_folders(build, &folders);
	int answer = site_key(build, layers, &folders, &key, err);
	if (!answer && (build->options->no_cache ||
			!layer_find(build->store, "site", key, &layers->items[LAYER_SITE]))) {
		struct progress *progress = progress_begin("site", "units, settings and accounts", 0, false);
		answer = build_layer(build, layers, &folders, key, err);
		progress_end(progress, answer ? "failed" : NULL);
	}
	clear_folders(&folders);
	return answer ? error_prefix(err, "site layer") : 0;
}
