/* image: layers and a layout become one sparse raw disk, the same bytes each time. No loop devices, no
 * mounts: sfdisk, mke2fs, mkfs.fat, mtools and grub-mkimage of the tools root write into the file.
 * Sources: UEFI 2.10 chapter 5 (GPT), GRUB's boot.S and diskboot.S, design section 4. */
#ifndef HIEBOX_IMAGE_H
#define HIEBOX_IMAGE_H

#include <stdint.h>

#include "assemble/assemble.h"
#include "base/base.h"
#include "plan/plan.h"

struct image_input {
	const struct plan *plan;
	const struct layers *layers;
	const struct tools *tools;
	const char *work;          /* directory for temporary files, on the filesystem of `path` or the store */
	bool keep_failed;          /* after a failure, leave them and the unfinished disk (".NAME.unfinished") */
};

/* Writes the disk to `path` (published by rename). The layout is computed from the layers' real sizes
 * by plan_layout() and given back for the report. */
int image_write(const struct image_input *input, const char *path, struct layout *ret_layout, struct error *err);

/* Reads a raw disk made by image_write() (any GPT disk) and describes it: partitions, and of ours the
 * embedded manifest. For `hiebox inspect`. */
int image_inspect(const char *path, struct json **ret_description, struct error *err);
/* Is the disk whole, as far as that is seen at once: as long as its partitions say, with a boot loader and a filesystem where
 * the kernel lies? -1 with err says what is missing. */
int image_whole(const char *path, struct error *err);

#endif
