/* layout: the partitions of the disk (design section 4). Type GUIDs: UEFI specification 2.10, table
 * 5.7 (EFI system), the Discoverable Partitions Specification (root), Linux and Microsoft conventions. */
#include "plan/plan.h"

#include <string.h>

#define MEBIBYTE (UINT64_C(1) << 20)
#define SLOT_STEP (16 * MEBIBYTE)
#define SLOT_LEAST (64 * MEBIBYTE)

/* Role, GPT name, type. The name is also the role that ids are derived from. */
static const struct {
	const char *name, *type;
} kinds[] = {
	[PARTITION_BIOS] = { "bios", "21686148-6449-6E6F-744E-656564454649" },
	[PARTITION_EFI] = { "efi", "C12A7328-F81F-11D2-BA4B-00A0C93EC93B" },
	[PARTITION_EXCHANGE] = { "HIEBOX", "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7" },
	[PARTITION_SYSTEM_A] = { "system-a", "0FC63DAF-8483-4772-8E79-3D69D8477DE4" },
	[PARTITION_SYSTEM_B] = { "system-b", "0FC63DAF-8483-4772-8E79-3D69D8477DE4" },
	/* Our own type: nothing but hiebox takes it for its own. */
	[PARTITION_DATA] = { "data", "9A1C1F5E-7B7E-4C55-9D3C-2F0D6C1E0A01" },
	[PARTITION_ROOT] = { "root", "0FC63DAF-8483-4772-8E79-3D69D8477DE4" },
};

static uint64_t round_up(uint64_t bytes, uint64_t step)
{
	return (bytes + step - 1) / step * step;
}

static void add(struct layout *layout, const char *seed, enum partition_role role, uint64_t size)
{
	struct partition *partition = &layout->partitions[layout->count++];
	char words[64];

	*partition = (struct partition){ .role = role, .name = kinds[role].name, .type = kinds[role].type,
					 .start = layout->disk_size, .size = round_up(size, MEBIBYTE) };
	snprintf(words, sizeof words, "partition %s", partition->name);
	uuid_derive(seed, words, partition->uuid);
	snprintf(words, sizeof words, "filesystem %s", partition->name);
	uuid_derive(seed, words, partition->filesystem_uuid);
	layout->disk_size += partition->size;
}

void plan_identity(const struct plan *plan, char ret_identity[HASH_HEX_MAX])
{
	const struct recipe *recipe = plan->recipe;
	autostrings struct strings settings = { 0 };
	struct hash *hash;

	if (!recipe->base && !recipe->settings.count) {
		snprintf(ret_identity, HASH_HEX_MAX, "%s", plan->lock.seed);
		return;
	}
	for (size_t i = 0; i < recipe->settings.count; i++)
		strings_add(&settings, recipe->settings.items[i].text);
	strings_sort(&settings);
	hash = hash_new("sha256");
	hash_text(hash, plan->lock.seed);
	hash_text(hash, recipe->name);
	for (size_t i = 0; i < settings.count; i++)
		hash_text(hash, settings.items[i]);
	hash_finish(hash, ret_identity);
}

void plan_layout(const struct plan *plan, uint64_t system_bytes, struct layout *ret_layout)
{
	char seed[HASH_HEX_MAX];
	uint64_t slot = round_up(system_bytes + system_bytes / 2, SLOT_STEP);
	/* 1 MiB in front for the boot code and the table, 1 MiB behind for its copy. */
	struct layout layout = { .disk_size = MEBIBYTE };

	if (slot < SLOT_LEAST)
		slot = SLOT_LEAST;
	plan_identity(plan, seed);
	uuid_derive(seed, "disk", layout.disk_uuid);
	add(&layout, seed, PARTITION_BIOS, MEBIBYTE);
	add(&layout, seed, PARTITION_EFI, plan->board->efi_size);
	add(&layout, seed, PARTITION_EXCHANGE, plan->board->exchange_size);
	if (plan->recipe->layout == LAYOUT_PLAIN) {
		/* One filesystem for system and data; it grows as the data partition does. */
		add(&layout, seed, PARTITION_ROOT, slot + plan->recipe->data_size);
	} else {
		add(&layout, seed, PARTITION_SYSTEM_A, slot);
		add(&layout, seed, PARTITION_SYSTEM_B, slot);
		add(&layout, seed, PARTITION_DATA, plan->recipe->data_size);
	}
	layout.disk_size += MEBIBYTE;
	*ret_layout = layout;
}

/* Measured on demo, light, plain and site as built in November 2026. What dpkg compresses with xz, squashfs
 * compresses with zstd to half as much again; what was compressed before it was packed (a kernel's modules: the
 * package is about as large as what is in it) stays as it is. Of the kernel's package the kernel itself goes to
 * the boot partition. Jars lose a little; an npm tarball is 16 kB in the layer, 74 kB unpacked. */
#define KERNEL_BYTES UINT64_C(12200000)
#define BOOT_BYTES UINT64_C(49000000)        /* the kernel and its initramfs */
#define DISK_BYTES UINT64_C(17000000)        /* tables, boot code, empty filesystems with their journals */
#define PLAIN_BYTES UINT64_C(85000000)       /* the same of one large filesystem; blocks that are not full */
#define NPM_LAYER_BYTES 16000
#define NPM_BYTES 74000

static uint64_t payload_bytes(const struct plan *plan, bool compressed)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < plan->source_count; i++)
		for (size_t j = 0; j < plan->sources[i].payload_count; j++) {
			uint64_t size = plan->sources[i].payloads[j].size;

			if (size == 0)
				bytes += compressed ? NPM_LAYER_BYTES : NPM_BYTES;
			else
				bytes += compressed ? size / 100 * 92 : size;
		}
	return bytes;
}

uint64_t plan_estimate(const struct plan *plan)
{
	uint64_t bytes = 0;

	if (plan->estimated_system > 0)
		return plan->estimated_system;
	for (size_t i = 0; i < plan->lock.image.count; i++) {
		const struct package *package = &plan->lock.image.items[i];
		bool dense = package->size / 100 * 115 > package->installed_kib * 1024;

		bytes += dense ? package->size : package->size / 2 * 3;
		if (dense && text_starts(package->name, "linux-image-") && package->size > 2 * KERNEL_BYTES)
			bytes -= KERNEL_BYTES;
	}
	return bytes + payload_bytes(plan, true);
}

uint64_t plan_estimate_used(const struct plan *plan)
{
	if (plan->recipe->layout == LAYOUT_PLAIN)
		return plan->lock.image.installed_bytes + payload_bytes(plan, false) + BOOT_BYTES + PLAIN_BYTES;
	return plan_estimate(plan) + BOOT_BYTES + DISK_BYTES;
}
