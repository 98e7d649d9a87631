/* A machine from start to end, with a script in QEMU's place that speaks as much of its monitor as is needed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "machine/kind.h"
#include "machine/ports.h"

static char *folder, *disk;
static bool stopping;

/* What each such script begins with: $m, $c and $s are the descriptors of monitor, console and shell. */
static const char prelude[] =
	"#!/bin/bash\n"
	"for word; do case $word in\n"
	"socket,id=monitor,fd=*) m=${word##*=} ;;\n"
	"socket,id=console,fd=*) c=${word##*=} ;;\n"
	"socket,id=shell,fd=*) s=${word##*=} ;;\n"
	"esac; done\n"
	"say() { printf '%s\\n' \"$*\" >&$m; }\n"
	"hear() { read -r line <&$m; }\n"
	"greet() { say '{\"QMP\":{}}'; hear; say '{\"return\":{}}'; hear; say '{\"return\":{\"status\":\"running\"}}'; }\n"
	"off() { say '{\"event\":\"SHUTDOWN\",\"data\":{\"guest\":true}}'; exit 0; }\n";

static void be_qemu(const char *commands)
{
	autofree char *text = text_format("%s%s\n", prelude, commands);
	autofree char *path = path_join(folder, "qemu");

	assert_int_equal(file_write(path, text, strlen(text), 0755, NULL), 0);
	setenv("HIEBOX_TOOL_QEMU_SYSTEM_X86_64", path, 1);
}

static int begin(void **state)
{
	autofree char *bytes = memory_alloc(4096);

	(void)state;
	*bytes = '\xeb';
	memcpy(bytes + 510, "\x55\xaa", 2);
	stopping = false;
	setenv("HIEBOX_ACCEL", "kvm", 1); /* nothing is slower than it is */
	if (directory_temporary("/tmp", "hiebox-qemu-", &folder, NULL) < 0)
		return -1;
	disk = path_join(folder, "disk.raw");
	return file_write(disk, bytes, 4096, 0644, NULL);
}

static int finish(void **state)
{
	int answer = tree_remove(folder, NULL);

	(void)state;
	free(folder);
	free(disk);
	unsetenv("HIEBOX_TOOL_QEMU_SYSTEM_X86_64");
	return answer;
}

static bool is_stopping(void)
{
	return stopping;
}

static struct machine_settings usual(void)
{
	return (struct machine_settings){
		.kind = MACHINE_QEMU, .name = "test", .disk = disk, .memory = 1 << 20, .shell = true, .stop = is_stopping,
	};
}

static struct machine *opened(const struct machine_settings *settings)
{
	struct machine *machine = NULL;
	struct error err = {0};

	if (machine_open(settings, &machine, &err) < 0)
		fail_msg("%s", err.message);
	return machine;
}

static void assert_not_opened(const struct machine_settings *settings, const char *expected)
{
	struct machine *machine = NULL;
	struct error err = {0};

	assert_int_equal(machine_open(settings, &machine, &err), -1);
	if (!strstr(err.message, expected))
		fail_msg("expected \"%s\" in \"%s\"", expected, err.message);
	error_clear(&err);
}

static void assert_ended(struct machine *machine, const char *expected)
{
	autofree char *why = NULL;

	machine_wait_end(machine, 20);
	assert_false(machine_runs(machine, &why));
	if (!strstr(why, expected))
		fail_msg("expected \"%s\" in \"%s\"", expected, why);
}

static void it_starts_and_is_switched_off(void **state)
{
	struct machine_port ports[3] = {{.guest = 443}, {.guest = 80}, {.guest = 22}};
	struct machine_settings settings = usual();
	autofree char *log = path_join(folder, "console"), *tail = NULL;
	struct error err = {0};
	struct machine *machine;

	(void)state;
	be_qemu("greet; printf 'booting\\r\\n' >&$c; hear; say '{\"return\":{}}'; printf 'bye\\r\\n' >&$c; off");
	settings.ports = ports;
	settings.port_count = 3;
	settings.console = log;
	machine = opened(&settings);
	assert_string_equal(machine_how(machine), "QEMU, KVM");
	assert_true(machine_slowness(machine) == 1);
	assert_true(ports[0].local && ports[1].local && ports[2].local && ports[0].local != ports[1].local);
	assert_true(machine_runs(machine, NULL));
	assert_int_equal(machine_power_off(machine, 20, &err), 0);
	assert_ended(machine, "switched off");
	tail = machine_console(machine, 10);
	assert_string_equal(tail, "booting\nbye");
	assert_int_equal(machine_power_off(machine, 20, &err), 0);
	assert_int_equal(machine_restart(machine, 1, &err), -1);
	assert_string_equal(err.message, "the machine does not run any more: it was switched off");
	error_clear(&err);
	machine_close(machine);
}

static void a_shell_inside(void **state)
{
	struct machine_settings settings = usual();
	autobuffer struct buffer output = {.maximum = 1000};
	struct error err = {0};
	struct machine *machine;

	(void)state;
	be_qemu("greet; echo 'hiebox-shell ready' >&$s; read -r _ id bytes _ _ <&$s; head -c $bytes <&$s >/dev/null;\n"
		"printf 'done %s 3 3\\nyes' $id >&$s; read -r _ id bytes _ _ <&$s; say '{\"event\":\"STOP\"}'\n"
		"hear; say '{\"return\":{\"status\":\"internal-error\"}}'; sleep 60");
	machine = opened(&settings);
	assert_int_equal(machine_shell(machine, "true", 20, &output, &err), 3);
	assert_string_equal(output.data, "yes");
	assert_int_equal(machine_shell(machine, "true", 20, &output, &err), -1);
	assert_non_null(strstr(err.message, "QEMU cannot go on (internal-error); HIEBOX_ACCEL=tcg"));
	error_clear(&err);
	machine_close(machine);

	be_qemu("greet; for i in 1 2 3 4; do say '{\"event\":\"RESET\"}'; done; sleep 60");
	machine = opened(&settings);
	assert_int_equal(machine_shell(machine, "true", 20, &output, &err), -1);
	assert_non_null(strstr(err.message, "restarted 4 times by itself"));
	error_clear(&err);
	machine_close(machine);

	be_qemu("greet; printf 'x\\n---[ end Kernel panic - not syncing: VFS ]---\\n' >&$c; sleep 60");
	machine = opened(&settings);
	assert_int_equal(machine_shell(machine, "true", 20, &output, &err), -1);
	assert_non_null(strstr(err.message, "the kernel inside panicked"));
	error_clear(&err);
	machine_close(machine);

	be_qemu("greet; printf 'error: no such partition.\r\ngrub rescue> ' >&$c; sleep 60");
	machine = opened(&settings);
	assert_int_equal(machine_shell(machine, "true", 20, &output, &err), -1);
	assert_non_null(strstr(err.message, "the boot loader found nothing to start; the console's end:"));
	error_clear(&err);
	machine_close(machine);

	settings.shell = false;
	machine = opened(&settings);
	assert_int_equal(machine_shell(machine, "true", 20, &output, &err), -1);
	assert_non_null(strstr(err.message, "without a shell"));
	error_clear(&err);
	machine_close(machine);
}

static void a_restart(void **state)
{
	struct machine_settings settings = usual();
	struct error err = {0};
	struct machine *machine;

	(void)state;
	settings.shell = false;
	be_qemu("greet; hear; say '{\"return\":{}}'; sleep 0.2; say '{\"event\":\"RESET\",\"data\":{\"guest\":true}}'; sleep 60");
	machine = opened(&settings);
	assert_int_equal(machine_restart(machine, 20, &err), 0);
	assert_true(machine_runs(machine, NULL));
	machine_close(machine);

	be_qemu("greet; hear; say '{\"return\":{}}'; sleep 60");
	machine = opened(&settings);
	assert_int_equal(machine_restart(machine, 0.3, &err), -1);
	assert_non_null(strstr(err.message, "did not go down within"));
	error_clear(&err);
	stopping = true;
	assert_int_equal(machine_power_off(machine, 60, &err), -1);
	error_clear(&err);
	machine_close(machine);
}

static void ends_of_all_kinds(void **state)
{
	struct machine_settings settings = usual();
	struct error err = {0};
	struct machine *machine;

	(void)state;
	be_qemu("greet; sleep 0.1; echo 'qemu: something broke' >&2; exit 1");
	machine = opened(&settings);
	assert_ended(machine, "failed with exit status 1");
	assert_ended(machine, "something broke"); /* and it stays so */
	machine_close(machine);

	be_qemu("greet; sleep 0.1; kill -SEGV $$");
	machine = opened(&settings);
	assert_ended(machine, "signal 11");
	machine_close(machine);

	be_qemu("greet; sleep 0.1; say '{\"event\":\"SHUTDOWN\",\"data\":{\"guest\":false}}'; exit 0");
	machine = opened(&settings);
	assert_ended(machine, "told to end, by its window or a signal");
	machine_close(machine);

	be_qemu("greet; say '{\"event\":\"BLOCK_IO_ERROR\",\"data\":{\"operation\":\"write\",\"nospace\":true}}'; say "
		"'{\"event\":\"STOP\"}'; sleep 60");
	machine = opened(&settings);
	assert_int_equal(machine_power_off(machine, 20, &err), -1);
	error_clear(&err);
	assert_false(machine_runs(machine, NULL));
	assert_int_equal(machine_restart(machine, 20, &err), -1);
	assert_non_null(strstr(err.message, "no more room for what the box writes"));
	error_clear(&err);
	machine_close(machine);
}

static void what_keeps_it_from_starting(void **state)
{
	struct machine_settings settings = usual();
	autofree char *empty = path_join(folder, "empty");

	(void)state;
	be_qemu("echo 'qemu: bad disk' >&2; exit 1");
	assert_not_opened(&settings, "bad disk");
	be_qemu("echo 'hello, this is no monitor' >&$m; sleep 60");
	assert_not_opened(&settings, "does not speak QMP");
	settings.memory = (uint64_t)1 << 50;
	assert_not_opened(&settings, "no memory for the box");
	settings.memory = 0;
	settings.share = "/nowhere/at/all";
	assert_not_opened(&settings, "/nowhere/at/all cannot be shared");
	settings.share = NULL;
	settings.ssh_key = "two\nlines";
	assert_not_opened(&settings, "not one line");
	settings.ssh_key = NULL;
	settings.disk = "/nowhere/disk.raw";
	assert_not_opened(&settings, "cannot read the disk /nowhere/disk.raw");
	settings.disk = folder;
	assert_not_opened(&settings, "is no disk");
	assert_int_equal(file_write(empty, "", 0, 0644, NULL), 0);
	settings.disk = empty;
	assert_not_opened(&settings, "is no disk that starts: it has no boot sector");
	char sector[512] = {0};
	memcpy(sector + 510, "\x55\xaa", 2);
	assert_int_equal(file_write(empty, sector, sizeof sector, 0644, NULL), 0);
	assert_not_opened(&settings, "has no boot loader for a BIOS");
	settings.disk = disk;
	setenv("TMPDIR", "/nowhere/at/all", 1);
	assert_not_opened(&settings, "TMPDIR: /nowhere/at/all is no folder that may be written");
	unsetenv("TMPDIR");
	setenv("HIEBOX_ACCEL", "fast", 1);
	assert_not_opened(&settings, "HIEBOX_ACCEL: expected kvm or tcg, got \"fast\"");
	setenv("HIEBOX_TOOL_QEMU_SYSTEM_X86_64", "/nowhere/qemu", 1);
	assert_not_opened(&settings, "apt install qemu-system-x86");
	assert_int_equal(machine_can(MACHINE_QEMU, MACHINE_BIOS, NULL), -1);
}

static void one_that_keeps_is_alone(void **state)
{
	struct machine_settings settings = usual();
	struct machine *first, *second;

	(void)state;
	be_qemu("greet; sleep 60");
	first = opened(&settings);
	second = opened(&settings);
	settings.keep = true;
	assert_not_opened(&settings, "in use by another machine");
	machine_close(first);
	machine_close(second);
	first = opened(&settings);
	assert_not_opened(&settings, "in use by another machine");
	settings.keep = false;
	assert_not_opened(&settings, "being written by a machine that was started with --keep");
	machine_close(first);
	first = opened(&settings);
	machine_close(first);
}

static void ports_that_are_taken(void **state)
{
	struct machine_port port = {.guest = 443};
	struct machine_settings settings = usual();
	struct machine *machine;
	uint16_t taken = 0;
	autofd int fd = -1;
	autofree char *mark = path_join(folder, "tried"), *script = NULL;

	(void)state;
	settings.ports = &port;
	settings.port_count = 1;
	assert_int_equal(port_listen(&taken, &fd, NULL), 0);
	be_qemu("greet; sleep 60");
	port.local = taken;
	assert_not_opened(&settings, "taken");

	/* somebody was quicker, twice */
	script = text_format("echo x >>%s; [ $(wc -l <%s) -gt 2 ] || { echo \"Could not set up host forwarding rule 'tcp:…'\" >&2; "
			     "exit 1; }; greet; sleep 60", mark, mark);
	be_qemu(script);
	port.local = 0;
	machine = opened(&settings);
	assert_true(port.local != 0);
	machine_close(machine);

	/* always */
	be_qemu("echo \"Could not set up host forwarding rule 'tcp:…'\" >&2; exit 1");
	port.local = 0;
	assert_not_opened(&settings, "host forwarding rule");
}

static void where_programs_inside_reach_us(void **state)
{
	struct machine_reach reaches[] = {{.host = "localhost", .port = 8080}, {.host = "192.0.2.7", .port = 81}};
	struct machine_settings settings = usual();
	struct machine *machine;

	(void)state;
	be_qemu("greet; sleep 60");
	settings.reaches = reaches;
	settings.reach_count = 2;
	machine = opened(&settings);
	assert_string_equal(reaches[0].inside_host, "10.0.2.2");
	assert_int_equal(reaches[0].inside_port, 8080);
	assert_string_equal(reaches[1].inside_host, "192.0.2.7");
	machine_close(machine);
}

/* Waits as `hiebox run` does; the child sends itself what a terminal would. */
static void a_person_ends_it(void **state)
{
	struct machine_settings settings = usual();
	struct error err = {0};
	struct machine *machine;
	pid_t pid;

	(void)state;
	be_qemu("greet; hear; say '{\"return\":{}}'; off");
	machine = opened(&settings);
	pid = fork();
	if (pid == 0) {
		usleep(300000);
		kill(getppid(), SIGINT);
		_exit(0);
	}
	assert_int_equal(machine_wait(machine, &err), 0);
	machine_close(machine);

	be_qemu("greet; while hear; do say '{\"return\":{}}'; done; sleep 60");
	machine = opened(&settings);
	pid = fork();
	if (pid == 0) {
		usleep(300000);
		kill(getppid(), SIGTERM);
		usleep(500000);
		kill(getppid(), SIGINT);
		_exit(0);
	}
	assert_int_equal(machine_wait(machine, &err), -1);
	assert_string_equal(err.message, "the machine was ended before it had shut down");
	error_clear(&err);
	machine_close(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(it_starts_and_is_switched_off, begin, finish),
		cmocka_unit_test_setup_teardown(a_shell_inside, begin, finish),
		cmocka_unit_test_setup_teardown(a_restart, begin, finish),
		cmocka_unit_test_setup_teardown(ends_of_all_kinds, begin, finish),
		cmocka_unit_test_setup_teardown(what_keeps_it_from_starting, begin, finish),
		cmocka_unit_test_setup_teardown(one_that_keeps_is_alone, begin, finish),
		cmocka_unit_test_setup_teardown(ports_that_are_taken, begin, finish),
		cmocka_unit_test_setup_teardown(where_programs_inside_reach_us, begin, finish),
		cmocka_unit_test_setup_teardown(a_person_ends_it, begin, finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
