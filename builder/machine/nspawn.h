/* Private to machine: a box in a container, without a disk. Everything that it needs lives in namespaces that end with it:
 *   unshare (PID, mount)        machine->pid; dies with the thread that opened the machine
 *     sh, then systemd-nspawn   `inner`, first process of its PID namespace: when it ends, all below end
 *       the box's systemd       `leader`, in the box's own namespaces
 * Every start stacks the layers anew, as a computer would. */
#ifndef HIEBOX_MACHINE_NSPAWN_H
#define HIEBOX_MACHINE_NSPAWN_H

#include "machine/folder.h"
#include "machine/forward.h"
#include "machine/kind.h"

/* What nspawn ends with when the box wants to start again (its sd_event exit code). */
#define NSPAWN_RESTART 133

struct nspawn {
	struct folder folder;      /* console, slot of links to the layers, temporary data, mount points */
	struct strings argv;       /* what process_start() gets at each start */
	struct strings environment;
	struct strings cgroups;    /* directories, removed at its end */
	char *data;                /* stands for the data partition */
	int data_lock;
	int inner;                 /* pidfd; -1 */
	int leader;                /* pidfd; -1 */
	pid_t leader_pid;
	struct forward *forward;
	bool terminal;
};

/* nspawn_stack.c: the folder, the slot, the data directory and the arguments, once for all starts. */
int nspawn_prepare(struct nspawn *nspawn, const struct machine_settings *settings, struct error *err);
/* nspawn_start.c: starts the container and waits until its first process is there; fills pid and pidfd of `machine`. */
int nspawn_start(struct machine *machine, struct nspawn *nspawn, struct error *err);
/* Waits until all of it is gone, after unshare ended. */
void nspawn_settle(struct nspawn *nspawn);
/* nspawn_shell.c: as `shell` of struct machine_functions. */
int nspawn_shell(struct machine *machine, const char *script, double seconds, struct buffer *output, struct error *err);

/* nspawn_cgroup.c: control groups called `name` below this process's own, in which the container shall start, so that two
 * boxes do not take each other's. The container makes them; those of killed runs are removed by the way. */
void nspawn_cgroups_find(const char *name, struct strings *directories);
/* Removes them with those below; what still lives there gets half a second. */
void nspawn_cgroups_remove(const struct strings *directories);

#endif
