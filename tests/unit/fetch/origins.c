/* Where things come from: APT's, npm's and Maven's own files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fetch/apt.h"
#include "fetch/fetch.h"
#include "fetch/registries.h"

static void test_one_line_sources(void **state)
{
	struct apt_entries entries = {0};

	(void)state;
	apt_parse_list("# a comment\n"
		       "deb http://one.example/debian/ trixie main contrib\n"
		       "  deb\t[ arch=amd64 signed-by=/k/a.gpg,/k/b.gpg ]  https://two.example/x  "
		       "suite  main # why\n"
		       "deb-src http://three.example/debian trixie main\n"
		       "deb cdrom:[Debian 13]/ trixie main\n"
		       "deb mirror+file:/etc/apt/mirrors trixie main\n"
		       "deb mirror+file:/// trixie main\n"
		       "deb [broken http://four.example/debian trixie main\n"
		       "deb file:/srv/debian trixie non-free\n"
		       "deb http://flat.example/ ./\n"
		       "deb http://five.example/debian\n",
		       &entries);
	assert_int_equal(entries.count, 4);
	assert_string_equal(entries.items[0].uri, "http://one.example/debian");
	assert_string_equal(entries.items[0].suite, "trixie");
	assert_null(entries.items[0].signed_by);
	assert_true(entries.items[0].has_main);
	assert_string_equal(entries.items[1].uri, "https://two.example/x");
	assert_string_equal(entries.items[1].signed_by, "/k/a.gpg");
	assert_true(entries.items[1].has_main);
	assert_string_equal(entries.items[2].uri, "mirror+file:/etc/apt/mirrors");
	assert_string_equal(entries.items[3].uri, "file:///srv/debian");
	assert_false(entries.items[3].has_main);
	assert_int_equal(entries.unusable.count, 2);
	assert_string_equal(entries.unusable.items[0], "cdrom:");
	assert_string_equal(entries.unusable.items[1], "mirror+file:");
	apt_clear(&entries);
}

static void test_deb822_sources(void **state)
{
	struct apt_entries entries = {0};

	(void)state;
	apt_parse_sources("# comment\nTypes: deb deb-src\nURIs: http://one.example/debian\n  "
			  "http://two.example/debian/\n"
			  "# in between\nsuites: trixie trixie-updates\nComponents: main\n"
			  "Signed-By: /k/a.pgp\n\n"
			  "Types: deb\nURIs: http://off.example/debian\nSuites: "
			  "trixie\nComponents: main\nEnabled: no\n"
			  " \n"
			  "Types: deb-src\nURIs: http://src.example/debian\nSuites: "
			  "trixie\nComponents: main\n\n"
			  "Types: deb\nURIs: http://key.example/debian\nSuites: "
			  "trixie-security\nComponents: main\n"
			  "Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQINB\n",
			  &entries);
	assert_int_equal(entries.count, 5);
	assert_string_equal(entries.items[0].uri, "http://one.example/debian");
	assert_string_equal(entries.items[1].suite, "trixie-updates");
	assert_string_equal(entries.items[3].uri, "http://two.example/debian");
	assert_string_equal(entries.items[3].signed_by, "/k/a.pgp");
	assert_string_equal(entries.items[4].uri, "http://key.example/debian");
	assert_null(entries.items[4].signed_by);
	apt_clear(&entries);
}

/* URIs times suites: as many as are looked at, and one more. */
static void test_many_sources(void **state)
{
	(void)state;
	for (unsigned more = 0; more < 2; more++) {
		struct apt_entries entries = {0};
		autobuffer struct buffer text = {0};

		buffer_text(&text, "Types: deb\nComponents: main\nURIs:");
		for (unsigned i = 0; i < APT_ENTRIES_MAX / 10; i++)
			buffer_format(&text, " http://m%u.example/debian", i);
		buffer_text(&text, "\nSuites: a b c d e f g h i j\n");
		apt_parse_sources(text.data, &entries);
		if (more)
			apt_parse_list("deb http://last.example/debian trixie main\n", &entries);
		assert_int_equal(entries.count, APT_ENTRIES_MAX);
		assert_int_equal(entries.cut, more);
		apt_clear(&entries);
	}
}

static void expect_found(const struct apt_entries *entries, const char *lists, bool security,
			 const char *uri)
{
	const struct apt_entry *found = apt_find_debian(entries, lists, security);

	if (!uri)
		assert_null(found);
	else
		assert_string_equal(found ? found->uri : "nothing", uri);
}

static void test_which_is_debian(void **state)
{
	struct apt_entries entries = {0};
	struct error err = {0};
	autofree char *lists = NULL;

	(void)state;
	assert_int_equal(directory_temporary("/tmp", "hiebox-apt-", &lists, &err), 0);
	apt_parse_list("deb https://docker.example/linux/debian trixie stable\n"
		       "deb http://gitlab.example/ce/debian trixie main\n"
		       "deb http://u.example/ubuntu noble main\n"
		       "deb http://u.example/ubuntu noble-security main\n"
		       "deb http://m.example/debian trixie-backports main\n"
		       "deb http://m.example/debian trixie main\n"
		       "deb http://m.example/debian-security trixie-security main\n"
		       "deb http://odd.example/mirror_of/deb trixie main\n",
		       &entries);
	expect_found(&entries, lists, false,
		     "http://gitlab.example/ce/debian"); /* by its path alone */
	expect_found(&entries, lists, true, "http://m.example/debian-security");
	/* what APT has fetched tells more */
	autofree char *other = path_join(lists, "gitlab.example_ce_debian_dists_trixie_InRelease");
	assert_int_equal(file_write_plain(other, "\nOrigin: gitlab\n", 16, 0644, &err), 0);
	expect_found(&entries, lists, false, "http://m.example/debian");
	autofree char *odd = path_join(lists, "odd.example_mirror%5fof_deb_dists_trixie_InRelease");
	assert_int_equal(file_write_plain(odd, "\nOrigin: Debian\n", 16, 0644, &err), 0);
	expect_found(&entries, lists, false, "http://odd.example/mirror_of/deb");
	apt_clear(&entries);
	expect_found(&entries, lists, false, NULL);
	assert_int_equal(tree_remove(lists, &err), 0);
}

static void test_apt_folder(void **state)
{
	struct apt_entries entries = {0};
	struct error err = {0};
	autofree char *folder = NULL;

	(void)state;
	assert_int_equal(directory_temporary("/tmp", "hiebox-apt-", &folder, &err), 0);
	apt_read(folder, &entries);
	assert_int_equal(entries.count, 0);
	autofree char *parts = path_join(folder, "sources.list.d");
	assert_int_equal(directory_make(parts, 0755, &err), 0);
	static const struct {
		const char *name, *text;
	} files[] = {
		{"sources.list", "deb http://a.example/debian trixie main\n"},
		{"sources.list.d/b.list", "deb http://b.example/debian trixie main\n"},
		{"sources.list.d/c.sources",
		 "Types: deb\nURIs: http://c.example/debian\nSuites: trixie\n"},
		{"sources.list.d/d.list.disabled", "deb http://d.example/debian trixie main\n"},
	};
	for (size_t i = 0; i < LENGTH(files); i++) {
		autofree char *path = path_join(folder, files[i].name);

		assert_int_equal(
			file_write_plain(path, files[i].text, strlen(files[i].text), 0644, &err),
			0);
	}
	apt_read(folder, &entries);
	assert_int_equal(entries.count, 3);
	assert_string_equal(entries.items[2].uri, "http://c.example/debian");
	apt_clear(&entries);
	assert_int_equal(tree_remove(folder, &err), 0);
}

static void test_apt_config(void **state)
{
	struct apt_config config;

	(void)state;
	apt_parse_config(
		"Acquire \"\";\nAcquire::http \"\";\nAcquire::http::Proxy "
		"\"http://proxy.example:3142\";\n"
		"Acquire::http::Proxy::m.example \"DIRECT\";\nAcquire::https::CAInfo \"/ca.pem\";\n"
		"Acquire::Check-Valid-Until \"false\";\n",
		&config);
	assert_string_equal(config.proxy_http, "http://proxy.example:3142");
	assert_string_equal(config.proxy_https, "http://proxy.example:3142");
	assert_string_equal(config.ca_file, "/ca.pem");
	assert_int_equal(config.dates.check_valid_until, APT_NO);
	apt_config_clear(&config);
	apt_parse_config("Acquire::https::Proxy \"DIRECT\";\n", &config);
	assert_null(config.proxy_http);
	assert_string_equal(config.proxy_https, "DIRECT");
	assert_int_equal(config.dates.check_valid_until, APT_UNSAID);
	apt_config_clear(&config);
}

/* What a site's APT says: several mirrors, a list of them in a file, dates that are not to be checked. */
static void test_apt_place(void **state)
{
	struct error err = {0};
	struct origins origins = {0};
	autofree char *folder = NULL;

	(void)state;
	assert_int_equal(directory_temporary("/tmp", "hiebox-apt-", &folder, &err), 0);
	autofree char *file = path_join(folder, "sources.list"), *list = path_join(folder, "mirrors");
	autofree char *apt = path_join(folder, "apt-config");
	autofree char *sources = text_format(
		"deb cdrom:[Debian]/ trixie main\n"
		"deb [check-valid-until=no valid-until-max=3600] http://one.example/debian trixie main\n"
		"deb mirror+file:%s trixie main\n"
		"deb http://one.example/debian trixie-updates main\n"
		"deb http://old.example/debian bookworm main\n"
		"deb [check-date=no signed-by=/k/own.gpg] http://s1.example/debian-security trixie-security main\n"
		"deb http://s2.example/debian-security trixie-security main\n", list);
	static const char mirrors[] = "# ours\nhttp://three.example/debian\n"
				      "http://two.example/debian/ priority:2 arch:amd64\n"
				      "http://one.example/debian\tpriority:1\ncdrom:[x]\n";
	static const char config[] = "#!/bin/sh\necho 'Acquire::Min-ValidTime \"60\";'\n"
				     "echo 'Acquire::Check-Valid-Until \"true\";'\n";
	const struct apt_place place = {folder, "/nonexistent"};
	assert_int_equal(file_write_plain(file, sources, strlen(sources), 0644, &err), 0);
	assert_int_equal(file_write_plain(list, mirrors, strlen(mirrors), 0644, &err), 0);
	assert_int_equal(file_write_plain(apt, config, strlen(config), 0755, &err), 0);
	setenv("HIEBOX_TOOL_APT_CONFIG", apt, 1);
	unsetenv("HIEBOX_DEBIAN_MIRROR");
	unsetenv("HIEBOX_DEBIAN_SECURITY_MIRROR");
	assert_int_equal(origins_read_apt(&place, NULL, &origins, &err), 0);
	assert_string_equal(origins.debian, "http://one.example/debian");
	assert_int_equal(origins.debian_others.count, 2); /* another release's mirror is none of them */
	assert_string_equal(origins.debian_others.items[0], "http://two.example/debian");
	assert_string_equal(origins.debian_others.items[1], "http://three.example/debian");
	assert_string_equal(origins.debian_security, "http://s1.example/debian-security");
	assert_int_equal(origins.debian_security_others.count, 1);
	assert_string_equal(origins.keyring_security, "/k/own.gpg");
	assert_string_equal(origins.unusable, "cdrom:");
	assert_true(origins.dates.ignore_valid_until);
	assert_false(origins.dates.ignore_date);
	assert_int_equal(origins.dates.valid_max, 3600);
	assert_int_equal(origins.dates.valid_min, 60);
	assert_true(origins.dates_security.ignore_date);
	assert_false(origins.dates_security.ignore_valid_until);
	origins_clear(&origins);
	assert_int_equal(origins_read_apt(&place, "http://given.example/debian", &origins, &err), 0);
	assert_int_equal(origins.debian_others.count, 0);
	assert_false(origins.dates.ignore_valid_until); /* another source's settings are not this one's */
	origins_clear(&origins);
	assert_int_equal(tree_remove(folder, &err), 0);
	unsetenv("HIEBOX_TOOL_APT_CONFIG");
}

static void test_deb822_dates(void **state)
{
	struct apt_entries entries = {0};

	(void)state;
	apt_parse_sources("Types: deb\nURIs: http://a.example/debian\nSuites: trixie\nComponents: main\n"
			  "Check-Valid-Until: no\nValid-Until-Min: 5\nValid-Until-Max: many\n\n"
			  "Types: deb\nURIs: http://b.example/debian\nSuites: trixie\nCheck-Date: off\n", &entries);
	assert_int_equal(entries.count, 2);
	assert_int_equal(entries.items[0].dates.check_valid_until, APT_NO);
	assert_int_equal(entries.items[0].dates.check_date, APT_UNSAID);
	assert_int_equal(entries.items[0].dates.valid_min, 5);
	assert_int_equal(entries.items[0].dates.valid_max, 0);
	assert_int_equal(entries.items[1].dates.check_valid_until, APT_UNSAID);
	assert_int_equal(entries.items[1].dates.check_date, APT_NO);
	apt_clear(&entries);
}

static void test_npm(void **state)
{
	struct npm_settings settings = {0};

	(void)state;
	setenv("HIEBOX_TEST_WORD", "w0rd", 1);
	npm_parse("; comment\n# registry=http://no.example\nfund = false\nregistry = "
		  "\"https://npm.example/a/\"\r\n"
		  "@scope:registry=https://other.example\n//npm.example/:_authToken=outer\n"
		  "//npm.example/a/:_authToken = ${HIEBOX_TEST_WORD}-${HIEBOX_NOT_SET}\n"
		  "//npm.example/ab/:_authToken=no\n//basic.example/:_auth=YTpi\n_authToken=old\n",
		  &settings);
	npm_parse("registry=https://second.example\n", &settings);
	assert_string_equal(settings.registry, "https://npm.example/a");
	autofree char *header = npm_authorization(&settings, settings.registry);
	assert_string_equal(header, "Bearer w0rd-${HIEBOX_NOT_SET}");
	autofree char *outer = npm_authorization(&settings, "https://npm.example/x");
	assert_string_equal(outer, "Bearer outer");
	autofree char *basic = npm_authorization(&settings, "http://basic.example");
	assert_string_equal(basic, "Basic YTpi");
	assert_null(npm_authorization(&settings, "https://evil.example/npm.example/a"));
	assert_null(npm_authorization(&settings, "https://npm.example.evil"));
	npm_clear(&settings);
}

static void expect_mirror(const char *text, const char *url)
{
	autofree char *found = maven_mirror(text, "settings.xml");

	if (!url)
		assert_null(found);
	else
		assert_string_equal(found ? found : "nothing", url);
}

#define MIRROR(of, url) "<mirror><id>x</id><mirrorOf>" of "</mirrorOf><url>" url "</url></mirror>"

static void test_maven(void **state)
{
	(void)state;
	setenv("HIEBOX_TEST_HOST", "m.example", 1);
	expect_mirror("", NULL);
	expect_mirror("<settings><mirrors/></settings>", NULL);
	expect_mirror(MIRROR("central", " http://m.example/repo/\n"), "http://m.example/repo");
	expect_mirror(MIRROR("*", "http://m.example/a?b&amp;c"), "http://m.example/a?b&c");
	expect_mirror(MIRROR("*,!central", "http://no.example")
			      MIRROR("a, central", "http://yes.example"),
		      "http://yes.example");
	expect_mirror(MIRROR("external:http:*", "http://no.example"), NULL);
	expect_mirror("<!-- " MIRROR("*", "http://no.example") " -->" MIRROR("external:*",
									     "http://yes.example"),
		      "http://yes.example");
	expect_mirror(MIRROR("*", "https://${env.HIEBOX_TEST_HOST}/x"), "https://m.example/x");
	expect_mirror(MIRROR("*", "https://${host}/x") MIRROR("*", "https://b.example"),
		      "https://b.example");
	expect_mirror("<mirror><mirrorOf>*</mirrorOf><url>http://no.example</url><blocked>true</"
		      "blocked></mirror>",
		      NULL);
	expect_mirror("<mirror><mirrorOf>*</mirrorOf><url>http://cut.example", NULL);
	expect_mirror("<mirror><mirrorOf>*</mirrorOf></mirror>", NULL);
}

/* The whole search with a made-up home and APT's program replaced. */
static void test_find(void **state)
{
	struct error err = {0};
	struct origins origins;
	autofree char *home = NULL;
	static const char npmrc[] = "registry=https://npm.example/\n//npm.example/:_authToken=t\n";

	(void)state;
	assert_int_equal(directory_temporary("/tmp", "hiebox-home-", &home, &err), 0);
	autofree char *path = path_join(home, ".npmrc");
	autofree char *apt = path_join(home, "apt-config");
	static const char script[] =
		"#!/bin/sh\necho 'Acquire::http::Proxy \"http://p.example:1\";'\n";
	assert_int_equal(file_write_plain(path, npmrc, strlen(npmrc), 0600, &err), 0);
	assert_int_equal(file_write_plain(apt, script, strlen(script), 0755, &err), 0);
	setenv("HOME", home, 1);
	setenv("HIEBOX_TOOL_APT_CONFIG", apt, 1);
	setenv("HIEBOX_DEBIAN_MIRROR", "http://env.example/debian/", 1);
	setenv("HIEBOX_DEBIAN_SECURITY_MIRROR", "none", 1);
	unsetenv("npm_config_registry");
	unsetenv("NPM_CONFIG_REGISTRY");
	assert_int_equal(origins_find(NULL, true, &origins, &err), 0);
	assert_string_equal(origins.debian, "http://env.example/debian");
	assert_null(origins.debian_security);
	assert_string_equal(origins.proxy_http, "http://p.example:1");
	assert_false(origins.dates.ignore_valid_until);
	assert_true(origins.offline);
	assert_string_equal(origins.npm, "https://npm.example");
	assert_string_equal(origins.npm_authorization, "Bearer t");
	origins_clear(&origins);
	setenv("HIEBOX_DEBIAN_SECURITY_MIRROR", "file:///srv/security/", 1);
	setenv("NPM_Config_Registry", "https://env.example/npm/", 1);
	assert_int_equal(origins_find("http://option.example/debian", false, &origins, &err), 0);
	assert_string_equal(origins.debian, "http://option.example/debian");
	assert_string_equal(origins.debian_security, "file:///srv/security");
	assert_string_equal(origins.npm, "https://env.example/npm");
	assert_null(origins.npm_authorization); /* a token is for its own host */
	origins_clear(&origins);
	assert_int_equal(origins_find("ftp://option.example/debian", false, &origins, &err), -1);
	assert_non_null(strstr(err.message, "--mirror: expected a URL"));
	error_clear(&err);
	assert_int_equal(tree_remove(home, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_line_sources),
		cmocka_unit_test(test_deb822_sources),
		cmocka_unit_test(test_many_sources),
		cmocka_unit_test(test_which_is_debian),
		cmocka_unit_test(test_apt_folder),
		cmocka_unit_test(test_apt_config),
		cmocka_unit_test(test_apt_place),
		cmocka_unit_test(test_deb822_dates),
		cmocka_unit_test(test_npm),
		cmocka_unit_test(test_maven),
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
