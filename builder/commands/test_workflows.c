/* The workflows of `hiebox test`: found, read and checked. */
#include <string.h>

#include "commands/project.h"
#include "commands/postman.h"

#define WORKFLOWS_MOST 1000u

void test_workflows_clear(struct test_workflows *workflows)
{
	for (size_t i = 0; i < workflows->count; i++) {
		document_free(workflows->items[i].document);
		arena_free(workflows->items[i].arena);
	}
	free(workflows->items);
	*workflows = (struct test_workflows){0};
}

/* Adds the file; its mistakes are noted, and then it is not added. */
static void read_file(const char *path, struct test_workflows *workflows, struct diagnostics *mistakes)
{
	struct test_workflow one = {.arena = arena_new(), .postman = text_ends(path, ".json")};
	int result = document_load(path, &one.document, mistakes);
	const struct node *root = document_root(one.document);

	if (result == 0)
		result = one.postman ? postman_read(root, path, one.arena, &one.workflow, mistakes)
				     : workflow_read(root, NULL, one.arena, &one.workflow, mistakes);
	if (result == 0) {
		workflows->items = array_grow(workflows->items, workflows->count, &workflows->capacity, sizeof *workflows->items);
		workflows->items[workflows->count++] = one;
		return;
	}
	document_free(one.document);
	arena_free(one.arena);
}

/* The folders to look in; each must be there. */
static int find_folders(const struct parsed_options *options, struct strings *folders, struct error *err)
{
	option_values(options, "workflows", folders);
	for (size_t i = 0; i < folders->count; i++)
		if (!path_is_directory(folders->items[i]))
			return error_set(err, "--workflows: %s is no folder", folders->items[i]);
	autofree char *project = folders->count ? NULL : project_here(options);
	if (project)
		strings_take(folders, text_equal(project, ".") ? text_copy("recipes/workflows") : path_join(project, "recipes/workflows"));
	if (folders->count && path_is_directory(folders->items[0]))
		return 0;
	return error_set(err, "there are no workflows to play: no project with recipes/workflows is here; --workflows DIR says "
			      "where they are");
}

bool test_workflows_need_postman(const struct test_workflows *workflows)
{
	for (size_t i = 0; i < workflows->count; i++)
		if (workflows->items[i].postman)
			return true;
	return false;
}

static const char *const endings[] = {".yaml", POSTMAN_ENDING};

/* The ids of a folder's files. */
static int list_folder(const char *folder, struct strings *ids, struct error *err)
{
	autostrings struct strings names = {0};

	if (directory_list(folder, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count && ids->count < WORKFLOWS_MOST; i++)
		for (size_t k = 0; k < LENGTH(endings) && names.items[i][0] != '.'; k++)
			if (text_ends(names.items[i], endings[k]))
				strings_take(ids, text_copy_n(names.items[i], strlen(names.items[i]) - strlen(endings[k])));
	return 0;
}

/* The path of NAME in the folders, the last one first, or NULL. Caller frees. */
static char *find_named(const struct strings *folders, const char *name)
{
	for (size_t i = folders->count; i-- > 0 && !strchr(name, '/');)
		for (size_t k = 0; k < LENGTH(endings); k++) {
			char *path = text_format("%s/%s%s", folders->items[i], name, endings[k]);
			if (path_exists(path))
				return path;
			free(path);
		}
	return NULL;
}

static int no_such(const struct strings *folders, const char *name, struct error *err)
{
	autostrings struct strings ids = {0};
	struct error none = {0};

	for (size_t i = 0; i < folders->count; i++)
		list_folder(folders->items[i], &ids, &none);
	error_clear(&none);
	strings_add(&ids, ""); /* so that there are items */
	autofree char *guess = did_you_mean(name, (const char *const *)ids.items);
	autofree char *where = strings_join(folders, ", ");
	error_set(err, "there is no workflow \"%s\" in %s%s", name, where, guess);
	return -2;
}

static int find_all(const struct strings *folders, struct strings *paths, struct error *err)
{
	autostrings struct strings ids = {0};

	for (size_t i = 0; i < folders->count; i++)
		if (list_folder(folders->items[i], &ids, err) < 0)
			return -1;
	strings_sort(&ids);
	strings_unique(&ids);
	for (size_t i = 0; i < ids.count; i++)
		strings_take(paths, find_named(folders, ids.items[i]));
	autofree char *where = strings_join(folders, ", ");
	return paths->count ? 0 : error_set(err, "%s holds no workflow (*.yaml, *.postman_collection.json)", where);
}

static bool is_file(const char *name)
{
	return text_ends(name, ".yaml") || text_ends(name, ".json");
}

static int find_paths(const struct parsed_options *options, char *const *names, struct strings *paths, struct error *err)
{
	autostrings struct strings folders = {0};
	bool files = names && names[0]; /* all are files: then no folder is needed */

	for (size_t i = 0; names && names[i]; i++)
		files = files && is_file(names[i]);
	if (!files && find_folders(options, &folders, err) < 0)
		return -1;
	if (!names || !names[0])
		return find_all(&folders, paths, err);
	for (size_t i = 0; names[i]; i++) {
		char *path = is_file(names[i]) ? text_copy(names[i]) : find_named(&folders, names[i]);
		if (!path)
			return no_such(&folders, names[i], err);
		strings_take(paths, path);
	}
	return 0;
}

int test_workflows_read(const struct parsed_options *options, char *const *names, struct test_workflows *workflows,
			struct error *err)
{
	autostrings struct strings paths = {0};
	struct diagnostics mistakes = {0};

	*workflows = (struct test_workflows){0};
	int found = find_paths(options, names, &paths, err);
	if (found < 0)
		return found;
	for (size_t i = 0; i < paths.count; i++)
		read_file(paths.items[i], workflows, &mistakes);
	diagnostics_sort(&mistakes);
	int result = diagnostics_to_error(&mistakes, err);
	diagnostics_clear(&mistakes);
	if (result < 0)
		test_workflows_clear(workflows);
	return result;
}
