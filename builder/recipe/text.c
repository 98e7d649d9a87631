/* The recipe as one text that stands alone: what goes into the image for a person to read and to build again. */
#include "recipe/compose.h"

#include <string.h>

/* A recipe's file is read whole twice: once parsed, once as it is. */
#define TEXT_MOST DOCUMENT_MAX_BYTES

/* May it stand without quotes, also inside [ ] and { }? Words that YAML 1.1 readers take for something else
 * may not. */
static bool is_plain(const char *text)
{
	static const char *const words[] = { "true", "false", "null", "yes", "no", "on", "off", "y", "n" };
	for (size_t i = 0; i < LENGTH(words); i++)
		if (!strcasecmp(text, words[i]))
			return false;
	return made_of(text, LOWER UPPER DIGITS "/_.+-", 1, 200) &&
	       (strchr(LOWER UPPER "/", *text) != NULL);
}

static void add_scalar(struct buffer *out, const struct node *node)
{
	if (node->kind != NODE_STRING || is_plain(node->text)) {
		buffer_text(out, node->text ? node->text : "null");
		return;
	}
	/* JSON's quoted text means the same in YAML */
	autojson struct json *quoted = json_new_string(node->text);
	autofree char *text = json_write(quoted, true);
	buffer_add(out, text, strcspn(text, "\n"));
}

static void add_flow(struct buffer *out, const struct node *node)
{
	if (node->kind != NODE_LIST && node->kind != NODE_MAP) {
		add_scalar(out, node);
		return;
	}
	bool map = node->kind == NODE_MAP;
	buffer_text(out, !node->first ? map ? "{" : "[" : map ? "{ " : "[");
	for node_each (child, node) {
		if (map)
			buffer_format(out, "%s: ", child->key);
		add_flow(out, child);
		if (child->next)
			buffer_text(out, ", ");
	}
	buffer_text(out, !map ? "]" : node->first ? " }" : "}");
}

static bool has_maps(const struct node *list)
{
	for node_each (item, list)
		if (item->kind == NODE_MAP)
			return true;
	return false;
}

/* A recipe's keys one below another; lists of maps item by item; what lies deeper in one line. */
static void add_key(struct buffer *out, const struct node *node)
{
	buffer_format(out, "%s:", node->key);
	if (node->kind != NODE_LIST || !has_maps(node)) {
		buffer_text(out, " ");
		add_flow(out, node);
		buffer_text(out, "\n");
		return;
	}
	buffer_text(out, "\n");
	for node_each (item, node) {
		buffer_text(out, "  - ");
		add_flow(out, item);
		buffer_text(out, "\n");
	}
}

static const char *made_text(struct catalogue *catalogue)
{
	const struct recipe *recipe = &catalogue->recipe;
	autobuffer struct buffer out = { 0 };
	buffer_format(&out, "# made by hiebox from %s", path_base(recipe->file));
	if (recipe->base)
		buffer_format(&out, ", which extends %s", path_base(recipe->base));
	buffer_text(&out, "\n");
	for (size_t i = 0; i < recipe->settings.count; i++) {
		const char *setting = recipe->settings.items[i].text;
		autofree char *safe = has_control(setting) ? text_quoted(setting) : text_copy(setting);
		buffer_format(&out, "# with --set %s\n", safe);
	}
	const struct node *root = catalogue->recipe_file.root;
	const struct node *name = node_get(root, "recipe");
	if (name)
		add_key(&out, name);
	for node_each (child, root)
		if (child != name)
			add_key(&out, child);
	return arena_string(catalogue->arena, out.data);
}

const char *compose_text(struct catalogue *catalogue)
{
	const struct recipe *recipe = &catalogue->recipe;
	autofree char *text = NULL;
	struct error err = { 0 };
	if (recipe->base || recipe->settings.count)
		return made_text(catalogue);
	if (file_read(recipe->file, TEXT_MOST, &text, NULL, &err) == 0)
		return arena_string(catalogue->arena, text);
	diagnostics_add(catalogue->mistakes, (struct place){ recipe->file, 0, 0 }, "cannot be read: %s",
			err.message);
	error_clear(&err);
	return NULL;
}
