/* Whether KVM works: by a program in QEMU's place, and the guest itself where there is a QEMU. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>

#include "machine/kvm_probe.h"

static char *folder, *device, *boot_id, *runs;

static void put(const char *path, const char *text, mode_t mode)
{
	assert_int_equal(file_write(path, text, strlen(text), mode, NULL), 0);
}

/* QEMU is from now on a script that notes that it ran. */
static void be_qemu(const char *commands)
{
	autofree char *text = text_format("#!/bin/sh\necho run >>%s\n%s\n", runs, commands);
	autofree char *path = path_join(folder, "qemu");

	put(path, text, 0755);
	setenv("HIEBOX_TOOL_QEMU_SYSTEM_X86_64", path, 1);
}

static size_t run_count(void)
{
	autofree char *text = file_text_or_null(runs, 4096);

	return text ? strlen(text) / strlen("run\n") : 0;
}

static int begin(void **state)
{
	struct utsname kernel;

	(void)state;
	if (directory_temporary("/tmp", "hiebox-kvm-", &folder, NULL) < 0)
		return -1;
	device = path_join(folder, "kvm-device");
	boot_id = path_join(folder, "boot_id");
	runs = path_join(folder, "runs");
	setenv("XDG_CACHE_HOME", folder, 1);
	put(boot_id, "aaaa-bbbb\n", 0644);
	put(device, "", 0600);
	return uname(&kernel);
}

static int finish(void **state)
{
	int answer = tree_remove(folder, NULL);

	(void)state;
	free(folder);
	free(device);
	free(boot_id);
	free(runs);
	unsetenv("HIEBOX_TOOL_QEMU_SYSTEM_X86_64");
	return answer;
}

static void assert_answer(const char *expected, size_t expected_runs)
{
	autofree char *why = kvm_missing_at(device, boot_id);

	if (!expected)
		assert_null(why);
	else
		assert_non_null(strstr(why ? why : "(works)", expected));
	assert_int_equal(run_count(), expected_runs);
}

static void the_answer_is_kept_until_something_changes(void **state)
{
	autofree char *kept = path_join3(folder, "hiebox", "kvm");

	(void)state;
	be_qemu("[ \"$(head -c 1 | od -An -tx1)\" = ' fa' ] && exit 85; exit 3");
	assert_answer(NULL, 1);
	assert_answer(NULL, 1);
	put(boot_id, "cccc-dddd\n", 0644);
	assert_answer(NULL, 2);
	put(kept, "rubbish", 0644);
	assert_answer(NULL, 3);
	put(kept, "", 0644);
	assert_answer(NULL, 4);
	assert_answer(NULL, 4);
	be_qemu("exit 1"); /* another QEMU */
	assert_answer("QEMU cannot use it", 5);
	assert_answer("QEMU cannot use it", 5);
}

static void what_hangs_is_ended_in_time(void **state)
{
	double start = clock_seconds();

	(void)state;
	be_qemu("echo 'KVM internal error. Suberror: 1' >&2; exec sleep 60");
	assert_answer("cannot run a small guest's instructions", 1);
	assert_true(clock_seconds() - start < 10);
	assert_answer("cannot run a small guest's instructions", 1);
	be_qemu("exec sleep 60");
	assert_answer("does not come to its end", 2);
}

static void no_device_no_guest(void **state)
{
	autofree char *why = NULL;

	(void)state;
	be_qemu("exit 85");
	why = kvm_missing_at("/nowhere/kvm", boot_id);
	assert_non_null(strstr(why, "there is no /nowhere/kvm"));
	assert_int_equal(run_count(), 0);
	setenv("HIEBOX_TOOL_QEMU_SYSTEM_X86_64", "/nowhere/qemu", 1);
	assert_answer("QEMU does not start", 0);
}

/* The same guest under emulation, which is right by definition. */
static void the_guest_itself(void **state)
{
	static const char *const argv[] = {
		"qemu-system-x86_64", "-accel", "tcg", "-m", "16", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
		"-device", "isa-debug-exit,iobase=0xf4,iosize=0x04",
		"-drive", "file=/proc/self/fd/0,format=raw,if=floppy,readonly=on", "-boot", "a", NULL,
	};
	autofree char *path = path_join(folder, "sector");
	struct error err = {0};
	autofile FILE *file = NULL;
	int status = 0;

	(void)state;
	unsetenv("HIEBOX_TOOL_QEMU_SYSTEM_X86_64");
	assert_memory_equal(kvm_sector + 510, "\x55\xaa", 2);
	if (!process_available(argv[0]))
		skip();
	assert_int_equal(file_write(path, kvm_sector, sizeof kvm_sector, 0644, NULL), 0);
	file = fopen(path, "r");
	assert_int_equal(process_run(&(struct process){.argv = argv, .input_fd = fileno(file)}, &status, &err), 0);
	assert_int_equal(status, KVM_EXIT);
}

int main(void)
{
	struct utsname kernel;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_answer_is_kept_until_something_changes, begin, finish),
		cmocka_unit_test_setup_teardown(what_hangs_is_ended_in_time, begin, finish),
		cmocka_unit_test_setup_teardown(no_device_no_guest, begin, finish),
		cmocka_unit_test_setup_teardown(the_guest_itself, begin, finish),
	};

	/* elsewhere KVM is for another processor, and that is all there is to say */
	if (uname(&kernel) == 0 && !text_equal(kernel.machine, "x86_64"))
		return 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
