/* From fork to exec. The program may have several threads, so the child has only the forking one;
 * malloc is usable (glibc takes care of its locks), locks of ours are not. */
#include "base/process_child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/files.h"
#include "base/memory.h"
#include "base/sandbox.h"

#define EXIT_NOT_STARTED 127
#define FIRST_FREE_FD 3

/* Enough for package scripts and build tools, and the same on every machine. */
static const char *const sandbox_environment[] = {
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	"HOME=/root",
	"LC_ALL=C.UTF-8",
	"TZ=UTC",
	"TERM=dumb",
	NULL,
};

const char *process_program(const char *name)
{
	autofree char *variable =
		text_format("HIEBOX_TOOL_%s", strrchr(name, '/') ? strrchr(name, '/') + 1 : name);
	const char *override;

	for (char *c = variable; *c; c++) {
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
		else if (!(*c >= 'A' && *c <= 'Z') && !(*c >= '0' && *c <= '9'))
			*c = '_';
	}
	override = getenv(variable);
	return override && *override ? override : name;
}

static _Noreturn void report(int fd, enum process_report kind, const void *bytes, size_t length)
{
	char tag = (char)kind;

	if (fd_write_all(fd, &tag, 1, NULL) == 0)
		fd_write_all(fd, bytes, length, NULL);
	_exit(EXIT_NOT_STARTED);
}

static _Noreturn void report_text(int fd, struct error *error)
{
	const char *text = error->message ? error->message : "unknown error";

	report(fd, REPORT_TEXT, text, strlen(text));
}

/* The caller may ignore or handle signals; tools expect them as a shell would give them. */
static void reset_signals(void)
{
	sigset_t none;

	for (int number = 1; number < SIGRTMIN; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Moves a descriptor out of the way of 0, 1 and 2, which are about to be replaced. */
static int move_up(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FREE_FD);
}

static int place_streams(const struct process_streams *streams, int *ret_report)
{
	int report_fd = move_up(streams->report);
	int input = move_up(streams->input);
	int output = move_up(streams->output);
	int errors = move_up(streams->errors);

	if (report_fd >= 0)
		*ret_report = report_fd;
	if (report_fd < 0 || input < 0 || output < 0 || errors < 0 ||
	    dup2(input, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
	    dup2(errors, STDERR_FILENO) < 0)
		return -1;
	/* Whatever a library opened without close-on-exec stays out of the tool, too. */
	if (close_range(FIRST_FREE_FD, ~0U, CLOSE_RANGE_CLOEXEC) < 0 && errno != ENOSYS &&
	    errno != EINVAL)
		return -1;
	return 0;
}

static int enter_directory(const struct process *process, struct error *err)
{
	const char *directory = process->directory;

	if (!directory && process->sandbox)
		directory = "/";
	if (directory && chdir(directory) < 0)
		return error_set_errno(err, errno, "cannot enter the directory %s", directory);
	return 0;
}

static int keep_extra_fds(const struct process *process, struct error *err)
{
	for (size_t i = 0; i < LENGTH(process->extra_fds); i++)
		if (process->extra_fds[i] && fcntl(process->extra_fds[i], F_SETFD, 0) < 0)
			return error_set_errno(err, errno, "cannot pass descriptor %d on",
					       process->extra_fds[i]);
	return 0;
}

/* Before the other descriptors are closed. */
static int take_terminal(const struct process *process, struct error *err)
{
	if (process->terminal_fd && (setsid() < 0 || ioctl(process->terminal_fd, TIOCSCTTY, 0) < 0))
		return error_set_errno(err, errno, "cannot give the program a terminal");
	return 0;
}

_Noreturn void process_child(const struct process *process, const char *program,
			     const struct process_streams *streams)
{
	struct error error = {0};
	int report_fd = streams->report;
	int errnum;

	reset_signals();
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != streams->parent)
		_exit(EXIT_NOT_STARTED);
	if (take_terminal(process, &error) < 0)
		report_text(report_fd, &error);
	if (process->own_group)
		setpgid(0, 0); /* cannot fail: it is new, and no session's leader */
	if (place_streams(streams, &report_fd) < 0) {
		error_set_errno(&error, errno, "cannot set up the standard streams");
		report_text(report_fd, &error);
	}
	if (process->sandbox && sandbox_enter(process->sandbox, &error) < 0)
		report_text(report_fd, &error);
	if (enter_directory(process, &error) < 0 || keep_extra_fds(process, &error) < 0)
		report_text(report_fd, &error);
	if (process->environment)
		environ = (char **)process->environment;
	else if (process->sandbox)
		environ = (char **)sandbox_environment;
	/* execvp() searches the PATH of the new environment, which is the sandbox's own. */
	execvp(program, (char *const *)process->argv);
	errnum = errno;
	report(report_fd, REPORT_EXEC, &errnum, sizeof errnum);
}
