/* plan_why_package() and its kin on a small archive: chains with fields, requests before Essential, all direct
 * reasons, what the lock alone can tell, and what would bring a package that is not there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plan/plan.h"

static const char *const stanzas[][2] = {
	{ "base-files", "Essential: yes\nPre-Depends: awk\n" },
	{ "mawk", "Priority: required\nProvides: awk\nDepends: libc\n" },
	{ "app", "Depends: libapp (>= 1), helper | other\n" },
	{ "libapp", "Pre-Depends: libc (>= 0.5)\nDepends: deep\n" },
	{ "helper", "Depends: libc\n" },
	{ "deep", "" },
	{ "libc", "" },
	{ "extra", "Depends: extra-data\n" },
	{ "extra-data", "" },
	{ "systemd", "" },
};

static struct world {
	char *folder;
	struct arena *arena;
	struct package_index index;
	struct solve_input input;
	struct recipe recipe;
	struct board board;
	struct placed_text wanted[1];
	struct component rows, front;
	struct placed_text front_needs[1], front_packages[1];
	struct variant front_variant, rows_variant;
	struct component_choice choices[1];
	struct planned_component planned[2];
	struct plan plan;
} world;

static void write_index(void)
{
	autobuffer struct buffer text = { 0 };
	autofree char *path = path_join(world.folder, "Packages");
	autofree char *digest = memory_alloc(65);

	memset(digest, '0', 64);
	for (size_t i = 0; i < LENGTH(stanzas); i++)
		buffer_format(&text, "Package: %s\nVersion: 1.0\nArchitecture: amd64\n%sFilename: pool/x.deb\nSize: 1000\n"
			      "SHA256: %s\n\n", stanzas[i][0], stanzas[i][1], digest);
	assert_int_equal(file_write_plain(path, text.data, text.length, 0644, NULL), 0);
	world.index = (struct package_index){ arena_string(world.arena, path), "debian", "trixie", "sha256:x" };
}

/* The recipe asks for app and the component front, which asks for helper and needs rows. */
static void make_plan(void)
{
	world.wanted[0] = (struct placed_text){ "app", { "site.yaml", 12, 5 } };
	world.front_needs[0] = (struct placed_text){ "database", { "front/component.yaml", 4, 9 } };
	world.front_packages[0] = (struct placed_text){ "helper", { "front/component.yaml", 9, 17 } };
	world.front_variant = (struct variant){ .name = "native", .packages = { world.front_packages, 1 } };
	world.rows_variant = (struct variant){ .name = "native" };
	world.rows = (struct component){ .id = "rows" };
	static struct placed_text provides = { "database", { 0 } };
	world.rows.provides = (struct text_list){ &provides, 1 };
	world.front = (struct component){ .id = "front", .needs = { world.front_needs, 1 } };
	world.choices[0] = (struct component_choice){ .id = "front", .place = { "site.yaml", 7, 3 } };
	world.recipe = (struct recipe){ .name = "site", .file = "site.yaml", .architecture = "amd64", .suite = "trixie",
					.packages = { world.wanted, 1 }, .components = world.choices,
					.component_count = 1 };
	world.board = (struct board){ .id = "pc", .kernel = "deep", .place = { "pc.yaml", 1, 1 } };
	world.planned[0] = (struct planned_component){ &world.rows, &world.rows_variant, NULL };
	world.planned[1] = (struct planned_component){ &world.front, &world.front_variant, NULL };
	world.plan = (struct plan){ .recipe = &world.recipe, .board = &world.board, .components = world.planned,
				    .component_count = 2 };
}

/* Only what this archive has: hiebox's own list is of the real one. */
static int setup(void **state)
{
	static const struct package_request requests[] = {
		{ .name = "app", .asked_by = "site.yaml:12:5" },
		{ .name = "helper", .asked_by = "component front, variant native" },
		{ .name = "deep", .asked_by = "board pc" }, { .name = "systemd", .asked_by = "hiebox" } };
	struct error err = { 0 };

	(void)state;
	world.arena = arena_new();
	assert_int_equal(directory_temporary("/tmp", "hiebox-why-", &world.folder, NULL), 0);
	write_index();
	make_plan();
	world.input = (struct solve_input){ &world.index, 1, "amd64", requests, LENGTH(requests), NULL };
	if (plan_solve(&world.input, world.arena, &world.plan.lock.image, &err) < 0)
		fail_msg("%s", err.message);
	world.input.request_count = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tree_remove(world.folder, NULL);
	free(world.folder);
	arena_free(world.arena);
	return 0;
}

static char *text_of(const struct why_steps *steps)
{
	struct buffer text = { 0 };

	for (size_t i = 0; i < steps->count; i++)
		buffer_format(&text, "%s\n", steps->items[i].text);
	return buffer_steal(&text);
}

static struct why_package ask(const char *name, const struct solve_input *indexes)
{
	const struct why_question question = { &world.plan, indexes, name };
	struct why_package why = { 0 };
	struct error err = { 0 };

	if (plan_why_package(&question, world.arena, &why, &err) != 0)
		fail_msg("%s: %s", name, err.message ? err.message : "not in the lock");
	return why;
}

static void check_chain(const char *name, const char *expected)
{
	struct why_package why = ask(name, &world.input);
	autofree char *text = text_of(&why.chain);

	assert_string_equal(text, expected);
	assert_true(why.fields_known);
}

static void test_chains(void **state)
{
	(void)state;
	check_chain("app", "app is asked for by the recipe (site.yaml:12:5)\n");
	check_chain("libapp", "libapp is needed by app (Depends: libapp (>= 1))\n"
		    "app is asked for by the recipe (site.yaml:12:5)\n");
	check_chain("helper", "helper is asked for by component front, variant native (front/component.yaml:9:17)\n"
		    "component front is chosen by the recipe (site.yaml:7:3)\n");
	check_chain("deep", "deep is asked for by board pc (pc.yaml:1:1)\n");
	check_chain("systemd", "systemd is asked for by hiebox itself: every box has it\n");
	check_chain("mawk", "mawk is needed by base-files (Pre-Depends: awk)\n"
		    "base-files is part of every Debian system (Essential)\n");
	/* one step to a request is shorter than one to an Essential package of the same length */
	check_chain("libc", "libc is needed by helper (Depends: libc)\n"
		    "helper is asked for by component front, variant native (front/component.yaml:9:17)\n"
		    "component front is chosen by the recipe (site.yaml:7:3)\n");
}

static void test_reasons(void **state)
{
	struct why_package why = ask("libc", &world.input);
	autofree char *text = text_of(&why.reasons);

	(void)state;
	assert_string_equal(text, "libc is needed by helper (Depends: libc)\n"
			    "libc is needed by libapp (Pre-Depends: libc (>= 0.5))\n"
			    "libc is needed by mawk (Depends: libc)\n");
	assert_string_equal(why.reasons.items[1].field, "Pre-Depends");
	assert_string_equal(why.reasons.items[1].by, "libapp");
}

/* Without package lists the lock tells the chain, without fields. */
static void test_lock_alone(void **state)
{
	const struct solve_input nothing = { .architecture = "amd64" };
	struct why_package why = ask("libapp", &nothing);
	autofree char *text = text_of(&why.chain);

	(void)state;
	assert_false(why.fields_known);
	assert_string_equal(text, "libapp is needed by app\napp is asked for by site.yaml:12:5\n");
}

static void test_component(void **state)
{
	struct why_steps steps;

	(void)state;
	plan_why_component(&world.plan, "rows", world.arena, &steps);
	autofree char *text = text_of(&steps);

	assert_string_equal(text, "component rows is needed by component front (front/component.yaml:4:9)\n"
			    "component front is chosen by the recipe (site.yaml:7:3)\n");
}

static void test_not_there(void **state)
{
	const struct why_question extra = { &world.plan, &world.input, "extra" };
	struct why_package why;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(plan_why_package(&extra, world.arena, &why, &err), 1);
	/* hiebox's own list cannot be had in this archive: the answer says so, and does not fail */
	assert_non_null(strstr(plan_why_not(&extra, world.arena), "there is no package"));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_chains), cmocka_unit_test(test_reasons),
					    cmocka_unit_test(test_lock_alone), cmocka_unit_test(test_component),
					    cmocka_unit_test(test_not_there) };

	return cmocka_run_group_tests_name("plan/why", tests, setup, teardown);
}
