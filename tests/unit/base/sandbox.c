/* The sandbox, as real root and inside the user namespace of an ordinary user. Every case runs in a
 * forked process in both situations; what this machine cannot do is skipped, not failed.
 * The root is a directory of links with the host's /usr bound into it: no distribution is needed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/base.h"

#define SKIPPED 77

static const struct sandbox_bind usr = {"/usr", "/usr", false};

/* One case: returns 0, or -1 with err. `scratch` holds "root" and is its own. */
typedef int sandbox_case(const char *scratch, struct error *err);

static int make_root(const char *scratch, struct error *err)
{
	static const char *const links[] = {"bin", "sbin", "lib", "lib64"};
	autofree char *root = path_join(scratch, "root");

	if (directory_make(root, 0755, err) < 0)
		return -1;
	for (size_t i = 0; i < LENGTH(links); i++) {
		autofree char *target = path_join("usr", links[i]);
		autofree char *link = path_join(root, links[i]);

		if (symlink(target, link) < 0)
			return error_set(err, "cannot make %s", link);
	}
	return 0;
}

/* The user that the first line of /etc/subuid names, or the caller when that is no root. */
static bool become_ordinary(void)
{
	autofree char *content = NULL;
	struct passwd *user;

	if (geteuid() != 0)
		return true;
	if (file_read("/etc/subuid", 100000, &content, NULL, NULL) < 0)
		return false;
	content[strcspn(content, ":")] = '\0';
	user = getpwnam(content);
	return user && setgroups(0, NULL) == 0 && setgid(user->pw_gid) == 0 &&
	       setuid(user->pw_uid) == 0;
}

/* The child of try_case(): exits with 0, 1 or SKIPPED. */
static _Noreturn void run_case(sandbox_case *run, bool ordinary)
{
	autofree char *scratch = NULL;
	const char *parent = getenv("TMPDIR");
	struct error err = {0};
	int status;

	alarm(60);
	/* A sanitizer's leak check cannot work in a process whose user has changed. */
	if (ordinary && (!become_ordinary() || !process_available("newuidmap")))
		_exit(SKIPPED);
	prctl(PR_SET_DUMPABLE, 1);
	if (ordinary && sandbox_enter_user_namespace(&err) < 0) {
		print_message("%s\n", err.message);
		_exit(SKIPPED);
	}
	if (directory_temporary(parent ? parent : "/tmp", "hiebox-sandbox-", &scratch, &err) < 0 ||
	    make_root(scratch, &err) < 0)
		_exit(SKIPPED);
	status = run(scratch, &err);
	if (err.message && strstr(err.message, "cannot make namespaces"))
		_exit(SKIPPED);
	if (status < 0)
		print_message("%s: %s\n", ordinary ? "as user" : "as root", err.message);
	if (tree_remove(scratch, &err) < 0) {
		print_message("%s\n", err.message);
		status = -1;
	}
	_exit(status < 0);
}

static bool try_case(sandbox_case *run, bool ordinary)
{
	int status;
	pid_t child = fork();

	if (child == 0)
		run_case(run, ordinary);
	waitpid(child, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED)
		return false;
	assert_int_equal(status, 0);
	return true;
}

static void both_ways(sandbox_case *run)
{
	bool tried = geteuid() == 0 && try_case(run, false);

	tried = try_case(run, true) || tried;
	if (!tried)
		skip();
}

/* Runs `sh -c script` in the sandbox and compares what it prints. */
static int expect(const struct sandbox *sandbox, const char *script, const char *expected,
		  struct error *err)
{
	const char *argv[] = {"sh", "-c", script, NULL};
	autobuffer struct buffer output = {0};
	struct process process = {.argv = argv, .sandbox = sandbox, .output = &output};

	buffer_text(&output, "");
	if (process_run(&process, NULL, err) < 0)
		return error_prefix(err, "%s", script);
	if (!text_equal(output.data, expected))
		return error_set(err, "%s\ngave:     %sexpected: %s", script, output.data,
				 expected);
	return 0;
}

static int expect_failure(const struct sandbox *sandbox, const char *script, const char *expected,
			  struct error *err)
{
	const char *argv[] = {"sh", "-c", script, NULL};
	struct process process = {.argv = argv, .sandbox = sandbox};
	struct error failure = {0};

	if (process_run(&process, NULL, &failure) == 0)
		return error_set(err, "%s: succeeded", script);
	if (!text_ends(failure.message, expected))
		return error_set(err, "%s\ngave:     %s\nexpected: %s", script, failure.message,
				 expected);
	error_clear(&failure);
	return 0;
}

static int check_surroundings(const char *scratch, struct error *err)
{
	autofree char *root = path_join(scratch, "root");
	struct sandbox sandbox = {.root = root, .binds = &usr, .bind_count = 1};

	if (expect(&sandbox, "id -u; id -g; uname -n; pwd; umask; echo $HOME $LC_ALL $TZ",
		   "0\n0\nhiebox\n/\n0022\n/root C.UTF-8 UTC\n", err) < 0)
		return -1;
	if (expect(&sandbox,
		   "cd /dev; echo *; head -c 3 zero | wc -c; echo x >null; head -c 2 urandom | wc "
		   "-c",
		   "fd full null ptmx pts random shm stderr stdin stdout tty urandom zero\n3\n2\n",
		   err) < 0)
		return -1;
	/* Its own processes, and only the loopback, which is up. */
	if (expect(&sandbox, "[ $$ -le 3 ] && echo few", "few\n", err) < 0)
		return -1;
	if (expect(&sandbox, "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '", "lo\n", err) < 0)
		return -1;
	if (expect(&sandbox, "[ $(grep -c 127.0.0.1 /proc/net/fib_trie) -gt 0 ] && echo up", "up\n",
		   err) < 0)
		return -1;
	return expect(&sandbox,
		      "ls -A /tmp /run; echo x >/tmp/y && echo x >/run/z && echo x >/dev/shm/w && "
		      "echo ok",
		      "/run:\n\n/tmp:\nok\n", err);
}

static int check_read_only(const char *scratch, struct error *err)
{
	autofree char *root = path_join(scratch, "root");
	autofree char *outside = path_join(scratch, "outside");
	autofree char *written = path_join(outside, "written");
	autofree char *link = path_join(root, "var-link");
	struct sandbox_bind binds[] = {
		usr, {outside, "/deep/er/place", true}, {outside, "/var-link/x", false}};
	struct sandbox sandbox = {
		.root = root, .binds = binds, .bind_count = 3, .host_name = "other"};

	if (directory_make(outside, 0755, err) < 0 || symlink("/etc", link) < 0)
		return error_set(err, "cannot prepare");
	if (expect(&sandbox,
		   "for f in /a /usr/a /etc/x/a; do (echo x >$f) 2>/dev/null || echo no; done; "
		   "uname -n",
		   "no\nno\nno\nother\n", err) < 0)
		return -1;
	if (expect(&sandbox, "echo x >/deep/er/place/written; cat /etc/x/written", "x\n", err) < 0)
		return -1;
	if (!path_exists(written))
		return error_set(err, "the writable bind was not written to");
	sandbox.root_writable = true;
	return expect(&sandbox, "echo x >/a; cat /a; touch /usr/a 2>/dev/null || echo no",
		      "x\nno\n", err);
}

static int check_ends(const char *scratch, struct error *err)
{
	autofree char *root = path_join(scratch, "root");
	struct sandbox sandbox = {.root = root, .binds = &usr, .bind_count = 1};
	struct sandbox nowhere = {.root = "/nonexistent"};
	struct sandbox empty = {.root = root};

	if (expect_failure(&sandbox, "echo words; exit 3", "sh failed with exit status 3:\n  words",
			   err) < 0 ||
	    expect_failure(&sandbox, "kill -KILL $$", "sh was killed by signal 9 (Killed)", err) <
		    0 ||
	    expect_failure(&sandbox, "kill -TERM $$", "sh was killed by signal 15 (Terminated)",
			   err) < 0 ||
	    expect_failure(&sandbox, "exit 143", "sh failed with exit status 143", err) < 0 ||
	    expect_failure(&nowhere, "true",
			   "cannot run sh: cannot find the sandbox's root /nonexistent: No such "
			   "file or directory",
			   err) < 0)
		return -1;
	return expect_failure(&empty, "true", "the tool sh is missing in the sandbox", err);
}

static int check_layers(const char *scratch, struct error *err)
{
	autofree char *root = path_join(scratch, "root");
	autofree char *top = path_join(scratch, "top:with,odd\\name");
	autofree char *upper = path_join(scratch, "upper");
	autofree char *work = path_join(scratch, "work");
	autofree char *in_root = path_join3(scratch, "root", "file");
	autofree char *in_top = path_join(top, "file");
	autofree char *added = path_join(upper, "added");
	const char *lower[] = {top, root, NULL};
	struct sandbox sandbox = {.lower = lower, .binds = &usr, .bind_count = 1};

	if (directory_make(top, 0755, err) < 0 || directory_make(upper, 0755, err) < 0 ||
	    directory_make(work, 0755, err) < 0 ||
	    file_write_plain(in_root, "low\n", 4, 0644, err) < 0 ||
	    file_write_plain(in_top, "high\n", 5, 0644, err) < 0)
		return -1;
	if (expect(&sandbox, "cat /file; echo x >/added; rm /file; [ -e /file ] || echo gone",
		   "high\ngone\n", err) < 0)
		return -1;
	if (expect(&sandbox, "cat /file /added 2>/dev/null; true", "high\n", err) < 0)
		return -1;
	sandbox.upper = upper;
	sandbox.work = work;
	if (expect(&sandbox, "echo x >/added; chown 33:44 /added; rm -r /file", "", err) < 0 ||
	    expect(&sandbox, "cat /added; stat -c %u:%g /added; [ -e /file ] || echo gone",
		   "x\n33:44\ngone\n", err) < 0)
		return -1;
	return path_exists(added) && path_exists(in_top)
		       ? 0
		       : error_set(err, "the upper half is not as expected");
}

static int check_many_layers(const char *scratch, struct error *err)
{
	autofree char *root = path_join(scratch, "root");
	autofree char *file = path_join(scratch, "a-directory-whose-name-is-rather-long-99/file99");
	autostrings struct strings lower = {0};
	struct sandbox sandbox = {.binds = &usr, .bind_count = 1};

	for (unsigned i = 0; i < 100; i++) {
		autofree char *name = text_format("a-directory-whose-name-is-rather-long-%u", i);

		strings_take(&lower, path_join(scratch, name));
		if (directory_make(lower.items[i], 0755, err) < 0)
			return -1;
	}
	strings_add(&lower, root);
	if (file_write_plain(file, "x", 1, 0644, err) < 0)
		return -1;
	sandbox.lower = (const char *const *)lower.items;
	return expect(&sandbox, "cat /file99", "x", err);
}

static int check_user(const char *scratch, struct error *err)
{
	autofree char *root = path_join(scratch, "root");
	struct sandbox sandbox = {
		.root = root, .binds = &usr, .bind_count = 1, .user = 33, .group = 44};

	if (chmod(scratch, 0755) < 0)
		return error_set(err, "cannot prepare");
	return expect(&sandbox, "id -u; id -g; id -G; echo x >/tmp/mine; stat -c %u:%g /tmp/mine; grep NoNewPrivs: /proc/self/status",
		      "33\n44\n44\n33:44\nNoNewPrivs:\t1\n", err);
}

/* What the program leaves behind ends with it. */
static int check_daemons(const char *scratch, struct error *err)
{
	autofree char *root = path_join(scratch, "root");
	struct sandbox sandbox = {.root = root, .binds = &usr, .bind_count = 1};
	double begun = clock_seconds();

	if (expect(&sandbox, "sleep 40 & (sleep 40 &) ; echo ready", "ready\n", err) < 0)
		return -1;
	return clock_seconds() - begun < 20 ? 0 : error_set(err, "it was waited for");
}

/* When hiebox is killed, everything inside is gone: the pipe that the innermost process holds ends.
 */
static int check_killing(const char *scratch, struct error *err)
{
	autofree char *root = path_join(scratch, "root");
	struct sandbox sandbox = {.root = root, .binds = &usr, .bind_count = 1};
	int ends[2];
	char byte = 0;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_set(err, "no pipe");
	child = fork();
	if (child == 0) {
		const char *argv[] = {"sh", "-c", "(trap '' TERM; sleep 50) & echo; sleep 50",
				      NULL};
		struct process process = {.argv = argv, .sandbox = &sandbox, .output_fd = ends[1]};

		process_run(&process, NULL, NULL);
		_exit(1);
	}
	close(ends[1]);
	if (read(ends[0], &byte, 1) != 1)
		return error_set(err, "it did not start");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	if (read(ends[0], &byte, 1) != 0)
		return error_set(err, "something lives on");
	return 0;
}

static int run_inside(void *context, size_t index, struct error *err)
{
	autofree char *script = text_format("echo %zu >/tmp/x; cat /tmp/x", index);
	autofree char *expected = text_format("%zu\n", index);

	return expect(context, script, expected, err);
}

static int check_threads(const char *scratch, struct error *err)
{
	autofree char *root = path_join(scratch, "root");
	struct sandbox sandbox = {.root = root, .binds = &usr, .bind_count = 1};

	return parallel_each(24, 4, run_inside, &sandbox, err);
}

static int check_started(const char *scratch, struct error *err)
{
	autofree char *root = path_join(scratch, "root");
	struct sandbox sandbox = {.root = root, .binds = &usr, .bind_count = 1};
	const char *argv[] = {"wc", "-c", NULL};
	struct process process = {.argv = argv, .sandbox = &sandbox};
	struct error failure = {0};
	int ends[2], status = -1;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_set(err, "no pipe");
	process.input_fd = ends[0];
	if (process_start(&process, &pid, err) < 0)
		return -1;
	close(ends[0]);
	if (fd_write_all(ends[1], "12345", 5, err) < 0)
		return -1;
	close(ends[1]);
	if (process_wait(pid, "wc", &status, err) < 0)
		return -1;
	argv[0] = "no-such-tool";
	process.input_fd = 0;
	if (process_start(&process, &pid, &failure) == 0 ||
	    !text_equal(failure.message, "the tool no-such-tool is missing in the sandbox"))
		return error_set(err, "a missing tool was started");
	error_clear(&failure);
	return status == 0 ? 0 : error_set(err, "wc failed");
}

/* The process that stays outside ends as the one inside does, by a signal as well, and passes on
 * what it is sent. */
static void the_outside_follows(void **state)
{
	int status, ends[2];
	char byte;
	pid_t child;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	child = fork();
	if (child == 0) {
		alarm(60);
		if (!become_ordinary() || prctl(PR_SET_DUMPABLE, 1) < 0 ||
		    sandbox_enter_user_namespace(NULL) < 0)
			_exit(SKIPPED);
		if (geteuid() != 0 || write(ends[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ends[1]);
	if (read(ends[0], &byte, 1) == 1)
		kill(child, SIGTERM);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	close(ends[0]);
	if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED)
		skip();
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGTERM);
}

static void surroundings(void **state)
{
	(void)state;
	both_ways(check_surroundings);
}
static void read_only(void **state)
{
	(void)state;
	both_ways(check_read_only);
}
static void ends(void **state)
{
	(void)state;
	both_ways(check_ends);
}
static void layers(void **state)
{
	(void)state;
	both_ways(check_layers);
}
static void many_layers(void **state)
{
	(void)state;
	both_ways(check_many_layers);
}
static void user(void **state)
{
	(void)state;
	both_ways(check_user);
}
static void daemons(void **state)
{
	(void)state;
	both_ways(check_daemons);
}
static void killing(void **state)
{
	(void)state;
	both_ways(check_killing);
}
static void threads(void **state)
{
	(void)state;
	both_ways(check_threads);
}
static void started(void **state)
{
	(void)state;
	both_ways(check_started);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(surroundings),
		cmocka_unit_test(read_only),
		cmocka_unit_test(ends),
		cmocka_unit_test(layers),
		cmocka_unit_test(many_layers),
		cmocka_unit_test(user),
		cmocka_unit_test(daemons),
		cmocka_unit_test(killing),
		cmocka_unit_test(threads),
		cmocka_unit_test(started),
		cmocka_unit_test(the_outside_follows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
