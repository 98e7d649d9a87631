/* JSON text to a tree. jansson judges and decodes; it knows no places, so a second walk over the text,
 * in step with jansson's values, finds where each of them stands and how a number was written. */
#include "document/tree.h"

#include <jansson.h>
#include <string.h>

struct json_source {
	const char *text;
	size_t length;
	size_t at; /* the walk's position, with its line and column */
	unsigned line, column;
	struct tree tree;
};

/* Refuses what would make the parsers work hard before they start: too deep or too many values; and a NUL, which is
 * nowhere legal but which jansson 2.14 swallows behind a number, so that our walk would lose its step. */
static int check_limits(struct json_source *source)
{
	size_t depth = 0, values = 1;
	bool in_string = false;
	for (size_t i = 0; i < source->length; i++) {
		char c = source->text[i];
		if (!c)
			return diagnostics_add(source->tree.mistakes,
					       tree_place_at(&source->tree, source->text, source->length, i),
					       "a NUL byte: this is no JSON text");
		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
			continue;
		}
		in_string = c == '"';
		if (c == ']' || c == '}')
			depth -= depth > 0;
		depth += c == '[' || c == '{';
		values += c == ',' || c == '[' || c == '{';
		if (depth <= DOCUMENT_MAX_DEPTH && values <= 2 * (size_t)DOCUMENT_MAX_NODES)
			continue;
		struct place at = tree_place_at(&source->tree, source->text, source->length, i);
		if (depth > DOCUMENT_MAX_DEPTH)
			return diagnostics_add(source->tree.mistakes, at,
					       "lists and maps are nested more than %u deep",
					       DOCUMENT_MAX_DEPTH);
		return diagnostics_add(source->tree.mistakes, at, "more than %u values in one file",
				       DOCUMENT_MAX_NODES);
	}
	return 0;
}

static void step(struct json_source *source)
{
	unsigned char c = (unsigned char)source->text[source->at++];
	if (c == '\n') {
		source->line++;
		source->column = 1;
	} else if ((c & 0xc0) != 0x80) {
		source->column++;
	}
}

static void skip(struct json_source *source, const char *characters)
{
	while (source->at < source->length && source->text[source->at] &&
	       strchr(characters, source->text[source->at]))
		step(source);
}

static void skip_string(struct json_source *source)
{
	step(source);
	while (source->at < source->length && source->text[source->at] != '"') {
		if (source->text[source->at] == '\\')
			step(source);
		step(source);
	}
	step(source);
}

static const char *number_text(struct json_source *source)
{
	size_t start = source->at;
	skip(source, "+-.0123456789eE");
	return arena_string_n(source->tree.document->arena, source->text + start,
			      source->at - start);
}

static enum node_kind kind_of(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT: return NODE_MAP;
	case JSON_ARRAY: return NODE_LIST;
	case JSON_STRING: return NODE_STRING;
	case JSON_INTEGER:
	case JSON_REAL: return NODE_NUMBER;
	case JSON_TRUE:
	case JSON_FALSE: return NODE_BOOLEAN;
	default: return NODE_NULL;
	}
}

static void take_scalar(struct json_source *source, const json_t *value, struct node *node)
{
	struct arena *arena = source->tree.document->arena;
	switch (node->kind) {
	case NODE_STRING:
		node->text = arena_string(arena, json_string_value(value));
		skip_string(source);
		break;
	case NODE_NUMBER:
		node->number = json_number_value(value);
		node->text = number_text(source);
		break;
	case NODE_BOOLEAN:
		node->boolean = json_is_true(value);
		node->text = node->boolean ? "true" : "false";
		skip(source, "truefals");
		break;
	default:
		node->text = "null";
		skip(source, "nul");
		break;
	}
}

static int walk(struct json_source *source, json_t *value);

static int walk_object(struct json_source *source, json_t *object)
{
	const char *key;
	json_t *child;
	json_object_foreach(object, key, child)
	{
		skip(source, " \t\r\n,");
		struct place at = tree_place(&source->tree, source->line, source->column);
		skip_string(source);
		tree_key(&source->tree, arena_string(source->tree.document->arena, key), at);
		skip(source, " \t\r\n:");
		if (walk(source, child) < 0)
			return -1;
	}
	return 0;
}

static int walk_array(struct json_source *source, json_t *array)
{
	size_t index;
	json_t *child;
	json_array_foreach(array, index, child)
	{
		skip(source, " \t\r\n,");
		if (walk(source, child) < 0)
			return -1;
	}
	return 0;
}

static int walk(struct json_source *source, json_t *value)
{
	skip(source, " \t\r\n");
	struct node *node = tree_node(&source->tree, kind_of(value),
				      tree_place(&source->tree, source->line, source->column));
	if (!node)
		return -1;
	if (node->kind != NODE_MAP && node->kind != NODE_LIST) {
		take_scalar(source, value, node);
		return 0;
	}
	if (tree_enter(&source->tree, node) < 0)
		return -1;
	step(source);
	int result = node->kind == NODE_MAP ? walk_object(source, value)
					    : walk_array(source, value);
	skip(source, " \t\r\n");
	step(source);
	tree_leave(&source->tree);
	return result;
}

static bool is_blank(const struct json_source *source)
{
	size_t i = 0;
	while (i < source->length && memchr(" \t\r\n", source->text[i], 4))
		i++;
	return i == source->length;
}

static int parse_text(struct json_source *source)
{
	struct diagnostics *mistakes = source->tree.mistakes;
	if (source->length > DOCUMENT_MAX_BYTES)
		return diagnostics_add(mistakes, tree_place(&source->tree, 1, 1),
				       "longer than %u bytes", DOCUMENT_MAX_BYTES);
	if (is_blank(source))
		return diagnostics_add(mistakes, tree_place(&source->tree, 1, 1),
				       "the file is empty");
	if (check_limits(source) < 0)
		return -1;
	json_error_t error;
	json_t *value = json_loadb(source->text, source->length,
				   JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error);
	if (!value) {
		struct place at = tree_place(&source->tree,
					     error.line > 0 ? (unsigned)error.line : 1,
					     error.column > 0 ? (unsigned)error.column : 1);
		return diagnostics_add(mistakes, at, "%s", error.text);
	}
	int result = walk(source, value);
	json_decref(value);
	return result;
}

int document_parse_json(const char *name, const char *text, size_t length,
			struct document **ret_document, struct diagnostics *mistakes)
{
	autodocument struct document *document = document_new(name);
	struct json_source source = {
		.text = text,
		.length = length,
		.line = 1,
		.column = 1,
		.tree = { .document = document, .mistakes = mistakes },
	};
	if (parse_text(&source) < 0)
		return -1;
	*ret_document = steal(document);
	return 0;
}
