/* Downloads on good and bad days: what arrives, what stays, what the error says. Runs from the
 * root. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "../../support/bad_server.h"
#include "../../support/words.h"
#include "http/http.h"

#define BIG 1200000u

static struct world {
	struct bad_server server;
	char *folder; /* temporary; served/ holds what the server serves */
	char *big_digest, *small_digest;
} world;

static char *in_folder(const char *name)
{
	return path_join(world.folder, name);
}

static void write_bytes(const char *path, const void *bytes, size_t length)
{
	struct error err = {0};

	assert_int_equal(file_write_plain(path, bytes, length, 0644, &err), 0);
}

static int set_up(void **state)
{
	struct error err = {0};
	char hex[HASH_HEX_MAX];
	autofree char *big = memory_alloc(BIG);

	(void)state;
	if (directory_temporary("/tmp", "hiebox-http-", &world.folder, &err) < 0)
		return -1;
	autofree char *root = in_folder("served");
	autofree char *big_path = path_join(root, "big");
	autofree char *small_path = path_join(root, "small");
	autofree char *empty_path = path_join(root, "empty");
	directory_make(root, 0755, &err);
	for (size_t i = 0; i < BIG; i++)
		big[i] = (char)(i * 7919 >> 5);
	write_bytes(big_path, big, BIG);
	hash_bytes("sha256", big, BIG, hex);
	world.big_digest = text_format("sha256:%s", hex);
	write_bytes(small_path, "small\n", 6);
	write_bytes(empty_path, "", 0);
	hash_bytes("sha512", "small\n", 6, hex);
	world.small_digest = text_format("sha512:%s", hex);
	bad_server_start(&world.server, root, NULL);
	return 0;
}

static int tear_down(void **state)
{
	struct error err = {0};

	(void)state;
	bad_server_stop(&world.server);
	tree_remove(world.folder, &err);
	free(world.folder);
	free(world.big_digest);
	free(world.small_digest);
	return 0;
}

/* Brings server path `day` + the big file to `out`; returns the message of the failure or NULL. */
static char *bring(const struct http_settings *settings, const char *day, struct http_download item)
{
	struct error err = {0};
	autofree char *url = strstr(day, "://") ? text_copy(day) : bad_url(&world.server, day);
	autofree char *path = in_folder("out");

	item.url = url;
	item.path = path;
	int rc = http_download_all(settings, &item, 1, NULL, &err);
	assert_int_equal(rc, err.message ? -1 : 0);
	return err.message;
}

/* Everything of the big file is expected to arrive. */
static void expect_big(const char *day)
{
	struct error err = {0};
	char hex[HASH_HEX_MAX];
	autofree char *out = in_folder("out");
	autofree char *part = in_folder("out.part");
	const struct http_download item = {.digest = world.big_digest, .size = BIG};
	const struct http_settings settings = {.tries = 3};
	autofree char *message = bring(&settings, day, item);

	if (message)
		print_message("%s\n", message);
	assert_null(message);
	assert_int_equal(hash_file("sha256", out, hex, &err), 0);
	assert_string_equal(hex, world.big_digest + 7);
	assert_false(path_exists(part));
	unlink(out);
}

static void expect_failure(const char *day, struct http_download item, const char *const *words)
{
	const struct http_settings settings = {.tries = 2, .stall_seconds = 2};
	autofree char *out = in_folder("out");
	autofree char *message = bring(&settings, day, item);

	assert_non_null(message);
	for (; *words; words++)
		assert_has(message, *words);
	assert_false(path_exists(out));
}

static void leave_part(const char *bytes, size_t length)
{
	autofree char *part = in_folder("out.part");

	write_bytes(part, bytes, length);
}

static char *bytes_of_big(void)
{
	struct error err = {0};
	autofree char *path = in_folder("served/big");
	char *bytes = NULL;

	assert_int_equal(file_read(path, BIG, &bytes, NULL, &err), 0);
	return bytes;
}

static long count_of(const char *path)
{
	autofree char *day = text_format("count/%s", path);
	autofree char *url = bad_url(&world.server, day);
	const struct http_request request = {.url = url};
	struct http_response response;
	struct error err = {0};

	assert_int_equal(http_request(NULL, &request, &response, &err), 0);
	long count = strtol(response.body, NULL, 10);
	http_response_clear(&response);
	return count;
}

static void test_good_days(void **state)
{
	(void)state;
	expect_big("plain/big");
	expect_big("chunked/big");
	expect_big("redirect/%2Fplain%2Fbig");
}

static void test_many_at_once(void **state)
{
	enum { COUNT = 60 };
	struct http_download items[COUNT] = {0};
	struct strings texts = {0};
	struct error err = {0};
	const struct http_settings settings = {0};
	autofree char *url = bad_url(&world.server, "plain/small");

	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		/* some have the same name: they wait for each other */
		autofree char *name = text_format("many-%zu", i % 50);
		strings_take(&texts, in_folder(name));
		items[i] = (struct http_download){
			.url = url, .path = texts.items[i], .digest = world.small_digest};
	}
	assert_int_equal(http_download_all(&settings, items, COUNT, NULL, &err), 0);
	for (size_t i = 0; i < COUNT; i++)
		assert_true(path_exists(texts.items[i]));
	strings_clear(&texts);
}

static void test_resumes(void **state)
{
	autofree char *big = bytes_of_big();

	(void)state;
	expect_big("cut/500000/big"); /* three answers, each cut */
	assert_int_equal(count_of("cut/500000/big"), 3);
	leave_part(big, 700000);
	expect_big("cut/500001/big"); /* what was there counts: one answer is enough */
	assert_int_equal(count_of("cut/500001/big"), 1);
	leave_part(big, 1000);
	expect_big("no-range/big");
	assert_int_equal(count_of("no-range/big"), 1); /* used, not thrown away and asked again */
	leave_part(big, 1000);
	expect_big("other-range/big");
	assert_int_equal(count_of("other-range/big"), 2);
	leave_part(big, BIG);
	expect_big("fail/403/9/big"); /* nothing needs to be asked */
}

static void test_bad_part(void **state)
{
	autofree char *big = bytes_of_big();

	(void)state;
	leave_part("something else altogether", 25);
	expect_big("plain/big");
	big[5] ^= 1;
	leave_part(big, BIG);
	expect_big("plain/big");
	autofree char *longer = memory_alloc(BIG + 10);
	leave_part(longer, BIG + 10);
	expect_big("plain/big");
}

static void test_retries(void **state)
{
	(void)state;
	expect_big("fail/503/1/big");
	assert_int_equal(count_of("fail/503/1/big"), 2);
	expect_big("fail/500/2/big");
	double start = clock_seconds();
	expect_big("later/2/1/big");
	assert_true(clock_seconds() - start > 1.9);
}

static void test_no_retry(void **state)
{
	const struct http_download item = {.digest = world.big_digest};

	(void)state;
	expect_failure("fail/403/5/big", item,
		       (const char *const[]){"HTTP 403 Forbidden", "/fail/403", NULL});
	assert_int_equal(count_of("fail/403/5/big"), 1);
	expect_failure("plain/none", item,
		       (const char *const[]){"HTTP 404 Not Found", "/plain/none", NULL});
	expect_failure("fail/502/9/big", item,
		       (const char *const[]){"HTTP 502", "(2 tries)", NULL});
}

static void test_wrong_bytes(void **state)
{
	const struct http_download whole = {.digest = world.big_digest, .size = BIG};
	const struct http_download hashed = {.digest = world.big_digest};
	const struct http_download limited = {.size_max = 1000};
	autofree char *part = in_folder("out.part");

	(void)state;
	expect_failure("flip/big", whole,
		       (const char *const[]){"/flip/big: expected 1200000 bytes with sha256:",
					     ", found 1200000 bytes with sha256:", NULL});
	assert_false(path_exists(part));
	assert_int_equal(count_of("flip/big"), 1);
	expect_failure("longer/big", whole, (const char *const[]){"found 1200001 bytes", NULL});
	expect_failure("plain/small", whole, (const char *const[]){"found 6 bytes", NULL});
	expect_failure("plain/empty", whole, (const char *const[]){"found 0 bytes", NULL});
	expect_failure("page/big", whole,
		       (const char *const[]){"expected 1200000 bytes", "found 53 bytes", "captive portal",
					     NULL});
	expect_failure("page/big", hashed,
		       (const char *const[]){"expected a file with sha256:",
					     "found 53 bytes with sha256:", "captive portal", NULL});
	expect_failure("chunked/big", limited, (const char *const[]){"more than 1000 bytes", NULL});
	expect_failure("plain/big", limited, (const char *const[]){"found 1200000 bytes", NULL});
	leave_part("leftover", 8);
	expect_failure("page/big", whole, (const char *const[]){"captive portal", NULL});
	assert_false(path_exists(part));
}

static void test_optional(void **state)
{
	autofree char *path = in_folder("out");
	autofree char *url = bad_url(&world.server, "plain/none");
	autofree char *file = text_format("file://%s/served/none", world.folder);
	struct http_download items[] = {{.url = url, .path = path, .optional = true},
					{.url = file, .path = path, .optional = true}};
	const struct http_settings settings = {0};
	struct error err = {0};

	(void)state;
	assert_int_equal(http_download_all(&settings, items, 2, NULL, &err), 0);
	assert_int_equal(items[0].status, 404);
	assert_int_equal(items[1].status, 404);
	assert_false(path_exists(path));
}

static void test_file_urls(void **state)
{
	autofree char *url = text_format("file://%s/served/big", world.folder);
	autofree char *none = text_format("file://%s/served/none", world.folder);
	autofree char *evil =
		text_format("redirect/file%%3A%%2F%%2F%s%%2Fserved%%2Fbig", world.folder);
	const struct http_download item = {.digest = world.big_digest};

	(void)state;
	expect_big(url);
	expect_failure(none, item, (const char *const[]){"does not exist", NULL});
	expect_failure(evil, item,
		       (const char *const[]){"/redirect/", NULL}); /* only http and https */
}

static void test_offline(void **state)
{
	const struct http_settings settings = {.offline = true};
	const struct http_download item = {.digest = world.big_digest};
	autofree char *message = bring(&settings, "plain/big?offline", item);
	autofree char *url = text_format("file://%s/served/big", world.folder);
	autofree char *out = in_folder("out");

	(void)state;
	assert_non_null(message);
	assert_non_null(strstr(message, "/plain/big"));
	assert_non_null(strstr(message, "offline"));
	assert_int_equal(count_of("plain/big?offline"), 0);
	assert_null(bring(&settings, url, item));
	unlink(out);
}

static void test_authorization(void **state)
{
	const struct http_settings settings = {0};
	const struct http_download with = {.digest = world.small_digest,
					   .authorization = "Bearer a-word"};
	const struct http_download broken = {.digest = world.small_digest,
					     .authorization = "a\r\nb: c"};
	autofree char *other = text_format(
		"redirect/http%%3A%%2F%%2Flocalhost%%3A%d%%2Fno-login%%2Fsmall", world.server.port);
	autofree char *user =
		text_format("http://ada:secret@127.0.0.1:%d/plain/none", world.server.port);
	autofree char *out = in_folder("out");

	(void)state;
	assert_null(bring(&settings, "login/Bearer%20a-word/small", with));
	assert_null(bring(&settings, "redirect/%2Flogin%2FBearer%2520a-word%2Fsmall", with));
	autofree char *message = bring(&settings, other, with);
	assert_null(message); /* not told to another host */
	unlink(out);
	expect_failure("no-login/small", with, (const char *const[]){"HTTP 400", NULL});
	expect_failure("plain/small", broken, (const char *const[]){"line break", NULL});
	autofree char *shown = bring(&settings, user, with);
	assert_non_null(strstr(shown, "http://127.0.0.1"));
	assert_null(strstr(shown, "secret"));
}

static void test_proxy(void **state)
{
	autofree char *proxy = bad_url(&world.server, "");
	const struct http_settings settings = {.proxy_http = proxy, .tries = 1};
	const struct http_settings direct = {.proxy_http = "DIRECT", .tries = 1};
	const struct http_download item = {.digest = world.small_digest};
	autofree char *out = in_folder("out");

	(void)state;
	assert_null(bring(&settings, "http://mirror.invalid/plain/small", item));
	unlink(out);
	assert_null(bring(&settings, "plain/small", item)); /* this machine is asked directly */
	unlink(out);
	autofree char *message = bring(&direct, "http://mirror.invalid/plain/small", item);
	assert_non_null(message);
}

static void test_silence(void **state)
{
	const struct http_settings settings = {.tries = 1, .stall_seconds = 2};
	const struct http_download item = {.digest = world.big_digest};
	autofree char *part = in_folder("out.part");
	struct stat about;
	double start = clock_seconds();
	autofree char *message = bring(&settings, "stall/400000/big", item);

	(void)state;
	assert_non_null(message);
	assert_non_null(strstr(message, "(1 try)"));
	assert_true(clock_seconds() - start < 10);
	assert_int_equal(stat(part, &about), 0); /* stays for the next run */
	assert_int_equal(about.st_size, 400000);
	expect_big("plain/big");
}

/* A server that is down is found out once, not once per file. */
static void test_server_down(void **state)
{
	enum { COUNT = 40 };
	struct http_download items[COUNT] = {0};
	struct strings texts = {0};
	struct error err = {0};
	const struct http_settings settings = {.tries = 2, .parallel = 2};
	double start = clock_seconds();

	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		autofree char *name = text_format("down-%zu", i);
		strings_take(&texts, in_folder(name));
		items[i] = (struct http_download){.url = "http://127.0.0.1:1/file",
						  .path = texts.items[i]};
	}
	assert_int_equal(http_download_all(&settings, items, COUNT, NULL, &err), -1);
	assert_true(clock_seconds() - start < 5);
	assert_non_null(strstr(err.message, "40 of 40 downloads failed"));
	assert_non_null(strstr(err.message, "http://127.0.0.1:1/file: "));
	assert_non_null(strstr(err.message, "were not tried"));
	error_clear(&err);
	strings_clear(&texts);
}

static void test_many_failures(void **state)
{
	enum { COUNT = 30 };
	struct http_download items[COUNT] = {0};
	struct strings texts = {0};
	struct error err = {0};
	const struct http_settings settings = {0};
	autofree char *good = bad_url(&world.server, "plain/small");
	size_t lines = 1;

	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		autofree char *name = text_format("failing-%zu", i);
		autofree char *day = text_format("plain/none-%zu", i);
		strings_take(&texts, in_folder(name));
		strings_take(&texts, bad_url(&world.server, day));
		items[i] = (struct http_download){.path = texts.items[2 * i],
						  .url = texts.items[2 * i + 1]};
	}
	items[29].url = good;
	assert_int_equal(http_download_all(&settings, items, COUNT, NULL, &err), -1);
	assert_non_null(strstr(err.message, "29 of 30 downloads failed"));
	assert_non_null(strstr(err.message, "and 9 more"));
	for (const char *c = err.message; *c; c++)
		lines += *c == '\n';
	assert_int_equal(lines, 22);
	assert_true(path_exists(items[29].path)); /* the others do not stop a good one */
	error_clear(&err);
	strings_clear(&texts);
}

static void test_own_side(void **state)
{
	struct error err = {0};
	const struct http_settings settings = {0};
	autofree char *url = bad_url(&world.server, "plain/small");
	autofree char *path = in_folder("no/such/folder");
	struct http_download item = {.url = url, .path = path};
	struct http_download digest = {.url = url, .path = path, .digest = "sha256:xyz"};

	(void)state;
	assert_int_equal(http_download_all(&settings, &item, 1, NULL, &err), -1);
	assert_non_null(strstr(err.message, "No such file or directory"));
	error_clear(&err);
	assert_int_equal(http_download_all(&settings, &digest, 1, NULL, &err), -1);
	assert_non_null(strstr(err.message, "is no digest"));
	error_clear(&err);
	if (access("/dev/full", W_OK) == 0) {
		autofree char *full = in_folder("full");
		autofree char *part = in_folder("full.part");

		item.path = full;
		assert_int_equal(symlink("/dev/full", part), 0); /* a link is not followed */
		assert_int_equal(http_download_all(&settings, &item, 1, NULL, &err), -1);
		assert_non_null(strstr(err.message, "cannot write"));
		error_clear(&err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_days),     cmocka_unit_test(test_many_at_once),
		cmocka_unit_test(test_resumes),       cmocka_unit_test(test_bad_part),
		cmocka_unit_test(test_retries),       cmocka_unit_test(test_no_retry),
		cmocka_unit_test(test_wrong_bytes),   cmocka_unit_test(test_optional),
		cmocka_unit_test(test_file_urls),     cmocka_unit_test(test_offline),
		cmocka_unit_test(test_authorization), cmocka_unit_test(test_proxy),
		cmocka_unit_test(test_silence),       cmocka_unit_test(test_server_down),
		cmocka_unit_test(test_many_failures), cmocka_unit_test(test_own_side),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
