/* Any bytes as the files by which APT, npm and Maven are told where to fetch from: every URL that is taken
 * is of a kind that hiebox asks, and no value that reaches a header holds a line break. */
#include "fuzz.h"

#include "fetch/apt.h"
#include "fetch/registries.h"

static bool is_url(const char *url)
{
	return strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0 ||
	       strncasecmp(url, "file:///", 8) == 0;
}

static void read_apt(const char *text)
{
	struct apt_entries entries = { 0 };
	struct apt_config config;

	apt_parse_list(text, &entries);
	apt_parse_sources(text, &entries);
	for (size_t i = 0; i < entries.count; i++) {
		const struct apt_entry *entry = &entries.items[i];

		must((is_url(entry->uri) || text_starts(entry->uri, APT_MIRROR_LIST "/")) &&
		     *entry->suite && !strpbrk(entry->uri, " \t\r\n"));
		must(!entry->signed_by || *entry->signed_by == '/');
	}
	for (int security = 0; security < 2; security++) {
		const struct apt_entry *found = apt_find_debian(&entries, "/nonexistent", security);

		must(!found || found->has_main);
	}
	apt_clear(&entries);
	apt_parse_config(text, &config);
	apt_config_clear(&config);
}

static void read_npm(const char *text)
{
	struct npm_settings settings = { 0 };

	npm_parse(text, &settings);
	must(settings.keys.count == settings.values.count);
	autofree char *value = npm_authorization(&settings, settings.registry ? settings.registry : "https://a/b");
	must(!value || (!strpbrk(value, "\n") && strchr(value, ' ')));
	npm_clear(&settings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autofree char *text = input_text(data, size);

	read_apt(text);
	read_npm(text);
	autofree char *mirror = maven_mirror(text, "settings.xml");
	must(!mirror || is_url(mirror));
	return 0;
}
