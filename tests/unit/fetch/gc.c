/* Garbage collection of a store: what stays, what goes, and who waits for whom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fetch/fetch.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define BLOB_A "blobs/sha256/aa/" A
#define BLOB_B "blobs/sha256/bb/" B
#define BLOB_C "blobs/sha256/cc/" C

static char *folder;
static struct store store;

static bool there(const char *name)
{
	autofree char *path = path_join(folder, name);

	return path_exists(path);
}

static void put(const char *name, const char *text)
{
	autofree char *path = path_join(folder, name), *parent = path_directory(path);

	assert_int_equal(directory_make(parent, 0755, NULL), 0);
	assert_int_equal(file_write_plain(path, text, strlen(text), 0644, NULL), 0);
}

static void age(const char *name, int days)
{
	autofree char *path = path_join(folder, name);
	const struct timespec at = {.tv_sec = time(NULL) - (time_t)days * 86400};

	assert_int_equal(utimensat(AT_FDCWD, path, (struct timespec[]){at, at}, 0), 0);
}

/* A recipe whose lock names A, with layer and tools root of that letter, in a store that also holds B. */
static void record(void)
{
	struct store_use use = {.lock = path_join(folder, "box.lock"), .recipe = path_join(folder, "box.yaml"),
				.tools = text_copy(A)};

	put("box.lock", "a lock\n");
	strings_add(&use.blobs, "sha256:" A);
	strings_add(&use.used, A);
	strings_add(&use.layers, "base " A);
	assert_int_equal(store_use_write(&store, &use, NULL), 0);
	store_chosen(&store);
	store_use_clear(&use);
}

static int set_up(void **state)
{
	(void)state;
	if (directory_temporary("/tmp", "hiebox-gc-", &folder, NULL) < 0 || store_open(folder, &store, NULL) < 0)
		return -1;
	put(BLOB_A, "a");
	put(BLOB_B, "b");
	put("layers/" A "/layer.squashfs", "a");
	put("layers/" B "/layer.squashfs", "b");
	put("tools/" A "/stamp", "a");
	put("tools/" B "/stamp", "b");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	store_close(&store);
	int result = tree_remove(folder, NULL);
	free(folder);
	return result;
}

/* Decides and removes; gives what was decided, for its counts. */
static struct gc collect(const struct gc_wish *wish)
{
	struct gc gc, counts;
	struct error err = {0};

	assert_int_equal(store_gc_begin(&store, wish, &gc, &err), 0);
	assert_int_equal(store_gc_remove(&store, &gc, &err), 0);
	counts = gc;
	store_gc_end(&store, &gc);
	return counts;
}

static void what_no_lock_names_goes(void **state)
{
	(void)state;
	record();
	put("unpacked/" A ".tar.zst", "a");
	put("unpacked/" B ".tar.zst", "b");
	put("kept/20260101-000000-box/failed.json", "{}");
	put("logs/20260101-000000-box-1.log", "log");
	put("work/nobodys/file", "x");
	put(BLOB_A ".part", "half");
	put(BLOB_B ".part", "half");
	put("indexes/trixie.InRelease", " " A " 9 main/binary-amd64/Packages.xz\n");
	put("indexes/" A ".Packages.xz", "index");
	put("indexes/" B ".Packages.xz", "old index");
	struct gc gc = collect(&(struct gc_wish){0});
	assert_false(gc.busy);
	assert_true(there(BLOB_A) && there("layers/" A) && there("tools/" A "/stamp") && there("unpacked/" A ".tar.zst"));
	assert_true(there("logs/20260101-000000-box-1.log") && there(BLOB_A ".part"));
	assert_true(there("indexes/trixie.InRelease") && there("indexes/" A ".Packages.xz"));
	assert_false(there(BLOB_B) || there("layers/" B) || there("tools/" B) || there("unpacked/" B ".tar.zst"));
	assert_false(there("kept/20260101-000000-box") || there("work/nobodys") || there(BLOB_B ".part"));
	assert_false(there("indexes/" B ".Packages.xz"));
	assert_int_equal(gc.counts[GC_DOWNLOADS][GC_UNNAMED].things, 1);
	assert_int_equal(gc.counts[GC_LAYERS][GC_NAMED].things, 1);
	assert_int_equal(gc.counts[GC_KEPT][GC_FAILED].things, 1);
	assert_int_equal(gc.counts[GC_UNFINISHED][GC_LEFT].things, 2);
	assert_int_equal(gc.going.things, 8);
	assert_int_equal(collect(&(struct gc_wish){0}).going.things, 0);
}

/* A build that has only begun knows no layers yet: all of the last one's stay. */
static void a_new_build_inherits_all_layers(void **state)
{
	struct store_use use = {.lock = path_join(folder, "box.lock"), .recipe = path_join(folder, "box.yaml"),
				.tools = text_copy(A)};
	struct store_use begun = {.lock = text_copy(use.lock), .recipe = text_copy(use.recipe)};
	struct store_uses uses;

	(void)state;
	put("box.lock", "a lock\n");
	strings_add_all(&use.used, (const char *const[]){A, B, C, NULL});
	strings_add_all(&use.layers, (const char *const[]){"base " A, "apps " B, "site " C, NULL});
	assert_int_equal(store_use_write(&store, &use, NULL), 0);
	assert_int_equal(store_use_write(&store, &begun, NULL), 0);
	assert_int_equal(store_uses_read(&store, &uses, NULL), 0);
	assert_int_equal(uses.count, 1);
	assert_int_equal(uses.items[0].used.count, 3);
	assert_int_equal(uses.items[0].layers.count, 3);
	assert_string_equal(uses.items[0].tools, A);
	store_uses_clear(&uses);
	store_use_clear(&use);
	store_use_clear(&begun);
}

static void a_lock_that_is_gone_holds_nothing(void **state)
{
	autofree char *lock = path_join(folder, "box.lock"), *uses = path_join(folder, "uses");
	autostrings struct strings records = {0};

	(void)state;
	record();
	assert_int_equal(unlink(lock), 0);
	assert_int_equal(collect(&(struct gc_wish){0}).going.things, 6);
	assert_false(there(BLOB_A) || there("layers/" A) || there("tools/" A));
	assert_int_equal(directory_list(uses, &records, NULL), 0);
	assert_int_equal(records.count, 0);
}

/* What somebody else's lock names, and what a recorded one names since it was changed by hand. */
static void locks_that_were_not_built(void **state)
{
	struct package items[] = {{.name = "b", .version = "1", .architecture = "all", .archive = "debian",
				   .filename = "pool/b.deb", .sha256 = B, .size = 1, .why = "asked for"}};
	const struct lock lock = {.seed = A, .timestamp = 1, .suite = "trixie", .architecture = "amd64",
				  .request_digest = C, .image = {.items = items, .count = 1}};
	autofree char *other = path_join(folder, "other.lock"), *own = path_join(folder, "box.lock");
	const char *const locks[] = {other, NULL};

	(void)state;
	put(BLOB_C, "c");
	record();
	assert_int_equal(lock_write(other, &lock, NULL), 0);
	struct gc gc = collect(&(struct gc_wish){.keep_locks = locks});
	assert_int_equal(gc.counts[GC_DOWNLOADS][GC_NAMED].things, 2);
	assert_true(there(BLOB_A) && there(BLOB_B) && !there(BLOB_C));
	assert_int_equal(lock_write(own, &lock, NULL), 0);
	collect(&(struct gc_wish){0});
	assert_true(there(BLOB_A) && there(BLOB_B));
	const char *const missing[] = {"/nonexistent/x.lock", NULL};
	struct error err = {0};
	assert_int_equal(store_gc_begin(&store, &(struct gc_wish){.keep_locks = missing}, &gc, &err), -1);
	assert_non_null(strstr(err.message, "x.lock"));
	error_clear(&err);
}

static void age_and_all(void **state)
{
	const struct gc_wish month = {.older_than = 30 * 86400}, all = {.all = true};
	const struct gc_wish all_month = {.all = true, .older_than = 30 * 86400};

	(void)state;
	record();
	put("logs/20260101-000000-box-1.log", "log");
	age("layers/" B, 40);
	assert_int_equal(collect(&month).going.things, 1);
	assert_false(there("layers/" B));
	assert_true(there(BLOB_B) && there("tools/" B));
	age(BLOB_A, 40); /* the record was written just now: it is in use */
	age("logs/20260101-000000-box-1.log", 40);
	assert_int_equal(collect(&all_month).going.things, 1);
	assert_true(there(BLOB_A));
	assert_false(there("logs/20260101-000000-box-1.log"));
	struct gc gc = collect(&all);
	assert_int_equal(gc.counts[GC_DOWNLOADS][GC_WANTED].things, 2);
	assert_false(there(BLOB_A) || there(BLOB_B) || there("layers/" A) || there("tools/" A));
}

static void without_any_lock_nothing_goes(void **state)
{
	struct gc gc;
	struct error err = {0};

	(void)state;
	assert_int_equal(store_gc_begin(&store, &(struct gc_wish){0}, &gc, &err), -1);
	assert_non_null(strstr(err.message, "no build has recorded its lock"));
	error_clear(&err);
	assert_true(there(BLOB_B));
}

static void sizes_on_the_disk(void **state)
{
	autofree char *sparse = path_join(folder, "layers/" B "/hole"), *c = path_join(folder, BLOB_C);
	autofree char *inside = path_join(folder, "layers/" B "/link"), *outside = path_join(folder, "outside");
	autofree char *block = memory_alloc(65537);
	int fd;

	(void)state;
	record();
	fd = open(sparse, O_WRONLY | O_CREAT, 0644);
	assert_true(fd >= 0 && ftruncate(fd, 1 << 30) == 0 && close(fd) == 0);
	memset(block, 'x', 65536);
	put(BLOB_C, block);
	assert_int_equal(link(c, inside), 0);
	struct gc gc;
	assert_int_equal(store_gc_begin(&store, &(struct gc_wish){0}, &gc, NULL), 0);
	/* both links go: 64 KiB once, and no GB for a hole */
	assert_true(gc.going.bytes >= 65536 && gc.going.bytes < 131072);
	store_gc_end(&store, &gc);
	assert_int_equal(link(c, outside), 0);
	assert_int_equal(store_gc_begin(&store, &(struct gc_wish){0}, &gc, NULL), 0);
	assert_true(gc.going.bytes < 65536); /* a link outside keeps it */
	store_gc_end(&store, &gc);
}

/* Another process builds: what it may find in the store stays. */
static void a_running_build_keeps_its_things(void **state)
{
	struct store other;

	(void)state;
	record();
	assert_int_equal(store_open(folder, &other, NULL), 0);
	store_chosen(&other);
	struct gc gc = collect(&(struct gc_wish){0});
	assert_true(gc.busy);
	assert_true(there("layers/" B) && there("tools/" B));
	assert_false(there(BLOB_B)); /* no lock names it, the running build's neither */
	collect(&(struct gc_wish){.all = true});
	assert_true(there(BLOB_A) && there("layers/" A));
	store_close(&other);
	collect(&(struct gc_wish){.all = true});
	assert_false(there(BLOB_A) || there("layers/" A));
}

static bool ended(pid_t child, int milliseconds)
{
	for (int i = 0; i < milliseconds / 10; i++) {
		if (waitpid(child, NULL, WNOHANG) == child)
			return true;
		usleep(10000);
	}
	return false;
}

static void one_waits_for_the_other(void **state)
{
	struct store other;
	struct gc gc;

	(void)state;
	record();
	/* a build that has not said yet what it needs: gc waits */
	assert_int_equal(store_open(folder, &other, NULL), 0);
	pid_t child = fork();
	if (child == 0) {
		alarm(30);
		_exit(store_gc_begin(&store, &(struct gc_wish){0}, &gc, NULL) < 0);
	}
	assert_false(ended(child, 300));
	assert_true(there(BLOB_B));
	store_chosen(&other);
	assert_true(ended(child, 10000));
	store_close(&other);
	/* gc is at work: a build that begins waits */
	assert_int_equal(store_gc_begin(&store, &(struct gc_wish){0}, &gc, NULL), 0);
	child = fork();
	if (child == 0) {
		alarm(30);
		close_range(3, ~0U, 0); /* its copies of gc's locks would keep it waiting for ever */
		_exit(store_open(folder, &other, NULL) < 0);
	}
	assert_false(ended(child, 300));
	store_gc_end(&store, &gc);
	assert_true(ended(child, 10000));
}

/* Killed anywhere: every layer is whole or gone, what is left of it lies in work/ and goes with the next one. */
static void killed_at_any_moment(void **state)
{
	unsigned killed = 0;

	(void)state;
	record();
	for (unsigned round = 0; round < 20; round++) {
		for (unsigned i = 0; i < 40; i++)
			for (unsigned k = 0; k < 5; k++) {
				autofree char *name = text_format("layers/%064u/%u", i, k);
				put(name, "x");
			}
		store_close(&store);
		pid_t child = fork();
		if (child == 0) {
			struct gc gc;

			if (store_open(folder, &store, NULL) < 0 ||
			    store_gc_begin(&store, &(struct gc_wish){0}, &gc, NULL) < 0 ||
			    store_gc_remove(&store, &gc, NULL) < 0)
				_exit(1);
			_exit(0);
		}
		int status;
		usleep(round * 700);
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, &status, 0), child);
		killed += WIFSIGNALED(status);
		assert_int_equal(store_open(folder, &store, NULL), 0);
		store_chosen(&store);
		for (unsigned i = 0; i < 40; i++) {
			autofree char *layer = text_format("%s/layers/%064u", folder, i);
			autostrings struct strings files = {0};

			if (path_exists(layer)) {
				assert_int_equal(directory_list(layer, &files, NULL), 0);
				assert_int_equal(files.count, 5);
			}
		}
		assert_true(there(BLOB_A) && there("layers/" A "/layer.squashfs"));
		autofree char *work = path_join(folder, "work");
		autostrings struct strings left = {0};
		assert_int_equal(directory_list(work, &left, NULL), 0);
		assert_int_equal(left.count, 2); /* this process's own and its lock */
	}
	assert_true(killed > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_no_lock_names_goes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_new_build_inherits_all_layers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_lock_that_is_gone_holds_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(locks_that_were_not_built, set_up, tear_down),
		cmocka_unit_test_setup_teardown(age_and_all, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_any_lock_nothing_goes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(sizes_on_the_disk, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_running_build_keeps_its_things, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_waits_for_the_other, set_up, tear_down),
		cmocka_unit_test_setup_teardown(killed_at_any_moment, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
