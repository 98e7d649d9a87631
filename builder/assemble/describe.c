/* What the agent and people read about the box: box.json (the contract with builder/agent/box.h), the manifest,
 * the lock and the recipe themselves; see settings.h. */
#define _GNU_SOURCE 1
#include <string.h>

#include "assemble/settings.h"

static struct json *text_array(const struct text_list *list)
{
	struct json *array = json_new_array();
	for (size_t i = 0; i < list->count; i++)
		json_add(array, json_new_string(list->items[i].text));
	return array;
}

static struct json *ports_json(const struct component *component, enum mode mode)
{
	struct json *array = json_new_array();
	for (size_t i = 0; i < component->port_count; i++) {
		const struct port *port = &component->ports[i];
		if (port_in_mode(port, mode))
			json_add(array, port_json(port));
	}
	return array;
}

static struct json *state_json(const struct component *component)
{
	struct json *array = json_new_array();
	for (size_t i = 0; i < component->state_count; i++) {
		const struct state_directory *state = &component->state[i];
		autofree char *mode = text_format("%04o", (unsigned)state->mode);
		struct json *item = json_new_object();
		json_set(item, "name", json_new_string(state->name));
		json_set(item, "path", json_new_string(state->path));
		json_set(item, "mode", json_new_string(mode));
		json_set(item, "user", json_new_string(state->user));
		json_set(item, "group", json_new_string(state->group));
		json_add(array, item);
	}
	return array;
}

static void set_node(struct json *object, const char *key, const struct node *node)
{
	if (node)
		json_set(object, key, json_from_node(node));
}

/* A database that starts with a data set is filled by what was made of it, instead of by the bare schema. */
static struct json *databases_json(const struct plan *plan, const struct component *component)
{
	struct json *array = json_new_array();
	for node_each (database, component->databases) {
		struct json *item = json_from_node(database);
		if (text_equal(node_text(database, "name", NULL), component->seed_database) && plan_seeds(plan, component))
			json_set(item, "load", json_new_string(component->seed_to));
		json_add(array, item);
	}
	return array;
}

static struct json *component_json(const struct plan *plan, const struct planned_component *planned)
{
	enum mode mode = plan->recipe->mode;
	const struct component *component = planned->component;
	struct json *item = json_new_object();
	json_set(item, "id", json_new_string(component->id));
	json_set(item, "variant", json_new_string(planned->variant ? planned->variant->name : NULL));
	if (planned->reason)
		json_set(item, "variant-reason", json_new_string(planned->reason));
	set_node(item, "title", component->title);
	json_set(item, "summary", json_new_string(component->summary));
	json_set(item, "provides", text_array(&component->provides));
	json_set(item, "memory", json_new_number((int64_t)component->memory));
	json_set(item, "ports", ports_json(component, mode));
	json_set(item, "state", state_json(component));
	set_node(item, "secrets", component->secrets);
	set_node(item, "templates", component->templates);
	if (component->databases)
		json_set(item, "databases", databases_json(plan, component));
	set_node(item, "health", component->health);
	set_node(item, "backup", component->backup);
	set_node(item, "page", component->page);
	set_node(item, "default-logins", component->default_logins);
	return item;
}

static struct json *site_json(const struct recipe *recipe)
{
	struct json *site = json_new_object();
	json_set(site, "name", json_new_string(recipe->site_name ? recipe->site_name : "hiebox"));
	json_set(site, "languages", text_array(&recipe->languages));
	json_set(site, "time-zone", json_new_string(recipe->time_zone ? recipe->time_zone : "UTC"));
	json_set(site, "keyboard", json_new_string(recipe->keyboard ? recipe->keyboard : "us"));
	json_set(site, "ssh-keys", text_array(&recipe->ssh_keys));
	return site;
}

/* What must be said about works of others in the recipe's data set; NULL when there is none. */
static struct json *notices_json(const struct plan *plan)
{
	bool seeds = false;
	for (size_t i = 0; i < plan->component_count; i++)
		seeds |= plan_seeds(plan, plan->components[i].component);
	if (!seeds)
		return NULL;
	autofree char *path = path_join(plan->recipe->seed_folder, "seed.yaml");
	autodocument struct document *seed = document_load_or_null(path);
	const struct node *notices = seed ? node_get(document_root(seed), "notices") : NULL;
	return notices ? json_from_node(notices) : NULL;
}

static char *box_text(const struct plan *plan)
{
	const struct recipe *recipe = plan->recipe;
	autojson struct json *box = json_new_object();
	char identity[HASH_HEX_MAX], seed[HASH_HEX_MAX];
	plan_identity(plan, identity);
	hash_bytes("sha256", identity, strlen(identity), seed);
	json_set(box, "format", json_new_number(1));
	json_set(box, "recipe", json_new_string(recipe->name));
	json_set(box, "summary", json_new_string(recipe->summary));
	json_set(box, "mode", json_new_string(mode_name(recipe->mode)));
	json_set(box, "built", json_new_number(plan->lock.timestamp));
	json_set(box, "seed-id", json_new_string(seed));
	json_set(box, "site", site_json(recipe));
	struct json *components = json_new_array();
	for (size_t i = 0; i < plan->component_count; i++)
		json_add(components, component_json(plan, &plan->components[i]));
	json_set(box, "components", components);
	struct json *notices = notices_json(plan);
	if (notices)
		json_set(box, "notices", notices);
	return json_write(box, false);
}

static char *plain_directories_text(const struct plan *plan)
{
	struct buffer text = { 0 };
	for (size_t i = 0; i < plan->component_count; i++) {
		const struct component *component = plan->components[i].component;
		for (size_t k = 0; k < component->state_count; k++) {
			const struct state_directory *state = &component->state[k];
			buffer_format(&text, "%s %s %04o %s %s\n", state->name, state->path,
				      (unsigned)state->mode, state->user ? state->user : "root",
				      state->group ? state->group : "root");
		}
	}
	return buffer_steal(&text);
}

static struct json *packages_json(const struct package_set *set)
{
	struct json *array = json_new_array();
	for (size_t i = 0; i < set->count; i++) {
		struct json *item = json_new_object();
		json_set(item, "name", json_new_string(set->items[i].name));
		json_set(item, "version", json_new_string(set->items[i].version));
		json_set(item, "architecture", json_new_string(set->items[i].architecture));
		json_set(item, "sha256", json_new_string(set->items[i].sha256));
		json_add(array, item);
	}
	return array;
}

static char *manifest_text(const struct build *build, const struct layers *layers, const char *lock)
{
	const struct plan *plan = build->plan;
	char digest[HASH_HEX_MAX];
	autojson struct json *manifest = json_new_object();
	hash_bytes("sha256", lock, strlen(lock), digest);
	json_set(manifest, "format", json_new_number(1));
	json_set(manifest, "recipe", json_new_string(plan->recipe->name));
	if (plan->recipe->base)
		json_set(manifest, "extends", json_new_string(path_base(plan->recipe->base)));
	if (plan->recipe->settings.count)
		json_set(manifest, "settings", text_array(&plan->recipe->settings));
	json_set(manifest, "lock", json_new_string(digest));
	json_set(manifest, "tools", json_new_string(build->tools->key));
	struct json *keys = json_new_object();
	json_set(keys, "base", json_new_string(layers->items[LAYER_BASE].key));
	json_set(keys, "apps", json_new_string(layers->items[LAYER_APPS].key));
	json_set(manifest, "layers", keys);
	json_set(manifest, "kernel", json_new_string(layers->kernel_release));
	struct json *components = json_new_array();
	for (size_t i = 0; i < plan->component_count; i++) {
		struct json *item = json_new_object();
		const struct planned_component *planned = &plan->components[i];
		json_set(item, "id", json_new_string(planned->component->id));
		json_set(item, "variant", json_new_string(planned->variant ? planned->variant->name : NULL));
		if (planned->reason)
			json_set(item, "reason", json_new_string(planned->reason));
		json_add(components, item);
	}
	json_set(manifest, "components", components);
	json_set(manifest, "packages", packages_json(&plan->lock.image));
	return json_write(manifest, false);
}

int describe_write(const struct build *build, const struct layers *layers, const char *tree,
		   struct error *err)
{
	autofree char *box = box_text(build->plan), *plain = plain_directories_text(build->plan);
	autofree char *lock = lock_text(&build->plan->lock);
	autofree char *manifest = manifest_text(build, layers, lock);
	if (settings_file(tree, "usr/lib/hie/box.json", box, err) ||
	    settings_file(tree, "usr/lib/hie/plain-directories", plain, err) ||
	    settings_file(tree, "usr/lib/hie/manifest.json", manifest, err) ||
	    settings_file(tree, "usr/share/hie/lock", lock, err))
		return -1;
	if (!build->plan->recipe->text)
		return 0;
	return settings_file(tree, "usr/share/hie/recipe.yaml", build->plan->recipe->text, err);
}
