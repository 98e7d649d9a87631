/* json: the same as text.c, for programs. Sizes in bytes. */
#include "plan/summary.h"

static struct json *amount_json(const struct amount *amount)
{
	struct json *object = json_new_object();

	json_set(object, "count", json_new_number((int64_t)amount->count));
	json_set(object, "bytes", json_new_number((int64_t)amount->bytes));
	json_set(object, "present", json_new_number((int64_t)amount->present));
	json_set(object, "present-bytes", json_new_number((int64_t)amount->present_bytes));
	return object;
}

static struct json *components_json(const struct plan *plan)
{
	struct json *list = json_new_array();

	for (size_t i = 0; i < plan->component_count; i++) {
		const struct planned_component *planned = &plan->components[i];
		struct json *object = json_new_object();
		struct json *provides = json_new_array();

		for (size_t j = 0; j < planned->component->provides.count; j++)
			json_add(provides, json_new_string(planned->component->provides.items[j].text));
		json_set(object, "component", json_new_string(planned->component->id));
		json_set(object, "variant", json_new_string(planned->variant->name));
		json_set(object, "reason", json_new_string(planned->reason));
		json_set(object, "provides", provides);
		json_set(object, "memory", json_new_number((int64_t)planned->component->memory));
		json_add(list, object);
	}
	return list;
}

static struct json *packages_json(const struct package_set *set)
{
	struct json *list = json_new_array();

	for (size_t i = 0; i < set->count; i++) {
		const struct package *package = &set->items[i];
		struct json *object = json_new_object();

		json_set(object, "package", json_new_string(package->name));
		json_set(object, "version", json_new_string(package->version));
		json_set(object, "architecture", json_new_string(package->architecture));
		json_set(object, "size", json_new_number((int64_t)package->size));
		json_set(object, "sha256", json_new_string(package->sha256));
		json_set(object, "why", json_new_string(package->why));
		json_add(list, object);
	}
	return list;
}

static struct json *sources_json(const struct plan *plan, plan_present *present, void *context)
{
	struct json *list = json_new_array();

	for (size_t i = 0; i < plan->source_count; i++) {
		const struct planned_source *planned = &plan->sources[i];
		struct amount amount = summary_payloads(planned, present, context);
		struct json *object = json_new_object();

		json_set(object, "component", json_new_string(planned->component->id));
		json_set(object, "kind", json_new_string(summary_source_kinds[planned->source->kind]));
		json_set(object, "name", json_new_string(summary_source_name(planned->source)));
		json_set(object, "into", json_new_string(planned->source->into ? planned->source->into
								       : planned->source->to));
		json_set(object, "files", amount_json(&amount));
		json_add(list, object);
	}
	return list;
}

struct json *port_json(const struct port *port)
{
	struct json *object = json_new_object();

	json_set(object, "port", json_new_number(port->number));
	json_set(object, "protocol", json_new_string(port->protocol));
	json_set(object, "for", json_new_string(audience_name(port->audience)));
	json_set(object, "summary", json_new_string(port->summary));
	return object;
}

static struct json *ports_json(const struct plan *plan)
{
	struct json *list = json_new_array();

	for (size_t i = 0; i < plan->port_count; i++) {
		const struct port *port = &plan->ports[i];
		struct json *object = port_json(port);

		json_set(object, "component", json_new_string(summary_port_owner(plan, port)));
		json_add(list, object);
	}
	return list;
}

static struct json *disk_json(const struct plan *plan)
{
	struct json *object = json_new_object(), *list = json_new_array();
	struct layout layout;

	plan_layout(plan, plan_estimate(plan), &layout);
	for (size_t i = 0; i < layout.count; i++) {
		const struct partition *partition = &layout.partitions[i];
		struct json *entry = json_new_object();

		json_set(entry, "name", json_new_string(partition->name));
		json_set(entry, "type", json_new_string(partition->type));
		json_set(entry, "uuid", json_new_string(partition->uuid));
		json_set(entry, "start", json_new_number((int64_t)partition->start));
		json_set(entry, "size", json_new_number((int64_t)partition->size));
		json_add(list, entry);
	}
	json_set(object, "uuid", json_new_string(layout.disk_uuid));
	json_set(object, "size", json_new_number((int64_t)layout.disk_size));
	json_set(object, "estimated-system", json_new_number((int64_t)plan_estimate(plan)));
	json_set(object, "estimated-image", json_new_number((int64_t)plan_estimate_used(plan)));
	json_set(object, "installed", json_new_number((int64_t)plan->lock.image.installed_bytes));
	json_set(object, "partitions", list);
	return object;
}

static struct json *secrets_json(const struct plan *plan)
{
	static const char *const keys[] = { "name", "kind", "user", "for" };
	struct json *list = json_new_array();

	for (size_t i = 0; i < plan->component_count; i++)
		for node_each(secret, plan->components[i].component->secrets) {
			struct json *object = json_new_object();

			for (size_t j = 0; j < LENGTH(keys); j++)
				json_set(object, keys[j], json_new_string(node_text(secret, keys[j], NULL)));
			json_set(object, "component", json_new_string(plan->components[i].component->id));
			json_add(list, object);
		}
	return list;
}

static struct json *words_json(const char *words)
{
	struct json *list = json_new_array();
	autostrings struct strings parts = { 0 };

	strings_split(&parts, words ? words : "", " ");
	for (size_t i = 0; i < parts.count; i++)
		json_add(list, json_new_string(parts.items[i]));
	return list;
}

static struct json *units_json(const struct plan *plan)
{
	autoarena struct arena *arena = arena_new();
	struct json *list = json_new_array();
	struct planned_unit *units;
	size_t count = plan_units(plan, arena, &units);

	for (size_t i = 0; i < count; i++) {
		struct json *object = json_new_object();

		json_set(object, "unit", json_new_string(units[i].name));
		json_set(object, "description", json_new_string(units[i].description));
		json_set(object, "component", json_new_string(units[i].component ? units[i].component->id : NULL));
		json_set(object, "additions", json_new_boolean(units[i].additions));
		json_set(object, "after", words_json(units[i].after));
		json_set(object, "requires", words_json(units[i].requires));
		json_set(object, "wanted-by", words_json(units[i].wanted_by));
		json_add(list, object);
	}
	return list;
}

static struct json *users_json(const struct plan *plan)
{
	autoarena struct arena *arena = arena_new();
	struct json *list = json_new_array();
	struct summary_user *users;
	size_t count = summary_users(plan, arena, &users);

	for (size_t i = 0; i < count; i++) {
		const struct login_user *person = users[i].person;
		struct json *object = json_new_object(), *groups = json_new_array();

		for (size_t j = 0; person && j < person->groups.count; j++)
			json_add(groups, json_new_string(person->groups.items[j].text));
		json_set(object, "user", json_new_string(users[i].name));
		json_set(object, "component", json_new_string(users[i].component));
		json_set(object, "home", json_new_string(users[i].home));
		json_set(object, "shell", json_new_string(users[i].shell));
		json_set(object, "groups", groups);
		json_set(object, "sudo", json_new_boolean(person && person->sudo));
		json_add(list, object);
	}
	return list;
}

static struct json *fetch_json(const struct plan *plan, plan_present *present, void *context)
{
	static const char *const keys[FETCH_KINDS] = { "image", "tools", "npm", "maven", "files" };
	struct json *object = json_new_object();

	for (enum fetch_kind kind = 0; kind < FETCH_KINDS; kind++) {
		struct amount amount = summary_fetch(plan, kind, present, context);

		json_set(object, keys[kind], amount_json(&amount));
	}
	return object;
}

static struct json *memory_json(const struct plan *plan)
{
	struct json *memory = json_new_object();

	json_set(memory, "needed", json_new_number((int64_t)plan->memory));
	json_set(memory, "system", json_new_number((int64_t)summary_system_memory(plan)));
	json_set(memory, "board", json_new_number((int64_t)plan->board->memory));
	json_set(memory, "left", json_new_number((int64_t)(plan->board->memory - plan->memory)));
	return memory;
}

static struct json *without_effect_json(const struct plan *plan)
{
	autostrings struct strings lines = { 0 };
	struct json *list = json_new_array();

	plan_without_effect(plan, &lines);
	for (size_t i = 0; i < lines.count; i++)
		json_add(list, json_new_string(lines.items[i]));
	return list;
}

struct json *plan_json(const struct plan *plan, plan_present *present, void *context)
{
	struct amount image = summary_packages(&plan->lock.image, present, context);
	struct amount tools = summary_packages(&plan->lock.tools, present, context);
	struct json *root = json_new_object(), *packages = json_new_object();

	json_set(root, "format", json_new_number(1));
	json_set(root, "recipe", json_new_string(plan->recipe->name));
	json_set(root, "summary", json_new_string(plan->recipe->summary));
	json_set(root, "mode", json_new_string(mode_name(plan->recipe->mode)));
	json_set(root, "board", json_new_string(plan->board->id));
	json_set(root, "suite", json_new_string(plan->recipe->suite));
	json_set(root, "architecture", json_new_string(plan->recipe->architecture));
	json_set(root, "layout", json_new_string(plan->recipe->layout == LAYOUT_PLAIN ? "plain" : "layers"));
	json_set(root, "components", components_json(plan));
	json_set(root, "fetch", fetch_json(plan, present, context));
	json_set(packages, "image", amount_json(&image));
	json_set(packages, "tools", amount_json(&tools));
	json_set(packages, "list", packages_json(&plan->lock.image));
	json_set(root, "packages", packages);
	json_set(root, "payloads", sources_json(plan, present, context));
	json_set(root, "ports", ports_json(plan));
	json_set(root, "memory", memory_json(plan));
	json_set(root, "disk", disk_json(plan));
	json_set(root, "units", units_json(plan));
	json_set(root, "credentials", secrets_json(plan));
	json_set(root, "users", users_json(plan));
	json_set(root, "without-effect", without_effect_json(plan));
	return root;
}
