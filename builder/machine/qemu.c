#include "machine/qemu.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "machine/ports.h"

#define START_SECONDS 60.0  /* until QEMU's monitor answers, on a machine with much to do */
#define START_ATTEMPTS 5    /* with other free ports */
#define RESTARTS_MAX 3      /* by itself, before its shell is there */
#define OFF_AGAIN_SECONDS 15.0

/* The pairs of sockets between QEMU and us, in the order of `enum`. */
enum { CONSOLE, MONITOR, SHELL, PAIR_COUNT };
struct pairs {
	int ours[PAIR_COUNT];
	int theirs[PAIR_COUNT];
};

static void cleanup_pairs(struct pairs *pairs)
{
	for (size_t i = 0; i < PAIR_COUNT; i++) {
		cleanup_fd(&pairs->ours[i]);
		cleanup_fd(&pairs->theirs[i]);
	}
}

static int open_pairs(struct pairs *pairs, struct error *err)
{
	for (size_t i = 0; i < PAIR_COUNT; i++)
		pairs->ours[i] = pairs->theirs[i] = -1;
	for (size_t i = 0; i < PAIR_COUNT; i++) {
		int ends[2];

		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
			return error_set_errno(err, errno, "cannot make sockets for QEMU");
		pairs->ours[i] = ends[0];
		pairs->theirs[i] = ends[1];
	}
	return 0;
}

/* Finds free local ports, or sees that the wanted ones are free, and gives them back for QEMU to take. `named` says
 * which ones were wanted. They are open together, so that they differ. */
static int choose_ports(const struct machine_settings *settings, const bool *named, struct error *err)
{
	autofree int *fds = memory_alloc((settings->port_count + 1) * sizeof *fds);
	size_t count = 0;
	int answer = 0;

	for (; count < settings->port_count && answer == 0; count++) {
		struct machine_port *port = &settings->ports[count];

		port->local = named[count] ? port->local : 0;
		fds[count] = -1;
		answer = port_listen(&port->local, &fds[count], err);
	}
	while (count-- > 0)
		cleanup_fd(&fds[count]);
	return answer;
}

/* The system inside went down: its shell will say anew that it is there. */
static void see_resets(struct qemu *qemu)
{
	unsigned resets = qmp_seen(qemu->qmp)->resets;

	if (resets != qemu->resets_seen)
		channel_reset(qemu->channel);
	qemu->resets_seen = resets;
}

/* While the shell inside is waited for: is there still something to wait for? */
static int look(void *data, struct error *err)
{
	struct qemu *qemu = data;
	struct machine *machine = qemu->machine;
	autofree char *why = NULL;
	int ended = machine_wait_for(machine, 0, err);
	unsigned resets;

	if (ended)
		return ended < 0 ? -1 : error_set(err, "the machine ended");
	see_resets(qemu);
	resets = qemu->resets_seen - qemu->resets;
	if (resets > RESTARTS_MAX)
		return error_set(err, "the system inside restarted %u times by itself and does not come up", resets);
	if (machine_stuck(machine, &why))
		return error_set(err, "%s", why);
	return 0;
}

/* What QEMU itself said before it ended tells more than that its monitor is not there. */
static int no_monitor(struct machine *machine, const struct error *problem, struct error *err)
{
	if (machine_wait_end(machine, 1) && machine_reap(machine, QEMU_PROGRAM, NULL, err) < 0)
		return -1;
	return error_set(err, "%s", problem->message);
}

static int start(struct qemu *qemu, const struct machine_settings *settings, struct error *err)
{
	__attribute__((cleanup(cleanup_pairs))) struct pairs pairs;
	autostrings struct strings arguments = {0};
	struct qemu_plan plan = {.settings = settings, .firmware = &qemu->firmware, .kvm = qemu->kvm};
	struct process process = {.own_group = true};
	struct error problem = {0};
	pid_t pid;

	if (open_pairs(&pairs, err) < 0)
		return -1;
	process.extra_fds[0] = plan.console_fd = pairs.theirs[CONSOLE];
	process.extra_fds[1] = plan.monitor_fd = pairs.theirs[MONITOR];
	process.extra_fds[2] = plan.shell_fd = pairs.theirs[SHELL];
	qemu_arguments(&plan, &arguments);
	process.argv = (const char *const *)arguments.items;
	process.environment = (const char *const *)qemu->environment.items;
	if (process_start(&process, &pid, err) < 0 || machine_watch(qemu->machine, pid, QEMU_PROGRAM, err) < 0 ||
	    console_attach(qemu->machine->console, steal_fd(pairs.ours[CONSOLE]), err) < 0)
		return -1;
	for (size_t i = 0; i < PAIR_COUNT; i++) {
		cleanup_fd(&pairs.theirs[i]); /* so that we see when QEMU ends */
		pairs.theirs[i] = -1;
	}
	if (qmp_open(steal_fd(pairs.ours[MONITOR]), START_SECONDS, &qemu->qmp, &problem) < 0) {
		no_monitor(qemu->machine, &problem, err);
		error_clear(&problem);
		return -1;
	}
	qemu->machine->notice_fd = qmp_fd(qemu->qmp);
	if (settings->shell)
		qemu->channel = channel_new(steal_fd(pairs.ours[SHELL]), (struct channel_watch){look, qemu});
	return 0;
}

/* A port may be taken between our look at it and QEMU's. */
static int start_with_ports(struct qemu *qemu, const struct machine_settings *settings, struct error *err)
{
	autofree bool *named = memory_alloc(settings->port_count + 1);
	bool all = true;

	for (size_t i = 0; i < settings->port_count; i++) {
		named[i] = settings->ports[i].local != 0;
		all &= named[i];
	}
	for (unsigned attempt = 1;; attempt++) {
		struct error problem = {0};

		if (choose_ports(settings, named, err) < 0)
			return -1;
		if (start(qemu, settings, &problem) == 0)
			return 0;
		if (all || attempt == START_ATTEMPTS || !strstr(problem.message, "host forwarding rule")) {
			error_set(err, "%s", problem.message);
			error_clear(&problem);
			return -1;
		}
		error_clear(&problem);
		machine_kill(qemu->machine, QEMU_PROGRAM);
	}
}

static int qemu_open(struct machine *machine, const struct machine_settings *settings, struct error *err)
{
	struct qemu *qemu = memory_alloc(sizeof *qemu);

	machine->state = qemu;
	qemu->machine = machine;
	qemu->disk = -1;
	qemu->folder = (struct folder)NO_FOLDER;
	if (qemu_prepare(qemu, settings, err) < 0 || qemu_reaches(qemu, settings, err) < 0 ||
	    qemu_temporary(qemu, err) < 0)
		return -1;
	if (start_with_ports(qemu, settings, err) == 0) {
		folder_close(&qemu->folder);
		return 0;
	}
	if (settings->display)
		error_prefix(err, "with a window (QEMU's are in the package qemu-system-gui)");
	return -1;
}

static int qemu_notice(struct machine *machine, struct error *err)
{
	struct qemu *qemu = machine->state;
	const struct qmp_seen *seen = qmp_seen(qemu->qmp);
	const char *folder = getenv("TMPDIR");

	qmp_take(qemu->qmp);
	machine->notice_fd = qmp_fd(qemu->qmp);
	if (!seen->stopped)
		return 0;
	if (seen->no_space)
		return error_set(err, "there is no more room for what the box writes: in %s, or where the image lies with --keep; "
				      "TMPDIR names another folder", folder && *folder ? folder : "/var/tmp");
	if (seen->write_failed)
		return error_set(err, "what the box writes cannot be written here");
	if (qmp_command(qemu->qmp, "query-status", NULL, NULL) < 0 || text_equal(qmp_status(qemu->qmp), "running") ||
	    text_equal(qmp_status(qemu->qmp), "paused"))
		return 0; /* ended, or a person paused it in its window */
	return error_set(err, "QEMU cannot go on (%s)%s", qmp_status(qemu->qmp),
			 qemu->kvm ? "; HIEBOX_ACCEL=tcg does without KVM" : "");
}

static int qemu_shell(struct machine *machine, const char *script, double seconds, struct buffer *output, struct error *err)
{
	struct qemu *qemu = machine->state;
	double end = clock_seconds() + seconds;
	double left;

	if (!qemu->channel)
		return error_set(err, "this machine was started without a shell inside");
	see_resets(qemu);
	if (channel_wait(qemu->channel, seconds, err) < 0)
		return -1;
	qemu->resets = qmp_seen(qemu->qmp)->resets;
	left = end - clock_seconds();
	return channel_run(qemu->channel, script, left > 1 ? left : 1, output, err);
}

static int qemu_ask_off(struct machine *machine, struct error *err)
{
	struct qemu *qemu = machine->state;

	return qmp_command(qemu->qmp, "system_powerdown", NULL, err);
}

/* By the shell inside where there is one; else by the keys that systemd restarts on. */
static int ask_restart(struct qemu *qemu, struct error *err)
{
	static const char script[] = "(sleep 1; systemctl reboot) </dev/null >/dev/null 2>&1 &";
	static const char keys[] = "{\"keys\":[{\"type\":\"qcode\",\"data\":\"ctrl\"},{\"type\":\"qcode\",\"data\":\"alt\"},"
				   "{\"type\":\"qcode\",\"data\":\"delete\"}]}";
	autobuffer struct buffer output = {.maximum = 4096};

	if (qemu->channel)
		return qemu_shell(qemu->machine, script, 20 * qemu->machine->slowness, &output, err) < 0 ? -1 : 0;
	return qmp_command(qemu->qmp, "send-key", keys, err);
}

static int qemu_restart(struct machine *machine, double seconds, struct error *err)
{
	struct qemu *qemu = machine->state;
	double end = clock_seconds() + seconds;
	unsigned before;
	int ended;

	qmp_take(qemu->qmp);
	before = qmp_seen(qemu->qmp)->resets;
	if (ask_restart(qemu, err) < 0)
		return -1;
	while (qmp_seen(qemu->qmp)->resets == before) {
		if (clock_seconds() >= end)
			return error_set(err, "it was asked to restart and did not go down within %.0f s", seconds);
		ended = machine_wait_for(machine, 0.5, err);
		if (ended)
			return ended < 0 ? -1 : error_set(err, "it was asked to restart, and ended");
	}
	qemu->resets = qmp_seen(qemu->qmp)->resets;
	if (qemu->channel)
		see_resets(qemu);
	return 0;
}

static int qemu_ended(struct machine *machine, struct error *err)
{
	struct qemu *qemu = machine->state;
	const struct qmp_seen *seen = qmp_seen(qemu->qmp);

	qmp_take(qemu->qmp);
	machine->notice_fd = -1;
	if (machine_reap(machine, QEMU_PROGRAM, NULL, err) < 0)
		return -1;
	if (seen->off_by_host && !seen->off_by_guest)
		return error_set(err, "QEMU was told to end, by its window or a signal, before the box had shut down");
	return 0;
}

static void qemu_close(struct machine *machine)
{
	struct qemu *qemu = machine->state;

	machine_kill(machine, QEMU_PROGRAM);
	qmp_close(qemu->qmp);
	channel_free(qemu->channel);
	cleanup_fd(&qemu->disk);
	folder_close(&qemu->folder);
	strings_clear(&qemu->environment);
	strings_clear(&qemu->hosts);
	qemu_firmware_clear(&qemu->firmware);
	free(qemu);
}

const struct machine_functions machine_qemu = {
	.can = qemu_can,
	.open = qemu_open,
	.shell = qemu_shell,
	.ask_again = OFF_AGAIN_SECONDS,
	.ask_off = qemu_ask_off,
	.restart = qemu_restart,
	.ended = qemu_ended,
	.notice = qemu_notice,
	.close = qemu_close,
};
