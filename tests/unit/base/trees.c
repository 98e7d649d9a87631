/* Directories and whole trees: making, listing, removing, copying. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <string.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "base/base.h"

static char *scratch;

static int make_scratch(void **state)
{
	const char *parent = getenv("TMPDIR");

	(void)state;
	return directory_temporary(parent ? parent : "/tmp", "hiebox-trees-", &scratch, NULL);
}

static int remove_scratch(void **state)
{
	int status = tree_remove(scratch, NULL);

	(void)state;
	free(scratch);
	return status;
}

/* A path below the scratch directory, in one of a few static places: tests use them at once. */
static const char *at(const char *path)
{
	static char places[8][4096];
	static unsigned next;
	char *place = places[next++ % LENGTH(places)];

	snprintf(place, sizeof places[0], "%s/%s", scratch, path);
	return place;
}

static void put(const char *path, const char *text)
{
	assert_int_equal(file_write_plain(at(path), text, strlen(text), 0644, NULL), 0);
}

static void directories_are_made(void **state)
{
	struct error err = {0};

	(void)state;
	assert_int_equal(directory_make(at("d/e/f"), 0755, &err), 0);
	assert_int_equal(directory_make(at("d/e/f"), 0755, &err), 0);
	assert_int_equal(directory_make(at("d/g/"), 0755, &err), 0);
	assert_true(path_is_directory(at("d/g")));
	put("d/file", "x");
	assert_int_equal(directory_make(at("d/file"), 0755, &err), -1);
	assert_true(text_ends(err.message, "d/file exists and is not a directory"));
	error_clear(&err);
	assert_int_equal(directory_make(at("d/file/below"), 0755, &err), -1);
	error_clear(&err);
	assert_int_equal(directory_make("", 0755, &err), -1);
	error_clear(&err);
}

static void names_are_listed_in_order(void **state)
{
	autostrings struct strings names = {0};
	autofree char *joined = NULL;
	struct error err = {0};

	(void)state;
	directory_make(at("l/b"), 0755, &err);
	put("l/a", "");
	put("l/.c", "");
	put("l/B", "");
	assert_int_equal(directory_list(at("l"), &names, &err), 0);
	joined = strings_join(&names, " ");
	assert_string_equal(joined, ".c B a b");
	assert_int_equal(directory_list(at("none"), &names, &err), -1);
	error_clear(&err);
}

static void trees_are_removed_links_are_not_followed(void **state)
{
	struct error err = {0};

	(void)state;
	directory_make(at("keep/inner"), 0755, &err);
	put("keep/file", "kept");
	directory_make(at("gone/a/b/c"), 0755, &err);
	put("gone/a/file", "");
	assert_int_equal(symlink(at("keep"), at("gone/a/link")), 0);
	assert_int_equal(symlink("nowhere", at("gone/dangling")), 0);
	assert_int_equal(mkfifo(at("gone/fifo"), 0600), 0);
	assert_int_equal(chmod(at("gone/a/b/c"), 0), 0);
	assert_int_equal(chmod(at("gone/a/b"), 0500), 0);
	assert_int_equal(tree_remove(at("gone"), &err), 0);
	assert_false(path_exists(at("gone")));
	assert_true(path_exists(at("keep/file")));
	assert_int_equal(tree_remove(at("gone"), &err), 0);
	/* A link itself, even with a slash behind it. */
	assert_int_equal(symlink(at("keep"), at("link")), 0);
	assert_int_equal(tree_remove(at("link/"), &err), 0);
	assert_false(path_exists(at("link")));
	assert_true(path_exists(at("keep/file")));
	/* A single file. */
	assert_int_equal(tree_remove(at("keep/file"), &err), 0);
	assert_false(path_exists(at("keep/file")));
}

/* As a user other than root, whom permission bits stop. */
static void unreadable_directories_are_removed(void **state)
{
	int status;
	pid_t child;

	(void)state;
	assert_int_equal(chmod(scratch, 0777), 0);
	child = fork();
	if (child == 0) {
		bool failed = geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0);

		failed = failed || directory_make(at("user/a/b"), 0755, NULL) < 0;
		failed = failed || file_write_plain(at("user/a/b/file"), "", 0, 0, NULL) < 0;
		failed = failed || chmod(at("user/a/b"), 0) < 0 || chmod(at("user/a"), 0300) < 0 ||
			 chmod(at("user"), 0500) < 0;
		_exit(failed || tree_remove(at("user"), NULL) < 0 || path_exists(at("user")));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void mounts_are_left_alone(void **state)
{
	int status;
	pid_t child;

	(void)state;
	if (geteuid() != 0)
		skip();
	directory_make(at("outer/inner"), 0755, NULL);
	directory_make(at("precious"), 0755, NULL);
	put("precious/file", "");
	child = fork();
	if (child == 0) {
		struct error err = {0};

		if (sandbox_private_mounts(NULL) < 0)
			_exit(77);
		if (mount(at("precious"), at("outer/inner"), NULL, MS_BIND, NULL) < 0)
			_exit(78);
		_exit(!(tree_remove(at("outer"), &err) < 0 && strstr(err.message, "mounted") &&
			path_exists(at("precious/file"))));
	}
	waitpid(child, &status, 0);
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
}

static void make_tree(void)
{
	const struct timespec times[2] = {{1000000000, 5}, {1000000001, 123456789}};

	directory_make(at("from/dir/empty"), 0755, NULL);
	put("from/dir/a", "content");
	put("from/suid", "s");
	assert_int_equal(link(at("from/dir/a"), at("from/b")), 0);
	assert_int_equal(link(at("from/dir/a"), at("from/z")), 0);
	assert_int_equal(symlink("dir/a", at("from/link")), 0);
	assert_int_equal(mkfifo(at("from/fifo"), 0640), 0);
	setxattr(at("from/suid"), "user.test", "value", 5, 0);
	setxattr(at("from/dir"), "user.dir", "d", 1, 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(at("from/suid"), 33, 34), 0);
		assert_int_equal(lchown(at("from/link"), 35, 36), 0);
	}
	assert_int_equal(chmod(at("from/suid"), 04751), 0);
	utimensat(AT_FDCWD, at("from/link"), times, AT_SYMLINK_NOFOLLOW);
	utimensat(AT_FDCWD, at("from/suid"), times, 0);
	assert_int_equal(chmod(at("from/dir"), 0700), 0);
	utimensat(AT_FDCWD, at("from/dir"), times, 0);
}

static void assert_same(const char *name)
{
	struct stat a, b;
	autofree char *from = text_format("%s/from/%s", scratch, name);
	autofree char *to = text_format("%s/to/%s", scratch, name);

	assert_int_equal(lstat(from, &a), 0);
	assert_int_equal(lstat(to, &b), 0);
	assert_int_equal(a.st_mode, b.st_mode);
	assert_int_equal(a.st_uid, b.st_uid);
	assert_int_equal(a.st_gid, b.st_gid);
	assert_int_equal(a.st_nlink, b.st_nlink);
	assert_int_equal(a.st_rdev, b.st_rdev);
	assert_int_equal(a.st_mtim.tv_sec, b.st_mtim.tv_sec);
	assert_int_equal(a.st_mtim.tv_nsec, b.st_mtim.tv_nsec);
	if (!S_ISDIR(a.st_mode))
		assert_int_equal(a.st_size, b.st_size);
}

static void trees_are_copied(void **state)
{
	static const char *const names[] = {"dir", "dir/empty", "dir/a", "b",
					    "z",   "suid",      "link",  "fifo"};
	struct error err = {0};
	struct stat a, b;
	char value[16];

	(void)state;
	make_tree();
	directory_make(at("to/dir"), 0755, NULL);
	put("to/suid", "was here before");
	put("to/other", "stays");
	if (tree_copy(at("from"), at("to"), &err) < 0)
		fail_msg("%s", err.message);
	for (size_t i = 0; i < LENGTH(names); i++)
		assert_same(names[i]);
	assert_int_equal(stat(at("to/dir/a"), &a), 0);
	assert_int_equal(stat(at("to/z"), &b), 0);
	assert_int_equal(a.st_ino, b.st_ino);
	assert_true(path_exists(at("to/other")));
	if (getxattr(at("from/suid"), "user.test", value, sizeof value) == 5) {
		assert_int_equal(getxattr(at("to/suid"), "user.test", value, sizeof value), 5);
		assert_memory_equal(value, "value", 5);
		assert_int_equal(getxattr(at("to/dir"), "user.dir", value, sizeof value), 1);
	}
	assert_int_equal(tree_copy(at("none"), at("to"), &err), -1);
	error_clear(&err);
}

static void special_files_are_copied_by_root(void **state)
{
	/* "setcap cap_net_bind_service=ep": version 2 of the attribute, capability 10, effective.
	 */
	static const unsigned char capability[20] = {1, 0, 0, 2, 0, 4};
	unsigned char value[32];
	struct error err = {0};

	(void)state;
	if (geteuid() != 0)
		skip();
	directory_make(at("from/special"), 0755, NULL);
	directory_make(at("to"), 0755, NULL);
	if (mknod(at("from/special/null"), S_IFCHR | 0666, 0x103) < 0)
		skip();
	put("from/special/program", "x");
	assert_int_equal(
		setxattr(at("from/special/program"), "security.capability", capability, 20, 0), 0);
	if (tree_copy(at("from"), at("to"), &err) < 0)
		fail_msg("%s", err.message);
	assert_same("special/null");
	assert_int_equal(
		getxattr(at("to/special/program"), "security.capability", value, sizeof value), 20);
	assert_memory_equal(value, capability, 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(directories_are_made),
		cmocka_unit_test(names_are_listed_in_order),
		cmocka_unit_test(trees_are_removed_links_are_not_followed),
		cmocka_unit_test(unreadable_directories_are_removed),
		cmocka_unit_test(mounts_are_left_alone),
		cmocka_unit_test(trees_are_copied),
		cmocka_unit_test(special_files_are_copied_by_root),
	};

	return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
