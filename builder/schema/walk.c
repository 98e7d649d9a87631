/* One walk for every file kind: the tables say what is right, this finds what is wrong. */
#include "schema/store.h"

#include <string.h>

/* Where in a file the walk is: "data.size", "users[].name". Lives on the stack. */
struct key_path {
	const struct key_path *parent;
	const char *key; /* NULL: an item of a list */
};

static void path_text(const struct key_path *path, struct buffer *out)
{
	if (!path)
		return;
	path_text(path->parent, out);
	if (!path->key)
		buffer_text(out, "[]");
	else
		buffer_format(out, "%s%s", path->parent ? "." : "", path->key);
}

/* Notes a mistake as "<path>: <text>". */
static void __attribute__((format(printf, 4, 5)))
walk_mistake(const struct walk *walk, const struct key_path *path, struct place place,
	     const char *format, ...)
{
	autobuffer struct buffer where = { 0 };
	path_text(path, &where);
	va_list arguments;
	va_start(arguments, format);
	autofree char *what = text_format_v(format, arguments);
	va_end(arguments);
	diagnostics_add(walk->mistakes, place, "%s%s%s", where.length ? where.data : "",
			where.length ? ": " : "", what);
}

char *did_you_mean(const char *text, const char *const *names)
{
	const char *near = nearest_name(text, names);
	return near ? text_format("; did you mean \"%s\"?", near) : text_copy("");
}

static void *field(void *target, size_t offset)
{
	return target ? (char *)target + offset : NULL;
}

static void wrong_kind(const struct walk *walk, const struct key_path *path,
		       const struct node *node, const char *expected)
{
	autofree char *found = text_found(node);
	walk_mistake(walk, path, node->place, "expected %s, got %s", expected, found);
}

static void walk_value(const struct walk *walk, const struct key_path *path,
		       const struct value_type *type, const struct node *node, void *target);

/* The text that must differ from item to item, or NULL. */
static const char *unique_text(const struct value_type *type, const struct node *item)
{
	if (item->kind == NODE_LIST)
		return NULL;
	if (item->kind == NODE_MAP)
		return type->unique ? node_text(item, type->unique, NULL) : NULL;
	return type->item->form == FORM_SCALAR || type->item->short_key ? item->text : NULL;
}

struct unique_item {
	const char *text;
	const struct node *item;
};

static int compare_items(const void *a, const void *b)
{
	const struct unique_item *left = a, *right = b;
	int order = strcmp(left->text, right->text);
	if (order)
		return order;
	const struct place *first = &left->item->place, *second = &right->item->place;
	if (first->line != second->line)
		return first->line < second->line ? -1 : 1;
	return (first->column > second->column) - (first->column < second->column);
}

static void check_unique(const struct walk *walk, const struct key_path *path,
			 const struct value_type *type, const struct node *list)
{
	autofree struct unique_item *items = memory_resize(NULL, list->count + 1, sizeof *items);
	size_t count = 0;
	for node_each (item, list) {
		const char *text = unique_text(type, item);
		if (text)
			items[count++] = (struct unique_item){ text, item };
	}
	if (count < 2)
		return;
	qsort(items, count, sizeof *items, compare_items);
	const struct unique_item *first = &items[0];
	for (size_t i = 1; i < count; i++) {
		if (!text_equal(first->text, items[i].text)) {
			first = &items[i];
			continue;
		}
		autofree char *text = text_quoted(first->text);
		if (first->item->place.line)
			walk_mistake(walk, path, items[i].item->place,
				     "%s stands here again; it is already in line %u", text,
				     first->item->place.line);
		else /* a value that no file holds */
			walk_mistake(walk, path, items[i].item->place, "%s stands here twice", text);
	}
}

/* The pointer and the count behind it. */
static void store_items(void *target, void *items, size_t count)
{
	memcpy(target, &items, sizeof items);
	memcpy((char *)target + sizeof items, &count, sizeof count);
}

static void not_a_list(const struct walk *walk, const struct key_path *path,
		       const struct value_type *type, const struct node *node)
{
	const struct value_type *item = type->item;
	const char *example = item->words ? item->words[0].name : item->example;
	bool shown = item->form == FORM_SCALAR && example && strlen(example) < 40;
	autofree char *expected =
		shown ? text_format("a list such as [%s]", example)
		      : text_format("a list of %s entries in [ ] or behind hyphens", item->name);
	autofree char *complaint = item->form == FORM_SCALAR ? scalar_complaint(item, node)
							     : text_copy("no scalar");
	autofree char *found = text_found(node);
	if (complaint)
		wrong_kind(walk, path, node, expected);
	else
		walk_mistake(walk, path, node->place, "expected %s, got %s; a list of one is [%s]",
			     expected, found, node->text);
}

static void walk_list(const struct walk *walk, const struct key_path *path,
		      const struct value_type *type, const struct node *list, void *target)
{
	if (type->lone && list->kind != NODE_LIST && list->kind != NODE_MAP &&
	    list->kind != NODE_NULL) {
		struct node item = *list;
		item.next = NULL;
		const struct node one = {
			.kind = NODE_LIST, .place = list->place, .first = &item, .count = 1
		};
		walk_list(walk, path, type, &one, target);
		return;
	}
	if (list->kind != NODE_LIST) {
		not_a_list(walk, path, type, list);
		return;
	}
	if (type->not_empty && !list->count)
		walk_mistake(walk, path, list->place, "expected at least one value in this list");
	const struct key_path inside = { path, NULL };
	char *records = NULL;
	if (target && type->store == STORE_RECORDS)
		records = arena_alloc(walk->arena, list->count * type->item_size);
	size_t index = 0;
	for node_each (item, list) {
		size_t before = walk->mistakes->count + walk->mistakes->dropped;
		walk_value(walk, &inside, type->item, item,
			   records ? records + index * type->item_size : NULL);
		/* what is right is stored, so that later checks see it */
		if (target && !records &&
		    walk->mistakes->count + walk->mistakes->dropped == before)
			store_item(walk, type, list->count, item, target);
		index++;
	}
	check_unique(walk, path, type, list);
	if (records)
		store_items(target, records, list->count);
}

static const struct key_entry *find_key(const struct key_entry *keys, const char *name)
{
	for (; keys->name; keys++) {
		if (text_equal(keys->name, name))
			return keys;
	}
	return NULL;
}

/* Names of all keys that may be written. Caller frees the array. */
static const char **key_names(const struct key_entry *keys)
{
	size_t count = 0;
	while (keys[count].name)
		count++;
	const char **names = memory_alloc((count + 1) * sizeof *names);
	size_t used = 0;
	for (size_t i = 0; i < count; i++) {
		if (keys[i].type)
			names[used++] = keys[i].name;
	}
	return names;
}

static char *names_text(const char *const *names)
{
	struct buffer out = { 0 };
	for (size_t i = 0; names[i]; i++)
		buffer_format(&out, "%s%s", i ? ", " : "", names[i]);
	return buffer_steal(&out);
}

static bool sounds_secret(const char *key)
{
	static const char *const words[] = { "password", "passwd",      "passphrase",
					     "secret",   "private-key", "token" };
	for (size_t i = 0; i < LENGTH(words); i++) {
		if (strstr(key, words[i]))
			return true;
	}
	return false;
}

/* `{ summary: one, two }` makes a key "two" without a value. */
static const char *comma_hint(const struct node *child)
{
	bool lost = child->kind == NODE_NULL && child->text && !*child->text &&
		    strchr(child->key, ' ');
	return lost ? " (in { } text that holds a comma needs quotes)" : "";
}

static void unknown_key(const struct walk *walk, const struct key_path *path,
			const struct key_entry *keys, const struct node *child)
{
	autofree const char **names = key_names(keys);
	autofree char *key = text_quoted(child->key);
	const char *near = nearest_name(child->key, names);
	if (near)
		walk_mistake(walk, path, child->key_place, "unknown key %s; did you mean \"%s\"?",
			     key, near);
	else if (sounds_secret(child->key))
		walk_mistake(walk, path, child->key_place,
			     "unknown key %s: passwords and keys never stand in these files; each "
			     "box makes "
			     "its own when it starts for the first time, and `hie credentials` "
			     "shows them",
			     key);
	else if (*comma_hint(child))
		walk_mistake(walk, path, child->key_place, "unknown key %s%s", key,
			     comma_hint(child));
	else {
		autofree char *known = names_text(names);
		walk_mistake(walk, path, child->key_place, "unknown key %s; known here: %s", key,
			     known);
	}
}

/* The value of a known key, into the struct that the record fills. */
static void walk_key(const struct walk *walk, const struct key_path *path,
		     const struct key_entry *key, const struct node *node, void *target)
{
	void *place = field(target, key->offset);
	if (key->flags & KEY_NODE) {
		if (place)
			memcpy(place, &node, sizeof node);
		place = NULL;
	}
	walk_value(walk, path, key->type, node, place);
}

static void walk_child(const struct walk *walk, const struct key_path *path,
		       const struct key_entry *keys, const struct node *child, void *target)
{
	const struct key_entry *key = find_key(keys, child->key);
	if (!key) {
		unknown_key(walk, path, keys, child);
		return;
	}
	const struct key_path inside = { path, key->name };
	if (!key->type) {
		walk_mistake(walk, &inside, child->key_place, "%s", key->help);
		return;
	}
	walk_key(walk, &inside, key, child, target);
}

/* Defaults for keys that are absent, also inside absent maps. */
static void apply_standards(const struct walk *walk, const struct key_entry *keys,
			    const struct node *map, void *target)
{
	if (!target)
		return;
	for (; keys->name; keys++) {
		if (!keys->type || (keys->flags & KEY_NODE) || node_get(map, keys->name))
			continue;
		void *place = field(target, keys->offset);
		if (keys->standard)
			store_standard(walk, keys->type, keys->standard, place);
		else if (keys->type->form == FORM_RECORD)
			apply_standards(walk, keys->type->keys, NULL, place);
	}
}

/* Was `key` meant by an unknown key of the map? Then one message is enough. */
static bool was_misspelled(const struct key_entry *keys, const char *key, const struct node *map)
{
	autofree const char **names = key_names(keys);
	for node_each (child, map) {
		if (!find_key(keys, child->key) && text_equal(nearest_name(child->key, names), key))
			return true;
	}
	return false;
}

static void check_required(const struct walk *walk, const struct key_path *path,
			   const struct key_entry *keys, const struct node *map)
{
	for (const struct key_entry *key = keys; key->name; key++) {
		if (!(key->flags & KEY_REQUIRED) || node_get(map, key->name) ||
		    was_misspelled(keys, key->name, map))
			continue;
		walk_mistake(walk, path, map->place, "the key \"%s\" is missing: %s", key->name,
			     key->help);
	}
}

static void walk_record(const struct walk *walk, const struct key_path *path,
			const struct value_type *type, const struct node *node, void *target)
{
	if (target && type->place_offset)
		memcpy(field(target, type->place_offset), &node->place, sizeof node->place);
	const struct key_entry *lone = type->short_key ? find_key(type->keys, type->short_key)
						       : NULL;
	if (lone && node->kind != NODE_MAP && node->kind != NODE_LIST) {
		walk_key(walk, path, lone, node, target);
		apply_standards(walk, type->keys, NULL, target);
		return;
	}
	if (node->kind != NODE_MAP) {
		autofree const char **names = key_names(type->keys);
		autofree char *known = names_text(names);
		bool scalar = lone && lone->type->form == FORM_SCALAR;
		autofree char *expected = text_format("%s%s%sa map of keys (%s)",
						      lone ? "a lone " : "",
						      scalar ? lone->type->name
						      : lone ? "value"
							     : "",
						      lone ? " or " : "", known);
		wrong_kind(walk, path, node, expected);
		return;
	}
	if (type->not_empty && !node->count) {
		autofree const char **names = key_names(type->keys);
		autofree char *known = names_text(names);
		walk_mistake(walk, path, node->place, "expected at least one of the keys %s", known);
	}
	for node_each (child, node)
		walk_child(walk, path, type->keys, child, target);
	check_required(walk, path, type->keys, node);
	apply_standards(walk, type->keys, node, target);
}

static void walk_choice(const struct walk *walk, const struct key_path *path,
			const struct value_type *type, const struct node *node, void *target)
{
	size_t count = 0;
	while (type->choices[count].key)
		count++;
	autofree const char **names = memory_alloc((count + 1) * sizeof *names);
	for (size_t i = 0; i < count; i++)
		names[i] = type->choices[i].key;
	autofree char *known = names_text(names);
	if (node->kind != NODE_MAP) {
		autofree char *expected = text_format("a map with one of the keys %s", known);
		wrong_kind(walk, path, node, expected);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (!node_get(node, names[i]))
			continue;
		if (target)
			memcpy(field(target, type->choice_offset), &type->choices[i].value,
			       sizeof(int));
		walk_record(walk, path, type->choices[i].record, node, target);
		return;
	}
	autofree char *guess = node->first ? did_you_mean(node->first->key, names) : text_copy("");
	walk_mistake(walk, path, node->place, "one of the keys %s is missing%s", known, guess);
}

/* A key that the person chose. Says what is wrong with it; true when nothing is. */
static bool walk_map_key(const struct walk *walk, const struct key_path *path,
			 const struct value_type *key_type, const struct node *child)
{
	if (key_type->words ? is_word(key_type->words, child->key) : key_type->valid(child->key))
		return true;
	const char *better = key_type->explain ? key_type->explain(child->key) : NULL;
	autofree char *key = text_quoted(child->key);
	if (better)
		walk_mistake(walk, path, child->key_place, "%s: %s", key, better);
	else
		walk_mistake(walk, path, child->key_place, "expected %s as a key, got %s%s",
			     key_type->expected, key, comma_hint(child));
	return false;
}

static void walk_map(const struct walk *walk, const struct key_path *path,
		     const struct value_type *type, const struct node *node, void *target)
{
	if (node->kind != NODE_MAP) {
		wrong_kind(walk, path, node, type->expected);
		return;
	}
	if (type->not_empty && !node->count)
		walk_mistake(walk, path, node->place, "expected at least one key in this map");
	size_t size = type->store == STORE_RECORDS ? type->item_size : sizeof(struct map_entry);
	char *items = target ? arena_alloc(walk->arena, node->count * size) : NULL;
	size_t count = 0;
	for node_each (child, node) {
		const struct key_path inside = { path, child->key };
		char *item = items ? items + count * size : NULL;
		if (!walk_map_key(walk, path, type->key_type, child))
			continue;
		const struct placed_text key = { child->key, child->key_place };
		if (type->store == STORE_ENTRIES) {
			if (item)
				*(struct map_entry *)item = (struct map_entry){ key, child };
			item = NULL;
		} else if (item) {
			memcpy(item + type->key_offset, &key, sizeof key);
		}
		walk_value(walk, &inside, type->item, child, item);
		count++;
	}
	if (type->must_hold && !node_get(node, type->must_hold))
		walk_mistake(walk, path, node->place, "the key \"%s\" is missing: %s",
			     type->must_hold, type->must_why);
	if (target)
		store_items(target, items, count);
}

static void walk_value(const struct walk *walk, const struct key_path *path,
		       const struct value_type *type, const struct node *node, void *target)
{
	switch (type->form) {
	case FORM_LIST: walk_list(walk, path, type, node, target); return;
	case FORM_RECORD: walk_record(walk, path, type, node, target); return;
	case FORM_CHOICE: walk_choice(walk, path, type, node, target); return;
	case FORM_MAP: walk_map(walk, path, type, node, target); return;
	case FORM_NODE: return;
	default: break;
	}
	autofree char *complaint = scalar_complaint(type, node);
	if (complaint)
		walk_mistake(walk, path, node->place, "%s", complaint);
	else
		store_scalar(type, node, target);
}

void walk_file(const struct walk *walk, const struct value_type *type, const struct node *root,
	       void *target)
{
	walk_value(walk, NULL, type, root, target);
}
