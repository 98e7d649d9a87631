/* A person at a terminal: keys go into the box, its console comes out, Ctrl-C asks for an end, the terminal is given
 * back. With a script in QEMU's place, and a pseudo-terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>

#include "machine/machine.h"

/* Says back what is typed, until it is told by the monitor to switch off. */
static const char qemu[] =
	"#!/bin/bash\n"
	"for word; do case $word in\n"
	"socket,id=monitor,fd=*) m=${word##*=} ;;\n"
	"socket,id=console,fd=*) c=${word##*=} ;;\n"
	"esac; done\n"
	"say() { printf '%s\\n' \"$*\" >&$m; }\n"
	"hear() { read -r line <&$m; }\n"
	"say '{\"QMP\":{}}'; hear; say '{\"return\":{}}'; hear; say '{\"return\":{\"status\":\"running\"}}'\n"
	"( printf 'login: ' >&$c; while IFS= read -r -n 1 -d '' key <&$c; do printf '<%d>' \"'$key\" >&$c; done ) &\n"
	"hear; say '{\"return\":{}}'; say '{\"event\":\"SHUTDOWN\",\"data\":{\"guest\":true}}'; kill $!; exit 0\n";

static const char sector[512] = {(char)0xeb, [510] = 0x55, [511] = (char)0xaa};
static char *folder;

static int begin(void **state)
{
	autofree char *path = NULL;

	(void)state;
	if (directory_temporary("/tmp", "hiebox-terminal-", &folder, NULL) < 0)
		return -1;
	path = path_join(folder, "qemu");
	setenv("HIEBOX_TOOL_QEMU_SYSTEM_X86_64", path, 1);
	setenv("HIEBOX_ACCEL", "kvm", 1);
	return file_write(path, qemu, strlen(qemu), 0755, NULL);
}

static int finish(void **state)
{
	int answer = tree_remove(folder, NULL);

	(void)state;
	free(folder);
	return answer;
}

/* What `hiebox run` does, on the terminal `slave`. Its exit status tells how machine_wait() ended, and whether the
 * terminal is as it was. */
static _Noreturn void run_on(int slave)
{
	autofree char *disk = path_join(folder, "disk");
	struct machine_settings settings = {.kind = MACHINE_QEMU, .disk = disk, .memory = 1 << 20, .terminal = true};
	struct machine *machine = NULL;
	struct error err = {0};
	struct termios before, after;
	int answer;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setsid();
	if (ioctl(slave, TIOCSCTTY, 0) < 0 || dup2(slave, 0) < 0 || dup2(slave, 1) < 0 || dup2(slave, 2) < 0 ||
	    file_write(disk, sector, 512, 0644, NULL) < 0)
		_exit(90);
	tcgetattr(0, &before);
	if (machine_open(&settings, &machine, &err) < 0)
		_exit(91);
	answer = machine_wait(machine, &err) < 0 ? 1 : 0;
	machine_close(machine);
	error_clear(&err);
	tcgetattr(0, &after);
	_exit(before.c_lflag == after.c_lflag && before.c_iflag == after.c_iflag ? answer : 92);
}

/* Reads from the terminal until `text` was there. */
static void expect(int master, struct buffer *seen, const char *text)
{
	double end = clock_seconds() + 30;
	char block[512];

	while (!seen->length || !strstr(seen->data, text)) {
		struct pollfd ready = {.fd = master, .events = POLLIN};
		ssize_t got = poll(&ready, 1, 200) > 0 ? read(master, block, sizeof block) : 0;

		if (got > 0)
			buffer_add(seen, block, (size_t)got);
		if (got < 0 || clock_seconds() > end)
			fail_msg("expected \"%s\" in \"%s\"", text, seen->length ? seen->data : "");
	}
}

static pid_t start(int *ret_master)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), slave;
	pid_t pid;

	assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(slave >= 0);
	pid = fork();
	if (pid == 0) {
		close(master);
		run_on(slave);
	}
	close(slave);
	*ret_master = master;
	return pid;
}

static void keys_and_an_orderly_end(void **state)
{
	autobuffer struct buffer seen = {0};
	int master, status;
	pid_t pid = start(&master);

	(void)state;
	expect(master, &seen, "login: ");
	/* Return, Ctrl-Z, Ctrl-S and Ctrl-D are for the box; nothing is echoed here */
	for (int i = 0; i < 100 && !(seen.length && strstr(seen.data, "<97>")); i++) {
		assert_int_equal(write(master, "a", 1), 1); /* it may still be on its way to raw */
		poll(NULL, 0, 50);
		struct pollfd ready = {.fd = master, .events = POLLIN};
		char block[512];
		ssize_t got = poll(&ready, 1, 50) > 0 ? read(master, block, sizeof block) : 0;

		if (got > 0)
			buffer_add(&seen, block, (size_t)got);
	}
	assert_int_equal(write(master, "\r\x1a\x13\x04", 4), 4);
	expect(master, &seen, "<13><26><19><4>");
	assert_int_equal(write(master, "\x03", 1), 1);
	expect(master, &seen, "shutting down; Ctrl-C again");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	close(master);
}

static void a_terminal_that_goes_away(void **state)
{
	autobuffer struct buffer seen = {0};
	int master, status;
	pid_t pid = start(&master);

	(void)state;
	expect(master, &seen, "login: ");
	poll(NULL, 0, 300);
	close(master);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	/* by SIGHUP before it waited, or in order after it */
	assert_true(WIFSIGNALED(status) || WIFEXITED(status));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(keys_and_an_orderly_end, begin, finish),
		cmocka_unit_test_setup_teardown(a_terminal_that_goes_away, begin, finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
