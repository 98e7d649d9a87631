/* The journal of a disk whose box made its names: what they say leads nowhere. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "commands/test_box.h"

#define MACHINE "0123456789abcdef0123456789abcdef"
#define EVIL "../../EVIL.journal" /* as long as … */
#define HARMLESS "aaaaaaaaaa.journal"

static char *new_folder(void)
{
	char *folder = NULL;

	assert_int_equal(directory_temporary("/tmp", "hiebox-unit-", &folder, NULL), 0);
	return folder;
}

static void run(const char *const *argv)
{
	struct error err = {0};

	if (process_run(&(struct process){.argv = argv}, NULL, &err) < 0)
		fail_msg("%s", err.message);
}

/* A name that no kernel would make, where the harmless one stood. */
static void make_evil(const char *disk)
{
	autofree char *bytes = NULL;
	size_t length = 0;
	struct error err = {0};

	assert_int_equal(file_read(disk, 64u << 20, &bytes, &length, &err), 0);
	char *at = memmem(bytes, length, HARMLESS, strlen(HARMLESS));
	assert_non_null(at);
	memcpy(at, EVIL, strlen(EVIL));
	assert_int_equal(file_write_plain(disk, bytes, length, 0644, &err), 0);
}

static void names_lead_nowhere(void **state)
{
	autofree char *folder = new_folder();
	autofree char *tree = path_join(folder, "tree"), *disk = path_join(folder, "disk"), *out = path_join(folder, "out/deep");
	autofree char *journal = path_join(tree, TEST_JOURNAL_PLACE "/" MACHINE);
	autofree char *good = path_join(journal, "system.journal"), *harmless = path_join(journal, HARMLESS);
	autofree char *link = path_join(journal, "link.journal"), *evil = path_join(folder, "out/deep/EVIL.journal");
	autofree char *copied = path_join(out, "journal");
	autostrings struct strings names = {0};
	struct error err = {0};

	(void)state;
	if (!process_available("mke2fs") || !process_available("debugfs"))
		skip();
	assert_int_equal(directory_make(journal, 0755, &err), 0);
	assert_int_equal(directory_make(out, 0755, &err), 0);
	assert_int_equal(file_write_plain(good, "good", 4, 0644, &err), 0);
	assert_int_equal(file_write_plain(harmless, "evil", 4, 0644, &err), 0);
	assert_int_equal(symlink("/etc/passwd", link), 0);
	run((const char *const[]){"truncate", "-s", "16M", disk, NULL});
	run((const char *const[]){"mke2fs", "-q", "-F", "-O", "^metadata_csum,^has_journal", "-d", tree, disk, NULL});
	make_evil(disk);
	if (test_journal_copy(disk, 0, out, &err) < 0)
		fail_msg("%s", err.message);
	assert_false(path_exists(evil));
	assert_int_equal(directory_list(copied, &names, &err), 0);
	assert_int_equal(names.count, 1);
	assert_true(text_ends(names.items[0], "-system.journal"));
	autofree char *path = path_join(copied, names.items[0]), *text = file_text_or_null(path, 100);
	assert_string_equal(text, "good");
	tree_remove(folder, NULL);
}

static void a_disk_without_one_says_so(void **state)
{
	autofree char *folder = new_folder();
	autofree char *disk = path_join(folder, "empty"), *out = path_join(folder, "none");
	struct error err = {0};

	(void)state;
	if (!process_available("mke2fs") || !process_available("debugfs"))
		skip();
	assert_int_equal(directory_make(out, 0755, &err), 0);
	run((const char *const[]){"truncate", "-s", "16M", disk, NULL});
	run((const char *const[]){"mke2fs", "-q", "-F", disk, NULL});
	assert_int_equal(test_journal_copy(disk, 0, out, &err), -1);
	assert_non_null(strstr(err.message, "no journal"));
	error_clear(&err);
	tree_remove(folder, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_lead_nowhere),
		cmocka_unit_test(a_disk_without_one_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
