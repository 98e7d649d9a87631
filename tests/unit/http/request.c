/* Single requests: what is sent, what comes back, what the error says. Runs from the root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../support/bad_server.h"
#include "../../support/words.h"
#include "http/http.h"

static struct bad_server server;

static int set_up(void **state)
{
	(void)state;
	bad_server_start(&server, "tests", NULL);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	bad_server_stop(&server);
	return 0;
}

/* Asks `path`; returns the failure's message or NULL. */
static char *ask(const char *path, struct http_request request, struct http_response *ret_response)
{
	struct error err = {0};
	autofree char *url = strstr(path, "://") ? text_copy(path) : bad_url(&server, path);

	request.url = url;
	int rc = http_request(NULL, &request, ret_response, &err);
	assert_int_equal(rc, err.message ? -1 : 0);
	return err.message;
}

static void test_get(void **state)
{
	const struct http_request request = {.method = "GET"};
	struct http_response response;

	(void)state;
	assert_null(ask("echo?a=b%20c", request, &response));
	assert_int_equal(response.status, 200);
	assert_has(response.body, "\"method\": \"GET\"");
	assert_has(response.body, "\"path\": \"/echo?a=b%20c\"");
	assert_has(response.body, "\"user-agent\": \"hiebox\"");
	assert_int_equal(response.body_length, strlen(response.body));
	assert_true(strings_have(&response.headers, "content-type: application/json"));
	assert_true(strings_have(&response.headers, "x-answer: yes"));
	http_response_clear(&response);
}

static void test_put_with_headers(void **state)
{
	const char *const headers[] = {"Content-Type: application/fhir+json",
				       "X-Empty:", "X-Word: a: b", NULL};
	const struct http_request request = {
		.method = "PUT",
		.headers = headers,
		.body = "{\"a\":1}x",
		.body_length = 7,
		.user = "ada:",
		.password = "p\xc3\xa4ss",
	};
	struct http_response response;

	(void)state;
	assert_null(ask("echo", request, &response));
	assert_has(response.body, "\"method\": \"PUT\"");
	assert_has(response.body, "\"body\": \"{\\\"a\\\":1}\"");
	assert_has(response.body, "\"content-type\": \"application/fhir+json\"");
	assert_has(response.body, "\"x-empty\": \"\"");
	assert_has(response.body, "\"x-word\": \"a: b\"");
	assert_has(response.body, "\"authorization\": \"Basic YWRhOjpww6Rzcw==\"");
	assert_null(strstr(response.body, "expect"));
	http_response_clear(&response);
}

static void test_post_without_type(void **state)
{
	const struct http_request request = {.method = "POST", .body = "", .body_length = 0};
	struct http_response response;

	(void)state;
	assert_null(ask("echo", request, &response));
	assert_has(response.body, "\"method\": \"POST\"");
	assert_null(strstr(response.body, "urlencoded"));
	http_response_clear(&response);
}

static void test_head_and_delete(void **state)
{
	struct http_response response;

	(void)state;
	assert_null(ask("echo", (struct http_request){.method = "HEAD"}, &response));
	assert_int_equal(response.status, 200);
	assert_int_equal(response.body_length, 0);
	assert_string_equal(response.body, "");
	http_response_clear(&response);
	assert_null(ask("echo", (struct http_request){.method = "DELETE"}, &response));
	assert_has(response.body, "\"method\": \"DELETE\"");
	http_response_clear(&response);
}

static void test_statuses(void **state)
{
	struct http_response response;

	(void)state;
	assert_null(ask("fail/500/9/x", (struct http_request){0}, &response));
	assert_int_equal(response.status, 500);
	assert_has(response.body, "a bad day");
	http_response_clear(&response);
	assert_null(ask("redirect/%2Fecho", (struct http_request){0}, &response));
	assert_int_equal(response.status, 302);
	assert_true(strings_have(&response.headers, "location: /echo"));
	http_response_clear(&response);
	assert_null(ask("redirect/%2Fecho", (struct http_request){.follow = true}, &response));
	assert_int_equal(response.status, 200);
	assert_false(strings_have(&response.headers,
				  "location: /echo")); /* headers of the last answer only */
	http_response_clear(&response);
}

static void expect_failure(const char *path, struct http_request request, const char *words)
{
	struct http_response response;
	autofree char *message = ask(path, request, &response);

	assert_has(message, words);
}

static void test_failures(void **state)
{
	const char *const broken[] = {"A: b\r\nC: d", NULL};
	const char *const nothing[] = {"no colon", NULL};

	(void)state;
	expect_failure("http://127.0.0.1:1/x", (struct http_request){.method = "PUT"},
		       "PUT http://127.0.0.1:1/x: ");
	expect_failure("slow/5/check.sh", (struct http_request){.timeout_seconds = 1}, "timed out");
	expect_failure("plain/check.sh", (struct http_request){.body_max = 100},
		       "larger than 100 bytes");
	expect_failure("file:///etc/hostname", (struct http_request){0},
		       "GET file:///etc/hostname: ");
	expect_failure("echo", (struct http_request){.headers = broken}, "header 1");
	expect_failure("echo", (struct http_request){.headers = nothing}, "header 1");
	expect_failure("redirect/file%3A%2F%2F%2Fetc%2Fhostname",
		       (struct http_request){.follow = true}, "GET http");
}

static void test_offline(void **state)
{
	const struct http_settings settings = {.offline = true};
	const struct http_request request = {.url = "http://127.0.0.1:1/x"};
	struct http_response response;
	struct error err = {0};

	(void)state;
	assert_int_equal(http_request(&settings, &request, &response, &err), -1);
	assert_string_equal(err.message,
			    "GET http://127.0.0.1:1/x: not asked, because this is an offline run");
	error_clear(&err);
}

/* A certificate of our own making is refused, trusted when named, and waved through when told so.
 */
static void test_certificates(void **state)
{
	struct error err = {0};
	autofree char *folder = NULL;
	struct bad_server secure;
	struct http_response response;

	(void)state;
	if (!process_available("openssl"))
		skip();
	assert_int_equal(directory_temporary("/tmp", "hiebox-tls-", &folder, &err), 0);
	autofree char *pem = path_join(folder, "server.pem");
	const char *const argv[] = {"openssl",  "req",
				    "-x509",    "-newkey",
				    "rsa:2048", "-nodes",
				    "-days",    "2",
				    "-subj",    "/CN=127.0.0.1",
				    "-addext",  "subjectAltName=IP:127.0.0.1",
				    "-keyout",  pem,
				    "-out",     pem,
				    NULL};
	assert_int_equal(process_run(&(struct process){.argv = argv}, NULL, &err), 0);
	bad_server_start(&secure, "tests", pem);
	autofree char *url = bad_url(&secure, "echo");
	expect_failure(url, (struct http_request){0}, "certificate is not trusted");
	assert_null(ask(url, (struct http_request){.ca_file = pem}, &response));
	assert_int_equal(response.status, 200);
	http_response_clear(&response);
	assert_null(ask(url, (struct http_request){.insecure = true}, &response));
	http_response_clear(&response);
	bad_server_stop(&secure);
	assert_int_equal(tree_remove(folder, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_put_with_headers),
		cmocka_unit_test(test_post_without_type),
		cmocka_unit_test(test_head_and_delete),
		cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_offline),
		cmocka_unit_test(test_certificates),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
