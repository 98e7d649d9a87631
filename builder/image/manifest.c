/* What the disk was made of, for people and for `hiebox inspect`. Nothing in it depends on who builds
 * where and when. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "document/document.h"
#include "image/disk.h"

static struct json *list_layers(const struct layers *layers)
{
	struct json *list = json_new_array();

	for (size_t i = 0; i < LAYER_COUNT; i++) {
		if (!layers->items[i].squashfs)
			continue;
		struct json *layer = json_new_object();
		json_set(layer, "name", json_new_string(layers->items[i].name));
		json_set(layer, "key", json_new_string(layers->items[i].key));
		json_set(layer, "bytes", json_new_number((int64_t)layers->items[i].size));
		json_add(list, layer);
	}
	return list;
}

/* What was said on the command line, and not in the recipe. */
static struct json *list_settings(const struct recipe *recipe)
{
	struct json *list = json_new_array();

	for (size_t i = 0; i < recipe->settings.count; i++)
		json_add(list, json_new_string(recipe->settings.items[i].text));
	return list;
}

static struct json *list_components(const struct plan *plan)
{
	struct json *list = json_new_array();

	for (size_t i = 0; i < plan->component_count; i++) {
		const struct planned_component *planned = &plan->components[i];
		struct json *component = json_new_object();

		json_set(component, "id", json_new_string(planned->component->id));
		json_set(component, "variant", json_new_string(planned->variant ? planned->variant->name : NULL));
		if (planned->reason)
			json_set(component, "reason", json_new_string(planned->reason));
		json_add(list, component);
	}
	return list;
}

/* What answers in this mode: `hiebox run` passes on what the network may reach. */
static struct json *list_ports(const struct plan *plan)
{
	struct json *list = json_new_array();

	for (size_t i = 0; i < plan->port_count; i++) {
		const struct port *port = &plan->ports[i];

		if (port_in_mode(port, plan->recipe->mode))
			json_add(list, port_json(port));
	}
	return list;
}

char *manifest_text(const struct image_input *input, const struct layout *layout)
{
	const struct plan *plan = input->plan;
	autojson struct json *root = json_new_object();

	json_set(root, "format", json_new_number(1));
	json_set(root, "recipe", json_new_string(plan->recipe->name));
	if (plan->recipe->base)
		json_set(root, "extends", json_new_string(path_base(plan->recipe->base)));
	if (plan->recipe->settings.count)
		json_set(root, "settings", list_settings(plan->recipe));
	json_set(root, "summary", json_new_string(plan->recipe->summary));
	json_set(root, "mode", json_new_string(mode_name(plan->recipe->mode)));
	json_set(root, "board", json_new_string(plan->board->id));
	json_set(root, "layout", json_new_string(plan->recipe->layout == LAYOUT_PLAIN ? "plain" : "layers"));
	json_set(root, "suite", json_new_string(plan->lock.suite));
	json_set(root, "architecture", json_new_string(plan->lock.architecture));
	json_set(root, "time-stamp", json_new_number(plan->lock.timestamp));
	json_set(root, "kernel", json_new_string(input->layers->kernel_release));
	json_set(root, "memory", json_new_number((int64_t)plan->memory));
	json_set(root, "packages", json_new_number((int64_t)plan->lock.image.count));
	json_set(root, "disk", json_new_string(layout->disk_uuid));
	json_set(root, "layers", list_layers(input->layers));
	json_set(root, "components", list_components(plan));
	json_set(root, "ports", list_ports(plan));
	return json_write(root, false);
}

int manifest_write(const struct disk *disk, struct error *err)
{
	autobuffer struct buffer out = {.maximum = MANIFEST_MAXIMUM};

	buffer_format(&out, MANIFEST_MAGIC "%zu\n", strlen(disk->manifest));
	buffer_text(&out, disk->manifest);
	if (out.overflow)
		return error_set(err, "the manifest does not fit before the first partition");
	return disk_write_at(disk, out.data, out.length, MANIFEST_OFFSET, err);
}

int manifest_read(int fd, char **ret_text, struct error *err)
{
	autofree char *head = memory_alloc(MANIFEST_MAXIMUM + 1);
	ssize_t got = pread(fd, head, MANIFEST_MAXIMUM, MANIFEST_OFFSET);
	size_t magic = strlen(MANIFEST_MAGIC);
	char *end;

	if (got < 0)
		return error_set_errno(err, errno, "cannot read the disk's manifest");
	head[got] = '\0';
	if (!text_starts(head, MANIFEST_MAGIC) || !(end = strchr(head, '\n'))) {
		*ret_text = NULL;
		return 0;
	}
	int64_t length;
	*end = '\0';
	if (number_parse(head + magic, 0, (int64_t)(head + got - end - 1), &length) < 0)
		return error_set(err, "the disk's manifest is damaged");
	*ret_text = text_copy_n(end + 1, (size_t)length);
	return 0;
}
