/* A shell in all namespaces of the box, by nsenter(1). Its words come by a pipe; the last line says its status, so that a
 * shell that broke off is not taken for one that ended. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "machine/nspawn.h"

#define LOOK_SECONDS 0.05
#define STOP_SECONDS 0.25
#define OUTPUT_MAX (64u << 20)
#define END_MARK "\nhiebox-shell-status="
#define END_MAX 64u

static const char shell_command[] = "/bin/sh -s 2>&1; printf '\\nhiebox-shell-status=%d\\n' $?";

static const char *const shell_environment[] = {
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	"HOME=/root",
	"LC_ALL=C.UTF-8",
	"TERM=dumb",
	NULL,
};

/* The service manager takes orders: before, the shell could not do what scripts ask for. The number of a first process that
 * has ended may be another's by now, such as one of this machine, where the script must not run: that is seen last. */
static bool has_manager(const struct nspawn *nspawn)
{
	autofree char *path = text_format("/proc/%d/%s", (int)nspawn->leader_pid, "root/run/systemd/private");
	struct pollfd ended = {.fd = nspawn->leader, .events = POLLIN};

	return nspawn->leader_pid > 0 && path_exists(path) && poll(&ended, 1, 0) == 0;
}

/* Also over a restart that the box makes by itself. */
static int wait_for_manager(struct machine *machine, double seconds, struct error *err)
{
	double end = clock_seconds() + seconds;
	autofree char *why = NULL;

	while (!has_manager(machine->state)) {
		int ended = machine_wait_for(machine, LOOK_SECONDS, err);

		if (ended < 0)
			return -1;
		if (ended && !machine_runs(machine, &why))
			return error_set(err, "the box ended: %s", why);
		if (clock_seconds() >= end)
			return error_set(err, "the box has not come so far within %.0f s that it runs commands", seconds);
	}
	return 0;
}

static int script_file(const char *script, struct error *err)
{
	autofd int fd = memfd_create("hiebox-script", MFD_CLOEXEC);

	if (fd < 0)
		return error_set_errno(err, errno, "the script cannot be kept in memory");
	if (fd_write_all(fd, script, strlen(script), err) < 0)
		return -1;
	lseek(fd, 0, SEEK_SET);
	return steal_fd(fd);
}

/* 1: something came; 0: nothing more, now or ever (then *fd is -1). */
static int take(int *fd, struct buffer *text)
{
	char block[16384];
	ssize_t got = read(*fd, block, sizeof block);

	if (got > 0)
		buffer_add(text, block, (size_t)got);
	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
		*fd = -1;
	return got > 0;
}

/* What a shell's process and its words are taken from. */
struct answer {
	int words, pidfd;
	double end, seconds; /* when it must have ended, and how long that was from the beginning */
	struct buffer *text;
};

/* Until the shell ended. What its own children still write afterwards is not waited for. */
static int collect(const struct machine *machine, const struct answer *answer, struct error *err)
{
	struct pollfd fds[] = {{.fd = answer->words, .events = POLLIN}, {.fd = answer->pidfd, .events = POLLIN}};

	while (!answer->text->overflow) {
		double left = answer->end - clock_seconds();

		if (left <= 0)
			return error_set(err, "what was asked of the box did not end within %.0f s", answer->seconds);
		if (machine_check_stop(machine, err) < 0)
			return -1;
		poll(fds, LENGTH(fds), (int)((left < STOP_SECONDS ? left : STOP_SECONDS) * 1000) + 1);
		if (fds[0].revents)
			take(&fds[0].fd, answer->text);
		if (!fds[1].revents)
			continue;
		while (fds[0].fd >= 0 && !answer->text->overflow && take(&fds[0].fd, answer->text))
			;
		break;
	}
	if (answer->text->overflow)
		return error_set(err, "the box answered with more than the expected %zu bytes", answer->text->maximum - END_MAX);
	return 0;
}

/* Takes the mark of its end off; the shell's status, or -1 when it is not there. */
static int take_status(struct buffer *text)
{
	char *mark = NULL;
	int64_t status;

	if (!text->length)
		return -1;
	for (char *at = text->data; (at = memmem(at, text->length - (size_t)(at - text->data), END_MARK, strlen(END_MARK))); at++)
		mark = at;
	char *number = mark ? mark + strlen(END_MARK) : NULL;
	char *line_end = number ? strchr(number, '\n') : NULL;
	if (!line_end)
		return -1;
	*line_end = '\0';
	if (number_parse(number, 0, 255, &status) < 0)
		return -1;
	text->length = (size_t)(mark - text->data);
	return (int)status;
}

static int start_shell(const struct nspawn *nspawn, const char *script, int words, pid_t *ret_pid, struct error *err)
{
	autofree char *leader = text_format("%d", (int)nspawn->leader_pid);
	const char *const argv[] = {"nsenter", "-t", leader, "-a", "--", "/bin/sh", "-c", shell_command, NULL};
	autofd int input = script_file(script, err);

	if (input < 0)
		return -1;
	const struct process process = {.argv = argv, .environment = shell_environment, .directory = "/", .input_fd = input,
					.output_fd = words, .own_group = true};
	return process_start(&process, ret_pid, err);
}

/* After the last word; the shell's status, or -1. */
static int judge(pid_t pid, struct buffer *text, struct error *err)
{
	struct error problem = {0};
	int result = process_wait(pid, "nsenter", NULL, &problem), status = take_status(text);

	if (status < 0)
		error_set(err, "the shell in the box broke off%s%s", result < 0 ? ": " : "", result < 0 ? problem.message : "");
	error_clear(&problem);
	return status;
}

/* Fills the answer's text; the shell's status or -1. */
static int run_shell(struct machine *machine, const char *script, struct answer *answer, struct error *err)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_set_errno(err, errno, "cannot make a pipe");
	autofd int words = ends[0];
	fcntl(words, F_SETFL, O_NONBLOCK);
	int started = start_shell(machine->state, script, ends[1], &pid, err);
	close(ends[1]);
	if (started < 0)
		return -1;
	autofd int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	answer->words = words;
	answer->pidfd = pidfd;
	int result = pidfd < 0 ? error_set_errno(err, errno, "nsenter cannot be watched") : collect(machine, answer, err);
	if (result == 0)
		return judge(pid, answer->text, err);
	kill(-pid, SIGKILL); /* with all that it started and that did not make itself a daemon */
	process_wait(pid, "nsenter", NULL, NULL);
	return -1;
}

int nspawn_shell(struct machine *machine, const char *script, double seconds, struct buffer *output, struct error *err)
{
	double end = clock_seconds() + seconds;
	autobuffer struct buffer text = {.maximum = (output->maximum ? output->maximum : OUTPUT_MAX) + END_MAX};
	struct answer answer = {.end = end, .seconds = seconds, .text = &text};

	if (wait_for_manager(machine, seconds, err) < 0)
		return -1;
	int status = run_shell(machine, script, &answer, err);
	if (status < 0)
		return -1;
	if (text.length)
		buffer_add(output, text.data, text.length);
	return output->overflow ? error_set(err, "the box answered with more than the expected %zu bytes", output->maximum) : status;
}
