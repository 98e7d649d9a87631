/* A box in a container, for scripts: opens one, then does what each line of standard input says, and answers with one line (a shell's
 * words come before it). At the end of input the machine is closed. (machine.c beside it takes its steps as arguments: here a
 * script does other things between them.)
 *   container BOOT LAYER=FILE…   with DATA, SHARE, KEY, CONSOLE from the environment
 * First line out: "open PORT…", the local ports of 443, 80, 22; and where OUTSIDE, a port of this machine, is reached
 * inside. Lines in: shell SCRIPT | restart | off | runs | console. */
#include <stdio.h>
#include <string.h>

#include "machine/machine.h"

#define SECONDS 120.0
#define LINES 15

static void obey(struct machine *machine, const char *line)
{
	autobuffer struct buffer output = {.maximum = 1u << 20};
	autofree char *text = NULL;
	struct error err = {0};
	int result = 0;

	if (text_starts(line, "shell "))
		result = machine_shell(machine, line + strlen("shell "), SECONDS, &output, &err);
	else if (text_starts(line, "restart"))
		result = machine_restart(machine, SECONDS, &err);
	else if (text_starts(line, "off"))
		result = machine_power_off(machine, SECONDS, &err);
	else if (text_starts(line, "runs"))
		result = machine_runs(machine, &text) ? 1 : 0;
	else
		text = machine_console(machine, LINES);
	printf("%s%s", output.length ? output.data : "", output.length && output.data[output.length - 1] != '\n' ? "\n" : "");
	printf("= %d%s%s\n", result, err.message || text ? " " : "", err.message ? err.message : text ? text : "");
	fflush(stdout);
	error_clear(&err);
}

int main(int argc, char **argv)
{
	struct machine_port ports[] = {{.guest = 443}, {.guest = 80}, {.guest = 22}};
	struct machine_reach reach = {.host = "127.0.0.1"};
	struct machine_settings settings = {.kind = MACHINE_NSPAWN, .name = "container-test", .ports = ports, .port_count = LENGTH(ports),
					    .data = getenv("DATA"), .share = getenv("SHARE"), .ssh_key = getenv("KEY"),
					    .console = getenv("CONSOLE"), .shell = true};
	automachine struct machine *machine = NULL;
	struct error err = {0};
	char line[65536];
	int64_t outside;

	if (argc < 3)
		return 2;
	settings.boot = argv[1];
	settings.layers = (const char *const *)argv + 2;
	if (getenv("OUTSIDE") && number_parse(getenv("OUTSIDE"), 1, 65535, &outside) == 0) {
		reach.port = (uint16_t)outside;
		settings.reaches = &reach;
		settings.reach_count = 1;
	}
	if (machine_open(&settings, &machine, &err) < 0) {
		printf("%s\n", err.message);
		error_clear(&err);
		return 1;
	}
	printf("open %u %u %u %u\n", ports[0].local, ports[1].local, ports[2].local, reach.inside_port);
	fflush(stdout);
	while (fgets(line, sizeof line, stdin))
		obey(machine, line);
	return 0;
}
