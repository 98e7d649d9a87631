/* The keys of a board, a machine that boxes are made for: recipes/boards/<id>.yaml. */
#include "recipe/tables.h"

static const struct word firmware_words[] = {
	{ "bios", 0 }, { "uefi", 0 }, { "secure-boot", 0 }, { NULL, 0 }
};
static const struct word table_words[] = { { "gpt", 0 }, { "mbr", 0 }, { NULL, 0 } };

static const struct value_type value_firmware = WORDS(STORE_TEXT, "firmware", firmware_words);
static const struct value_type value_table = WORDS(STORE_TEXT, "table", table_words);
static const struct value_type value_memory = NUMBERS(STORE_SIZE, "size", 256ll << 20, 1ll << 40);
/* FAT32 needs 65 525 clusters of 512 bytes: 33 MiB. */
static const struct value_type value_fat_size = NUMBERS(STORE_SIZE, "size", 34ll << 20, 8ll << 30);
static const struct value_type list_packages = TEXT_LIST(&value_package);
static const struct value_type list_modules = TEXT_LIST(&value_module);
static const struct value_type list_arguments = TEXT_LIST(&value_kernel_argument);
static const struct value_type list_firmware = FILLED_LIST(STORE_TEXTS, &value_firmware);

static const struct key_entry board_keys[] = {
	{ "board", &value_id, KEY_REQUIRED, NULL, "the board's name, the same as its file's",
	  AT(board, id) },
	{ "summary", &value_line, KEY_REQUIRED, NULL, "one line that says which machines these are",
	  AT(board, summary) },
	{ "architecture", &value_architecture, KEY_REQUIRED, NULL, "the processor",
	  AT(board, architecture) },
	{ "memory", &value_memory, KEY_REQUIRED, NULL,
	  "what the components of a recipe must fit in", AT(board, memory) },
	{ "kernel", &value_package, KEY_REQUIRED, NULL, "the kernel's Debian package",
	  AT(board, kernel) },
	{ "packages", &list_packages, 0, NULL, "Debian packages that starting the machine needs",
	  AT(board, packages) },
	{ "modules", &list_modules, 0, NULL,
	  "kernel modules for the initramfs: disks, buses, filesystems", AT(board, modules) },
	{ "firmware", &list_firmware, KEY_REQUIRED, NULL, "how the machine finds what to start",
	  AT(board, firmware) },
	{ "partition-table", &value_table, 0, "gpt", "the kind of partition table",
	  AT(board, partition_table) },
	{ "efi-size", &value_fat_size, 0, "256M", "size of the partition that the firmware reads",
	  AT(board, efi_size) },
	{ "exchange-size", &value_fat_size, 0, "64M",
	  "size of HIEBOX, the partition that any laptop reads", AT(board, exchange_size) },
	{ "kernel-arguments", &list_arguments, 0, NULL, "words for the kernel command line",
	  AT(board, kernel_arguments) },
	{ "wireless", &value_boolean, 0, "false",
	  "has each such machine a wireless card that can open a network?",
	  AT(board, wireless) },
	KEYS_END,
};

const struct value_type file_board = RECORD(board, "board", board_keys);
static const char example[] =
	"board: my-board\n"
	"summary: The mini PCs of our clinics, with BIOS or UEFI\n"
	"architecture: amd64\n"
	"memory: 4G\n"
	"kernel: linux-image-amd64\n"
	"packages: [initramfs-tools, busybox, zstd, e2fsprogs, fdisk, systemd-repart]\n"
	"modules: [squashfs, overlay, loop, ext4, vfat, ahci, nvme, usb_storage, uas]\n"
	"firmware: [bios, uefi, secure-boot]\n"
	"kernel-arguments: [console=tty0]\n";

const struct file_kind kind_board = { "board", "recipes/boards/<id>.yaml",
					   "a machine that boxes are made for", &file_board, example, NULL, NULL };
