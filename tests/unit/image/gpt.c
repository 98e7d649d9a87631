/* The partition table reader: a table made here byte by byte, whole, damaged, and hostile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <string.h>

#include "document/document.h"
#include "image/disk.h"
#include "image/gpt.h"

#define SECTORS 4096u

static void put(unsigned char *at, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (unsigned char)(value >> (8 * i));
}

static void seal(unsigned char *header)
{
	put(header + 16, 0, 4);
	put(header + 16, crc32_of(header, 92), 4);
}

static void put_header(unsigned char *disk, uint64_t place, uint64_t other, uint64_t entries)
{
	unsigned char *header = disk + place * SECTOR;

	memcpy(header, "EFI PART", 8);
	put(header + 8, 0x10000, 4);
	put(header + 12, 92, 4);
	put(header + 24, place, 8);
	put(header + 32, other, 8);
	for (unsigned i = 0; i < 16; i++)
		header[56 + i] = (unsigned char)i;
	put(header + 72, entries, 8);
	put(header + 80, 128, 4);
	put(header + 84, 128, 4);
	put(header + 88, crc32_of(disk + entries * SECTOR, 128 * 128), 4);
	seal(header);
}

/* Two partitions, the second at entry 3, named with an e acute and half a surrogate pair. */
static unsigned char *make_disk(void)
{
	static const unsigned char name[] = {'d', 0, 0xe9, 0, 0x00, 0xd8, 0xac, 0x20};
	unsigned char *disk = memory_alloc(SECTORS * SECTOR);
	unsigned char *entry = disk + 2 * SECTOR;

	memset(entry, 0x11, 16);
	memset(entry + 16, 0x22, 16);
	put(entry + 32, 2048, 8);
	put(entry + 40, 2055, 8);
	memcpy(entry + 56, "b\0i\0o\0s\0", 8);
	entry += 2 * 128;
	memset(entry, 0x33, 16);
	put(entry + 32, 2056, 8);
	put(entry + 40, 2056, 8);
	memcpy(entry + 56, name, sizeof name);
	memcpy(disk + (SECTORS - 33) * SECTOR, disk + 2 * SECTOR, 128 * 128);
	put_header(disk, 1, SECTORS - 1, 2);
	put_header(disk, SECTORS - 1, 1, SECTORS - 33);
	return disk;
}

static int open_bytes(const unsigned char *disk, size_t length)
{
	char path[] = "/tmp/hiebox-gpt-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	unlink(path);
	assert_int_equal(fd_write_all(fd, disk, length, NULL), 0);
	return fd;
}

static int read_bytes(const unsigned char *disk, size_t length, struct gpt *ret_gpt, struct error *err)
{
	autofd int fd = open_bytes(disk, length);

	return gpt_read(fd, ret_gpt, err);
}

static void checksum_is_the_known_one(void **state)
{
	(void)state;
	assert_int_equal(crc32_of("123456789", 9), 0xcbf43926u);
}

static void whole_table(void **state)
{
	autofree unsigned char *disk = make_disk();
	struct gpt gpt;

	(void)state;
	assert_int_equal(read_bytes(disk, SECTORS * SECTOR, &gpt, NULL), 0);
	assert_true(gpt.primary_good && gpt.backup_good);
	assert_string_equal(gpt.disk_uuid, "03020100-0504-0706-0809-0a0b0c0d0e0f");
	assert_int_equal(gpt.count, 2);
	assert_int_equal(gpt.partitions[0].number, 1);
	assert_string_equal(gpt.partitions[0].name, "bios");
	assert_string_equal(gpt.partitions[0].uuid, "22222222-2222-2222-2222-222222222222");
	assert_int_equal(gpt.partitions[0].start, 1048576);
	assert_int_equal(gpt.partitions[0].size, 4096);
	assert_int_equal(gpt.partitions[1].number, 3);
	assert_string_equal(gpt.partitions[1].name, "dé?€");
	assert_int_equal(gpt.partitions[1].size, 512);
	gpt_clear(&gpt);
}

static void one_damaged_table_is_told(void **state)
{
	autofree unsigned char *disk = make_disk();
	struct gpt gpt;

	(void)state;
	disk[2 * SECTOR + 40]++;
	assert_int_equal(read_bytes(disk, SECTORS * SECTOR, &gpt, NULL), 0);
	assert_false(gpt.primary_good);
	assert_true(gpt.backup_good);
	assert_int_equal(gpt.partitions[0].size, 4096);
	gpt_clear(&gpt);
	disk[2 * SECTOR + 40]--;
	assert_int_equal(read_bytes(disk, (SECTORS - 8) * SECTOR, &gpt, NULL), 0);
	assert_true(gpt.primary_good);
	assert_false(gpt.backup_good);
	gpt_clear(&gpt);
}

/* Checksums that fit and values that do not. */
static void hostile_headers_are_refused(void **state)
{
	static const struct {
		unsigned offset, bytes;
		uint64_t value;
	} lies[] = {
		{12, 4, 0xffffffff}, {12, 4, 0}, {24, 8, 2}, {72, 8, UINT64_MAX}, {72, 8, SECTORS - 1},
		{72, 8, 0}, {80, 4, 0xffffffff}, {84, 4, 0}, {84, 4, 127}, {84, 4, 0xfffffff8},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(lies); i++) {
		autofree unsigned char *disk = make_disk();
		struct error err = {0};
		struct gpt gpt;

		memset(disk + (SECTORS - 1) * SECTOR, 0, SECTOR);
		put(disk + SECTOR + lies[i].offset, lies[i].value, lies[i].bytes);
		seal(disk + SECTOR);
		assert_int_equal(read_bytes(disk, SECTORS * SECTOR, &gpt, &err), -1);
		assert_string_equal(err.message, "no GUID partition table with right checksums was found");
		error_clear(&err);
	}
}

static void a_short_file_is_no_disk(void **state)
{
	autofree unsigned char *disk = make_disk();
	struct gpt gpt;

	(void)state;
	assert_int_equal(read_bytes(disk, 100, &gpt, NULL), -1);
	assert_int_equal(read_bytes(disk, 5 * SECTOR, &gpt, NULL), -1);
}

static void inspect_describes(void **state)
{
	autofree unsigned char *disk = make_disk();
	char path[] = "/tmp/hiebox-inspect-XXXXXX";
	autofd int fd = mkstemp(path);
	struct error err = {0};
	autojson struct json *description = NULL;

	(void)state;
	memcpy(disk + MANIFEST_OFFSET, "hiebox manifest 1 17\n{\"recipe\":\"demo\"}\n", 39);
	memcpy(disk + 2048 * SECTOR + 1080, "\x53\xef", 2);
	memcpy(disk + 2048 * SECTOR + 1144, "a\x01" "b  ", 5);
	assert_int_equal(fd_write_all(fd, disk, SECTORS * SECTOR, NULL), 0);
	assert_int_equal(image_inspect(path, &description, &err), 0);
	unlink(path);
	autofree char *text = json_write(description, true);
	assert_non_null(strstr(text, "\"table\":\"good\""));
	assert_non_null(strstr(text, "\"content\":\"ext4\",\"label\":\"a?b\""));
	assert_non_null(strstr(text, "\"manifest\":{\"recipe\":\"demo\"}"));
}

static void a_damaged_manifest_is_an_error(void **state)
{
	static const char *const texts[] = {"hiebox manifest 1 99999999\n{}", "hiebox manifest 1 x\n{}",
					    "hiebox manifest 1 -1\n{}"};
	(void)state;
	for (size_t i = 0; i < LENGTH(texts); i++) {
		autofree unsigned char *disk = make_disk();
		struct error err = {0};
		autofree char *text = NULL;

		memcpy(disk + MANIFEST_OFFSET, texts[i], strlen(texts[i]));
		autofd int fd = open_bytes(disk, SECTORS * SECTOR);
		assert_int_equal(manifest_read(fd, &text, &err), -1);
		assert_string_equal(err.message, "the disk's manifest is damaged");
		error_clear(&err);
	}
}

/* What image_whole() and image_inspect() say of these bytes in a file; "" when both are content. Caller frees. */
static char *judged(const unsigned char *bytes, size_t length)
{
	char path[] = "/tmp/hiebox-whole-XXXXXX";
	autofd int fd = mkstemp(path);
	struct error err = {0};
	autojson struct json *description = NULL;
	int result;

	assert_int_equal(fd_write_all(fd, bytes, length, NULL), 0);
	result = image_inspect(path, &description, &err);
	if (result == 0)
		result = image_whole(path, &err);
	unlink(path);
	assert_int_equal(result, err.message ? -1 : 0);
	char *words = text_copy(err.message ? err.message : "");
	error_clear(&err);
	return words;
}

static void a_disk_that_is_not_whole(void **state)
{
	autofree unsigned char *disk = make_disk();

	(void)state;
	autofree char *wiped = judged(disk, SECTORS * SECTOR);
	assert_non_null(strstr(wiped, "partition 1 (bios), where the boot loader should be, holds something else"));
	memcpy(disk + 2048 * SECTOR, "\x52\x56\xbe", 3);
	autofree char *whole = judged(disk, SECTORS * SECTOR);
	assert_string_equal(whole, "");
	autofree char *cut = judged(disk, 2050 * SECTOR);
	assert_non_null(strstr(cut, "it is cut short: it has 1.05 MB, and its partitions take 1.05 MB"));
}

static void what_is_no_raw_disk_is_named(void **state)
{
	static const struct {
		const char *bytes;
		unsigned offset, length;
		const char *expected;
	} files[] = {
		{"QFI\xfb", 0, 4, ": is a qcow2 disk; qemu-img convert"}, {"\x1f\x8b", 0, 2, "packed by gzip"},
		{"PK\x03\x04", 0, 4, "a ZIP archive"}, {"\x7f\x10\xda\xbe", 64, 4, "a VDI disk"},
		{"CD001", 32769, 5, "a CD image"}, {"nothing", 0, 7, "no GUID partition table"},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(files); i++) {
		autofree unsigned char *bytes = memory_alloc(40000);

		memcpy(bytes + files[i].offset, files[i].bytes, files[i].length);
		autofree char *words = judged(bytes, 40000);
		if (!strstr(words, files[i].expected))
			fail_msg("expected \"%s\" in \"%s\"", files[i].expected, words);
	}
	struct error err = {0};
	assert_int_equal(image_whole("/tmp", &err), -1);
	assert_string_equal(err.message, "/tmp: is a folder; expected a raw disk, as hiebox build makes it");
	error_clear(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checksum_is_the_known_one),
		cmocka_unit_test(whole_table),
		cmocka_unit_test(one_damaged_table_is_told),
		cmocka_unit_test(hostile_headers_are_refused),
		cmocka_unit_test(a_short_file_is_no_disk),
		cmocka_unit_test(inspect_describes),
		cmocka_unit_test(a_damaged_manifest_is_an_error),
		cmocka_unit_test(a_disk_that_is_not_whole),
		cmocka_unit_test(what_is_no_raw_disk_is_named),
	};

	return cmocka_run_group_tests_name("image/gpt", tests, NULL, NULL);
}
