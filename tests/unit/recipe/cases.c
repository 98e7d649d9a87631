/* Replays tests/cases/recipe/<case>/: the files of `common` with the case's own laid over them are a
 * project; loading its recipes/site.yaml, with the lines of the file `settings` as --set where there is
 * one, must give exactly the text of `expected`: all mistakes, or, when there are none, everything the
 * recipe, its board and its components came to.
 * HIEBOX_UPDATE=1 writes `expected` instead (look at the difference before you commit it). */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../support/golden.h"
#include "recipe/recipe.h"

static void add_list(struct buffer *out, const char *name, const struct text_list *list)
{
	if (!list->count)
		return;
	buffer_format(out, "%s:", name);
	for (size_t i = 0; i < list->count; i++)
		buffer_format(out, " %s@%u", list->items[i].text, list->items[i].place.line);
	buffer_text(out, "\n");
}

static const char *or_none(const char *text)
{
	return text ? text : "(none)";
}

/* Of a recipe that is more than one file: what it comes to, as the image will hold it. */
static void add_text(struct buffer *out, const struct recipe *recipe)
{
	if (recipe->base || recipe->settings.count)
		buffer_format(out, "extends %s\n%s", or_none(recipe->base), recipe->text);
}

static void add_recipe(struct buffer *out, const struct recipe *recipe)
{
	add_text(out, recipe);
	buffer_format(out, "recipe %s (%s): %s\n", recipe->name, recipe->file, recipe->summary);
	buffer_format(out, "  %s %s, board %s@%u, layout %d, mode %s\n", recipe->suite,
		      recipe->architecture, recipe->board_id.text, recipe->board_id.place.line,
		      recipe->layout, mode_name(recipe->mode));
	for (size_t i = 0; i < recipe->component_count; i++)
		buffer_format(out, "  component %s@%u, variant %s\n", recipe->components[i].id,
			      recipe->components[i].place.line,
			      or_none(recipe->components[i].variant));
	add_list(out, "  packages", &recipe->packages);
	add_list(out, "  overlays", &recipe->overlays);
	add_list(out, "  units", &recipe->units);
	add_list(out, "  kernel-arguments", &recipe->kernel_arguments);
	add_list(out, "  outputs", &recipe->outputs);
	for (size_t i = 0; i < recipe->user_count; i++) {
		const struct login_user *user = &recipe->users[i];
		buffer_format(out, "  user %s@%u, shell %s, sudo %d\n", user->name,
			      user->place.line, user->shell, user->sudo);
		add_list(out, "    groups", &user->groups);
		add_list(out, "    ssh-keys", &user->ssh_keys);
	}
	buffer_format(out, "  data %" PRIu64 ", grow %d, seed %s\n", recipe->data_size,
		      recipe->data_grow, or_none(recipe->seed.text));
	if (recipe->seed_folder)
		buffer_format(out, "  seed folder %s\n", recipe->seed_folder);
	buffer_format(out, "  site %s, %s, %s, access point %d\n", recipe->site_name,
		      recipe->time_zone, recipe->keyboard, recipe->access_point);
	add_list(out, "  languages", &recipe->languages);
	add_list(out, "  ssh-keys", &recipe->ssh_keys);
}

static void add_board(struct buffer *out, const struct board *board)
{
	buffer_format(out, "board %s@%u: %s\n", board->id, board->place.line, board->summary);
	buffer_format(out,
		      "  %s, %s, table %s, memory %" PRIu64 ", efi %" PRIu64 ", exchange %" PRIu64
		      "\n",
		      board->architecture, board->kernel, board->partition_table, board->memory,
		      board->efi_size, board->exchange_size);
	add_list(out, "  packages", &board->packages);
	add_list(out, "  modules", &board->modules);
	add_list(out, "  firmware", &board->firmware);
	add_list(out, "  kernel-arguments", &board->kernel_arguments);
	if (board->wireless)
		buffer_text(out, "  wireless\n");
}

static void add_source(struct buffer *out, const struct source *source)
{
	static const char *const kinds[] = { "npm", "maven", "java", "extract", "file" };
	buffer_format(out, "    %s@%u:", kinds[source->kind], source->place.line);
	const struct {
		const char *name, *text;
	} texts[] = { { "lock", source->lock },
		      { "into", source->into },
		      { "classpath", source->classpath },
		      { "archive", source->archive },
		      { "member", source->member },
		      { "to", source->to },
		      { "url", source->url },
		      { "sha256", source->sha256 } };
	for (size_t i = 0; i < LENGTH(texts); i++) {
		if (texts[i].text)
			buffer_format(out, " %s %s", texts[i].name, texts[i].text);
	}
	buffer_format(out, " release %ld mode %o\n", source->release, (unsigned)source->mode);
	add_list(out, "      prune", &source->prune);
}

static void add_node(struct buffer *out, const char *name, const struct node *node)
{
	if (!node)
		return;
	autojson struct json *json = json_from_node(node);
	autofree char *text = json_write(json, true);
	buffer_format(out, "  %s: %s", name, text);
}

static void add_component(struct buffer *out, const struct component *component)
{
	buffer_format(out, "component %s@%u: %s\n", component->id, component->place.line,
		      component->summary);
	buffer_format(out, "  folder %s, units %s, overlay %s, memory %" PRIu64 "\n",
		      component->folder, or_none(component->units_folder),
		      or_none(component->overlay_folder), component->memory);
	add_list(out, "  provides", &component->provides);
	add_list(out, "  needs", &component->needs);
	add_list(out, "  seeds", &component->seeds);
	if (component->seed_run)
		buffer_format(out, "  seed: %s for %s to %s\n", component->seed_run, component->seed_database,
			      component->seed_to);
	for (size_t i = 0; i < component->port_count; i++)
		buffer_format(out, "  port %u/%s@%u for %s: %s\n", component->ports[i].number,
			      component->ports[i].protocol, component->ports[i].place.line,
			      audience_name(component->ports[i].audience),
			      or_none(component->ports[i].summary));
	for (size_t i = 0; i < component->user_count; i++)
		buffer_format(out, "  user %s@%u: %s\n", component->users[i].name,
			      component->users[i].place.line, component->users[i].home);
	for (size_t i = 0; i < component->state_count; i++) {
		const struct state_directory *state = &component->state[i];
		buffer_format(out, "  state %s@%u: %s %o %s:%s\n", state->name, state->place.line,
			      state->path, (unsigned)state->mode, state->user, state->group);
	}
	add_node(out, "title", component->title);
	add_node(out, "secrets", component->secrets);
	add_node(out, "templates", component->templates);
	add_node(out, "databases", component->databases);
	add_node(out, "health", component->health);
	add_node(out, "page", component->page);
	add_node(out, "default-logins", component->default_logins);
	for (size_t i = 0; i < component->variant_count; i++) {
		const struct variant *variant = &component->variants[i];
		buffer_format(out, "  variant %s@%u, suitable %u, described only %d\n",
			      variant->name, variant->place.line, variant->suitable,
			      variant->described_only);
		add_list(out, "    packages", &variant->packages);
		add_list(out, "    images", &variant->images);
		for (size_t s = 0; s < variant->source_count; s++)
			add_source(out, &variant->sources[s]);
	}
}

static char *describe(const struct catalogue *catalogue)
{
	struct buffer out = { 0 };
	add_recipe(&out, catalogue_recipe(catalogue));
	add_board(&out, catalogue_board(catalogue));
	const struct component *const *components;
	size_t count = catalogue_components(catalogue, &components);
	for (size_t i = 0; i < count; i++)
		add_component(&out, components[i]);
	return buffer_steal(&out);
}

/* `text` with every `from` as `to`. */
static char *replaced(const char *text, const char *from, const char *to)
{
	struct buffer out = { 0 };
	const char *at;
	while ((at = strstr(text, from))) {
		buffer_add(&out, text, (size_t)(at - text));
		buffer_text(&out, to);
		text = at + strlen(from);
	}
	buffer_text(&out, text);
	return buffer_steal(&out);
}

static void must(int result, struct error *err)
{
	if (result < 0)
		fail_msg("%s", err->message);
}

static void read_settings(struct strings *settings)
{
	autofree char *text = NULL;
	struct error err = { 0 };
	if (!path_exists("settings"))
		return;
	must(file_read("settings", 1 << 16, &text, NULL, &err), &err);
	strings_split(settings, text, "\n");
}

/* Loads the project in the current directory. */
static char *load(const char *root)
{
	autostrings struct strings settings = { 0 };
	read_settings(&settings);
	struct catalogue *catalogue = NULL;
	struct diagnostics mistakes = { 0 };
	char *text;
	if (catalogue_load_set("recipes/site.yaml", NULL, &settings, &catalogue, &mistakes) < 0) {
		struct error err = { 0 };
		assert_null(catalogue);
		diagnostics_to_error(&mistakes, &err);
		text = text_format("%s\n", err.message);
		error_clear(&err);
	} else {
		text = describe(catalogue);
	}
	diagnostics_clear(&mistakes);
	catalogue_free(catalogue);
	char *plain = replaced(text, root, "PROJECT");
	free(text);
	return plain;
}

static void replay(void **state)
{
	const char *folder = *state;
	struct error err = { 0 };
	autofree char *root = NULL;
	autofree char *common = path_join(folder, "../common");
	autofree char *golden = path_join(folder, "expected");
	must(directory_temporary("/tmp", "hiebox-recipe-", &root, &err), &err);
	must(tree_copy(common, root, &err), &err);
	must(tree_copy(folder, root, &err), &err);
	autofree char *back = realpath(".", NULL);
	assert_int_equal(chdir(root), 0);
	autofree char *text = load(root);
	assert_int_equal(chdir(back), 0);
	must(tree_remove(root, &err), &err);
	assert_golden(golden, text);
}

int main(void)
{
	const char *cases = getenv("HIEBOX_CASES");
	autofree char *given = path_join(cases ? cases : "tests/cases", "recipe");
	autofree char *folder = realpath(given, NULL);
	autostrings struct strings names = { 0 };
	autostrings struct strings paths = { 0 };
	struct error err = { 0 };
	if (!folder || directory_list(folder, &names, &err) < 0) {
		fprintf(stderr, "%s: %s\n", given,
			folder ? err.message : "there is no such folder");
		return 1;
	}
	autofree struct CMUnitTest *tests = memory_alloc((names.count + 1) * sizeof *tests);
	size_t count = 0;
	for (size_t i = 0; i < names.count; i++) {
		if (text_equal(names.items[i], "common") || names.items[i][0] == '.')
			continue;
		strings_take(&paths, path_join(folder, names.items[i]));
		tests[count++] = (struct CMUnitTest){
			.name = names.items[i],
			.test_func = replay,
			.initial_state = paths.items[paths.count - 1]
		};
	}
	return _cmocka_run_group_tests("recipe cases", tests, count, NULL, NULL);
}
