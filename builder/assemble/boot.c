/* Kernel and initramfs; see boot.h. */
#define _GNU_SOURCE 1
#include "assemble/boot.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "assemble/layer.h"
#include "assemble/overlay.h"

#define RELEASE_MAXIMUM 256u

int boot_find_kernel(const char *tree, char **ret_release, struct error *err)
{
	autofree char *folder = path_join(tree, "usr/lib/modules");
	struct strings autostrings names = { 0 };
	if (!path_is_directory(folder))
		return error_set(err, "the packages hold no kernel");
	if (directory_list(folder, &names, err))
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		autofree char *kernel = text_format("%s/boot/vmlinuz-%s", tree, names.items[i]);
		if (!path_exists(kernel))
			continue;
		*ret_release = text_copy(names.items[i]);
		return 0;
	}
	return error_set(err, "the packages hold no kernel");
}

/* The configuration directory that mkinitramfs reads instead of the tree's /etc/initramfs-tools. */
static int write_configuration(const struct boot *boot, const char *folder, struct error *err)
{
	static const char settings[] = "MODULES=list\nBUSYBOX=y\nKEYMAP=n\nCOMPRESS=zstd\nCOMPRESSLEVEL=6\n"
				       "DEVICE=\nNFSROOT=auto\nRUNSIZE=10%\nFSTYPE=ext4\nRESUME=none\n";
	static const char *const folders[] = { "conf.d", "hooks", "scripts" };
	/* packages are being configured beside us: what that makes must not come in by chance */
	static const char last[] = "#!/bin/sh\n[ \"$1\" = prereqs ] && { echo hie; exit 0; }\n"
				   "rm -f \"$DESTDIR/usr/lib/udev/hwdb.bin\"\n";
	struct buffer autobuffer modules = { 0 };
	autofree char *ours = path_join(boot->overlay, "etc/initramfs-tools");
	autofree char *conf = path_join(folder, "initramfs.conf"), *list = path_join(folder, "modules");
	for (size_t i = 0; i < LENGTH(folders); i++) {
		autofree char *path = path_join(folder, folders[i]);
		if (directory_make(path, 0755, err))
			return -1;
	}
	if (!path_is_directory(ours))
		return error_set(err, "%s is missing: it holds the script that starts the box", ours);
	if (overlay_copy(ours, folder, boot->plan->lock.timestamp, err))
		return -1;
	for (size_t i = 0; i < boot->plan->board->modules.count; i++)
		buffer_format(&modules, "%s\n", boot->plan->board->modules.items[i].text);
	autofree char *hook = path_join(folder, "hooks/zz-configured");
	if (file_write_plain(hook, last, strlen(last), 0755, err))
		return -1;
	if (file_write_plain(list, modules.data ? modules.data : "", modules.length, 0644, err))
		return -1;
	return file_write_plain(conf, settings, strlen(settings), 0644, err);
}

static int run_inside(const struct boot *boot, const char *const *argv, bool writable, struct error *err)
{
	autofree char *epoch = text_format("SOURCE_DATE_EPOCH=%lld", (long long)boot->plan->lock.timestamp);
	const char *const environment[] = {
		"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C", "TZ=UTC", "TERM=dumb",
		"TMPDIR=/tmp", epoch, NULL,
	};
	const struct sandbox_bind bind = { .from = boot->work, .to = "/run/hie/boot", .writable = true };
	const struct sandbox sandbox = {
		.root = boot->tree, .root_writable = writable, .binds = &bind, .bind_count = 1,
		.no_sync = true,
	};
	const struct process process = {
		.argv = argv, .environment = environment, .directory = "/", .sandbox = &sandbox,
	};
	return process_run(&process, NULL, err);
}

int boot_initramfs(const struct boot *boot, struct error *err)
{
	autofree char *folder = path_join(boot->work, "initramfs-tools");
	const char *const depmod[] = { "/usr/sbin/depmod", boot->release, NULL };
	const char *const make[] = {
		"/usr/sbin/mkinitramfs", "-d", "/run/hie/boot/initramfs-tools", "-o",
		"/run/hie/boot/initrd.img", boot->release, NULL,
	};
	if (directory_make(boot->work, 0755, err) || write_configuration(boot, folder, err) ||
	    run_inside(boot, depmod, true, err) || run_inside(boot, make, false, err))
		return error_prefix(err, "initramfs");
	return 0;
}

int boot_key(const struct boot *boot, const char *base_key, char **ret_key, struct error *err)
{
	const struct plan *plan = boot->plan;
	struct hash *key = layer_key_begin("boot", boot->tools);
	hash_text(key, base_key);
	for (size_t i = 0; i < plan->board->modules.count; i++)
		hash_text(key, plan->board->modules.items[i].text);
	if (layer_key_folder(key, boot->overlay, err)) {
		hash_free(key);
		return -1;
	}
	*ret_key = layer_key_end(key);
	return 0;
}

/* What a firmware loads, out of the tools root. Not every set of tools has all of them. */
static int copy_boot_files(const struct tools *tools, const char *folder, struct error *err)
{
	static const char *const files[] = {
		"usr/lib/shim/shimx64.efi.signed", "usr/lib/shim/mmx64.efi.signed",
		"usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed", "usr/lib/grub/i386-pc/boot.img",
		"usr/lib/shim/shimaa64.efi.signed", "usr/lib/shim/mmaa64.efi.signed",
		"usr/lib/grub/arm64-efi-signed/grubaa64.efi.signed",
	};
	if (directory_make(folder, 0755, err))
		return -1;
	for (size_t i = 0; i < LENGTH(files); i++) {
		autofree char *from = path_join(tools->root, files[i]);
		autofree char *to = path_join(folder, path_base(files[i]));
		if (path_exists(from) && file_copy(from, to, 0644, err))
			return -1;
	}
	return 0;
}

int boot_publish(const struct boot *boot, const char *kernel, const char *key, struct error *err)
{
	autofree char *directory = path_join(boot->store->work, "boot-layer");
	autofree char *files = path_join(directory, "files"), *to = path_join(directory, "vmlinuz");
	autofree char *made = path_join(boot->work, "initrd.img"), *initrd = path_join(directory, "initrd.img");
	autofree char *release = path_join(directory, "kernel-release");
	if (tree_remove(directory, err) || directory_make(directory, 0755, err) ||
	    file_copy(kernel, to, 0644, err) || file_copy(made, initrd, 0644, err) ||
	    file_write_plain(release, boot->release, strlen(boot->release), 0644, err) ||
	    copy_boot_files(boot->tools, files, err))
		return -1;
	return layer_publish(boot->store, directory, key, err);
}

bool boot_find(const struct store *store, const char *key, struct layers *layers)
{
	autofree char *directory = layer_directory(store, key);
	autofree char *file = path_join(directory, "kernel-release");
	char *release = file_text_or_null(file, RELEASE_MAXIMUM);
	if (!release)
		return false;
	layers->kernel_release = release;
	layers->kernel = path_join(directory, "vmlinuz");
	layers->initramfs = path_join(directory, "initrd.img");
	layers->boot_files = path_join(directory, "files");
	return true;
}
