/* schema: the engine of key tables. A file kind is one record type; a record type is a table of keys; a
 * key has a value type. From the same tables come checking (walk.c), storing with defaults (store.c) and
 * help (help.c); adding a key to a file kind is one line in a table of the room that owns the kind. */
#ifndef HIEBOX_SCHEMA_H
#define HIEBOX_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "document/document.h"

/* A text with the place it was written at. */
struct placed_text {
	const char *text;
	struct place place;
};
struct text_list {
	struct placed_text *items;
	size_t count;
};
struct number_list {
	unsigned *items;
	size_t count;
};

/* A map whose keys the person chooses, in file order. */
struct map_entry {
	struct placed_text key;
	const struct node *value; /* of the document, checked */
};
struct entry_list {
	struct map_entry *items;
	size_t count;
};

/* What stands at a key's offset in the struct. */
enum stored {
	STORE_NOTHING,  /* checked only */
	STORE_TEXT,     /* const char * */
	STORE_PLACED,   /* struct placed_text */
	STORE_SIZE,     /* uint64_t, bytes */
	STORE_LONG,     /* long */
	STORE_UNSIGNED, /* unsigned */
	STORE_BOOLEAN,  /* bool */
	STORE_MODE,     /* mode_t, from octal text */
	STORE_WORD,     /* int-sized enum, from `words` */
	STORE_BITS,     /* unsigned: a list whose words are bits */
	STORE_TEXTS,    /* struct text_list */
	STORE_RECORDS,  /* pointer to the items, with a size_t count right behind it */
	STORE_NUMBERS,  /* struct number_list */
	STORE_DURATION, /* unsigned, milliseconds */
	STORE_ENTRIES,  /* struct entry_list: a map whose keys the person chooses */
};

/* FORM_MAP has keys that the person chooses; FORM_NODE is any tree, kept as it is. */
enum value_form { FORM_SCALAR, FORM_LIST, FORM_RECORD, FORM_CHOICE, FORM_MAP, FORM_NODE };

struct word {
	const char *name; /* NULL ends the table */
	int value;
};

struct value_type {
	enum value_form form;
	enum stored store;
	const char *name;     /* in help: "size" */
	const char *expected; /* in messages: "a size such as 4G" */
	/* scalars */
	bool (*valid)(const char *text); /* may be NULL */
	const char *(*explain)(
		const char *text); /* a better message for a wrong value, which is then not
	                                           * quoted; NULL when it has nothing to say. May be NULL */
	const struct word *words;
	int64_t low, high;    /* sizes, numbers and durations (ms); both 0: no limits */
	const char *pattern;  /* what `valid` takes, as a regular expression of JSON Schema */
	const char *example;  /* a right value; needed with `valid` */
	bool slug;            /* blanks in a wrong value were probably meant as hyphens */
	/* lists */
	const struct value_type *item;
	size_t item_size;   /* of the struct of STORE_RECORDS */
	const char *unique; /* key that differs in all items (records); scalars always differ */
	bool lone;          /* one value may stand without the list */
	bool not_empty;     /* lists, and records and maps that need a key */
	/* maps: any keys of type `key_type`, values of type `item` */
	const struct value_type *key_type;
	const char *must_hold, *must_why; /* a key that may not be missing, and why; or NULL */
	size_t key_offset;  /* STORE_RECORDS: of the struct placed_text that gets the key */
	/* records: maps with known keys */
	const struct key_entry *keys; /* ended by a NULL name */
	const char *short_key;        /* a lone text in place of the map means this key */
	size_t place_offset;          /* of a struct place; 0: none (it never stands first) */
	/* choices: the one key of `choices` that is present picks the record */
	const struct choice *choices; /* ended by a NULL key */
	size_t choice_offset;         /* of the int-sized enum that tells which */
};

struct choice {
	const char *key;
	int value;
	const struct value_type *record;
};

enum key_flag {
	KEY_REQUIRED = 1,
	KEY_NODE = 2, /* checked by its type, but stored as const struct node *, for box.json */
};

struct key_entry {
	const char *name;
	const struct value_type *type; /* NULL: refused, and `help` says why */
	unsigned flags;
	const char *standard; /* the default as text (one item of a list), or NULL */
	const char *help;
	size_t offset; /* in the struct that the record fills */
};

/* For the tables. `owner` is the struct that a record fills. */
#define AT(owner, member) offsetof(struct owner, member)
#define KEYS_END \
	{ \
		.name = NULL \
	}
/* The rest: .expected, .valid, .pattern, .example and, if wanted, .explain. */
#define TEXT_VALUE(label, ...) \
	{ \
		.form = FORM_SCALAR, .store = STORE_TEXT, .name = label, __VA_ARGS__ \
	}
#define WORDS(how, label, table) \
	{ \
		.form = FORM_SCALAR, .store = how, .name = label, .words = table \
	}
#define NUMBERS(how, label, least, most) \
	{ \
		.form = FORM_SCALAR, .store = how, .name = label, .low = least, .high = most \
	}
#define TEXT_LIST(value) \
	{ \
		.form = FORM_LIST, .store = STORE_TEXTS, .name = "list", .item = value \
	}
#define FILLED_LIST(how, value) \
	{ \
		.form = FORM_LIST, .store = how, .name = "list", .item = value, .not_empty = true \
	}
#define MAP(table) \
	{ \
		.form = FORM_RECORD, .name = "map", .keys = table \
	}
#define RECORD(owner, label, table) \
	{ \
		.form = FORM_RECORD, .name = label, .keys = table, \
		.place_offset = AT(owner, place) \
	}
#define RECORD_LIST(owner, record, differs) \
	{ \
		.form = FORM_LIST, .store = STORE_RECORDS, .name = "list", .item = record, \
		.item_size = sizeof(struct owner), .unique = differs \
	}
#define CHECKED_RECORD(label, table) \
	{ \
		.form = FORM_RECORD, .name = label, .keys = table \
	}
#define CHECKED_LIST(record, differs) \
	{ \
		.form = FORM_LIST, .name = "list", .item = record, .unique = differs \
	}
#define COUNTED(owner, items, count) \
	_Static_assert(AT(owner, count) == AT(owner, items) + sizeof(void *), \
		       "STORE_RECORDS sets both")

struct walk {
	struct arena *arena; /* owns what is stored */
	struct diagnostics *mistakes;
};

/* Checks `root` by the record type `type` and fills the struct at `target` (zeroed by the caller).
 * Every mistake is noted at its place; what is right is stored all the same. */
void walk_file(const struct walk *walk, const struct value_type *type, const struct node *root,
	       void *target);

/* Adds `; did you mean "x"?` for the nearest of the NULL-terminated names, or "". Caller frees. */
char *did_you_mean(const char *text, const char *const *names);

/* Why `node` is no value of the scalar `type`: "expected …" or better. NULL when it is one. Caller frees. */
char *scalar_complaint(const struct value_type *type, const struct node *node);

/* A kind of file. */
struct file_kind {
	const char *name;    /* "recipe", which is also the first key of such a file */
	const char *where;   /* "recipes/<name>.yaml" */
	const char *summary; /* "what a site edits" */
	const struct value_type *type;
	const char *example; /* a whole right file for people to begin with */
	const char *more;    /* for help, below the keys: lines of at most 80 columns; may be NULL */
	const char *base_key; /* names another file, of which this one says only what differs; or NULL */
};

/* Help for people who write such files, at most 80 columns wide: every key with its type, default and
 * meaning, and the example. Caller frees. */
char *schema_help(const struct file_kind *kind);
/* A type in words: "list of packages", "training|development|production", "size". Caller frees. */
char *schema_type_text(const struct value_type *type);

/* A JSON Schema (draft-07) of these kinds: of one kind alone, or, of several, one that goes by the file's
 * first key. Editors complete and check with it; references between files are beyond it. Caller releases. */
struct json *schema_json(const struct file_kind *const *kinds, size_t count);

/* Scalars of several file kinds. */
extern const struct value_type value_id, value_line, value_free_text, value_long_text, value_box_path, value_deep_path,
	value_file_name, value_glob, value_host_name, value_language, value_web_url, value_any_url,
	value_url_path, value_sha256, value_mode, value_boolean, value_translations, value_time_zone,
	value_keyboard, value_ssh_key;

/* For `valid` functions of more scalars. */
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
/* Is `text` of `least` to `most` characters, all of them in `characters`? */
bool made_of(const char *text, const char *characters, size_t least, size_t most);
bool has_control(const char *text);

#endif
