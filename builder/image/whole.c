/* Is a file the whole of a disk? What was cut short, wiped, packed or made for another machine is told before it is started. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "image/disk.h"
#include "image/gpt.h"

/* What people have in a disk's place, by the bytes that it begins with. */
static const struct other {
	const char *bytes;
	unsigned offset, length;
	const char *what;
} others[] = {
	{"QFI\xfb", 0, 4, "a qcow2 disk; qemu-img convert -O raw makes a raw one"},
	{"KDMV", 0, 4, "a VMDK disk; qemu-img convert -O raw makes a raw one"},
	{"# Disk DescriptorFile", 0, 21, "the description of a VMDK disk, which lies in another file"},
	{"\x7f\x10\xda\xbe", 64, 4, "a VDI disk; qemu-img convert -O raw makes a raw one"},
	{"vhdxfile", 0, 8, "a VHDX disk; qemu-img convert -O raw makes a raw one"},
	{"\x1f\x8b", 0, 2, "packed by gzip; gunzip unpacks it"},
	{"\xfd" "7zXZ", 0, 5, "packed by xz; unxz unpacks it"},
	{"\x28\xb5\x2f\xfd", 0, 4, "packed by zstd; unzstd unpacks it"},
	{"BZh", 0, 3, "packed by bzip2; bunzip2 unpacks it"},
	{"PK\x03\x04", 0, 4, "a ZIP archive; unzip unpacks it"},
	{"hsqs", 0, 4, "a squashfs, as one layer of an image is"},
	{"ustar", 257, 5, "a tar archive (as OVA files are); tar -x unpacks it"},
	{"CD001", 32769, 5, "a CD image"},
};

const char *disk_other(int fd)
{
	char start[32800] = {0};
	ssize_t got = pread(fd, start, sizeof start, 0);

	for (size_t i = 0; got > 0 && i < LENGTH(others); i++)
		if (memcmp(start + others[i].offset, others[i].bytes, others[i].length) == 0)
			return others[i].what;
	return NULL;
}

int disk_open(const char *path, struct error *err)
{
	autofd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not make us wait */
	struct stat about;

	if (fd < 0 || fstat(fd, &about) < 0)
		return error_set_errno(err, errno, "%s: cannot be read", path);
	if (S_ISREG(about.st_mode) || S_ISBLK(about.st_mode))
		return steal_fd(fd);
	return error_set(err, "%s: is %s; expected a raw disk, as hiebox build makes it", path,
			 S_ISDIR(about.st_mode) ? "a folder" : "no file");
}

/* Partitions without whose content nothing starts, and how they begin (inspect.c tells the rest). */
static const struct {
	const char *name, *what, *bytes;
	unsigned offset, length;
} needed[] = {
	{"bios", "the boot loader", "\x52\x56\xbe", 0, 3},
	{"efi", "the kernel", "\x55\xaa", 510, 2},
};

static int check_partition(int fd, const struct gpt_partition *partition, struct error *err)
{
	unsigned char start[SECTOR] = {0};

	for (size_t i = 0; i < LENGTH(needed); i++)
		if (text_equal(partition->name, needed[i].name) &&
		    (!fd_read_at(fd, start, sizeof start, partition->start) ||
		     memcmp(start + needed[i].offset, needed[i].bytes, needed[i].length) != 0))
			return error_set(err, "partition %u (%s), where %s should be, holds something else: it was damaged; hiebox "
					 "build makes it again", partition->number, partition->name, needed[i].what);
	return 0;
}

static int check_gpt(int fd, const struct gpt *gpt, struct error *err)
{
	uint64_t end = 0;

	for (size_t i = 0; i < gpt->count; i++)
		if (gpt->partitions[i].start + gpt->partitions[i].size > end)
			end = gpt->partitions[i].start + gpt->partitions[i].size;
	if (end > gpt->disk_size) {
		autofree char *there = size_text(gpt->disk_size), *wanted = size_text(end);
		return error_set(err, "it is cut short: it has %s, and its partitions take %s; was it copied or fetched to its end?",
				 there, wanted);
	}
	for (size_t i = 0; i < gpt->count; i++)
		if (check_partition(fd, &gpt->partitions[i], err) < 0)
			return -1;
	return 0;
}

int image_whole(const char *path, struct error *err)
{
	autofd int fd = disk_open(path, err);
	struct gpt gpt = {0};

	if (fd < 0)
		return -1;
	int result = gpt_read(fd, &gpt, err);
	if (result == 0)
		result = check_gpt(fd, &gpt, err);
	gpt_clear(&gpt);
	return result < 0 ? error_prefix(err, "%s", path) : 0;
}
