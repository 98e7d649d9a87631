#include "machine/forward.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "machine/forward_loop.h"
#include "machine/ports.h"

#define ANSWER_SECONDS 10
#define DESCRIPTORS (2 * FORWARD_CONNECTIONS + 256)

struct forward {
	struct forward_gate *gates; /* listeners are closed here once the process has them */
	size_t count;
	int control;
	pid_t pid;
};

/* A descriptor above 2, for 0 to 2 are replaced. */
static int move_up(int fd)
{
	return fd > STDERR_FILENO ? fd : fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

static int compare_fds(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Nothing that the caller has open stays open because of us: a pipe's or a pseudo-terminal's end, a lock. */
static void close_others(const struct forward *forward, int control)
{
	int *kept = memory_alloc((forward->count + 1) * sizeof *kept);
	size_t count = 0;
	unsigned from = STDERR_FILENO + 1;

	kept[count++] = control;
	for (size_t i = 0; i < forward->count; i++)
		if (forward->gates[i].listener >= 0)
			kept[count++] = forward->gates[i].listener;
	qsort(kept, count, sizeof *kept, compare_fds);
	for (size_t i = 0; i < count; i++) {
		if ((unsigned)kept[i] > from)
			close_range(from, (unsigned)kept[i] - 1, 0);
		from = (unsigned)kept[i] + 1;
	}
	close_range(from, ~0U, 0);
	free(kept);
}

/* The child: of all that it was a part of, it keeps the descriptors that it works with. */
static _Noreturn void serve(struct forward *forward, int control, pid_t parent)
{
	struct rlimit limit;
	sigset_t none;
	int null;

	/* before the session: whoever reads Ctrl-C is the caller */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent || setsid() < 0)
		_exit(1);
	for (int number = 1; number < SIGRTMIN; number++)
		signal(number, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	control = move_up(control);
	for (size_t i = 0; i < forward->count; i++)
		if (forward->gates[i].listener >= 0)
			forward->gates[i].listener = move_up(forward->gates[i].listener);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	close_others(forward, control);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < DESCRIPTORS) {
		limit.rlim_cur = limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	prctl(PR_SET_NAME, "hiebox-forward");
	forward_loop(forward->gates, forward->count, control);
	_exit(0);
}

static int start(struct forward *forward, struct error *err)
{
	int ends[2];
	pid_t parent = getpid();

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return error_set_errno(err, errno, "cannot make a socket");
	forward->pid = fork();
	if (forward->pid == 0)
		serve(forward, ends[1], parent);
	close(ends[1]);
	forward->control = ends[0];
	for (size_t i = 0; i < forward->count; i++) {
		cleanup_fd(&forward->gates[i].listener);
		forward->gates[i].listener = -1;
	}
	if (forward->pid < 0)
		return error_set_errno(err, errno, "cannot start a process");
	return 0;
}

/* An address out here, as programs out here would find it. */
static int look_up(const struct machine_reach *reach, struct forward_gate *gate, struct error *err)
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	struct addrinfo *found;
	char service[8];
	int answer;

	snprintf(service, sizeof service, "%u", reach->port);
	answer = getaddrinfo(reach->host, service, &hints, &found);
	if (answer != 0)
		return error_set(err, "%s:%u cannot be looked up: %s", reach->host, reach->port,
				 answer == EAI_SYSTEM ? strerror(errno) : gai_strerror(answer));
	/* a program on "localhost" listens on 127.0.0.1 at least */
	const struct addrinfo *chosen = found;
	for (const struct addrinfo *at = found; at; at = at->ai_next)
		if (at->ai_family == AF_INET) {
			chosen = at;
			break;
		}
	memcpy(&gate->outside, chosen->ai_addr, chosen->ai_addrlen);
	gate->outside_length = chosen->ai_addrlen;
	freeaddrinfo(found);
	return 0;
}

static int open_gates(struct forward *forward, const struct machine_settings *settings, struct error *err)
{
	for (size_t i = 0; i < settings->port_count; i++) {
		struct forward_gate *gate = &forward->gates[forward->count];

		*gate = (struct forward_gate){.listener = -1, .inside = {.sin_family = AF_INET}};
		gate->inside.sin_port = htons(settings->ports[i].guest);
		gate->inside.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		if (port_listen(&settings->ports[i].local, &gate->listener, err) < 0)
			return -1;
		forward->count++;
	}
	for (size_t i = 0; i < settings->reach_count; i++) {
		struct forward_gate *gate = &forward->gates[forward->count];
		struct machine_reach *reach = &settings->reaches[i];

		*gate = (struct forward_gate){.listener = -1, .outward = true, .inside = {.sin_family = AF_INET}};
		if (look_up(reach, gate, err) < 0)
			return -1;
		reach->inside_host = "127.0.0.1";
		reach->inside_port = (uint16_t)(FORWARD_FIRST_REACH + i);
		gate->inside.sin_port = htons(reach->inside_port);
		gate->inside.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		forward->count++;
	}
	return 0;
}

int forward_open(const struct machine_settings *settings, struct forward **ret_forward, struct error *err)
{
	struct forward *forward = memory_alloc(sizeof *forward);
	size_t count = settings->port_count + settings->reach_count;

	forward->control = -1;
	forward->gates = memory_alloc((FORWARD_GATES + 1) * sizeof *forward->gates);
	if (settings->reach_count > FORWARD_GATES || count > FORWARD_GATES)
		error_set(err, "%zu ports are more than the %u that can be forwarded", count, FORWARD_GATES);
	else if (open_gates(forward, settings, err) == 0 && start(forward, err) == 0) {
		*ret_forward = forward;
		return 0;
	}
	forward_close(forward);
	return -1;
}

static int send_order(const struct forward *forward, int network)
{
	char byte = network >= 0 ? FORWARD_ENTER : network == FORWARD_HERE ? FORWARD_STAY : FORWARD_LEAVE;
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec part = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	if (network >= 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof control.bytes;
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &network, sizeof network);
	}
	return sendmsg(forward->control, &message, MSG_NOSIGNAL) == 1 ? 0 : -1;
}

int forward_enter(struct forward *forward, int network, struct error *err)
{
	double end = clock_seconds() + ANSWER_SECONDS;
	char answer[FORWARD_ANSWER_MAX + 1];
	ssize_t got = -1;

	if (send_order(forward, network) == 0) {
		struct pollfd ready = {.fd = forward->control, .events = POLLIN};
		int seen;

		do
			seen = poll(&ready, 1, 200);
		while ((seen == 0 || (seen < 0 && errno == EINTR)) && clock_seconds() < end);
		got = seen > 0 ? recv(forward->control, answer, FORWARD_ANSWER_MAX, 0) : -1;
	}
	if (got < 1)
		return error_set(err, "the process that forwards ports does not answer");
	answer[got] = '\0';
	return text_equal(answer, "ok") ? 0 : error_set(err, "%s", answer);
}

void forward_close(struct forward *forward)
{
	if (!forward)
		return;
	if (forward->pid > 0) {
		kill(forward->pid, SIGKILL);
		while (waitpid(forward->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	cleanup_fd(&forward->control);
	for (size_t i = 0; i < forward->count; i++)
		cleanup_fd(&forward->gates[i].listener);
	free(forward->gates);
	free(forward);
}
