/* Running tools: what they are given, what they say, how they end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "base/base.h"

static char *scratch;

static int make_scratch(void **state)
{
	const char *parent = getenv("TMPDIR");

	(void)state;
	return directory_temporary(parent ? parent : "/tmp", "hiebox-process-", &scratch, NULL);
}

static int remove_scratch(void **state)
{
	int status = tree_remove(scratch, NULL);

	(void)state;
	free(scratch);
	return status;
}

/* Runs `sh -c script` and gives what it printed; the caller frees both. */
static int run_script(const char *script, struct process *process, char **ret_output,
		      struct error *err)
{
	const char *argv[] = {"sh", "-c", script, NULL};
	autobuffer struct buffer output = {0};
	int status;

	process->argv = argv;
	if (ret_output)
		process->output = &output;
	status = process_run(process, NULL, err);
	if (ret_output)
		*ret_output = buffer_steal(&output);
	process->argv = NULL;
	process->output = NULL;
	return status;
}

static void assert_script(const char *script, struct process *process, const char *expected)
{
	autofree char *output = NULL;
	struct error err = {0};

	if (run_script(script, process, &output, &err) < 0)
		fail_msg("%s", err.message);
	assert_string_equal(output, expected);
}

static void assert_failure(const char *script, const char *expected)
{
	struct process process = {0};
	struct error err = {0};

	assert_int_equal(run_script(script, &process, NULL, &err), -1);
	assert_string_equal(err.message, expected);
	error_clear(&err);
}

static void output_is_collected(void **state)
{
	(void)state;
	assert_script("echo one; echo two >&2", &(struct process){0}, "one\n");
	assert_script("cat", &(struct process){0}, ""); /* standard input is /dev/null */
}

static void both_streams_at_once_do_not_block(void **state)
{
	const char *argv[] = {
		"sh", "-c",
		"i=0; while [ $i -lt 3000 ]; do echo 0123456789012345678901234567890123456789; "
		"echo 0123456789012345678901234567890123456789 >&2; i=$((i+1)); done",
		NULL};
	autobuffer struct buffer output = {0};
	autobuffer struct buffer errors = {0};
	struct process process = {.argv = argv, .output = &output, .errors = &errors};

	(void)state;
	assert_int_equal(process_run(&process, NULL, NULL), 0);
	assert_int_equal(output.length, 3000 * 41);
	assert_int_equal(errors.length, 3000 * 41);
}

static void too_much_output_is_an_error(void **state)
{
	const char *argv[] = {"sh", "-c", "head -c 100000 /dev/zero; exit 3", NULL};
	autobuffer struct buffer output = {.maximum = 1000};
	struct process process = {.argv = argv, .output = &output};
	struct error err = {0};
	int status = 77;

	(void)state;
	assert_int_equal(process_run(&process, &status, &err), -1);
	assert_string_equal(err.message, "sh wrote more output than the expected 1000 bytes");
	assert_int_equal(status, 77);
	error_clear(&err);
}

static void three_ways_to_fail(void **state)
{
	const char *missing[] = {"hiebox-no-such-tool", "x", NULL};
	const char *absent[] = {"/nonexistent/tool", NULL};
	const char *denied[] = {"/dev/null", NULL};
	struct error err = {0};

	(void)state;
	assert_int_equal(process_run(&(struct process){.argv = missing}, NULL, &err), -1);
	assert_string_equal(err.message,
			    "the tool hiebox-no-such-tool is missing: it is not found in PATH");
	error_clear(&err);
	assert_int_equal(process_run(&(struct process){.argv = absent}, NULL, &err), -1);
	assert_string_equal(err.message, "the tool tool is missing: there is no /nonexistent/tool");
	error_clear(&err);
	assert_int_equal(process_run(&(struct process){.argv = denied}, NULL, &err), -1);
	assert_string_equal(err.message, "cannot run null: Permission denied");
	error_clear(&err);
	assert_failure("exit 3", "sh failed with exit status 3");
	assert_failure("kill -TERM $$", "sh was killed by signal 15 (Terminated)");
	assert_failure("echo out; echo bad thing >&2; exit 1",
		       "sh failed with exit status 1:\n  out\n  bad thing");
}

static void quoted_output_is_harmless(void **state)
{
	(void)state;
	assert_failure("printf '\\033[31mred\\033[0m\\t1%%\\r2%%\\r\\n\\n  x  \\n'; exit 1",
		       "sh failed with exit status 1:\n  ?[31mred?[0m 1%\n  2%\n    x");
}

static void only_the_end_is_quoted(void **state)
{
	struct process process = {0};
	struct error err = {0};

	(void)state;
	run_script("i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i+1)); done; exit 9",
		   &process, NULL, &err);
	assert_true(text_starts(err.message, "sh failed with exit status 9:\n  …\n  line 4980\n"));
	assert_true(text_ends(err.message, "\n  line 4999"));
	assert_true(strlen(err.message) < 6000);
	error_clear(&err);
}

static void the_exit_status_may_be_wanted(void **state)
{
	const char *argv[] = {"sh", "-c", "exit 3", NULL};
	const char *killed[] = {"sh", "-c", "kill -KILL $$", NULL};
	struct error err = {0};
	int status = 0;

	(void)state;
	assert_int_equal(process_run(&(struct process){.argv = argv}, &status, &err), 0);
	assert_int_equal(status, 3);
	assert_int_equal(process_run(&(struct process){.argv = killed}, &status, &err), -1);
	assert_string_equal(err.message, "sh was killed by signal 9 (Killed)");
	error_clear(&err);
}

static void directory_and_environment(void **state)
{
	const char *environment[] = {"PATH=/usr/bin:/bin", "A=b c", NULL};
	struct process process = {.environment = environment, .directory = "/usr"};
	struct error err = {0};

	(void)state;
	assert_script("pwd; echo \"$A\" $HOME", &process, "/usr\nb c\n");
	process.directory = "/nonexistent";
	assert_int_equal(run_script("true", &process, NULL, &err), -1);
	assert_string_equal(err.message, "cannot run sh: cannot enter the directory /nonexistent: "
					 "No such file or directory");
	error_clear(&err);
}

static void descriptors_are_given_and_no_others(void **state)
{
	autofree char *path = path_join(scratch, "target");
	autofree char *data = NULL;
	autofree char *script = NULL;
	autofd int leaked = open("/dev/zero", O_RDONLY);
	autofd int extra = open("/dev/null", O_RDWR | O_CLOEXEC);
	autofd int out = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int input[2];
	struct process process = {.output_fd = out, .extra_fds = {extra}};

	(void)state;
	assert_int_equal(pipe2(input, O_CLOEXEC), 0);
	assert_int_equal(fd_write_all(input[1], "words", 5, NULL), 0);
	close(input[1]);
	process.input_fd = input[0];
	script = text_format(
		"cat; [ -e /proc/$$/fd/%d ] && echo leaked; [ -e /proc/$$/fd/%d ] && echo kept",
		leaked, extra);
	assert_int_equal(run_script(script, &process, NULL, NULL), 0);
	close(input[0]);
	assert_int_equal(file_read(path, 100, &data, NULL, NULL), 0);
	assert_string_equal(data, "wordskept\n");
}

/* The log's text. The caller frees it. */
static char *read_log(void)
{
	char *data = NULL;

	assert_non_null(tool_log_path());
	assert_int_equal(file_read(tool_log_path(), 40 << 20, &data, NULL, NULL), 0);
	return data;
}

static void tools_are_logged(void **state)
{
	static const char *const environment[] = {"PATH=/usr/bin:/bin", "NPM_TOKEN=abc", "A=1", NULL};
	autofree char *folder = path_join(scratch, "logs");
	autofree char *text = NULL;
	struct process process = {.environment = environment, .directory = "/"};
	struct error err = {0};

	(void)state;
	tool_log_open(folder, "box", 2);
	assert_null(tool_log_path());
	assert_int_equal(run_script("echo before; printf 'get http://me:word@host/x'", &process, NULL, NULL), 0);
	assert_int_equal(run_script("echo out; echo err >&2; exit 2", &process, NULL, &err), -1);
	assert_string_equal(err.message, "sh failed with exit status 2:\n  out\n  err");
	text = read_log();
	assert_non_null(strstr(text, "1  $ sh -c 'echo before; printf '\\''get http://***@host/x'\\'''\n"
				     "1  on this machine, in /\n"
				     "1  environment: PATH=/usr/bin:/bin NPM_TOKEN=*** A=1\n"
				     "1| before\n1| get http://***@host/x\n1  exit status 0, "));
	assert_non_null(strstr(text, "2| out\n2| err\n2  exit status 2, "));
	error_prefix(&err, "the base");
	const struct tool_failure *failure = tool_log_failure(err.message);
	assert_non_null(failure);
	assert_int_equal(failure->number, 2);
	assert_string_equal(failure->summary, "sh failed with exit status 2");
	assert_string_equal(failure->argv.items[0], "sh");
	assert_false(failure->sandboxed);
	assert_null(tool_log_failure("another trouble"));
	error_clear(&err);
	tool_log_close();
	assert_null(tool_log_path());
}

static void ends_are_told_apart_in_the_log(void **state)
{
	autofree char *folder = path_join(scratch, "logs");
	const char *missing[] = {"hiebox-no-such-tool", NULL};
	struct process process = {.argv = missing};
	autofree char *text = NULL;

	(void)state;
	tool_log_open(folder, "ends", 9);
	assert_int_equal(process_run(&process, NULL, NULL), -1);
	process.argv = NULL;
	assert_int_equal(run_script("kill -9 $$", &process, NULL, NULL), -1);
	text = read_log();
	assert_non_null(strstr(text, "1  not started: the tool hiebox-no-such-tool is missing: "
				     "it is not found in PATH\n"));
	assert_non_null(strstr(text, "2  killed by signal 9 (Killed), "));
	tool_log_close();
}

/* Of a tool that writes without end the first and the last part are kept, and how much is not. */
static void the_log_is_bounded(void **state)
{
	autofree char *folder = path_join(scratch, "logs");
	autofree char *text = NULL;
	struct process process = {0};

	(void)state;
	tool_log_open(folder, "large", 9);
	assert_int_equal(run_script("echo first; seq 1000000 4000000; echo last", &process, NULL, NULL), 0);
	text = read_log();
	assert_true(strlen(text) > 16000000 && strlen(text) < 17000000);
	assert_non_null(strstr(text, "1| first\n1| 1000000\n"));
	assert_non_null(strstr(text, " bytes left out …\n"));
	assert_non_null(strstr(text, "1| 4000000\n1| last\n1  exit status 0"));
	tool_log_close();
}

static void old_logs_are_removed(void **state)
{
	autofree char *folder = path_join(scratch, "old-logs");
	struct process process = {0};
	autostrings struct strings names = {0};

	(void)state;
	assert_int_equal(directory_make(folder, 0755, NULL), 0);
	for (unsigned i = 0; i < 5; i++) {
		autofree char *path = text_format("%s/20250101-00000%u-x-1.log", folder, i);

		assert_int_equal(file_write_plain(path, "", 0, 0644, NULL), 0);
	}
	tool_log_open(folder, "new", 3);
	assert_int_equal(run_script(":", &process, NULL, NULL), 0);
	tool_log_close();
	assert_int_equal(directory_list(folder, &names, NULL), 0);
	assert_int_equal(names.count, 3);
	assert_string_equal(names.items[0], "20250101-000003-x-1.log");
}

static void tools_can_be_replaced(void **state)
{
	autofree char *fake = path_join(scratch, "fake");
	const char *argv[] = {"my-tool.x", "1", NULL};
	autobuffer struct buffer output = {0};
	struct process process = {.argv = argv, .output = &output};

	(void)state;
	assert_false(process_available("my-tool.x"));
	assert_int_equal(file_write_plain(fake, "#!/bin/sh\necho fake $1\n", 23, 0755, NULL), 0);
	setenv("HIEBOX_TOOL_MY_TOOL_X", fake, 1);
	assert_true(process_available("my-tool.x"));
	assert_int_equal(process_run(&process, NULL, NULL), 0);
	assert_string_equal(output.data, "fake 1\n");
	unsetenv("HIEBOX_TOOL_MY_TOOL_X");
	assert_true(process_available("sh"));
	assert_true(process_available("/bin/sh"));
	assert_false(process_available("/bin"));
	assert_true(processor_count() >= 1);
}

/* A daemon that keeps the pipes open must not hold us up. */
static void daemons_are_not_waited_for(void **state)
{
	double begun = clock_seconds();

	(void)state;
	assert_script("echo ready; sleep 30 & exit 0", &(struct process){0}, "ready\n");
	assert_true(clock_seconds() - begun < 10);
}

static void signals_are_as_usual_in_the_child(void **state)
{
	sigset_t blocked, before;

	(void)state;
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	/* The C library keeps signals 32 and 33 for itself, whatever their state. */
	assert_script("grep -c -E 'Sig(Blk|Ign).*0000000$' /proc/self/status", &(struct process){0},
		      "2\n");
	signal(SIGPIPE, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

static void starting_and_waiting(void **state)
{
	const char *argv[] = {"sh", "-c", "read word; echo got $word >&2; exit 4", NULL};
	const char *missing[] = {"hiebox-no-such-tool", NULL};
	struct process process = {.argv = argv};
	struct buffer output = {0};
	struct error err = {0};
	int ends[2];
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	process.input_fd = ends[0];
	assert_int_equal(process_start(&process, &pid, &err), 0);
	close(ends[0]);
	assert_int_equal(fd_write_all(ends[1], "hello\n", 6, &err), 0);
	close(ends[1]);
	assert_int_equal(process_wait(pid, "reader", NULL, &err), -1);
	assert_string_equal(err.message, "reader failed with exit status 4:\n  got hello");
	error_clear(&err);
	assert_int_equal(process_wait(pid, "reader", NULL, &err), -1);
	assert_string_equal(err.message, "cannot wait for reader: No child processes");
	error_clear(&err);
	process = (struct process){.argv = missing};
	assert_int_equal(process_start(&process, &pid, &err), -1);
	error_clear(&err);
	process.output = &output;
	assert_int_equal(process_start(&process, &pid, &err), -1);
	error_clear(&err);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nobody is left */
}

/* When hiebox is killed, its tools die with it. */
static void tools_die_with_us(void **state)
{
	int ends[2];
	char byte;
	pid_t child;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	child = fork();
	if (child == 0) {
		const char *argv[] = {"sh", "-c", "echo x; exec sleep 60", NULL};

		process_run(&(struct process){.argv = argv, .output_fd = ends[1]}, NULL, NULL);
		_exit(1);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_int_equal(read(ends[0], &byte, 1), 1); /* the newline */
	assert_int_equal(read(ends[0], &byte, 1), 0); /* the end: sleep is gone */
	close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_is_collected),
		cmocka_unit_test(both_streams_at_once_do_not_block),
		cmocka_unit_test(too_much_output_is_an_error),
		cmocka_unit_test(three_ways_to_fail),
		cmocka_unit_test(quoted_output_is_harmless),
		cmocka_unit_test(only_the_end_is_quoted),
		cmocka_unit_test(the_exit_status_may_be_wanted),
		cmocka_unit_test(directory_and_environment),
		cmocka_unit_test(descriptors_are_given_and_no_others),
		cmocka_unit_test(tools_are_logged),
		cmocka_unit_test(ends_are_told_apart_in_the_log),
		cmocka_unit_test(the_log_is_bounded),
		cmocka_unit_test(old_logs_are_removed),
		cmocka_unit_test(tools_can_be_replaced),
		cmocka_unit_test(daemons_are_not_waited_for),
		cmocka_unit_test(signals_are_as_usual_in_the_child),
		cmocka_unit_test(starting_and_waiting),
		cmocka_unit_test(tools_die_with_us),
	};

	return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
