/* Private to machine: a machine in QEMU. qemu.c starts it, qemu_open.c finds out what it needs for that. */
#ifndef HIEBOX_MACHINE_QEMU_H
#define HIEBOX_MACHINE_QEMU_H

#include "machine/channel.h"
#include "machine/folder.h"
#include "machine/kind.h"
#include "machine/qemu_arguments.h"
#include "machine/qemu_firmware.h"
#include "machine/qmp.h"

struct qemu {
	struct machine *machine;
	struct qemu_firmware firmware;
	bool kvm;
	int disk;                /* the disk, which is locked as long as this is open; -1 */
	struct strings hosts;    /* what settings->reaches[].inside_host point to */
	struct folder folder;    /* QEMU's temporary files, until it runs: then they have no names any more */
	struct strings environment;
	struct qmp *qmp;
	struct channel *channel; /* NULL without settings->shell */
	unsigned resets_seen;    /* how many the channel was told of */
	unsigned resets;         /* how many there had been when the shell inside was last there, or a restart was asked for */
};

/* What must be right before QEMU is started: tools, firmware, memory, the disk and its lock, the share, the display.
 * Fills firmware, disk, kvm, and the machine's how and slowness. */
int qemu_prepare(struct qemu *qemu, const struct machine_settings *settings, struct error *err);
/* Makes the folder for QEMU's temporary files, and fills environment. */
int qemu_temporary(struct qemu *qemu, struct error *err);
/* As machine_can(). */
int qemu_can(enum machine_firmware firmware, struct error *err);
/* Where programs inside reach hosts that this machine can. Fills reaches[].inside_… */
int qemu_reaches(struct qemu *qemu, const struct machine_settings *settings, struct error *err);

/* For tests: is there memory for `need` bytes by the text of /proc/meminfo? One that says nothing is enough. */
int qemu_check_memory(const char *meminfo, uint64_t need, struct error *err);

#endif
