/* The asking side of the control socket; see control.h. */
#include "agent/control.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

static int connect_to(const char *path, struct error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	autofd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval limit = { .tv_sec = CONTROL_SECONDS };
	if (strlen(path) >= sizeof address.sun_path)
		return error_set(err, "%s: too long for a socket's name", path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) < 0
	    || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) < 0
	    || connect(fd, (const struct sockaddr *)(const void *)&address, sizeof address) < 0)
		return error_set_errno(err, errno, "%s", path);
	int result = fd;
	fd = -1;
	return result;
}

/* As long as a server that dies in the middle must not kill its client: no SIGPIPE. */
static int send_all(int fd, const char *text, struct error *err)
{
	size_t length = strlen(text);
	while (length) {
		ssize_t sent = send(fd, text, length, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return error_set_errno(err, errno, "cannot ask");
		text += sent;
		length -= (size_t)sent;
	}
	return shutdown(fd, SHUT_WR) < 0 ? error_set_errno(err, errno, "cannot ask") : 0;
}

static int receive_all(int fd, struct buffer *ret, struct error *err)
{
	char part[4096];
	for (;;) {
		ssize_t got = recv(fd, part, sizeof part, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_set_errno(err, errno, "no answer");
		if (got == 0)
			return ret->overflow ? error_set(err, "the answer is too long") : 0;
		buffer_add(ret, part, (size_t)got);
	}
}

int control_ask(const char *socket, const struct json *request, struct document **ret_answer, struct error *err)
{
	autofd int fd = connect_to(socket, err);
	autofree char *text = json_write(request, true);
	autobuffer struct buffer answer = { .maximum = CONTROL_MAX };
	struct diagnostics mistakes = { 0 };
	if (fd < 0)
		return -1;
	int result = send_all(fd, text, err) < 0 || receive_all(fd, &answer, err) < 0 ? -1 : 0;
	explicit_bzero(text, strlen(text));
	if (result == 0
	    && document_parse_json("answer", answer.data ? answer.data : "", answer.length, ret_answer, &mistakes) < 0)
		result = diagnostics_to_error(&mistakes, err);
	diagnostics_clear(&mistakes);
	return result;
}
