/* --set key=value: one value on top of a recipe, typed like its key by the key table. */
#include "recipe/compose.h"

#include <string.h>

#define SEGMENTS_MOST 8u

/* "users[0].sudo" is the segments "users" with the item "0", and "sudo". */
struct segment {
	const char *key, *item; /* item NULL: the whole value */
};

struct setting {
	const struct merge *merge;
	struct place at; /* "--set users[0].sudo=true" in place of a file */
	struct segment segments[SEGMENTS_MOST];
	size_t count;
	const char *value;
};

const struct key_entry *key_at(const struct value_type *type, const char *path)
{
	size_t length = strcspn(path, ".");
	if (type->form != FORM_RECORD)
		return NULL;
	for (const struct key_entry *key = type->keys; key->name; key++) {
		if (strlen(key->name) != length || strncmp(key->name, path, length))
			continue;
		return path[length] && key->type ? key_at(key->type, path + length + 1) :
		       path[length]              ? NULL :
						   key;
	}
	return NULL;
}

/* The type of what is set, or NULL when the keys are unknown: the walk will say so. */
static const struct value_type *setting_type(const struct setting *setting)
{
	const struct value_type *type = &file_recipe;
	for (size_t i = 0; type && i < setting->count; i++) {
		const struct key_entry *key = key_at(type, setting->segments[i].key);
		type = key ? key->type : NULL;
		if (type && setting->segments[i].item)
			type = type->form == FORM_LIST ? type->item : NULL;
	}
	return type;
}

/* The first mark of `text` that is no part of a name ("." or "[" or the end). */
static int read_segment(struct setting *setting, char **text)
{
	struct segment *segment = &setting->segments[setting->count];
	if (setting->count++ == SEGMENTS_MOST)
		return -1;
	size_t length = strcspn(*text, ".[]");
	char mark = (*text)[length];
	if (!length)
		return -1;
	segment->key = *text;
	(*text)[length] = '\0';
	*text += length + (mark != '\0');
	if (mark == '[') {
		char *end = strchr(*text, ']');
		if (!end || end == *text || (end[1] && end[1] != '.') || (end[1] == '.' && !end[2]))
			return -1;
		segment->item = *text;
		*end = '\0';
		*text = end + 1 + (end[1] == '.');
	} else if (mark == ']' || (mark && !**text)) {
		return -1;
	}
	return 0;
}

static int read_setting(struct setting *setting, const char *text)
{
	struct arena *arena = setting->merge->arena;
	const char *equals = strchr(text, '=');
	if (!equals)
		return diagnostics_add(setting->merge->mistakes, setting->at,
				       "expected key=value, such as site.name=clinic-07");
	char *keys = arena_string_n(arena, text, (size_t)(equals - text));
	setting->value = arena_string(arena, equals + 1);
	do {
		if (read_segment(setting, &keys) < 0)
			return diagnostics_add(setting->merge->mistakes, setting->at,
					       "expected a key such as site.name or users[0].sudo before the =");
	} while (*keys);
	const char *first = setting->segments[0].key;
	if (text_equal(first, "recipe"))
		return diagnostics_add(setting->merge->mistakes, setting->at,
				       "recipe: a recipe is called as its file is; `hiebox build --name` names "
				       "the image");
	if (text_equal(first, "extends"))
		return diagnostics_add(setting->merge->mistakes, setting->at,
				       "extends: what a recipe extends stands in its file only");
	return 0;
}

/* The value as YAML: what lists, maps, true and false are in a file. NULL with a mistake noted. */
static struct node *yaml_value(const struct setting *setting)
{
	struct diagnostics wrong = { 0 };
	autodocument struct document *document = NULL;
	if (!*setting->value) {
		struct node *empty = arena_alloc(setting->merge->arena, sizeof *empty);
		*empty = (struct node){ .kind = NODE_NULL, .text = "", .place = setting->at };
		return empty;
	}
	if (document_parse_yaml("value", setting->value, strlen(setting->value), &document, &wrong) == 0)
		return merge_copy(setting->merge->arena, document_root(document), &setting->at);
	const char *why = strstr(wrong.messages[0], ": "); /* behind the line and column */
	diagnostics_add(setting->merge->mistakes, setting->at, "the value is no YAML%s", why ? why : "");
	diagnostics_clear(&wrong);
	return NULL;
}

/* A single value is taken as it is, so that no shell and no YAML eats a 07, a # or a colon; null, and what
 * is in quotes, is meant as in a file. */
static struct node *setting_value(const struct setting *setting)
{
	const struct value_type *type = setting_type(setting);
	const char *value = setting->value;
	bool single = type && (type->form == FORM_SCALAR || type->short_key) && *value != '{';
	if (!single || type->store == STORE_BOOLEAN || text_equal(value, "null") ||
	    (strchr("\"'", *value) && *value))
		return yaml_value(setting);
	struct node *node = arena_alloc(setting->merge->arena, sizeof *node);
	*node = (struct node){ .kind = NODE_STRING, .text = value, .place = setting->at };
	return node;
}

static struct node *chain_link(const struct setting *setting, const char *key, struct node *child)
{
	struct node *map = arena_alloc(setting->merge->arena, sizeof *map);
	*map = (struct node){ .kind = NODE_MAP, .place = setting->at, .first = child, .count = 1 };
	child->key = key;
	child->key_place = setting->at;
	return map;
}

/* By number, counted from 0, or by name. */
static struct node *find_item(const struct value_type *type, struct node *list, const char *item)
{
	int64_t number;
	if (number_parse(item, 0, MERGE_MOST, &number) < 0)
		return merge_item(type, list, item);
	struct node *found = list->first;
	while (found && number-- > 0)
		found = found->next;
	return found;
}

/* The keys up to the segment `index`, as messages name them. Caller frees. */
static char *path_to(const struct setting *setting, size_t index)
{
	struct buffer out = { 0 };
	for (size_t i = 0; i <= index; i++)
		buffer_format(&out, "%s%s%s", i ? "." : "", setting->segments[i].key,
			      i < index && setting->segments[i].item ? "[]" : "");
	return buffer_steal(&out);
}

/* The item of the tree that the segment `index` names; all keys up to it are known. */
static struct node *descend(const struct setting *setting, struct node *tree, size_t index)
{
	const struct value_type *type = &file_recipe;
	struct node *node = tree;
	for (size_t i = 0; i <= index; i++) {
		const struct segment *segment = &setting->segments[i];
		type = key_at(type, segment->key)->type;
		node = node && node->kind == NODE_MAP ? *merge_child(node, segment->key) : NULL;
		if (!segment->item)
			continue;
		size_t count = node && node->kind == NODE_LIST ? node->count : 0;
		node = count ? find_item(type, node, segment->item) : NULL;
		if (!node) {
			autofree char *path = path_to(setting, i);
			autofree char *has = count ? text_format("has %zu, and the first is [0]", count) :
						     text_copy("is empty");
			diagnostics_add(setting->merge->mistakes, setting->at,
					"%s: there is no item [%s]: this list %s", path, segment->item, has);
			return NULL;
		}
		type = type->item;
	}
	return node;
}

/* An item that is a lone name becomes the map that it stands for. */
static void widen(const struct setting *setting, struct node *item, const struct value_type *type)
{
	if (!type || !type->short_key || item->kind == NODE_MAP || item->kind == NODE_LIST)
		return;
	struct node *name = merge_copy(setting->merge->arena, item, NULL);
	name->key = type->short_key;
	name->key_place = item->place;
	item->kind = NODE_MAP;
	item->text = NULL;
	item->first = name;
	item->count = 1;
}

static void set_in_item(const struct setting *setting, struct node *tree, size_t index, struct node *value)
{
	struct node *item = descend(setting, tree, index);
	if (!item)
		return;
	if (value->kind == NODE_MAP) {
		struct setting outer = *setting;
		outer.count = index + 1;
		widen(setting, item, setting_type(&outer));
	}
	if (value->kind == NODE_MAP && item->kind == NODE_MAP) {
		item->place = setting->at;
		merge_maps(setting->merge, setting->segments[index].key, item, value);
		return;
	}
	struct node *next = item->next;
	*item = *value;
	item->next = next;
}

/* How many segments lead to the innermost item: 0 when none has one, or when a key is unknown, which the walk
 * will say of the whole; more than there are when an item is asked of what is no list (a mistake, noted). */
static size_t items_end(const struct setting *setting)
{
	const struct value_type *type = &file_recipe;
	size_t end = 0;
	for (size_t i = 0; i < setting->count; i++) {
		const struct key_entry *key = key_at(type, setting->segments[i].key);
		if (!key || !key->type)
			return end;
		type = key->type;
		if (!setting->segments[i].item)
			continue;
		if (type->form != FORM_LIST) {
			autofree char *path = path_to(setting, i);
			diagnostics_add(setting->merge->mistakes, setting->at, "%s: this is no list, so it has no item [%s]",
					path, setting->segments[i].item);
			return setting->count + 1;
		}
		type = type->item;
		end = i + 1;
	}
	return end;
}

void set_apply(const struct merge *merge, struct node *tree, const char *text)
{
	struct setting setting = { .merge = merge, .at = { .file = arena_format(merge->arena, "--set %s", text) } };
	if (read_setting(&setting, text) < 0)
		return;
	struct node *value = setting_value(&setting);
	if (!value)
		return;
	size_t left = items_end(&setting);
	if (left > setting.count)
		return;
	for (size_t i = setting.count; i > left; i--)
		value = chain_link(&setting, setting.segments[i - 1].key, value);
	if (left > 0)
		set_in_item(&setting, tree, left - 1, value);
	else
		merge_variant(merge, tree, value);
}
