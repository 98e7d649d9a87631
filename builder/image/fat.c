/* The two FAT partitions, made by mkfs.fat and filled by mtools at their offset in the disk. Files are
 * named one by one, in a fixed order: FAT keeps the order in which they came. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "image/disk.h"

struct fat {
	const struct disk *disk;
	const struct partition *partition;
	char *target;              /* mtools' name of the filesystem: disk@@offset */
};

static void cleanup_fat(struct fat *fat)
{
	free(fat->target);
}
#define autofat __attribute__((cleanup(cleanup_fat)))

/* FAT32 wherever its 65525 clusters fit, for firmware wants it: with 2 KiB clusters from 256 MiB on. All
 * is said, because mkfs.fat would choose by the size of the whole disk. */
static int fat_format(struct fat *fat, const char *label, struct error *err)
{
	const struct partition *partition = fat->partition;
	const char *width = partition->size >= 34 * MIB ? "32" : "16";
	const char *cluster = partition->size >= 256 * MIB || partition->size < 34 * MIB ? "4" : "1";
	autofree char *id = text_copy_n(partition->filesystem_uuid, 8);
	autofree char *offset = text_format("%ju", (uintmax_t)(partition->start / SECTOR));
	autofree char *kib = text_format("%ju", (uintmax_t)(partition->size >> 10));
	const char *const argv[] = {"/usr/sbin/mkfs.fat", "--invariant", "--offset", offset, "-h", offset, "-i", id,
				    "-n", label, "-F", width, "-s", cluster, INSIDE_DISK, kib, NULL};
	struct disk_call call = {.argv = argv};

	fat->target = text_format("%s@@%ju", INSIDE_DISK, (uintmax_t)partition->start);
	return disk_tool(fat->disk, &call, err);
}

static int fat_directories(const struct fat *fat, const char *const *names, struct error *err)
{
	autostrings struct strings argv = {0};
	struct disk_call call = {0};

	strings_add(&argv, "/usr/bin/mmd");
	strings_add(&argv, "-i");
	strings_add(&argv, fat->target);
	strings_add_all(&argv, names);
	call.argv = (const char *const *)argv.items;
	return disk_tool(fat->disk, &call, err);
}

/* A file for the FAT: from a path outside, under a name. */
struct fat_file {
	const char *from;
	const char *name;
};

/* Copies files into one directory ("::/grub/"), bound into the sandbox under the names they shall have. */
static int fat_copy(const struct fat *fat, const char *directory, const struct fat_file *files, size_t count,
		    struct error *err)
{
	autofree struct sandbox_bind *binds = memory_alloc(count * sizeof *binds);
	autostrings struct strings argv = {0};
	size_t first;

	strings_add_all(&argv, (const char *const[]){"/usr/bin/mcopy", "-i", fat->target, NULL});
	first = argv.count;
	for (size_t i = 0; i < count; i++)
		strings_format(&argv, INSIDE_INPUT "/%s", files[i].name);
	for (size_t i = 0; i < count; i++)
		binds[i] = (struct sandbox_bind){.from = files[i].from, .to = argv.items[first + i]};
	strings_add(&argv, directory);
	struct disk_call call = {.argv = (const char *const *)argv.items, .binds = binds, .bind_count = count};
	return disk_tool(fat->disk, &call, err);
}

/* A file of the target's packages: from the boot layer, or else from the tools root, which has the same
 * suite's packages. Caller frees. */
static char *boot_file(const struct disk *disk, const char *name, const char *package_directory)
{
	if (disk->input->layers->boot_files) {
		char *path = path_join(disk->input->layers->boot_files, name);

		if (path_exists(path))
			return path;
		free(path);
	}
	return path_join3(disk->input->tools->root, package_directory, name);
}

/* Secure Boot's chain: firmware starts shim, shim starts the target's signed GRUB, both verified. Without
 * Secure Boot the same files simply start. */
static int copy_loaders(const struct fat *fat, struct error *err)
{
	if (!disk_firmware(fat->disk, "uefi") && !disk_firmware(fat->disk, "secure-boot"))
		return 0;
	autofree char *shim = boot_file(fat->disk, "shimx64.efi.signed", "/usr/lib/shim");
	autofree char *grub = boot_file(fat->disk, "grubx64.efi.signed", "/usr/lib/grub/x86_64-efi-signed");
	autofree char *keys = boot_file(fat->disk, "mmx64.efi.signed", "/usr/lib/shim");
	const struct fat_file files[] = {{shim, "BOOTX64.EFI"}, {grub, "grubx64.efi"}, {keys, "mmx64.efi"}};

	return fat_copy(fat, "::/EFI/BOOT/", files, LENGTH(files), err);
}

static int copy_grub_texts(const struct fat *fat, struct error *err)
{
	const struct disk *disk = fat->disk;
	autofree char *menu = grub_menu(disk);
	autofree char *environment = grub_environment("a");
	autofree char *menu_path = path_join(disk->stage, "grub.cfg");
	autofree char *environment_path = path_join(disk->stage, "grubenv");
	autofree char *mark_path = path_join(disk->stage, "hie-boot");
	const struct fat_file files[] = {{menu_path, "grub.cfg"}, {environment_path, "grubenv"},
					 {mark_path, "hie-boot"}};

	if (disk_stage(disk, "grub.cfg", menu, err) < 0 || disk_stage(disk, "grubenv", environment, err) < 0 ||
	    disk_stage(disk, "hie-boot", "hiebox\n", err) < 0)
		return -1;
	return fat_copy(fat, "::/grub/", files, LENGTH(files), err);
}

static int copy_redirect(const struct fat *fat, struct error *err)
{
	unsigned number;

	disk_partition(fat->disk, PARTITION_EFI, &number);
	autofree char *redirect = grub_redirect(number);
	autofree char *path = path_join(fat->disk->stage, "redirect.cfg");
	const struct fat_file file = {path, "grub.cfg"};

	if (disk_stage(fat->disk, "redirect.cfg", redirect, err) < 0)
		return -1;
	return fat_copy(fat, "::/EFI/debian/", &file, 1, err);
}

static int copy_kernel(const struct fat *fat, struct error *err)
{
	const struct layers *layers = fat->disk->input->layers;
	const struct fat_file files[] = {{layers->kernel, "vmlinuz"}, {layers->initramfs, "initrd.img"}};

	return fat_copy(fat, "::/a/", files, LENGTH(files), err);
}

int disk_write_efi(const struct disk *disk, struct error *err)
{
	static const char *const names[] = {"::/EFI", "::/EFI/BOOT", "::/EFI/debian", "::/grub", "::/a", NULL};
	autofat struct fat fat = {.disk = disk, .partition = disk_partition(disk, PARTITION_EFI, NULL)};
	bool slots = disk_partition(disk, PARTITION_SYSTEM_A, NULL) != NULL;

	if (!fat.partition)
		return 0;
	if (fat_format(&fat, "HIE-EFI", err) < 0 || fat_directories(&fat, names, err) < 0 ||
	    copy_loaders(&fat, err) < 0 || copy_redirect(&fat, err) < 0 || copy_grub_texts(&fat, err) < 0 ||
	    (slots && copy_kernel(&fat, err) < 0))
		return error_prefix(err, "EFI system partition");
	return 0;
}

static int copy_exchange(const struct fat *fat, struct error *err)
{
	const struct disk *disk = fat->disk;
	const struct recipe *recipe = disk->input->plan->recipe;
	autofree char *settings = exchange_settings(disk);
	autofree char *read_me = exchange_read_me(disk);
	autofree char *settings_path = path_join(disk->stage, "hiebox.conf");
	autofree char *read_me_path = path_join(disk->stage, "README.txt");
	autofree char *manifest_path = path_join(disk->stage, "hiebox.json");
	autofree char *recipe_name = text_format("%s.yaml", recipe->name);
	autofree char *recipe_path = path_join(disk->stage, "recipe.yaml");
	const struct fat_file files[] = {{read_me_path, "README.txt"}, {settings_path, "hiebox.conf"},
					 {manifest_path, "hiebox.json"}, {recipe_path, recipe_name}};

	if (disk_stage(disk, "hiebox.conf", settings, err) < 0 || disk_stage(disk, "README.txt", read_me, err) < 0 ||
	    disk_stage(disk, "hiebox.json", disk->manifest, err) < 0 ||
	    disk_stage(disk, "recipe.yaml", recipe->text, err) < 0)
		return -1;
	return fat_copy(fat, "::/", files, LENGTH(files), err);
}

int disk_write_exchange(const struct disk *disk, struct error *err)
{
	static const char *const names[] = {"::/backups", NULL};
	autofat struct fat fat = {.disk = disk, .partition = disk_partition(disk, PARTITION_EXCHANGE, NULL)};

	if (!fat.partition)
		return 0;
	if (fat_format(&fat, "HIEBOX", err) < 0 || copy_exchange(&fat, err) < 0 ||
	    fat_directories(&fat, names, err) < 0)
		return error_prefix(err, "partition HIEBOX");
	return 0;
}
