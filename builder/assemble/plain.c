/* One tree of all layers; see plain.h. */
#include "assemble/plain.h"

int plain_tree(const struct build *build, struct layers *layers, struct error *err)
{
	autofree char *tree = path_join(build->store->work, "plain-tree");
	autofree char *boot = path_join(tree, "boot");
	autofree char *kernel = text_format("%s/vmlinuz-%s", boot, layers->kernel_release);
	autofree char *initrd = text_format("%s/initrd.img-%s", boot, layers->kernel_release);
	if (tree_remove(tree, err))
		return -1;
	for (size_t i = 0; i < LAYER_COUNT; i++)
		if (layer_unsquash(build, layers->items[i].squashfs, tree, err))
			return error_prefix(err, "plain tree");
	if (file_copy(layers->kernel, kernel, 0644, err) || file_copy(layers->initramfs, initrd, 0600, err))
		return error_prefix(err, "plain tree");
	layers->plain_tree = steal(tree);
	return 0;
}
