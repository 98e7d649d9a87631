/* Reading a finished tree, and what plain YAML scalars mean. */
#include "document/tree.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

const struct node *document_root(const struct document *document)
{
	return document ? document->root : NULL;
}

void document_free(struct document *document)
{
	if (!document)
		return;
	arena_free(document->arena);
	free(document);
}

void cleanup_document(struct document **document)
{
	document_free(*document);
	*document = NULL;
}

int document_load(const char *path, struct document **ret_document, struct diagnostics *mistakes)
{
	autofree char *text = NULL;
	size_t length = 0;
	struct error err = { 0 };
	if (file_read(path, DOCUMENT_MAX_BYTES, &text, &length, &err) < 0) {
		diagnostics_add(mistakes, (struct place){ path, 0, 0 }, "cannot be read: %s",
				err.message);
		error_clear(&err);
		return -1;
	}
	if (text_ends(path, ".json"))
		return document_parse_json(path, text, length, ret_document, mistakes);
	return document_parse_yaml(path, text, length, ret_document, mistakes);
}

struct document *document_load_or_null(const char *path)
{
	struct document *document = NULL;
	struct diagnostics ignored = { 0 };
	document_load(path, &document, &ignored);
	diagnostics_clear(&ignored);
	return document;
}

struct document *document_json_or_null(const char *text, size_t length)
{
	struct document *document = NULL;
	struct diagnostics ignored = { 0 };
	if (text)
		document_parse_json("", text, length, &document, &ignored);
	diagnostics_clear(&ignored);
	return document;
}

const struct node *node_get(const struct node *map, const char *key)
{
	if (!map || map->kind != NODE_MAP)
		return NULL;
	for node_each (child, map) {
		if (text_equal(child->key, key))
			return child;
	}
	return NULL;
}

const struct node *node_find(const struct node *map, ...)
{
	va_list keys;
	va_start(keys, map);
	const char *key;
	while (map && (key = va_arg(keys, const char *)))
		map = node_get(map, key);
	va_end(keys);
	return map;
}

const char *node_text(const struct node *map, const char *key, const char *fallback)
{
	const struct node *child = node_get(map, key);
	return child && child->text ? child->text : fallback;
}

const char *node_kind_name(enum node_kind kind)
{
	static const char *const names[] = {
		[NODE_NULL] = "nothing",    [NODE_STRING] = "text",
		[NODE_NUMBER] = "a number", [NODE_BOOLEAN] = "true or false",
		[NODE_LIST] = "a list",     [NODE_MAP] = "a map",
	};
	return names[kind];
}

static size_t digits(const char *text)
{
	size_t count = 0;
	while (isdigit((unsigned char)text[count]))
		count++;
	return count;
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? : YAML 1.2.2, section 10.3.2. */
static bool is_number(const char *text)
{
	if (*text == '-' || *text == '+')
		text++;
	size_t whole = digits(text), fraction = 0;
	text += whole;
	if (*text == '.') {
		fraction = digits(++text);
		text += fraction;
	}
	if (!whole && !fraction)
		return false;
	if (*text == 'e' || *text == 'E') {
		text++;
		if (*text == '-' || *text == '+')
			text++;
		size_t exponent = digits(text);
		if (!exponent)
			return false;
		text += exponent;
	}
	return !*text;
}

void node_resolve_plain(struct node *node)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
	static const char *const trues[] = { "true", "True", "TRUE", NULL };
	static const char *const falses[] = { "false", "False", "FALSE", NULL };

	node->kind = NODE_STRING;
	if (text_one_of(node->text, nulls)) {
		node->kind = NODE_NULL;
	} else if (text_one_of(node->text, trues) || text_one_of(node->text, falses)) {
		node->kind = NODE_BOOLEAN;
		node->boolean = text_one_of(node->text, trues);
	} else if (is_number(node->text)) {
		/* The program never calls setlocale(), so the decimal point is a point. */
		double number = strtod(node->text, NULL);
		if (isfinite(number)) {
			node->kind = NODE_NUMBER;
			node->number = number;
		}
	}
}
