/* Private to machine: does a guest really run under KVM here? A virtual machine without nested virtualization may show
 * /dev/kvm and hang in it, or emulate a few instructions only. So a tiny guest is run, once per start of this machine. */
#ifndef HIEBOX_MACHINE_KVM_PROBE_H
#define HIEBOX_MACHINE_KVM_PROBE_H

#include <stdbool.h>

#include "base/base.h"

/* NULL: it does. Else why not, as it stands in "emulated (no KVM: …)"; caller frees. Takes less than two seconds; the
 * answer is kept in the user's cache until this machine, its QEMU or its user changes. */
char *kvm_missing(void);

/* The same, for tests: with another device and another file that holds the boot id. */
char *kvm_missing_at(const char *device, const char *boot_id_file);

/* The guest, 512 bytes: 64-bit code with paging that uses SSE2, and BMI2 where the processor says it has it, counts
 * to a million, and leaves by isa-debug-exit with KVM_EXIT. It hangs when something is wrong. */
extern const unsigned char kvm_sector[512];
#define KVM_EXIT 85

#endif
