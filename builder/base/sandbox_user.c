/* Becoming root of a user namespace, as an ordinary user. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/files.h"
#include "base/memory.h"
#include "base/process.h"
#include "base/sandbox.h"

#define IDS_WANTED 65535 /* 1..65535; 0 is the user */

/* One of the two kinds of ids and everything that differs between them. */
struct id_kind {
	const char *file;
	const char *tool;
	const char *option; /* of usermod */
};
static const struct id_kind user_ids = {"/etc/subuid", "newuidmap", "--add-subuids"};
static const struct id_kind group_ids = {"/etc/subgid", "newgidmap", "--add-subgids"};

static char *user_name(void)
{
	char space[4096];
	struct passwd entry, *found;

	if (getpwuid_r(getuid(), &entry, space, sizeof space, &found) == 0 && found)
		return text_copy(found->pw_name);
	return text_format("%u", (unsigned)getuid());
}

/* Reads "name:start:count" when it is about this user (by name or number); subuid(5). */
static bool read_range(const char *line, const char *name, int64_t *ret_start, int64_t *ret_count)
{
	autofree char *number = text_format("%u", (unsigned)getuid());
	autostrings struct strings fields = {0};

	strings_split(&fields, line, ": \t\r");
	return fields.count == 3 &&
	       (text_equal(fields.items[0], name) || text_equal(fields.items[0], number)) &&
	       number_parse(fields.items[1], 1, UINT32_MAX, ret_start) == 0 &&
	       number_parse(fields.items[2], 1, UINT32_MAX, ret_count) == 0;
}

/* Where the next range may begin: behind all others, and where useradd would begin at the earliest.
 */
static int64_t free_start(const struct strings *lines)
{
	int64_t next = 100000;

	for (size_t i = 0; i < lines->count; i++) {
		autostrings struct strings fields = {0};
		int64_t start, count;

		strings_split(&fields, lines->items[i], ": \t\r");
		if (fields.count == 3 &&
		    number_parse(fields.items[1], 1, UINT32_MAX, &start) == 0 &&
		    number_parse(fields.items[2], 1, UINT32_MAX, &count) == 0 &&
		    start + count > next)
			next = start + count;
	}
	return next;
}

static int too_few_ids(const struct id_kind *kind, const char *name, const struct strings *lines,
		       int64_t found, struct error *err)
{
	int64_t start = free_start(lines);

	return error_set(err,
			 "user %s has %lld subordinate ids in %s, %d are needed.\n"
			 "  Run once as root:  usermod %s %lld-%lld %s\n"
			 "  or add this line to %s:  %s:%lld:65536",
			 name, (long long)found, kind->file, IDS_WANTED, kind->option,
			 (long long)start, (long long)start + 65535, name, kind->file, name,
			 (long long)start);
}

/* Adds "inside outside count" triples for 0..65535 to the arguments of newuidmap or newgidmap. */
static int add_map(const struct id_kind *kind, unsigned own_id, struct strings *arguments,
		   struct error *err)
{
	autofree char *name = user_name();
	autofree char *content = NULL;
	autostrings struct strings lines = {0};
	int64_t mapped = 0;

	/* A missing file is the same as one without a line for this user. */
	if (file_read(kind->file, (size_t)1 << 20, &content, NULL, NULL) == 0)
		strings_split(&lines, content, "\n");
	strings_add(arguments, "0");
	strings_format(arguments, "%u", own_id);
	strings_add(arguments, "1");
	for (size_t i = 0; i < lines.count && mapped < IDS_WANTED; i++) {
		int64_t start, count;

		if (!read_range(lines.items[i], name, &start, &count))
			continue;
		if (count > IDS_WANTED - mapped)
			count = IDS_WANTED - mapped;
		strings_format(arguments, "%lld", (long long)mapped + 1);
		strings_format(arguments, "%lld", (long long)start);
		strings_format(arguments, "%lld", (long long)count);
		mapped += count;
	}
	return mapped < IDS_WANTED ? too_few_ids(kind, name, &lines, mapped, err) : 0;
}

static int map_ids(const struct id_kind *kind, pid_t child, unsigned own_id, struct error *err)
{
	autostrings struct strings arguments = {0};
	struct process process = {0};

	if (!process_available(kind->tool))
		return error_set(
			err,
			"the tool %s is missing; it is in the package uidmap (Debian, Ubuntu), "
			"shadow-utils (Fedora), shadow (Arch), shadow-uidmap (Alpine)",
			kind->tool);
	strings_add(&arguments, kind->tool);
	strings_format(&arguments, "%d", (int)child);
	if (add_map(kind, own_id, &arguments, err) < 0)
		return -1;
	process.argv = (const char *const *)arguments.items;
	if (process_run(&process, NULL, err) < 0)
		return error_prefix(
			err,
			"cannot map the subordinate ids of %s (see %s; %s must be set-user-ID root "
			"or have its file capability)",
			arguments.items[3], kind->file, kind->tool);
	return 0;
}

/* Does the sysctl file hold this value? */
static bool setting_is(const char *path, const char *value)
{
	autofree char *text = NULL;

	if (file_read(path, 64, &text, NULL, NULL) < 0)
		return false;
	text[strcspn(text, "\n")] = '\0';
	return text_equal(text, value);
}

/* Why this system does not allow user namespaces, with the line that would. */
static int explain_refusal(int errnum, struct error *err)
{
	const char *line = NULL;

	if (setting_is("/proc/sys/kernel/unprivileged_userns_clone", "0"))
		line = "sysctl kernel.unprivileged_userns_clone=1";
	else if (setting_is("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1"))
		line = "sysctl kernel.apparmor_restrict_unprivileged_userns=0";
	else if (setting_is("/proc/sys/user/max_user_namespaces", "0") || errnum == ENOSPC)
		line = "sysctl user.max_user_namespaces=65536";
	if (line)
		return error_set(err,
				 "this system does not allow user namespaces to ordinary users.\n"
				 "  Run once as root:  %s\n  or run hiebox as root",
				 line);
	return error_set_errno(err, errnum,
			       "cannot become root of a user namespace (a container must allow "
			       "it; or run hiebox as root)");
}

/* The two directions between parent and child: errno of unshare up, "mapped" down. */
struct handshake {
	int up[2];
	int down[2];
};

static bool read_exactly(int fd, void *bytes, size_t length)
{
	ssize_t got;

	do
		got = read(fd, bytes, length);
	while (got < 0 && errno == EINTR);
	return got == (ssize_t)length;
}

/* The process that goes on. Returns 0 as root of the namespace. */
static int continue_inside(struct handshake *pipes, struct error *err)
{
	char mapped;
	int errnum;

	close(pipes->up[0]);
	close(pipes->down[1]);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	errnum = unshare(CLONE_NEWUSER) < 0 ? errno : 0;
	if (fd_write_all(pipes->up[1], &errnum, sizeof errnum, NULL) < 0 ||
	    !read_exactly(pipes->down[0], &mapped, 1))
		_exit(1); /* the parent tells why */
	close(pipes->up[1]);
	close(pipes->down[0]);
	/* Ubuntu's AppArmor lets everybody make a namespace and only then takes its powers away. */
	if (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return explain_refusal(errno, err);
	/* A change of ids clears it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_DUMPABLE, 1);
	return 0;
}

static int map_child(pid_t child, struct handshake *pipes, struct error *err)
{
	int errnum;

	close(pipes->up[1]);
	close(pipes->down[0]);
	if (!read_exactly(pipes->up[0], &errnum, sizeof errnum))
		return error_set(err, "cannot make a user namespace: the child died");
	if (errnum)
		return explain_refusal(errnum, err);
	if (map_ids(&user_ids, child, (unsigned)geteuid(), err) < 0 ||
	    map_ids(&group_ids, child, (unsigned)getegid(), err) < 0)
		return -1;
	return fd_write_all(pipes->down[1], "m", 1, err);
}

/* Stays outside: passes signals on and ends as the child ends. */
static _Noreturn void wait_outside(pid_t child, const sigset_t *signals)
{
	const struct rlimit no_core = {0, 0};
	int status;

	for (;;) {
		siginfo_t info;
		int number = sigwaitinfo(signals, &info);

		/* A terminal sends to all of its foreground processes: the child has that one
		 * already. */
		if (number > 0 && number != SIGCHLD && info.si_code != SI_KERNEL)
			kill(child, number);
		if (waitpid(child, &status, WNOHANG) == child)
			break;
	}
	if (WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	setrlimit(RLIMIT_CORE, &no_core);
	signal(WTERMSIG(status), SIG_DFL);
	sigprocmask(SIG_UNBLOCK, signals, NULL);
	kill(getpid(), WTERMSIG(status));
	_exit(128 + WTERMSIG(status));
}

static int split_in_two(const sigset_t *signals, const sigset_t *before, struct error *err)
{
	struct handshake pipes;
	pid_t child;
	int status;

	if (pipe2(pipes.up, O_CLOEXEC) < 0 || pipe2(pipes.down, O_CLOEXEC) < 0)
		return error_set_errno(err, errno, "cannot make a pipe");
	fflush(NULL); /* what is buffered now would be written by both */
	child = fork();
	if (child < 0)
		return error_set_errno(err, errno, "cannot start a process");
	if (child == 0) {
		sigprocmask(SIG_SETMASK, before, NULL);
		return continue_inside(&pipes, err);
	}
	status = map_child(child, &pipes, err);
	close(pipes.up[0]);
	close(pipes.down[1]);
	if (status == 0)
		wait_outside(child, signals);
	waitpid(child, NULL, 0); /* its pipe ended, so it ends, too */
	return -1;
}

int sandbox_enter_user_namespace(struct error *err)
{
	sigset_t signals, before;
	int status;

	if (geteuid() == 0)
		return 0;
	signal(SIGCHLD, SIG_DFL); /* ignored by some callers: then nobody could be waited for */
	/* Blocked before the fork, so that none is lost between it and sigwaitinfo(). */
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, &before);
	status = split_in_two(&signals, &before, err);
	if (status < 0)
		sigprocmask(SIG_SETMASK, &before, NULL);
	return status;
}
