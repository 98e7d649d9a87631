/* Answers written byte by byte: what libcurl lets through of a hostile one, and the limits of a request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../support/answer_server.h"
#include "http/http.h"

struct server {
	int listener;
	const struct buffer *answer;
};

/* Gives the answer to one request. */
static void *serve(void *context)
{
	const struct server *server = context;
	autofd int fd = accept(server->listener, NULL, NULL);
	char request[4096];
	size_t length = 0;

	while (fd >= 0 && length < sizeof request && !memmem(request, length, "\r\n\r\n", 4)) {
		ssize_t got = read(fd, request + length, sizeof request - length);

		if (got <= 0)
			return NULL;
		length += (size_t)got;
	}
	fd_write_all(fd, server->answer->data, server->answer->length, NULL);
	return NULL;
}

/* The error's text, or NULL. The answer is cleared. */
static char *ask(struct buffer *answer, size_t body_max, struct http_response *ret_response)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof address;
	autofd int listener = socket(AF_INET, SOCK_STREAM, 0);
	const struct server server = {listener, answer};
	struct error err = {0};
	pthread_t thread;

	assert_int_equal(bind(listener, (struct sockaddr *)&address, length), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &length), 0);
	assert_int_equal(pthread_create(&thread, NULL, serve, (void *)&server), 0);
	autofree char *url = text_format("http://127.0.0.1:%u/", ntohs(address.sin_port));
	const struct http_request request = {.url = url, .body_max = body_max};
	int rc = http_request(NULL, &request, ret_response, &err);

	pthread_join(thread, NULL);
	buffer_clear(answer);
	assert_int_equal(rc < 0, err.message != NULL);
	return err.message;
}

static void test_odd_headers(void **state)
{
	static const char bytes[] = "HTTP/1.1 200 OK\r\nX-Name: a\r\nx-cr: a\rb\r\n"
				    "x-empty:\r\nX-Blanks: \t a \t \r\n\r\n";
	struct buffer answer = {0};
	struct http_response response;

	(void)state;
	buffer_add(&answer, bytes, sizeof bytes - 1);
	autofree char *error = ask(&answer, 0, &response);
	assert_null(error);
	assert_true(strings_have(&response.headers, "x-name: a"));
	assert_true(strings_have(&response.headers, "x-cr: a b"));
	assert_true(strings_have(&response.headers, "x-empty: "));
	assert_true(strings_have(&response.headers, "x-blanks: a"));
	http_response_clear(&response);
}

static void test_many_headers(void **state)
{
	(void)state;
	for (unsigned count = 200; count <= 201; count++) {
		struct buffer answer = {0};
		struct http_response response;

		buffer_text(&answer, "HTTP/1.1 200 OK\r\n");
		for (unsigned i = 0; i < count; i++)
			buffer_format(&answer, "X-%u: a\r\n", i);
		buffer_text(&answer, "\r\n");
		autofree char *error = ask(&answer, 0, &response);
		if (count == 200) {
			assert_null(error);
			assert_int_equal(response.headers.count, 200);
			http_response_clear(&response);
		} else {
			assert_non_null(error);
			assert_non_null(strstr(error, "more than 200 header lines"));
		}
	}
}

static void test_large_bodies(void **state)
{
	(void)state;
	for (size_t maximum = 10; maximum >= 9; maximum--) {
		struct buffer answer = {0};
		struct http_response response;

		buffer_text(&answer, "HTTP/1.1 200 OK\r\n\r\n0123456789");
		autofree char *error = ask(&answer, maximum, &response);
		if (maximum == 10) {
			assert_null(error);
			assert_string_equal(response.body, "0123456789");
			http_response_clear(&response);
		} else {
			assert_non_null(error);
			assert_non_null(strstr(error, "larger than 9 bytes"));
		}
	}
}

static bool stop_at_once(void *context)
{
	(void)context;
	return true;
}

/* One connection for all requests; headers and passwords of one are not in the next; what had come of a broken one is there
 * for who wants it. */
static void test_session(void **state)
{
	(void)state;
	struct answer_server several = { 0 };
	struct http_session *session = http_session_new();
	struct http_response response = { 0 };
	struct error err = { 0 };
	answer_add_json(&several, 200, "", "one");
	answer_add_json(&several, 404, "", "two");
	answer_add(&several, "HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 9\r\n\r\nthr", ANSWER_CLOSE);
	autofree char *url = answer_server_start(&several);
	const struct http_request with = { .method = "POST", .url = url, .body = "x", .body_length = 1, .user = "a",
					   .password = "b", .headers = (const char *[]){ "X-One: 1", NULL } };
	const struct http_request plain = { .url = url, .keep_partial = true };
	const struct http_request stopped = { .url = url, .stop = stop_at_once };
	assert_int_equal(http_session_request(session, NULL, &with, &response, &err), 0);
	assert_string_equal(response.body, "one");
	http_response_clear(&response);
	assert_int_equal(http_session_request(session, NULL, &plain, &response, &err), 0);
	assert_int_equal(response.status, 404);
	http_response_clear(&response);
	assert_int_equal(http_session_request(session, NULL, &plain, &response, &err), -1);
	assert_int_equal(response.status, 200);
	assert_string_equal(response.body, "thr");
	assert_true(strings_have(&response.headers, "x-a: b"));
	http_response_clear(&response);
	error_clear(&err);
	assert_int_equal(http_session_request(session, NULL, &stopped, &response, &err), -1);
	assert_non_null(strstr(err.message, "stopped"));
	error_clear(&err);
	http_session_free(session);
	answer_server_stop(&several);
	assert_int_equal(several.requests.count, 3);
	assert_true(several.connections <= 2); /* the last one comes when the third answer had closed it */
	assert_non_null(strstr(several.requests.items[0], "Authorization: Basic"));
	assert_null(strstr(several.requests.items[1], "Authorization"));
	assert_null(strstr(several.requests.items[1], "X-One"));
	assert_true(text_starts(several.requests.items[1], "GET "));
	strings_clear(&several.requests);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_odd_headers),
		cmocka_unit_test(test_many_headers),
		cmocka_unit_test(test_large_bodies),
		cmocka_unit_test(test_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
