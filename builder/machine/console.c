#include "machine/console.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#define BLOCK 4096
#define TYPE_MILLISECONDS 1000
#define DRAIN_SECONDS 0.5

struct console {
	pthread_mutex_t mutex; /* over all that follows */
	pthread_cond_t quiet;  /* the other end was closed */
	int log;               /* -1: none */
	atomic_bool shown;
	int fd;                /* of the box; -1: none, or it was closed there */
	int wake;              /* eventfd: the thread looks at fd and `ending` again */
	bool ending;
	bool threaded;
	pthread_t thread;
	char kept[CONSOLE_KEPT]; /* a ring: the last min(total, CONSOLE_KEPT) bytes, the newest before total % CONSOLE_KEPT */
	uint64_t total;
};

static void keep(struct console *console, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		console->kept[console->total++ % CONSOLE_KEPT] = bytes[i];
}

/* With the mutex held. A log that takes no more must not end the box: it is left out from then on. */
static void take(struct console *console, const char *bytes, size_t length)
{
	keep(console, bytes, length);
	if (console->log >= 0 && fd_write_all(console->log, bytes, length, NULL) < 0) {
		cleanup_fd(&console->log);
		console->log = -1;
	}
}

/* Without the mutex: a terminal may be slow, and its end is not the box's. */
static void show(struct console *console, const char *bytes, size_t length)
{
	if (length && console->shown && fd_write_all(STDOUT_FILENO, bytes, length, NULL) < 0)
		console->shown = false;
}

/* The box's end is there no more (a pseudo-terminal says EIO). */
static void detach(struct console *console)
{
	cleanup_fd(&console->fd);
	console->fd = -1;
	pthread_cond_broadcast(&console->quiet);
}

/* Reads what there is into `block`, without waiting, with the mutex held. How much it was. */
static size_t read_some(struct console *console, char *block, size_t size)
{
	ssize_t got = read(console->fd, block, size);

	if (got > 0) {
		take(console, block, (size_t)got);
		return (size_t)got;
	}
	if (got == 0 || (errno != EINTR && errno != EAGAIN))
		detach(console);
	return 0;
}

static void *run(void *data)
{
	struct console *console = data;
	char block[BLOCK];
	uint64_t count;

	pthread_mutex_lock(&console->mutex);
	while (!console->ending) {
		struct pollfd fds[] = {{.fd = console->wake, .events = POLLIN}, {.fd = console->fd, .events = POLLIN}};
		size_t got = 0;

		pthread_mutex_unlock(&console->mutex);
		poll(fds, LENGTH(fds), -1);
		pthread_mutex_lock(&console->mutex);
		if (fds[0].revents && read(console->wake, &count, sizeof count) < 0)
			continue;
		if (fds[1].revents && console->fd >= 0)
			got = read_some(console, block, sizeof block);
		pthread_mutex_unlock(&console->mutex);
		show(console, block, got);
		pthread_mutex_lock(&console->mutex);
	}
	pthread_mutex_unlock(&console->mutex);
	return NULL;
}

/* Signals are for the threads of the program, not for this one. */
static int start_thread(struct console *console, struct error *err)
{
	sigset_t all, before;
	int problem;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	problem = pthread_create(&console->thread, NULL, run, console);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	console->threaded = problem == 0;
	return problem ? error_set_errno(err, problem, "cannot start a thread for the console") : 0;
}

static int open_all(struct console *console, const char *log, struct error *err)
{
	console->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (console->wake < 0)
		return error_set_errno(err, errno, "cannot watch the console");
	if (log) {
		console->log = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0644);
		if (console->log < 0)
			return error_set_errno(err, errno, "cannot write the console's text to %s", log);
	}
	return start_thread(console, err);
}

int console_open(const char *log, bool shown, struct console **ret_console, struct error *err)
{
	struct console *console = memory_alloc(sizeof *console);

	pthread_mutex_init(&console->mutex, NULL);
	pthread_cond_init(&console->quiet, NULL);
	console->log = console->fd = console->wake = -1;
	console->shown = shown;
	if (open_all(console, log, err) < 0) {
		console_close(console);
		return -1;
	}
	*ret_console = console;
	return 0;
}

static void wake(struct console *console)
{
	uint64_t one = 1;

	/* a full counter wakes as well */
	if (write(console->wake, &one, sizeof one) < 0)
		return;
}

int console_attach(struct console *console, int fd, struct error *err)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
		error_set_errno(err, errno, "cannot watch the console");
		close(fd);
		return -1;
	}
	pthread_mutex_lock(&console->mutex);
	cleanup_fd(&console->fd);
	console->fd = fd;
	wake(console);
	pthread_mutex_unlock(&console->mutex);
	return 0;
}

bool console_is_shown(const struct console *console)
{
	return console->shown;
}

/* Without SIGPIPE when the box is gone. */
static ssize_t write_quietly(int fd, const void *bytes, size_t length)
{
	ssize_t written = send(fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);

	return written < 0 && errno == ENOTSOCK ? write(fd, bytes, length) : written;
}

void console_type(struct console *console, const void *bytes, size_t length)
{
	const char *at = bytes;
	double end = clock_seconds() + TYPE_MILLISECONDS / 1000.0;

	while (length && clock_seconds() < end) {
		struct pollfd ready = {.events = POLLOUT};
		ssize_t written = -1;

		pthread_mutex_lock(&console->mutex);
		ready.fd = console->fd;
		if (console->fd >= 0)
			written = write_quietly(console->fd, at, length);
		pthread_mutex_unlock(&console->mutex);
		if (ready.fd < 0)
			return;
		if (written > 0) {
			at += written;
			length -= (size_t)written;
		} else if (errno == EAGAIN) {
			poll(&ready, 1, 100);
		} else if (errno != EINTR) {
			return;
		}
	}
}

void console_drain(struct console *console)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += (long)(DRAIN_SECONDS * 1e9);
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&console->mutex);
	while (console->fd >= 0 && pthread_cond_timedwait(&console->quiet, &console->mutex, &until) == 0)
		;
	pthread_mutex_unlock(&console->mutex);
}

void console_close(struct console *console)
{
	if (!console)
		return;
	if (console->threaded) {
		pthread_mutex_lock(&console->mutex);
		console->ending = true;
		wake(console);
		pthread_mutex_unlock(&console->mutex);
		pthread_join(console->thread, NULL);
	}
	cleanup_fd(&console->fd);
	cleanup_fd(&console->log);
	cleanup_fd(&console->wake);
	pthread_cond_destroy(&console->quiet);
	pthread_mutex_destroy(&console->mutex);
	free(console);
}

bool console_is_silent(struct console *console)
{
	pthread_mutex_lock(&console->mutex);
	bool silent = console->total == 0;
	pthread_mutex_unlock(&console->mutex);
	return silent;
}

char *console_tail(struct console *console, size_t lines)
{
	autofree char *text = memory_alloc(CONSOLE_KEPT);
	size_t length, first;

	pthread_mutex_lock(&console->mutex);
	length = console->total < CONSOLE_KEPT ? (size_t)console->total : CONSOLE_KEPT;
	first = console->total < CONSOLE_KEPT ? 0 : (size_t)(console->total % CONSOLE_KEPT);
	for (size_t i = 0; i < length; i++)
		text[i] = console->kept[(first + i) % CONSOLE_KEPT];
	pthread_mutex_unlock(&console->mutex);
	return console_clean(text, length, lines);
}
