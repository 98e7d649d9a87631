/* A server in a thread that gives written answers, byte by byte as a test wants them: one after the other, on kept
 * connections, with what goes wrong in networks. */
#ifndef HIEBOX_TESTS_ANSWER_SERVER_H
#define HIEBOX_TESTS_ANSWER_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/base.h"

enum answer_way {
	ANSWER_KEEP,   /* and wait for the next request on the connection */
	ANSWER_CLOSE,  /* and close */
	ANSWER_NEVER,  /* nothing, and do not close */
	ANSWER_DRIP,   /* a byte every 50 ms */
	ANSWER_FLOOD,  /* the head, then bytes without end */
};
struct answer {
	char *bytes;
	size_t length;
	enum answer_way way;
};

struct answer_server {
	struct answer *answers; /* owned */
	size_t count;
	int listener;
	pthread_t thread;
	struct strings requests;     /* whole, as they came; read after answer_server_stop() */
	unsigned connections;
	uint64_t flooded;            /* bytes that were taken of a flood */
	atomic_bool stop;
};

static inline void answer_add(struct answer_server *server, const char *bytes, enum answer_way way)
{
	server->answers = memory_resize(server->answers, server->count + 1, sizeof *server->answers);
	server->answers[server->count++] = (struct answer){ text_copy(bytes), strlen(bytes), way };
}

/* An answer with Content-Length. */
static inline void answer_add_json(struct answer_server *server, unsigned status, const char *headers,
				   const char *body)
{
	autofree char *bytes = text_format("HTTP/1.1 %u Something\r\n%sContent-Length: %zu\r\n\r\n%s", status,
					   headers, status == 204 ? 0 : strlen(body), body);
	answer_add(server, bytes, ANSWER_KEEP);
}

/* Reads one request; false: the client closed. */
static inline bool answer_read(int fd, struct answer_server *server)
{
	struct buffer request = { .maximum = 1u << 20 };
	size_t length = 0;
	for (;;) {
		const char *head = request.data ? strstr(request.data, "\r\n\r\n") : NULL;
		const char *field = head ? strcasestr(request.data, "\r\nContent-Length:") : NULL;
		length = field && field < head ? strtoul(field + 17, NULL, 10) : 0;
		if (head && request.length >= (size_t)(head + 4 - request.data) + length)
			break;
		char bytes[4096];
		ssize_t got = read(fd, bytes, sizeof bytes);
		if (got <= 0) {
			buffer_clear(&request);
			return false;
		}
		buffer_add(&request, bytes, (size_t)got);
	}
	strings_take(&server->requests, buffer_steal(&request));
	return true;
}

static inline void answer_write(int fd, struct answer_server *server, const struct answer *answer)
{
	static const char junk[65536];
	size_t step = answer->way == ANSWER_DRIP ? 1 : answer->length;
	for (size_t at = 0; answer->way != ANSWER_NEVER && at < answer->length && !server->stop; at += step) {
		if (send(fd, answer->bytes + at, step, MSG_NOSIGNAL) < 0)
			return;
		if (answer->way == ANSWER_DRIP)
			usleep(50000);
	}
	while (answer->way == ANSWER_FLOOD && !server->stop) {
		ssize_t sent = send(fd, junk, sizeof junk, MSG_NOSIGNAL);
		if (sent < 0)
			return;
		server->flooded += (uint64_t)sent;
	}
	char byte;
	if (answer->way == ANSWER_NEVER)
		while (!server->stop && recv(fd, &byte, 1, MSG_DONTWAIT) != 0)
			usleep(10000);
}

static inline void *answer_serve(void *context)
{
	struct answer_server *server = context;
	size_t next = 0;
	while (!server->stop) {
		autofd int fd = accept(server->listener, NULL, NULL);
		if (fd < 0 || server->stop)
			break;
		server->connections++;
		bool open = true;
		while (open && next < server->count && answer_read(fd, server)) {
			const struct answer *answer = &server->answers[next++];
			answer_write(fd, server, answer);
			open = answer->way == ANSWER_KEEP;
		}
	}
	return NULL;
}

/* Zero-initialise, add answers, start. Returns the base address; caller frees. */
static inline char *answer_server_start(struct answer_server *server)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof address;
	server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(server->listener, (struct sockaddr *)&address, length) < 0 || listen(server->listener, 8) < 0
	    || getsockname(server->listener, (struct sockaddr *)&address, &length) < 0
	    || pthread_create(&server->thread, NULL, answer_serve, server) != 0)
		abort();
	return text_format("http://127.0.0.1:%u", ntohs(address.sin_port));
}

static inline void answer_server_stop(struct answer_server *server)
{
	server->stop = true;
	shutdown(server->listener, SHUT_RDWR);
	pthread_join(server->thread, NULL);
	close(server->listener);
	for (size_t i = 0; i < server->count; i++)
		free(server->answers[i].bytes);
	free(server->answers);
	server->answers = NULL;
	server->count = 0;
}

#endif
