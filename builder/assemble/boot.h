/* boot: kernel and initramfs, made beside the configuration of the base. Private to the room. */
#ifndef HIEBOX_ASSEMBLE_BOOT_H
#define HIEBOX_ASSEMBLE_BOOT_H

#include "assemble/assemble.h"
#include "base/base.h"

struct boot {
	const struct plan *plan;
	const struct store *store;
	const struct tools *tools;
	const char *tree;          /* with the kernel's modules; modules.dep are written into it */
	const char *overlay;       /* the project's overlays/boot */
	const char *work;          /* our directory; gets initrd.img */
	char *release;             /* set by boot_find_kernel(); owned */
};
/* Finds the one kernel release of the tree. */
int boot_find_kernel(const char *tree, char **ret_release, struct error *err);
/* depmod, then the tree's own mkinitramfs with our script and the board's modules: `work`/initrd.img. */
int boot_initramfs(const struct boot *boot, struct error *err);
/* Everything the initramfs depends on besides the base. */
int boot_key(const struct boot *boot, const char *base_key, char **ret_key, struct error *err);
/* Puts kernel, initramfs and the firmware's boot files into `directory` and publishes it. `kernel` is the
 * path of vmlinuz. */
int boot_publish(const struct boot *boot, const char *kernel, const char *key, struct error *err);
/* Fills kernel, initramfs, release and boot_files when layers/<key> is there. */
bool boot_find(const struct store *store, const char *key, struct layers *layers);

#endif
