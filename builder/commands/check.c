/* hiebox check: all mistakes of any of the project's files, told apart by their first key. */
#include <stdio.h>
#include <string.h>

#include "commands/postman.h"
#include "commands/project.h"
#include "commands/session.h"
#include "commands/table.h"
#include "commands/workflow_names.h"
#include "card/card.h"

struct check {
	const struct parsed_options *options;
	struct strings said;   /* messages: many files may show the same mistake of one component */
	size_t files, wrong;
};

/* Prints what was not printed yet and counts the file. */
static void conclude(struct check *check, const char *path, const char *messages)
{
	autostrings struct strings lines = {0};

	check->files++;
	if (!messages) {
		if (!option_given(check->options, "quiet"))
			printf("%s: no mistakes\n", path);
		return;
	}
	check->wrong++;
	strings_split(&lines, messages, "\n");
	for (size_t i = 0; i < lines.count; i++) {
		if (strings_have(&check->said, lines.items[i]))
			continue;
		fprintf(stderr, "%s\n", lines.items[i]);
		strings_add(&check->said, lines.items[i]);
	}
}

static void conclude_mistakes(struct check *check, const char *path, struct diagnostics *mistakes)
{
	struct error err = {0};

	diagnostics_sort(mistakes);
	conclude(check, path, diagnostics_to_error(mistakes, &err) < 0 ? err.message : NULL);
	error_clear(&err);
	diagnostics_clear(mistakes);
}

/* With all that it names, as far as a plan. */
static void check_recipe(struct check *check, char *path)
{
	struct parsed_options one = *check->options;
	struct session session = {0};
	struct error failure = {0};

	one.arguments.items = &path;
	one.arguments.count = 1;
	conclude(check, path, session_open(&one, &session, &failure) < 0 ? failure.message : NULL);
	error_clear(&failure);
	session_close(&session);
}

/* The project that the file lies in, as `place` ("recipes/workflows") tells: --project, else what stands in front
 * of it in the path, else the nearest folder above that is one. Caller frees; NULL when there is none. */
static char *project_around(const struct check *check, const char *path, const char *place)
{
	const char *given = option_value(check->options, "project");
	autofree char *inside = text_format("/%s/", place);
	autofree char *slashed = text_format("/%s", path);
	const char *at = strstr(slashed, inside);

	if (given)
		return text_copy(given);
	if (at && path[0] != '.' && path[0] != '/')
		return at == slashed ? text_copy(".") : text_copy_n(path, (size_t)(at - slashed) - 1);
	char *folder = realpath(path, NULL);
	while (folder && !text_equal(folder, "/")) {
		autofree char *components = path_join(folder, "recipes/components");
		if (path_is_directory(components))
			return folder;
		char *above = path_directory(folder);
		free(folder);
		folder = above;
	}
	free(folder);
	return NULL;
}

/* Is `path` one of the files that the project is made of, and not a copy elsewhere? */
static bool belongs(const char *path, const char *project, const struct file_kind *kind)
{
	autofree char *file = realpath(path, NULL);
	autofree char *home = path_join(project, kind == &kind_board ? "recipes/boards" : "recipes/components");
	autofree char *folder = realpath(home, NULL);

	return file && folder && text_starts(file, folder) && file[strlen(folder)] == '/';
}

/* By itself: nothing else refers into it. */
static void check_alone(struct check *check, const char *path, const struct file_kind *kind, const struct node *root)
{
	struct diagnostics mistakes = {0};
	autoarena struct arena *arena = arena_new();

	walk_file(&(struct walk){arena, &mistakes}, kind->type, root, NULL);
	conclude_mistakes(check, path, &mistakes);
}

static void missing_beside(const char *folder, const struct node *name, struct diagnostics *mistakes)
{
	if (!name || !name->text || !path_is_clean(name->text))
		return;
	autofree char *path = path_join(folder, name->text);
	if (!path_exists(path))
		diagnostics_add(mistakes, name->place, "%s: there is no such file beside seed.yaml", name->text);
}

/* A data set: what it names lies beside it, in a folder of its name. */
static void check_seed(struct check *check, const char *path, const struct node *root)
{
	struct diagnostics mistakes = {0};
	autoarena struct arena *arena = arena_new();
	autofree char *real = realpath(path, NULL);
	autofree char *folder = path_directory(real ? real : path);
	const struct node *name = node_get(root, "seed");

	walk_file(&(struct walk){arena, &mistakes}, kind_seed.type, root, NULL);
	if (name && name->text && !text_equal(name->text, path_base(folder)))
		diagnostics_add(&mistakes, name->place, "seed: expected the name of its folder, %s, got %s", path_base(folder),
				name->text);
	for node_each (file, node_get(root, "files"))
		missing_beside(folder, file, &mistakes);
	missing_beside(folder, node_get(root, "answers"), &mistakes);
	conclude_mistakes(check, path, &mistakes);
}

/* A board or component of a project is checked with all others of it, since they refer to each other. One that
 * lies elsewhere is checked by itself. */
static void check_part(struct check *check, const char *path, const struct file_kind *kind, const struct node *root)
{
	struct diagnostics mistakes = {0};
	struct catalogue *catalogue = NULL;
	autofree char *project = project_around(check, path,
						kind == &kind_board ? "recipes/boards" : "recipes/components");

	if (project && belongs(path, project, kind)) {
		catalogue_load_components(project, &catalogue, &mistakes);
		catalogue_free(catalogue);
		conclude_mistakes(check, path, &mistakes);
	} else {
		check_alone(check, path, kind, root);
	}
}

static void check_workflow(struct check *check, const char *path, const struct node *root)
{
	struct diagnostics mistakes = {0}, others = {0};
	autoarena struct arena *arena = arena_new();
	struct catalogue *catalogue = NULL;
	struct workflow_names names = {0};
	const struct workflow *workflow;
	autofree char *project = project_around(check, path, "recipes/workflows");

	/* a project with mistakes has them found when its own files are checked */
	if (project && catalogue_load_components(project, &catalogue, &others) == 0)
		workflow_names_find(catalogue, arena, &names);
	workflow_read(root, &names, arena, &workflow, &mistakes);
	conclude_mistakes(check, path, &mistakes);
	catalogue_free(catalogue);
	diagnostics_clear(&others);
}

static const char *const kind_names[] = {"recipe", "component", "board", "workflow", "seed", NULL};

/* The kind whose name is a key of the file; a recipe also has a key `board`, so the first kind counts. The name should
 * be the file's first key: a first key that is nearly a kind's name was meant as that, so then it is none. */
static const struct file_kind *find_kind(const struct node *root)
{
	if (root->kind != NODE_MAP || !root->first)
		return NULL;
	const char *first = root->first->key, *near = nearest_name(first, kind_names);
	if (near && !text_equal(near, first))
		return NULL;
	for (size_t i = 0; hiebox_kinds[i]; i++)
		if (node_get(root, hiebox_kinds[i]->name))
			return hiebox_kinds[i];
	return NULL;
}

static void unknown_kind(struct diagnostics *mistakes, const struct node *root)
{
	const struct node *first = root->kind == NODE_MAP ? root->first : NULL;
	autofree char *guess = first ? did_you_mean(first->key, kind_names) : text_copy("");

	diagnostics_add(mistakes, first ? first->key_place : root->place,
			"expected a file whose first key is recipe, component, board, workflow or seed%s", guess);
}

/* hiebox.conf has its name from the partition that it lies on, and no first key. */
static void check_card(struct check *check, const char *path)
{
	struct diagnostics mistakes = {0};
	struct card card = {0};
	struct error err = {0};
	autofree char *text = NULL;
	size_t length = 0;

	if (file_read(path, CARD_MAX, &text, &length, &err) < 0) {
		conclude(check, path, err.message);
		error_clear(&err);
		return;
	}
	card_read(path, text, length, &card, &mistakes);
	conclude_mistakes(check, path, &mistakes);
	card_clear(&card);
}

static void check_postman(struct check *check, const char *path, const struct node *root)
{
	struct diagnostics mistakes = {0};
	struct arena *arena = arena_new();
	const struct workflow *workflow = NULL;

	postman_read(root, path, arena, &workflow, &mistakes);
	conclude_mistakes(check, path, &mistakes);
	arena_free(arena);
}

static void check_file(struct check *check, char *path)
{
	struct diagnostics mistakes = {0};
	autodocument struct document *document = NULL;

	if (text_equal(path_base(path), CARD_FILE)) {
		check_card(check, path);
		return;
	}
	if (document_load(path, &document, &mistakes) < 0) {
		conclude_mistakes(check, path, &mistakes);
		return;
	}
	const struct node *root = document_root(document);
	if (text_ends(path, ".json")) {
		check_postman(check, path, root);
		return;
	}
	const struct file_kind *kind = find_kind(root);
	if (!kind) {
		unknown_kind(&mistakes, root);
		conclude_mistakes(check, path, &mistakes);
	} else if (kind == &kind_recipe) {
		check_recipe(check, path);
	} else if (kind == &kind_workflow) {
		check_workflow(check, path, root);
	} else if (kind == &kind_seed) {
		check_seed(check, path, root);
	} else {
		check_part(check, path, kind, root);
	}
}

/* Every *.yaml and collection at and below the folder, but in hidden folders and in overlays, which hold files of the box. */
static int check_folder(struct check *check, const char *folder, unsigned depth, struct error *err)
{
	autostrings struct strings names = {0};

	if (depth > 16)
		return error_set(err, "%s: too many folders inside each other", folder);
	if (directory_list(folder, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		const char *name = names.items[i];
		autofree char *path = path_join(folder, name);
		struct stat status;
		if (name[0] == '.' || lstat(path, &status) < 0)
			continue;
		if (S_ISDIR(status.st_mode) && !text_starts(name, "overlay") &&
		    check_folder(check, path, depth + 1, err) < 0)
			return -1;
		if (S_ISREG(status.st_mode) && (text_ends(name, ".yaml") || postman_is_name(name)))
			check_file(check, path);
	}
	return 0;
}

static int check_argument(struct check *check, char *argument, struct error *err)
{
	size_t before = check->files;

	if (path_is_directory(argument)) {
		if (check_folder(check, argument, 0, err) < 0)
			return -1;
		return check->files > before ? 0 : error_set(err, "%s: this folder holds no *.yaml file", argument);
	}
	if (path_exists(argument))
		check_file(check, argument);
	else
		check_recipe(check, argument); /* a recipe's plain name, or nothing, which is said there */
	return 0;
}

int command_check(const struct parsed_options *options, struct error *err)
{
	struct check check = {.options = options};
	int result = 0;

	for (size_t i = 0; i < options->arguments.count && result == 0; i++)
		result = check_argument(&check, options->arguments.items[i], err);
	strings_clear(&check.said);
	if (result == 0 && check.wrong)
		result = error_set(err, "%zu of %zu files have mistakes", check.wrong, check.files);
	return result;
}
