/* Any bytes as the answer to a step: what judges it and keeps parts of it neither crashes nor takes long, and the result can
 * be written and read. The first byte chooses the status; header lines to the first empty line; the rest is the body. */
#include "fuzz.h"

#include "workflow/player.h"

static const char text[] =
	"workflow: f\narchitecture: \"4.0\"\ntitle: { en: F }\nneeds: [client-registry]\n"
	"actors: { a: point-of-service, b: client-registry }\nvalues: { v: \"x\" }\nsteps:\n"
	"  - tell: { en: Asks }\n    from: a\n    to: b\n    request: { method: GET, path: \"/{{v}}\" }\n    expect:\n      status: 200\n"
	"      headers: { Location: { matches: \"^(a+)+$\" }, ETag: W, X-A: { absent: true }, X-B: { contains: \"{{v}}\" } }\n"
	"      json:\n        /a: \"{{v}}\"\n        /*/*/a: { is-not: 1 }\n"
	"        /l: { at-least: 1, at-most: 3 }\n        /l/*: { one-of: [1, {a: [b]}, null], matches: \"(a|b)*c\" }\n"
	"        /l/0: { contains: x }\n        /m~1~0: { count: 0 }\n        /p: { present: true }\n        /q: { absent: true }\n"
	"        /l/*/a: { is: [1, 2.50, {b: true}] }\n      text: needle\n"
	"    keep: { k: /a, h: { header: Location, match: \"/([^/]+)$\" }, o: { json: /l/0, match: \"a.*\" } }\n";

static const struct workflow *workflow;
static struct document *document;
static struct arena *arena;

static void load(void)
{
	struct diagnostics mistakes = { 0 };

	if (workflow)
		return;
	arena = arena_new();
	must(document_parse_yaml("f.yaml", text, strlen(text), &document, &mistakes) == 0);
	must(workflow_read(document_root(document), NULL, arena, &workflow, &mistakes) == 0);
}

static void take_headers(char *head, struct strings *headers)
{
	autostrings struct strings lines = { 0 };

	strings_split(&lines, head, "\n");
	for (size_t i = 0; i < lines.count && i < 200; i++)
		if (strchr(lines.items[i], ':'))
			strings_add(headers, lines.items[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	load();
	autofree char *input = input_text(data, size);
	size_t length = strlen(input);
	char *body = strstr(input, "\n\n");
	struct http_response answer = { .status = length ? 200 + input[0] % 4 : 200 };
	if (body)
		*body = '\0';
	take_headers(input, &answer.headers);
	answer.body = text_copy(body ? body + 2 : "");
	answer.body_length = strlen(answer.body);

	struct workflow_result result = { .workflow = workflow, .base = (char *)"http://x" };
	struct played_step step = { .step = &workflow->steps[0], .number = 1, .verdict = VERDICT_FAILED }, none = { 0 };
	const struct play_settings settings = { .seed = 1 };
	struct player player = { .workflow = workflow, .settings = &settings, .result = &result, .random = 1 };
	result.steps = &step;
	result.cleanup = &none;
	player_make_values(&player);
	autodocument struct document *read = document_json_or_null(answer.body, answer.body_length);
	struct judged judged = { .player = &player, .played = &step, .answer = &answer, .root = document_root(read) };
	judged.no_json = read ? NULL : (char *)"no JSON";
	judge_answer(&judged, &workflow->steps[0].expect);
	judge_keep(&player, &judged, &workflow->steps[0]);
	step.diagnostics = outcome_text(judged.root);
	must(answer.status == 200 || step.failure_count > 0);
	autojson struct json *json = workflow_result_json(&result, NULL);
	autofree char *written = json_write(json, true);
	autodocument struct document *again = document_json_or_null(written, strlen(written));
	must(again != NULL);
	autobuffer struct buffer tap = { 0 };
	unsigned number = 0;
	result.before.verdict = VERDICT_PASSED;
	workflow_result_tap(&result, "en", &number, &tap);
	must(number == 1 && !tap.overflow);
	failures_clear(&step);
	free(step.diagnostics);
	strings_clear(&step.kept);
	strings_clear(&player.variables);
	http_response_clear(&answer);
	return 0;
}
