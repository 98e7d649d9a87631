/* JSON Schema from the key tables, for editors. Draft-07: every editor's language server takes it (the one
 * of YAML took nothing newer until the end of 2025), and nothing newer is needed here. It can be a
 * little wider than the checks (what stands in another file, sizes with a unit, unique names of records), never narrower. */
#include "schema/schema.h"

#include <string.h>

#define DRAFT "http://json-schema.org/draft-07/schema#"

/* `nullable`: in a file that may say only what differs from another one, where null takes a key away. */
static struct json *value_schema(const struct value_type *type, bool nullable);

static struct json *text_list_json(const char *const *texts, size_t count)
{
	struct json *list = json_new_array();
	for (size_t i = 0; i < count; i++)
		json_add(list, json_new_string(texts[i]));
	return list;
}

static void set_text(struct json *object, const char *key, const char *text)
{
	if (text)
		json_set(object, key, json_new_string(text));
}

/* A text that is also a right value when YAML takes it for a number: 2024, or the version 4.0. */
static struct json *number_or_null(const char *text)
{
	int64_t whole;
	if (number_parse(text, 0, INT64_MAX, &whole) == 0 && (text[0] != '0' || !text[1]))
		return json_new_number(whole);
	char *end;
	double number = strtod(text, &end);
	if (*end || end == text || !strchr(DIGITS, text[0]))
		return NULL;
	const struct node node = { .kind = NODE_NUMBER, .text = text, .number = number };
	return json_from_node(&node);
}

static void set_words(struct json *schema, const struct word *words)
{
	struct json *list = json_new_array();
	for (; words->name; words++) {
		struct json *number = number_or_null(words->name);
		json_add(list, json_new_string(words->name));
		if (number)
			json_add(list, number);
	}
	json_set(schema, "enum", list);
}

static void set_range(struct json *schema, const struct value_type *type)
{
	if (!type->low && !type->high)
		return;
	json_set(schema, "minimum", json_new_number(type->low));
	json_set(schema, "maximum", json_new_number(type->high));
}

static void set_type(struct json *schema, const char *name, const char *other)
{
	const char *const both[] = { name, other };
	json_set(schema, "type", other ? text_list_json(both, 2) : json_new_string(name));
}

static struct json *scalar_schema(const struct value_type *type)
{
	struct json *schema = json_new_object();
	if (type->words) {
		set_words(schema, type->words);
		return schema;
	}
	switch (type->store) {
	case STORE_BOOLEAN: set_type(schema, "boolean", NULL); return schema;
	case STORE_LONG:
	case STORE_UNSIGNED:
		set_type(schema, "integer", NULL);
		set_range(schema, type);
		return schema;
	case STORE_SIZE:
		set_type(schema, "string", "integer");
		set_text(schema, "pattern", "^[0-9]+((\\.[0-9]+)?[KMGT])?$");
		set_range(schema, type);
		return schema;
	case STORE_DURATION:
		set_type(schema, "string", NULL);
		set_text(schema, "pattern", "^[0-9]{1,10}(ms|s|m)$");
		return schema;
	default: break;
	}
	/* a name such as 2024 is a number in YAML */
	bool number = !type->valid || type->valid("755") || type->valid("1.5");
	set_type(schema, "string", number ? "number" : NULL);
	set_text(schema, "pattern", type->pattern);
	if (type->example)
		json_set(schema, "examples", text_list_json(&type->example, 1));
	return schema;
}

static struct json *any_of(struct json *first, struct json *second)
{
	struct json *schema = json_new_object();
	struct json *list = json_new_array();
	json_add(list, first);
	json_add(list, second);
	json_set(schema, "anyOf", list);
	return schema;
}

/* A list is taken over as a whole: nothing in it is null. */
static struct json *list_schema(const struct value_type *type)
{
	struct json *schema = json_new_object();
	json_set(schema, "type", json_new_string("array"));
	json_set(schema, "items", value_schema(type->item, false));
	if (type->item->form == FORM_SCALAR)
		json_set(schema, "uniqueItems", json_new_boolean(true));
	if (type->not_empty)
		json_set(schema, "minItems", json_new_number(1));
	return type->lone ? any_of(value_schema(type->item, false), schema) : schema;
}

static struct json *map_schema(const struct value_type *type, bool nullable)
{
	struct json *schema = json_new_object();
	json_set(schema, "type", json_new_string("object"));
	json_set(schema, "propertyNames", scalar_schema(type->key_type));
	json_set(schema, "additionalProperties", value_schema(type->item, nullable));
	if (type->not_empty)
		json_set(schema, "minProperties", json_new_number(1));
	if (type->must_hold)
		json_set(schema, "required", text_list_json(&type->must_hold, 1));
	return schema;
}

/* A default with the type of its key. */
static struct json *default_json(const struct value_type *type, const char *standard)
{
	if (type->form == FORM_LIST) {
		struct json *list = json_new_array();
		json_add(list, default_json(type->item, standard));
		return list;
	}
	int64_t number;
	if (type->store == STORE_BOOLEAN)
		return json_new_boolean(text_equal(standard, "true"));
	if ((type->store == STORE_UNSIGNED || type->store == STORE_LONG) &&
	    number_parse(standard, INT64_MIN, INT64_MAX, &number) == 0)
		return json_new_number(number);
	return json_new_string(standard);
}

static struct json *null_schema(void)
{
	struct json *schema = json_new_object();
	set_text(schema, "type", "null");
	return schema;
}

static struct json *properties(const struct value_type *type, bool nullable,
			       struct json *required)
{
	struct json *object = json_new_object();
	for (const struct key_entry *key = type->keys; key->name; key++) {
		if (!key->type)
			continue;
		struct json *schema = value_schema(key->type, nullable);
		if (nullable)
			schema = any_of(schema, null_schema());
		set_text(schema, "description", key->help);
		if (key->standard)
			json_set(schema, "default", default_json(key->type, key->standard));
		json_set(object, key->name, schema);
		if (key->flags & KEY_REQUIRED)
			json_add(required, json_new_string(key->name));
	}
	return object;
}

static const struct key_entry *lone_key(const struct value_type *type)
{
	const struct key_entry *key = type->keys;
	while (!text_equal(key->name, type->short_key))
		key++;
	return key;
}

/* What may stand in place of the map: a lone value of its short key. */
static struct json *lone_schema(const struct value_type *type)
{
	static const char *const scalars[] = { "string", "number", "boolean", "null" };
	if (type->form == FORM_SCALAR)
		return scalar_schema(type);
	struct json *schema = json_new_object();
	json_set(schema, "type", text_list_json(scalars, LENGTH(scalars)));
	return schema;
}

static struct json *record_schema(const struct value_type *type, bool nullable)
{
	struct json *schema = json_new_object();
	struct json *required = json_new_array();
	json_set(schema, "type", json_new_string("object"));
	json_set(schema, "properties", properties(type, nullable, required));
	json_set(schema, "required", required);
	json_set(schema, "additionalProperties", json_new_boolean(false));
	if (type->not_empty)
		json_set(schema, "minProperties", json_new_number(1));
	return type->short_key ? any_of(lone_schema(lone_key(type)->type), schema) : schema;
}

static struct json *choice_schema(const struct value_type *type, bool nullable)
{
	struct json *schema = json_new_object();
	struct json *list = json_new_array();
	for (const struct choice *choice = type->choices; choice->key; choice++)
		json_add(list, record_schema(choice->record, nullable));
	json_set(schema, "anyOf", list);
	return schema;
}

static struct json *value_schema(const struct value_type *type, bool nullable)
{
	switch (type->form) {
	case FORM_LIST: return list_schema(type);
	case FORM_RECORD: return record_schema(type, nullable);
	case FORM_CHOICE: return choice_schema(type, nullable);
	case FORM_MAP: return map_schema(type, nullable);
	case FORM_NODE: return json_new_object();
	default: return scalar_schema(type);
	}
}

static struct json *requires_key(const char *key)
{
	struct json *schema = json_new_object();
	json_set(schema, "required", text_list_json(&key, 1));
	return schema;
}

/* Only a file that names no other one needs all the required keys. */
static struct json *required_keys(const struct file_kind *kind)
{
	struct json *schema = json_new_object(), *required = json_new_array();
	for (const struct key_entry *key = kind->type->keys; key->name; key++) {
		if (key->flags & KEY_REQUIRED)
			json_add(required, json_new_string(key->name));
	}
	json_set(schema, "required", required);
	return schema;
}

static struct json *kind_json(const struct file_kind *kind)
{
	struct json *schema = value_schema(kind->type, kind->base_key != NULL);
	if (kind->base_key) {
		json_set(schema, "required", text_list_json(&kind->name, 1));
		json_set(schema, "if", requires_key(kind->base_key));
		json_set(schema, "then", json_new_boolean(true));
		json_set(schema, "else", required_keys(kind));
	}
	autofree char *description = text_format("%s: %s", kind->where, kind->summary);
	set_text(schema, "title", kind->name);
	set_text(schema, "description", description);
	return schema;
}

/* Whose first key is there, that kind it is; a recipe also has a key `board`, so the first kind counts. */
static struct json *is_kind(const struct file_kind *const *kinds, size_t index)
{
	struct json *schema = requires_key(kinds[index]->name);
	if (!index)
		return schema;
	struct json *earlier = json_new_array(), *not_earlier = json_new_object();
	for (size_t i = 0; i < index; i++)
		json_add(earlier, requires_key(kinds[i]->name));
	json_set(not_earlier, "anyOf", earlier);
	json_set(schema, "not", not_earlier);
	return schema;
}

static struct json *by_first_key(const struct file_kind *const *kinds, size_t count)
{
	struct json *schema = json_new_object();
	struct json *any = json_new_array(), *all = json_new_array();
	struct json *definitions = json_new_object();
	set_text(schema, "$schema", DRAFT);
	set_text(schema, "title", "a file of hiebox");
	for (size_t i = 0; i < count; i++) {
		autofree char *path = text_format("#/definitions/%s", kinds[i]->name);
		struct json *branch = json_new_object(), *reference = json_new_object();
		set_text(reference, "$ref", path);
		json_set(branch, "if", is_kind(kinds, i));
		json_set(branch, "then", reference);
		json_add(all, branch);
		json_add(any, requires_key(kinds[i]->name));
		json_set(definitions, kinds[i]->name, kind_json(kinds[i]));
	}
	json_set(schema, "anyOf", any);
	json_set(schema, "allOf", all);
	json_set(schema, "definitions", definitions);
	return schema;
}

struct json *schema_json(const struct file_kind *const *kinds, size_t count)
{
	if (count > 1)
		return by_first_key(kinds, count);
	struct json *schema = kind_json(kinds[0]);
	set_text(schema, "$schema", DRAFT);
	return schema;
}
