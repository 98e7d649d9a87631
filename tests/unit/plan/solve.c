/* Replays tests/cases/plan/solve/<case>/: small Packages files `main`, `updates`, `security` and
 * `requests` (name, then who asks) must give exactly the text of `expected`. What every stanza of an
 * archive has (architecture, version, size, digest, file name) is added where a case leaves it out.
 * HIEBOX_UPDATE=1 writes `expected` instead (look at the difference before you commit it). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../support/golden.h"
#include "plan/plan.h"

static const struct {
	const char *file, *archive, *suite;
} indexes[] = { { "main", "debian", "trixie" },
		{ "updates", "debian", "trixie-updates" },
		{ "security", "debian-security", "trixie-security" } };

struct world {
	char *scratch;
	struct package_index items[3];
	size_t count;
	struct package_request *requests;
	size_t request_count;
	struct arena *arena;
};

static const char *field_of(struct arena *arena, const char *stanza, const char *name)
{
	for (const char *line = stanza; line && *line; line = strchr(line, '\n'), line += line != NULL)
		if (text_starts(line, name))
			return arena_string_n(arena, line + strlen(name), strcspn(line + strlen(name), "\n"));
	return NULL;
}

/* One stanza, made whole. */
static void add_stanza(struct arena *arena, struct buffer *out, const char *stanza)
{
	const char *name = field_of(arena, stanza, "Package: ");
	const char *version = field_of(arena, stanza, "Version: ");
	char digest[HASH_HEX_MAX];

	hash_bytes("sha256", stanza, strlen(stanza), digest);
	buffer_format(out, "%s\n", stanza);
	if (!field_of(arena, stanza, "Architecture: "))
		buffer_text(out, "Architecture: amd64\n");
	if (!version)
		buffer_text(out, "Version: 1.0\n");
	if (!field_of(arena, stanza, "Filename: "))
		buffer_format(out, "Filename: pool/main/%s.deb\n", name ? path_base(name) : "four");
	buffer_format(out, "Size: 1000\nInstalled-Size: 4\nSHA256: %s\n\n", digest);
}

static void add_index(struct world *world, const char *folder, size_t which)
{
	autofree char *from = path_join(folder, indexes[which].file);
	autofree char *to = path_join(world->scratch, indexes[which].file);
	autofree char *text = NULL;
	autobuffer struct buffer out = { 0 };

	if (!path_exists(from))
		return;
	assert_int_equal(file_read(from, 1 << 20, &text, NULL, NULL), 0);
	for (char *stanza = text; stanza && *stanza;) {
		char *end = strstr(stanza, "\n\n");

		if (end)
			*end = '\0';
		if (text_ends(stanza, "\n"))
			stanza[strlen(stanza) - 1] = '\0';
		if (*stanza)
			add_stanza(world->arena, &out, stanza);
		stanza = end ? end + 2 : NULL;
	}
	assert_int_equal(file_write_plain(to, out.data ? out.data : "", out.length, 0644, NULL), 0);
	world->items[world->count++] = (struct package_index){
		arena_string(world->arena, to), indexes[which].archive, indexes[which].suite,
		arena_string(world->arena, indexes[which].file) };
}

/* "recipe.yaml:3:5" is a place; anything else is not in a file. */
static struct place place_of(struct arena *arena, const char *text)
{
	const char *colon = strchr(text, ':');
	struct place place = { 0 };

	if (colon && sscanf(colon, ":%u:%u", &place.line, &place.column) == 2)
		place.file = arena_string_n(arena, text, (size_t)(colon - text));
	return place;
}

static void add_requests(struct world *world, const char *folder)
{
	autofree char *path = path_join(folder, "requests");
	autofree char *text = NULL;
	autostrings struct strings lines = { 0 };

	assert_int_equal(file_read(path, 1 << 20, &text, NULL, NULL), 0);
	strings_split(&lines, text, "\n");
	world->requests = arena_alloc(world->arena, (lines.count + 1) * sizeof *world->requests);
	for (size_t i = 0; i < lines.count; i++) {
		size_t length = strcspn(lines.items[i], " ");

		world->requests[world->request_count++] = (struct package_request){
			arena_string_n(world->arena, lines.items[i], length),
			arena_string(world->arena, lines.items[i] + length + 1),
			place_of(world->arena, lines.items[i] + length + 1) };
	}
}

/* The answer as text; the scratch folder in messages is cut out. */
static char *answer(struct world *world, const char *cache)
{
	struct solve_input input = { world->items, world->count, "amd64", world->requests,
				     world->request_count, cache };
	struct package_set set;
	struct error err = { 0 };
	struct buffer out = { 0 };

	if (plan_solve(&input, world->arena, &set, &err) < 0) {
		char *at = strstr(err.message, world->scratch);

		buffer_text(&out, "error: ");
		buffer_add(&out, err.message, at ? (size_t)(at - err.message) : strlen(err.message));
		buffer_format(&out, "%s\n", at ? at + strlen(world->scratch) + 1 : "");
		error_clear(&err);
		return buffer_steal(&out);
	}
	for (size_t i = 0; i < set.count; i++) {
		const struct package *package = &set.items[i];

		buffer_format(&out, "%s %s %s%s%s: %s\n", package->name, package->version, package->archive,
			      package->essential ? " essential" : "", package->automatic ? " automatic" : "",
			      package->why);
		assert_int_equal(package->size, 1000);
	}
	assert_int_equal(set.download_bytes, 1000 * set.count);
	assert_int_equal(set.installed_bytes, 4096 * set.count);
	return buffer_steal(&out);
}

static void compare(const char *folder, const char *got)
{
	autofree char *path = path_join(folder, "expected");

	assert_golden(path, got);
}

/* Three times: without a cache, with one that is made, with one that is found. */
static void test_case(void **state)
{
	const char *folder = *state;
	struct world world = { .arena = arena_new() };

	assert_int_equal(directory_temporary("/tmp", "hiebox-solve-", &world.scratch, NULL), 0);
	for (size_t i = 0; i < LENGTH(indexes); i++)
		add_index(&world, folder, i);
	add_requests(&world, folder);
	autofree char *cache = path_join(world.scratch, "cache");
	autofree char *first = answer(&world, NULL);
	autofree char *second = answer(&world, cache);
	autofree char *third = answer(&world, cache);

	tree_remove(world.scratch, NULL);
	compare(folder, first);
	assert_string_equal(second, first);
	assert_string_equal(third, first);
	free(world.scratch);
	arena_free(world.arena);
}

int main(void)
{
	const char *home = getenv("HIEBOX_CASES") ? getenv("HIEBOX_CASES") : "tests/cases";
	autofree char *folder = path_join(home, "plan/solve");
	autostrings struct strings names = { 0 }, folders = { 0 };
	struct CMUnitTest tests[200] = { 0 };

	if (directory_list(folder, &names, NULL) < 0)
		return 1;
	for (size_t i = 0; i < names.count && i < LENGTH(tests); i++) {
		strings_take(&folders, path_join(folder, names.items[i]));
		tests[i] = (struct CMUnitTest){ names.items[i], test_case, NULL, NULL, folders.items[i] };
	}
	return _cmocka_run_group_tests("plan/solve", tests, names.count, NULL, NULL);
}
