/* The Test Anything Protocol, version 14. */
#include "proof/proof.h"

#include <string.h>

#include "proof/view.h"

#define FAILURES_MAX 20u

struct tap {
	struct buffer *out;
	struct allowance allowance;
};

/* Cut, and without what terminals obey; caller frees. */
static char *harmless(struct tap *tap, const char *words)
{
	autofree char *cut = view_cut(&tap->allowance, words ? words : "", VIEW_MESSAGE_MAX);
	return text_plain(cut);
}

/* On one line; "#" would begin a directive. */
static void add_words(struct tap *tap, const char *words)
{
	autofree char *text = harmless(tap, words);
	for (const char *at = text; *at; at++) {
		if (*at == '#' || *at == '\\')
			buffer_text(tap->out, "\\");
		if (*at == '\n' || *at == '\t')
			buffer_text(tap->out, " ");
		else
			buffer_add(tap->out, at, 1);
	}
}

/* As a scalar of YAML, whose double quotes read what JSON writes. */
static void add_scalar(struct tap *tap, const char *before, const char *text)
{
	autofree char *good = harmless(tap, text);
	autojson struct json *string = json_new_string(good);
	autofree char *quoted = json_write(string, true);
	buffer_format(tap->out, "%s%.*s\n", before, (int)strcspn(quoted, "\n"), quoted);
}

/* A text of several lines, as a list of them: they are read without quotes and backslashes. */
static void add_lines(struct tap *tap, const char *key, const char *text)
{
	autofree char *cut = view_cut_begin(&tap->allowance, text, VIEW_MESSAGE_MAX);
	autostrings struct strings lines = { 0 };
	if (!cut)
		return;
	strings_split(&lines, cut, "\n");
	buffer_format(tap->out, "  %s:\n", key);
	for (size_t i = 0; i < lines.count; i++)
		add_scalar(tap, "    - ", lines.items[i]);
}

static void add_failures(struct tap *tap, const struct view_step *step)
{
	const struct json *request = json_get(step->json, "request");
	const struct json *answer = json_get(step->json, "answer");
	size_t count = 0;
	buffer_text(tap->out, "  ---\n  messages:\n");
	for json_each (failure, json_get(step->json, "failures")) {
		if (count++ < FAILURES_MAX)
			add_scalar(tap, "    - ", view_text(failure, "message", "failed"));
	}
	if (!count)
		buffer_text(tap->out, "    - \"failed, without a message\"\n");
	if (count > FAILURES_MAX)
		buffer_format(tap->out, "    - \"and %zu more\"\n", count - FAILURES_MAX);
	if (view_text(step->json, "diagnostics", NULL))
		add_scalar(tap, "  diagnostics: ", view_text(step->json, "diagnostics", NULL));
	if (request) {
		autofree char *sent = text_format("%s %s", view_text(request, "method", "?"), view_text(request, "path", "?"));
		add_scalar(tap, "  sent: ", sent);
	}
	if (answer)
		buffer_format(tap->out, "  status: %.0f\n", view_number(answer, "status"));
	buffer_format(tap->out, "  tries: %.0f\n  duration_ms: %.0f\n  ...\n", view_number(step->json, "tries"),
		      view_number(step->json, "milliseconds"));
}

static void add_step(struct tap *tap, const struct json *run, const struct view_step *step, const char *language,
		     unsigned number)
{
	bool good = step->state == VIEW_PASSED || step->state == VIEW_SKIPPED;
	const char *tell = view_said(step->json, "tell", language);
	buffer_format(tap->out, "%s %u - ", good ? "ok" : "not ok", number);
	add_words(tap, view_run_name(run));
	if (step->part != VIEW_BEFORE) {
		autofree char *name = view_step_name(step);
		buffer_text(tap->out, "/");
		add_words(tap, name);
	}
	if (tell) {
		buffer_text(tap->out, " ");
		add_words(tap, tell);
	}
	if (step->state == VIEW_SKIPPED) {
		autofree char *why = view_why_not(step, language);
		buffer_text(tap->out, " # SKIP ");
		add_words(tap, why);
	}
	buffer_text(tap->out, step->state == VIEW_NOT_PLAYED ? " (not played)\n" : "\n");
	if (step->state == VIEW_FAILED)
		add_failures(tap, step);
}

/* A workflow whose questions or needs were not met is one test: it says all there is to say. */
void proof_tap_run(const struct json *run, const char *language, unsigned *number, struct buffer *out)
{
	struct tap tap = { out, { VIEW_TOTAL_MAX } };
	bool bad = false;
	for (struct view_walk walk = { .run = run }; view_next(&walk);) {
		bool told = walk.step.part == VIEW_BEFORE ? walk.step.state != VIEW_PASSED : view_is_test(&walk.step);
		if (!told)
			continue;
		add_step(&tap, run, &walk.step, language, ++*number);
		bad = bad || walk.step.state == VIEW_FAILED || walk.step.state == VIEW_NOT_PLAYED;
		if (walk.step.part == VIEW_BEFORE)
			return;
	}
	if (bad || !view_unexplained(run))
		return;
	buffer_format(out, "not ok %u - ", ++*number);
	add_words(&tap, view_run_name(run));
	buffer_text(out, " came to its end\n");
}

void proof_tap_check(const struct proof_check *check, unsigned *number, struct buffer *out)
{
	struct tap tap = { out, { VIEW_TOTAL_MAX } };
	bool good = check->verdict == PROOF_PASSED || check->verdict == PROOF_SKIPPED;
	buffer_format(out, "%s %u - ", good ? "ok" : "not ok", ++*number);
	add_words(&tap, check->name);
	if (check->verdict == PROOF_SKIPPED) {
		buffer_text(out, " # SKIP ");
		add_words(&tap, check->message ? check->message : "");
	}
	buffer_text(out, "\n");
	if (good || (!check->message && !check->detail))
		return;
	buffer_text(out, "  ---\n");
	if (check->message)
		add_scalar(&tap, "  message: ", check->message);
	add_lines(&tap, "detail", check->detail);
	if (check->verdict == PROOF_ERROR)
		buffer_text(out, "  severity: could not be tried\n");
	buffer_text(out, "  ...\n");
}

void proof_tap(const struct proof *proof, const char *language, struct buffer *out)
{
	autobuffer struct buffer whole = { .maximum = SIZE_MAX / 4 };
	struct tap tap = { &whole, { VIEW_TOTAL_MAX } };
	unsigned number = 0;
	buffer_text(&whole, "TAP version 14\n");
	for (size_t i = 0; i < proof->run_count; i++)
		proof_tap_run(proof->runs[i], language, &number, &whole);
	for (size_t i = 0; i < proof->check_count; i++)
		proof_tap_check(&proof->checks[i], &number, &whole);
	buffer_format(&whole, "1..%u\n", number);
	if (proof->broke) {
		buffer_text(&whole, "Bail out! ");
		add_words(&tap, proof->broke);
		buffer_text(&whole, "\n");
	}
	view_publish(&whole, out);
}
