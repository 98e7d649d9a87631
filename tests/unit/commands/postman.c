/* Postman collections: what is read of them, each mistake at its place; and what Newman writes, right and wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "commands/postman.h"

#define INFO "{\"info\": {\"name\": \"T\", \"schema\": \"https://x.example/json/collection/v2.1.0/collection.json\"},\n "

struct read {
	struct document *document;
	struct arena *arena;
	const struct workflow *workflow;
	char *mistakes;             /* one per line; NULL: none */
};

static struct read read_text(const char *text)
{
	struct read read = {.arena = arena_new()};
	struct diagnostics mistakes = {0};
	struct error err = {0};

	assert_int_equal(document_parse_json("My Visit.postman_collection.json", text, strlen(text), &read.document, &mistakes), 0);
	int result = postman_read(document_root(read.document), "x/My Visit.postman_collection.json", read.arena, &read.workflow, &mistakes);
	assert_int_equal(result < 0, mistakes.count > 0);
	diagnostics_to_error(&mistakes, &err);
	diagnostics_clear(&mistakes);
	read.mistakes = err.message ? text_copy(err.message) : NULL;
	error_clear(&err);
	return read;
}

static void read_clear(struct read *read)
{
	document_free(read->document);
	arena_free(read->arena);
	free(read->mistakes);
}

static void names_and_places(void **state)
{
	(void)state;
	struct read read = read_text(INFO "\"item\": [\n"
				     "  {\"name\": \"Földer\", \"item\": [\n"
				     "    {\"name\": \"Get  it!\", \"request\": \"http://x/a\"},\n"
				     "    {\"name\": \"get-it\", \"request\": {\"url\": {\"host\": [\"x\"]}, \"description\": \"As a.\\nshows: OHIE-1, OHIE-2\"}}]},\n"
				     "  {\"name\": \"\", \"request\": {\"method\": \"PUT\", \"url\": \"x\"}}]}");
	const struct workflow *workflow = read.workflow;

	assert_null(read.mistakes);
	assert_string_equal(workflow->id, "my-visit");
	assert_string_equal(workflow_text(&workflow->title, "fr"), "T");
	assert_int_equal(workflow->step_count, 3);
	assert_string_equal(workflow->steps[0].id.text, "get-it");
	assert_string_equal(workflow->steps[1].id.text, "get-it.2");
	assert_null(workflow->steps[2].id.text);
	assert_string_equal(workflow_text(&workflow->steps[0].tell, "en"), "Földer › Get  it!");
	assert_int_equal(workflow->steps[0].place.line, 4);
	assert_int_equal(workflow->steps[1].shows.count, 2);
	assert_string_equal(workflow->steps[1].shows.items[1].text, "OHIE-2");
	read_clear(&read);
}

static void mistakes(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{"[]", ":1:1: expected a Postman collection, got a list"},
		{"{}", ":1:1: expected info.schema, the address of the collection's format, got nothing\n"
		       "My Visit.postman_collection.json:1:1: expected item: a list of requests and folders, got nothing"},
		{"{\"info\": {\"schema\": \"https://x.example/collection/v2.0.0/\"}, \"item\": []}",
		 ":1:21: expected a collection of format 2.1 (export it as \"Collection v2.1\"), got https://x.example/collection/v2.0.0/"},
		{INFO "\"item\": []}", ":1:1: expected at least one request, got none"},
		{INFO "\"item\": {}}", ":2:10: expected item: a list of requests and folders, got a map"},
		{INFO "\"item\": [{\"name\": \"a\"}]}", ":2:11: expected a request, or a folder with item, got neither"},
		{INFO "\"item\": [{\"name\": \"a\", \"request\": {\"method\": \"GET\"}}]}",
		 ":2:36: expected url: an address, or a map with raw or host, got nothing"},
		{INFO "\"item\": [{\"name\": \"a\", \"request\": [], \"event\": [{\"listen\": \"tests\", \"script\": {\"exec\": 1}}]}]}",
		 ":2:50: expected listen: test or prerequest, got \"tests\"\n"
		 "My Visit.postman_collection.json:2:89: expected script.exec: a list of lines, got a number\n"
		 "My Visit.postman_collection.json:2:36: expected request: an address, or a map, got a list"},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct read read = read_text(cases[i].text);
		autofree char *expected = text_format("My Visit.postman_collection.json%s", cases[i].expected);
		assert_string_equal(read.mistakes ? read.mistakes : "none", expected);
		read_clear(&read);
	}
}

/* One line for each step: verdict and, of a failure, its message. */
static char *told(const struct read *read, const char *written)
{
	autodocument struct document *document = document_json_or_null(written, strlen(written));
	auto_workflow_result struct workflow_result *result = NULL;
	struct error err = {0};
	struct buffer text = {0};

	if (postman_result(read->workflow, "http://x", document_root(document), &result, &err) < 0) {
		buffer_text(&text, err.message);
		error_clear(&err);
		return buffer_steal(&text);
	}
	buffer_text(&text, verdict_word(result->verdict));
	for (size_t i = 0; i < read->workflow->step_count; i++) {
		const struct played_step *step = &result->steps[i];
		buffer_format(&text, ", %s %ld", verdict_word(step->verdict), step->exchange.status);
		for (size_t k = 0; k < step->failure_count; k++)
			buffer_format(&text, " (%s: %s)", failure_word(step->failures[k].kind), step->failures[k].message);
	}
	json_release(workflow_result_json(result, NULL));
	return buffer_steal(&text);
}

static void results(void **state)
{
	static const struct {
		const char *written, *expected;
	} cases[] = {
		{"{\"steps\": [{\"position\": 0, \"tries\": 1, \"request\": {\"method\": \"GET\", \"path\": \"/\", \"headers\": [\"a: b\"]}, "
		 "\"answer\": {\"status\": 200, \"body\": \"x\", \"length\": 70000}}, {\"position\": 1}]}",
		 "passed, passed 200, passed 0"},
		{"{\"steps\": [{\"position\": 0, \"failures\": [{\"kind\": \"script\", \"at\": \"new\", \"got\": \"expected 200 to equal 201\"}]}]}",
		 "failed, failed 0 (script: My Visit.postman_collection.json:2:11: step \"a\": test \"new\": expected 200 to equal 201), skipped 0"},
		{"{\"steps\": [{\"position\": 0}, {\"position\": 1, \"failures\": [{\"kind\": \"no-answer\", \"got\": \"refused\"}]}]}",
		 "failed, passed 0, failed 0 (no-answer: My Visit.postman_collection.json:3:3: step \"b\": no answer: refused)"},
		{"{\"steps\": [], \"error\": \"no such module\"}",
		 "failed, failed 0 (script: My Visit.postman_collection.json:2:11: step \"a\": no such module), not-played 0"},
		{"{\"steps\": []}",
		 "failed, failed 0 (script: My Visit.postman_collection.json:2:11: step \"a\": the collection sent no request), not-played 0"},
		{"{\"steps\": [{\"position\": 0}], \"stopped\": true}", "not-played, passed 0, not-played 0"},
		{"{\"steps\": [{\"position\": 7}, {\"position\": -1}, {\"position\": \"1\"}, 5, null]}", "passed, passed 0, skipped 0"},
		{"{\"steps\": {}}", "My Visit.postman_collection.json: what Newman wrote is no result"},
		{"", "My Visit.postman_collection.json: what Newman wrote is no result"},
	};

	(void)state;
	struct read read = read_text(INFO "\"item\": [{\"name\": \"a\", \"request\": \"x\"},\n  {\"name\": \"b\", \"request\": \"x\"}]}");
	for (size_t i = 0; i < LENGTH(cases); i++) {
		autofree char *got = told(&read, cases[i].written);
		assert_string_equal(got, cases[i].expected);
	}
	read_clear(&read);
}

static void many_requests(void **state)
{
	autobuffer struct buffer text = {0};

	(void)state;
	buffer_text(&text, INFO "\"item\": [");
	for (int i = 0; i < 2001; i++)
		buffer_format(&text, "%s{\"name\": \"a\", \"request\": \"x\"}", i ? "," : "");
	buffer_text(&text, "]}");
	struct read read = read_text(text.data);
	assert_non_null(strstr(read.mistakes, "expected at most 2000 requests, got more"));
	read_clear(&read);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_places),
		cmocka_unit_test(mistakes),
		cmocka_unit_test(results),
		cmocka_unit_test(many_requests),
	};

	return cmocka_run_group_tests_name("commands/postman", tests, NULL, NULL);
}
