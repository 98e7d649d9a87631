#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fetch/apt.h"
#include "fetch/fetch.h"
#include "fetch/registries.h"

#define CONFIG_MAX (4u << 20)
#define KEYRINGS "/usr/share/keyrings/debian-archive-"

void origins_clear(struct origins *origins)
{
	free(origins->debian);
	free(origins->debian_security);
	strings_clear(&origins->debian_others);
	strings_clear(&origins->debian_security_others);
	free(origins->unusable);
	free(origins->keyring);
	free(origins->keyring_security);
	free(origins->npm);
	free(origins->npm_authorization);
	free(origins->maven);
	free(origins->proxy_http);
	free(origins->proxy_https);
	free(origins->ca_file);
	*origins = (struct origins){0};
}

static char *environment(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? text_copy(value) : NULL;
}

static void cut_slashes(char *url)
{
	for (size_t length = url ? strlen(url) : 0; length > 8 && url[length - 1] == '/'; length--)
		url[length - 1] = '\0';
}

static int check_url(const char *url, const char *whence, struct error *err)
{
	if (!url || strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0 ||
	    strncasecmp(url, "file:///", 8) == 0)
		return 0;
	return error_set(
		err,
		"%s: expected a URL that begins with http://, https:// or file:///, got \"%s\"",
		whence, url);
}

/* The archive's own keyring knows the keys of every release; the per-release ones beside it would
 * refuse the suite of another release than the machine's. */
static char *choose_keyring(const struct apt_entry *entry)
{
	static const char *const all[] = {KEYRINGS "keyring.gpg", KEYRINGS "keyring.pgp"};
	char *given = environment("HIEBOX_DEBIAN_KEYRING");

	if (given)
		return given;
	bool own = entry && entry->signed_by && !text_starts(entry->signed_by, KEYRINGS);
	if (own)
		return text_copy(entry->signed_by);
	for (size_t i = 0; i < LENGTH(all); i++)
		if (path_exists(all[i]))
			return text_copy(all[i]);
	return entry ? text_copy(entry->signed_by) : NULL;
}

/* What APT's own settings and, before them, the source's say: sources.list(5). */
static struct index_dates merge_dates(const struct apt_dates *general, const struct apt_entry *entry)
{
	static const struct apt_dates nothing;
	const struct apt_dates *own = entry ? &entry->dates : &nothing;
	enum apt_answer valid = own->check_valid_until ? own->check_valid_until : general->check_valid_until;
	enum apt_answer date = own->check_date ? own->check_date : general->check_date;

	return (struct index_dates){
		.ignore_valid_until = valid == APT_NO,
		.ignore_date = date == APT_NO,
		.valid_max = own->valid_max ? own->valid_max : general->valid_max,
		.valid_min = own->valid_min ? own->valid_min : general->valid_min,
	};
}

static void read_apt_config(struct origins *origins, struct apt_dates *ret_dates)
{
	static const char *const argv[] = {"apt-config", "dump", NULL};
	autobuffer struct buffer dump = {.maximum = CONFIG_MAX};
	const struct process process = {.argv = argv, .output = &dump};
	struct error ignored = {0};
	struct apt_config config;

	if (!process_available("apt-config"))
		return;
	if (process_run(&process, NULL, &ignored) < 0) {
		progress_note("%s", ignored.message);
		error_clear(&ignored);
		return;
	}
	apt_parse_config(dump.data ? dump.data : "", &config);
	origins->proxy_http = steal(config.proxy_http);
	origins->proxy_https = steal(config.proxy_https);
	origins->ca_file = steal(config.ca_file);
	*ret_dates = config.dates;
	apt_config_clear(&config);
}

/* Where -security comes from: asked for, configured, or the sister of the mirror that was given. */
static const struct apt_entry *find_security(struct origins *origins, const struct apt_entry *entry, bool given)
{
	origins->debian_security = environment("HIEBOX_DEBIAN_SECURITY_MIRROR");
	bool configured = !origins->debian_security && entry;
	if (text_equal(origins->debian_security, "none"))
		free(steal(origins->debian_security));
	else if (!origins->debian_security && entry)
		origins->debian_security = text_copy(entry->uri);
	else if (!origins->debian_security && given)
		origins->debian_security = text_format("%s-security", origins->debian);
	cut_slashes(origins->debian_security);
	return configured ? entry : NULL;
}

int origins_read_apt(const struct apt_place *apt, const char *mirror, struct origins *origins, struct error *err)
{
	struct apt_entries entries = {0};
	struct apt_dates dates = {0};

	read_apt_config(origins, &dates);
	apt_read(apt->folder, &entries);
	const struct apt_entry *main_entry = apt_find_debian(&entries, apt->lists, false);
	const struct apt_entry *security = apt_find_debian(&entries, apt->lists, true);
	origins->debian = mirror ? text_copy(mirror) : environment("HIEBOX_DEBIAN_MIRROR");
	bool given = origins->debian != NULL;
	if (!given && main_entry)
		origins->debian = text_copy(main_entry->uri);
	cut_slashes(origins->debian);
	if (!given && main_entry)
		apt_find_others(&entries, apt->lists, false, &origins->debian_others);
	security = find_security(origins, security, given);
	if (security)
		apt_find_others(&entries, apt->lists, true, &origins->debian_security_others);
	origins->keyring = choose_keyring(main_entry);
	origins->keyring_security = security ? choose_keyring(security) : NULL;
	origins->dates = merge_dates(&dates, given ? NULL : main_entry);
	origins->dates_security = merge_dates(&dates, security);
	if (entries.unusable.count)
		origins->unusable = strings_join(&entries.unusable, ", ");
	apt_clear(&entries);
	if (check_url(origins->debian, mirror ? "--mirror" : "HIEBOX_DEBIAN_MIRROR", err) < 0)
		return -1;
	return check_url(origins->debian_security, "HIEBOX_DEBIAN_SECURITY_MIRROR", err);
}

/* A file below the user's home or an absolute one; NULL when it is not there. Caller frees. */
static char *read_file(const char *base, const char *name, char **ret_path)
{
	autofree char *path = base ? path_join(base, name) : text_copy(name);
	char *text = NULL;
	struct error ignored = {0};

	if (path_exists(path) && file_read(path, CONFIG_MAX, &text, NULL, &ignored) < 0)
		progress_warn("%s", ignored.message);
	error_clear(&ignored);
	if (ret_path)
		*ret_path = steal(path);
	return text;
}

static int find_npm(struct origins *origins, struct error *err)
{
	struct npm_settings settings = {0};
	autofree char *home = environment("HOME");
	autofree char *user = home ? read_file(home, ".npmrc", NULL) : NULL;
	autofree char *machine = read_file(NULL, "/etc/npmrc", NULL);

	/* npm reads npm_config_registry in any mixture of capitals */
	for (char **entry = environ; *entry; entry++)
		if (strncasecmp(*entry, "npm_config_registry=", 20) == 0 && (*entry)[20]) {
			autofree char *line = text_format("registry=%s", *entry + 20);
			npm_parse(line, &settings);
		}
	if (user)
		npm_parse(user, &settings);
	if (machine)
		npm_parse(machine, &settings);
	origins->npm = steal(settings.registry);
	if (origins->npm)
		origins->npm_authorization = npm_authorization(&settings, origins->npm);
	npm_clear(&settings);
	return check_url(origins->npm, "npm's setting registry", err);
}

static void find_maven(struct origins *origins)
{
	autofree char *home = environment("HOME");
	autofree char *user_path = NULL, *machine_path = NULL;
	autofree char *user = home ? read_file(home, ".m2/settings.xml", &user_path) : NULL;
	autofree char *machine = read_file(NULL, "/etc/maven/settings.xml", &machine_path);

	if (user)
		origins->maven = maven_mirror(user, user_path);
	if (machine && !origins->maven)
		origins->maven = maven_mirror(machine, machine_path);
}

int origins_find(const char *mirror, bool offline, struct origins *ret_origins, struct error *err)
{
	struct origins origins = {.offline = offline};

	static const struct apt_place apt = {"/etc/apt", "/var/lib/apt/lists"};
	if (origins_read_apt(&apt, mirror, &origins, err) < 0 || find_npm(&origins, err) < 0) {
		origins_clear(&origins);
		return -1;
	}
	find_maven(&origins);
	*ret_origins = origins;
	return 0;
}
