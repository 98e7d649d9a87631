/* Which disks are sticks: from a /sys of our own, and a blkid that says what we want. */
#include "tree.h"

#include <sys/sysmacros.h>

#include "agent/backup_content.h"

/* A disk with one partition, as /sys shows them; `device`: it is a real one. */
static void add_disk(const char *root, const char *disk, const char *size, bool device)
{
	autofree char *base = text_format("/sys/devices/%s", disk), *part = text_format("%s/%s1", base, disk);
	autofree char *base_size = text_format("%s/size", base), *part_size = text_format("%s/size", part);
	autofree char *mark = text_format("%s/partition", part), *real = text_format("%s/device/vendor", base);
	tree_write(root, base_size, "1000000\n", 0644);
	tree_write(root, part_size, size, 0644);
	tree_write(root, mark, "1\n", 0644);
	if (device)
		tree_write(root, real, "x\n", 0644);
	const char *const names[] = { disk, path_base(part) };
	const char *const paths[] = { base, part };
	struct error err = { 0 };
	autofree char *class = tree_path(root, "/sys/class/block");
	assert_int_equal(directory_make(class, 0755, &err), 0);
	for (size_t i = 0; i < 2; i++) {
		autofree char *link = path_join(class, names[i]);
		autofree char *to = text_format("../../..%s", paths[i]);
		assert_int_equal(symlink(to, link), 0);
	}
}

/* The data directory is on this disk's partition. */
static void add_own(const char *root, const char *disk)
{
	struct stat st;
	struct error err = { 0 };
	autofree char *data = tree_path(root, "/run/hie/data");
	assert_int_equal(directory_make(data, 0755, &err), 0);
	assert_int_equal(stat(data, &st), 0);
	autofree char *numbers = tree_path(root, "/sys/dev/block");
	assert_int_equal(directory_make(numbers, 0755, &err), 0);
	autofree char *link = text_format("%s/%u:%u", numbers, major(st.st_dev), minor(st.st_dev));
	autofree char *to = text_format("../../devices/%s/%s1", disk, disk);
	assert_int_equal(symlink(to, link), 0);
}

static char *new_tree(void)
{
	char *root = tree_new();
	tree_write(root, "/blkid",
		   "#!/bin/sh\ncase $4 in\n/dev/sda1) printf 'TYPE=ext4\\n' ;;\n/dev/sdb1) printf 'LABEL=TRAINER\\nTYPE=vfat\\n' ;;\n"
		   "/dev/sdc1) printf 'TYPE=crypto_LUKS\\n' ;;\n/dev/sde1) printf 'TYPE=exfat\\n' ;;\n*) exit 2 ;;\nesac\n", 0755);
	autofree char *blkid = tree_path(root, "/blkid");
	assert_int_equal(setenv("HIEBOX_TOOL_BLKID", blkid, 1), 0);
	add_disk(root, "sda", "500000\n", true);   /* the box's own */
	add_own(root, "sda");
	add_disk(root, "sdb", "400000\n", true);
	add_disk(root, "sdc", "400000\n", true);   /* encrypted: not for us */
	add_disk(root, "loop0", "400000\n", false); /* no real disk */
	add_disk(root, "sdd", "0\n", true);        /* a card reader without a card */
	return root;
}

static void test_find(void **state)
{
	(void)state;
	char *root = new_tree();
	struct sticks sticks = { 0 };
	struct error err = { 0 };
	assert_int_equal(sticks_find(root, &sticks, &err), 0);
	assert_int_equal(sticks.count, 1);
	assert_string_equal(sticks.items[0].name, "sdb1");
	assert_string_equal(sticks.items[0].label, "TRAINER");
	assert_string_equal(sticks.items[0].kind, "vfat");
	assert_int_equal(sticks.items[0].size, 400000 * 512);
	sticks_clear(&sticks);
	autojson struct json *targets = backup_targets(root);
	autofree char *text = json_write(targets, true);
	assert_string_equal(text, "[{\"id\":\"stick:sdb1\",\"label\":\"TRAINER\",\"kind\":\"vfat\",\"size\":204800000}]\n");
	tree_free(root);
}

/* Says which when there are several, and that there is none. */
static void test_choose(void **state)
{
	(void)state;
	char *root = new_tree();
	autobox struct box *box = tree_load(root);
	struct error err = { 0 };
	struct target target = { 0 };
	struct provision provision = { .root = root, .box = box };
	struct work work = { .provision = &provision };
	assert_int_equal(target_open(&work, "stick:sdx1", true, &target, &err), -1);
	assert_string_equal(err.message, "The stick sdx1 is not plugged in.");
	error_clear(&err);
	assert_int_equal(target_open(&work, "stick:sda1", true, &target, &err), -1); /* never the box's own disk */
	assert_string_equal(err.message, "The stick sda1 is not plugged in.");
	error_clear(&err);
	add_disk(root, "sde", "300000\n", true);
	assert_int_equal(target_open(&work, "stick", true, &target, &err), -1);
	assert_string_equal(err.message, "There are several sticks: say which one (sdb1, sde1).");
	error_clear(&err);
	assert_int_equal(target_open(&work, "card", true, &target, &err), -1);
	assert_string_equal(err.message, "The HIEBOX partition of this box is not there: use a stick.");
	error_clear(&err);
	autofree char *class = tree_path(root, "/sys/class/block");
	assert_int_equal(tree_remove(class, &err), 0);
	assert_int_equal(target_open(&work, "stick", true, &target, &err), -1);
	assert_string_equal(err.message, "No stick was found: plug in one with FAT, exFAT, NTFS or ext4.");
	error_clear(&err);
	autofree char *card = tree_path(root, "/run/hie/hiebox");
	assert_int_equal(directory_make(card, 0755, &err), 0);
	assert_int_equal(target_open(&work, "card", true, &target, &err), 0);
	assert_true(text_ends(target.directory, "/run/hie/hiebox/backups"));
	assert_true(path_is_directory(target.directory));
	assert_int_equal(target_close(&target, &err), 0);
	saying_clear(&work.failure);
	tree_free(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_choose),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
