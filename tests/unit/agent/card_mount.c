/* The partition HIEBOX is found on the disk of the data partition, and nowhere else. */
#include "tree.h"

#include <unistd.h>

#include "agent/card_mount.h"

/* A disk with a data partition 8:6 and, if wanted, a partition HIEBOX; beside it another disk with one. */
static char *disks(bool with_card)
{
	char *root = tree_new();
	tree_write(root, "/sys/devices/a/sda/uevent", "DEVNAME=sda\nDEVTYPE=disk\n", 0644);
	tree_write(root, "/sys/devices/a/sda/sda6/uevent", "DEVNAME=sda6\nPARTN=6\nPARTNAME=data\n", 0644);
	if (with_card)
		tree_write(root, "/sys/devices/a/sda/sda3/uevent", "DEVNAME=sda3\nPARTN=3\nPARTNAME=HIEBOX\n", 0644);
	tree_write(root, "/sys/devices/a/sdb/sdb3/uevent", "DEVNAME=sdb3\nPARTN=3\nPARTNAME=HIEBOX\n", 0644);
	tree_write(root, "/sys/dev/block/x", "", 0644);
	tree_write(root, "/run/systemd/x", "", 0644);
	autofree char *number = tree_path(root, "/sys/dev/block/8:6");
	autofree char *link = tree_path(root, "/run/systemd/volatile-root");
	assert_int_equal(symlink("../../devices/a/sda/sda6", number), 0);
	assert_int_equal(symlink("/dev/block/8:6", link), 0);
	return root;
}

static void test_found(void **state)
{
	(void)state;
	char *root = disks(true);
	autofree char *out = tree_path(root, "/out");
	struct error err = { 0 };
	assert_int_equal(card_mount_generate(root, out, &err), 0);
	autofree char *unit = tree_read(root, "/out/run-hie-hiebox.mount");
	autofree char *device = tree_read(root, "/out/dev-sda3.device.d/50-hie.conf");
	autofree char *wanted = tree_read(root, "/out/hie-provision.service.wants/run-hie-hiebox.mount");
	assert_non_null(strstr(unit, "What=/dev/sda3\n"));
	assert_non_null(strstr(unit, "nodev,nosuid,noexec"));
	assert_string_equal(device, "[Unit]\nJobRunningTimeoutSec=30s\n");
	tree_write(root, "/proc/cmdline", "hie.timescale=20\n", 0644); /* an emulated machine */
	assert_int_equal(card_mount_generate(root, out, &err), 0);
	autofree char *slow = tree_read(root, "/out/dev-sda3.device.d/50-hie.conf");
	assert_string_equal(slow, "[Unit]\nJobRunningTimeoutSec=600s\n");
	assert_string_equal(wanted, unit);
	tree_free(root);
}

/* None on this disk, another medium's is left alone; no data partition (rescue, a container). */
static void test_none(void **state)
{
	(void)state;
	struct error err = { 0 };
	char *root = disks(false);
	autofree char *out = tree_path(root, "/out"), *link = tree_path(root, "/run/systemd/volatile-root");
	assert_int_equal(card_mount_generate(root, out, &err), 0);
	assert_false(path_exists(out));
	assert_int_equal(unlink(link), 0);
	assert_int_equal(card_mount_generate(root, out, &err), 0);
	assert_false(path_exists(out));
	tree_free(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_found), cmocka_unit_test(test_none) };
	return cmocka_run_group_tests_name("agent/card_mount", tests, NULL, NULL);
}
