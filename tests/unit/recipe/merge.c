/* Laying one recipe over another: what comes out, that what lies below stays as it is, and limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "recipe/compose.h"

struct fixture {
	struct arena *arena;
	struct document *below, *over;
	struct diagnostics mistakes;
	struct node *tree;
};

static struct document *parsed(const char *name, const char *text)
{
	struct document *document = NULL;
	struct diagnostics mistakes = { 0 };
	if (document_parse_yaml(name, text, strlen(text), &document, &mistakes) < 0)
		fail_msg("%s", mistakes.messages[0]);
	return document;
}

static void merge(struct fixture *fixture, const char *below, const char *over)
{
	*fixture = (struct fixture){ .arena = arena_new(), .below = parsed("below", below),
				     .over = parsed("over", over) };
	const struct merge with = { fixture->arena, &fixture->mistakes, "below" };
	fixture->tree = merge_copy(fixture->arena, document_root(fixture->below), NULL);
	merge_variant(&with, fixture->tree, document_root(fixture->over));
}

static void end(struct fixture *fixture)
{
	diagnostics_clear(&fixture->mistakes);
	document_free(fixture->below);
	document_free(fixture->over);
	arena_free(fixture->arena);
}

static char *as_json(const struct node *node)
{
	autojson struct json *json = json_from_node(node);
	return json_write(json, true);
}

static void gives(const char *below, const char *over, const char *expected)
{
	struct fixture fixture;
	merge(&fixture, below, over);
	autofree char *before = as_json(document_root(fixture.below));
	autofree char *text = as_json(fixture.tree);
	autofree char *line = text_format("%s\n", expected);
	autodocument struct document *again = parsed("again", below);
	autofree char *untouched = as_json(document_root(again));
	assert_int_equal(fixture.mistakes.count, 0);
	assert_string_equal(text, line);
	assert_string_equal(before, untouched);
	end(&fixture);
}

static void complains(const char *below, const char *over, const char *expected)
{
	struct fixture fixture;
	merge(&fixture, below, over);
	assert_int_equal(fixture.mistakes.count, 1);
	assert_string_equal(fixture.mistakes.messages[0], expected);
	end(&fixture);
}

static void values_replace_and_maps_merge(void **state)
{
	(void)state;
	gives("{mode: training, site: {name: a, keyboard: us}}", "{mode: production, site: {name: b}}",
	      "{\"mode\":\"production\",\"site\":{\"name\":\"b\",\"keyboard\":\"us\"}}");
	gives("{packages: [curl, less]}", "{packages: [nano]}", "{\"packages\":[\"nano\"]}");
	gives("{site: {name: a}}", "{data: {size: 1G}}", "{\"site\":{\"name\":\"a\"},\"data\":{\"size\":\"1G\"}}");
	gives("{site: {name: a}}", "{site: 7}", "{\"site\":7}");
}

static void null_takes_away(void **state)
{
	(void)state;
	gives("{data: {size: 1G, seed: x}, mode: training}", "{data: {seed: null}, mode: ~}", "{\"data\":{\"size\":\"1G\"}}");
	gives("{data: {size: 1G}}", "{data: {seed: null}}", "{\"data\":{\"size\":\"1G\"}}");
	complains("{site: {name: a}}", "{site: {nmae: null}}",
		  "over:1:9: site.nmae: null takes away what below says, but it says nothing here; did you mean "
		  "\"name\"?");
}

static void lists_are_changed(void **state)
{
	(void)state;
	gives("{packages: [curl, less]}", "{add: {packages: [nano]}, remove: {packages: [curl]}}",
	      "{\"packages\":[\"less\",\"nano\"]}");
	gives("{board: pc}", "{add: {site: {languages: [sw]}}}", "{\"board\":\"pc\",\"site\":{\"languages\":[\"en\",\"sw\"]}}");
	gives("{components: [{id: a}, b]}", "{remove: {components: [a]}}", "{\"components\":[\"b\"]}");
	complains("{packages: [curl]}", "{add: {packages: [curl]}}",
		  "over:1:19: add.packages[]: \"curl\" is there already: below:1:13");
	complains("{packages: [curl]}", "{packages: [a], add: {packages: [nano]}}",
		  "over:1:23: add.packages: packages stands in this file too (line 1): use one of the two");
	complains("{packages: [curl]}", "{remove: {packages: [crul]}}",
		  "over:1:22: remove.packages[]: below has no \"crul\" here; did you mean \"curl\"?");
}

/* Comparing each with each must not take minutes for a file that somebody made for that. */
static void hostile_sizes_are_refused(void **state)
{
	struct buffer text = { 0 };
	(void)state;
	buffer_text(&text, "{");
	for (unsigned i = 0; i <= MERGE_MOST; i++)
		buffer_format(&text, "k%u: 1, ", i);
	buffer_text(&text, "z: 1}");
	complains("{a: 1}", text.data, "over:1:1: more than 2000 keys in one map");
	buffer_clear(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_replace_and_maps_merge),
		cmocka_unit_test(null_takes_away),
		cmocka_unit_test(lists_are_changed),
		cmocka_unit_test(hostile_sizes_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
