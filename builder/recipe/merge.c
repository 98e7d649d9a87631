/* Laying one recipe over another: maps key by key, everything else replaces, null takes away; `add` and
 * `remove` for lists. Places travel with the values, so that a mistake is reported where it was written. */
#include "recipe/compose.h"

#include <string.h>

struct node *merge_copy(struct arena *arena, const struct node *node, const struct place *place)
{
	struct node *copy = arena_alloc(arena, sizeof *copy);
	*copy = *node;
	copy->text = arena_string(arena, node->text);
	copy->key = arena_string(arena, node->key);
	copy->first = copy->next = NULL;
	if (place)
		copy->place = copy->key_place = *place;
	struct node **link = &copy->first;
	for node_each (child, node) {
		*link = merge_copy(arena, child, place);
		link = &(*link)->next;
	}
	return copy;
}

struct node **merge_child(struct node *map, const char *key)
{
	struct node **link = &map->first;
	while (*link && !text_equal((*link)->key, key))
		link = &(*link)->next;
	return link;
}

/* Puts `child` where `link` leads: in place of what is there, or behind the last one. */
static void put(struct node *parent, struct node **link, struct node *child)
{
	child->next = *link ? (*link)->next : NULL;
	if (!*link)
		parent->count++;
	*link = child;
}

static void take_out(struct node *parent, struct node **link)
{
	*link = (*link)->next;
	parent->count--;
}

static bool is_empty_word(const struct node *node)
{
	return node->kind == NODE_NULL && !(node->text && !*node->text);
}

static char *inside(const char *path, const char *key)
{
	return text_format("%s%s%s", path, *path ? "." : "", key);
}

static void nothing_there(const struct merge *merge, const char *path, const struct node *tree,
			  const struct node *over)
{
	autofree const char **names = memory_alloc((tree->count + 1) * sizeof *names);
	size_t count = 0;
	for node_each (child, tree)
		names[count++] = child->key;
	autofree char *guess = did_you_mean(over->key, names);
	diagnostics_add(merge->mistakes, over->key_place,
			"%s: null takes away what %s says, but it says nothing here%s", path,
			merge->below, guess);
}

void merge_maps(const struct merge *merge, const char *path, struct node *tree, const struct node *over)
{
	if (over->count > MERGE_MOST || tree->count > MERGE_MOST) {
		diagnostics_add(merge->mistakes, over->place, "more than %u keys in one map", MERGE_MOST);
		return;
	}
	for node_each (child, over) {
		struct node **link = merge_child(tree, child->key);
		autofree char *where = inside(path, child->key);
		if (is_empty_word(child) && *link) {
			take_out(tree, link);
		} else if (is_empty_word(child)) {
			if (!key_at(&file_recipe, where))
				nothing_there(merge, where, tree, child);
		} else if (*link && (*link)->kind == NODE_MAP && child->kind == NODE_MAP) {
			(*link)->place = child->place;
			(*link)->key_place = child->key_place;
			merge_maps(merge, where, *link, child);
		} else {
			put(tree, link, merge_copy(merge->arena, child, NULL));
		}
	}
}

/* What an item is called: itself, or its short or telling key. */
static const char *item_name(const struct value_type *type, const struct node *item)
{
	return item->kind == NODE_MAP ? node_text(item, type->unique ? type->unique : "", NULL) :
					item->text;
}

static struct node **item_link(const struct value_type *type, struct node *list, const char *name)
{
	struct node **link = &list->first;
	while (*link && !(name && text_equal(item_name(type, *link), name)))
		link = &(*link)->next;
	return link;
}

struct node *merge_item(const struct value_type *type, struct node *list, const char *name)
{
	return *item_link(type, list, name);
}

static void add_items(const struct merge *merge, const char *path, const struct value_type *type,
		      struct node *list, const struct node *added)
{
	for node_each (item, added) {
		struct node **link = item_link(type, list, item_name(type, item));
		if (!*link) {
			put(list, link, merge_copy(merge->arena, item, NULL));
			continue;
		}
		const struct place at = (*link)->place;
		autofree char *name = text_quoted(item_name(type, item));
		autofree char *where = at.line ? text_format("%s:%u:%u", at.file, at.line, at.column) :
						 text_copy(at.file ? at.file : "the default");
		diagnostics_add(merge->mistakes, item->place, "add.%s[]: %s is there already: %s", path,
				name, where);
	}
}

static void remove_items(const struct merge *merge, const char *path, const struct value_type *type,
			 struct node *list, const struct node *removed)
{
	for node_each (item, removed) {
		struct node **link = item_link(type, list, item->text);
		if (*link) {
			take_out(list, link);
			continue;
		}
		autofree const char **names = memory_alloc((list->count + 1) * sizeof *names);
		size_t count = 0;
		for node_each (there, list)
			if (item_name(type, there))
				names[count++] = item_name(type, there);
		autofree char *name = text_quoted(item->text);
		autofree char *guess = did_you_mean(item->text, names);
		diagnostics_add(merge->mistakes, item->place, "remove.%s[]: %s has no %s here%s", path,
				merge->below, name, guess);
	}
}

/* A list or map that `tree` does not have yet; a list begins with what counts without it. */
static struct node *begin(const struct merge *merge, struct node *tree, const struct key_entry *key,
			  const struct node *like)
{
	struct node *made = arena_alloc(merge->arena, sizeof *made);
	*made = *like;
	made->first = made->next = NULL;
	made->count = 0;
	if (key->standard && key->type->form == FORM_LIST) {
		const struct node item = { .kind = NODE_STRING, .text = key->standard };
		put(made, &made->first, merge_copy(merge->arena, &item, NULL));
	}
	put(tree, merge_child(tree, key->name), made);
	return made;
}

/* One of `add` and `remove`, laid over the part of `tree` at `path`. `own` is what the same file says
 * there itself, which may be NULL. */
struct lists {
	const struct merge *merge;
	bool add;
};

static void merge_lists(const struct lists *lists, const char *path, struct node *tree,
			const struct node *over, const struct node *own)
{
	const struct merge *merge = lists->merge;
	for node_each (child, over) {
		autofree char *where = inside(path, child->key);
		const struct key_entry *key = key_at(&file_recipe, where);
		const struct node *same = node_get(own, child->key);
		struct node *target = *merge_child(tree, child->key);
		if (child->kind == NODE_LIST && same) {
			diagnostics_add(merge->mistakes, child->key_place,
					"%s.%s: %s stands in this file too (line %u): use one of the two",
					lists->add ? "add" : "remove", where, where,
					same->key_place.line);
			continue;
		}
		if (!target)
			target = begin(merge, tree, key, child);
		if (target->kind != child->kind || target->count + child->count > MERGE_MOST)
			continue; /* it is wrong below, which is said there */
		target->place = child->place;
		if (child->kind == NODE_MAP)
			merge_lists(lists, where, target, child, same);
		else if (lists->add)
			add_items(merge, where, key->type, target, child);
		else
			remove_items(merge, where, key->type, target, child);
	}
}

/* Are `add` and `remove` of `variant` what they should be? */
static bool check_lists(const struct merge *merge, const struct node *add, const struct node *remove)
{
	size_t before = merge->mistakes->count + merge->mistakes->dropped;
	struct node list[2], root = { .kind = NODE_MAP };
	const struct node *given[] = { add, remove };
	for (size_t i = 2; i-- > 0;) {
		if (!given[i])
			continue;
		list[i] = *given[i];
		list[i].next = root.first;
		root.first = &list[i];
		root.count++;
	}
	walk_file(&(struct walk){ merge->arena, merge->mistakes }, &file_list_changes, &root, NULL);
	return merge->mistakes->count + merge->mistakes->dropped == before;
}

void merge_variant(const struct merge *merge, struct node *tree, const struct node *variant)
{
	static const char *const apart[] = { "extends", "add", "remove" };
	const struct node *add = node_get(variant, "add"), *remove = node_get(variant, "remove");
	struct node *values = merge_copy(merge->arena, variant, NULL);
	for (size_t i = 0; i < LENGTH(apart); i++) {
		struct node **link = merge_child(values, apart[i]);
		if (*link)
			take_out(values, link);
	}
	merge_maps(merge, "", tree, values);
	tree->place = variant->place;
	if (!check_lists(merge, add, remove))
		return;
	merge_lists(&(struct lists){ merge, false }, "", tree, remove, values);
	merge_lists(&(struct lists){ merge, true }, "", tree, add, values);
}
