/* The recorded comparison with apt (tests/cases/plan/apt, written by tests/support/apt.py): plan_solve() must
 * give apt's answer for every list, on the reduced indexes, without apt, network or root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plan/plan.h"

#define MAXIMUM_FILE (16u << 20)

static const char *const indexes[][3] = { { "main.xz", "debian", "trixie" },
					  { "updates.xz", "debian", "trixie-updates" },
					  { "security.xz", "debian-security", "trixie-security" } };

/* One list of packages, and apt's answer: "name version" lines, sorted, or refused. */
struct asked {
	char *name, *packages;
	struct strings answer;
	bool refused;
};

static struct {
	char *folder, *cache;
	struct package_index items[LENGTH(indexes)];
	struct asked lists[400];
	size_t count;
} world;

static void read_lines(const char *file, struct strings *lines)
{
	autofree char *path = path_join(world.folder, file);
	autofree char *text = NULL;

	assert_int_equal(file_read(path, MAXIMUM_FILE, &text, NULL, NULL), 0);
	strings_split(lines, text, "\n");
}

static void read_lists(void)
{
	autostrings struct strings lines = { 0 };

	read_lines("lists", &lines);
	for (size_t i = 0; i < lines.count; i++) {
		size_t length = strcspn(lines.items[i], ":");

		if (lines.items[i][0] == '#')
			continue;
		assert_true(lines.items[i][length] == ':' && world.count < LENGTH(world.lists));
		world.lists[world.count++] = (struct asked){ .name = text_copy_n(lines.items[i], length),
							     .packages = text_copy(lines.items[i] + length + 1) };
	}
}

/* "refused LIST…", or "package version LIST…" where * is every list that was not refused. */
static void read_answer(const char *line)
{
	autostrings struct strings words = { 0 };

	strings_split(&words, line, " ");
	bool refused = strcmp(words.items[0], "refused") == 0;
	bool all = !refused && strcmp(words.items[2], "*") == 0;

	for (size_t i = 0; i < world.count; i++) {
		struct asked *asked = &world.lists[i];

		if (refused && strings_have(&words, asked->name))
			asked->refused = true;
		else if (!refused && !asked->refused && (all || strings_have(&words, asked->name)))
			strings_take(&asked->answer, text_format("%s %s", words.items[0], words.items[1]));
	}
}

static int setup(void **state)
{
	const char *home = getenv("HIEBOX_CASES") ? getenv("HIEBOX_CASES") : "tests/cases";
	autostrings struct strings lines = { 0 };

	(void)state;
	world.folder = path_join(home, "plan/apt");
	assert_int_equal(directory_temporary("/tmp", "hiebox-apt-", &world.cache, NULL), 0);
	for (size_t i = 0; i < LENGTH(indexes); i++)
		world.items[i] = (struct package_index){ path_join(world.folder, indexes[i][0]), indexes[i][1],
							 indexes[i][2], indexes[i][0] };
	read_lists();
	read_lines("answers", &lines);
	for (size_t i = 0; i < lines.count; i++)
		read_answer(lines.items[i]);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tree_remove(world.cache, NULL);
	free(world.cache);
	free(world.folder);
	for (size_t i = 0; i < LENGTH(indexes); i++)
		free((char *)world.items[i].path);
	for (size_t i = 0; i < world.count; i++) {
		free(world.lists[i].name);
		free(world.lists[i].packages);
		strings_clear(&world.lists[i].answer);
	}
	return 0;
}

static bool compare(const struct asked *asked, const struct package_set *set)
{
	autostrings struct strings ours = { 0 };
	size_t differences = 0;

	for (size_t i = 0; i < set->count; i++)
		strings_take(&ours, text_format("%s %s", set->items[i].name, set->items[i].version));
	for (size_t i = 0; i < ours.count; i++)
		if (!strings_have(&asked->answer, ours.items[i]) && ++differences < 10)
			print_message("# %s: only we take %s\n", asked->name, ours.items[i]);
	for (size_t i = 0; i < asked->answer.count; i++)
		if (!strings_have(&ours, asked->answer.items[i]) && ++differences < 10)
			print_message("# %s: only apt takes %s\n", asked->name, asked->answer.items[i]);
	return differences == 0;
}

/* True when our answer is apt's. */
static bool solve_one(const struct asked *asked)
{
	autoarena struct arena *arena = arena_new();
	autostrings struct strings names = { 0 };
	struct package_set set = { 0 };
	struct error err = { 0 };

	strings_split(&names, asked->packages, " ");
	struct package_request *requests = arena_alloc(arena, (names.count + 1) * sizeof *requests);
	struct solve_input input = { world.items, LENGTH(world.items), "amd64", requests, 0, world.cache };

	for (size_t i = 0; i < names.count; i++)
		if (*names.items[i])
			requests[input.request_count++] = (struct package_request){ .name = names.items[i],
										    .asked_by = asked->name };
	int result = plan_solve(&input, arena, &set, &err);
	bool same = asked->refused ? result < 0 : result == 0 && compare(asked, &set);

	if (result < 0 && !asked->refused)
		print_message("# %s: apt can, we cannot: %s\n", asked->name, err.message);
	if (result == 0 && asked->refused)
		print_message("# %s: apt refuses, we do not\n", asked->name);
	error_clear(&err);
	return same;
}

static void test_lists(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < world.count; i++)
		wrong += !solve_one(&world.lists[i]);
	print_message("# %zu lists\n", world.count);
	assert_int_equal(wrong, 0);
	assert_true(world.count >= 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_lists) };

	return cmocka_run_group_tests_name("plan/apt", tests, setup, teardown);
}
