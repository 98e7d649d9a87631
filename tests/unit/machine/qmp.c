/* QEMU's monitor: greeting, answers, events, and what is none of these. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "machine/qmp.h"

#define GREETING "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 22, \"minor\": 2, \"major\": 7}}, \"capabilities\": [\"oob\"]}}\r\n"
#define RUNNING "{\"return\": {\"status\": \"running\", \"singlestep\": false, \"running\": true}}\r\n"

/* Says each text, and takes a line of a command after each but the last. */
static pid_t play(int fd, const char *const *texts)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (size_t i = 0; texts[i]; i++) {
		char byte = 0;

		send(fd, texts[i], strlen(texts[i]), MSG_NOSIGNAL);
		while (texts[i + 1] && byte != '\n' && recv(fd, &byte, 1, 0) == 1)
			;
	}
	pause();
	_exit(0);
}

static struct qmp *open_with(const char *const *texts, pid_t *ret_pid, struct error *err)
{
	struct qmp *qmp = NULL;
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	*ret_pid = play(ends[1], texts);
	close(ends[1]);
	if (qmp_open(ends[0], 2, &qmp, err) < 0)
		assert_null(qmp);
	return qmp;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void commands_and_events(void **state)
{
	static const char *const texts[] = {
		GREETING, "{\"return\": {}}\r\n", "{\"event\": \"NIC_RX_FILTER_CHANGED\", \"data\": {}}\r\n" RUNNING,
		"{\"timestamp\": {\"seconds\": 1, \"microseconds\": 2}, \"event\": \"RESET\", \"data\": {\"guest\": true, \"reason\": "
		"\"guest-reset\"}}\r\n{\"return\": {}}\r\n",
		"{\"error\": {\"class\": \"GenericError\", \"desc\": \"no such thing\"}}\r\n"
		"{\"event\": \"SHUTDOWN\", \"data\": {\"guest\": true, \"reason\": \"guest-shutdown\"}}\r\n"
		"{\"event\": \"BLOCK_IO_ERROR\", \"data\": {\"operation\": \"write\", \"nospace\": true, \"action\": \"stop\"}}\r\n"
		"{\"event\": \"STOP\"}\r\n",
		NULL,
	};
	struct error err = {0};
	pid_t pid;
	struct qmp *qmp = open_with(texts, &pid, &err);

	(void)state;
	assert_non_null(qmp);
	assert_string_equal(qmp_status(qmp), "running");
	assert_int_equal(qmp_seen(qmp)->resets, 0);
	assert_int_equal(qmp_command(qmp, "system_powerdown", NULL, &err), 0);
	assert_int_equal(qmp_seen(qmp)->resets, 1);
	assert_int_equal(qmp_command(qmp, "send-key", "{\"keys\":[]}", &err), -1);
	assert_string_equal(err.message, "QEMU refuses send-key: no such thing");
	error_clear(&err);
	qmp_take(qmp);
	assert_true(qmp_seen(qmp)->off_by_guest);
	assert_false(qmp_seen(qmp)->off_by_host);
	assert_true(qmp_seen(qmp)->no_space);
	assert_true(qmp_seen(qmp)->stopped);
	end(pid);
	assert_int_equal(qmp_command(qmp, "stop", NULL, &err), -1);
	error_clear(&err);
	qmp_take(qmp);
	assert_int_equal(qmp_fd(qmp), -1);
	qmp_close(qmp);
}

static void assert_not_opened(const char *const *texts, const char *expected)
{
	struct error err = {0};
	pid_t pid;

	assert_null(open_with(texts, &pid, &err));
	if (!strstr(err.message, expected))
		fail_msg("expected \"%s\" in \"%s\"", expected, err.message);
	error_clear(&err);
	end(pid);
}

static void garbage_is_an_error(void **state)
{
	static const char *const silent[] = {"", NULL}, *const words[] = {"QEMU 7.2 monitor\r\n(qemu) ", NULL},
			       *const list[] = {"[1, 2]\r\n", NULL}, *const text[] = {"\"QMP\"\r\n", NULL},
			       *const number[] = {GREETING, "{\"return\": 7}\r\n", "{\"event\": 8}\r\n{}\r\n", NULL},
			       *const broken[] = {GREETING, "{\"return\": \r\n", NULL},
			       *const zero[] = {GREETING, "{\"return\": {}}\n", "{\"return\": {\"status\": \"prelaunch\"}}\n", NULL},
			       *const refused[] = {GREETING, "{\"error\": {}}\n", NULL};

	(void)state;
	assert_not_opened(silent, "does not answer within");
	assert_not_opened(words, "does not speak QMP");
	assert_not_opened(list, "does not speak QMP");
	assert_not_opened(text, "does not speak QMP");
	assert_not_opened(number, "does not speak QMP");
	assert_not_opened(broken, "does not speak QMP");
	assert_not_opened(zero, "its machine does not run: prelaunch");
	assert_not_opened(refused, "QEMU refuses qmp_capabilities: an error without words");
}

static void a_line_without_end_is_an_error(void **state)
{
	struct qmp *qmp = NULL;
	struct error err = {0};
	int ends[2];
	pid_t pid;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		char block[65536];

		memset(block, '{', sizeof block);
		while (send(ends[1], block, sizeof block, MSG_NOSIGNAL) > 0)
			;
		_exit(0);
	}
	close(ends[1]);
	assert_int_equal(qmp_open(ends[0], 30, &qmp, &err), -1);
	assert_non_null(strstr(err.message, "does not speak QMP"));
	error_clear(&err);
	end(pid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_and_events),
		cmocka_unit_test(garbage_is_an_error),
		cmocka_unit_test(a_line_without_end_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
