/* Private to machine: what each kind of machine does. machine.c picks the row by machine_settings.kind, and does what all
 * have in common: keeping why one ended, waiting, the terminal, signals. */
#ifndef HIEBOX_MACHINE_KIND_H
#define HIEBOX_MACHINE_KIND_H

#include <sys/types.h>

#include "machine/console.h"
#include "machine/machine.h"

struct machine_functions;

/* What `open` fills in, besides `state`, which is the kind's own. */
struct machine {
	const struct machine_functions *functions;
	void *state;              /* made by open(), freed by close(); may be set before open() fails */
	char *how;                /* machine_how(); owned by machine.c */
	const char *data;         /* machine_data(); the kind's, lives until close(); NULL: none */
	double slowness;          /* machine_slowness(); 1 unless open() says otherwise */
	double began;               /* clock_seconds() at its opening */
	pid_t pid;                /* the process that is the machine, from process_start(); 0: none, or waited for */
	int pidfd;                /* of it, machine_watch(); -1: none. Readable when it ended */
	int notice_fd;            /* readable when notice() may have something to say; -1: none */
	bool (*stop)(void);       /* of the settings; NULL: never */
	struct console *console;  /* made by machine.c before open(), which attaches the box's console to it */
	bool ended;               /* told by ended(); then: */
	bool in_order;
	char *why;                /* the sentence; owned by machine.c */
};

struct machine_functions {
	/* As machine_can(). */
	int (*can)(enum machine_firmware firmware, struct error *err);
	/* Starts it and fills `machine`. On failure close() is called all the same, when `state` is set. */
	int (*open)(struct machine *machine, const struct machine_settings *settings, struct error *err);
	/* As machine_shell(), for a machine that was not seen to end. `seconds` already count the slowness. */
	int (*shell)(struct machine *machine, const char *script, double seconds, struct buffer *output, struct error *err);
	/* How long after asking for an orderly end to ask again, for a system that was not there yet to hear it; 0: once. */
	double ask_again;
	/* Asks for an orderly end, as a power button does; does not wait for it. */
	int (*ask_off)(struct machine *machine, struct error *err);
	/* As machine_restart(); `seconds` already count the slowness. May replace pid and pidfd. */
	int (*restart)(struct machine *machine, double seconds, struct error *err);
	/* The pidfd became readable: waits for the process (process_wait()), sets pid 0. 0 it ended in order (switched
	 * off inside, or as asked); 1 it was only a restart and runs again with a new pid and pidfd; -1 with a sentence
	 * that says what ended it. */
	int (*ended)(struct machine *machine, struct error *err);
	/* Takes what is to be taken from notice_fd, without waiting; called now and then. -1 with a sentence when the
	 * machine cannot go on though its process runs. NULL: there is nothing such. */
	int (*notice)(struct machine *machine, struct error *err);
	/* Ends what still runs, waits for it, removes what was temporary, frees `state` (never NULL here). */
	void (*close)(struct machine *machine);
};

extern const struct machine_functions machine_qemu, machine_nspawn;

/* After process_start(): keeps the pid and opens its pidfd. When that fails, the process was ended and waited for. */
int machine_watch(struct machine *machine, pid_t pid, const char *name, struct error *err);
/* process_wait() for it; sets pid 0 and closes pidfd. */
int machine_reap(struct machine *machine, const char *name, int *ret_status, struct error *err);
/* SIGKILL to it, when it still runs, and process_wait(). For close(). */
void machine_kill(struct machine *machine, const char *name);
/* Waits until the process ended or `seconds` went by; true when it ended (ended() is not called yet). */
bool machine_wait_end(const struct machine *machine, double seconds);
/* -1 with err when who called is to stop waiting (settings' stop). Asked at least once a second while anything waits. */
int machine_check_stop(const struct machine *machine, struct error *err);
/* Waits until the process ended, `seconds` went by, or notice_fd has something (which it takes): 1 it ended (ended() is
 * not called yet), 0 not; -1 with err when it is to stop waiting or the machine cannot go on. */
int machine_wait_for(struct machine *machine, double seconds, struct error *err);

#endif
