/* machine: a built image, running. In QEMU from its disk, or in systemd-nspawn from its layers; both behind one door.
 * The image stays as it is unless `keep` is set. Nothing of a machine outlives this process: not a child, a mount or
 * a file, however the process ends.
 * Sources: qemu(1), QMP (docs/interop/qmp-spec), systemd-nspawn(1), systemd.system-credentials(7), namespaces(7). */
#ifndef HIEBOX_MACHINE_H
#define HIEBOX_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base.h"

enum machine_kind { MACHINE_QEMU, MACHINE_NSPAWN };
enum machine_firmware { MACHINE_BIOS, MACHINE_UEFI, MACHINE_SECURE };

/* A TCP port of the box and where it is reached here, on 127.0.0.1. */
struct machine_port {
	uint16_t guest;
	uint16_t local;             /* in: 0 any free one, else this one or an error that says who has it; out: the one */
};

/* An address out here, such as a developer's own program on 127.0.0.1, and where programs inside reach it.
 * QEMU: this machine's loopback is 10.0.2.2 inside, any other host is itself. nspawn: a listener on the box's own
 * loopback that passes each connection on. */
struct machine_reach {
	const char *host;           /* in: a name or address, looked up out here */
	uint16_t port;              /* in */
	const char *inside_host;    /* out: as programs inside write it; lives as long as the machine */
	uint16_t inside_port;       /* out */
};

struct machine_settings {
	enum machine_kind kind;
	const char *name;           /* of the recipe: in messages, and as host name of the container */
	const char *disk;           /* QEMU: the raw disk */
	const char *const *layers;  /* nspawn: "NAME=FILE.squashfs", bottom to top, NULL-terminated */
	const char *boot;           /* nspawn: the project's overlays/boot, whose scripts/hie-stack lays the layers */
	const char *data;           /* nspawn: directory that stands for the data partition; NULL: temporary */
	bool keep;                  /* QEMU: the disk itself is written; it is locked against a second machine */
	enum machine_firmware firmware;
	uint64_t memory;            /* QEMU: bytes; 0: 2 GiB */
	unsigned processors;        /* QEMU; 0: 2 */
	struct machine_port *ports; /* local ports are filled in */
	size_t port_count;
	struct machine_reach *reaches; /* `out` is filled in */
	size_t reach_count;
	bool terminal;              /* the serial console is this process's terminal */
	bool display;               /* QEMU: a window, where there is a display */
	const char *console;        /* file that receives the console's text, or NULL */
	const char *ssh_key;        /* a public key line that root is let in by while it runs, or NULL */
	const char *share;          /* a directory of this machine, read-only inside at /run/hie/share, or NULL */
	bool shell;                 /* machine_shell() will be used */
	/* Asked at least once a second while machine_shell(), machine_restart() or machine_power_off() wait: true ends the
	 * waiting with an error ("interrupted"). For who is told of signals, so that a report can still be written. */
	bool (*stop)(void);         /* may be NULL */
};

struct machine;

/* Starts. The thread that calls this must live as long as the machine. 0 when it runs (not: has booted); -1 with err: a missing tool with the package that has it, a port that is
 * taken, memory that is not there. Close with machine_close(). */
int machine_open(const struct machine_settings *settings, struct machine **ret_machine, struct error *err);
/* "KVM", "emulated (no KVM: why)", "systemd-nspawn": for people. Borrowed. */
const char *machine_how(const struct machine *machine);
/* How many times slower than the real thing: 1, or about 20 when emulated. Time-outs are multiplied by it. */
double machine_slowness(const struct machine *machine);

/* Runs a shell script (text) inside as root; waits until the shell inside is there, too. What it prints on standard
 * output and error goes to `output` (bounded by its maximum: more is an error). Its exit status (0 to 255, 128 + n for
 * signal n) when it ended; -1 when the machine ended, or does not answer within `seconds` (times slowness). */
int machine_shell(struct machine *machine, const char *script, double seconds, struct buffer *output, struct error *err);
/* nspawn: the directory that stands for the data partition, readable while the machine is open, also when it has ended.
 * QEMU: NULL, it lies in the disk. Borrowed. */
const char *machine_data(const struct machine *machine);
/* Does it still run? When not, *ret_why (may be NULL; caller frees) says what ended it, in a sentence. */
bool machine_runs(struct machine *machine, char **ret_why);
/* The last lines of the console, at most `lines`; caller frees, never NULL. Control characters are taken out. */
char *machine_console(const struct machine *machine, size_t lines);
/* Does the console tell that nothing comes any more by itself: a panic, a boot loader or firmware that found nothing, no word
 * at all? Then *ret_why (caller frees) says so. Any thread. */
bool machine_stuck(const struct machine *machine, char **ret_why);
/* Restarts the system inside (same data); 0 when it went down and comes up. machine_shell() waits for its shell. */
int machine_restart(struct machine *machine, double seconds, struct error *err);
/* Asks for an orderly end and waits for it; -1 when it took longer (it runs on then). */
int machine_power_off(struct machine *machine, double seconds, struct error *err);
/* Relays terminal and signals until the machine ends by itself or by a person: Ctrl-C asks for an orderly end, a
 * second one ends it at once. 0 ended in order, -1 otherwise. Called in the thread that opened the machine; a thread
 * that was started before must have SIGINT, SIGTERM and SIGHUP blocked. */
int machine_wait(struct machine *machine, struct error *err);
/* Ends whatever still runs, at once, and removes what was temporary. NULL allowed. */
void machine_close(struct machine *machine);
void cleanup_machine(struct machine **machine);
#define automachine __attribute__((cleanup(cleanup_machine)))

/* Can a machine of that kind and firmware run here? -1: err says what is missing and what to type. Starts nothing but
 * a probe of KVM of less than two seconds, whose answer is kept until this machine starts again. */
int machine_can(enum machine_kind kind, enum machine_firmware firmware, struct error *err);

#endif
