/* One poll loop. A connection is two flows; a flow has one buffer, which is filled when it is empty and emptied before it
 * is filled again: who reads slowly slows down who writes. */
#include "machine/forward_loop.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <string.h>

#include "machine/forward.h"

#define FLOW_BYTES 32768u
#define ACCEPTS 32          /* in one round, at one gate */
#define PAUSE_SECONDS 0.1 /* after an accept() for which there were no descriptors or no memory */

struct flow {
	char bytes[FLOW_BYTES];
	size_t begin, end; /* what is read and not written yet */
	bool read_end;     /* the sender has said its last */
	bool written_end;  /* and that was passed on */
};
/* Side 0 is who connected, side 1 is whom we connected to; flow n comes from side n. */
struct connection {
	int fds[2];
	bool connecting;
	struct flow flows[2];
	size_t polled[2]; /* index of each side in the list of this round; NOT_POLLED */
};
#define NOT_POLLED SIZE_MAX

struct loop {
	struct forward_gate *gates;
	size_t gate_count;
	int control;
	int outside;  /* the namespace that we were started in */
	int inside;   /* -1: none; FORWARD_HERE */
	int current;  /* `outside` or `inside`: where sockets are made now */
	double pause; /* no accept() before */
	struct connection *connections[FORWARD_CONNECTIONS];
	size_t count;
	struct pollfd polls[1 + FORWARD_GATES + 2 * FORWARD_CONNECTIONS];
	size_t poll_count;
};

static int change_to(struct loop *loop, int network)
{
	if (loop->current == network || network == FORWARD_HERE || loop->inside == FORWARD_HERE)
		return 0;
	if (setns(network, CLONE_NEWNET) < 0)
		return -1;
	loop->current = network;
	return 0;
}

/* Each side sees what broke as a reset, not as an end. */
static void drop(struct loop *loop, size_t index, bool broken)
{
	const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
	struct connection *connection = loop->connections[index];

	for (int side = 0; side < 2; side++) {
		if (connection->fds[side] < 0)
			continue;
		if (broken)
			setsockopt(connection->fds[side], SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
		close(connection->fds[side]);
	}
	free(connection);
	loop->connections[index] = loop->connections[--loop->count];
}

static int connect_on(struct loop *loop, const struct forward_gate *gate, bool *ret_connecting)
{
	const struct sockaddr *address = gate->outward ? (const struct sockaddr *)&gate->outside
						       : (const struct sockaddr *)&gate->inside;
	socklen_t length = gate->outward ? gate->outside_length : sizeof gate->inside;
	int fd;

	if (loop->inside == -1 || change_to(loop, gate->outward ? loop->outside : loop->inside) < 0)
		return -1;
	fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	*ret_connecting = false;
	if (connect(fd, address, length) < 0) {
		*ret_connecting = errno == EINPROGRESS;
		if (!*ret_connecting) {
			close(fd);
			return -1;
		}
	}
	return fd;
}

/* False when nobody waits any more. */
static bool accept_one(struct loop *loop, const struct forward_gate *gate)
{
	int fd = accept4(gate->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), yes = 1;
	struct connection *connection;

	if (fd < 0) {
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			loop->pause = clock_seconds() + PAUSE_SECONDS;
		return false;
	}
	connection = memory_alloc(sizeof *connection);
	connection->fds[0] = fd;
	connection->polled[0] = connection->polled[1] = NOT_POLLED;
	connection->fds[1] = connect_on(loop, gate, &connection->connecting);
	loop->connections[loop->count++] = connection;
	if (connection->fds[1] < 0) {
		drop(loop, loop->count - 1, true);
		return true;
	}
	for (int side = 0; side < 2; side++)
		setsockopt(connection->fds[side], IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	return true;
}

/* Not all who wait, for others wait for words. */
static void accept_some(struct loop *loop, const struct forward_gate *gate)
{
	for (int i = 0; i < ACCEPTS && loop->count < FORWARD_CONNECTIONS && accept_one(loop, gate); i++)
		;
}

/* Writes what is there; false when the connection broke. */
static bool pass_on(struct flow *flow, int to)
{
	while (flow->begin < flow->end) {
		ssize_t sent = send(to, flow->bytes + flow->begin, flow->end - flow->begin, MSG_NOSIGNAL);

		if (sent < 0)
			return errno == EAGAIN || errno == EINTR;
		flow->begin += (size_t)sent;
	}
	flow->begin = flow->end = 0;
	if (flow->read_end && !flow->written_end) {
		flow->written_end = true;
		return shutdown(to, SHUT_WR) == 0;
	}
	return true;
}

static bool fill(struct flow *flow, int from)
{
	ssize_t got = recv(from, flow->bytes, sizeof flow->bytes, 0);

	if (got < 0)
		return errno == EAGAIN || errno == EINTR;
	flow->read_end = got == 0;
	flow->end = (size_t)got;
	return true;
}

static bool is_empty(const struct flow *flow)
{
	return flow->begin == flow->end;
}

/* What is wanted of one side: its words when there is room for them, room when there are words for it. */
static short wanted(const struct connection *connection, int side)
{
	const struct flow *from = &connection->flows[side], *to = &connection->flows[1 - side];

	if (connection->connecting)
		return side == 1 ? POLLOUT : 0;
	return (short)((!from->read_end && is_empty(from) ? POLLIN : 0) | (!is_empty(to) ? POLLOUT : 0));
}

/* One side after poll(); false when the connection broke. */
static bool serve_side(struct connection *connection, int side, short seen)
{
	struct flow *from = &connection->flows[side], *to = &connection->flows[1 - side];
	int error = 0;
	socklen_t length = sizeof error;

	if (connection->connecting) {
		if (side == 0) /* nothing was asked for, so this is its end */
			return false;
		if (getsockopt(connection->fds[1], SOL_SOCKET, SO_ERROR, &error, &length) < 0 || error)
			return false;
		connection->connecting = false;
		return true;
	}
	if (!wanted(connection, side))
		return !(seen & (POLLERR | POLLHUP));
	if (!is_empty(to) && !pass_on(to, connection->fds[side]))
		return false;
	if (seen & (POLLIN | POLLERR | POLLHUP) && !from->read_end && is_empty(from))
		return fill(from, connection->fds[side]) && pass_on(from, connection->fds[1 - side]);
	return true;
}

static void serve_connection(struct loop *loop, size_t index)
{
	struct connection *connection = loop->connections[index];

	for (int side = 0; side < 2; side++) {
		short seen = connection->polled[side] == NOT_POLLED ? 0 : loop->polls[connection->polled[side]].revents;

		if (seen && !serve_side(connection, side, seen)) {
			drop(loop, index, true);
			return;
		}
	}
	if (connection->flows[0].written_end && connection->flows[1].written_end)
		drop(loop, index, false);
}

static size_t add_poll(struct loop *loop, int fd, short events)
{
	loop->polls[loop->poll_count] = (struct pollfd){.fd = fd, .events = events};
	return loop->poll_count++;
}

/* A side of which nothing is wanted is watched for its breaking; but not once we have ended our half, for then its end
 * shows as a hang-up that would wake us over and over, nor while its last words are still on their way. */
static bool is_watched(const struct connection *connection, int side)
{
	return wanted(connection, side) ||
	       (!connection->flows[1 - side].written_end && is_empty(&connection->flows[side]));
}

static void fill_polls(struct loop *loop)
{
	bool accepts = loop->count < FORWARD_CONNECTIONS && clock_seconds() >= loop->pause;

	loop->poll_count = 0;
	add_poll(loop, loop->control, POLLIN);
	for (size_t i = 0; i < loop->gate_count; i++)
		add_poll(loop, accepts ? loop->gates[i].listener : -1, POLLIN);
	for (size_t i = 0; i < loop->count; i++)
		for (int side = 0; side < 2; side++) {
			struct connection *connection = loop->connections[i];

			connection->polled[side] = NOT_POLLED;
			if (is_watched(connection, side))
				connection->polled[side] = add_poll(loop, connection->fds[side], wanted(connection, side));
		}
}

static void leave(struct loop *loop)
{
	while (loop->count)
		drop(loop, loop->count - 1, true);
	for (size_t i = 0; i < loop->gate_count; i++)
		if (loop->gates[i].outward) {
			cleanup_fd(&loop->gates[i].listener);
			loop->gates[i].listener = -1;
		}
	if (loop->inside != FORWARD_HERE)
		change_to(loop, loop->outside);
	cleanup_fd(&loop->inside);
	loop->inside = -1;
}

/* The box's loopback may not be up yet, so its address is taken all the same. */
static int listen_inside(struct forward_gate *gate)
{
	autofd int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int yes = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &yes, sizeof yes);
	if (bind(fd, (const struct sockaddr *)&gate->inside, sizeof gate->inside) < 0 || listen(fd, 128) < 0)
		return -1;
	gate->listener = steal_fd(fd);
	return 0;
}

static void enter(struct loop *loop, int network, char answer[static FORWARD_ANSWER_MAX])
{
	leave(loop);
	loop->inside = network;
	snprintf(answer, FORWARD_ANSWER_MAX, "ok");
	if (change_to(loop, network) < 0) {
		snprintf(answer, FORWARD_ANSWER_MAX, "the box's network cannot be entered: %s", strerror(errno));
		leave(loop);
		return;
	}
	for (size_t i = 0; i < loop->gate_count; i++)
		if (loop->gates[i].outward && listen_inside(&loop->gates[i]) < 0)
			snprintf(answer, FORWARD_ANSWER_MAX, "port %u cannot be listened on inside: %s",
				 ntohs(loop->gates[i].inside.sin_port), strerror(errno));
}

/* False when the caller is gone. */
static bool take_order(struct loop *loop)
{
	char byte, answer[FORWARD_ANSWER_MAX] = "ok";
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes,
				 .msg_controllen = sizeof control.bytes};
	ssize_t got = recvmsg(loop->control, &message, MSG_CMSG_CLOEXEC);
	int network = -1;

	if (got <= 0)
		return got < 0 && (errno == EINTR || errno == EAGAIN);
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	if (header && header->cmsg_type == SCM_RIGHTS && header->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&network, CMSG_DATA(header), sizeof network);
	if (byte == FORWARD_ENTER && network >= 0)
		enter(loop, network, answer);
	else if (byte == FORWARD_STAY)
		enter(loop, FORWARD_HERE, answer);
	else
		leave(loop);
	return send(loop->control, answer, strlen(answer), MSG_NOSIGNAL) > 0;
}

/* Without descriptors to accept with, it waits a little; else for something to do. */
static int poll_timeout(const struct loop *loop)
{
	double left = loop->pause - clock_seconds();

	return left > 0 ? (int)(left * 1000) + 1 : -1;
}

void forward_loop(struct forward_gate *gates, size_t count, int control)
{
	struct loop *loop = memory_alloc(sizeof *loop);

	loop->gates = gates;
	loop->gate_count = count;
	loop->control = control;
	loop->inside = -1;
	loop->current = loop->outside = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	for (;;) {
		fill_polls(loop);
		if (poll(loop->polls, loop->poll_count, poll_timeout(loop)) < 0) {
			if (errno != EINTR)
				break;
			continue;
		}
		/* from the end, for the one that is dropped is replaced by the last */
		for (size_t i = loop->count; i-- > 0;)
			serve_connection(loop, i);
		for (size_t i = 0; i < count; i++)
			if (loop->polls[1 + i].revents)
				accept_some(loop, &gates[i]);
		if (loop->polls[0].revents && !take_order(loop))
			break;
	}
	free(loop);
}
