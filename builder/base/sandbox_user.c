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
#include "base/sandbox_advice.h"
#include "base/sandbox_ids.h"

/* The name that subuid(5) goes by. */
static char *user_name(void)
{
	char space[4096];
	struct passwd entry, *found;

	if (getpwuid_r(getuid(), &entry, space, sizeof space, &found) == 0 && found)
		return text_copy(found->pw_name);
	return text_format("%u", (unsigned)getuid());
}

/* A missing file is the same as one without a line for this user. */
static char *read_or_empty(const char *path)
{
	char *text = file_text_or_null(path, (size_t)1 << 20);

	return text ? text : text_copy("");
}

/* newuidmap's own words say what it tried; why it could not is often to be seen from here. */
static int tool_failed(const struct surroundings *surroundings, const struct id_kind *kind,
		       struct error *own, struct error *err)
{
	autofree char *path = process_find(kind->tool);
	autofree char *reason = path ? explain_tool(surroundings, path) : NULL;

	if (reason)
		error_set(err, "%s", reason);
	else
		error_set(err, "cannot map the subordinate ids of %s: %s", kind->file, own->message);
	error_clear(own);
	return -1;
}

/* "inside outside count" triples for 0..65534: the user is 0. */
static int map_with_tool(const struct surroundings *surroundings, const struct id_kind *kind,
			 const char *const *target_and_own, const struct id_ranges *ranges, struct error *err)
{
	autostrings struct strings arguments = {0};
	struct process process = {0};
	struct error own = {0};
	int64_t mapped = 1;

	strings_add(&arguments, kind->tool);
	strings_add(&arguments, target_and_own[0]);
	strings_add_all(&arguments, (const char *const[]){"0", target_and_own[1], "1", NULL});
	for (size_t i = 0; i < ranges->count && mapped < IDS_INSIDE; i++) {
		int64_t count = ranges->items[i].count;

		if (count > IDS_INSIDE - mapped)
			count = IDS_INSIDE - mapped;
		strings_format(&arguments, "%lld", (long long)mapped);
		strings_format(&arguments, "%lld", (long long)ranges->items[i].first);
		strings_format(&arguments, "%lld", (long long)count);
		mapped += count;
	}
	process.argv = (const char *const *)arguments.items;
	if (process_run(&process, NULL, &own) < 0)
		return tool_failed(surroundings, kind, &own, err);
	return 0;
}

/* An ordinary user: 0 is the user, the others are subordinate. */
static int map_subordinate(const struct surroundings *surroundings, pid_t child, struct error *err)
{
	autofree char *name = user_name();
	autofree char *user_text = read_or_empty(id_kinds[0].file);
	autofree char *group_text = read_or_empty(id_kinds[1].file);
	autofree char *target = text_format("%d", (int)child);
	autoranges struct id_ranges users = {0};
	autoranges struct id_ranges groups = {0};
	struct id_ranges ranges[2] = {{0}, {0}};
	const struct subordinate subordinate = {
		.user = name,
		.ids = {geteuid(), getegid()},
		.texts = {user_text, group_text},
		.tools = process_available(id_kinds[0].tool) && process_available(id_kinds[1].tool),
	};
	int status = check_subordinate(surroundings, &subordinate, ranges, err);

	users = ranges[0];
	groups = ranges[1];
	for (size_t kind = 0; kind < 2 && status == 0; kind++) {
		autofree char *own = text_format("%u", subordinate.ids[kind]);

		status = map_with_tool(surroundings, &id_kinds[kind], (const char *const[]){target, own},
				       &ranges[kind], err);
	}
	return status;
}

/* Root without all capabilities: every id stays what it is, and only the powers are new. */
static int map_the_same(const struct surroundings *surroundings, pid_t child, struct error *err)
{
	for (size_t kind = 0; kind < 2; kind++) {
		autofree char *path = text_format("/proc/%d/%s", (int)child, id_kinds[kind].map);
		autobuffer struct buffer lines = {0};
		autoranges struct id_ranges here = {0};
		autofd int fd = -1;

		id_ranges_of_map(&here, surroundings->maps[kind] ? surroundings->maps[kind] : "");
		for (size_t i = 0; i < here.count; i++)
			buffer_format(&lines, "%lld %lld %lld\n", (long long)here.items[i].first,
				      (long long)here.items[i].first, (long long)here.items[i].count);
		fd = open(path, O_WRONLY | O_CLOEXEC);
		/* The kernel takes the whole map in one write. */
		if (fd < 0 || write(fd, lines.data, lines.length) != (ssize_t)lines.length)
			return error_set_errno(err, errno, "cannot write %s, the map of a user namespace",
					       path);
	}
	return 0;
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
	if (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0) {
		autosurroundings struct surroundings surroundings = {0};
		int refusal = errno;

		surroundings_read("", &surroundings);
		return explain_namespaces(&surroundings, refusal, err);
	}
	/* A change of ids clears it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_DUMPABLE, 1);
	return 0;
}

static int map_child(const struct surroundings *surroundings, pid_t child, struct handshake *pipes,
		     struct error *err)
{
	int errnum;

	close(pipes->up[1]);
	close(pipes->down[0]);
	if (!read_exactly(pipes->up[0], &errnum, sizeof errnum))
		return error_set(err, "cannot make a user namespace: the child died");
	if (errnum)
		return explain_namespaces(surroundings, errnum, err);
	if ((geteuid() == 0 ? map_the_same : map_subordinate)(surroundings, child, err) < 0)
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

static int split_in_two(const struct surroundings *surroundings, const sigset_t *signals,
			const sigset_t *before, struct error *err)
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
	status = map_child(surroundings, child, &pipes, err);
	close(pipes.up[0]);
	close(pipes.down[1]);
	if (status == 0)
		wait_outside(child, signals);
	waitpid(child, NULL, 0); /* its pipe ended, so it ends, too */
	return -1;
}

int sandbox_enter_user_namespace(struct error *err)
{
	autosurroundings struct surroundings surroundings = {0};
	sigset_t signals, before;
	int status;

	surroundings_read("", &surroundings);
	if (geteuid() == 0) {
		if (surroundings_check_ids(&surroundings, err) < 0)
			return -1;
		if (surroundings_are_enough(&surroundings))
			return 0;
		/* A container's root; with a namespace of its own it has all it needs. */
		if (surroundings_check_root(&surroundings, err) < 0)
			return -1;
	}
	signal(SIGCHLD, SIG_DFL); /* ignored by some callers: then nobody could be waited for */
	/* Blocked before the fork, so that none is lost between it and sigwaitinfo(). */
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, &before);
	status = split_in_two(&surroundings, &signals, &before, err);
	if (status < 0)
		sigprocmask(SIG_SETMASK, &before, NULL);
	return status;
}
