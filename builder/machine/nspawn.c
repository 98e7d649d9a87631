#include "machine/nspawn.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define POWER_OFF_SIGNAL (SIGRTMIN + 4) /* systemd(1), "Signals" */
#define TRY_FAILED 42

/* Tools, and the packages that have them. */
static const char *const tools[][2] = {
	{"systemd-nspawn", "systemd-container"},
	{"unshare", "util-linux"},
	{"nsenter", "util-linux"},
	{"mount", "mount"},
};

/* Root of a container may lack what it takes: mounts and namespaces are tried. */
static bool may_unshare(void)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET) < 0 ? TRY_FAILED : 0);
	if (child < 0)
		return true; /* the start will say what is wrong */
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return true;
	return !WIFEXITED(status) || WEXITSTATUS(status) != TRY_FAILED;
}

static int nspawn_can(enum machine_firmware firmware, struct error *err)
{
	(void)firmware;
	if (geteuid() != 0 || sandbox_in_user_namespace())
		return error_set(err, "a container (--nspawn) needs root: put sudo in front, or leave out --nspawn: QEMU needs no root");
	for (size_t i = 0; i < LENGTH(tools); i++)
		if (!process_available(tools[i][0]))
			return error_set(err, "a container (--nspawn) needs %s: apt-get install %s, or leave out --nspawn to use QEMU",
					 tools[i][0], tools[i][1]);
	if (!may_unshare())
		return error_set(err, "a container (--nspawn) needs mounts and namespaces of its own, which this root may not make (a "
				 "container without --privileged?): leave out --nspawn to use QEMU");
	return 0;
}

static int nspawn_open(struct machine *machine, const struct machine_settings *settings, struct error *err)
{
	struct nspawn *nspawn;

	if (nspawn_can(settings->firmware, err) < 0)
		return -1;
	nspawn = memory_alloc(sizeof *nspawn);
	*nspawn = (struct nspawn){.folder = NO_FOLDER, .data_lock = -1, .inner = -1, .leader = -1,
				  .terminal = settings->terminal};
	machine->state = nspawn;
	machine->how = text_copy("systemd-nspawn");
	if (forward_open(settings, &nspawn->forward, err) < 0 || nspawn_prepare(nspawn, settings, err) < 0)
		return -1;
	machine->data = nspawn->data;
	return nspawn_start(machine, nspawn, err);
}

static int nspawn_ask_off(struct machine *machine, struct error *err)
{
	const struct nspawn *nspawn = machine->state;

	/* ESRCH: it is at its end already */
	if (syscall(SYS_pidfd_send_signal, nspawn->leader, POWER_OFF_SIGNAL, NULL, 0) < 0 && errno != ESRCH)
		return error_set_errno(err, errno, "the box cannot be asked to switch off");
	return 0;
}

/* unshare(1) passes its child's end on as its own, and stumbles over SIGKILL, for which nothing can be set. */
static int explain_end(struct error *err)
{
	if (!strstr(err->message, "sigprocmask unblock failed") && !strstr(err->message, "killed by signal 9"))
		return error_prefix(err, "the container broke off");
	error_clear(err);
	return error_set(err, "the container was killed (SIGKILL), perhaps because memory ran out");
}

static int nspawn_ended(struct machine *machine, struct error *err)
{
	struct nspawn *nspawn = machine->state;
	siginfo_t end = {0};
	struct error ignored = {0};

	waitid(P_PID, (id_t)machine->pid, &end, WEXITED | WNOWAIT);
	bool again = end.si_code == CLD_EXITED && end.si_status == NSPAWN_RESTART;
	int status, result = machine_reap(machine, "systemd-nspawn", again ? &status : NULL, err);
	if (forward_enter(nspawn->forward, -1, &ignored) < 0)
		error_clear(&ignored);
	nspawn_settle(nspawn);
	if (!again)
		return result < 0 ? explain_end(err) : 0;
	if (nspawn_start(machine, nspawn, err) == 0)
		return 1;
	return error_prefix(err, "it did not start again");
}

static int nspawn_restart(struct machine *machine, double seconds, struct error *err)
{
	double end = clock_seconds() + seconds;
	struct error problem = {0};
	autobuffer struct buffer said = {.maximum = 65536};
	autofree char *why = NULL;
	int status = nspawn_shell(machine, "exec systemctl --no-block reboot", seconds, &said, &problem);

	if (status > 0)
		return error_set(err, "the box refused to restart: %s", said.length ? said.data : "systemctl failed");
	/* a shell that broke off may have done so because the box goes down */
	int ended = machine_wait_for(machine, end - clock_seconds(), err);
	if (ended == 0 && problem.message)
		error_set(err, "%s", problem.message);
	else if (ended == 0)
		error_set(err, "it was asked to restart and has not gone down after %.0f s", seconds);
	error_clear(&problem);
	if (ended <= 0)
		return -1;
	return machine_runs(machine, &why) ? 0 : error_set(err, "it did not start again: %s", why);
}

static void nspawn_close(struct machine *machine)
{
	struct nspawn *nspawn = machine->state;

	forward_close(nspawn->forward);
	machine_kill(machine, "systemd-nspawn");
	nspawn_settle(nspawn);
	nspawn_cgroups_remove(&nspawn->cgroups);
	folder_close(&nspawn->folder);
	cleanup_fd(&nspawn->data_lock);
	strings_clear(&nspawn->argv);
	strings_clear(&nspawn->environment);
	strings_clear(&nspawn->cgroups);
	free(nspawn->data);
	free(nspawn);
	machine->state = NULL;
}

const struct machine_functions machine_nspawn = {
	.can = nspawn_can,
	.open = nspawn_open,
	.shell = nspawn_shell,
	.ask_again = 3,
	.ask_off = nspawn_ask_off,
	.restart = nspawn_restart,
	.ended = nspawn_ended,
	.close = nspawn_close,
};
