/* registries: where the npm and Maven clients of this user fetch from. Private to fetch.
 * Sources: npmrc(5); Maven's settings reference, "Mirrors". */
#ifndef HIEBOX_FETCH_REGISTRIES_H
#define HIEBOX_FETCH_REGISTRIES_H

#include "base/base.h"

/* What npm's files say so far; the first file that names something wins. Zero-initialise. All
 * owned. */
struct npm_settings {
	char *registry;        /* no slash at the end */
	struct strings keys;   /* "//host/path/" … */
	struct strings values; /* … and the Authorization header for what lies below it */
};

/* Adds what the text of an npmrc file says: registry, //…:_authToken, //…:_auth. ${NAME} is taken
 * from the environment. Registries of single scopes (@scope:registry) are not known to hiebox and
 * passed over. */
void npm_parse(const char *text, struct npm_settings *settings);
/* The header for a registry: that of the longest fitting key; caller frees; NULL when none. */
char *npm_authorization(const struct npm_settings *settings, const char *registry);
void npm_clear(struct npm_settings *settings);

/* The URL of the mirror that Maven uses for its central repository, from the text of a
 * settings.xml; caller frees; NULL when there is none. This is a scan for <mirror> elements, not an
 * XML parser: it knows comments, the five named entities and ${env.NAME}; it does not know CDATA,
 * profiles, servers with passwords, or properties. A mirror it cannot read is warned about, with
 * `name`, and passed over. */
char *maven_mirror(const char *text, const char *name);

#endif
