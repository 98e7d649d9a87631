/* JSON values for output, and their text. RFC 8259. */
#include "document/document.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

struct json {
	enum node_kind kind;
	char *key;  /* in an object */
	char *text; /* strings; numbers as they are written */
	bool boolean;
	struct json *first, *last, *next;
};

static struct json *json_new(enum node_kind kind)
{
	struct json *value = memory_alloc(sizeof *value);
	value->kind = kind;
	return value;
}

struct json *json_new_object(void)
{
	return json_new(NODE_MAP);
}

struct json *json_new_array(void)
{
	return json_new(NODE_LIST);
}

struct json *json_new_string(const char *text)
{
	if (!text)
		return json_new(NODE_NULL);
	struct json *value = json_new(NODE_STRING);
	value->text = text_copy(text);
	return value;
}

struct json *json_new_number(int64_t number)
{
	struct json *value = json_new(NODE_NUMBER);
	value->text = text_format("%" PRId64, number);
	return value;
}

struct json *json_new_boolean(bool boolean)
{
	struct json *value = json_new(NODE_BOOLEAN);
	value->boolean = boolean;
	return value;
}

void json_release(struct json *value)
{
	if (!value)
		return;
	while (value->first) {
		struct json *child = value->first;
		value->first = child->next;
		json_release(child);
	}
	free(value->key);
	free(value->text);
	free(value);
}

void cleanup_json(struct json **value)
{
	json_release(*value);
	*value = NULL;
}

void json_add(struct json *parent, struct json *value)
{
	if (parent->last)
		parent->last->next = value;
	else
		parent->first = value;
	parent->last = value;
}

static void json_append(struct json *object, const char *key, struct json *value)
{
	value->key = text_copy(key);
	json_add(object, value);
}

void json_set(struct json *object, const char *key, struct json *value)
{
	for (struct json **link = &object->first; *link; link = &(*link)->next) {
		struct json *old = *link;
		if (!text_equal(old->key, key))
			continue;
		value->key = text_copy(key);
		value->next = old->next;
		*link = value;
		if (object->last == old)
			object->last = value;
		old->next = NULL;
		json_release(old);
		return;
	}
	json_append(object, key, value);
}

enum node_kind json_kind(const struct json *value)
{
	return value ? value->kind : NODE_NULL;
}

const struct json *json_get(const struct json *object, const char *key)
{
	for json_each (child, object) {
		if (text_equal(child->key, key))
			return child;
	}
	return NULL;
}

const char *json_text(const struct json *value)
{
	return value ? value->text : NULL;
}

const struct json *json_first(const struct json *value)
{
	return value ? value->first : NULL;
}

const struct json *json_next(const struct json *value)
{
	return value->next;
}

const char *json_key(const struct json *value)
{
	return value->key;
}

bool json_is_true(const struct json *value)
{
	return value && value->kind == NODE_BOOLEAN && value->boolean;
}

/* -? ( 0 | [1-9][0-9]* ) ( \.[0-9]+ )? ( [eE][-+]?[0-9]+ )? : what JSON takes as a number. */
static bool is_json_number(const char *text)
{
	text += *text == '-';
	if (!isdigit((unsigned char)*text) || (*text == '0' && isdigit((unsigned char)text[1])))
		return false;
	text += strspn(text, "0123456789");
	if (*text == '.') {
		if (!isdigit((unsigned char)*++text))
			return false;
		text += strspn(text, "0123456789");
	}
	if (*text == 'e' || *text == 'E') {
		text++;
		text += *text == '-' || *text == '+';
		if (!isdigit((unsigned char)*text))
			return false;
		text += strspn(text, "0123456789");
	}
	return !*text;
}

/* Would every JSON parser read this number as written? Not a mode (0755), nor what needs more than 64 bits. */
static bool number_keeps(const char *text)
{
	int64_t number;
	if (!is_json_number(text))
		return false;
	return strpbrk(text, ".eE") || number_parse(text, INT64_MIN, INT64_MAX, &number) == 0;
}

struct json *json_from_node(const struct node *node)
{
	if (!node)
		return json_new(NODE_NULL);
	struct json *value = json_new(node->kind);
	value->boolean = node->boolean;
	if (node->kind == NODE_STRING || node->kind == NODE_NUMBER)
		value->text = text_copy(node->text);
	if (node->kind == NODE_NUMBER && !number_keeps(node->text))
		value->kind = NODE_STRING;
	for node_each (child, node) {
		if (node->kind == NODE_MAP)
			json_append(value, child->key, json_from_node(child));
		else
			json_add(value, json_from_node(child));
	}
	return value;
}

static void write_string(struct buffer *out, const char *text)
{
	buffer_text(out, "\"");
	while (*text) {
		unsigned char c = (unsigned char)*text;
		size_t length = utf8_length(text);
		if (c == '"' || c == '\\')
			buffer_format(out, "\\%c", c);
		else if (c == '\n')
			buffer_text(out, "\\n");
		else if (c == '\t')
			buffer_text(out, "\\t");
		else if (c < 0x20 || c == 0x7f)
			buffer_format(out, "\\u%04x", c);
		else if (!length)
			buffer_text(out, "\xef\xbf\xbd");
		else
			buffer_add(out, text, length);
		text += length ? length : 1;
	}
	buffer_text(out, "\"");
}

static void write_break(struct buffer *out, bool compact, unsigned depth)
{
	if (compact)
		return;
	buffer_text(out, "\n");
	for (unsigned i = 0; i < depth; i++)
		buffer_text(out, "  ");
}

static void write_value(struct buffer *out, const struct json *value, bool compact, unsigned depth);

static void write_children(struct buffer *out, const struct json *parent, bool compact,
			   unsigned depth)
{
	bool object = parent->kind == NODE_MAP;
	buffer_text(out, object ? "{" : "[");
	for (const struct json *child = parent->first; child; child = child->next) {
		write_break(out, compact, depth + 1);
		if (object) {
			write_string(out, child->key);
			buffer_text(out, compact ? ":" : ": ");
		}
		write_value(out, child, compact, depth + 1);
		if (child->next)
			buffer_text(out, ",");
	}
	if (parent->first)
		write_break(out, compact, depth);
	buffer_text(out, object ? "}" : "]");
}

static void write_value(struct buffer *out, const struct json *value, bool compact, unsigned depth)
{
	switch (value->kind) {
	case NODE_NULL: buffer_text(out, "null"); break;
	case NODE_BOOLEAN: buffer_text(out, value->boolean ? "true" : "false"); break;
	case NODE_NUMBER: buffer_text(out, value->text); break;
	case NODE_STRING: write_string(out, value->text); break;
	default: write_children(out, value, compact, depth);
	}
}

char *json_write(const struct json *value, bool compact)
{
	struct buffer out = { .maximum = SIZE_MAX / 4 };
	write_value(&out, value, compact, 0);
	buffer_text(&out, "\n");
	return buffer_steal(&out);
}

char *text_quoted(const char *text)
{
	struct buffer out = { 0 };
	size_t shown = 0;
	buffer_text(&out, "\"");
	while (*text && shown++ < 60) {
		unsigned char c = (unsigned char)*text;
		size_t length = utf8_length(text);
		bool control = c < 0x20 || c == 0x7f ||
			       (c == 0xc2 && (unsigned char)text[1] < 0xa0);
		if (control && length == 2)
			length = 1; /* a control character of Latin-1: terminals obey those too */
		if (control || !length)
			buffer_format(&out, "\\x%02x", c);
		else
			buffer_add(&out, text, length);
		text += length ? length : 1;
	}
	buffer_text(&out, *text ? "…\"" : "\"");
	return buffer_steal(&out);
}
