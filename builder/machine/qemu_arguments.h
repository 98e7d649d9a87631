/* Private to machine: from settings to QEMU's command line. Nothing is opened or asked here, so that it can be compared
 * with a text. Sources: qemu(1); systemd.system-credentials(7); systemd-debug-generator(8). */
#ifndef HIEBOX_MACHINE_QEMU_ARGUMENTS_H
#define HIEBOX_MACHINE_QEMU_ARGUMENTS_H

#include "machine/machine.h"
#include "machine/qemu_firmware.h"

#define QEMU_PROGRAM "qemu-system-x86_64"
#define QEMU_MEMORY ((uint64_t)2 << 30) /* when the settings say 0 */
#define QEMU_PROCESSORS 2u
#define QEMU_SLOWNESS 20                /* of an emulated processor: what the box's own time-outs are multiplied by */
#define QEMU_SHARE_TAG "hiebox-share"

/* What was found out here. All borrowed; descriptors are open sockets, which QEMU inherits. */
struct qemu_plan {
	const struct machine_settings *settings; /* ports have their local numbers */
	const struct qemu_firmware *firmware;
	bool kvm;
	int console_fd;
	int monitor_fd;
	int shell_fd; /* when settings->shell */
};

/* Adds argv to `list`, the program's name first. */
void qemu_arguments(const struct qemu_plan *plan, struct strings *list);

/* Adds "NAME=TEXT" for each of systemd's credentials that make of an untouched disk a box with a shell for us, a shared
 * folder, a key for root; in this order: what it is and what makes systemd want it. */
void qemu_credentials(const struct machine_settings *settings, bool kvm, struct strings *list);

#endif
