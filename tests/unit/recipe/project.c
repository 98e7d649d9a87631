/* Finding the project, naming its files the way the recipe was given, and the project's own recipes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "recipe/recipe.h"

/* A project with a broken component, so that messages show paths; the test works inside it. */
struct project {
	char *root;
	char *back;
};

static void write_text(const char *root, const char *path, const char *text)
{
	struct error err = { 0 };
	autofree char *file = path_join(root, path);
	autofree char *folder = path_directory(file);
	assert_int_equal(directory_make(folder, 0755, &err), 0);
	assert_int_equal(file_write_plain(file, text, strlen(text), 0644, &err), 0);
}

static int set_up(void **state)
{
	struct project *project = memory_alloc(sizeof *project);
	struct error err = { 0 };
	if (directory_temporary("/tmp", "hiebox-project-", &project->root, &err) < 0)
		return -1;
	write_text(project->root, "recipes/components/page/component.yaml", "component: 7x7\n");
	write_text(project->root, "recipes/boards/pc.yaml", "board: pc\n");
	write_text(project->root, "recipes/site.yaml", "recipe: site\n");
	write_text(project->root, "sites/north/north.yaml", "recipe: north\n");
	project->back = realpath(".", NULL);
	*state = project;
	return 0;
}

static int tear_down(void **state)
{
	struct project *project = *state;
	struct error err = { 0 };
	int result = chdir(project->back);
	tree_remove(project->root, &err);
	free(project->root);
	free(project->back);
	free(project);
	return result;
}

/* All messages of loading `path`, joined. */
static char *load(const char *path, const char *root)
{
	struct catalogue *catalogue = NULL;
	struct diagnostics mistakes = { 0 };
	struct error err = { 0 };
	assert_int_equal(catalogue_load(path, root, &catalogue, &mistakes), -1);
	assert_null(catalogue);
	diagnostics_to_error(&mistakes, &err);
	diagnostics_clear(&mistakes);
	return err.message;
}

static void go(const struct project *project, const char *folder)
{
	autofree char *path = path_join(project->root, folder);
	assert_int_equal(chdir(path), 0);
}

static void paths_are_shown_as_the_recipe_was_given(void **state)
{
	const struct project *project = *state;
	autofree char *absolute = path_join(project->root, "recipes/site.yaml");
	autofree char *absolute_component = path_join(
		project->root, "recipes/components/page/component.yaml:1:12: ");
	const struct {
		const char *folder, *recipe, *component;
	} cases[] = {
		{ ".", "recipes/site.yaml", "\nrecipes/components/page/component.yaml:1:12: " },
		{ ".", "./recipes/site.yaml", "recipes/components/page/component.yaml:1:12: " },
		{ "recipes", "site.yaml", "../recipes/components/page/component.yaml:1:12: " },
		{ "recipes/components/page", "../../site.yaml",
		  "\n../../../recipes/components/page/component.yaml:1:12: " },
		{ "sites", "north/north.yaml", "../recipes/components/page/component.yaml:1:12: " },
		{ "sites/north", "north.yaml",
		  "../../recipes/components/page/component.yaml:1:12: " },
		{ "/", absolute, absolute_component },
		{ ".", absolute, absolute_component },
		{ ".", "recipes/../recipes/site.yaml", absolute_component },
	};
	for (size_t i = 0; i < LENGTH(cases); i++) {
		if (cases[i].folder[0] == '/')
			assert_int_equal(chdir("/"), 0);
		else
			go(project, cases[i].folder);
		autofree char *messages = load(cases[i].recipe, NULL);
		if (!strstr(messages, cases[i].component))
			fail_msg("%s in %s gave\n%s", cases[i].recipe, cases[i].folder, messages);
		autofree char *own = text_format("%s:1:1: the key \"mode\" is missing",
						 cases[i].recipe);
		assert_non_null(strstr(messages, own));
	}
}

static void a_project_can_be_named(void **state)
{
	const struct project *project = *state;
	go(project, "sites");
	autofree char *messages = load("north/north.yaml", "../");
	assert_non_null(strstr(messages, "../recipes/components/page/component.yaml:1:12: "));
	autofree char *wrong = load("north/north.yaml", ".");
	assert_string_equal(wrong,
			    "north/north.yaml: the project . has no folder recipes/components");
	autofree char *nowhere = load("north/north.yaml", "/nowhere");
	assert_string_equal(
		nowhere, "north/north.yaml: the project /nowhere has no folder recipes/components");
}

static void what_is_not_there_is_said(void **state)
{
	const struct project *project = *state;
	go(project, ".");
	autofree char *missing = load("recipes/sit.yaml", NULL);
	assert_string_equal(missing,
			    "recipes/sit.yaml: there is no such file; did you mean \"site.yaml\"?");
	autofree char *other = load("nowhere/at-all.yaml", NULL);
	assert_string_equal(other, "nowhere/at-all.yaml: there is no such file");
	write_text(project->root, "alone/x.yaml", "recipe: x\n");
	autofree char *components = path_join(project->root, "recipes/components");
	struct error err = { 0 };
	assert_int_equal(tree_remove(components, &err), 0);
	autofree char *outside = load("alone/x.yaml", NULL);
	assert_string_equal(outside, "alone/x.yaml: no folder at or above alone holds "
				     "recipes/components, so this is no project");
	autofree char *folder = load("recipes", NULL);
	assert_non_null(folder);
}

static void components_load_without_a_recipe(void **state)
{
	const struct project *project = *state;
	struct catalogue *catalogue = NULL;
	struct diagnostics mistakes = { 0 };
	go(project, "sites");
	assert_int_equal(catalogue_load_components(NULL, &catalogue, &mistakes), -1);
	assert_true(text_starts(mistakes.messages[0], "../recipes/boards/pc.yaml:1:1: "));
	diagnostics_clear(&mistakes);
	write_text(project->root, "recipes/boards/pc.yaml",
		   "board: pc\nsummary: x\narchitecture: amd64\nmemory: 1G\nkernel: "
		   "linux\nfirmware: [bios]\n");
	write_text(project->root, "recipes/components/page/component.yaml",
		   "component: page\ntitle: { en: x }\nsummary: x\nmemory: 1M\nprovides: [role]\n"
		   "variants: [{ name: native, suitable: [training] }]\n");
	assert_int_equal(catalogue_load_components(project->root, &catalogue, &mistakes), 0);
	assert_null(catalogue_recipe(catalogue));
	assert_null(catalogue_board(catalogue));
	const struct component *const *components;
	const struct board *const *boards;
	assert_int_equal(catalogue_components(catalogue, &components), 1);
	assert_int_equal(catalogue_boards(catalogue, &boards), 1);
	assert_string_equal(boards[0]->id, "pc");
	assert_ptr_equal(catalogue_component(catalogue, "page"), components[0]);
	assert_ptr_equal(catalogue_provider(catalogue, "role"), components[0]);
	assert_ptr_equal(catalogue_provider(catalogue, "page"), components[0]);
	assert_null(catalogue_component(catalogue, "role"));
	assert_null(catalogue_provider(catalogue, "other"));
	catalogue_free(catalogue);
	catalogue_free(NULL);
}

/* The recipes that come with hiebox; the test runs in its tree. */
static void own_recipes_are_right(void **state)
{
	(void)state;
	autostrings struct strings names = { 0 };
	struct error err = { 0 };
	const char *cases = getenv("HIEBOX_CASES");
	autofree char *folder = path_join(cases ? cases : "tests/cases", "../../recipes");
	assert_int_equal(directory_list(folder, &names, &err), 0);
	size_t count = 0;
	for (size_t i = 0; i < names.count; i++) {
		if (!text_ends(names.items[i], ".yaml"))
			continue;
		autofree char *path = path_join(folder, names.items[i]);
		struct catalogue *catalogue = NULL;
		struct diagnostics mistakes = { 0 };
		catalogue_load(path, NULL, &catalogue, &mistakes);
		if (mistakes.count)
			fail_msg("%s", mistakes.messages[0]);
		catalogue_free(catalogue);
		count++;
	}
	assert_true(count > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(paths_are_shown_as_the_recipe_was_given, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_project_can_be_named, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_not_there_is_said, set_up, tear_down),
		cmocka_unit_test_setup_teardown(components_load_without_a_recipe, set_up,
						tear_down),
		cmocka_unit_test(own_recipes_are_right),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
