/* One tree of all layers; see plain.h. Sources: mkinitramfs(8), update-initramfs(8), linux-update-symlinks(1) of
 * Debian's initramfs-tools 0.148 and linux-base 4.12. */
#define _GNU_SOURCE 1
#include "assemble/plain.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "assemble/layer.h"

/* The initramfs in the making, in a folder of its own that becomes a layer's: it is kept as layers are. */
struct initramfs {
	char *key, *work, *made, *kept;
};

static void cleanup_initramfs(struct initramfs *initramfs)
{
	free(initramfs->key);
	free(initramfs->work);
	free(initramfs->made);
	free(initramfs->kept);
}
#define autoinitramfs __attribute__((cleanup(cleanup_initramfs)))

/* Any layer may hold hooks, modules and settings of the initramfs. */
static void initramfs_begin(const struct build *build, const struct layers *layers, struct initramfs *initramfs)
{
	struct hash *key = layer_key_begin("plain initramfs", build->tools);
	for (size_t i = 0; i < LAYER_COUNT; i++)
		hash_text(key, layers->items[i].key);
	initramfs->key = layer_key_end(key);
	autofree char *kept = layer_directory(build->store, initramfs->key);
	initramfs->kept = path_join(kept, "initrd.img");
	initramfs->work = path_join(build->store->work, "plain-initramfs");
	initramfs->made = path_join(initramfs->work, "initrd.img");
}

/* As update-initramfs makes it on the box itself: with the tree's own hooks and settings. The layered box's
 * one, with our script and the board's few modules, is another. */
static int make_initramfs(const struct build *build, const char *tree, const char *release,
			  const struct initramfs *initramfs, struct error *err)
{
	autofree char *epoch = text_format("SOURCE_DATE_EPOCH=%lld", (long long)build->plan->lock.timestamp);
	const char *const environment[] = {
		"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C", "TZ=UTC", "TERM=dumb",
		"TMPDIR=/tmp", epoch, NULL,
	};
	const char *const argv[] = { "/usr/sbin/mkinitramfs", "-o", "/run/hie/initramfs/initrd.img", release, NULL };
	const struct sandbox_bind bind = { .from = initramfs->work, .to = "/run/hie/initramfs", .writable = true };
	const struct sandbox sandbox = { .root = tree, .binds = &bind, .bind_count = 1, .no_sync = true };
	const struct process process = {
		.argv = argv, .environment = environment, .directory = "/", .sandbox = &sandbox,
	};
	if (tree_remove(initramfs->work, err) || directory_make(initramfs->work, 0755, err) ||
	    process_run(&process, NULL, err))
		return -1;
	return layer_publish(build->store, initramfs->work, initramfs->key, err);
}

static int put_initramfs(const struct build *build, struct layers *layers, const char *tree, struct error *err)
{
	struct initramfs autoinitramfs initramfs = { 0 };
	autofree char *to = text_format("%s/boot/initrd.img-%s", tree, layers->kernel_release);
	initramfs_begin(build, layers, &initramfs);
	strings_add(&layers->used, initramfs.key);
	if (build->options->no_cache || !path_exists(initramfs.kept)) {
		struct progress *progress = progress_begin("initramfs", "with every driver", 0, false);
		int answer = make_initramfs(build, tree, layers->kernel_release, &initramfs, err);
		progress_end(progress, answer ? "failed" : NULL);
		if (answer)
			return -1;
	}
	return file_copy(initramfs.kept, to, 0644, err);
}

/* What GRUB loads. The kernel packages' scripts move these links to a newer kernel (linux-update-symlinks),
 * and leave others behind, with .old, for the one before. */
static int link_at_top(const char *tree, const char *name, const char *release, struct error *err)
{
	autofree char *path = path_join(tree, name), *target = text_format("boot/%s-%s", name, release);
	if (symlink(target, path))
		return error_set_errno(err, errno, "%s", path);
	return 0;
}

static int build_tree(const struct build *build, struct layers *layers, const char *tree, struct error *err)
{
	const char *release = layers->kernel_release;
	autofree char *kernel = text_format("%s/boot/vmlinuz-%s", tree, release);
	if (tree_remove(tree, err))
		return -1;
	for (size_t i = 0; i < LAYER_COUNT; i++)
		if (layer_unsquash(build->tools, layers->items[i].squashfs, tree, err))
			return -1;
	if (file_copy(layers->kernel, kernel, 0644, err) || put_initramfs(build, layers, tree, err) ||
	    link_at_top(tree, "vmlinuz", release, err))
		return -1;
	return link_at_top(tree, "initrd.img", release, err);
}

int plain_tree(const struct build *build, struct layers *layers, struct error *err)
{
	autofree char *tree = path_join(build->store->work, "plain-tree");
	if (build_tree(build, layers, tree, err))
		return error_prefix(err, "plain tree");
	layers->plain_tree = steal(tree);
	return 0;
}
