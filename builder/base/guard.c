#include "base/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/files.h"
#include "base/memory.h"
#include "base/progress.h"
#include "base/text.h"

#define PATHS_MAX 65536
#define ORPHANS_SECONDS 10.0

/* As the display is one per process, so is its guard: the end of the pipe that it reads. */
static int guard_pipe = -1;

struct guard {
	pid_t child;
	int paths_fd;
	int signal_fd;
	struct buffer text;   /* what came by the pipe and is no whole line yet */
	struct strings paths; /* to be removed, in the order in which they were named */
	int status;           /* of the child, when `ended` */
	bool ended;
	int number; /* of the signal that ends everything, 0: none */
};

static void take_line(struct guard *guard, const char *line)
{
	struct strings *paths = &guard->paths;

	if (*line == '+')
		strings_add(paths, line + 1);
	for (size_t i = paths->count; *line == '-' && i-- > 0;)
		if (text_equal(paths->items[i], line + 1)) {
			free(paths->items[i]);
			memmove(paths->items + i, paths->items + i + 1, (--paths->count - i) * sizeof *paths->items);
			return;
		}
}

/* Reads what is there. False at the end. */
static bool read_paths(struct guard *guard)
{
	char bytes[4096];
	ssize_t got = read(guard->paths_fd, bytes, sizeof bytes);

	if (got <= 0)
		return got < 0 && (errno == EINTR || errno == EAGAIN);
	for (ssize_t i = 0; i < got; i++) {
		if (bytes[i] != '\n') {
			buffer_add(&guard->text, bytes + i, 1);
			continue;
		}
		if (guard->text.length)
			take_line(guard, guard->text.data);
		buffer_clear(&guard->text);
	}
	return true;
}

/* Also of what the child left behind: it comes to us because we are its subreaper. False when nobody is left. */
static bool reap(struct guard *guard, int options)
{
	int status;
	pid_t ended;

	while ((ended = waitpid(-1, &status, options)) > 0)
		if (ended == guard->child) {
			guard->status = status;
			guard->ended = true;
		}
	return ended == 0 || errno == EINTR;
}

/* What the child started has become ours. */
static void kill_orphans(void)
{
	autofree char *list = text_format("/proc/self/task/%ld/children", (long)getpid());
	autofree char *text = file_text_or_null(list, PATHS_MAX);
	autostrings struct strings pids = {0};
	int64_t pid;

	if (!text)
		return;
	strings_split(&pids, text, " \n");
	for (size_t i = 0; i < pids.count; i++)
		if (number_parse(pids.items[i], 2, INT32_MAX, &pid) == 0)
			kill((pid_t)pid, SIGKILL);
}

static void wait_for_all(struct guard *guard)
{
	double end = clock_seconds() + ORPHANS_SECONDS;

	while (reap(guard, WNOHANG) && clock_seconds() < end) {
		kill_orphans();
		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
	}
	while (read_paths(guard) && poll(&(struct pollfd){.fd = guard->paths_fd, .events = POLLIN}, 1, 0) > 0)
		;
}

static void remove_paths(const struct guard *guard)
{
	for (size_t i = guard->paths.count; i-- > 0;) {
		struct error ignored = {0};

		if (!path_is_directory(guard->paths.items[i]))
			unlink(guard->paths.items[i]);
		else if (tree_remove(guard->paths.items[i], &ignored) < 0)
			fprintf(stderr, "hiebox: %s could not be removed: %s\n", guard->paths.items[i], ignored.message);
		error_clear(&ignored);
	}
}

/* Ends this process as the signal would have. */
static _Noreturn void die_by(int number)
{
	const struct rlimit no_core = {0, 0};
	sigset_t only;

	setrlimit(RLIMIT_CORE, &no_core);
	signal(number, SIG_DFL);
	sigemptyset(&only);
	sigaddset(&only, number);
	sigprocmask(SIG_UNBLOCK, &only, NULL);
	kill(getpid(), number);
	_exit(128 + number);
}

static _Noreturn void end(struct guard *guard)
{
	const char *line_end = isatty(STDERR_FILENO) ? "\n" : "";

	if (!guard->number && WIFEXITED(guard->status))
		_exit(WEXITSTATUS(guard->status));
	if (guard->number)
		kill(guard->child, SIGKILL);
	wait_for_all(guard);
	if (guard->number)
		fprintf(stderr, "%shiebox: interrupted (%s); ", line_end, sigdescr_np(guard->number));
	else
		fprintf(stderr, "%shiebox: killed by signal %d (%s)%s; ", line_end, WTERMSIG(guard->status),
			sigdescr_np(WTERMSIG(guard->status)) ? sigdescr_np(WTERMSIG(guard->status)) : "unknown",
			WTERMSIG(guard->status) == SIGKILL ? ", perhaps because memory ran out" : "");
	remove_paths(guard);
	fprintf(stderr, "what was unfinished is removed, what was finished is kept for the next run\n");
	die_by(guard->number ? guard->number : WTERMSIG(guard->status));
}

static _Noreturn void stand_guard(struct guard *guard)
{
	struct pollfd fds[] = {{.fd = guard->signal_fd, .events = POLLIN}, {.fd = guard->paths_fd, .events = POLLIN}};
	struct signalfd_siginfo info;

	for (;;) {
		if (poll(fds, LENGTH(fds), -1) < 0 && errno != EINTR)
			break;
		if (fds[1].revents && !read_paths(guard))
			fds[1].fd = -1;
		if (!(fds[0].revents & POLLIN) || read(guard->signal_fd, &info, sizeof info) != sizeof info)
			continue;
		reap(guard, WNOHANG);
		if (!guard->ended && info.ssi_signo != SIGCHLD)
			guard->number = (int)info.ssi_signo;
		if (guard->ended || guard->number)
			end(guard);
	}
	_exit(1);
}

/* SIGINT, SIGTERM and SIGHUP, but for those that the caller (nohup, a shell's background) has ignored. */
static void interruptions(sigset_t *set)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};

	sigemptyset(set);
	for (size_t i = 0; i < LENGTH(numbers); i++) {
		struct sigaction action;

		if (sigaction(numbers[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			sigaddset(set, numbers[i]);
	}
}

int guard_begin(struct error *err)
{
	struct guard guard = {.text = {.maximum = PATHS_MAX}};
	sigset_t signals, before;
	int ends[2];
	pid_t parent = getpid();

	signal(SIGCHLD, SIG_DFL);
	interruptions(&signals);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_set_errno(err, errno, "cannot make a pipe");
	/* blocked in both: the guard reads them, the child leaves it to the guard */
	sigprocmask(SIG_BLOCK, &signals, NULL);
	/* the end of a child that is quicker than its guard waits, too: not blocked, it would be lost */
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, &before);
	fflush(NULL);
	guard.child = fork();
	if (guard.child < 0)
		return error_set_errno(err, errno, "cannot start a process");
	if (guard.child == 0) {
		close(ends[0]);
		sigprocmask(SIG_SETMASK, &before, NULL);
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
			_exit(1);
		guard_pipe = ends[1];
		return 0;
	}
	close(ends[1]);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	guard.paths_fd = ends[0];
	fcntl(guard.paths_fd, F_SETFL, O_NONBLOCK);
	guard.signal_fd = signalfd(-1, &signals, SFD_CLOEXEC);
	stand_guard(&guard);
}

static void tell(char what, const char *path)
{
	if (guard_pipe < 0 || strchr(path, '\n'))
		return;
	autofree char *absolute = *path == '/' ? NULL : realpath(".", NULL);
	autofree char *line = text_format("%c%s%s%s\n", what, absolute ? absolute : "", absolute ? "/" : "", path);
	fd_write_all(guard_pipe, line, strlen(line), NULL); /* one write below PIPE_BUF: lines do not mix */
}

void guard_remember(const char *path)
{
	tell('+', path);
}

void guard_forget(const char *path)
{
	tell('-', path);
}

void guard_settle(void)
{
	sigset_t pending;

	if (guard_pipe < 0 || sigpending(&pending) < 0)
		return;
	while (sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM) || sigismember(&pending, SIGHUP))
		pause(); /* the guard ends us */
}
