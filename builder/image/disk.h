/* Inside the room image: one disk being written, and what the files of the room do to it. */
#ifndef HIEBOX_IMAGE_DISK_H
#define HIEBOX_IMAGE_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/image.h"

#define SECTOR 512u
#define MIB ((uint64_t)1 << 20)

/* Where tools find things in their sandbox. */
#define INSIDE_DISK "/run/disk"
#define INSIDE_STAGE "/run/stage"
#define INSIDE_INPUT "/run/input"

/* Borrowed throughout; made by image_write(). Read by several threads at once. */
struct disk {
	const struct image_input *input;
	const struct layout *layout;
	const char *path;      /* the unfinished file */
	const char *stage;     /* directory for small files that tools read or write; removed afterwards */
	const char *manifest;  /* JSON text */
	int fd;                /* of `path`, for reading and writing */
};

/* The partition with that role and its number in the table (from 1), or NULL and 0. */
const struct partition *disk_partition(const struct disk *disk, enum partition_role role, unsigned *ret_number);

/* Does the board start by that firmware: "bios", "uefi" or "secure-boot"? */
bool disk_firmware(const struct disk *disk, const char *name);

/* A tool's call: the disk is at INSIDE_DISK, the stage at INSIDE_STAGE, `binds` are added. `input` is a
 * file name in the stage that becomes standard input, or NULL. */
struct disk_call {
	const char *const *argv;
	const struct sandbox_bind *binds;
	size_t bind_count;
	const char *input;
};
int disk_tool(const struct disk *disk, const struct disk_call *call, struct error *err);

/* All bytes to that place of the disk. */
int disk_write_at(const struct disk *disk, const void *bytes, size_t length, uint64_t offset, struct error *err);

/* Writes `text` as <stage>/<name>, mode 0644, mode and time independent of umask and clock. */
int disk_stage(const struct disk *disk, const char *name, const char *text, struct error *err);
/* Makes <stage>/<name> (one level) as a directory with mode 0755. */
int disk_stage_directory(const struct disk *disk, const char *name, struct error *err);
/* Sets the time of <stage>/<name> to the build's time stamp: last, when the directory is complete. */
int disk_stage_time(const struct disk *disk, const char *name, struct error *err);

/* whole.c: opens a disk that is there for reading, never waiting; a folder, a pipe or a socket is refused. */
int disk_open(const char *path, struct error *err);
/* What a file is that is no raw disk ("a qcow2 disk; …"), or NULL when it is not known. */
const char *disk_other(int fd);

/* partitions.c: the partition table, by sfdisk. */
int disk_write_table(const struct disk *disk, struct error *err);

/* boot.c: GRUB in the master boot record and the BIOS boot partition, when the layout has one.
 * Sources: GRUB's grub-core/boot/i386/pc/{boot,diskboot}.S, util/setup.c. */
int disk_write_bios(const struct disk *disk, struct error *err);

/* fat.c: the EFI system partition and HIEBOX, by mkfs.fat and mtools. */
int disk_write_efi(const struct disk *disk, struct error *err);
int disk_write_exchange(const struct disk *disk, struct error *err);

/* ext4.c: the filled system slot, the data partition, or the root of layout plain, by mke2fs. */
int disk_write_system(const struct disk *disk, struct error *err);
int disk_write_data(const struct disk *disk, struct error *err);
int disk_write_root(const struct disk *disk, struct error *err);

/* grub.c: the texts GRUB reads. Callers free. */
char *grub_menu(const struct disk *disk);
char *grub_redirect(unsigned efi_number);    /* EFI/debian/grub.cfg and the BIOS core's own configuration */
char *grub_environment(const char *slot);    /* exactly GRUB_ENVIRONMENT_SIZE bytes and a NUL */
#define GRUB_ENVIRONMENT_SIZE 1024
/* Text for inside GRUB's double quotes. Caller frees. */
char *grub_quoted(const char *text);

/* exchange.c: the texts on HIEBOX. Callers free. */
char *exchange_settings(const struct disk *disk);
char *exchange_read_me(const struct disk *disk);

/* manifest.c: what this disk was made of, as JSON text. It stands in the system slot, on HIEBOX, and between
 * the partition table and the first partition (from byte 32768 on, behind a line of MANIFEST_MAGIC and the
 * length), where `hiebox inspect` finds it without reading a filesystem. It says what was written, not
 * what a box has updated since. */
#define MANIFEST_OFFSET 32768u
#define MANIFEST_MAGIC "hiebox manifest 1 "
#define MANIFEST_MAXIMUM (MIB - MANIFEST_OFFSET)
char *manifest_text(const struct image_input *input, const struct layout *layout);   /* caller frees */
int manifest_write(const struct disk *disk, struct error *err);
/* `*ret_text` NULL when the disk has none. Caller frees. */
int manifest_read(int fd, char **ret_text, struct error *err);

#endif
