/* The guard: what an interrupted process leaves, and how it ends; and who waits for a lock. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/base.h"

static char *folder;

static int set_up(void **state)
{
	struct error err = {0};

	(void)state;
	return directory_temporary("/tmp", "hiebox-guard-", &folder, &err);
}

static int tear_down(void **state)
{
	struct error err = {0};

	(void)state;
	tree_remove(folder, &err);
	free(folder);
	return 0;
}

static void make(const char *name)
{
	autofree char *path = path_join(folder, name);

	if (file_write_plain(path, "x", 1, 0644, NULL) < 0)
		_exit(99);
}

/* The guarded process: makes files, a tree and a child, says that it is ready, and ends as told. */
static _Noreturn void work(int ready, int end)
{
	struct error err = {0};

	/* a shell's background jobs ignore SIGINT, and the guard would leave it so */
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	if (guard_begin(&err) < 0)
		_exit(98);
	autofree char *file = path_join(folder, "unfinished"), *done = path_join(folder, "done");
	autofree char *tree = path_join(folder, "tree");
	make("unfinished");
	make("done");
	guard_remember(file);
	guard_remember(done);
	guard_forget(done);
	directory_make(tree, 0755, &err);
	make("tree/inside");
	guard_remember(tree);
	pid_t child = fork();
	if (child == 0) {
		signal(SIGTERM, SIG_IGN);
		for (;;)
			pause();
	}
	if (write(ready, &child, sizeof child) != sizeof child)
		_exit(97);
	if (end > 255)
		kill(getpid(), SIGKILL);
	if (end >= 0) {
		kill(child, SIGKILL);
		_exit(end);
	}
	for (;;)
		pause();
}

static int run(int end, int number)
{
	int ready[2], status;
	pid_t child, pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		if (!freopen("/dev/null", "w", stderr))
			_exit(96);
		work(ready[1], end);
	}
	assert_int_equal(read(ready[0], &child, sizeof child), sizeof child);
	close(ready[0]);
	close(ready[1]);
	if (number)
		assert_int_equal(kill(pid, number), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void slow_guard(void)
{
	usleep(50000);
}

/* The child ends before its guard, which the machine gave no time after the fork, looks for its end. */
static void test_ends_before_the_guard(void **state)
{
	int status;

	(void)state;
	pid_t pid = fork();
	if (pid == 0) {
		alarm(20);
		if (pthread_atfork(NULL, slow_guard, NULL) != 0 || guard_begin(NULL) < 0)
			_exit(98);
		_exit(7);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
}

static bool there(const char *name)
{
	autofree char *path = path_join(folder, name);

	return path_exists(path);
}

static void test_interrupted(void **state)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};

	(void)state;
	for (size_t i = 0; i < LENGTH(numbers); i++) {
		int status = run(-1, numbers[i]);

		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), numbers[i]);
		assert_false(there("unfinished"));
		assert_false(there("tree"));
		assert_true(there("done"));
	}
}

static void test_ends_by_itself(void **state)
{
	(void)state;
	int status = run(7, 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
	status = run(256, 0); /* killed, as by the kernel when memory is short */
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
	assert_false(there("unfinished"));
	assert_false(there("tree"));
}

static void test_locks(void **state)
{
	struct error err = {0};
	autofree char *path = path_join(folder, "lock");
	int fd, ends[2];
	char word;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(lock_wait(path, "making a test", &fd, &err), 0);
	autofree char *text = NULL;
	assert_int_equal(file_read(path, 1000, &text, NULL, &err), 0);
	autofree char *wanted = text_format("process %ld, which is making a test", (long)getpid());
	assert_string_equal(text, wanted);
	pid_t pid = fork();
	if (pid == 0) {
		int again;

		close(fd);
		if (write(ends[1], "w", 1) != 1 || lock_wait(path, "waiting", &again, NULL) < 0)
			_exit(1);
		_exit(0);
	}
	assert_int_equal(read(ends[0], &word, 1), 1);
	usleep(100000);
	int status;
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0); /* still waiting */
	close(fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(ends[0]);
	close(ends[1]);
}

static void explains(const char *message, const char *words)
{
	struct error err = {0};

	error_set(&err, "%s", message);
	space_explain((const char *const[]){"/proc/no-such-place", "/dev/full", NULL}, &err);
	if (!strstr(err.message, words))
		fail_msg("%s", err.message);
	assert_true(text_ends(err.message, message));
	error_clear(&err);
}

static void test_space(void **state)
{
	struct error err = {0};

	(void)state;
	assert_int_equal(space_check(folder, 1, "a test", "--store", &err), 0);
	assert_int_equal(space_check(folder, UINT64_MAX, "a test", "--store", &err), -1);
	assert_non_null(strstr(err.message, folder));
	assert_non_null(strstr(err.message, "a test needs about"));
	assert_non_null(strstr(err.message, "--store"));
	error_clear(&err);
	explains("cannot write x: Disk quota exceeded", "the disk quota of this user is used up");
	explains("cannot write x: File too large", "files may not become large enough here");
	explains("something else", "something else");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_interrupted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_ends_by_itself, set_up, tear_down),
		cmocka_unit_test(test_ends_before_the_guard),
		cmocka_unit_test_setup_teardown(test_locks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_space, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
