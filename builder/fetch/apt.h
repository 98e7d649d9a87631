/* apt: what this machine's APT is configured to use. Private to fetch.
 * Source: sources.list(5), apt.conf(5). */
#ifndef HIEBOX_FETCH_APT_H
#define HIEBOX_FETCH_APT_H

#include <stdbool.h>

#include "base/base.h"

/* One enabled binary source: one URI with one suite. All owned. */
struct apt_entry {
	char *uri; /* http, https or file, no slash at the end */
	char *suite;
	char *signed_by; /* absolute path of a keyring, or NULL */
	bool has_main;   /* "main" is among its components */
};
struct apt_entries {
	struct apt_entry *items;
	size_t count, capacity;
	bool cut; /* there were more than APT_ENTRIES_MAX */
};

/* More sources than these are passed over with a warning: URIs times suites of one paragraph may be many. */
#define APT_ENTRIES_MAX 1000u

/* Adds what the text of a one-line file (*.list) or a deb822 file (*.sources) says. Lines that are
 * no source are passed over: judging them is APT's work. */
void apt_parse_list(const char *text, struct apt_entries *entries);
void apt_parse_sources(const char *text, struct apt_entries *entries);

/* Reads `folder`/sources.list and `folder`/sources.list.d in APT's order. Files that cannot be read
 * are passed over. */
void apt_read(const char *folder, struct apt_entries *entries);
void apt_clear(struct apt_entries *entries);

/* Adds one URI and suite (a helper of the two parsers): copies; skips what is no mirror. */
void apt_add(struct apt_entries *entries, const char *uri, const char *suite, const char *signed_by,
	     bool has_main);

/* The mirrors of Debian among the entries: borrowed entries or NULL. `lists` is APT's folder of
 * fetched indexes: an entry whose Release there says Origin Debian comes first, one that says
 * something else is none; without one the URI must end in /debian (or /debian-security) and offer
 * main. */
const struct apt_entry *apt_find_debian(const struct apt_entries *entries, const char *lists,
					bool security);

/* What `apt-config dump` says, from its text. All owned; NULL or true when not set. */
struct apt_config {
	char *proxy_http, *proxy_https, *ca_file;
	bool check_valid_until;
};
void apt_parse_config(const char *dump, struct apt_config *ret_config);
void apt_config_clear(struct apt_config *config);

#endif
