/* Provisioning: complete, repeatable, and the same result however often the power went. */
#include "tree.h"

#include <signal.h>

#include "agent/provision.h"

/* Kills this process at the n-th boundary, as a power cut would. */
static void cut(void *context, const char *where)
{
	int *left = context;
	(void)where;
	if (*left > 0 && --*left == 0)
		kill(getpid(), SIGKILL);
}

/* Provisions in a process of its own, cut off at boundary `cut_at` (0: never). Its wait status. */
static int run(const char *root, int cut_at)
{
	return tree_provision(root, cut, &cut_at);
}

static void assert_works(const char *root)
{
	int status = run(root, 0);
	if (status != 0) {
		autofree char *why = tree_read(root, "/var/lib/hie/provision-error");
		fail_msg("provisioning failed: %s", why ? why : "?");
	}
}

static const char *const kept[] = {
	"/var/lib/hie/secrets/database", "/var/lib/hie/secrets/admin", "/var/lib/hie/secrets/clinic",
	"/var/lib/hie/ssh/ssh_host_ed25519_key", "/var/lib/hie/ssh/ssh_host_ecdsa_key",
	"/var/lib/hie/tls/ca.key", "/var/lib/hie/tls/ca.crt", "/var/lib/hie/tls/server.key",
};
static const char *const made[] = {
	"/var/lib/hie/ssh/ssh_host_ed25519_key.pub", "/var/lib/hie/ssh/ssh_host_ecdsa_key.pub",
	"/var/lib/hie/tls/server.crt", "/var/lib/hie/rendered/store.env", "/var/lib/hie/credentials.json",
	"/var/lib/postgresql/17/main/PG_VERSION", "/var/lib/hie/steps/database-store",
};
static const char *const absent[] = {
	"/var/lib/hie/provision-error", "/var/lib/hie/ssh/new", "/var/lib/postgresql/17/new",
	"/run/hie-provision",
};

static void read_kept(const char *root, char *texts[LENGTH(kept)])
{
	for (size_t i = 0; i < LENGTH(kept); i++)
		texts[i] = tree_read(root, kept[i]);
}

/* Everything is there, nothing is left over, and what `before` had is unchanged; frees `before`. */
static void assert_complete(const char *root, char *before[LENGTH(kept)])
{
	for (size_t i = 0; i < LENGTH(kept); i++) {
		autofree char *now = tree_read(root, kept[i]);
		assert_non_null(now);
		assert_true(now[0]);
		if (before[i])
			assert_string_equal(now, before[i]);
		free(before[i]);
	}
	for (size_t i = 0; i < LENGTH(made); i++) {
		autofree char *path = tree_path(root, made[i]);
		if (!path_exists(path))
			fail_msg("%s is missing", made[i]);
	}
	tree_expect_absent(root, absent, LENGTH(absent));
	autofree char *secret = tree_read(root, "/var/lib/hie/secrets/database");
	autofree char *env = tree_read(root, "/var/lib/hie/rendered/store.env");
	autofree char *expected = text_format("PASSWORD=%s\nNAME=testbox\n", secret);
	assert_string_equal(env, expected);
}

static void assert_mode(const char *root, const char *path, mode_t mode)
{
	autofree char *full = tree_path(root, path);
	struct stat st;
	assert_int_equal(stat(full, &st), 0);
	assert_int_equal(st.st_mode & 07777, mode);
}

static void test_first_and_later(void **state)
{
	(void)state;
	char *root = tree_new();
	tree_add_postgres(root);
	assert_works(root);
	assert_mode(root, "/var/lib/hie/secrets", 0700);
	assert_mode(root, "/var/lib/hie/secrets/admin", 0600);
	assert_mode(root, "/var/lib/hie/tls/ca.key", 0600);
	assert_mode(root, "/var/lib/hie/tls/server.key", 0600);
	assert_mode(root, "/var/lib/hie/tls/ca.crt", 0644);
	assert_mode(root, "/var/lib/hie/ssh/ssh_host_ed25519_key", 0600);
	assert_mode(root, "/var/lib/hie/rendered/store.env", 0400);
	assert_mode(root, "/var/lib/hie/credentials.json", 0600);
	char *before[LENGTH(kept)];
	read_kept(root, before);
	autofree char *certificate = tree_read(root, "/var/lib/hie/tls/server.crt");
	autofree char *told = tree_read(root, "/usr/lib/postgresql/17/bin/told");
	assert_works(root);
	assert_complete(root, before);
	autofree char *certificate_now = tree_read(root, "/var/lib/hie/tls/server.crt");
	autofree char *told_now = tree_read(root, "/usr/lib/postgresql/17/bin/told");
	assert_string_equal(certificate, certificate_now);
	assert_string_equal(told, told_now);
	tree_free(root);
}

/* The power goes at every moment in turn; the next start completes, with the same secrets. */
static void test_cut_anywhere(void **state)
{
	(void)state;
	int cuts = 0;
	for (int n = 1;; n++) {
		char *root = tree_new();
		tree_add_postgres(root);
		int status = run(root, n);
		char *before[LENGTH(kept)];
		read_kept(root, before);
		bool ended = WIFEXITED(status);
		cuts += !ended;
		assert_works(root);
		assert_complete(root, before);
		tree_free(root);
		if (ended)
			break;
	}
	assert_in_range(cuts, 30, 200);
}

/* The power goes again and again on one box, each time a little later. */
static void test_cut_repeatedly(void **state)
{
	(void)state;
	char *root = tree_new();
	tree_add_postgres(root);
	char *before[LENGTH(kept)];
	for (int n = 9; WIFSIGNALED(run(root, n)); n += 2)
		;
	read_kept(root, before);
	assert_works(root);
	assert_complete(root, before);
	tree_free(root);
}

static void wish_for_fresh_data(const char *root)
{
	tree_write(root, "/var/lib/postgresql/17/main/entered", "by people", 0600);
	tree_write(root, "/var/lib/hie/fresh-data", "", 0600);
}

static void assert_fresh(const char *root, char *before[LENGTH(kept)])
{
	static const char *const gone[] = { "/var/lib/postgresql/17/main/entered", "/var/lib/hie/fresh-data",
					    "/var/lib/postgresql/17/old" };
	assert_complete(root, before);
	tree_expect_absent(root, gone, LENGTH(gone));
}

/* A component that keeps records of its own finds the mark in its state directory; the database's gets none. */
static void test_fresh_data_told(void **state)
{
	(void)state;
	char *root = tree_new(), *before[LENGTH(kept)];
	static const char *const absent_marks[] = { "/var/lib/postgresql/.fresh-data", "/var/lib/records/.fresh-data" };
	tree_add_postgres(root);
	autofree char *path = tree_path(root, "/usr/lib/hie/box.json"), *text = tree_read(root, "/usr/lib/hie/box.json");
	autofree char *place = strstr(text, "\"state\": [ ") ? text_copy(strstr(text, "\"state\": [ ") + 11) : NULL;
	assert_non_null(place);
	*strstr(text, "\"state\": [ ") = '\0';
	autofree char *more = text_format("%s\"state\": [ {\"name\": \"records\", \"path\": \"/var/lib/records\", \"mode\": \"0700\","
					  " \"user\": \"root\", \"group\": \"root\"}, %s", text, place);
	tree_write(root, "/usr/lib/hie/box.json", more, 0644);
	assert_works(root);
	tree_expect_absent(root, absent_marks, 2);
	read_kept(root, before);
	wish_for_fresh_data(root);
	assert_works(root);
	assert_fresh(root, before);
	tree_expect_absent(root, absent_marks, 1);
	assert_mode(root, absent_marks[1], 0600);
	tree_free(root);
}

/* Data as at first start, with the same passwords and certificates; what is entered afterwards stays. */
static void test_fresh_data(void **state)
{
	(void)state;
	char *root = tree_new(), *before[LENGTH(kept)];
	tree_add_postgres(root);
	assert_works(root);
	read_kept(root, before);
	wish_for_fresh_data(root);
	assert_works(root);
	assert_fresh(root, before);
	tree_write(root, "/var/lib/postgresql/17/main/entered", "by people", 0600);
	assert_works(root);
	autofree char *entered = tree_read(root, "/var/lib/postgresql/17/main/entered");
	assert_string_equal(entered, "by people");
	tree_free(root);
}

/* The power goes at every moment of it; the next start ends it. */
static void test_fresh_data_cut_anywhere(void **state)
{
	(void)state;
	for (int n = 1;; n++) {
		char *root = tree_new(), *before[LENGTH(kept)];
		tree_add_postgres(root);
		assert_works(root);
		read_kept(root, before);
		wish_for_fresh_data(root);
		bool ended = WIFEXITED(run(root, n));
		assert_works(root);
		assert_fresh(root, before);
		tree_free(root);
		if (ended) {
			assert_in_range(n, 20, 200);
			break;
		}
	}
}

/* A changed secret reaches the database and the templates; a changed name gets a new certificate. */
static void test_changes(void **state)
{
	(void)state;
	char *root = tree_new();
	tree_add_postgres(root);
	assert_works(root);
	tree_write(root, "/var/lib/hie/secrets/database", "it's new", 0600);
	autofree char *certificate = tree_read(root, "/var/lib/hie/tls/server.crt");
	autofree char *authority = tree_read(root, "/var/lib/hie/tls/ca.crt");
	autofree char *text = text_copy(tree_box);
	memcpy(strstr(text, "testbox"), "bestbox", 7);
	tree_write(root, "/usr/lib/hie/box.json", text, 0644);
	assert_works(root);
	autofree char *told = tree_read(root, "/usr/lib/postgresql/17/bin/told");
	assert_non_null(strstr(told, "PASSWORD 'it''s new'"));
	autofree char *env = tree_read(root, "/var/lib/hie/rendered/store.env");
	assert_string_equal(env, "PASSWORD=it's new\nNAME=bestbox\n");
	autofree char *certificate_now = tree_read(root, "/var/lib/hie/tls/server.crt");
	autofree char *authority_now = tree_read(root, "/var/lib/hie/tls/ca.crt");
	assert_string_not_equal(certificate, certificate_now);
	assert_string_equal(authority, authority_now);
	tree_free(root);
}

/* A failing step stops there, leaves its sentence, and the next good run takes it away. */
static void test_failure(void **state)
{
	(void)state;
	char *root = tree_new();
	tree_add_postgres(root);
	tree_write(root, "/usr/lib/postgresql/17/bin/initdb", "#!/bin/sh\necho no space >&2\nexit 7\n", 0755);
	int status = run(root, 0);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	autofree char *why = tree_read(root, "/var/lib/hie/provision-error");
	assert_non_null(why);
	assert_true(text_starts(why, "Making the databases failed: initdb"));
	assert_non_null(strstr(why, "status 7"));
	assert_non_null(strstr(why, "no space"));
	autofree char *env = tree_path(root, "/var/lib/hie/rendered/store.env");
	assert_false(path_exists(env));
	tree_add_postgres(root);
	char *before[LENGTH(kept)];
	read_kept(root, before);
	assert_works(root);
	assert_complete(root, before);
	tree_free(root);
}

static void test_server_ends(void **state)
{
	(void)state;
	char *root = tree_new();
	tree_add_postgres(root);
	tree_write(root, "/usr/lib/postgresql/17/bin/postgres", "#!/bin/sh\necho bad memory >&2\nexit 1\n", 0755);
	tree_write(root, "/usr/lib/postgresql/17/bin/pg_isready", "#!/bin/sh\nsleep 0.2; exit 2\n", 0755);
	assert_int_equal(WEXITSTATUS(run(root, 0)), 1);
	autofree char *why = tree_read(root, "/var/lib/hie/provision-error");
	assert_non_null(strstr(why, "ended before it was ready"));
	assert_non_null(strstr(why, "bad memory"));
	tree_free(root);
}

/* Records in another version's format are not passed over. */
static void test_other_version(void **state)
{
	(void)state;
	char *root = tree_new();
	tree_add_postgres(root);
	tree_write(root, "/var/lib/postgresql/16/main/PG_VERSION", "16\n", 0644);
	assert_int_equal(WEXITSTATUS(run(root, 0)), 1);
	autofree char *why = tree_read(root, "/var/lib/hie/provision-error");
	assert_non_null(strstr(why, "format of PostgreSQL 16, but version 17"));
	tree_free(root);
}

static void test_empty_secret(void **state)
{
	(void)state;
	char *root = tree_new();
	tree_add_postgres(root);
	tree_write(root, "/var/lib/hie/secrets/admin", "", 0600);
	assert_int_equal(WEXITSTATUS(run(root, 0)), 1);
	autofree char *why = tree_read(root, "/var/lib/hie/provision-error");
	assert_non_null(strstr(why, "secrets/admin is empty"));
	tree_free(root);
}

/* Rescue: keys for SSH and the page, nothing else. */
static void test_rescue(void **state)
{
	(void)state;
	char *root = tree_new();
	tree_write(root, "/run/hie/rescue", "no storage\n", 0644);
	assert_works(root);
	autofree char *key = tree_path(root, "/var/lib/hie/ssh/ssh_host_ed25519_key");
	autofree char *certificate = tree_path(root, "/var/lib/hie/tls/server.crt");
	autofree char *env = tree_path(root, "/var/lib/hie/rendered/store.env");
	assert_true(path_exists(key));
	assert_true(path_exists(certificate));
	assert_false(path_exists(env));
	tree_free(root);
}

static void test_credentials(void **state)
{
	(void)state;
	char *root = tree_new();
	tree_add_postgres(root);
	assert_works(root);
	autobox struct box *box = tree_load(root);
	struct error err = { 0 };
	autofree char *text = NULL, *json = NULL;
	assert_int_equal(credentials_text(root, box, false, &text, &err), 0);
	assert_int_equal(credentials_text(root, box, true, &json, &err), 0);
	autofree char *admin = tree_read(root, "/var/lib/hie/secrets/admin");
	autofree char *clinic = tree_read(root, "/var/lib/hie/secrets/clinic");
	autofree char *database = tree_read(root, "/var/lib/hie/secrets/database");
	autofree char *expected = text_format("Who can log in on testbox.local:\n  root@box  %s  Administrator\n"
					      "  clinic-a  %s  clinic\n\nWhere:\n  http://testbox.local/  Overview\n"
					      "  testbox.local:8080  API\n", admin, clinic);
	assert_string_equal(text, expected);
	assert_non_null(strstr(json, admin));
	assert_null(strstr(json, database));
	box->mode = "production"; /* no service's password is shown any more */
	autofree char *strict = NULL;
	assert_int_equal(credentials_text(root, box, false, &strict, &err), 0);
	assert_null(strstr(strict, clinic));
	assert_non_null(strstr(strict, "https://testbox.local/"));
	tree_free(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_and_later), cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_cut_repeatedly),  cmocka_unit_test(test_fresh_data), cmocka_unit_test(test_fresh_data_told),
		cmocka_unit_test(test_fresh_data_cut_anywhere),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_failure),         cmocka_unit_test(test_server_ends),
		cmocka_unit_test(test_other_version),   cmocka_unit_test(test_empty_secret),
		cmocka_unit_test(test_rescue),          cmocka_unit_test(test_credentials),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
