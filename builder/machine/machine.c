#include "machine/machine.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "machine/kind.h"
#include "machine/relay.h"

#define OFF_SECONDS 90.0 /* systemd's own limit for stopping a service */
#define SILENT_SECONDS 20.0 /* times slowness: a boot loader writes to the console at once */
#define END_SECONDS 0.3  /* between a connection's end and its process's */

static const struct machine_functions *const kinds[] = {
	[MACHINE_QEMU] = &machine_qemu,
	[MACHINE_NSPAWN] = &machine_nspawn,
};

static const struct machine_functions *functions_of(enum machine_kind kind)
{
	return (size_t)kind < LENGTH(kinds) ? kinds[kind] : NULL;
}

int machine_can(enum machine_kind kind, enum machine_firmware firmware, struct error *err)
{
	const struct machine_functions *functions = functions_of(kind);

	if (!functions)
		return error_set(err, "there is no machine of kind %d", (int)kind);
	return functions->can(firmware, err);
}

int machine_open(const struct machine_settings *settings, struct machine **ret_machine, struct error *err)
{
	const struct machine_functions *functions = functions_of(settings->kind);
	automachine struct machine *machine = NULL;

	if (!functions)
		return error_set(err, "there is no machine of kind %d", (int)settings->kind);
	machine = memory_alloc(sizeof *machine);
	machine->functions = functions;
	machine->slowness = 1;
	machine->pidfd = machine->notice_fd = -1;
	machine->stop = settings->stop;
	machine->began = clock_seconds();
	if (console_open(settings->console, settings->terminal, &machine->console, err) < 0 ||
	    functions->open(machine, settings, err) < 0)
		return -1;
	*ret_machine = steal(machine);
	return 0;
}

const char *machine_how(const struct machine *machine)
{
	return machine->how ? machine->how : "";
}

const char *machine_data(const struct machine *machine)
{
	return machine->data;
}

double machine_slowness(const struct machine *machine)
{
	return machine->slowness;
}

int machine_watch(struct machine *machine, pid_t pid, const char *name, struct error *err)
{
	machine->pid = pid;
	machine->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (machine->pidfd >= 0)
		return 0;
	error_set_errno(err, errno, "cannot watch %s", name);
	machine_kill(machine, name);
	return -1;
}

int machine_reap(struct machine *machine, const char *name, int *ret_status, struct error *err)
{
	pid_t pid = machine->pid;

	machine->pid = 0;
	cleanup_fd(&machine->pidfd);
	machine->pidfd = -1;
	return process_wait(pid, name, ret_status, err);
}

void machine_kill(struct machine *machine, const char *name)
{
	int status;

	if (machine->pid <= 0)
		return;
	kill(machine->pid, SIGKILL);
	machine_reap(machine, name, &status, NULL);
}

bool machine_wait_end(const struct machine *machine, double seconds)
{
	double end = clock_seconds() + seconds;
	struct pollfd ended = {.fd = machine->pidfd, .events = POLLIN};

	while (machine->pidfd >= 0) {
		double left = end - clock_seconds();
		int got = poll(&ended, 1, left <= 0 ? 0 : left > 60 ? 60000 : (int)(left * 1000) + 1);

		if (got > 0)
			return true;
		if (left <= 0)
			return false;
	}
	return true;
}

int machine_check_stop(const struct machine *machine, struct error *err)
{
	return machine->stop && machine->stop() ? error_set(err, "interrupted") : 0;
}

static int take_notice(struct machine *machine, struct error *err)
{
	return machine->functions->notice ? machine->functions->notice(machine, err) : 0;
}

int machine_wait_for(struct machine *machine, double seconds, struct error *err)
{
	double end = clock_seconds() + seconds;

	while (machine->pidfd >= 0) {
		double left = end - clock_seconds();
		struct pollfd fds[] = {
			{.fd = machine->pidfd, .events = POLLIN},
			{.fd = machine->notice_fd, .events = POLLIN},
		};

		poll(fds, LENGTH(fds), left <= 0 ? 0 : left > 1 ? 1000 : (int)(left * 1000) + 1);
		if (fds[0].revents)
			return 1;
		if (machine_check_stop(machine, err) < 0 || take_notice(machine, err) < 0)
			return -1;
		if (left <= 0)
			return 0;
	}
	return 1;
}

static void set_end(struct machine *machine, bool in_order, const char *why)
{
	machine->ended = true;
	machine->in_order = in_order;
	machine->why = text_copy(why);
}

/* Asks the kind what it means that the process ended, once. */
static void take_end(struct machine *machine)
{
	struct error problem = {0};
	int answer = machine->functions->ended(machine, &problem);

	if (answer <= 0) {
		console_drain(machine->console);
		set_end(machine, answer == 0, answer == 0 ? "it was switched off" : problem.message ? problem.message : "it ended");
	}
	error_clear(&problem);
}

bool machine_runs(struct machine *machine, char **ret_why)
{
	struct pollfd ended = {.fd = machine->pidfd, .events = POLLIN};
	struct error problem = {0};

	if (!machine->ended && (machine->pidfd < 0 || poll(&ended, 1, 0) > 0))
		take_end(machine);
	if (!machine->ended && take_notice(machine, &problem) < 0)
		set_end(machine, false, problem.message);
	error_clear(&problem);
	if (machine->ended && ret_why)
		*ret_why = text_copy(machine->why);
	return !machine->ended;
}

/* For what needs a machine that runs. */
static int check_runs(struct machine *machine, struct error *err)
{
	return machine_runs(machine, NULL) ? 0 : error_set(err, "the machine does not run any more: %s", machine->why);
}

/* What failed because the machine ended is told so: its end may be seen a moment later. */
static int explain(struct machine *machine, struct error *problem, struct error *err)
{
	machine_wait_end(machine, END_SECONDS);
	if (check_runs(machine, err) == 0)
		error_set(err, "%s", problem->message ? problem->message : "the machine does not do it");
	error_clear(problem);
	return -1;
}

int machine_shell(struct machine *machine, const char *script, double seconds, struct buffer *output, struct error *err)
{
	struct error problem = {0};
	int status;

	if (check_runs(machine, err) < 0)
		return -1;
	status = machine->functions->shell(machine, script, seconds * machine->slowness, output, &problem);
	return status < 0 ? explain(machine, &problem, err) : status;
}

char *machine_console(const struct machine *machine, size_t lines)
{
	return console_tail(machine->console, lines);
}

/* Lines after which nothing comes any more by itself: kernel/panic.c; initramfs-tools' functions, panic(); GRUB's
 * kern/rescue_reader.c; OVMF's BdsDxe and its shell. */
static const struct {
	const char *line, *what;
} dead_ends[] = {
	{"---[ end Kernel panic", "the kernel inside panicked"},
	{"\n(initramfs)", "the kernel found no system to start"},
	{"grub rescue>", "the boot loader found nothing to start"},
	{"Failed to boot both default and fallback entries", "the boot loader found no kernel"},
	{">>Start PXE over", "the firmware found nothing on the disk to start"}, /* it comes after the disk */
	{"No bootable option or device was found", "the firmware found nothing to start"},
	{"UEFI Interactive Shell", "the firmware found nothing to start"},
};

bool machine_stuck(const struct machine *machine, char **ret_why)
{
	autofree char *end = console_tail(machine->console, 12);

	for (size_t i = 0; i < LENGTH(dead_ends); i++)
		if (strstr(end, dead_ends[i].line)) {
			*ret_why = text_format("%s; the console's end:\n%s", dead_ends[i].what, end);
			return true;
		}
	if (!console_is_silent(machine->console) || clock_seconds() - machine->began < SILENT_SECONDS * machine->slowness)
		return false;
	*ret_why = text_format("the console says nothing for %.0f s: neither a boot loader nor a kernel runs",
			       SILENT_SECONDS * machine->slowness);
	return true;
}

int machine_restart(struct machine *machine, double seconds, struct error *err)
{
	struct error problem = {0};

	if (check_runs(machine, err) < 0)
		return -1;
	if (machine->functions->restart(machine, seconds * machine->slowness, &problem) < 0)
		return explain(machine, &problem, err);
	return 0;
}

/* The smaller of what is left and when to ask again. */
static double next_ask(const struct machine *machine, double left)
{
	double again = machine->functions->ask_again;

	return again > 0 && again < left ? again : left;
}

int machine_power_off(struct machine *machine, double seconds, struct error *err)
{
	double limit = seconds * machine->slowness;
	double end = clock_seconds() + limit;
	struct error problem = {0};

	while (machine_runs(machine, NULL)) {
		double left = end - clock_seconds();

		if (left <= 0)
			return error_set(err, "it was asked to switch off and still runs after %.0f s", limit);
		/* one that ends just now cannot be asked */
		if (machine->functions->ask_off(machine, &problem) < 0 && !machine_wait_end(machine, END_SECONDS))
			return explain(machine, &problem, err);
		error_clear(&problem);
		if (machine_wait_for(machine, next_ask(machine, left), err) < 0)
			return -1;
	}
	return machine->in_order ? 0 : check_runs(machine, err);
}

/* A line for the person, whatever stands at the beginning of the terminal's line. */
static void say(const char *text)
{
	fprintf(stderr, "\nhiebox: %s\n", text);
}

/* What a person at the machine sees, until it ended or shall end at once. */
static void attend(struct machine *machine, struct relay *relay)
{
	double limit = OFF_SECONDS * machine->slowness;
	double asked = -1, left = -1;

	while (machine_runs(machine, NULL)) {
		enum relay_event event = relay_until(relay, machine, asked < 0 ? -1 : next_ask(machine, left));

		if (event == RELAY_SIGNAL && asked >= 0) {
			say("ended at once");
			return;
		}
		if (event == RELAY_SIGNAL) {
			say("shutting down; Ctrl-C again ends it at once");
			asked = clock_seconds();
		}
		left = asked + limit - clock_seconds();
		if (asked >= 0 && left <= 0) {
			say("it does not shut down: ended at once");
			return;
		}
		if (asked >= 0 && event != RELAY_NOTICE)
			machine->functions->ask_off(machine, NULL);
	}
}

int machine_wait(struct machine *machine, struct error *err)
{
	struct relay relay;

	if (relay_begin(&relay, machine->console, err) < 0)
		return -1;
	attend(machine, &relay);
	relay_end(&relay);
	if (!machine->ended)
		return error_set(err, "the machine was ended before it had shut down");
	return machine->in_order ? 0 : error_set(err, "the machine ended: %s", machine->why);
}

void machine_close(struct machine *machine)
{
	if (!machine)
		return;
	if (machine->state)
		machine->functions->close(machine);
	console_close(machine->console);
	cleanup_fd(&machine->pidfd);
	free(machine->how);
	free(machine->why);
	free(machine);
}

void cleanup_machine(struct machine **machine)
{
	machine_close(*machine);
}
