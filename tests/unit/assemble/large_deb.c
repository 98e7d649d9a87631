/* Large packages: which are given to the tools root's xz, and what comes back. */
#include "archives.h"

#include <fcntl.h>

#include "assemble/large_deb.h"

#define LARGE (3u << 20)

static int count_entries(void *context, struct archive *archive, struct archive_entry *entry, struct error *err)
{
	size_t *count = context;
	(void)archive;
	(void)entry;
	return ++*count == 3 ? error_set(err, "the third is one too many") : 0;
}

/* A package whose data member has this name and these bytes. */
static void write_package(const char *path, const char *member, const struct buffer *data)
{
	struct buffer autobuffer ar = { 0 };
	buffer_text(&ar, "!<arch>\n");
	ar_add(&ar, "debian-binary", "2.0\n", 4);
	ar_add(&ar, "control.tar.xz", "odd", 3);
	ar_add(&ar, member, data->data, data->length);
	assert_int_equal(file_write_plain(at(path), ar.data, ar.length, 0644, NULL), 0);
}

static int visit(const char *path, size_t *ret_count, struct error *err)
{
	/* this machine's own xz stands for that of a tools root */
	const struct tools tools = { .root = (char *)"/" };
	const struct large_deb deb = { .path = at(path), .tools = &tools, .maximum = 64u << 20 };
	*ret_count = 0;
	return large_deb(&deb, count_entries, ret_count, err);
}

static void others_are_left_alone(void **state)
{
	struct buffer autobuffer data = { 0 };
	size_t count;
	(void)state;
	buffer_text(&data, "no matter");
	write_package("small", "data.tar.xz", &data);
	assert_int_equal(visit("small", &count, NULL), 1);
	autofree char *zeros = memory_alloc(LARGE);
	buffer_add(&data, zeros, LARGE);
	write_package("zstd", "data.tar.zst", &data);
	assert_int_equal(visit("zstd", &count, NULL), 1);
	assert_int_equal(file_write_plain(at("zeros"), zeros, LARGE, 0644, NULL), 0);
	assert_int_equal(visit("zeros", &count, NULL), -1);
	assert_int_equal(count, 0);
	assert_int_equal(visit("missing", &count, NULL), -1);
}

/* A tar of `files` files that no compressor makes smaller, by xz. */
static bool compress(size_t files, struct buffer *ret_data)
{
	struct buffer autobuffer tar = { 0 };
	const char *const argv[] = { "xz", "-0", "-c", at("tar"), NULL };
	struct process process = { .argv = argv, .output = ret_data };
	autofree char *noise = memory_alloc(LARGE + 1);
	uint32_t number = 1;
	for (size_t i = 0; i < LARGE; i++) {
		number = number * 1664525 + 1013904223;
		noise[i] = (char)(number >> 24 | 1);
	}
	for (size_t i = 0; i < files; i++)
		tar_add(&tar, '0', i ? "./b" : "./a", noise);
	tar_end(&tar);
	assert_int_equal(file_write_plain(at("tar"), tar.data, tar.length, 0644, NULL), 0);
	return process_run(&process, NULL, NULL) == 0;
}

static void xz_decompresses(void **state)
{
	struct buffer autobuffer two = { 0 };
	struct buffer autobuffer three = { 0 };
	struct error err = { 0 };
	size_t count;
	(void)state;
	if (geteuid() || !path_exists("/usr/bin/xz") || !compress(2, &two) || !compress(3, &three))
		skip();
	write_package("two", "data.tar.xz", &two);
	write_package("three", "data.tar.xz/", &three);
	assert_int_equal(visit("two", &count, NULL), 0);
	assert_int_equal(count, 2);
	/* the visit's own words, though xz had more to say */
	assert_int_equal(visit("three", &count, &err), -1);
	assert_string_equal(err.message, "data.tar.xz: the third is one too many");
	error_clear(&err);
	/* damage is found by xz */
	two.data[two.length / 2] ^= 1;
	write_package("damaged", "data.tar.xz", &two);
	assert_int_equal(visit("damaged", &count, NULL), -1);
}

/* What was kept gives the same entries without xz; damage is noticed, and the package is read again. */
static void data_is_kept(void **state)
{
	struct buffer autobuffer two = { 0 };
	(void)state;
	if (geteuid() || !path_exists("/usr/bin/xz") || !compress(2, &two))
		skip();
	write_package("kept", "data.tar.xz", &two);
	autofree char *work = text_copy(at("store-work")), *store_path = text_copy(at("store"));
	assert_int_equal(directory_make(work, 0755, NULL), 0);
	const struct store store = { .path = store_path, .work = work };
	const struct tools none = { .root = (char *)"/nowhere" }, here = { .root = (char *)"/" };
	struct large_deb deb = { .path = at("kept"), .tools = &here, .store = &store, .sha256 = "abc",
				 .maximum = 64u << 20 };
	autofree char *data = text_copy(at("store/unpacked/abc.tar.zst"));
	size_t count = 0;
	assert_int_equal(large_deb(&deb, count_entries, &count, NULL), 0);
	assert_false(path_exists(data));        /* nobody asked to keep it */
	deb.keep = true;
	count = 0;
	assert_int_equal(large_deb(&deb, count_entries, &count, NULL), 0);
	assert_true(path_exists(data));
	deb.tools = &none;
	count = 0;
	assert_int_equal(large_deb(&deb, count_entries, &count, NULL), 0);
	assert_int_equal(count, 2);
	autofd int fd = open(data, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "no", 2, 4000), 2);
	assert_int_equal(large_deb(&deb, count_entries, &count, NULL), -1); /* there is no xz in /nowhere */
	assert_false(path_exists(data));
	deb.tools = &here;
	count = 0;
	assert_int_equal(large_deb(&deb, count_entries, &count, NULL), 0);
	assert_int_equal(count, 2);
	assert_true(path_exists(data));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(others_are_left_alone),
		cmocka_unit_test(xz_decompresses),
		cmocka_unit_test(data_is_kept),
	};
	return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
