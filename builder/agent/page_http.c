/* page: HTTP/1.1 on a Unix socket that nginx alone can reach. The only file that names libmicrohttpd. */
#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>

#include "agent/page.h"

/* One request while it comes in. */
struct exchange {
	struct page_request request;
	struct buffer body;
	unsigned refused;
	bool begun;
};

/* The first that libmicrohttpd tells: the target as it was sent. */
static void *begin(void *context, const char *target, struct MHD_Connection *connection)
{
	(void)context;
	(void)connection;
	struct exchange *exchange = memory_alloc(sizeof *exchange);
	exchange->body.maximum = PAGE_BODY_MAX;
	exchange->refused = page_request_target(&exchange->request, target);
	return exchange;
}

static void end(void *context, struct MHD_Connection *connection, void **place,
		enum MHD_RequestTerminationCode how)
{
	(void)context;
	(void)connection;
	(void)how;
	struct exchange *exchange = *place;
	if (!exchange)
		return;
	if (exchange->body.data)
		explicit_bzero(exchange->body.data, exchange->body.length);
	buffer_clear(&exchange->body);
	page_request_clear(&exchange->request);
	free(exchange);
	*place = NULL;
}

static enum MHD_Result read_header(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
	(void)kind;
	struct exchange *exchange = context;
	unsigned refused = page_request_header(&exchange->request, name, value ? value : "");
	if (!exchange->refused)
		exchange->refused = refused;
	return exchange->refused == 431 ? MHD_NO : MHD_YES;
}

static enum MHD_Result answer(const struct page_site *site, struct exchange *exchange,
			      struct MHD_Connection *connection)
{
	struct page_answer answer = { 0 };
	page_answer_request(site, &exchange->request, exchange->refused, &answer);
	size_t length = answer.body.length;
	struct MHD_Response *response = MHD_create_response_from_buffer(length, buffer_steal(&answer.body),
									MHD_RESPMEM_MUST_FREE);
	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer.type);
	for (size_t i = 0; i < answer.headers.count; i++) {
		char *value = strstr(answer.headers.items[i], ": ");
		*value = '\0';
		MHD_add_response_header(response, answer.headers.items[i], value + 2);
	}
	enum MHD_Result result = MHD_queue_response(connection, answer.status, response);
	MHD_destroy_response(response);
	page_answer_clear(&answer);
	return result;
}

/* How long the body says it is; more than we take is refused before a byte of it is read. */
static bool too_long(struct MHD_Connection *connection)
{
	const char *text = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
	int64_t length;
	return text && number_parse(text, 0, PAGE_BODY_MAX, &length) < 0;
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *target,
			      const char *method, const char *version, const char *upload, size_t *upload_length,
			      void **place)
{
	(void)target;
	(void)version;
	struct exchange *exchange = *place;
	if (!exchange->begun) {
		exchange->begun = true;
		page_request_method(&exchange->request, method);
		MHD_get_connection_values(connection, MHD_HEADER_KIND, read_header, exchange);
		if (!exchange->refused && too_long(connection))
			exchange->refused = 413;
		return exchange->refused ? answer(context, exchange, connection) : MHD_YES;
	}
	if (*upload_length) {
		buffer_add(&exchange->body, upload, *upload_length);
		*upload_length = 0;
		return MHD_YES;
	}
	exchange->refused = exchange->body.overflow ? 413
		: page_request_body(&exchange->request, exchange->body.data ? exchange->body.data : "",
				    exchange->body.length);
	return answer(context, exchange, connection);
}

static int own_socket(const char *path, struct error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	autofd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (strlen(path) >= sizeof address.sun_path)
		return error_set(err, "%s: too long for a socket's name", path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	unlink(path);
	if (fd < 0 || bind(fd, (const struct sockaddr *)(const void *)&address, sizeof address) < 0
	    || listen(fd, 64) < 0)
		return error_set_errno(err, errno, "%s", path);
	return steal_fd(fd);
}

static int find_socket(const char *path, struct error *err)
{
	if (path)
		return own_socket(path, err);
	int count = sd_listen_fds(1);
	if (count != 1 || sd_is_socket(SD_LISTEN_FDS_START, AF_UNIX, SOCK_STREAM, 1) <= 0)
		return error_set(err, "page: systemd gave no socket to listen on (or use --listen FILE)");
	return SD_LISTEN_FDS_START;
}

int page_serve(const struct page_site *site, const char *listen, struct error *err)
{
	sigset_t stop;
	int got;
	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	signal(SIGPIPE, SIG_IGN);
	int fd = find_socket(listen, err);
	if (fd < 0)
		return -1;
	pthread_sigmask(SIG_BLOCK, &stop, NULL);
	/* a thread for each connection: one that waits for the control socket holds up nobody else */
	struct MHD_Daemon *daemon = MHD_start_daemon(
		MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL | MHD_USE_ITC, 0, NULL,
		NULL, handle, (void *)(uintptr_t)site, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
		PAGE_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, PAGE_TIMEOUT, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)PAGE_CONNECTION_MEMORY, MHD_OPTION_THREAD_STACK_SIZE, (size_t)PAGE_THREAD_STACK,
		MHD_OPTION_URI_LOG_CALLBACK, begin, NULL, MHD_OPTION_NOTIFY_COMPLETED, end, NULL, MHD_OPTION_END);
	if (!daemon)
		return error_set(err, "page: the server could not be started");
	sd_notify(0, "READY=1");
	sigwait(&stop, &got);
	sd_notify(0, "STOPPING=1");
	MHD_stop_daemon(daemon);
	if (listen)
		unlink(listen);
	return 0;
}
