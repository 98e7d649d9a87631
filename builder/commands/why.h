/* What hiebox why found, for people and for programs. Inside the room. */
#ifndef HIEBOX_COMMANDS_WHY_H
#define HIEBOX_COMMANDS_WHY_H

#include "commands/session.h"
#include "document/document.h"

/* One layer of the built image, as its list of entries says. */
struct known_layer {
	const char *name;          /* "base", "apps", "site" */
	char *entries;             /* the text of the list; owned */
};

/* One answer: text lines, and the same as JSON. */
struct finding {
	struct buffer text;
	struct json *json;
	struct json *lines;        /* of `json`: borrowed */
};

struct why {
	struct session *session;
	struct arena *arena;       /* the session's */
	struct solve_input indexes;
	struct known_layer layers[LAYER_COUNT]; /* bottom to top */
	size_t layer_count;        /* 0: the store has no finished layers of this recipe */
	bool verbose;
	struct finding *findings;
	size_t count, capacity;
};

/* A new answer: a headline, and "kind" and "name" in JSON. Valid until the next one is begun. */
struct finding *finding_begin(struct why *why, const char *kind, const char *name, const char *headline);
/* One more line below the headline; in JSON one of "lines", with what it is about. */
void finding_line(struct finding *finding, const char *about, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void finding_steps(struct finding *finding, const char *key, const struct why_steps *steps);
/* The chain of a component, or of a package of the lock (all direct reasons too when verbose). */
void finding_component(struct why *why, struct finding *finding, const char *id);
int finding_package(struct why *why, struct finding *finding, const char *name, struct error *err);

/* why_files.c: each adds what it knows and returns 1; 0 when the image has no such thing; -1 with err. `path` is
 * absolute; `name` a unit's, with its suffix. */
int why_file(struct why *why, const char *path, struct error *err);
int why_unit(struct why *why, const char *name, struct error *err);
/* Reads the layers that the store's records, or an image's manifest, name: "NAME KEY" lines. */
void why_read_layers(struct why *why, const struct strings *layers);

#endif
