/* forward: bytes, ends and breaks between this machine and a network namespace. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "machine/forward.h"
#include "machine/ports.h"

#define BULK (8u << 20)

static int dial(uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct timeval limit = {.tv_sec = 20};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	close(fd);
	return -1;
}

static void nap(int milliseconds)
{
	nanosleep(&(struct timespec){.tv_nsec = milliseconds * 1000000L}, NULL);
}

/* Says all back until the end, then "end" and ends: only right when half-closes come through. */
static void echo(int fd)
{
	char bytes[65536];
	ssize_t got;

	while ((got = recv(fd, bytes, sizeof bytes, 0)) > 0)
		for (ssize_t sent = 0, more; sent < got; sent += more)
			if ((more = send(fd, bytes + sent, (size_t)(got - sent), MSG_NOSIGNAL)) < 0)
				return;
	if (got == 0)
		send(fd, "end", 3, MSG_NOSIGNAL);
}

static _Noreturn void serve_echo(int listener)
{
	fcntl(listener, F_SETFL, 0);
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			continue;
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			close(listener);
			echo(fd);
			_exit(0);
		}
		close(fd);
	}
}

/* A process that echoes on a port of this namespace. */
static pid_t start_echo(uint16_t *port)
{
	struct error err = {0};
	int listener;
	pid_t pid;

	*port = 0;
	assert_int_equal(port_listen(port, &listener, &err), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve_echo(listener);
	}
	close(listener);
	return pid;
}

static void stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static struct forward *open_port(struct machine_port *port, uint16_t guest)
{
	struct machine_settings settings = {.ports = port, .port_count = 1};
	struct forward *forward = NULL;
	struct error err = {0};

	*port = (struct machine_port){.guest = guest};
	assert_int_equal(forward_open(&settings, &forward, &err), 0);
	assert_true(port->local > 0);
	return forward;
}

static void assert_reset(int fd)
{
	char byte;

	assert_true(fd >= 0);
	assert_int_equal(recv(fd, &byte, 1, 0), -1);
	assert_int_equal(errno, ECONNRESET);
	close(fd);
}

static void assert_echoes(uint16_t port, const char *text)
{
	int fd = dial(port);
	char answer[64] = "";
	size_t length = 0;
	ssize_t got;

	assert_true(fd >= 0);
	assert_int_equal(send(fd, text, strlen(text), 0), strlen(text));
	shutdown(fd, SHUT_WR);
	while (length < sizeof answer - 1 && (got = recv(fd, answer + length, sizeof answer - 1 - length, 0)) > 0)
		length += (size_t)got;
	autofree char *expected = text_format("%send", text);
	assert_string_equal(answer, expected);
	close(fd);
}

static void half_closes_come_through(void **state)
{
	struct machine_port port;
	uint16_t guest;
	pid_t server = start_echo(&guest);
	struct forward *forward = open_port(&port, guest);

	(void)state;
	/* not entered yet: dropped, not left waiting */
	assert_reset(dial(port.local));
	assert_int_equal(forward_enter(forward, FORWARD_HERE, NULL), 0);
	assert_echoes(port.local, "hello");
	assert_echoes(port.local, "");
	/* left again */
	int fd = dial(port.local);
	assert_int_equal(send(fd, "x", 1, 0), 1);
	nap(50);
	assert_int_equal(forward_enter(forward, -1, NULL), 0);
	char byte;
	assert_int_equal(recv(fd, &byte, 1, 0), 1); /* the echo that came before */
	assert_reset(fd);
	assert_reset(dial(port.local));
	forward_close(forward);
	assert_int_equal(dial(port.local), -1);
	stop(server);
}

static void *write_bulk(void *argument)
{
	int fd = *(int *)argument;
	unsigned char bytes[10007];

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)(i * 31);
	for (size_t left = BULK; left;) {
		size_t part = left < sizeof bytes ? left : sizeof bytes;
		size_t sent = 0;

		while (sent < part) {
			ssize_t more = send(fd, bytes + sent, part - sent, MSG_NOSIGNAL);

			if (more < 0)
				return NULL;
			sent += (size_t)more;
		}
		left -= part;
	}
	shutdown(fd, SHUT_WR);
	return NULL;
}

static void a_slow_reader_gets_every_byte(void **state)
{
	struct machine_port port;
	uint16_t guest;
	pid_t server = start_echo(&guest);
	struct forward *forward = open_port(&port, guest);
	unsigned char bytes[65536];
	size_t total = 0;
	pthread_t writer;
	int fd;

	(void)state;
	assert_int_equal(forward_enter(forward, FORWARD_HERE, NULL), 0);
	fd = dial(port.local);
	assert_int_equal(pthread_create(&writer, NULL, write_bulk, &fd), 0);
	nap(300); /* everything in between fills up */
	for (ssize_t got; (got = recv(fd, bytes, sizeof bytes, 0)) > 0; total += (size_t)got)
		for (ssize_t i = 0; total + (size_t)i < BULK && i < got; i++)
			if (bytes[i] != (unsigned char)((total + (size_t)i) % 10007 * 31))
				fail_msg("byte %zu is wrong", total + (size_t)i);
	assert_int_equal(total, BULK + 3);
	pthread_join(writer, NULL);
	close(fd);
	forward_close(forward);
	stop(server);
}

/* Processor time of the only other child, in clock ticks. */
static long ticks_of(const char *name)
{
	autofree char *list = text_format("/proc/self/task/%ld/children", (long)getpid());
	autofree char *text = file_text_or_null(list, 4096);
	autostrings struct strings pids = {0};

	strings_split(&pids, text, " \n");
	for (size_t i = 0; i < pids.count; i++) {
		autofree char *path = path_join3("/proc", pids.items[i], "stat");
		autofree char *stat = file_text_or_null(path, 4096);
		long user, system;

		if (strstr(stat, name) &&
		    sscanf(strchr(stat, ')'), ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld", &user, &system) == 2)
			return user + system;
	}
	fail_msg("no child %s", name);
	return -1;
}

static void what_is_half_open_costs_nothing(void **state)
{
	struct machine_port port;
	struct error err = {0};
	uint16_t guest = 0;
	int listener, fd, server;
	long before;

	(void)state;
	assert_int_equal(port_listen(&guest, &listener, &err), 0);
	fcntl(listener, F_SETFL, 0);
	struct forward *forward = open_port(&port, guest);
	assert_int_equal(forward_enter(forward, FORWARD_HERE, NULL), 0);
	fd = dial(port.local);
	server = accept(listener, NULL, NULL);
	/* both have ended their half towards us in turn; the other half stays open */
	shutdown(fd, SHUT_WR);
	nap(50);
	before = ticks_of("hiebox-forward");
	nap(500);
	assert_true(ticks_of("hiebox-forward") - before <= 2);
	/* the client goes for good: the server must be told */
	struct linger at_once = {.l_onoff = 1};
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	close(fd);
	struct pollfd ended = {.fd = server, .events = 0};
	assert_int_equal(poll(&ended, 1, 5000), 1);
	close(server);
	/* nobody listens any more: a reset, not a silence */
	close(listener);
	assert_reset(dial(port.local));
	forward_close(forward);
}

static void more_than_the_most_wait_their_turn(void **state)
{
	enum { OVER = 20 };
	static int fds[FORWARD_CONNECTIONS + OVER];
	struct machine_port port;
	struct error err = {0};
	uint16_t guest = 0;
	int listener, accepted = 0;

	(void)state;
	assert_int_equal(port_listen(&guest, &listener, &err), 0);
	listen(listener, 1024);
	struct forward *forward = open_port(&port, guest);
	assert_int_equal(forward_enter(forward, FORWARD_HERE, NULL), 0);
	for (size_t i = 0; i < LENGTH(fds); i++)
		assert_true((fds[i] = dial(port.local)) >= 0);
	nap(300);
	static int servers[LENGTH(fds)];
	while ((servers[accepted] = accept(listener, NULL, NULL)) >= 0)
		accepted++;
	assert_int_equal(accepted, FORWARD_CONNECTIONS);
	long before = ticks_of("hiebox-forward");
	nap(300);
	assert_true(ticks_of("hiebox-forward") - before <= 2);
	for (int i = 0; i < OVER; i++) {
		close(fds[i]);
		close(servers[i]);
	}
	nap(300);
	for (int i = 0; i < OVER; i++)
		assert_true((servers[i] = accept(listener, NULL, NULL)) >= 0);
	for (size_t i = OVER; i < LENGTH(fds); i++)
		close(fds[i]);
	for (int i = 0; i < (int)FORWARD_CONNECTIONS; i++)
		close(servers[i]);
	close(listener);
	forward_close(forward);
}

static void bring_loopback_up(void)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	autofd int fd = socket(AF_INET, SOCK_DGRAM, 0);

	ioctl(fd, SIOCSIFFLAGS, &request);
}

/* The box: a namespace of its own with an echo on port 80, and somebody who calls out by the first reach. */
static _Noreturn void live_inside(int ready)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(80)};
	int listener;
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	byte = unshare(CLONE_NEWNET) < 0 ? 'n' : 'y';
	write(ready, &byte, 1);
	if (byte == 'n' || read(ready, &byte, 1) != 1) /* entered by now, with loopback still down */
		_exit(0);
	bring_loopback_up();
	listener = socket(AF_INET, SOCK_STREAM, 0);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	bind(listener, (struct sockaddr *)&address, sizeof address);
	listen(listener, 8);
	int fd = dial(FORWARD_FIRST_REACH);
	byte = fd >= 0 && send(fd, "from inside", 11, 0) == 11 ? 'y' : 'n';
	shutdown(fd, SHUT_WR);
	char answer[16] = "";
	recv(fd, answer, 14, MSG_WAITALL);
	if (!text_equal(answer, "from insideend"))
		byte = 'w';
	write(ready, &byte, 1);
	serve_echo(listener);
}

static void a_namespace_is_entered(void **state)
{
	struct machine_port port = {.guest = 80};
	struct machine_reach reach = {.host = "localhost"};
	struct machine_settings settings = {.ports = &port, .port_count = 1, .reaches = &reach, .reach_count = 1};
	struct forward *forward;
	struct error err = {0};
	int ends[2];
	char byte = '?';

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	pid_t box = fork();
	if (box == 0)
		live_inside(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	if (byte != 'y') {
		stop(box);
		skip();
	}
	pid_t server = start_echo(&reach.port);
	assert_int_equal(forward_open(&settings, &forward, &err), 0);
	assert_string_equal(reach.inside_host, "127.0.0.1");
	assert_int_equal(reach.inside_port, FORWARD_FIRST_REACH);
	for (int round = 0; round < 2; round++) { /* a box that restarts has another namespace */
		autofree char *path = text_format("/proc/%d/ns/net", (int)box);
		autofd int network = open(path, O_RDONLY | O_CLOEXEC);

		if (forward_enter(forward, network, &err) < 0)
			fail_msg("%s", err.message);
		assert_int_equal(write(ends[0], "g", 1), 1);
		assert_int_equal(read(ends[0], &byte, 1), 1);
		assert_int_equal(byte, 'y');
		assert_echoes(port.local, "hello inside");
		stop(box);
		if (round == 0 && (box = fork()) == 0)
			live_inside(ends[1]);
		if (round == 0)
			assert_int_equal(read(ends[0], &byte, 1), 1);
	}
	forward_close(forward);
	stop(server);
}

static void what_cannot_be_forwarded_is_said(void **state)
{
	struct machine_port ports[2] = {{.guest = 80}, {.guest = 81}};
	struct machine_reach reach = {.host = "a..b", .port = 1};
	struct machine_settings settings = {.ports = ports, .port_count = 2};
	struct forward *forward;
	struct error err = {0};
	uint16_t taken = 0;
	int fd;

	(void)state;
	assert_int_equal(port_listen(&taken, &fd, &err), 0);
	ports[1].local = taken;
	assert_int_equal(forward_open(&settings, &forward, &err), -1);
	autofree char *owner = text_format(" (process %d): end that first", (int)getpid());
	assert_non_null(strstr(err.message, owner));
	error_clear(&err);
	close(fd);
	settings = (struct machine_settings){.reaches = &reach, .reach_count = 1};
	assert_int_equal(forward_open(&settings, &forward, &err), -1);
	assert_true(text_starts(err.message, "a..b:1 cannot be looked up: "));
	error_clear(&err);
	settings.reach_count = 1000;
	assert_int_equal(forward_open(&settings, &forward, &err), -1);
	assert_string_equal(err.message, "1000 ports are more than the 255 that can be forwarded");
	error_clear(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(half_closes_come_through),
		cmocka_unit_test(a_slow_reader_gets_every_byte),
		cmocka_unit_test(what_is_half_open_costs_nothing),
		cmocka_unit_test(more_than_the_most_wait_their_turn),
		cmocka_unit_test(a_namespace_is_entered),
		cmocka_unit_test(what_cannot_be_forwarded_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
