/* Every mistake that the key tables allow, made from the tables themselves: for each key of a file kind a
 * right document that holds it, and documents with exactly one mistake at it. Nothing is named here, so
 * nothing can be forgotten. */
#ifndef HIEBOX_TESTS_MISTAKES_H
#define HIEBOX_TESTS_MISTAKES_H

#include <inttypes.h>
#include <string.h>

#include "recipe/recipe.h"
#include "schema/schema.h"
#include "workflow/workflow.h"

static const struct file_kind *const all_kinds[] = { &kind_recipe, &kind_component, &kind_board,
						     &kind_workflow, &kind_seed };

/* One document. `right`: it has no mistake. `beyond`: its mistake is out of JSON Schema's reach. */
struct mistake_case {
	const struct file_kind *kind;
	const char *key;  /* "steps.request.path" */
	const char *name; /* "wrong type: a list" */
	const char *text;
	bool right, beyond;
};
typedef void mistake_visit(void *context, const struct mistake_case *one);

/* A broken value: YAML flow text. */
struct broken {
	char *name, *yaml;
	bool beyond;
};
struct broken_list {
	struct broken *items;
	size_t count, capacity;
};

static inline void broken_add(struct broken_list *list, const char *name, char *yaml, bool beyond)
{
	list->items = array_grow(list->items, list->count, &list->capacity, sizeof *list->items);
	list->items[list->count++] = (struct broken){ text_copy(name), yaml, beyond };
}

static inline void broken_clear(struct broken_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].name);
		free(list->items[i].yaml);
	}
	free(list->items);
	*list = (struct broken_list){ 0 };
}

/* ---- right values ---- */

static inline char *sample(const struct value_type *type);

static inline char *yaml_quoted(const char *text)
{
	struct buffer out = { 0 };
	buffer_text(&out, "\"");
	for (; *text; text++)
		buffer_format(&out, "%s%c", *text == '"' || *text == '\\' ? "\\" : "", *text);
	buffer_text(&out, "\"");
	return buffer_steal(&out);
}

static inline char *scalar_sample(const struct value_type *type)
{
	if (type->words)
		return yaml_quoted(type->words[0].name);
	switch (type->store) {
	case STORE_BOOLEAN: return text_copy("true");
	case STORE_LONG:
	case STORE_UNSIGNED:
	case STORE_SIZE: return text_format("%" PRId64, type->low);
	case STORE_DURATION: return text_format("%" PRId64 "ms", type->low);
	default: return yaml_quoted(type->example ? type->example : "pc");
	}
}

static inline const char *sample_key(const struct value_type *map)
{
	return map->must_hold ? map->must_hold : map->key_type->example;
}

static inline char *record_sample(const struct value_type *type)
{
	struct buffer out = { 0 };
	for (const struct key_entry *key = type->keys; key->name; key++) {
		if (type->short_key && text_equal(key->name, type->short_key)) {
			buffer_clear(&out);
			return sample(key->type);
		}
		if (!(key->flags & KEY_REQUIRED))
			continue;
		autofree char *value = sample(key->type);
		buffer_format(&out, "%s%s: %s", out.length ? ", " : "{ ", key->name, value);
	}
	buffer_text(&out, out.length ? " }" : "{}");
	return buffer_steal(&out);
}

static inline char *sample(const struct value_type *type)
{
	autofree char *inner = NULL;
	switch (type->form) {
	case FORM_LIST: inner = sample(type->item); return text_format("[%s]", inner);
	case FORM_MAP:
		inner = sample(type->item);
		return text_format("{ %s: %s }", sample_key(type), inner);
	case FORM_RECORD: return record_sample(type);
	case FORM_CHOICE: return record_sample(type->choices[0].record);
	case FORM_NODE: return text_copy("anything");
	default: return scalar_sample(type);
	}
}

/* ---- broken values ---- */

static inline bool takes_scalar(const struct value_type *type, bool boolean)
{
	if (type->form == FORM_NODE)
		return true;
	if (type->form == FORM_LIST && type->lone)
		return takes_scalar(type->item, boolean);
	if (type->form == FORM_RECORD && type->short_key) {
		const struct key_entry *key = type->keys;
		while (!text_equal(key->name, type->short_key))
			key++;
		return takes_scalar(key->type, boolean);
	}
	return type->form == FORM_SCALAR && (type->store == STORE_BOOLEAN) == boolean;
}

static inline void break_type(struct broken_list *list, const struct value_type *type)
{
	bool map = type->form == FORM_MAP || type->form == FORM_RECORD || type->form == FORM_CHOICE;
	bool node = type->form == FORM_NODE;
	bool null = node || (type->form == FORM_RECORD && type->short_key &&
			     type->keys[0].type->form == FORM_NODE);
	if (!null)
		broken_add(list, "wrong type: nothing", text_copy("~"), false);
	if (!takes_scalar(type, false)) {
		broken_add(list, "wrong type: text", text_copy("word"), false);
		broken_add(list, "wrong type: a number", text_copy("7"), false);
	}
	if (!takes_scalar(type, true))
		broken_add(list, "wrong type: a boolean", text_copy("true"), false);
	if (type->form != FORM_LIST && !node)
		broken_add(list, "wrong type: a list", text_copy("[word]"), false);
	if (!map && !node)
		broken_add(list, "wrong type: a map", text_copy("{ word: word }"), false);
}

static inline void break_range(struct broken_list *list, const struct value_type *type)
{
	bool duration = type->store == STORE_DURATION;
	const char *unit = duration ? "ms" : "";
	if (!type->low && !type->high)
		return;
	broken_add(list, "too low", text_format("%" PRId64 "%s", type->low - 1, unit), duration);
	broken_add(list, "too high", text_format("%" PRId64 "%s", type->high + 1, unit), duration);
}

static inline void break_scalar(struct broken_list *list, const struct value_type *type)
{
	if (type->words) {
		for (const struct word *word = type->words; word->name; word++) {
			autofree char *name = text_format("wrong word near %s", word->name);
			broken_add(list, name, text_format("\"%sx\"", word->name), false);
		}
		broken_add(list, "wrong word", text_copy("nowhere-near"), false);
		return;
	}
	break_range(list, type);
	if (type->store == STORE_SIZE || type->store == STORE_DURATION ||
	    type->store == STORE_LONG || type->store == STORE_UNSIGNED)
		broken_add(list, "text instead of a number", text_copy("many"), false);
	if (type->valid)
		broken_add(list, "wrong text", text_copy("\"\\x01\""), false);
}

static inline void break_value(struct broken_list *list, const struct value_type *type);

static inline void break_list(struct broken_list *list, const struct value_type *type)
{
	struct broken_list items = { 0 };
	autofree char *right = sample(type->item);
	break_value(&items, type->item);
	for (size_t i = 0; i < items.count; i++) {
		autofree char *name = text_format("an item: %s", items.items[i].name);
		broken_add(list, name, text_format("[%s]", items.items[i].yaml),
			   items.items[i].beyond);
	}
	broken_clear(&items);
	bool differ = type->unique || type->item->form == FORM_SCALAR || type->item->short_key;
	if (type->unique && right[0] == '{' && !strstr(right, type->unique)) {
		/* what must differ need not be there */
		char *end = strrchr(right, '}');
		autofree char *item = text_format("%.*s, %s: same }", (int)(end - right) - 1,
						  right, type->unique);
		broken_add(list, "twice the same", text_format("[%s, %s]", item, item), true);
	} else if (differ && type->item->form != FORM_NODE) {
		broken_add(list, "twice the same", text_format("[%s, %s]", right, right),
			   type->item->form != FORM_SCALAR);
	}
	if (type->not_empty)
		broken_add(list, "empty", text_copy("[]"), false);
}

static inline void break_map(struct broken_list *list, const struct value_type *type)
{
	struct broken_list values = { 0 };
	autofree char *right = sample(type->item);
	const char *key = sample_key(type);
	break_value(&values, type->item);
	for (size_t i = 0; i < values.count; i++) {
		autofree char *name = text_format("a value: %s", values.items[i].name);
		broken_add(list, name, text_format("{ %s: %s }", key, values.items[i].yaml),
			   values.items[i].beyond);
	}
	broken_clear(&values);
	broken_add(list, "wrong key", text_format("{ %s: %s, \"\\x01\": %s }", key, right, right),
		   false);
	if (type->must_hold)
		broken_add(list, "a key is missing",
			   text_format("{ %s: %s }", text_equal(key, "en") ? "fr" : "x", right),
			   false);
	if (type->not_empty)
		broken_add(list, "empty", text_copy("{}"), false);
}

static inline void break_value(struct broken_list *list, const struct value_type *type)
{
	break_type(list, type);
	switch (type->form) {
	case FORM_SCALAR: break_scalar(list, type); break;
	case FORM_LIST: break_list(list, type); break;
	case FORM_MAP: break_map(list, type); break;
	case FORM_CHOICE: broken_add(list, "no choice", text_copy("{}"), false); break;
	case FORM_RECORD:
		if (type->not_empty)
			broken_add(list, "empty", text_copy("{}"), false);
		break;
	default: break;
	}
}

/* ---- documents ---- */

#define PATH_MAX_KEYS 12
struct walk_path {
	const struct file_kind *kind;
	const struct key_entry *keys[PATH_MAX_KEYS];
	size_t count;
	size_t lists;         /* how many lists lie around the key */
	const void *seen[64]; /* tables of keys that were visited */
	size_t seen_count;
	mistake_visit *visit;
	void *context;
};

static inline bool holds(const struct value_type *record, const struct key_entry *wanted)
{
	for (const struct key_entry *key = record->keys; key->name; key++) {
		if (key == wanted)
			return true;
	}
	return false;
}

static inline void render(struct buffer *out, const struct value_type *type,
			  const struct walk_path *path, size_t depth, const char *member);

/* The record's required keys, and the path's with `member` ("key: value, …") at its end. */
static inline void render_record(struct buffer *out, const struct value_type *type,
				 const struct walk_path *path, size_t depth, const char *member)
{
	const char *between = "";
	for (const struct key_entry *key = type->keys; key->name; key++) {
		if (key == path->keys[depth] && depth + 1 == path->count) {
			if (!*member)
				continue;
			buffer_format(out, "%s%s", between, member);
		} else if (key == path->keys[depth]) {
			buffer_format(out, "%s%s: ", between, key->name);
			render(out, key->type, path, depth + 1, member);
		} else if (key->flags & KEY_REQUIRED) {
			autofree char *value = sample(key->type);
			buffer_format(out, "%s%s: %s", between, key->name, value);
		} else {
			continue;
		}
		between = depth ? ", " : "\n";
	}
}

static inline void render(struct buffer *out, const struct value_type *type,
			  const struct walk_path *path, size_t depth, const char *member)
{
	if (type->form == FORM_LIST) {
		buffer_text(out, "[");
		render(out, type->item, path, depth, member);
		buffer_text(out, "]");
	} else if (type->form == FORM_MAP) {
		buffer_format(out, "{ %s: ", sample_key(type));
		render(out, type->item, path, depth, member);
		buffer_text(out, " }");
	} else {
		const struct choice *choice = type->form == FORM_CHOICE ? type->choices : NULL;
		while (choice && !holds(choice->record, path->keys[depth]))
			choice++;
		buffer_text(out, "{ ");
		render_record(out, choice ? choice->record : type, path, depth, member);
		buffer_text(out, " }");
	}
}

static inline void visit_member(const struct walk_path *path, const char *name, const char *member,
				bool right, bool beyond)
{
	autobuffer struct buffer text = { 0 }, key = { 0 };
	render_record(&text, path->kind->type, path, 0, member);
	buffer_text(&text, "\n");
	for (size_t i = 0; i < path->count; i++)
		buffer_format(&key, "%s%s", i ? "." : "", path->keys[i]->name);
	path->visit(path->context, &(struct mistake_case){ path->kind, key.data, name, text.data,
							   right, beyond });
}

static inline void visit_key(const struct walk_path *path)
{
	const struct key_entry *key = path->keys[path->count - 1];
	const char *between = path->count > 1 ? ", " : "\n";
	autofree char *value = key->type ? sample(key->type) : text_copy("anything");
	autofree char *right = text_format("%s: %s", key->name, value);
	if (!key->type) {
		visit_member(path, "refused", right, false, false);
		return;
	}
	visit_member(path, "right", right, true, false);
	struct broken_list list = { 0 };
	break_value(&list, key->type);
	for (size_t i = 0; i < list.count; i++) {
		autofree char *member = text_format("%s: %s", key->name, list.items[i].yaml);
		/* in a recipe that extends another, null takes a key away */
		bool null = path->kind->base_key && !path->lists &&
			    text_equal(list.items[i].name, "wrong type: nothing");
		visit_member(path, list.items[i].name, member, false,
			     list.items[i].beyond || null);
	}
	broken_clear(&list);
	autofree char *unknown = text_format("%s%s%sx: anything", right, between, key->name);
	visit_member(path, "unknown key beside it", unknown, false, false);
	autofree char *twice = text_format("%s%s%s", right, between, right);
	visit_member(path, "twice", twice, false, true);
	if (key->flags & KEY_REQUIRED)
		visit_member(path, "missing", "", false, false);
}

static inline void visit_record(struct walk_path *path, const struct value_type *type)
{
	if (type->form == FORM_LIST || type->form == FORM_MAP) {
		path->lists++;
		visit_record(path, type->item);
		path->lists--;
	}
	for (const struct choice *choice = type->choices; choice && choice->key; choice++)
		visit_record(path, choice->record);
	if (type->form != FORM_RECORD)
		return;
	for (size_t i = 0; i < path->seen_count; i++) {
		if (path->seen[i] == type->keys)
			return;
	}
	path->seen[path->seen_count++] = type->keys;
	for (const struct key_entry *key = type->keys; key->name; key++) {
		path->keys[path->count++] = key;
		visit_key(path);
		if (key->type)
			visit_record(path, key->type);
		path->count--;
	}
}

/* Visits all documents of a kind. */
static inline void mistakes_visit(const struct file_kind *kind, mistake_visit *visit, void *context)
{
	struct walk_path path = { .kind = kind, .visit = visit, .context = context };
	visit_record(&path, kind->type);
}

#endif
