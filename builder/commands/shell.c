/* hiebox shell: into the sandbox of a failed step, onto finished layers, or into the tools root. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands/failure.h"
#include "commands/project.h"
#include "commands/session.h"
#include "document/document.h"

/* A folder name of the store needs so many characters to be taken for a person's abbreviation. */
#define SHORTEST 6

/* Where the shell will be: a sandbox whose parts live as long as this. */
struct inside {
	char *what;                  /* for the person: "the layers of demo: base, apps, site" */
	char *root;
	bool throw_away;             /* the root is a copy of its own already */
	bool own_tmp;
	struct sandbox_bind *binds;  /* texts in `texts` */
	size_t bind_count;
	struct strings texts, environment;
	char *directory;
	int descriptors[4];
};

static void inside_clear(struct inside *place)
{
	free(place->what);
	free(place->root);
	free(place->binds);
	free(place->directory);
	strings_clear(&place->texts);
	strings_clear(&place->environment);
}
#define autoinside __attribute__((cleanup(inside_clear)))

/* The one name in store/FOLDER that is `word` or begins with it; NULL when there is none or are more. */
static char *one_of(const struct store *store, const char *folder, const char *word)
{
	autofree char *path = path_join(store->path, folder);
	autostrings struct strings names = {0};
	const char *found = NULL;
	struct error ignored = {0};

	if (directory_list(path, &names, &ignored) < 0)
		error_clear(&ignored);
	for (size_t i = 0; i < names.count; i++) {
		if (text_equal(names.items[i], word))
			return text_copy(word);
		if (strlen(word) < SHORTEST || !text_starts(names.items[i], word))
			continue;
		if (found)
			return NULL;
		found = names.items[i];
	}
	return text_copy(found);
}

/* What the shell does in a writable folder is done to a copy. */
static char *copy_bind(const struct store *store, const char *from, size_t number, struct error *err)
{
	char *copy = text_format("%s/bind-%zu", store->work, number);
	struct stat about;
	int result;

	if (stat(from, &about) < 0)
		result = error_set(err, "%s is gone", from);
	else if (S_ISDIR(about.st_mode))
		result = directory_make(copy, about.st_mode & 07777, err) < 0 ? -1 : tree_copy(from, copy, err);
	else
		result = file_copy(from, copy, about.st_mode & 07777, err);
	if (result == 0)
		return copy;
	free(copy);
	return NULL;
}

static int add_binds(const struct store *store, const struct node *list, struct inside *place, struct error *err)
{
	place->binds = memory_alloc(((list ? list->count : 0) + 1) * sizeof *place->binds);
	for node_each (bind, list) {
		const struct node *writable = node_get(bind, "writable");
		const char *from = node_text(bind, "from", ""), *to = node_text(bind, "to", "");

		if (!path_exists(from)) {
			progress_warn("%s is gone: %s is missing inside", from, to);
			continue;
		}
		autofree char *copy = writable && writable->boolean ?
					      copy_bind(store, from, place->bind_count, err) : text_copy(from);
		if (!copy)
			return -1;
		strings_add(&place->texts, copy);
		strings_add(&place->texts, to);
		place->binds[place->bind_count++] = (struct sandbox_bind){.writable = writable && writable->boolean};
	}
	for (size_t i = 0; i < place->bind_count; i++) {
		place->binds[i].from = place->texts.items[2 * i];
		place->binds[i].to = place->texts.items[2 * i + 1];
	}
	return 0;
}

/* The sandbox of the call that failed, from the description that build --keep-failed wrote. */
static int enter_kept(const struct store *store, const char *name, struct inside *place, struct error *err)
{
	autofree char *kept = path_join3(store->path, "kept", name);
	autofree char *file = path_join(kept, KEPT_FILE);
	struct diagnostics mistakes = {0};
	autodocument struct document *document = NULL;

	if (document_load(file, &document, &mistakes) < 0) {
		diagnostics_to_error(&mistakes, err);
		diagnostics_clear(&mistakes);
		return -1;
	}
	const struct node *about = document_root(document), *tmp = node_get(about, "own-tmp");
	size_t count = 0;
	place->root = text_copy(node_text(about, "root", NULL));
	if (!place->root || !path_is_directory(place->root))
		return error_set(err, "no tree was made that could be entered; look at %s", kept);
	place->what = text_format("where %s (%s)", node_text(about, "failed", "a build failed"),
				  node_text(about, "step", "no tool"));
	place->directory = text_copy(node_text(about, "directory", NULL));
	place->own_tmp = tmp && tmp->boolean;
	for node_each (setting, node_get(about, "environment"))
		if (setting->text && !text_starts(setting->text, "TERM="))
			strings_add(&place->environment, setting->text);
	for node_each (number, node_get(about, "descriptors"))
		if (count < LENGTH(place->descriptors))
			place->descriptors[count++] = (int)strtol(number->text, NULL, 10);
	return add_binds(store, node_get(about, "binds"), place, err);
}

/* The layers' names, and how many there are up to the one named `last` by name or key (NULL: all; 0: no such). */
static size_t count_layers(const struct store_use *use, const char *last, struct strings *names)
{
	size_t count = last ? 0 : use->layers.count;

	for (size_t i = 0; i < use->layers.count; i++) {
		const char *line = use->layers.items[i], *key = strchr(line, ' ') + 1;

		strings_take(names, text_copy_n(line, (size_t)(key - 1 - line)));
		if (last && (text_equal(names->items[i], last) || text_equal(key, last)))
			count = i + 1;
	}
	return count;
}

/* Unpacks the layers from the bottom to the one named `last` (NULL: all) into a tree that goes with us. */
static int enter_layers(const struct store *store, const struct store_use *use, const char *last, struct inside *place,
			struct error *err)
{
	autostrings struct strings names = {0};
	size_t count = count_layers(use, last, &names);
	autofree char *all = strings_join(&names, ", ");
	const struct tools tools = {.root = text_format("%s/tools/%s/root", store->path, use->tools ? use->tools : "-")};
	int result = 0;

	place->root = path_join(store->work, "shell-tree");
	place->throw_away = true;
	if (!count)
		result = error_set(err, "there is no layer \"%s\": expected %s or tools", last, all);
	else if (!path_is_directory(tools.root))
		result = error_set(err, "the tools root is gone: build the recipe again");
	struct progress *progress = result == 0 ? progress_begin("unpack", "layers", 0, false) : NULL;
	for (size_t i = 0; result == 0 && i < count; i++) {
		const char *key = strchr(use->layers.items[i], ' ') + 1;
		autofree char *squashfs = text_format("%s/layers/%s/layer.squashfs", store->path, key);

		result = path_exists(squashfs) ? layer_unsquash(&tools, squashfs, place->root, err) :
						 error_set(err, "layer %s is gone: build the recipe again",
						 names.items[i]);
	}
	if (progress)
		progress_end(progress, result < 0 ? "failed" : NULL);
	free(tools.root);
	place->what = text_format("%s, layers up to %s", use->recipe, count ? names.items[count - 1] : "");
	return result;
}

static int enter_tools(const struct store *store, const char *key, const char *whose, struct inside *place,
		       struct error *err)
{
	place->root = text_format("%s/tools/%s/root", store->path, key ? key : "-");
	place->what = text_format("the tools root of %s", whose);
	if (!path_is_directory(place->root))
		return error_set(err, "the tools root is not there: build the recipe first");
	return 0;
}

/* The recipe's newest record; by its path, or by the plain name when only one part of it was said. */
static const struct store_use *find_use(const struct store_uses *uses, const char *path)
{
	const struct store_use *found = NULL;
	autofree char *real = realpath(path, NULL);

	for (size_t i = 0; i < uses->count; i++)
		if (real && text_equal(uses->items[i].recipe, real) && (!found || uses->items[i].when > found->when))
			found = &uses->items[i];
	return found;
}

static const struct store_use *use_with_layer(const struct store_uses *uses, const char *key)
{
	for (size_t i = 0; i < uses->count; i++)
		for (size_t k = 0; k < uses->items[i].layers.count; k++)
			if (text_ends(uses->items[i].layers.items[k], key))
				return &uses->items[i];
	return NULL;
}

/* RECIPE or RECIPE:LAYER */
static int enter_recipe(const struct parsed_options *options, const struct store *store,
			const struct store_uses *uses, struct inside *place, struct error *err)
{
	const char *word = options->arguments.items[0], *colon = strrchr(word, ':');
	autofree char *recipe = colon ? text_copy_n(word, (size_t)(colon - word)) : text_copy(word);
	autofree char *path = project_recipe(options, recipe);
	const struct store_use *use = find_use(uses, path);

	if (!path_exists(path))
		return error_set(err, "there is no recipe, layer or kept build \"%s\"", recipe);
	if (!use)
		return error_set(err, "%s was not built with this store yet", path);
	if (colon && text_equal(colon + 1, "tools"))
		return enter_tools(store, use->tools, use->recipe, place, err);
	if (!use->layers.count)
		return error_set(err, "%s has no finished layers in this store: build it first", path);
	return enter_layers(store, use, colon ? colon + 1 : NULL, place, err);
}

static int find_place(const struct parsed_options *options, const struct store *store, struct inside *place,
		      struct error *err)
{
	const char *word = options->arguments.items[0];
	size_t length = strlen(word);
	autofree char *plain = text_copy_n(word, length && word[length - 1] == '/' ? length - 1 : length);
	autofree char *kept = one_of(store, "kept", path_base(plain));
	autofree char *layer = one_of(store, "layers", word);
	struct store_uses uses = {0};
	int result;

	if (kept)
		return enter_kept(store, kept, place, err);
	if (store_uses_read(store, &uses, err) < 0)
		return -1;
	const struct store_use *use = layer ? use_with_layer(&uses, layer) : NULL;
	if (use)
		result = enter_layers(store, use, layer, place, err);
	else if (layer)
		result = error_set(err, "no recorded build has the layer %s: what lies below it is not known", layer);
	else
		result = enter_recipe(options, store, &uses, place, err);
	store_uses_clear(&uses);
	return result;
}

/* dpkg and others write to descriptors that were open in the call that failed: they lead nowhere now. */
static int open_descriptors(const struct inside *place, struct error *err)
{
	for (size_t i = 0; i < LENGTH(place->descriptors) && place->descriptors[i] > STDERR_FILENO; i++) {
		int null = open("/dev/null", O_RDWR);

		if (null < 0 || dup2(null, place->descriptors[i]) < 0)
			return error_set(err, "cannot open descriptor %d", place->descriptors[i]);
		if (null != place->descriptors[i])
			close(null);
	}
	return 0;
}

static void fill_environment(struct inside *place)
{
	const char *terminal = getenv("TERM");

	if (!place->environment.count)
		strings_add_all(&place->environment, (const char *const[]){
			"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root",
			"LC_ALL=C.UTF-8", "TZ=UTC", NULL});
	strings_format(&place->environment, "TERM=%s", terminal ? terminal : "dumb");
	strings_add(&place->environment, "PS1=(hiebox) \\w # ");
}

static int run_inside(const struct parsed_options *options, struct inside *place, int *ret_status, struct error *err)
{
	autofree char *bash = path_join(place->root, "usr/bin/bash");
	const char *const shell[] = {path_exists(bash) ? "/usr/bin/bash" : "/bin/sh", NULL};
	const char *const *command = (const char *const *)options->arguments.items + 1;
	const char *const lower[] = {place->root, NULL};
	struct sandbox sandbox = {.binds = place->binds, .bind_count = place->bind_count, .no_tmpfs = place->own_tmp};
	struct process process = {.argv = options->arguments.count > 1 ? command : shell, .sandbox = &sandbox,
				  .directory = place->directory, .interactive = true};

	sandbox.root = place->throw_away ? place->root : NULL;
	sandbox.root_writable = true;
	sandbox.lower = place->throw_away ? NULL : lower; /* writes go into memory */
	fill_environment(place);
	process.environment = (const char *const *)place->environment.items;
	memcpy(process.extra_fds, place->descriptors, sizeof process.extra_fds);
	if (open_descriptors(place, err) < 0)
		return -1;
	progress_finish();
	if (!option_given(options, "quiet"))
		fprintf(stderr, "hiebox: %s; root, no network; nothing done here is kept%s\n", place->what,
			options->arguments.count > 1 ? "" : "; leave with `exit`");
	/* keys on the terminal are for who is inside; afterwards the terminal is ours again */
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	int result = process_run(&process, ret_status, err);
	signal(SIGTTOU, SIG_IGN);
	if (isatty(STDIN_FILENO))
		tcsetpgrp(STDIN_FILENO, getpgrp());
	return result;
}

int command_shell(const struct parsed_options *options, struct error *err)
{
	struct store store;
	int status = 0;

	if (session_enter(err) < 0)
		return -1;
	if (store_open(option_value(options, "store"), &store, err) < 0)
		return -1;
	store_chosen(&store);
	autoinside struct inside place = {0};
	int result = find_place(options, &store, &place, err);
	if (result == 0)
		result = run_inside(options, &place, &status, err);
	store_close(&store);
	if (result < 0 || status == 0)
		return result;
	inside_clear(&place);
	fflush(NULL);
	exit(status); /* the command's own: 2 is no wrong use of hiebox here */
}
