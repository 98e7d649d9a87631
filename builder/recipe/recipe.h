/* recipe: recipe, component and board files become typed structs with defaults applied and every value
 * with its place. Tables of keys (see schema/schema.h) drive checking, defaults and help. */
#ifndef HIEBOX_RECIPE_H
#define HIEBOX_RECIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/base.h"
#include "document/document.h"
#include "schema/schema.h"

enum mode { MODE_TRAINING = 1, MODE_DEVELOPMENT = 2, MODE_PRODUCTION = 4 };   /* bits, for `suitable` */
enum layout_kind { LAYOUT_LAYERS, LAYOUT_PLAIN };
/* FOR_BOX: every program on the box; FOR_SERVICES: the component itself, those that need it, and root */
enum audience { FOR_BOX, FOR_LOCAL_NETWORK, FOR_DEVELOPER, FOR_SERVICES };

struct port {
	unsigned number;
	const char *protocol;         /* "tcp" or "udp" */
	enum audience audience;
	unsigned modes;               /* bits of enum mode in which it is open at all; 0: every one */
	const char *summary;
	struct place place;
};

struct box_user {                     /* system user of a component */
	const char *name, *home;
	struct place place;
};

struct login_user {                   /* a person's account that a recipe names; never with a password */
	const char *name, *shell;     /* default /bin/bash */
	struct text_list groups, ssh_keys;
	bool sudo;
	struct place place;
};

struct state_directory {
	const char *name, *path, *user, *group;
	mode_t mode;
	struct place place;
};

enum source_kind { SOURCE_NPM, SOURCE_MAVEN, SOURCE_JAVA, SOURCE_EXTRACT, SOURCE_FILE, SOURCE_CLASS_ARCHIVE };

/* Where a variant's payload comes from. Lock and source files are absolute paths (component folder + name). */
struct source {
	enum source_kind kind;
	const char *lock;             /* npm, maven: the payload lock's path; java: the source's; class-archive: the list's */
	const char *into;             /* npm, maven, java: directory on the box */
	struct text_list prune;       /* npm: globs relative to `into` removed after unpacking (fnmatch, FNM_PATHNAME off) */
	const char *classpath;        /* java, class-archive: directory of jars on the box */
	long release;                 /* java: javac --release */
	const char *archive, *member; /* extract: archive on the box, member in it */
	const char *to;               /* extract, file, class-archive: path on the box */
	const char *url, *sha256;     /* file */
	mode_t mode;                  /* file, extract: default 0644 */
	struct place place;
};

struct variant {
	const char *name;
	unsigned suitable;            /* bits of enum mode */
	bool described_only;          /* cannot be built yet; listed and explained */
	struct text_list packages;
	struct source *sources;
	size_t source_count;
	struct text_list images;
	struct place place;
};

struct component {
	const char *id, *summary;
	const char *folder;           /* absolute path of recipes/components/<id> */
	const char *units_folder;     /* units/<id>, or NULL when there is none */
	const char *overlay_folder;   /* overlays/<id>, or NULL */
	const struct node *title;     /* map language → text */
	struct text_list provides, needs, seeds;
	const char *seed_run, *seed_database, *seed_to; /* how a data set becomes one file of SQL; all NULL: not at all */
	struct port *ports;
	size_t port_count;
	struct box_user *users;
	size_t user_count;
	uint64_t memory;              /* bytes */
	struct state_directory *state;
	size_t state_count;
	struct variant *variants;
	size_t variant_count;
	/* what the agent reads, passed through to box.json after checking; NULL when absent */
	const struct node *secrets, *templates, *databases, *health, *page, *default_logins, *backup;
	struct place place;
};

struct board {
	const char *id, *summary, *architecture, *kernel, *partition_table; /* "gpt" or "mbr" */
	uint64_t memory, efi_size, exchange_size;
	struct text_list packages, modules, firmware, kernel_arguments;
	bool wireless;                /* surely has a card that can open a network */
	struct place place;
};

struct component_choice {
	const char *id, *variant;     /* variant NULL: the first suitable one */
	struct place place;
};

struct recipe {
	const char *name, *summary;
	const char *file;             /* path as given, for messages */
	const char *base;             /* path of the recipe that it extends, or NULL */
	struct text_list settings;    /* each --set as it was given: "site.name=clinic-07" */
	const char *text;             /* the recipe as one text that needs no other file: its own, or all of these as one */
	const struct node *add, *remove; /* what it does to the lists of the one it extends; done when it is loaded */
	const char *folder;           /* absolute folder of the recipe file */
	const char *project;          /* absolute project root (holds recipes/, units/, overlays/) */
	const char *suite, *architecture;
	struct placed_text board_id;
	enum layout_kind layout;
	enum mode mode;
	struct component_choice *components;
	size_t component_count;
	struct text_list packages, overlays, units, kernel_arguments, outputs; /* overlays, units: absolute paths, checked to exist */
	struct login_user *users;
	size_t user_count;
	uint64_t data_size;
	bool data_grow;
	struct placed_text seed;      /* text NULL: none */
	const char *seed_folder;      /* absolute path of recipes/seeds/<seed>, which holds seed.yaml; NULL when there is none */
	const char *site_name, *time_zone, *keyboard;
	struct text_list languages, ssh_keys;
	bool access_point;
};

/* Everything of one run: the recipe, its board, and every component of the catalogue
 * (recipes/components/), parsed and checked. Owns its memory. */
struct catalogue;

/* Loads the recipe at `path` with its board, and all components of the project (found upwards from
 * the recipe: the nearest folder above it that contains recipes/components; or `project` when not
 * NULL). All mistakes of all files are added to `mistakes`. 0 when there are none. References to
 * components, boards, variants, roles, overlays and units that do not exist are mistakes at their
 * place, with the nearest right name. Free with catalogue_free(). */
int catalogue_load(const char *path, const char *project, struct catalogue **ret_catalogue,
		   struct diagnostics *mistakes);
/* The same with settings of the command line ("key=value", see `hiebox help recipe`) laid over the recipe;
 * NULL: none. Their mistakes stand at "--set key=value". */
int catalogue_load_set(const char *path, const char *project, const struct strings *settings,
		       struct catalogue **ret_catalogue, struct diagnostics *mistakes);
/* Only board and components, for `hiebox list`: no recipe. */
int catalogue_load_components(const char *project, struct catalogue **ret_catalogue,
			      struct diagnostics *mistakes);
/* The nearest folder at or above `folder` that is a project (holds recipes/components), as an absolute path that the
 * caller frees; NULL when there is none. */
char *project_above(const char *folder);
void catalogue_free(struct catalogue *catalogue);

const struct recipe *catalogue_recipe(const struct catalogue *catalogue);
const struct board *catalogue_board(const struct catalogue *catalogue);
size_t catalogue_components(const struct catalogue *catalogue, const struct component *const **ret_components); /* sorted by id */
const struct component *catalogue_component(const struct catalogue *catalogue, const char *id); /* or NULL */
/* All boards of the project, sorted by id. */
size_t catalogue_boards(const struct catalogue *catalogue, const struct board *const **ret_boards);
/* The first component by id order that is `role` itself or provides it, or NULL. */
const struct component *catalogue_provider(const struct catalogue *catalogue, const char *role);

const char *mode_name(enum mode mode);
/* Does anything answer there in this mode? */
bool port_in_mode(const struct port *port, enum mode mode);
const char *audience_name(enum audience audience);   /* "box", "local-network", "developer", "services" */

/* The file kinds, for help. */
extern const struct file_kind kind_recipe, kind_board, kind_component, kind_seed;

#endif
