/* hiebox run: starts what was built, here and now. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/run.h"

static int read_folders(const struct parsed_options *options, struct run *run, struct error *err)
{
	const char *share = option_value(options, "share"), *data = option_value(options, "data");

	if (share && !path_is_directory(share))
		return error_set(err, "--share: %s is no folder", share);
	run->share = share ? realpath(share, NULL) : NULL;
	run->settings.share = run->share;
	run->settings.data = data;
	run->console = text_copy(option_value(options, "log"));
	run->settings.console = run->console;
	return data ? directory_make(data, 0700, err) : 0;
}

int run_prepare(const struct parsed_options *options, enum mode mode, struct run *run, struct error *err)
{
	struct machine_settings *settings = &run->settings;
	struct startable_wishes wishes = {.ssh = option_given(options, "ssh")};

	int result = startable_options(options, settings, err);
	if (result == 0)
		result = read_folders(options, run, err);
	/* before a build of minutes */
	if (result == 0)
		result = machine_can(settings->kind, settings->firmware, err);
	if (result == 0)
		result = startable_find(options, mode, &run->what, err);
	if (result == 0)
		result = startable_settings(&run->what, settings, err);
	if (result < 0)
		return result;
	option_values(options, "port", &wishes.ports);
	result = startable_local_ports(&run->what, &wishes, &settings->ports, &settings->port_count, err);
	strings_clear(&wishes.ports);
	if (result == 0 && wishes.ssh)
		result = throwaway_key_make(&run->key, err);
	settings->ssh_key = run->key.line;
	return result;
}

void run_clear(struct run *run)
{
	throwaway_key_clear(&run->key);
	startable_clear(&run->what);
	free(run->settings.ports);
	free(run->share);
	free(run->console);
}

uint16_t run_local(const struct run *run, uint16_t guest)
{
	for (size_t i = 0; i < run->settings.port_count; i++)
		if (run->settings.ports[i].guest == guest)
			return run->settings.ports[i].local;
	return 0;
}

static const char *summary_of(const struct run *run, uint16_t guest)
{
	for (size_t i = 0; i < run->what.port_count; i++)
		if (run->what.ports[i].number == guest && !run->what.ports[i].udp && run->what.ports[i].summary)
			return run->what.ports[i].summary;
	return guest == 22 ? "SSH" : "as asked for by --port";
}

char *run_address(const struct run *run, const struct machine_port *port)
{
	const char *summary = summary_of(run, port->guest);

	if (strstr(summary, "(https)"))
		return text_format("https://127.0.0.1:%u/", port->local);
	if (strstr(summary, "(http)"))
		return text_format("http://127.0.0.1:%u/", port->local);
	return text_format("127.0.0.1:%u", port->local);
}

void run_show(const struct run *run, const struct machine *machine)
{
	const struct machine_settings *settings = &run->settings;
	bool writes = settings->keep || settings->data;
	autofree char *key = run->key.file ? arguments_text((const char *const[]){run->key.file, NULL}) : NULL;
	autofree char *name = text_plain_line(run->what.name); /* of an image, as it says itself */

	printf("\n%s starts: %s%s\n", name, machine_how(machine),
	       writes ? "; what it writes stays" : "; what it writes is forgotten at the end");
	for (size_t i = 0; i < settings->port_count; i++) {
		autofree char *address = run_address(run, &settings->ports[i]);
		autofree char *summary = text_plain_line(summary_of(run, settings->ports[i].guest));
		printf("  %-28s %s\n", address, summary);
	}
	if (key)
		printf("  ssh -i %s -p %u -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null root@127.0.0.1\n",
		       key, run_local(run, 22));
	if (settings->share)
		printf("  %s is /run/hie/share inside, to be read\n", settings->share);
	printf("Ctrl-C shuts it down; a second one ends it at once.\n\n");
	fflush(stdout);
}

int command_run(const struct parsed_options *options, struct error *err)
{
	autorun struct run run = {0};
	automachine struct machine *machine = NULL;
	bool headless = option_given(options, "headless") || !isatty(STDIN_FILENO);

	int result = run_prepare(options, 0, &run, err);
	if (result < 0)
		return result;
	run.settings.terminal = !headless;
	if (machine_open(&run.settings, &machine, err) < 0)
		return -1;
	run_show(&run, machine);
	struct run_ready *ready = run_ready_begin(&run, machine);
	result = machine_wait(machine, err);
	run_ready_end(ready);
	return result;
}
