/* Packages and payloads into the store, and what is said when they are not there. Runs from the
 * root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "../../support/bad_server.h"
#include "../../support/words.h"
#include "fetch/blobs.h"
#include "fetch/fetch.h"

static struct world {
	struct bad_server server;
	char *folder, *root;
	struct store store;
	struct origins origins;
} world;

static char *sha256_of(const char *text)
{
	char hex[HASH_HEX_MAX];

	hash_bytes("sha256", text, strlen(text), hex);
	return text_copy(hex);
}

static void serve(const char *name, const char *text)
{
	struct error err = {0};
	autofree char *path = path_join(world.root, name);
	autofree char *parent = path_directory(path);

	assert_int_equal(directory_make(parent, 0755, &err), 0);
	assert_int_equal(file_write_plain(path, text, strlen(text), 0644, &err), 0);
}

static int set_up(void **state)
{
	struct error err = {0};

	(void)state;
	if (directory_temporary("/tmp", "hiebox-packages-", &world.folder, &err) < 0)
		return -1;
	world.root = path_join(world.folder, "root");
	autofree char *store = path_join(world.folder, "store");
	serve("debian/pool/a/a_1+b~2.deb", "package a");
	serve("security/pool/b/b_1.deb", "package b");
	serve("npm/@scope/name/-/name-1.0.0.tgz", "tarball");
	serve("maven/org/x/x-1.jar", "jar");
	serve("file with space.txt", "file");
	bad_server_start(&world.server, world.root, NULL);
	world.origins.debian = bad_url(&world.server, "plain/debian");
	world.origins.debian_security = bad_url(&world.server, "plain/security");
	world.origins.npm = bad_url(&world.server, "login/Bearer%20t/npm");
	world.origins.npm_authorization = text_copy("Bearer t");
	world.origins.maven = bad_url(&world.server, "no-login/maven");
	return store_open(store, &world.store, &err);
}

static int tear_down(void **state)
{
	struct error err = {0};

	(void)state;
	bad_server_stop(&world.server);
	store_close(&world.store);
	origins_clear(&world.origins);
	tree_remove(world.folder, &err);
	free(world.folder);
	free(world.root);
	return 0;
}

static char *fetch_one(struct package package)
{
	struct error err = {0};
	struct package_set set = {.items = &package, .count = 1};
	int rc = fetch_packages(&world.store, &world.origins, &set, "the test", &err);

	assert_int_equal(rc, err.message ? -1 : 0);
	return err.message;
}

static void test_packages(void **state)
{
	autofree char *a = sha256_of("package a"), *b = sha256_of("package b");
	struct package items[] = {
		{.name = "a",
		 .archive = "debian",
		 .filename = "pool/a/a_1+b~2.deb",
		 .sha256 = a,
		 .size = 9},
		{.name = "b",
		 .archive = "debian-security",
		 .filename = "pool/b/b_1.deb",
		 .sha256 = b,
		 .size = 9},
		{.name = "a",
		 .archive = "debian",
		 .filename = "pool/a/a_1+b~2.deb",
		 .sha256 = a,
		 .size = 9},
	};
	struct package_set set = {.items = items, .count = 3};
	struct error err = {0};
	autofree char *digest = text_format("sha256:%s", b);

	(void)state;
	assert_int_equal(fetch_packages(&world.store, &world.origins, &set, "the test", &err), 0);
	assert_true(store_has(&world.store, digest));
	/* a second time needs nobody */
	struct origins nobody = {0};
	assert_int_equal(fetch_packages(&world.store, &nobody, &set, "the test", &err), 0);
	/* a blob of another size is not believed */
	autofree char *path = store_blob(&world.store, digest);
	assert_int_equal(file_write_plain(path, "pack", 4, 0644, &err), 0);
	assert_int_equal(fetch_packages(&world.store, &world.origins, &set, "the test", &err), 0);
	struct stat about;
	assert_int_equal(stat(path, &about), 0);
	assert_int_equal(about.st_size, 9);
	assert_false(blob_is_there(&world.store, digest, 8));
}

static void test_gone(void **state)
{
	autofree char *sha = sha256_of("gone");
	struct package items[12];
	struct package_set set = {.items = items, .count = LENGTH(items)};
	struct error err = {0};
	char hex[LENGTH(items)][65];

	(void)state;
	for (size_t i = 0; i < LENGTH(items); i++) { /* twelve digests that differ */
		memcpy(hex[i], sha, 65);
		hex[i][0] = "0123456789abcdef"[i];
		items[i] = (struct package){.name = "gone",
					    .archive = "debian",
					    .filename = "pool/g/gone_1.deb",
					    .sha256 = hex[i],
					    .size = 4};
	}
	assert_int_equal(fetch_packages(&world.store, &world.origins, &set, "the test", &err), -1);
	assert_has(err.message, "no longer has 12 of the packages");
	assert_has(err.message, "/plain/debian/pool/g/gone_1.deb");
	assert_has(err.message, "and 2 more");
	assert_has(err.message, "hiebox lock --update");
	error_clear(&err);
	/* another trouble is told beside it */
	items[3].filename = "pool/a/a_1+b~2.deb";
	assert_int_equal(fetch_packages(&world.store, &world.origins, &set, "the test", &err), -1);
	assert_has(err.message, "no longer has 11 of the packages");
	assert_has(err.message, "expected 4 bytes with sha256:");
	error_clear(&err);
}

static void test_refused(void **state)
{
	autofree char *sha = sha256_of("x");
	autofree char *unknown = fetch_one((struct package){.name = "p",
							    .version = "1",
							    .archive = "elsewhere",
							    .filename = "pool/p.deb",
							    .sha256 = sha});
	autofree char *unclean = fetch_one((struct package){.name = "p",
							    .version = "1",
							    .archive = "debian",
							    .filename = "../../etc/passwd",
							    .sha256 = sha});
	autofree char *digest = fetch_one((struct package){.name = "p",
							   .version = "1",
							   .archive = "debian",
							   .filename = "pool/p.deb",
							   .sha256 = "../x"});

	(void)state;
	assert_has(unknown,
		   "package p 1 comes from the archive elsewhere, of which no mirror is known");
	assert_has(unclean, "no clean path");
	assert_has(digest, "is no digest");
	world.origins.offline = true;
	autofree char *offline = fetch_one((struct package){
		.name = "p", .archive = "debian", .sha256 = sha, .filename = "pool/p.deb"});
	world.origins.offline = false;
	assert_has(offline,
		   "offline: the store lacks 1 of the packages for the test");
}

/* One sentence for many, not a line for each. */
static void test_offline(void **state)
{
	enum { COUNT = 25 };
	struct package packages[COUNT] = {0};
	struct package_set set = {.items = packages, .count = COUNT};
	struct strings texts = {0};
	struct error err = {0};

	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		autofree char *text = text_format("package %zu", i);
		strings_format(&texts, "pool/p%zu.deb", i);
		strings_take(&texts, sha256_of(text));
		packages[i] = (struct package){.name = "p", .version = "1", .archive = "debian", .size = 2000000,
					       .filename = texts.items[2 * i], .sha256 = texts.items[2 * i + 1]};
	}
	world.origins.offline = true;
	assert_int_equal(fetch_packages(&world.store, &world.origins, &set, "the image", &err), -1);
	world.origins.offline = false;
	assert_string_equal(err.message, "offline: the store lacks 25 of the packages for the image (50.0 MB): p0.deb, "
					 "p1.deb, p2.deb, …; `hiebox fetch RECIPE` brings them once there is a network");
	error_clear(&err);
	strings_clear(&texts);
}

/* The second mirror has what the first one lost. */
static void test_other_mirror(void **state)
{
	autofree char *sha = sha256_of("kept elsewhere");
	autofree char *good = text_copy(world.origins.debian);

	(void)state;
	serve("debian/pool/kept.deb", "kept elsewhere");
	free(world.origins.debian);
	world.origins.debian = text_copy("http://127.0.0.1:1/debian");
	strings_add(&world.origins.debian_others, good);
	autofree char *message = fetch_one((struct package){.name = "k", .version = "1", .archive = "debian",
							    .filename = "pool/kept.deb", .sha256 = sha});
	if (message)
		print_message("%s\n", message);
	assert_null(message);
	strings_clear(&world.origins.debian_others);
	free(world.origins.debian);
	world.origins.debian = steal(good);
}

static int fetch_some(struct payload *payloads, size_t count, struct error *err)
{
	const struct component component = {.id = "a-component"};
	struct planned_source source = {
		.component = &component, .payloads = payloads, .payload_count = count};
	const struct plan plan = {.sources = &source, .source_count = 1};

	return fetch_payloads(&world.store, &world.origins, &plan, err);
}

static void test_payloads(void **state)
{
	char sha512[HASH_HEX_MAX], sha1[HASH_HEX_MAX];
	struct error err = {0};

	(void)state;
	hash_bytes("sha512", "tarball", 7, sha512);
	hash_bytes("sha1", "file", 4, sha1);
	autofree char *tarball = text_format("sha512:%s", sha512);
	autofree char *file = text_format("sha1:%s", sha1);
	autofree char *jar_hex = sha256_of("jar");
	autofree char *jar = text_format("sha256:%s", jar_hex);
	autofree char *url = bad_url(&world.server, "plain/file%20with%20space.txt");
	struct payload payloads[] = {
		{PAYLOAD_NPM, "@scope/name/-/name-1.0.0.tgz", tarball, 0,
		 "node_modules/@scope/name"},
		{PAYLOAD_MAVEN, "org/x/x-1.jar", jar, 3,
		 "x-1.jar"}, /* npm's token is not told to it */
		{PAYLOAD_FILE, url, file, 0, "file.txt"},
	};
	assert_int_equal(fetch_some(payloads, 3, &err), 0);
	for (size_t i = 0; i < 3; i++)
		assert_true(store_has(&world.store, payloads[i].digest));
}

static void test_payloads_missing(void **state)
{
	autofree char *hex = sha256_of("nowhere");
	autofree char *digest = text_format("sha256:%s", hex);
	struct payload payload = {PAYLOAD_MAVEN, "org/y/y-1.jar", digest, 0, "y-1.jar"};
	struct error err = {0};

	(void)state;
	assert_int_equal(fetch_some(&payload, 1, &err), -1);
	assert_has(err.message, "1 files that the components' locks name are not there (HTTP 404)");
	assert_has(err.message, "/no-login/maven/org/y/y-1.jar");
	error_clear(&err);
	autofree char *maven = steal(world.origins.maven);
	assert_int_equal(fetch_some(&payload, 1, &err), -1);
	assert_has(err.message,
		   "component a-component: org/y/y-1.jar: no Maven repository is known");
	error_clear(&err);
	world.origins.maven = steal(maven);
	autofree char *npm = steal(world.origins.npm);
	payload.kind = PAYLOAD_NPM;
	assert_int_equal(fetch_some(&payload, 1, &err), -1);
	assert_has(err.message, "no npm registry is known");
	error_clear(&err);
	world.origins.npm = steal(npm);
}

static void test_url_join(void **state)
{
	struct error err = {0};
	autofree char *url =
		url_join("http://m.example/debian", "pool/main/g/g++ x_1%3a2~é.deb", &err);

	(void)state;
	assert_string_equal(url, "http://m.example/debian/pool/main/g/g++%20x_1%253a2~%C3%A9.deb");
	assert_null(url_join("http://m.example", "/etc/passwd", &err));
	error_clear(&err);
	assert_null(url_join("http://m.example", "a//b", &err));
	error_clear(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packages),         cmocka_unit_test(test_gone),
		cmocka_unit_test(test_refused),          cmocka_unit_test(test_payloads),
		cmocka_unit_test(test_payloads_missing), cmocka_unit_test(test_url_join),
		cmocka_unit_test(test_offline),          cmocka_unit_test(test_other_mirror),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
