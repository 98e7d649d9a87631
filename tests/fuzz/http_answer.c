/* Any bytes as the answers of a server, for a download and for a single request: a file appears under its
 * name only with the digest that was asked for. The server is a proxy on the loopback address, so that no
 * redirect leads anywhere else. */
#include "fuzz.h"

#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "http/http.h"

/* Between two answers of the input; the last one is given again and again. */
#define BETWEEN "\n---\n"
/* "The right bytes.\n" */
#define DIGEST "sha256:5d8caea92c5377d46169b6faaf9b01f7584f8fb81d83de84a0f47395ac9ea9b9"
#define SIZE 17
#define ANSWERS 12u /* more requests than libcurl follows redirects */

static struct {
	pthread_mutex_t mutex; /* guards what follows */
	uint8_t data[1 << 16];
	size_t size;
	unsigned asked;
	int listener;
	char proxy[32];
	char *path, *part;
} server = { .mutex = PTHREAD_MUTEX_INITIALIZER };

/* The answer for this request. */
static const uint8_t *choose(size_t *ret_length)
{
	const uint8_t *at = server.data;
	size_t left = server.size;

	for (unsigned i = 0; i < server.asked; i++) {
		const uint8_t *end = left ? memmem(at, left, BETWEEN, strlen(BETWEEN)) : NULL;

		if (!end)
			break;
		left -= (size_t)(end - at) + strlen(BETWEEN);
		at = end + strlen(BETWEEN);
	}
	const uint8_t *end = left ? memmem(at, left, BETWEEN, strlen(BETWEEN)) : NULL;
	*ret_length = end ? (size_t)(end - at) : left;
	return at;
}

static void answer(int fd)
{
	static const struct timeval second = { .tv_sec = 1 }, moment = { .tv_usec = 20000 };
	static const struct linger none = { .l_onoff = 1 };
	char request[4096];
	size_t length = 0, answer_length;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof second);
	for (ssize_t got = 1; got > 0 && length < sizeof request && !memmem(request, length, "\r\n\r\n", 4);
	     length += got > 0 ? (size_t)got : 0)
		got = read(fd, request + length, sizeof request - length);
	pthread_mutex_lock(&server.mutex);
	const uint8_t *bytes = choose(&answer_length);
	/* what TLS says over a tunnel is libcurl's business */
	bool refused = ++server.asked > ANSWERS || (length > 7 && !memcmp(request, "CONNECT", 7));
	if (!refused)
		send(fd, bytes, answer_length, MSG_NOSIGNAL);
	pthread_mutex_unlock(&server.mutex);
	shutdown(fd, SHUT_WR);
	/* libcurl may keep a connection that it has no more use for */
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &moment, sizeof moment);
	while (!refused && read(fd, request, sizeof request) > 0)
		;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none); /* nothing stays in TIME_WAIT */
	close(fd);
}

static void *serve(void *context)
{
	for (;;) {
		int fd = accept4(server.listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd >= 0)
			answer(fd);
	}
	return context;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof address;
	pthread_t thread;

	(void)argc, (void)argv;
	unsetenv("no_proxy");
	unsetenv("NO_PROXY");
	server.path = path_join(folder(), "file");
	server.part = path_join(folder(), "file.part");
	server.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(server.listener >= 0 && bind(server.listener, (struct sockaddr *)&address, length) == 0);
	must(listen(server.listener, 16) == 0);
	must(getsockname(server.listener, (struct sockaddr *)&address, &length) == 0);
	snprintf(server.proxy, sizeof server.proxy, "http://127.0.0.1:%u", ntohs(address.sin_port));
	must(pthread_create(&thread, NULL, serve, NULL) == 0);
	return 0;
}

static void download(const struct http_settings *settings, unsigned choice)
{
	struct http_download item = { .url = "http://mirror.invalid/file", .path = server.path,
				      .authorization = "Bearer secret", .optional = choice & 4 };
	autofree char *text = NULL;
	size_t length;
	struct error err = { 0 };

	item.digest = choice & 8 ? NULL : DIGEST;
	item.size = choice & 1 ? SIZE : 0;
	item.size_max = 64;
	if (choice & 2)
		must(file_write_plain(server.part, "The right", 9, 0644, NULL) == 0);
	int result = http_download_all(settings, &item, 1, NULL, &err);
	must((result < 0) == (err.message != NULL));
	error_clear(&err);
	if (file_read(server.path, 1 << 20, &text, &length, NULL) == 0) {
		char hex[HASH_HEX_MAX];

		must(result == 0 && length <= 64 && (!item.size || length == SIZE));
		hash_file("sha256", server.path, hex, NULL);
		must(!item.digest || text_equal(hex, &DIGEST[7]));
	} else {
		must(result < 0 || (item.optional && item.status == 404));
	}
	unlink(server.path);
	unlink(server.part);
}

static void request(const struct http_settings *settings, unsigned choice)
{
	const struct http_request asked = { .url = "http://site.invalid/fhir", .follow = choice & 1,
					    .body = choice & 2 ? "{}" : NULL, .body_length = 2,
					    .body_max = 4096, .timeout_seconds = 2 };
	struct http_response response;
	struct error err = { 0 };
	int result = http_request(settings, &asked, &response, &err);

	must((result < 0) == (err.message != NULL));
	error_clear(&err);
	if (result < 0)
		return;
	must(response.body_length <= 4096 && response.body[response.body_length] == '\0');
	for (size_t i = 0; i < response.headers.count; i++)
		must(strchr(response.headers.items[i], ':') && !strpbrk(response.headers.items[i], "\r\n"));
	http_response_clear(&response);
}

/* The first byte chooses what is asked, the rest are the answers. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct http_settings settings = { .proxy_http = server.proxy, .proxy_https = server.proxy,
						.stall_seconds = 2, .tries = 1 };

	if (size < 1 || size > sizeof server.data)
		return 0;
	pthread_mutex_lock(&server.mutex);
	memcpy(server.data, data + 1, size - 1);
	server.size = size - 1;
	server.asked = 0;
	pthread_mutex_unlock(&server.mutex);
	if (data[0] & 16)
		request(&settings, data[0]);
	else
		download(&settings, data[0]);
	return 0;
}
