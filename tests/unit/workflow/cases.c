/* Replays tests/cases/workflow/<id>.yaml: reading it must give exactly the text of <id>.expected: all
 * mistakes, or, when there are none, everything that the workflow came to. HIEBOX_UPDATE=1 writes it
 * instead (look at the difference before you commit it). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../support/golden.h"
#include "workflow/workflow.h"

static void add_text(struct buffer *out, const char *name, const struct placed_text *text)
{
	if (text->text)
		buffer_format(out, " %s %s@%u:%u", name, text->text, text->place.line,
			      text->place.column);
}

static void add_node(struct buffer *out, const char *name, const struct node *node)
{
	if (!node)
		return;
	autojson struct json *json = json_from_node(node);
	autofree char *text = json_write(json, true);
	buffer_format(out, " %s@%u %.*s", name, node->place.line, (int)strcspn(text, "\n"), text);
}

static void add_entries(struct buffer *out, const char *name, const struct entry_list *entries)
{
	for (size_t i = 0; i < entries->count; i++)
		buffer_format(out, "  %s %s@%u: %s\n", name, entries->items[i].key.text,
			      entries->items[i].key.place.line, entries->items[i].value->text);
}

static void add_list(struct buffer *out, const char *name, const struct text_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		add_text(out, name, &list->items[i]);
}

static void add_expected(struct buffer *out, const char *name, const struct expected_value *values,
			 size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct expected_value *value = &values[i];
		buffer_format(out, "  %s", name);
		add_text(out, "at", &value->at);
		add_node(out, "is", value->is);
		add_node(out, "is-not", value->differs);
		add_node(out, "one-of", value->one_of);
		add_node(out, "contains", value->contains);
		add_text(out, "matches", &value->matches);
		add_node(out, "count", value->count);
		add_node(out, "at-least", value->at_least);
		add_node(out, "at-most", value->at_most);
		buffer_format(out, "%s%s\n", value->present ? " present" : "",
			      value->absent ? " absent" : "");
	}
}

static void add_exchange(struct buffer *out, const struct workflow_request *request,
			 const struct expectation *expect)
{
	add_text(out, "method", &request->method);
	add_text(out, "path", &request->path);
	buffer_text(out, "\n");
	add_entries(out, "header", &request->headers);
	if (request->json) {
		add_node(out, " json", request->json);
		buffer_text(out, "\n");
	}
	add_entries(out, "form", &request->form);
	buffer_text(out, "  status");
	for (size_t i = 0; i < expect->status.count; i++)
		buffer_format(out, " %u", expect->status.items[i]);
	add_list(out, "text", &expect->text);
	buffer_text(out, "\n");
	add_expected(out, "expect header", expect->headers, expect->header_count);
	add_expected(out, "expect json", expect->json, expect->json_count);
}

static void add_step(struct buffer *out, const char *name, const struct step *step)
{
	buffer_format(out, "%s@%u:", name, step->place.line);
	add_text(out, "id", &step->id);
	add_text(out, "from", &step->from);
	add_text(out, "via", &step->via);
	add_text(out, "to", &step->to);
	add_text(out, "as", &step->as);
	add_text(out, "transaction", &step->transaction);
	add_list(out, "shows", &step->shows);
	buffer_format(out, " time-out %u retry %u %u\n ", step->time_out, step->retry.every,
		      step->retry.within);
	add_exchange(out, &step->request, &step->expect);
	add_entries(out, "tell", &step->tell);
	for (size_t i = 0; i < step->keep_count; i++) {
		buffer_text(out, "  keep");
		add_text(out, "name", &step->keep[i].name);
		add_text(out, "json", &step->keep[i].json);
		add_text(out, "header", &step->keep[i].header);
		add_text(out, "match", &step->keep[i].match);
		buffer_text(out, "\n");
	}
}

static char *describe(const struct workflow *workflow)
{
	struct buffer out = { 0 };
	buffer_format(&out, "workflow %s, architecture %s\n", workflow->id,
		      workflow->architecture);
	add_entries(&out, "title", &workflow->title);
	add_entries(&out, "summary", &workflow->summary);
	add_list(&out, "language", &workflow->languages);
	add_list(&out, "shows", &workflow->shows);
	add_list(&out, "needs", &workflow->needs);
	buffer_text(&out, "\n");
	for (size_t i = 0; i < workflow->actor_count; i++) {
		add_text(&out, "actor", &workflow->actors[i].name);
		add_text(&out, "role", &workflow->actors[i].role);
		buffer_text(&out, "\n");
	}
	add_entries(&out, "value", &workflow->values);
	for (size_t i = 0; i < workflow->requires_count; i++) {
		const struct requirement *requires = &workflow->requires[i];
		buffer_format(&out, "requires@%u:", requires->place.line);
		add_text(&out, "as", &requires->as);
		add_exchange(&out, &requires->request, &requires->expect);
		add_entries(&out, "otherwise", &requires->otherwise);
	}
	for (size_t i = 0; i < workflow->step_count; i++)
		add_step(&out, "step", &workflow->steps[i]);
	for (size_t i = 0; i < workflow->cleanup_count; i++)
		add_step(&out, "cleanup", &workflow->cleanup[i]);
	for (size_t i = 0; i < workflow->exercise_count; i++) {
		const struct exercise *exercise = &workflow->exercises[i];
		buffer_format(&out, "exercise@%u", exercise->place.line);
		add_text(&out, "step", &exercise->step);
		buffer_format(&out, " message %s\n", exercise->message);
		add_entries(&out, "break", &exercise->breaks);
		add_entries(&out, "why", &exercise->why);
		add_entries(&out, "mend", &exercise->mend);
	}
	return buffer_steal(&out);
}

/* What reading the file gives. Caller frees. */
static char *read_case(const char *path)
{
	static const char *const roles[] = { "interoperability-layer-openhim", "shared-health-record",
					     NULL };
	static const char *const credentials[] = { "pos-clinic-a", "pos-clinic-b", "hospital", NULL };
	static const struct workflow_names names = { roles, credentials };
	struct diagnostics mistakes = { 0 };
	autodocument struct document *document = NULL;
	autoarena struct arena *arena = arena_new();
	const struct workflow *workflow = NULL;
	struct error err = { 0 };
	if (document_load(path, &document, &mistakes) == 0 &&
	    workflow_read(document_root(document), &names, arena, &workflow, &mistakes) == 0)
		return describe(workflow);
	assert_null(workflow);
	diagnostics_sort(&mistakes);
	diagnostics_to_error(&mistakes, &err);
	diagnostics_clear(&mistakes);
	autofree char *messages = err.message;
	return text_format("%s\n", messages);
}

static void one_case(const char *name)
{
	autofree char *got = read_case(name);
	autofree char *path = text_format("%.*s.expected", (int)strlen(name) - 5, name);
	assert_golden(path, got);
}

/* Messages name files as they were given, so the test goes to where they are. */
static void cases_give_their_golden_text(void **state)
{
	(void)state;
	autostrings struct strings names = { 0 };
	struct error err = { 0 };
	const char *cases = getenv("HIEBOX_CASES");
	autofree char *folder = path_join(cases ? cases : "tests/cases", "workflow");
	autofree char *back = realpath(".", NULL);
	size_t count = 0;
	assert_int_equal(chdir(folder), 0);
	assert_int_equal(directory_list(".", &names, &err), 0);
	for (size_t i = 0; i < names.count; i++) {
		if (!text_ends(names.items[i], ".yaml"))
			continue;
		one_case(names.items[i]);
		count++;
	}
	assert_int_equal(chdir(back), 0);
	assert_true(count >= 7);
}

/* Without lists of names, names of other projects are taken. */
static void names_need_not_be_known(void **state)
{
	(void)state;
	struct diagnostics mistakes = { 0 };
	autodocument struct document *document = NULL;
	autoarena struct arena *arena = arena_new();
	const struct workflow *workflow = NULL;
	const char *text = kind_workflow.example;
	assert_int_equal(document_parse_yaml("write-and-read.yaml", text, strlen(text), &document,
					     &mistakes),
			 0);
	assert_int_equal(workflow_read(document_root(document), NULL, arena, &workflow, &mistakes),
			 0);
	assert_string_equal(workflow->id, "write-and-read");
	assert_int_equal(workflow->step_count, 2);
	assert_int_equal(workflow->steps[1].retry.within, 10000);
	assert_int_equal(workflow->cleanup[0].expect.status.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cases_give_their_golden_text),
		cmocka_unit_test(names_need_not_be_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
