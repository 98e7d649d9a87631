#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/memory.h"
#include "base/sandbox_advice.h"
#include "base/sandbox_mounts.h"
#include "base/sandbox_sync.h"

#define EXIT_LOST 125 /* the reaper vanished without a word */

static int explain(int errnum, struct error *err)
{
	autosurroundings struct surroundings surroundings = {0};

	surroundings_read("", &surroundings);
	return explain_namespaces(&surroundings, errnum, err);
}

/* New namespaces, in which no mount reaches the outside. */
static int separate(int flags, struct error *err)
{
	if (unshare(flags) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return explain(errno, err);
	return 0;
}

int sandbox_private_mounts(struct error *err)
{
	return separate(CLONE_NEWNS, err);
}

/* A new network namespace has its loopback down, and servers that start during a build need it. */
static int loopback_up(struct error *err)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	autofd int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		return error_set_errno(err, errno, "cannot bring up the sandbox's loopback");
	return 0;
}

/* The processes between hiebox and the program hold no file of it: a pipe must end with its
 * program. */
static void close_all_but(int keep)
{
	if (keep > 0)
		close_range(0, (unsigned)keep - 1, 0);
	close_range((unsigned)keep + 1, ~0U, 0);
}

/* Ends as the program did: the same exit status, or death by the same signal. */
static _Noreturn void end_like(int status)
{
	const struct rlimit no_core = {0, 0};

	if (WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	setrlimit(RLIMIT_CORE, &no_core);
	signal(WTERMSIG(status), SIG_DFL);
	kill(getpid(), WTERMSIG(status));
	_exit(128 + WTERMSIG(status));
}

/* Outside the pid namespace: waits for the reaper. An init process cannot die by its own signal, so
 * the program's wait status comes by a pipe. */
static _Noreturn void stand_for(pid_t reaper, int status_fd)
{
	int status = EXIT_LOST << 8, own;
	ssize_t got;

	close_all_but(status_fd);
	do
		got = read(status_fd, &status, sizeof status);
	while (got < 0 && errno == EINTR);
	while (waitpid(reaper, &own, 0) < 0 && errno == EINTR)
		;
	end_like(got == sizeof status ? status : own);
}

/* Process 1 inside: reaps orphans until the program ends. Its own end makes the kernel kill
 * whatever is left in the pid namespace. */
static _Noreturn void reap(pid_t program, int status_fd)
{
	int status;

	close_all_but(status_fd);
	for (;;) {
		pid_t ended = waitpid(-1, &status, 0);

		if (ended < 0 && errno != EINTR)
			_exit(EXIT_LOST);
		if (ended == program)
			break;
	}
	if (write(status_fd, &status, sizeof status) != sizeof status)
		_exit(EXIT_LOST);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

/* Dies with the parent, which reads the other end of `status_fd`. It may have died before this
 * call: then that pipe has no reader any more. */
static int die_with_parent(int status_fd, struct error *err)
{
	struct pollfd parent = {.fd = status_fd};

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return error_set_errno(err, errno, "cannot tie the sandbox to its parent");
	if (poll(&parent, 1, 0) == 1 && parent.revents & POLLERR)
		_exit(EXIT_LOST);
	return 0;
}

/* Forks process 1 of the pid namespace; the calling process stays outside and stands for it.
 * Returns in process 1 only. */
static int become_init(int *ret_status_fd, struct error *err)
{
	int ends[2];
	pid_t reaper;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_set_errno(err, errno, "cannot make a pipe");
	reaper = fork();
	if (reaper < 0)
		return error_set_errno(err, errno, "cannot start the sandbox's first process");
	if (reaper > 0)
		stand_for(reaper, ends[0]);
	close(ends[0]);
	if (die_with_parent(ends[1], err) < 0)
		return -1;
	*ret_status_fd = ends[1];
	return 0;
}

static int become_user(const struct sandbox *sandbox, struct error *err)
{
	gid_t group = sandbox->group;

	if (setgroups(sandbox->user ? 1 : 0, &group) < 0 || setresgid(group, group, group) < 0 ||
	    setresuid(sandbox->user, sandbox->user, sandbox->user) < 0)
		return error_set_errno(err, errno, "cannot become user %u, group %u in the sandbox",
				       (unsigned)sandbox->user, (unsigned)group);
	/* who gave root up does not get it back by a set-user-ID program of the tree */
	if (sandbox->user && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return error_set_errno(err, errno, "cannot give up privileges in the sandbox");
	return 0;
}

/* Packages' scripts may write it down, so it must be the same everywhere. podman's filter of system calls
 * keeps it as it is: then it has to be right from the start. */
static int set_host_name(const char *name, struct error *err)
{
	autosurroundings struct surroundings surroundings = {0};
	char now[256] = "";
	int errnum;

	if (sethostname(name, strlen(name)) == 0)
		return 0;
	errnum = errno;
	if (gethostname(now, sizeof now - 1) == 0 && text_equal(now, name))
		return 0;
	surroundings_read("", &surroundings);
	return explain_host_name(&surroundings, name, errnum, err);
}

static int prepare_inside(const struct sandbox *sandbox, struct error *err)
{
	if (set_host_name(sandbox->host_name ? sandbox->host_name : "hiebox", err) < 0)
		return -1;
	if (!sandbox->keep_network && loopback_up(err) < 0)
		return -1;
	/* What is made inside must not depend on who builds; missing places are made under it as
	 * well. */
	umask(022);
	return sandbox_mount_all(sandbox, err);
}

int sandbox_enter(const struct sandbox *sandbox, struct error *err)
{
	int network = sandbox->keep_network ? 0 : CLONE_NEWNET;
	int status_fd = -1;
	pid_t program;

	if (separate(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | network, err) < 0)
		return -1;
	if (become_init(&status_fd, err) < 0)
		return -1;
	if (prepare_inside(sandbox, err) < 0)
		return -1;
	program = fork();
	if (program < 0)
		return error_set_errno(err, errno, "cannot start a process in the sandbox");
	if (program > 0)
		reap(program, status_fd);
	close(status_fd);
	if (sandbox->no_sync)
		sandbox_ignore_sync();
	return become_user(sandbox, err);
}
