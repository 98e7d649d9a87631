/* From settings to QEMU's command line: golden. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "machine/channel.h"
#include "machine/qemu.h"

static const struct qemu_firmware bios = {NULL, NULL};

/* A line for each option with its value; credentials as their name alone. */
static char *lines_of(const struct qemu_plan *plan)
{
	autostrings struct strings list = {0};
	autobuffer struct buffer text = {0};

	qemu_arguments(plan, &list);
	for (size_t i = 0; i < list.count; i++) {
		const char *item = list.items[i], *credential = strstr(item, "credential.binary:");

		if (credential) {
			credential += strlen("credential.binary:");
			buffer_format(&text, " [%.*s]", (int)strcspn(credential, "="), credential);
		} else {
			buffer_format(&text, "%s%s", i == 0 ? "" : *item == '-' ? "\n" : " ", item);
		}
	}
	return buffer_steal(&text);
}

static void assert_arguments(const struct qemu_plan *plan, const char *expected)
{
	autofree char *text = lines_of(plan);

	assert_string_equal(text, expected);
}

static void plain(void **state)
{
	const struct machine_settings settings = {.disk = "/images/demo.raw", .name = "demo"};
	const struct qemu_plan plan = {&settings, &bios, .kvm = true, .console_fd = 7, .monitor_fd = 8};

	(void)state;
	assert_arguments(&plan, "qemu-system-x86_64\n"
				"-no-user-config\n"
				"-nodefaults\n"
				"-name hiebox demo\n"
				"-machine pc\n"
				"-accel kvm\n"
				"-cpu host\n"
				"-m 2048M\n"
				"-smp 2\n"
				"-rtc base=utc\n"
				"-device virtio-rng-pci\n"
				"-vga std\n"
				"-display none\n"
				"-drive if=virtio,format=raw,snapshot=on,cache=writeback,discard=unmap,werror=stop,rerror=report,"
				"file=/images/demo.raw\n"
				"-nic user,id=net,model=virtio-net-pci\n"
				"-chardev socket,id=console,fd=7\n"
				"-serial chardev:console\n"
				"-chardev socket,id=monitor,fd=8\n"
				"-mon chardev=monitor,mode=control");
}

static void with_everything(void **state)
{
	struct machine_port ports[] = {{443, 40443}, {80, 40080}};
	const struct machine_settings settings = {
		.disk = "images/a,b.raw", .name = "x,y", .keep = true, .firmware = MACHINE_SECURE, .memory = ((uint64_t)3 << 30) + 1,
		.processors = 4, .ports = ports, .port_count = 2, .display = true, .ssh_key = "ssh-ed25519 AAAA me",
		.share = "/home/me/a,b", .shell = true,
	};
	char code[] = "/fw/code", variables[] = "/fw/variables";
	const struct qemu_firmware firmware = {code, variables};
	const struct qemu_plan plan = {&settings, &firmware, .console_fd = 7, .monitor_fd = 8, .shell_fd = 9};

	(void)state;
	assert_arguments(&plan,
			 "qemu-system-x86_64\n"
			 "-no-user-config\n"
			 "-nodefaults\n"
			 "-name hiebox x,,y\n"
			 "-machine q35,smm=on\n"
			 "-accel tcg,thread=multi\n"
			 "-m 3073M\n"
			 "-smp 4\n"
			 "-rtc base=utc\n"
			 "-device virtio-rng-pci\n"
			 "-vga std\n"
			 "-display gtk\n"
			 "-global driver=cfi.pflash01,property=secure,value=on\n"
			 "-drive if=pflash,unit=0,format=raw,readonly=on,file=/fw/code\n"
			 "-drive if=pflash,unit=1,format=raw,snapshot=on,file=/fw/variables\n"
			 "-drive if=virtio,format=raw,snapshot=off,cache=writeback,discard=unmap,werror=stop,rerror=report,"
			 "file=./images/a,,b.raw\n"
			 "-nic user,id=net,model=virtio-net-pci,hostfwd=tcp:127.0.0.1:40443-:443,hostfwd=tcp:127.0.0.1:40080-:80\n"
			 "-chardev socket,id=console,fd=7\n"
			 "-serial chardev:console\n"
			 "-chardev socket,id=monitor,fd=8\n"
			 "-mon chardev=monitor,mode=control\n"
			 "-chardev socket,id=shell,fd=9\n"
			 "-device virtio-serial-pci\n"
			 "-device virtserialport,chardev=shell,name=hiebox\n"
			 "-smbios [hie.timescale]\n"
			 "-smbios [hiebox.shell]\n"
			 "-smbios [systemd.extra-unit.hiebox-shell.service]\n"
			 "-smbios [systemd.extra-unit.run-hie-share.mount]\n"
			 "-smbios [hiebox.key]\n"
			 "-smbios [systemd.extra-unit.hiebox-key.service]\n"
			 "-smbios [systemd.unit-dropin.ssh.service]\n"
			 "-smbios [systemd.unit-dropin.multi-user.target]\n"
			 "-virtfs local,path=/home/me/a,,b,mount_tag=hiebox-share,security_model=none,readonly=on,multidevs=remap");
}

static void nothing_is_there_that_was_not_asked_for(void **state)
{
	const struct machine_settings nothing = {0}, shell = {.shell = true};
	autostrings struct strings none = {0}, emulated = {0}, one = {0};

	(void)state;
	qemu_credentials(&nothing, true, &none);
	assert_int_equal(none.count, 0);
	qemu_credentials(&nothing, false, &emulated);
	assert_int_equal(emulated.count, 1);
	assert_string_equal(emulated.items[0], "hie.timescale=20");
	qemu_credentials(&shell, true, &one);
	assert_int_equal(one.count, 3);
	assert_true(text_ends(one.items[0], channel_server));
	assert_string_equal(one.items[2], "systemd.unit-dropin.multi-user.target=[Unit]\nWants=hiebox-shell.service\n");
}

static void firmware_is_found_in_pairs(void **state)
{
	autofree char *folder = NULL, *code = NULL, *variables = NULL;
	struct qemu_firmware firmware;
	struct error err = {0};

	(void)state;
	assert_int_equal(directory_temporary("/tmp", "hiebox-firmware-", &folder, NULL), 0);
	const char *const folders[] = {"/nowhere", folder, NULL};

	assert_int_equal(qemu_firmware_find_in(MACHINE_BIOS, folders, &firmware, &err), 0);
	assert_null(firmware.code);
	code = path_join(folder, "OVMF_CODE_4M.fd");
	assert_int_equal(file_write(code, "c", 1, 0644, NULL), 0);
	assert_int_equal(qemu_firmware_find_in(MACHINE_UEFI, folders, &firmware, &err), -1);
	assert_non_null(strstr(err.message, "no OVMF_CODE_4M.fd with OVMF_VARS_4M.fd in /nowhere"));
	assert_non_null(strstr(err.message, "apt install ovmf"));
	error_clear(&err);
	variables = path_join(folder, "OVMF_VARS_4M.fd");
	assert_int_equal(file_write(variables, "v", 1, 0644, NULL), 0);
	assert_int_equal(qemu_firmware_find_in(MACHINE_UEFI, folders, &firmware, &err), 0);
	assert_string_equal(firmware.code, code);
	assert_string_equal(firmware.variables, variables);
	qemu_firmware_clear(&firmware);
	assert_int_equal(qemu_firmware_find_in(MACHINE_SECURE, folders, &firmware, &err), -1);
	error_clear(&err);
	assert_int_equal(tree_remove(folder, NULL), 0);
}

static void memory_that_is_not_there(void **state)
{
	static const char text[] = "MemTotal:        8000000 kB\nMemFree:  10 kB\nMemAvailable:    2097152 kB\nBuffers: 1 kB\n";
	struct error err = {0};

	(void)state;
	assert_int_equal(qemu_check_memory(text, (uint64_t)2 << 30, &err), 0);
	assert_int_equal(qemu_check_memory(text, ((uint64_t)2 << 30) + 1024, &err), -1);
	assert_non_null(strstr(err.message, "no memory for the box: it needs 2.15 GB, and 2.15 GB are available"));
	assert_non_null(strstr(err.message, "--memory SIZE"));
	error_clear(&err);
	assert_int_equal(qemu_check_memory("MemAvailable: much", UINT64_MAX, &err), 0);
	assert_int_equal(qemu_check_memory(NULL, UINT64_MAX, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain),
		cmocka_unit_test(with_everything),
		cmocka_unit_test(nothing_is_there_that_was_not_asked_for),
		cmocka_unit_test(firmware_is_found_in_pairs),
		cmocka_unit_test(memory_that_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
