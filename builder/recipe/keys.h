/* Inside the room: the shape of the key tables. A file kind is one record type; a record type is a
 * table of keys; a key has a value type. From the same tables come checking (walk.c), storing with
 * defaults (store.c) and help (help.c); adding a key is one line in table_*.c. */
#ifndef HIEBOX_RECIPE_KEYS_H
#define HIEBOX_RECIPE_KEYS_H

#include "recipe/recipe.h"

/* What stands at a key's offset in the struct. */
enum store {
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
};

enum value_form { FORM_SCALAR, FORM_LIST, FORM_RECORD, FORM_CHOICE, FORM_TRANSLATIONS };

struct word {
	const char *name; /* NULL ends the table */
	int value;
};

struct value_type {
	enum value_form form;
	enum store store;
	const char *name;     /* in help: "size" */
	const char *expected; /* in messages: "a size such as 4G" */
	/* scalars */
	bool (*valid)(const char *text); /* may be NULL */
	const char *(*explain)(
		const char *text); /* a better message for a wrong value, which is then not
	                                           * quoted; NULL when it has nothing to say. May be NULL */
	const struct word *words;
	int64_t low, high; /* sizes and numbers; both 0: no limits */
	/* lists */
	const struct value_type *item;
	size_t item_size;   /* of the struct of STORE_RECORDS */
	const char *unique; /* key that differs in all items (records); scalars always differ */
	bool not_empty;
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

/* Where in a file the walk is: "data.size", "users[].name". Lives on the stack. */
struct key_path {
	const struct key_path *parent;
	const char *key; /* NULL: an item of a list */
};

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

/* What stands at a node, for "…, got …". Caller frees. */
char *text_found(const struct node *node);

/* Why `text` is no value of the scalar `type`: "expected …" or better. NULL when it is one. Caller frees. */
char *scalar_complaint(const struct value_type *type, const struct node *node);

/* Stores a checked scalar, or the default text `standard`. A NULL target is allowed: nothing is stored. */
void store_scalar(const struct value_type *type, const struct node *node, void *target);
void store_standard(const struct walk *walk, const struct value_type *type, const char *standard,
		    void *target);
void store_list(const struct walk *walk, const struct value_type *type, const struct node *list,
		void *target);

/* The file kinds. */
extern const struct value_type file_recipe, file_component, file_board;

/* Scalars that several tables use: values.c. */
extern const struct value_type value_id, value_line, value_free_text, value_package, value_module,
	value_account, value_person, value_login, value_unit, value_box_path, value_deep_path,
	value_file_name, value_glob, value_host_name, value_language, value_time_zone,
	value_keyboard, value_kernel_argument, value_web_url, value_any_url, value_url_path,
	value_sha256, value_ssh_key, value_image, value_identifier, value_mode, value_boolean,
	value_architecture, value_run_mode, value_translations;

/* Every name in `words`, as a NULL-terminated array; the array is the arena's or the caller's to free. */
const char **word_names(const struct word *words);

#endif
