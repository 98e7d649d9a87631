/* Replays tests/cases/plan/components/<case>/: the files of `common` with the case's own laid over
 * them are a project; planning its recipes/site.yaml must give exactly the text of `expected`: all
 * mistakes, or the plan's text, what it asks of Debian, and where its payloads come from.
 * HIEBOX_UPDATE=1 writes `expected` instead (look at the difference before you commit it). */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../support/golden.h"
#include "plan/plan.h"

static void add_requests(struct buffer *out, const struct plan *plan, struct arena *arena)
{
	struct package_request *requests;
	size_t count = plan_image_requests(plan, arena, &requests);

	buffer_text(out, "\nrequests\n");
	for (size_t i = 0; i < count; i++)
		buffer_format(out, "  %s: %s\n", requests[i].name, requests[i].asked_by);
	assert_true(plan_tools_requests(plan, arena, &requests) > 30);
}

static void add_payloads(struct buffer *out, const struct plan *plan)
{
	buffer_text(out, "\nfiles\n");
	for (size_t i = 0; i < plan->source_count; i++) {
		for (size_t j = 0; j < plan->sources[i].payload_count; j++) {
			const struct payload *payload = &plan->sources[i].payloads[j];

			buffer_format(out, "  %d %s %.24s… %" PRIu64 " -> %s\n", payload->kind, payload->location,
				      payload->digest, payload->size, payload->target);
		}
	}
}

/* The store of this world has about half of everything. */
static bool present(void *context, const char *digest)
{
	(void)context;
	return digest[strlen(digest) - 1] < '8';
}

static char *describe(struct plan *plan, struct arena *arena)
{
	struct buffer out = { 0 };

	memset(plan->lock.seed, '7', 64);
	plan->lock.image.download_bytes = 100000000;
	autofree char *text = plan_text(plan, present, NULL);
	autojson struct json *json = plan_json(plan, present, NULL);
	autofree char *json_text = json_write(json, true);

	buffer_text(&out, text);
	add_requests(&out, plan, arena);
	add_payloads(&out, plan);
	buffer_format(&out, "\n%s", json_text);
	return buffer_steal(&out);
}

/* Plans the project in the current directory. */
static char *run(void)
{
	autoarena struct arena *arena = arena_new();
	struct catalogue *catalogue = NULL;
	struct diagnostics mistakes = { 0 };
	struct plan plan = { 0 };
	struct error err = { 0 };
	char *text;

	if (catalogue_load("recipes/site.yaml", NULL, &catalogue, &mistakes) == 0 &&
	    plan_components(catalogue, arena, &plan, &mistakes) == 0) {
		text = describe(&plan, arena);
	} else {
		diagnostics_sort(&mistakes);
		diagnostics_to_error(&mistakes, &err);
		text = text_format("%s\n", err.message);
		error_clear(&err);
	}
	diagnostics_clear(&mistakes);
	catalogue_free(catalogue);
	return text;
}

/* `text` without every `word`: the temporary folder is another each time. */
static char *without(const char *text, const char *word)
{
	struct buffer out = { 0 };
	const char *at;

	for (; (at = strstr(text, word)); text = at + strlen(word))
		buffer_add(&out, text, (size_t)(at - text));
	buffer_text(&out, text);
	return buffer_steal(&out);
}

static void must(int result, struct error *err)
{
	if (result < 0)
		fail_msg("%s", err->message);
}

static void test_case(void **state)
{
	const char *folder = *state;
	struct error err = { 0 };
	autofree char *root = NULL;
	autofree char *common = path_join(folder, "../common");
	autofree char *golden = path_join(folder, "expected");
	autofree char *back = realpath(".", NULL);

	must(directory_temporary("/tmp", "hiebox-plan-", &root, &err), &err);
	must(tree_copy(common, root, &err), &err);
	must(tree_copy(folder, root, &err), &err);
	assert_int_equal(chdir(root), 0);
	autofree char *text = run();

	assert_int_equal(chdir(back), 0);
	must(tree_remove(root, &err), &err);
	autofree char *prefix = text_format("%s/", root);
	autofree char *got = without(text, prefix);

	assert_golden(golden, got);
}

int main(void)
{
	const char *cases = getenv("HIEBOX_CASES");
	autofree char *given = path_join(cases ? cases : "tests/cases", "plan/components");
	autofree char *folder = realpath(given, NULL);
	autostrings struct strings names = { 0 }, paths = { 0 };

	if (!folder || directory_list(folder, &names, NULL) < 0)
		return 1;
	autofree struct CMUnitTest *tests = memory_alloc((names.count + 1) * sizeof *tests);
	size_t count = 0;

	for (size_t i = 0; i < names.count; i++) {
		if (text_equal(names.items[i], "common"))
			continue;
		strings_take(&paths, path_join(folder, names.items[i]));
		tests[count++] = (struct CMUnitTest){ names.items[i], test_case, NULL, NULL,
						      paths.items[paths.count - 1] };
	}
	return _cmocka_run_group_tests("plan/components", tests, count, NULL, NULL);
}
