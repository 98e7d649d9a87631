/* The index cache: used when it is good, made anew when it is not, never in the way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plan/plan.h"

#define STANZA(name, version, more) "Package: " name "\nVersion: " version "\nArchitecture: amd64\n" more \
	"Filename: pool/" name ".deb\nSize: 10\nSHA256: " \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n\n"

struct world {
	char *folder, *cache, *index;
	struct arena *arena;
	struct package_index item;
	struct package_request request;
};

static int set_up(void **state)
{
	struct world *world = memory_alloc(sizeof *world);
	static const char text[] = STANZA("app", "1.0", "Depends: lib\n") STANZA("lib", "2.0", "");

	world->arena = arena_new();
	if (directory_temporary("/tmp", "hiebox-table-", &world->folder, NULL) < 0)
		return -1;
	world->cache = path_join(world->folder, "cache");
	world->index = path_join(world->folder, "Packages");
	world->item = (struct package_index){ world->index, "debian", "trixie", "sha256:1" };
	world->request = (struct package_request){ .name = "app", .asked_by = "test" };
	*state = world;
	return file_write_plain(world->index, text, strlen(text), 0644, NULL);
}

static int tear_down(void **state)
{
	struct world *world = *state;

	tree_remove(world->folder, NULL);
	arena_free(world->arena);
	free(world->folder);
	free(world->cache);
	free(world->index);
	free(world);
	return 0;
}

/* How many packages there are, or -1. */
static int solve(struct world *world)
{
	struct solve_input input = { &world->item, 1, "amd64", &world->request, 1, world->cache };
	struct package_set set = { 0 };
	struct error err = { 0 };
	int result = plan_solve(&input, world->arena, &set, &err);

	error_clear(&err);
	return result < 0 ? -1 : (int)set.count;
}

static char *cache_file(struct world *world)
{
	autostrings struct strings names = { 0 };

	assert_int_equal(directory_list(world->cache, &names, NULL), 0);
	assert_int_equal(names.count, 1);
	return path_join(world->cache, names.items[0]);
}

static void test_used(void **state)
{
	struct world *world = *state;

	assert_int_equal(solve(world), 2);
	assert_int_equal(unlink(world->index), 0);
	assert_int_equal(solve(world), 2);
	world->item.digest = "sha256:2";
	assert_int_equal(solve(world), -1);
}

static void test_every_broken_byte(void **state)
{
	struct world *world = *state;
	autofree char *bytes = NULL;
	size_t length;

	assert_int_equal(solve(world), 2);
	autofree char *path = cache_file(world);

	assert_int_equal(file_read(path, 1 << 20, &bytes, &length, NULL), 0);
	assert_int_equal(unlink(world->index), 0);
	for (size_t i = 0; i < length; i++) {
		bytes[i] ^= 0x41;
		assert_int_equal(file_write_plain(path, bytes, length, 0600, NULL), 0);
		/* The index is gone, so a refused cache is a failure and not a crash. */
		assert_int_equal(solve(world), -1);
		bytes[i] ^= 0x41;
	}
	for (size_t i = 0; i < length; i += 7) {
		assert_int_equal(file_write_plain(path, bytes, i, 0600, NULL), 0);
		assert_int_equal(solve(world), -1);
	}
	assert_int_equal(file_write_plain(path, bytes, length, 0600, NULL), 0);
	assert_int_equal(solve(world), 2);
}

static void test_made_anew(void **state)
{
	struct world *world = *state;

	assert_int_equal(solve(world), 2);
	autofree char *path = cache_file(world);

	assert_int_equal(file_write_plain(path, "rubbish", 7, 0600, NULL), 0);
	assert_int_equal(solve(world), 2);
	autofree char *again = cache_file(world);
	struct stat status;

	assert_string_equal(path, again);
	assert_int_equal(stat(again, &status), 0);
	assert_true(status.st_size > 7);
}

static void test_not_writable(void **state)
{
	struct world *world = *state;

	free(world->cache);
	world->cache = text_copy("/proc/nowhere/cache");
	assert_int_equal(solve(world), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_used, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_every_broken_byte, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_made_anew, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_writable, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("plan/table", tests, NULL, NULL);
}
