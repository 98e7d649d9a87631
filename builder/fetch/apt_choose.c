#include <string.h>
#include <strings.h>

#include "fetch/apt.h"

#define RELEASE_MAX (16u << 20)

enum verdict { IS_DEBIAN, IS_OTHER, IS_UNKNOWN };

/* APT's name of a fetched file: the URI without scheme and user, "/" as "_", "_" and "~" quoted. */
static char *list_name(const struct apt_entry *entry)
{
	struct buffer name = {0};
	const char *start = strstr(entry->uri, "://");
	size_t host;

	start = start ? start + 3 : entry->uri;
	host = strcspn(start, "/");
	const char *at = memchr(start, '@', host);
	autofree char *whole =
		text_format("%s/dists/%s/InRelease", at ? at + 1 : start, entry->suite);
	for (const char *c = whole; *c; c++) {
		if (*c == '/')
			buffer_text(&name, "_");
		else if (*c == '_' || *c == '~' || *c == ':')
			buffer_format(&name, "%%%02x", (unsigned)*c);
		else
			buffer_add(&name, c, 1);
	}
	return buffer_steal(&name);
}

static enum verdict judge_by_lists(const struct apt_entry *entry, const char *lists)
{
	autofree char *name = list_name(entry);
	autofree char *path = path_join(lists, name);
	autofree char *text = file_text_or_null(path, RELEASE_MAX);

	if (!text)
		return IS_UNKNOWN;
	return strstr(text, "\nOrigin: Debian\n") ? IS_DEBIAN : IS_OTHER;
}

static bool fits(const struct apt_entry *entry, const char *lists, bool security,
		 enum verdict wanted)
{
	bool is_security =
		text_ends(entry->suite, "-security") || text_ends(entry->suite, "/updates");

	if (is_security != security || judge_by_lists(entry, lists) != wanted)
		return false;
	if (wanted == IS_DEBIAN)
		return !text_ends(entry->suite, "-backports");
	return entry->has_main && (text_ends(entry->uri, "/debian") ||
				   (security && text_ends(entry->uri, "/debian-security")));
}

const struct apt_entry *apt_find_debian(const struct apt_entries *entries, const char *lists,
					bool security)
{
	static const enum verdict order[] = {IS_DEBIAN, IS_UNKNOWN};

	for (size_t k = 0; k < LENGTH(order); k++)
		for (size_t i = 0; i < entries->count; i++)
			if (fits(&entries->items[i], lists, security, order[k]))
				return &entries->items[i];
	return NULL;
}

void apt_find_others(const struct apt_entries *entries, const char *lists, bool security, struct strings *others)
{
	static const enum verdict order[] = {IS_DEBIAN, IS_UNKNOWN};
	const struct apt_entry *best = apt_find_debian(entries, lists, security);

	for (size_t k = 0; k < LENGTH(order); k++)
		for (size_t i = 0; i < entries->count; i++) {
			const struct apt_entry *entry = &entries->items[i];

			/* the same suite: a mirror of another release has other files */
			if (fits(entry, lists, security, order[k]) && text_equal(entry->suite, best->suite) &&
			    !text_equal(entry->uri, best->uri) && !strings_have(others, entry->uri))
				strings_add(others, entry->uri);
		}
}

/* The value of `Key "value";`, or NULL; caller frees. */
static char *config_value(const char *line, const char *key)
{
	size_t length = strlen(key);

	if (strncasecmp(line, key, length) != 0 || strncmp(line + length, " \"", 2) != 0)
		return NULL;
	const char *start = line + length + 2, *end = strrchr(start, '"');
	return end && end > start ? text_copy_n(start, (size_t)(end - start)) : NULL;
}

static void take_value(char **target, const char *line, const char *key)
{
	char *value = config_value(line, key);

	if (value) {
		free(*target);
		*target = value;
	}
}

static int64_t seconds(const char *text)
{
	int64_t value = 0;

	return text && number_parse(text, 0, INT64_C(1) << 40, &value) == 0 ? value : 0;
}

void apt_parse_config(const char *dump, struct apt_config *ret_config)
{
	autostrings struct strings lines = {0};
	autofree char *valid = NULL, *date = NULL, *maximum = NULL, *minimum = NULL;
	struct apt_config config = {0};

	strings_split(&lines, dump, "\n");
	for (size_t i = 0; i < lines.count; i++) {
		take_value(&config.proxy_http, lines.items[i], "Acquire::http::Proxy");
		take_value(&config.proxy_https, lines.items[i], "Acquire::https::Proxy");
		take_value(&config.ca_file, lines.items[i], "Acquire::https::CAInfo");
		take_value(&valid, lines.items[i], "Acquire::Check-Valid-Until");
		take_value(&date, lines.items[i], "Acquire::Check-Date");
		take_value(&maximum, lines.items[i], "Acquire::Max-ValidTime");
		take_value(&minimum, lines.items[i], "Acquire::Min-ValidTime");
	}
	/* apt-transport-https(1): what is not set for https is taken from http */
	if (!config.proxy_https)
		config.proxy_https = text_copy(config.proxy_http);
	config.dates = (struct apt_dates){
		.check_valid_until = apt_answer(valid ? valid : ""),
		.check_date = apt_answer(date ? date : ""),
		.valid_max = seconds(maximum),
		.valid_min = seconds(minimum),
	};
	*ret_config = config;
}

void apt_config_clear(struct apt_config *config)
{
	free(config->proxy_http);
	free(config->proxy_https);
	free(config->ca_file);
	*config = (struct apt_config){0};
}
