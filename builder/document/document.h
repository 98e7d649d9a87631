/* document: YAML or JSON text becomes a tree in which every node knows its file, line and column; a
 * tree becomes JSON text. The only room that names libyaml and jansson. */
#ifndef HIEBOX_DOCUMENT_H
#define HIEBOX_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

enum node_kind { NODE_NULL, NODE_STRING, NODE_NUMBER, NODE_BOOLEAN, NODE_LIST, NODE_MAP };

/* One node. YAML scalars keep their text as written in `text`; `kind` follows the YAML 1.2 core schema
 * for plain (unquoted) scalars: true/false, null or empty, decimal numbers; all else is a string (so
 * `on`, `no` and `0755` with quotes stay text; an unquoted 0755 is a number whose text is "0755"). */
struct node {
	enum node_kind kind;
	struct place place;        /* where the value stands; for a map entry's key see `key_place` */
	const char *text;          /* scalars: the text; NULL for lists and maps */
	double number;             /* NODE_NUMBER */
	bool boolean;              /* NODE_BOOLEAN */
	const char *key;           /* this node's key when its parent is a map, else NULL */
	struct place key_place;
	struct node *first;        /* children of a list or map, in file order */
	struct node *next;         /* next sibling */
	size_t count;              /* number of children */
};

/* A parsed document; owns all nodes and texts. */
struct document;

/* Limits for hostile input, per document; all are errors with a place when exceeded. */
#define DOCUMENT_MAX_BYTES (4u << 20)
#define DOCUMENT_MAX_NODES 200000u
#define DOCUMENT_MAX_DEPTH 64u

/* Parses YAML (1.2 core schema, one document, no anchors, aliases, tags or merge keys: they are
 * mistakes with a place) from memory. `name` is the file name used in places (copied). Duplicate keys
 * are mistakes. All syntax mistakes found are added to `mistakes`. Returns 0 with `*ret_document`
 * (free with document_free()), or -1 with at least one entry in `mistakes`. Needs no NUL at the end. */
int document_parse_yaml(const char *name, const char *text, size_t length,
			struct document **ret_document, struct diagnostics *mistakes);

/* Parses JSON (RFC 8259) the same way. Numbers keep their text as written;
 * whole numbers beyond 64 bits are mistakes. The parser stops at its first mistake. */
int document_parse_json(const char *name, const char *text, size_t length,
			struct document **ret_document, struct diagnostics *mistakes);

/* Reads `path` (at most DOCUMENT_MAX_BYTES) and parses it: *.json as JSON, else YAML. An unreadable
 * file is a mistake at line 0 ("path: cannot be read: …"). */
int document_load(const char *path, struct document **ret_document, struct diagnostics *mistakes);

/* The same for a file or text that may as well be missing: NULL when it cannot be read or has any mistake, and
 * nobody is told. `text` NULL gives NULL. Free with document_free(). */
struct document *document_load_or_null(const char *path);
struct document *document_json_or_null(const char *text, size_t length);

const struct node *document_root(const struct document *document); /* NULL gives NULL */
void document_free(struct document *document);      /* NULL allowed */
void cleanup_document(struct document **document);
#define autodocument __attribute__((cleanup(cleanup_document)))

/* The child of map `map` with that key, or NULL (also when `map` is NULL or no map). */
const struct node *node_get(const struct node *map, const char *key);
/* Walks a path of keys: node_find(root, "site", "name", NULL). */
const struct node *node_find(const struct node *map, ...) __attribute__((sentinel));
/* The text of a scalar child, or `fallback`. Borrowed. */
const char *node_text(const struct node *map, const char *key, const char *fallback);
/* "a list", "text", "a number", …: for diagnostics. */
const char *node_kind_name(enum node_kind kind);
/* Text of a person's file made safe for a message: in double quotes, at most 60 characters (then "…"),
 * control characters and broken UTF-8 as \xNN. Caller frees. */
char *text_quoted(const char *text);

/* for (const struct node *item = …) over the children of a list or map; NULL-safe. */
#define node_each(item, parent) \
	(const struct node *item = (parent) ? (parent)->first : NULL; item; item = item->next)

/* A JSON value being built for output, kept in insertion order. Owned by its container once added.
 * (The names keep clear of jansson's own json_object() and friends, which a program's symbol would replace.) */
struct json;
struct json *json_new_object(void);
struct json *json_new_array(void);
struct json *json_new_string(const char *text);       /* NULL gives JSON null; invalid UTF-8 bytes become U+FFFD */
struct json *json_new_number(int64_t number);
struct json *json_new_boolean(bool value);
/* Deep copy. A number keeps its text; one that JSON would not read as written (a mode 0755) becomes
 * the string "0755", so that node_text() on the other side gives the same text. NULL gives JSON null. */
struct json *json_from_node(const struct node *node);
void json_set(struct json *object, const char *key, struct json *value);  /* takes value over; replaces an equal key */
void json_add(struct json *array, struct json *value);                    /* takes value over */
/* Looking into one again; NULL as a value stands for null, and all that is given is borrowed. */
enum node_kind json_kind(const struct json *value);
const struct json *json_get(const struct json *object, const char *key); /* NULL when there is none */
const char *json_text(const struct json *value);      /* of a string, or a number as it is written; else NULL */
bool json_is_true(const struct json *value);
const struct json *json_first(const struct json *value); /* child of an object or array */
const struct json *json_next(const struct json *value);  /* its next sibling */
const char *json_key(const struct json *value);       /* when its parent is an object */
/* for (const struct json *item = …) over the values of an object or array; NULL-safe. */
#define json_each(item, parent) \
	(const struct json *item = json_first(parent); item; item = json_next(item))
/* Text with two-space indentation (or on one line when `compact`) and a newline at the end; caller frees. */
char *json_write(const struct json *value, bool compact);
void json_release(struct json *value);                /* NULL allowed */
void cleanup_json(struct json **value);
#define autojson __attribute__((cleanup(cleanup_json)))

#endif
