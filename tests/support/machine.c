/* machine DISK [SETTING=VALUE…] STEP…: one machine in QEMU through the room's own door, for integration tests.
 *   settings: firmware=bios|uefi|secure  memory=SIZE  keep=yes  share=DIR  ssh-key=FILE  console=FILE
 *             port=GUEST (repeated; the first's local number is $PORT, the second's $PORT2 of `here`)  reach=PORT
 *   steps:    shell SECONDS SCRIPT   what it prints, and "status N"
 *             here COMMAND           run by sh out here
 *             restart SECONDS, off SECONDS, wait (as `hiebox run` does)
 * Prints `how`, one line for each step that failed, and `END` when all were done. */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "machine/machine.h"

static struct machine_port ports[2];
static struct machine_reach reaches[1];

static int take_firmware(const char *value)
{
	return text_equal(value, "secure") ? MACHINE_SECURE : text_equal(value, "uefi") ? MACHINE_UEFI : MACHINE_BIOS;
}

static bool take_setting(struct machine_settings *settings, const char *word)
{
	const char *value = strchr(word, '=') ? strchr(word, '=') + 1 : "";
	int64_t number = 0;

	number_parse(value, 1, 65535, &number);
	if (text_starts(word, "firmware="))
		settings->firmware = (enum machine_firmware)take_firmware(value);
	else if (text_starts(word, "memory="))
		return size_parse(value, &settings->memory) == 0;
	else if (text_starts(word, "keep="))
		settings->keep = true;
	else if (text_starts(word, "share="))
		settings->share = value;
	else if (text_starts(word, "console="))
		settings->console = value;
	else if (text_starts(word, "ssh-key="))
		settings->ssh_key = file_line_or_null(value, 4096);
	else if (text_starts(word, "port=") && settings->port_count < LENGTH(ports))
		ports[settings->port_count++].guest = (uint16_t)number;
	else if (text_starts(word, "reach="))
		reaches[settings->reach_count++] = (struct machine_reach){.host = "127.0.0.1", .port = (uint16_t)number};
	else
		return false;
	return true;
}

static int run_here(const char *command)
{
	const char *argv[] = {"sh", "-c", command, NULL};
	int status = 0;

	return process_run(&(struct process){.argv = argv, .interactive = true}, &status, NULL) < 0 || status ? -1 : 0;
}

static int run_inside(struct machine *machine, double seconds, const char *script, struct error *err)
{
	autobuffer struct buffer output = {.maximum = 1 << 20};
	int status = machine_shell(machine, script, seconds, &output, err);

	if (output.length)
		fwrite(output.data, 1, output.length, stdout);
	if (status >= 0)
		printf("status %d\n", status);
	return status < 0 ? -1 : 0;
}

/* One step; how many words it has. */
static int step(struct machine *machine, char **words, struct error *err)
{
	double seconds = words[1] ? strtod(words[1], NULL) : 0;

	if (text_equal(words[0], "wait"))
		return machine_wait(machine, err) < 0 ? -1 : 1;
	if (!words[1])
		return error_set(err, "the step %s is not whole", words[0]);
	if (text_equal(words[0], "here"))
		return run_here(words[1]) < 0 ? error_set(err, "it failed: %s", words[1]) : 2;
	if (text_equal(words[0], "restart"))
		return machine_restart(machine, seconds, err) < 0 ? -1 : 2;
	if (text_equal(words[0], "off"))
		return machine_power_off(machine, seconds, err) < 0 ? -1 : 2;
	if (text_equal(words[0], "shell") && words[2])
		return run_inside(machine, seconds, words[2], err) < 0 ? -1 : 3;
	return error_set(err, "there is no step %s", words[0]);
}

static void export_numbers(const struct machine *machine)
{
	autofree char *first = text_format("%u", ports[0].local), *second = text_format("%u", ports[1].local);
	autofree char *slowness = text_format("%.0f", machine_slowness(machine));

	setenv("PORT", first, 1);
	setenv("PORT2", second, 1);
	setenv("SLOWNESS", slowness, 1);
}

int main(int argc, char **argv)
{
	struct machine_settings settings = {
		.kind = MACHINE_QEMU, .name = "test", .disk = argc > 1 ? argv[1] : "", .ports = ports, .reaches = reaches, .shell = true,
	};
	automachine struct machine *machine = NULL;
	struct error err = {0};
	char **word = argv + (argc > 1 ? 2 : argc);
	int words = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while (*word && take_setting(&settings, *word))
		word++;
	if (machine_open(&settings, &machine, &err) < 0) {
		printf("not started: %s\n", err.message);
		return 1;
	}
	printf("how %s\n", machine_how(machine));
	if (settings.reach_count)
		printf("reach %s %u\n", reaches[0].inside_host, reaches[0].inside_port);
	export_numbers(machine);
	for (; *word && words >= 0; word += words) {
		words = step(machine, word, &err);
		if (words < 0)
			break;
	}
	if (words >= 0) {
		puts("END");
		return 0;
	}
	autofree char *tail = machine_console(machine, 15);
	printf("%s failed: %s\n%s\n", *word, err.message, tail);
	return 1;
}
