/* Hostile archives: nothing ever lands outside the tree, and a merged /usr stays merged. */
#include "archives.h"

#include <archive.h>
#include <archive_entry.h>

#include "assemble/archive.h"

static void names_are_cleaned(void **state)
{
	static const char *const cases[][2] = {
		{ "./usr/bin/", "usr/bin" }, { "./", "" }, { ".", "" }, { "a//b/./c", "a/b/c" },
		{ "a/..b", "a/..b" }, { "...", "..." },
	};
	static const char *const refused[] = { "/etc/passwd", "..", "a/../../b", "./../x", "a/.." };
	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		autofree char *name = unpack_name(cases[i][0], NULL);
		assert_string_equal(name, cases[i][1]);
	}
	for (size_t i = 0; i < LENGTH(refused); i++)
		assert_null(unpack_name(refused[i], NULL));
	autofree char *part = memory_alloc(300);
	memset(part, 'x', 256);
	assert_null(unpack_name(part, NULL));
}

static int visit(void *context, struct archive *archive, struct archive_entry *entry, struct error *err)
{
	struct unpack *unpack = context;
	autofree char *path = unpack_name(archive_entry_pathname(entry), err);
	if (!path)
		return -1;
	const struct unpack_item item = {
		.path = path,
		.meta = { .mode = archive_entry_perm(entry), .uid = geteuid(), .gid = getegid(),
			  .mtime = archive_entry_mtime(entry) },
	};
	return archive_unpack(archive, entry, unpack, &item, err);
}

/* Unpacks a tar into `tree` (below scratch); the error's text, or "" when all went well. Caller frees. */
static char *unpack_tar(struct buffer *tar, const char *tree, uint64_t bytes, uint64_t entries)
{
	struct unpack unpack = { 0 };
	struct error err = { 0 };
	tar_end(tar);
	assert_int_equal(file_write_plain(at("a.tar"), tar->data, tar->length, 0644, NULL), 0);
	buffer_clear(tar);
	assert_int_equal(directory_make(at(tree), 0755, NULL), 0);
	assert_int_equal(unpack_open(at(tree), bytes, entries, &unpack, NULL), 0);
	const struct archive_input input = { at("a.tar"), INPUT_TAR, UINT64_MAX };
	int answer = archive_each(&input, visit, &unpack, &err);
	unpack_close(&unpack);
	assert_int_equal(answer != 0, err.message != NULL);
	return err.message ? err.message : text_copy("");
}

static void links_stay_inside(void **state)
{
	struct buffer tar = { 0 };
	(void)state;
	put("outside/file", "untouched");
	autofree char *up = text_copy("../outside"), *absolute = text_copy(at("outside"));
	tar_add(&tar, '2', "up", up);
	tar_add(&tar, '2', "absolute", absolute);
	tar_add(&tar, '0', "up/file", "hostile");
	tar_add(&tar, '0', "absolute/file", "hostile");
	autofree char *error = unpack_tar(&tar, "tree", 1 << 20, 100);
	autofree char *text = got("outside/file");
	assert_string_equal(text, "untouched");
	/* both were resolved inside the tree, where the targets do not exist */
	assert_true(*error != '\0');
	tar_add(&tar, '1', "stolen", "../outside/file");
	autofree char *second = unpack_tar(&tar, "tree2", 1 << 20, 100);
	assert_non_null(strstr(second, "\"..\""));
}

static void links_in_the_way_are_replaced(void **state)
{
	struct buffer tar = { 0 };
	(void)state;
	put("victim", "untouched");
	autofree char *victim = text_copy(at("victim"));
	tar_add(&tar, '2', "file", victim);
	tar_add(&tar, '0', "file", "new");
	autofree char *error = unpack_tar(&tar, "replaced", 1 << 20, 100);
	autofree char *kept = got("victim"), *text = got("replaced/file");
	assert_string_equal(error, "");
	assert_string_equal(kept, "untouched");
	assert_string_equal(text, "new");
}

static void merged_usr_stays(void **state)
{
	struct buffer tar = { 0 };
	struct stat status;
	(void)state;
	tar_add(&tar, '5', "./usr/lib/", "");
	tar_add(&tar, '2', "./lib", "usr/lib");
	tar_add(&tar, '5', "./lib/", "");
	tar_add(&tar, '0', "./lib/module", "text");
	tar_add(&tar, '1', "./other/name", "lib/module");
	autofree char *error = unpack_tar(&tar, "merged", 1 << 20, 100);
	autofree char *text = got("merged/usr/lib/module");
	assert_string_equal(error, "");
	assert_string_equal(text, "text");
	assert_int_equal(lstat(at("merged/lib"), &status), 0);
	assert_true(S_ISLNK(status.st_mode));
	assert_int_equal(lstat(at("merged/other/name"), &status), 0);
	assert_int_equal(status.st_nlink, 2);
	assert_int_equal(status.st_mtim.tv_sec, TEST_TIME);
}

static void budgets_hold(void **state)
{
	struct buffer tar = { 0 };
	(void)state;
	tar_add(&tar, '0', "a", "0123456789");
	autofree char *bytes = unpack_tar(&tar, "small", 9, 100);
	assert_non_null(strstr(bytes, "more than"));
	tar_add(&tar, '0', "a", "1");
	tar_add(&tar, '0', "b", "2");
	autofree char *entries = unpack_tar(&tar, "few", 100, 1);
	assert_non_null(strstr(entries, "more entries"));
}

static void devices_are_refused(void **state)
{
	struct buffer tar = { 0 };
	(void)state;
	tar_add(&tar, '3', "null", "");
	autofree char *error = unpack_tar(&tar, "devices", 100, 10);
	assert_non_null(strstr(error, "device nodes"));
}

static void directories_are_not_replaced(void **state)
{
	struct buffer tar = { 0 };
	(void)state;
	tar_add(&tar, '5', "d", "");
	tar_add(&tar, '0', "d/inside", "x");
	tar_add(&tar, '0', "d", "file");
	autofree char *error = unpack_tar(&tar, "kinds", 100, 10);
	assert_non_null(strstr(error, "in the way"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_cleaned),
		cmocka_unit_test(links_stay_inside),
		cmocka_unit_test(links_in_the_way_are_replaced),
		cmocka_unit_test(merged_usr_stays),
		cmocka_unit_test(budgets_hold),
		cmocka_unit_test(devices_are_refused),
		cmocka_unit_test(directories_are_not_replaced),
	};
	return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
