/* apt: what this machine's APT is configured to use. Private to fetch.
 * Source: sources.list(5), apt.conf(5). */
#ifndef HIEBOX_FETCH_APT_H
#define HIEBOX_FETCH_APT_H

#include <stdbool.h>

#include "fetch/fetch.h"

/* What a source, or apt.conf, says about dates. */
enum apt_answer { APT_UNSAID, APT_NO, APT_YES };
struct apt_dates {
	enum apt_answer check_valid_until, check_date;
	int64_t valid_max, valid_min; /* seconds, 0: not said */
};

/* One enabled binary source: one URI with one suite. All owned. */
struct apt_entry {
	char *uri; /* http, https, file, or (before apt_read() read the list) mirror+file:/…; no slash at the end */
	char *suite;
	char *signed_by; /* absolute path of a keyring, or NULL */
	bool has_main;   /* "main" is among its components */
	struct apt_dates dates;
};
struct apt_entries {
	struct apt_entry *items;
	size_t count, capacity;
	bool cut; /* there were more than APT_ENTRIES_MAX */
	struct strings unusable; /* kinds of enabled sources that cannot be fetched from: "cdrom:" */
};

/* More sources than these are passed over with a warning: URIs times suites of one paragraph may be many. */
#define APT_ENTRIES_MAX 1000u

/* Adds what the text of a one-line file (*.list) or a deb822 file (*.sources) says. Lines that are
 * no source are passed over: judging them is APT's work. */
void apt_parse_list(const char *text, struct apt_entries *entries);
void apt_parse_sources(const char *text, struct apt_entries *entries);

/* Reads `folder`/sources.list and `folder`/sources.list.d in APT's order, and the lists of mirrors that they
 * name (apt-transport-mirror(1)): each mirror becomes an entry, by priority. Files that cannot be read are
 * passed over. */
void apt_read(const char *folder, struct apt_entries *entries);
void apt_clear(struct apt_entries *entries);

/* Adds an entry like `like` for one URI and suite (a helper of the two parsers): copies; what is no
 * mirror is only noted as unusable. */
void apt_add(struct apt_entries *entries, const struct apt_entry *like, const char *uri, const char *suite);
/* APT's StringToBool(). */
enum apt_answer apt_answer(const char *text);

/* What stands before the path of a list of mirrors in an entry's uri. */
#define APT_MIRROR_LIST "mirror+file:"
/* Puts the mirrors of each list in the place of the entry that names it. */
void apt_expand_mirrors(struct apt_entries *entries);
void apt_note_unusable(struct apt_entries *entries, const char *uri);
/* "URI [key:value …]" per line, as apt-transport-mirror(1) has it: the URIs by their priority. */
void apt_parse_mirrors(const char *text, struct strings *uris);

/* The mirrors of Debian among the entries: borrowed entries or NULL. `lists` is APT's folder of
 * fetched indexes: an entry whose Release there says Origin Debian comes first, one that says
 * something else is none; without one the URI must end in /debian (or /debian-security) and offer
 * main. */
const struct apt_entry *apt_find_debian(const struct apt_entries *entries, const char *lists,
					bool security);
/* Adds the URIs of all such entries but the first one, each once, in order. */
void apt_find_others(const struct apt_entries *entries, const char *lists, bool security, struct strings *others);

/* What `apt-config dump` says, from its text. All owned; NULL or zero when not set. */
struct apt_config {
	char *proxy_http, *proxy_https, *ca_file;
	struct apt_dates dates;
};
void apt_parse_config(const char *dump, struct apt_config *ret_config);
void apt_config_clear(struct apt_config *config);

/* Fills what of `origins` comes from APT and the environment; `mirror` as for origins_find(). */
struct apt_place {
	const char *folder, *lists; /* /etc/apt, /var/lib/apt/lists */
};
int origins_read_apt(const struct apt_place *apt, const char *mirror, struct origins *origins, struct error *err);

#endif
