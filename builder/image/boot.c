/* GRUB for BIOS without grub-install: boot.img in the master boot record, a core of our own in the BIOS
 * boot partition. */
#include <string.h>

#include "image/disk.h"

#define BOOT_CODE 440            /* of sector 0: behind it stand the disk signature and the protective table */
#define BOOT_KERNEL_SECTOR 0x5c  /* boot.img: where the core begins, 64 bits */
#define BOOT_DRIVE_CHECK 0x66    /* boot.img: a jump that two no-operations replace, as grub-bios-setup does on disks */
#define CORE_BLOCKLIST 0x1f4     /* core.img: where its second sector is, 64 bits */
#define CORE_MAXIMUM (1u << 20)

static void put_le64(unsigned char *at, uint64_t value)
{
	for (unsigned i = 0; i < 8; i++)
		at[i] = (unsigned char)(value >> (8 * i));
}

/* Everything that the early configuration and grub.cfg name, built in: the core reads no module files. */
static int make_core(const struct disk *disk, unsigned efi_number, struct error *err)
{
	autofree char *prefix = text_format("(,gpt%u)/grub", efi_number);
	const char *const argv[] = {
		"/usr/bin/grub-mkimage", "-O", "i386-pc", "-d", "/usr/lib/grub/i386-pc", "-p", prefix,
		"-c", INSIDE_STAGE "/early.cfg", "-o", INSIDE_STAGE "/core.img",
		"biosdisk", "part_gpt", "fat", "ext2", "normal", "search", "search_fs_file", "search_fs_uuid",
		"linux", "configfile", "test", "echo", "loadenv", "minicmd", "sleep", "reboot", "halt",
		"all_video", "serial", "terminal", NULL};
	struct disk_call call = {.argv = argv};
	autofree char *early = grub_redirect(efi_number);

	if (disk_stage(disk, "early.cfg", early, err) < 0)
		return -1;
	return disk_tool(disk, &call, err);
}

static int write_boot_record(const struct disk *disk, uint64_t core_sector, struct error *err)
{
	autofree char *path = path_join(disk->input->tools->root, "/usr/lib/grub/i386-pc/boot.img");
	autofree char *image = NULL;
	size_t length;

	if (file_read(path, SECTOR, &image, &length, err) < 0)
		return -1;
	if (length != SECTOR)
		return error_set(err, "%s: expected 512 bytes", path);
	put_le64((unsigned char *)image + BOOT_KERNEL_SECTOR, core_sector);
	memset(image + BOOT_DRIVE_CHECK, 0x90, 2);
	return disk_write_at(disk, image, BOOT_CODE, 0, err);
}

static int write_core(const struct disk *disk, const struct partition *bios, struct error *err)
{
	autofree char *path = path_join(disk->stage, "core.img");
	autofree char *image = NULL;
	size_t length;

	if (file_read(path, CORE_MAXIMUM, &image, &length, err) < 0)
		return -1;
	if (length < 2 * SECTOR || length > bios->size)
		return error_set(err, "GRUB's core of %zu bytes does not fit the BIOS boot partition", length);
	put_le64((unsigned char *)image + CORE_BLOCKLIST, bios->start / SECTOR + 1);
	return disk_write_at(disk, image, length, bios->start, err);
}

int disk_write_bios(const struct disk *disk, struct error *err)
{
	const struct partition *bios = disk_partition(disk, PARTITION_BIOS, NULL);
	unsigned efi_number;

	if (!bios || !disk_partition(disk, PARTITION_EFI, &efi_number))
		return 0;
	if (make_core(disk, efi_number, err) < 0 || write_core(disk, bios, err) < 0 ||
	    write_boot_record(disk, bios->start / SECTOR, err) < 0)
		return error_prefix(err, "start code for BIOS");
	return 0;
}
