#include "machine/nspawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <termios.h>
#include <time.h>

#define START_SECONDS 120.0 /* for stacking the layers: mounts, and the deletion of a state that was reset */
#define LOOK_SECONDS 0.02
#define SETTLE_MILLISECONDS 10000
#define CHILDREN_MAX 65536

/* A pseudo-terminal in place of the serial console. What is written to its master before the box reads is not echoed. */
static int open_terminal(bool like_ours, int *ret_master, int *ret_slave, struct error *err)
{
	autofd int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct winsize size = {.ws_row = 24, .ws_col = 80};
	struct termios modes;
	char name[64];

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0 || ptsname_r(master, name, sizeof name) != 0)
		return error_set_errno(err, errno, "there is no pseudo-terminal for the console");
	autofd int slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || tcgetattr(slave, &modes) < 0)
		return error_set_errno(err, errno, "the pseudo-terminal %s cannot be opened", name);
	modes.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(slave, TCSANOW, &modes);
	if (like_ours && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
		size = (struct winsize){.ws_row = 24, .ws_col = 80};
	ioctl(master, TIOCSWINSZ, &size);
	*ret_master = steal_fd(master);
	*ret_slave = steal_fd(slave);
	return 0;
}

/* Is `pid` in another PID namespace than `other`? False when one of them is gone. */
static bool is_below(const char *pid, const char *other)
{
	autofree char *link = path_join3("/proc", pid, "ns/pid");
	autofree char *other_link = path_join3("/proc", other, "ns/pid");
	char name[64], other_name[64];
	ssize_t length = readlink(link, name, sizeof name);
	ssize_t other_length = readlink(other_link, other_name, sizeof other_name);

	return length > 0 && other_length > 0 && (length != other_length || memcmp(name, other_name, (size_t)length) != 0);
}

/* The first child of `parent` that lives in a PID namespace of its own; NULL: none yet. Caller frees. */
static char *child_below(const char *parent)
{
	autofree char *list = text_format("/proc/%s/task/%s/children", parent, parent);
	autofree char *text = file_text_or_null(list, CHILDREN_MAX);
	autostrings struct strings pids = {0};

	if (text)
		strings_split(&pids, text, " \n");
	for (size_t i = 0; i < pids.count; i++)
		if (is_below(pids.items[i], parent))
			return text_copy(pids.items[i]);
	return NULL;
}

static int open_pidfd(const char *pid)
{
	int64_t number;

	return number_parse(pid, 2, INT32_MAX, &number) < 0 ? -1 : (int)syscall(SYS_pidfd_open, (pid_t)number, 0);
}

/* Looks once. 1: the box's first process is there, and known; 0 not yet. */
static int find_leader(const struct machine *machine, struct nspawn *nspawn, struct error *err)
{
	autofree char *outer = text_format("%d", (int)machine->pid);
	autofree char *inner = child_below(outer);
	int64_t number;

	if (inner && nspawn->inner < 0)
		nspawn->inner = open_pidfd(inner);
	autofree char *leader = inner ? child_below(inner) : NULL;
	if (!leader || number_parse(leader, 2, INT32_MAX, &number) < 0)
		return 0;
	autofree char *network_path = path_join3("/proc", leader, "ns/net");
	autofd int network = open(network_path, O_RDONLY | O_CLOEXEC);
	nspawn->leader = open_pidfd(leader);
	nspawn->leader_pid = (pid_t)number;
	if (network < 0 || nspawn->leader < 0)
		return 0; /* it ended already, which the caller sees */
	return forward_enter(nspawn->forward, network, err) < 0 ? -1 : 1;
}

static int wait_for_leader(struct machine *machine, struct nspawn *nspawn, struct error *err)
{
	double end = clock_seconds() + START_SECONDS;

	for (;;) {
		int found = find_leader(machine, nspawn, err);

		if (found != 0)
			return found < 0 ? -1 : 0;
		cleanup_fd(&nspawn->leader);
		nspawn->leader = -1;
		int ended = machine_wait_for(machine, LOOK_SECONDS, err);
		if (ended < 0)
			return -1;
		if (ended && machine_reap(machine, "systemd-nspawn", NULL, err) < 0)
			return error_prefix(err, "the container did not start");
		if (ended)
			return error_set(err, "the container ended as soon as it was started");
		if (clock_seconds() > end)
			return error_set(err, "the container did not start within %.0f s", START_SECONDS);
	}
}

/* The line that lets it begin is only said once it runs: from then on the kernel ends it with us. */
static int launch(struct machine *machine, struct nspawn *nspawn, struct error *err)
{
	autofd int master = -1, slave = -1;
	pid_t pid;

	if (open_terminal(nspawn->terminal, &master, &slave, err) < 0)
		return -1;
	const struct process process = {
		.argv = (const char *const *)nspawn->argv.items,
		.environment = (const char *const *)nspawn->environment.items,
		.directory = "/",
		.input_fd = slave,
		.output_fd = slave,
		.terminal_fd = slave,
	};
	if (process_start(&process, &pid, err) < 0 || machine_watch(machine, pid, "systemd-nspawn", err) < 0)
		return -1;
	if (fd_write_all(master, "go\n", 3, err) < 0)
		return -1;
	return console_attach(machine->console, steal_fd(master), err);
}

int nspawn_start(struct machine *machine, struct nspawn *nspawn, struct error *err)
{
	if (launch(machine, nspawn, err) == 0 && wait_for_leader(machine, nspawn, err) == 0)
		return 0;
	machine_kill(machine, "systemd-nspawn");
	nspawn_settle(nspawn);
	return -1;
}

void nspawn_settle(struct nspawn *nspawn)
{
	struct pollfd gone = {.fd = nspawn->inner, .events = POLLIN};
	double end = clock_seconds() + SETTLE_MILLISECONDS / 1000.0;

	/* readable once the first process of the PID namespace is gone, and that waits for all others */
	while (nspawn->inner >= 0 && poll(&gone, 1, SETTLE_MILLISECONDS) < 0 && errno == EINTR && clock_seconds() < end)
		;
	cleanup_fd(&nspawn->inner);
	cleanup_fd(&nspawn->leader);
	nspawn->inner = nspawn->leader = -1;
	nspawn->leader_pid = 0;
}
