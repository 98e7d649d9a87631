/* box: /usr/lib/hie/box.json, what the builder tells the agent about the box it made. */
#ifndef HIEBOX_AGENT_BOX_H
#define HIEBOX_AGENT_BOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/base.h"
#include "document/document.h"

enum secret_kind { SECRET_PASSWORD, SECRET_TOKEN, SECRET_HEX };

/* All texts are owned by the box. `component` is the index of the component that declared it. */
struct box_secret {
	size_t component;
	const char *name;
	enum secret_kind kind;
	const char *user;      /* the login name that goes with it, or NULL */
	const char *title;     /* what it is for, for people */
	const struct node *titles;
	bool person;           /* shown by `hie credentials` */
};
struct box_template {
	size_t component;
	const char *from;      /* absolute path in the image */
	const char *to;        /* relative to /var/lib/hie/rendered */
	const char *user, *group; /* group NULL: the user's own group */
	mode_t mode;
};
struct box_database {
	size_t component;
	const char *name, *owner, *secret;
	const char *load;      /* absolute path of SQL text, or NULL */
};
struct box_health {
	size_t component;
	const char *unit;
	const char *url;       /* NULL: only the unit's state counts */
	long status;           /* the HTTP status that means healthy */
};
struct box_state {
	size_t component;
	const char *name, *path, *user, *group;
	mode_t mode;
};
struct box_backup {
	size_t component;
	const char *state;     /* the name of a state directory */
	const char *save, *load; /* absolute paths of programs; NULL: tar */
};
struct box_port {
	size_t component;
	unsigned number;
	const char *protocol, *audience, *summary;
};
struct box_component {
	const char *id, *summary;
	const char *title;     /* in the box's first language; others: box_title() */
	const char *page;      /* path on the box's web server, or NULL */
	const char *page_title;
	const struct node *titles, *page_titles; /* maps from language to text, or NULL */
};

struct box {
	struct arena *arena;
	struct document *document; /* holds the nodes */
	const char *recipe, *summary, *mode, *name, *time_zone, *keyboard, *language;
	struct strings languages; /* of the recipe, the default first */
	const struct node *notices; /* [{ title, text }]: of others' works in its data; or NULL */
	int64_t built;         /* seconds since 1970: no right clock shows less */
	struct box_component *components;
	struct box_secret *secrets;
	struct box_template *templates;
	struct box_database *databases;
	struct box_health *health;
	struct box_state *state;
	struct box_port *ports;
	struct box_backup *backups;
	size_t component_count, secret_count, template_count, database_count, health_count, state_count,
		port_count, backup_count;
};

/* Reads and checks box.json, and lays /var/lib/hie/settings.json of the same tree over it (name, language, time
 * zone, keyboard; see settings.h) when `path` is its usual one: every name that becomes a file name, an SQL name or a unit name is
 * checked here, once. All mistakes are in `err`, one per line, with places. Free with box_free(). */
int box_load(const char *path, struct box **ret_box, struct error *err);
/* A box of which nothing is known, for those who must go on without box.json. */
struct box *box_unknown(void);
void box_free(struct box *box);                 /* NULL allowed */
void cleanup_box(struct box **box);
#define autobox __attribute__((cleanup(cleanup_box)))

/* The secret of that name, or NULL. */
const struct box_secret *box_secret(const struct box *box, const char *name);
#define BOX_LAYER "interoperability-layer" /* the role that messages pass through */
/* The index of the component that plays a role ("client-registry"), or -1. */
int box_player(const struct box *box, const char *role);
/* Is it the password of a system that talks to the interoperability layer (a clinic's, a hospital's)? Who logs in to the
 * layer itself does so by an address, with an @. */
bool box_secret_is_client(const struct box *box, const struct box_secret *secret);
/* The state directory of that name, or NULL. */
const struct box_state *box_state(const struct box *box, const char *name);
bool box_is_training(const struct box *box);
/* The title of the component with that id in a language ("fr"), or in the nearest there is; an unknown id is
 * its own title. Borrowed. */
const char *box_title(const struct box *box, const char *id, const char *language);
/* The text of a `{ en: …, fr: … }` map in a language, else in English, else its first, else `fallback`. */
const char *box_translation(const struct node *titles, const char *language, const char *fallback);

#endif
