/* What is on a disk image: its table, what each partition holds, and the manifest that we wrote. */
#include <string.h>
#include <unistd.h>

#include "document/document.h"
#include "image/disk.h"
#include "image/gpt.h"

/* What tells a filesystem: bytes at an offset in the partition, and where its label stands. */
static const struct signature {
	const char *name;
	unsigned offset, length;
	const char *bytes;
	unsigned label_offset, label_length;
} signatures[] = {
	{"ext4", 1080, 2, "\x53\xef", 1144, 16},
	{"vfat", 82, 8, "FAT32   ", 71, 11},
	{"vfat", 54, 8, "FAT16   ", 43, 11},
	{"vfat", 54, 8, "FAT12   ", 43, 11},
	{"squashfs", 0, 4, "hsqs", 0, 0},
	{"GRUB core", 0, 3, "\x52\x56\xbe", 0, 0},  /* how diskboot.S begins: push %dx; push %si; mov $…,%si */
};

/* A label is what somebody wrote: only printable ASCII goes out, trailing spaces do not. */
static char *label_text(const char *at, size_t length)
{
	char *text = text_copy_n(at, strnlen(at, length));
	size_t end = strlen(text);

	for (char *byte = text; *byte; byte++)
		if (*byte < 0x20 || *byte > 0x7e)
			*byte = '?';
	while (end > 0 && text[end - 1] == ' ')
		text[--end] = '\0';
	return text;
}

static void describe_content(int fd, uint64_t start, struct json *description)
{
	char head[1536] = {0};

	if (pread(fd, head, sizeof head, (off_t)start) < 0)
		return;
	for (size_t i = 0; i < LENGTH(signatures); i++) {
		const struct signature *signature = &signatures[i];

		if (memcmp(head + signature->offset, signature->bytes, signature->length) != 0)
			continue;
		json_set(description, "content", json_new_string(signature->name));
		if (signature->label_length) {
			autofree char *label = label_text(head + signature->label_offset, signature->label_length);
			json_set(description, "label", json_new_string(label));
		}
		return;
	}
}

static struct json *describe_partition(int fd, const struct gpt_partition *partition)
{
	struct json *description = json_new_object();

	json_set(description, "number", json_new_number(partition->number));
	json_set(description, "name", json_new_string(partition->name));
	json_set(description, "start", json_new_number((int64_t)partition->start));
	json_set(description, "size", json_new_number((int64_t)partition->size));
	json_set(description, "type", json_new_string(partition->type));
	json_set(description, "uuid", json_new_string(partition->uuid));
	describe_content(fd, partition->start, description);
	return description;
}

static const char *table_state(const struct gpt *gpt)
{
	if (gpt->primary_good && gpt->backup_good)
		return "good";
	return gpt->primary_good ? "backup damaged or not at the end of the disk" : "primary damaged";
}

static int describe_manifest(int fd, struct json *description, struct error *err)
{
	autofree char *text = NULL;
	autodocument struct document *document = NULL;
	struct diagnostics mistakes = {0};

	if (manifest_read(fd, &text, err) < 0)
		return -1;
	if (text && document_parse_json("manifest", text, strlen(text), &document, &mistakes) < 0) {
		diagnostics_to_error(&mistakes, err);
		diagnostics_clear(&mistakes);
		return -1;
	}
	json_set(description, "manifest", json_from_node(document ? document_root(document) : NULL));
	return 0;
}

int image_inspect(const char *path, struct json **ret_description, struct error *err)
{
	autofd int fd = disk_open(path, err);
	struct gpt gpt = {0};

	if (fd < 0)
		return -1;
	if (gpt_read(fd, &gpt, err) < 0) {
		const char *other = disk_other(fd);
		if (!other)
			return error_prefix(err, "%s", path);
		error_clear(err);
		return error_set(err, "%s: is %s; expected a raw disk, as hiebox build makes it", path, other);
	}
	autojson struct json *description = json_new_object();
	struct json *partitions = json_new_array();
	json_set(description, "size", json_new_number((int64_t)gpt.disk_size));
	json_set(description, "uuid", json_new_string(gpt.disk_uuid));
	json_set(description, "table", json_new_string(table_state(&gpt)));
	for (size_t i = 0; i < gpt.count; i++)
		json_add(partitions, describe_partition(fd, &gpt.partitions[i]));
	json_set(description, "partitions", partitions);
	gpt_clear(&gpt);
	if (describe_manifest(fd, description, err) < 0)
		return error_prefix(err, "%s", path);
	*ret_description = steal(description);
	return 0;
}
