/* The store: opened, shared, cleaned up after the dead, and read through. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "fetch/fetch.h"

static int set_up(void **state)
{
	char *folder = NULL;
	struct error err = {0};

	if (directory_temporary("/tmp", "hiebox-store-", &folder, &err) < 0)
		return -1;
	*state = folder;
	return 0;
}

static int tear_down(void **state)
{
	struct error err = {0};
	int rc = tree_remove(*state, &err);

	free(*state);
	return rc;
}

static void put(const char *folder, const char *name, const char *text)
{
	struct error err = {0};
	autofree char *path = path_join(folder, name);
	autofree char *parent = path_directory(path);

	assert_int_equal(directory_make(parent, 0755, &err), 0);
	assert_int_equal(file_write_plain(path, text, strlen(text), 0644, &err), 0);
}

static bool there(const char *folder, const char *name)
{
	autofree char *path = path_join(folder, name);

	return path_exists(path);
}

static void test_open_and_close(void **state)
{
	struct store a, b;
	struct error err = {0};
	autofree char *path = path_join(*state, "not/yet/there");

	assert_int_equal(store_open(path, &a, &err), 0);
	assert_int_equal(store_open(path, &b, &err),
			 0); /* two at once, each with its own work folder */
	assert_string_not_equal(a.work, b.work);
	put(a.work, "deep/file", "x");
	autofree char *work_a = text_copy(a.work), *work_b = text_copy(b.work);
	store_close(&a);
	assert_false(path_exists(work_a));
	assert_true(path_exists(work_b));
	store_close(&b);
	assert_true(there(path, "blobs/sha256"));
	autofree char *work = path_join(path, "work");
	struct strings left = {0};
	assert_int_equal(directory_list(work, &left, &err), 0);
	assert_int_equal(left.count, 0);
}

static void test_stale_work(void **state)
{
	struct store store;
	struct error err = {0};
	const char *folder = *state;

	put(folder, "work/77-0/file", "left behind");
	put(folder, "work/77-0.lock", "");
	put(folder, "work/78-0/file", "in use");
	put(folder, "work/78-0.lock", "");
	autofree char *path = path_join(folder, "work/78-0.lock");
	int fd;
	assert_int_equal(lock_take(path, true, &fd, &err), 0);
	assert_int_equal(store_open(folder, &store, &err), 0);
	assert_false(there(folder, "work/77-0"));
	assert_false(there(folder, "work/77-0.lock"));
	assert_true(there(folder, "work/78-0/file"));
	store_close(&store);
	close(fd);
	assert_int_equal(store_open(folder, &store, &err), 0);
	assert_false(there(folder, "work/78-0"));
	store_close(&store);
}

/* A process that is killed leaves its work; the next one clears it away. */
static void test_killed(void **state)
{
	struct store store;
	struct error err = {0};
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (store_open(*state, &store, &err) < 0)
			_exit(1);
		put(store.work, "half", "done");
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	autofree char *left = text_format("work/%ld-0", (long)pid);
	assert_true(there(*state, left));
	assert_int_equal(store_open(*state, &store, &err), 0);
	assert_false(there(*state, left));
	store_close(&store);
}

static void test_refused(void **state)
{
	struct store store;
	struct error err = {0};

	put(*state, "file", "");
	autofree char *file = path_join(*state, "file");
	assert_int_equal(store_open(file, &store, &err), -1);
	assert_non_null(strstr(err.message, file));
	error_clear(&err);
	assert_int_equal(store_open("/proc/self", &store, &err), -1); /* nobody can write there */
	assert_non_null(strstr(err.message, "the store /proc/self"));
	error_clear(&err);
	if (geteuid() == 0) {
		autofree char *other = path_join(*state, "other");

		assert_int_equal(directory_make(other, 0755, &err), 0);
		assert_int_equal(chown(other, 12345, 12345), 0);
		assert_int_equal(store_open(other, &store, &err), -1);
		assert_non_null(strstr(err.message, "belongs to another user (id 12345)"));
		error_clear(&err);
	}
}

static void test_blobs(void **state)
{
	static const char hex[] =
		"486ea46224d1bb4fb680f34f7c9ad96a8f24ec88be73ea8e5a6c65260e9cb8a7"; /* world */
	struct store store;
	struct error err = {0};

	assert_int_equal(store_open(*state, &store, &err), 0);
	autofree char *digest = text_format("sha256:%s", hex);
	autofree char *path = store_blob(&store, digest);
	autofree char *wanted = text_format("%s/blobs/sha256/48/%s", store.path, hex);
	assert_string_equal(path, wanted);
	assert_false(store_has(&store, digest));
	autofree char *name = text_format("blobs/sha256/48/%s", hex);
	put(*state, name, "world");
	assert_true(store_has(&store, digest));
	put(*state, name, "");
	assert_false(store_has(&store, digest)); /* what a power cut may leave */
	assert_false(store_has(&store, "sha256:../../../etc/passwd"));
	assert_false(store_has(&store, "nonsense"));
	store_close(&store);
}

static void test_verify(void **state)
{
	struct store store;
	struct error err = {0};
	struct store_verified verified;

	assert_int_equal(store_open(*state, &store, &err), 0);
	put(*state,
	    "blobs/sha256/48/486ea46224d1bb4fb680f34f7c9ad96a8f24ec88be73ea8e5a6c65260e9cb8a7",
	    "world");
	put(*state,
	    "blobs/sha256/2c/2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
	    "hallo");
	put(*state,
	    "blobs/sha256/2c/2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824.part",
	    "hal");
	put(*state, "blobs/sha1/aa/aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d", "hello");
	assert_int_equal(store_verify(&store, &verified, &err), 0);
	assert_int_equal(verified.good, 2);
	assert_int_equal(verified.bad, 1);
	assert_false(store_has(
		&store, "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"));
	assert_true(store_has(&store, "sha1:aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"));
	assert_int_equal(store_verify(&store, &verified, &err), 0);
	assert_int_equal(verified.good, 2);
	assert_int_equal(verified.bad, 0);
	store_close(&store);
}

/* A layer and a tools root: every kind of damage is found, and the whole of it goes. */
static void test_damaged_trees(void **state)
{
	static const char *const damage[] = {"tools/k/root" "/usr/bin/tool", "tools/k/digests", "layers/l/layer.squashfs",
					     "layers/l/facts/passwd", "layers/l/digests"};
	struct store store;
	struct error err = {0};
	struct store_verified verified;

	for (size_t i = 0; i <= LENGTH(damage); i++) {
		autofree char *tools = path_join(*state, "tools/k/root"), *tools_record = path_join(*state, "tools/k/digests");
		autofree char *layer = path_join(*state, "layers/l"), *layer_record = path_join(*state, "layers/l/digests");

		assert_int_equal(store_open(*state, &store, &err), 0);
		put(*state, "tools/k/root" "/usr/bin/tool", "program");
		put(*state, "layers/l/layer.squashfs", "filesystem");
		put(*state, "layers/l/facts/passwd", "root");
		autofree char *link = path_join(tools, "link");
		unlink(link);
		assert_int_equal(symlink("usr/bin", link), 0);
		assert_int_equal(store_record(tools, tools_record, &err), 0);
		assert_int_equal(store_record(layer, layer_record, &err), 0);
		if (i < LENGTH(damage))
			put(*state, damage[i], "something else");
		assert_int_equal(store_verify(&store, &verified, &err), 0);
		assert_int_equal(verified.bad, i < LENGTH(damage) ? 1 : 0);
		assert_int_equal(verified.unrecorded, 0);
		assert_int_equal(there(*state, "tools/k"), i >= 2);
		assert_int_equal(there(*state, "layers/l"), i < 2 || i == LENGTH(damage));
		store_close(&store);
	}
	autofree char *record = path_join(*state, "layers/l/digests");
	autofree char *file = path_join(*state, "layers/l/layer.squashfs");
	unlink(record); /* of an earlier version */
	unlink(file);
	assert_int_equal(store_open(*state, &store, &err), 0);
	assert_int_equal(store_verify(&store, &verified, &err), 0);
	assert_int_equal(verified.unrecorded, 1);
	assert_int_equal(verified.bad, 0);
	store_close(&store);
}

/* What is about to be used is read again: damaged blobs go, and are named. */
static void test_used(void **state)
{
	static const char *const texts[] = {"one", "two", "three"};
	char names[3][2 * HASH_HEX_MAX], digests[3][HASH_HEX_MAX + 8];
	struct blob_use uses[3];
	struct store store;
	struct error err = {0};

	assert_int_equal(store_open(*state, &store, &err), 0);
	for (size_t i = 0; i < LENGTH(texts); i++) {
		char hex[HASH_HEX_MAX];

		hash_bytes("sha256", texts[i], strlen(texts[i]), hex);
		snprintf(digests[i], sizeof digests[i], "sha256:%s", hex);
		snprintf(names[i], sizeof names[i], "blobs/sha256/%.2s/%s", hex, hex);
		put(*state, names[i], texts[i]);
		uses[i] = (struct blob_use){digests[i], texts[i]};
	}
	assert_int_equal(blobs_check(&store, uses, 3, &err), 0);
	put(*state, names[1], "tvo");
	put(*state, names[2], "thrfe");
	assert_int_equal(blobs_check(&store, uses, 3, &err), -1);
	assert_non_null(strstr(err.message, "2 downloads in the store were damaged and are removed (two, three): "));
	error_clear(&err);
	assert_true(there(*state, names[0]));
	assert_false(there(*state, names[1]));
	assert_int_equal(blobs_check(&store, uses, 1, &err), 0);
	assert_int_equal(blobs_check(&store, uses, 2, &err), -1); /* gone meanwhile */
	error_clear(&err);
	store_close(&store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_open_and_close, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stale_work, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_killed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_blobs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_verify, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_damaged_trees, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_used, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
