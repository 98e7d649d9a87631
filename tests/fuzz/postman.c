/* Any bytes as a Postman collection, and as what Newman has written of one: reading neither crashes nor takes long, and a
 * result can be told. */
#include <stdint.h>
#include <string.h>

#include "commands/postman.h"
#include "fuzz.h"

static const struct workflow *some_workflow(struct arena *arena)
{
	static const struct node title = {.kind = NODE_STRING, .text = "T"};
	struct workflow *workflow = arena_alloc(arena, sizeof *workflow);
	struct map_entry *entry = arena_alloc(arena, sizeof *entry);

	*entry = (struct map_entry){.key = {.text = "en"}, .value = &title};
	*workflow = (struct workflow){.id = "f", .title = {entry, 1}, .step_count = 2, .place = {.file = "f.json"}};
	workflow->steps = arena_alloc(arena, 2 * sizeof *workflow->steps);
	return workflow;
}

static void play(const struct workflow *workflow, const struct node *root)
{
	struct workflow_result *result = NULL;
	struct error err = {0};
	unsigned number = 0;
	autobuffer struct buffer tap = {0};

	if (postman_result(workflow, "http://127.0.0.1", root, &result, &err) == 0) {
		json_release(workflow_result_json(result, NULL));
		workflow_result_tap(result, "en", &number, &tap);
	}
	workflow_result_free(result);
	error_clear(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autodocument struct document *document = NULL;
	autoarena struct arena *arena = arena_new();
	struct diagnostics mistakes = {0};
	const struct workflow *workflow = NULL;

	if (document_parse_json("f.json", (const char *)data, size, &document, &mistakes) == 0) {
		const struct node *root = document_root(document);
		int result = postman_read(root, "f.json", arena, &workflow, &mistakes);
		must((result < 0) == (mistakes.count > 0));
		must(result < 0 || (workflow->id && workflow->step_count && workflow->title.count));
		play(result == 0 ? workflow : some_workflow(arena), root);
		play(some_workflow(arena), root);
		diagnostics_sort(&mistakes);
	}
	diagnostics_clear(&mistakes);
	return 0;
}
