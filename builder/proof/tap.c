/* The Test Anything Protocol, version 14. */
#include "proof/proof.h"

#include <string.h>

#include "proof/view.h"

#define FAILURES_MAX 20u

/* On one line: "#" would begin a directive, and terminals obey control characters. */
static void add_words(struct buffer *out, const char *words)
{
	struct allowance enough = { VIEW_TOTAL_MAX };
	autofree char *cut = view_cut(&enough, words, VIEW_MESSAGE_MAX);
	const char *text = cut;
	for (size_t bytes; *text; text += bytes ? bytes : 1) {
		bytes = utf8_length(text);
		unsigned char first = (unsigned char)*text, second = (unsigned char)text[1];
		if (first == '#' || first == '\\')
			buffer_text(out, "\\");
		if (first < 0x20 || first == 0x7f || (first == 0xc2 && second >= 0x80 && second < 0xa0))
			buffer_text(out, " ");
		else if (!bytes)
			buffer_text(out, "\xef\xbf\xbd");
		else
			buffer_add(out, text, bytes);
	}
}

/* As a scalar of YAML, whose double quotes read what JSON writes. */
static void add_scalar(struct buffer *out, const char *before, const char *text)
{
	struct allowance enough = { VIEW_TOTAL_MAX };
	autofree char *cut = view_cut(&enough, text, VIEW_MESSAGE_MAX);
	autojson struct json *string = json_new_string(cut);
	autofree char *quoted = json_write(string, true);
	buffer_format(out, "%s%.*s\n", before, (int)strcspn(quoted, "\n"), quoted);
}

/* A text of several lines, as a list of them: they are read without quotes and backslashes. */
static void add_lines(struct buffer *out, const char *key, const char *text)
{
	struct allowance enough = { VIEW_TOTAL_MAX };
	autofree char *cut = view_cut_begin(&enough, text, VIEW_MESSAGE_MAX);
	autostrings struct strings lines = { 0 };
	if (!cut)
		return;
	strings_split(&lines, cut, "\n");
	buffer_format(out, "  %s:\n", key);
	for (size_t i = 0; i < lines.count; i++)
		add_scalar(out, "    - ", lines.items[i]);
}

static void add_failures(struct buffer *out, const struct view_step *step)
{
	const struct json *request = json_get(step->json, "request");
	const struct json *answer = json_get(step->json, "answer");
	size_t count = 0;
	buffer_text(out, "  ---\n  messages:\n");
	for json_each (failure, json_get(step->json, "failures")) {
		if (count++ < FAILURES_MAX)
			add_scalar(out, "    - ", view_text(failure, "message", "failed"));
	}
	if (!count)
		buffer_text(out, "    - \"failed, without a message\"\n");
	if (count > FAILURES_MAX)
		buffer_format(out, "    - \"and %zu more\"\n", count - FAILURES_MAX);
	if (view_text(step->json, "diagnostics", NULL))
		add_scalar(out, "  diagnostics: ", view_text(step->json, "diagnostics", NULL));
	if (request) {
		autofree char *sent = text_format("%s %s", view_text(request, "method", "?"), view_text(request, "path", "?"));
		add_scalar(out, "  sent: ", sent);
	}
	if (answer)
		buffer_format(out, "  status: %.0f\n", view_number(answer, "status"));
	buffer_format(out, "  tries: %.0f\n  duration_ms: %.0f\n  ...\n", view_number(step->json, "tries"),
		      view_number(step->json, "milliseconds"));
}

static void add_step(struct buffer *out, const struct json *run, const struct view_step *step, const char *language,
		     unsigned number)
{
	bool good = step->state == VIEW_PASSED || step->state == VIEW_SKIPPED;
	const char *tell = view_said(step->json, "tell", language);
	buffer_format(out, "%s %u - ", good ? "ok" : "not ok", number);
	add_words(out, view_run_name(run));
	if (step->part != VIEW_BEFORE) {
		autofree char *name = view_step_name(step);
		buffer_text(out, "/");
		add_words(out, name);
	}
	if (tell) {
		buffer_text(out, " ");
		add_words(out, tell);
	}
	if (step->state == VIEW_SKIPPED) {
		autofree char *why = view_why_not(step, language);
		buffer_text(out, " # SKIP ");
		add_words(out, why);
	}
	buffer_text(out, step->state == VIEW_NOT_PLAYED ? " (not played)\n" : "\n");
	if (step->state == VIEW_FAILED)
		add_failures(out, step);
}

/* A workflow whose questions or needs were not met is one test: it says all there is to say. */
void proof_tap_run(const struct json *run, const char *language, unsigned *number, struct buffer *out)
{
	bool bad = false;
	for (struct view_walk walk = { .run = run }; view_next(&walk);) {
		bool told = walk.step.part == VIEW_BEFORE ? walk.step.state != VIEW_PASSED : view_is_test(&walk.step);
		if (!told)
			continue;
		add_step(out, run, &walk.step, language, ++*number);
		bad = bad || walk.step.state == VIEW_FAILED || walk.step.state == VIEW_NOT_PLAYED;
		if (walk.step.part == VIEW_BEFORE)
			return;
	}
	if (bad || !view_unexplained(run))
		return;
	buffer_format(out, "not ok %u - ", ++*number);
	add_words(out, view_run_name(run));
	buffer_text(out, " came to its end\n");
}

void proof_tap_check(const struct proof_check *check, unsigned *number, struct buffer *out)
{
	bool good = check->verdict == PROOF_PASSED || check->verdict == PROOF_SKIPPED;
	buffer_format(out, "%s %u - ", good ? "ok" : "not ok", ++*number);
	add_words(out, check->name);
	if (check->verdict == PROOF_SKIPPED) {
		buffer_text(out, " # SKIP ");
		add_words(out, check->message ? check->message : "");
	}
	buffer_text(out, "\n");
	if (good || (!check->message && !check->detail))
		return;
	buffer_text(out, "  ---\n");
	if (check->message)
		add_scalar(out, "  message: ", check->message);
	add_lines(out, "detail", check->detail);
	if (check->verdict == PROOF_ERROR)
		buffer_text(out, "  severity: could not be tried\n");
	buffer_text(out, "  ...\n");
}

void proof_tap(const struct proof *proof, const char *language, struct buffer *out)
{
	autobuffer struct buffer whole = { .maximum = SIZE_MAX / 4 };
	unsigned number = 0;
	buffer_text(&whole, "TAP version 14\n");
	for (size_t i = 0; i < proof->run_count; i++)
		proof_tap_run(proof->runs[i], language, &number, &whole);
	for (size_t i = 0; i < proof->check_count; i++)
		proof_tap_check(&proof->checks[i], &number, &whole);
	buffer_format(&whole, "1..%u\n", number);
	if (proof->broke) {
		buffer_text(&whole, "Bail out! ");
		add_words(&whole, proof->broke);
		buffer_text(&whole, "\n");
	}
	view_publish(&whole, out);
}
