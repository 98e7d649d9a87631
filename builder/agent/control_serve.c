#include "agent/control_serve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

#define STACK (512u << 10)

void control_init(struct control *control)
{
	sessions_init(&control->sessions);
	pthread_mutex_init(&control->password, NULL);
	atomic_init(&control->clients, 0);
}

void control_clear(struct control *control)
{
	for (unsigned i = 0; i < CONTROL_SECONDS * 10 && atomic_load(&control->clients); i++)
		nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
	if (atomic_load(&control->clients))
		return; /* somebody still reads it: the process ends anyway */
	sessions_clear(&control->sessions);
	pthread_mutex_destroy(&control->password);
}

const char *request_text(const struct request *request, const char *key, size_t maximum)
{
	const struct node *node = node_get(request->root, key);
	return node && node->kind == NODE_STRING && node->text[0] && strlen(node->text) <= maximum ? node->text : NULL;
}

int request_number(const struct request *request, const char *key, int64_t low, int64_t high, int64_t *ret_number)
{
	const struct node *node = node_get(request->root, key);
	return node && node->kind == NODE_NUMBER ? number_parse(node->text, low, high, ret_number) : -1;
}

/* One line in the journal: what was asked for, by whom, and what came of it. */
static void record(const struct request *request, const struct action *action, const struct saying *refusal)
{
	const struct control *control = request->control;
	const char *from = request->from[0] ? request->from
		: request->session.from[0] ? request->session.from : "the box itself";
	autofree char *line = text_format("administration: %s%s%s from %s: %s", action->name, request->note ? " " : "",
					  request->note ? request->note : "", from,
					  refusal ? sentence_name(refusal->which) : "done");
	control->system.record(control->system.context, line);
}

static bool is_allowed(struct request *request, const struct action *action)
{
	const struct control *control = request->control;
	if (action->allowed == ACTION_ANYBODY
	    || (action->allowed == ACTION_SESSION_UNLESS_TRAINING && box_is_training(control->box)))
		return true;
	return sessions_use(&request->control->sessions, request->token,
			    control->system.now(control->system.context), &request->session);
}

static int run_action(struct request *request, struct json *answer, struct saying *ret_refusal)
{
	const char *name = request_text(request, "do", 64);
	const char *from = request_text(request, "from", SESSION_FROM - 1);
	const struct action *action = name ? action_find(name) : NULL;
	unsigned char address[16];
	if (from && (inet_pton(AF_INET, from, address) == 1 || inet_pton(AF_INET6, from, address) == 1))
		snprintf(request->from, sizeof request->from, "%s", from);
	request->token = request_text(request, "session", 256);
	if (!action)
		return refuse(ret_refusal, SAY_CONTROL_UNKNOWN);
	if (!is_allowed(request, action)) {
		json_set(answer, "login", json_new_boolean(true));
		return refuse(ret_refusal, SAY_LOGIN_NEEDED);
	}
	int result = action->run(request, answer, ret_refusal);
	/* who hammers at the door must not fill the journal */
	if (action->logged && (result == 0 || ret_refusal->which != SAY_LOGIN_WAIT))
		record(request, action, result < 0 ? ret_refusal : NULL);
	return result;
}

/* "ok": false and why, in front of what an action has put there. */
static void add_refusal(struct json *answer, const struct saying *refusal)
{
	struct json *with = json_new_array();
	for (size_t i = 0; i < refusal->with.count; i++)
		json_add(with, json_new_string(refusal->with.items[i]));
	json_set(answer, "ok", json_new_boolean(false));
	json_set(answer, "say", json_new_string(sentence_name(refusal->which)));
	json_set(answer, "with", with);
}

char *control_answer(struct control *control, const char *text, size_t length)
{
	autojson struct json *answer = json_new_object();
	autodocument struct document *document = document_json_or_null(length <= CONTROL_MAX ? text : NULL, length);
	struct request request = { .control = control, .root = document_root(document) };
	struct saying refusal = { 0 };
	json_set(answer, "ok", json_new_boolean(true));
	int result = request.root && request.root->kind == NODE_MAP ? run_action(&request, answer, &refusal)
		: refuse(&refusal, SAY_CONTROL_UNKNOWN);
	if (result < 0)
		add_refusal(answer, &refusal);
	saying_clear(&refusal);
	free(request.note);
	explicit_bzero(&request.session, sizeof request.session);
	return json_write(answer, true);
}

int control_listen(const char *path, struct error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	autofd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (strlen(path) >= sizeof address.sun_path)
		return error_set(err, "%s: too long for a socket's name", path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (unlink(path) < 0 && errno != ENOENT)
		return error_set_errno(err, errno, "%s", path);
	mode_t before = umask(0117);
	int result = fd < 0 ? -1 : bind(fd, (const struct sockaddr *)(const void *)&address, sizeof address);
	umask(before);
	if (result < 0 || listen(fd, CONTROL_CLIENTS) < 0)
		return error_set_errno(err, errno, "%s", path);
	return steal_fd(fd);
}

/* Waits until `fd` is ready for `events`, but not beyond `end`. */
static bool wait_for(int fd, short events, double end)
{
	double left = end - clock_seconds();
	struct pollfd poll_fd = { .fd = fd, .events = events };
	return left > 0 && poll(&poll_fd, 1, (int)(left * 1000) + 1) > 0;
}

/* The whole request until the client's end of file. False: too slow, too long, or gone. */
static bool receive(int fd, struct buffer *ret)
{
	char part[4096];
	double end = clock_seconds() + CONTROL_SECONDS;
	while (wait_for(fd, POLLIN, end)) {
		ssize_t got = recv(fd, part, sizeof part, MSG_DONTWAIT);
		if (got == 0)
			return !ret->overflow;
		if (got < 0 && errno != EINTR && errno != EAGAIN)
			return false;
		buffer_add(ret, part, got > 0 ? (size_t)got : 0);
		explicit_bzero(part, sizeof part);
		if (ret->overflow)
			return false;
	}
	return false;
}

static void answer_with(int fd, const char *text)
{
	double end = clock_seconds() + CONTROL_SECONDS;
	for (size_t left = strlen(text); left && wait_for(fd, POLLOUT, end);) {
		ssize_t sent = send(fd, text, left, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno != EINTR && errno != EAGAIN)
			return;
		text += sent > 0 ? sent : 0;
		left -= sent > 0 ? (size_t)sent : 0;
	}
}

static void answer_refusal(int fd, enum sentence which)
{
	autojson struct json *answer = json_new_object();
	struct saying refusal = saying_make(which, NULL);
	add_refusal(answer, &refusal);
	autofree char *text = json_write(answer, true);
	answer_with(fd, text);
	saying_clear(&refusal);
}

static bool is_known(const struct control *control, int fd)
{
	struct ucred peer;
	socklen_t size = sizeof peer;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return false;
	bool known = peer.uid == 0;
	for (size_t i = 0; i < control->user_count; i++)
		known = known || peer.uid == control->users[i];
	return known;
}

struct client {
	struct control *control;
	int fd;
};

static void *serve(void *argument)
{
	struct client *client = argument;
	struct control *control = client->control;
	autobuffer struct buffer request = { .maximum = CONTROL_MAX };
	if (receive(client->fd, &request)) {
		autofree char *answer = control_answer(control, request.data ? request.data : "", request.length);
		answer_with(client->fd, answer);
		explicit_bzero(answer, strlen(answer));
	} else {
		answer_refusal(client->fd, SAY_CONTROL_UNKNOWN);
	}
	if (request.data)
		explicit_bzero(request.data, request.length); /* a password may stand in it */
	close(client->fd);
	free(client);
	atomic_fetch_sub(&control->clients, 1);
	return NULL;
}

static int start_thread(struct client *client)
{
	pthread_attr_t attributes;
	pthread_t thread;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	int result = pthread_create(&thread, &attributes, serve, client);
	pthread_attr_destroy(&attributes);
	return result;
}

void control_accept(struct control *control, int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return;
	if (!is_known(control, fd)) {
		close(fd);
		return;
	}
	struct client *client = memory_alloc(sizeof *client);
	*client = (struct client){ .control = control, .fd = fd };
	if (atomic_fetch_add(&control->clients, 1) < CONTROL_CLIENTS && start_thread(client) == 0)
		return;
	atomic_fetch_sub(&control->clients, 1);
	autofree char *text = text_format("{\"ok\":false,\"say\":\"%s\",\"with\":[]}\n", sentence_name(SAY_CONTROL_BUSY));
	/* never waits: it fits into the socket's buffer */
	if (send(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		errno = 0;
	close(fd);
	free(client);
}
