/* More bad days of a network: other mirrors, circles, log-in pages, servers without end, names and addresses that
 * lead nowhere. Each ends within a bounded time, with one clear sentence or with the file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "http/http.h"
#include "../../support/bad_server.h"
#include "../../support/words.h"

static struct {
	char *folder;
	struct bad_server server;
	char *digest;
} world;

#define FILE_TEXT "a file of some bytes, served or not\n"
#define LENGTH_OF_FILE (sizeof FILE_TEXT - 1)

static int set_up(void **state)
{
	struct error err = {0};
	char hex[HASH_HEX_MAX];

	(void)state;
	if (directory_temporary("/tmp", "hiebox-days-", &world.folder, &err) < 0)
		return -1;
	autofree char *file = path_join(world.folder, "file");
	if (file_write_plain(file, FILE_TEXT, LENGTH_OF_FILE, 0644, &err) < 0)
		return -1;
	hash_bytes("sha256", FILE_TEXT, LENGTH_OF_FILE, hex);
	world.digest = text_format("sha256:%s", hex);
	bad_server_start(&world.server, world.folder, NULL);
	return 0;
}

static int tear_down(void **state)
{
	struct error err = {0};

	(void)state;
	bad_server_stop(&world.server);
	tree_remove(world.folder, &err);
	free(world.folder);
	free(world.digest);
	return 0;
}

struct day {
	const char *url;    /* path on the bad server, or a whole URL */
	const char *others[3]; /* the same */
	bool optional, whatever_digest;
	unsigned tries;
};

static char *whole(const char *day)
{
	return strstr(day, "://") ? text_copy(day) : bad_url(&world.server, day);
}

/* Returns the message of the failure or NULL; whatever happened, no part file and no wrong file are left. */
static char *bring(struct day day, double seconds, long *ret_status)
{
	const struct http_settings settings = {.tries = day.tries ? day.tries : 2, .stall_seconds = 2};
	autofree char *url = whole(day.url), *path = path_join(world.folder, "out");
	struct strings others = {0};
	struct error err = {0};
	char hex[HASH_HEX_MAX];
	double start = clock_seconds();

	for (size_t i = 0; i < 3 && day.others[i]; i++)
		strings_take(&others, whole(day.others[i]));
	autofree char *joined = strings_join(&others, " ");
	struct http_download item = {.url = url, .other_urls = joined, .path = path, .optional = day.optional,
				     .digest = day.whatever_digest ? NULL : world.digest, .size_max = 100000};
	strings_clear(&others);
	int rc = http_download_all(&settings, &item, 1, NULL, &err);
	assert_int_equal(rc, err.message ? -1 : 0);
	assert_true(clock_seconds() - start < seconds);
	if (rc < 0 || item.status == 404)
		assert_false(path_exists(path));
	else if (hash_file("sha256", path, hex, NULL) == 0 && !day.whatever_digest)
		assert_string_equal(hex, world.digest + 7);
	if (ret_status)
		*ret_status = item.status;
	unlink(path);
	return err.message;
}

static void fails(struct day day, double seconds, const char *words)
{
	autofree char *message = bring(day, seconds, NULL);

	assert_has(message, words);
}

static void arrives(struct day day, double seconds)
{
	autofree char *message = bring(day, seconds, NULL);

	if (message)
		print_message("%s\n", message);
	assert_null(message);
}

static void test_other_mirrors(void **state)
{
	long status;

	(void)state;
	arrives((struct day){.url = "plain/none", .others = {"plain/file"}}, 2);
	arrives((struct day){.url = "http://127.0.0.1:1/file", .others = {"plain/file"}}, 4);
	arrives((struct day){.url = "fail/503/9/file", .others = {"fail/403/9/file", "flip/file", "plain/file"}}, 5);
	arrives((struct day){.url = "half/file", .others = {"page/file", "plain/file"}}, 2);
	arrives((struct day){.url = "plain/none", .others = {"plain/file"}, .optional = true}, 2);
	fails((struct day){.url = "plain/none", .others = {"plain/neither"}}, 2, "/plain/neither: the server answered HTTP 404");
	assert_null(bring((struct day){.url = "plain/none", .others = {"plain/neither"}, .optional = true}, 2, &status));
	assert_int_equal(status, 404);
}

/* Many files, the first mirror dead: it is found out once, and all come from the second. */
static void test_mirror_down(void **state)
{
	enum { COUNT = 40 };
	struct http_download items[COUNT] = {0};
	struct strings texts = {0};
	struct error err = {0};
	const struct http_settings settings = {.tries = 3, .parallel = 4};
	autofree char *other = bad_url(&world.server, "plain/file");
	double start = clock_seconds();

	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		autofree char *name = text_format("many-%zu", i);
		strings_take(&texts, path_join(world.folder, name));
		items[i] = (struct http_download){.url = "http://127.0.0.1:1/file", .other_urls = other,
						  .digest = world.digest, .path = texts.items[i]};
	}
	int rc = http_download_all(&settings, items, COUNT, NULL, &err);
	if (rc < 0)
		print_message("%s\n", err.message);
	assert_int_equal(rc, 0);
	assert_true(clock_seconds() - start < 6);
	for (size_t i = 0; i < COUNT; i++)
		assert_true(path_exists(items[i].path));
	strings_clear(&texts);
}

static void test_redirects(void **state)
{
	(void)state;
	fails((struct day){.url = "loop"}, 3, "redirects in a circle");
	fails((struct day){.url = "redirect/ftp%3A%2F%2F127.0.0.1%2Ffile"}, 3, "that is refused");
}

static void test_lies(void **state)
{
	(void)state;
	fails((struct day){.url = "half/file"}, 2, "found 18 bytes");
	fails((struct day){.url = "endless/file", .whatever_digest = true}, 5, "more than 100000 bytes");
	fails((struct day){.url = "page/file"}, 2, "looks like a captive portal's page: open a browser and log in");
	fails((struct day){.url = "fail/511/9/file"}, 2, "log in to this network first");
}

static void test_later(void **state)
{
	double start = clock_seconds();

	(void)state;
	arrives((struct day){.url = "date/3/1/file"}, 8);
	assert_true(clock_seconds() - start > 1);
	arrives((struct day){.url = "date/-100/1/file"}, 3); /* a date that is gone: at once */
	fails((struct day){.url = "later/0/9/file", .tries = 3}, 6, "HTTP 429 Too Many Requests (3 tries)");
}

static void test_slow(void **state)
{
	(void)state;
	fails((struct day){.url = "drip/4/file", .tries = 1}, 8, "(1 try)"); /* below 1 KiB/s for 2 seconds */
	arrives((struct day){.url = "slow/1/file"}, 4);
}

static void test_nowhere(void **state)
{
	(void)state;
	fails((struct day){.url = "http://no-such-host.invalid/file"}, 20, "resolve");
	fails((struct day){.url = "http://[::1]:1/file"}, 10, "http://[::1]:1/file: ");
	arrives((struct day){.url = "http://[100::1]:1/file", .others = {"plain/file"}}, 20); /* RFC 6666: nothing is there */
}

/* Sends the https server's redirect to http: what was asked for under encryption stays so. */
static void test_downgrade(void **state)
{
	struct bad_server secure;
	struct error err = {0};
	autofree char *pem = path_join(world.folder, "server.pem");
	autofree char *out = path_join(world.folder, "out");
	const char *const argv[] = {"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", pem, "-out",
				    pem, "-days", "30", "-subj", "/CN=127.0.0.1", "-addext",
				    "subjectAltName=IP:127.0.0.1", NULL};
	const struct process make = {.argv = argv};

	(void)state;
	if (!process_available("openssl"))
		skip();
	assert_int_equal(process_run(&make, NULL, &err), 0);
	bad_server_start(&secure, world.folder, pem);
	autofree char *day = text_format("redirect/http%%3A%%2F%%2F127.0.0.1%%3A%d%%2Fplain%%2Ffile", world.server.port);
	autofree char *url = bad_url(&secure, day), *good = bad_url(&secure, "plain/file");
	const struct http_settings settings = {.tries = 1, .ca_file = pem}, strange = {.tries = 1};
	struct http_download item = {.url = url, .path = out, .digest = world.digest};
	assert_int_equal(http_download_all(&settings, &item, 1, NULL, &err), -1);
	assert_non_null(strstr(err.message, "that is refused"));
	error_clear(&err);
	item.url = good;
	assert_int_equal(http_download_all(&settings, &item, 1, NULL, &err), 0);
	unlink(out);
	assert_int_equal(http_download_all(&strange, &item, 1, NULL, &err), -1);
	assert_non_null(strstr(err.message, "certificate is not trusted"));
	assert_false(path_exists(out));
	error_clear(&err);
	bad_server_stop(&secure);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_other_mirrors), cmocka_unit_test(test_mirror_down),
		cmocka_unit_test(test_redirects),     cmocka_unit_test(test_lies),
		cmocka_unit_test(test_later),         cmocka_unit_test(test_slow),
		cmocka_unit_test(test_nowhere),       cmocka_unit_test(test_downgrade),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
