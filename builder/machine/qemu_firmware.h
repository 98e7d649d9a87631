/* Private to machine: UEFI firmware for QEMU, wherever the distribution puts it. */
#ifndef HIEBOX_MACHINE_QEMU_FIRMWARE_H
#define HIEBOX_MACHINE_QEMU_FIRMWARE_H

#include "machine/machine.h"

struct qemu_firmware {
	char *code;       /* NULL: BIOS, which is QEMU's own */
	char *variables;  /* as they are when the machine is new; with `secure` they hold Microsoft's keys */
};

/* Finds both files for that kind of firmware. An error names the files and the package. Free with
 * qemu_firmware_clear(). */
int qemu_firmware_find(enum machine_firmware kind, struct qemu_firmware *ret_firmware, struct error *err);
/* The same in other folders (NULL-terminated), for tests. */
int qemu_firmware_find_in(enum machine_firmware kind, const char *const *folders, struct qemu_firmware *ret_firmware,
			  struct error *err);
void qemu_firmware_clear(struct qemu_firmware *firmware);

#endif
