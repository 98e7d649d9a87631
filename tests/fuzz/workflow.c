/* Any bytes as a workflow: reading it neither crashes nor takes long, and what was taken can be played. */
#include <stdint.h>
#include <string.h>

#include "fuzz.h"
#include "workflow/workflow.h"

static void check_request(const struct workflow_request *request)
{
	must(request->method.text && request->path.text && request->path.text[0] == '/');
	must((request->json != NULL) + (request->text.text != NULL) + (request->form.count > 0) <= 1);
	for (size_t i = 0; i < request->headers.count; i++)
		must(request->headers.items[i].value->text &&
		     !strpbrk(request->headers.items[i].value->text, "\r\n") &&
		     !strpbrk(request->headers.items[i].key.text, "\r\n:"));
}

static void check_expectation(const struct expectation *expect)
{
	for (size_t i = 0; i < expect->status.count; i++)
		must(expect->status.items[i] >= 200 && expect->status.items[i] <= 599);
	for (size_t i = 0; i < expect->json_count; i++)
		must(expect->json[i].at.text && (!*expect->json[i].at.text || *expect->json[i].at.text == '/'));
}

static void check_step(const struct step *step, bool cleanup)
{
	check_request(&step->request);
	check_expectation(&step->expect);
	must(step->time_out >= 100 && step->time_out <= 600000);
	if (cleanup)
		return;
	must(step->from.text && step->to.text && step->tell.count && step->expect.status.count);
	for (size_t i = 0; i < step->keep_count; i++)
		must(step->keep[i].name.text && !step->keep[i].json.text != !step->keep[i].header.text);
}

static void check_workflow(const struct workflow *workflow)
{
	must(workflow->id && workflow->architecture && workflow->title.count && workflow->actor_count);
	must(workflow->languages.count == workflow->title.count && workflow->step_count);
	for (size_t i = 0; i < workflow->actor_count; i++)
		must(workflow->actors[i].name.text && workflow->actors[i].role.text);
	for (size_t i = 0; i < workflow->requires_count; i++) {
		check_request(&workflow->requires[i].request);
		check_expectation(&workflow->requires[i].expect);
	}
	for (size_t i = 0; i < workflow->step_count; i++)
		check_step(&workflow->steps[i], false);
	for (size_t i = 0; i < workflow->cleanup_count; i++)
		check_step(&workflow->cleanup[i], true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const roles[] = { "openhim", NULL }, *const credentials[] = { "clinic", NULL };
	static const struct workflow_names names = { roles, credentials };
	autodocument struct document *document = NULL;
	autoarena struct arena *arena = arena_new();
	struct diagnostics mistakes = { 0 };
	const struct workflow *workflow = NULL;

	if (document_parse_yaml("f.yaml", (const char *)data, size, &document, &mistakes) == 0) {
		int result = workflow_read(document_root(document), &names, arena, &workflow, &mistakes);
		must((result < 0) == (mistakes.count > 0));
		if (result == 0)
			check_workflow(workflow);
		diagnostics_sort(&mistakes);
	}
	diagnostics_clear(&mistakes);
	return 0;
}
