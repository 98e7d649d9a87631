/* Package indexes: what is believed and what is not. The archives are in tests/cases/fetch. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "../../support/words.h"
#include "fetch/fetch.h"
#include "fetch/signature.h"

struct world {
	char *folder, *cases;
	struct store store;
	struct arena *arena;
	struct index_list indexes;
	const char *other; /* a second mirror */
	struct error err;
};

static int set_up(void **state)
{
	struct world *world = memory_alloc(sizeof *world);

	world->arena = arena_new();
	world->cases = realpath("tests/cases/fetch", NULL);
	*state = world;
	if (!world->cases ||
	    directory_temporary("/tmp", "hiebox-fetch-", &world->folder, &world->err) < 0)
		return -1;
	return store_open(world->folder, &world->store, &world->err);
}

static int tear_down(void **state)
{
	struct world *world = *state;

	store_close(&world->store);
	error_clear(&world->err);
	tree_remove(world->folder, &world->err);
	arena_free(world->arena);
	free(world->folder);
	free(world->cases);
	free(world);
	return 0;
}

struct case_settings {
	const char *name, *keyring; /* keyring: default archive.gpg */
	const char *suite, *architecture;
	bool offline, no_dates, security;
};

static int get(struct world *world, struct case_settings settings)
{
	struct origins origins = {.offline = settings.offline,
				  .dates = {.ignore_date = settings.no_dates}};
	const struct index_request request = {
		.store = &world->store,
		.origins = &origins,
		.suite = settings.suite ? settings.suite : "tiny",
		.architecture = settings.architecture ? settings.architecture : "amd64",
	};
	const char *keyring = settings.keyring ? settings.keyring : "archive.gpg";

	origins.debian = text_format("file://%s/archive/%s/debian", world->cases, settings.name);
	origins.debian_security =
		settings.security ? text_format("%s-security", origins.debian) : NULL;
	if (world->other)
		strings_format(&origins.debian_others, "file://%s/archive/%s/debian", world->cases, world->other);
	origins.keyring = text_format("%s/keys/%s", world->cases, keyring);
	error_clear(&world->err);
	world->indexes = (struct index_list){0};
	int rc = fetch_indexes(&request, world->arena, &world->indexes, &world->err);
	origins_clear(&origins);
	return rc;
}

static void refused(struct world *world, struct case_settings settings, const char *words)
{
	int rc = get(world, settings);

	assert_int_equal(rc, -1);
	assert_has(world->err.message, words);
	assert_null(world->indexes.items);
}

static void accepted(struct world *world, struct case_settings settings, size_t count)
{
	int rc = get(world, settings);

	if (rc < 0)
		print_message("%s\n", world->err.message);
	assert_int_equal(rc, 0);
	assert_int_equal(world->indexes.count, count);
}

static void test_good(void **state)
{
	struct world *world = *state;
	struct error err = {0};

	accepted(world, (struct case_settings){.name = "good", .security = true}, 3);
	const struct package_index *items = world->indexes.items;
	assert_string_equal(items[0].suite, "tiny");
	assert_string_equal(items[1].suite, "tiny-updates");
	assert_string_equal(items[2].suite, "tiny-security");
	assert_string_equal(items[0].archive, "debian");
	assert_string_equal(items[1].archive, "debian");
	assert_string_equal(items[2].archive, "debian-security");
	for (size_t i = 0; i < 3; i++) {
		char hex[HASH_HEX_MAX];

		assert_true(text_ends(items[i].path, ".xz"));
		assert_int_equal(hash_file("sha256", items[i].path, hex, &err), 0);
		assert_true(text_starts(items[i].digest, "sha256:"));
		assert_string_equal(items[i].digest + 7, hex);
	}
}

static void test_suite_by_either_name(void **state)
{
	accepted(*state, (struct case_settings){.name = "good"}, 2);
	refused(*state, (struct case_settings){.name = "good", .suite = "huge"},
		"dists/huge/InRelease");
	refused(*state, (struct case_settings){.name = "other-suite", .suite = "huge"},
		"expected suite huge, found suite stable, codename tiny");
	refused(*state, (struct case_settings){.name = "good", .suite = "../tiny"},
		"no name of a suite");
	refused(*state, (struct case_settings){.name = "good", .architecture = "vax"},
		"binary-vax/Packages.xz");
}

static void test_missing_sisters(void **state)
{
	accepted(*state, (struct case_settings){.name = "alone", .security = true},
		 1); /* also: no by-hash */
}

static void test_keys(void **state)
{
	accepted(
		*state,
		(struct case_settings){.name = "good", .keyring = "armoured.asc", .security = true},
		3);
	refused(*state, (struct case_settings){.name = "good", .keyring = "second.gpg"},
		"not in the keyring");
	refused(*state, (struct case_settings){.name = "good", .keyring = "none.gpg"},
		"debian-archive-keyring");
	refused(*state, (struct case_settings){.name = "stranger"}, "not in the keyring");
	refused(*state, (struct case_settings){.name = "expired-key", .keyring = "old.gpg"},
		"has expired");
}

static void test_wrong_signatures(void **state)
{
	refused(*state, (struct case_settings){.name = "tampered"}, "the signature is wrong");
	refused(*state, (struct case_settings){.name = "unsigned"}, "is not signed");
	refused(*state, (struct case_settings){.name = "two"}, "more than one signed message");
	refused(*state, (struct case_settings){.name = "sha1"}, "no valid signature");
	refused(*state, (struct case_settings){.name = "page"}, "looks like a captive portal's page");
	refused(*state, (struct case_settings){.name = "nothing"}, "does not exist");
}

static void test_dates(void **state)
{
	refused(*state, (struct case_settings){.name = "expired"}, "expired on 2020-01-07");
	refused(*state, (struct case_settings){.name = "future"}, "set the clock");
	accepted(*state, (struct case_settings){.name = "expired", .no_dates = true}, 1);
	accepted(*state, (struct case_settings){.name = "future", .no_dates = true}, 1);
}

static void test_wrong_index(void **state)
{
	refused(*state, (struct case_settings){.name = "wrong-index"},
		"expected 108 bytes with sha256:");
}

/* The first mirror is behind or half updated: the second has the index that the first one's InRelease names. */
static void test_second_mirror(void **state)
{
	struct world *world = *state;

	world->other = "good";
	accepted(world, (struct case_settings){.name = "wrong-index"}, 2);
	accepted(world, (struct case_settings){.name = "nothing"}, 2);
	world->other = NULL;
}

static void test_between_states(void **state)
{
	refused(*state, (struct case_settings){.name = "wrong-index"}, "being updated just now: try again");
}

static void test_offline(void **state)
{
	struct world *world = *state;
	const struct case_settings offline = {.name = "nothing", .offline = true};
	struct error err = {0};

	refused(world, offline, "the store has no package index of tiny yet");
	accepted(world, (struct case_settings){.name = "good", .security = true}, 3);
	accepted(world, offline, 3);
	autofree char *path = text_copy(world->indexes.items[0].path);
	assert_int_equal(file_write_plain(path, "x", 1, 0644, &err), 0);
	refused(world, offline, "the store lacks the package index of tiny");
	accepted(world, (struct case_settings){.name = "good", .security = true}, 3); /* mended */
	accepted(world, offline, 3);
	refused(world,
		(struct case_settings){.name = "x", .offline = true, .keyring = "second.gpg"},
		"not in the keyring");
	accepted(world, (struct case_settings){.name = "expired", .no_dates = true}, 1);
	accepted(world, offline, 3); /* age does not spoil what was verified; it is warned about */
}

static void judge(const char *status, const char *words)
{
	struct error err = {0};
	int rc = signature_judge(status, &err);

	assert_int_equal(rc, words ? -1 : 0);
	if (words)
		assert_has(err.message, words);
	error_clear(&err);
}

#define GOOD "[GNUPG:] NEWSIG\n[GNUPG:] GOODSIG AB Name\n"
#define VALID "[GNUPG:] VALIDSIG ABCD 2020-01-06 1578304800 0 4 0 22 8 01 ABCD\n"
#define VALID_SHA1 "[GNUPG:] VALIDSIG ABCD 2020-01-06 1578304800 0 4 0 1 2 01 ABCD\n"
#define UNKNOWN                                                                                    \
	"[GNUPG:] NEWSIG\n[GNUPG:] ERRSIG CD 22 8 01 1578304800 9 EF\n[GNUPG:] NO_PUBKEY CD\n"

static void test_judge(void **state)
{
	(void)state;
	judge(GOOD VALID, NULL);
	judge(GOOD VALID UNKNOWN, NULL);
	judge(UNKNOWN GOOD VALID, NULL);
	judge(UNKNOWN, "key CD");
	judge("", "no valid signature");
	judge(GOOD, "no valid signature");
	judge(VALID, "no valid signature");
	judge(GOOD VALID_SHA1, "no valid signature");
	judge("[GNUPG:] NEWSIG\n[GNUPG:] EXPKEYSIG AB Name\n" VALID, "has expired");
	judge("[GNUPG:] NEWSIG\n[GNUPG:] EXPKEYSIG AB Name\n" VALID GOOD VALID, NULL);
	judge(GOOD VALID "[GNUPG:] BADSIG AB Name\n", "signature is wrong");
	judge("[GNUPG:] REVKEYSIG 0123456789ABCDEF Name\n" VALID, "0123456789ABCDEF was revoked");
	judge("gpgv: GOODSIG\nGOODSIG A\nVALIDSIG x\n", "no valid signature");
}

int main(void)
{
	if (!process_available("gpgv")) {
		printf("1..0 # SKIP gpgv is not installed\nok 1 - indexes # SKIP gpgv is not "
		       "installed\n");
		return 0;
	}
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_good, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_suite_by_either_name, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_missing_sisters, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_keys, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_wrong_signatures, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_dates, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_wrong_index, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_second_mirror, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_between_states, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_offline, set_up, tear_down),
		cmocka_unit_test(test_judge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
