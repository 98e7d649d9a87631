/* A play's result as lines of the Test Anything Protocol, version 14. */
#include "workflow/workflow.h"

#include <string.h>

char *workflow_skip_text(const struct played_step *step, const char *language)
{
	const char *text = step->otherwise ? workflow_text(step->otherwise, language) : NULL;
	if (text)
		return text_copy(text);
	if (step->skip == SKIP_NEEDS)
		return text_format("the exchange has no %s", step->missing);
	if (step->skip == SKIP_VARIABLE)
		return text_format("no step kept {{%s}}", step->missing);
	if (step->skip == SKIP_WRITES)
		return text_format("it would write (%s), and only reading was allowed", step->missing);
	if (step->skip == SKIP_CREDENTIAL)
		return text_format("there are no credentials called \"%s\"", step->missing);
	if (step->skip == SKIP_OPERATION)
		return text_format("the server does not know the operation %s", step->missing);
	if (step->skip == SKIP_SCRIPT)
		return text_copy("the collection's scripts went past it");
	return text_copy("");
}

/* "#" would begin a directive, and a line break another line. */
static void add_words(struct buffer *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '#' || *text == '\\')
			buffer_text(out, "\\");
		if ((unsigned char)*text < 0x20)
			buffer_text(out, " ");
		else
			buffer_add(out, text, 1);
	}
}

static void add_name(struct buffer *out, const struct workflow *workflow, const struct played_step *played,
		     const char *language)
{
	buffer_format(out, " - %s", workflow->id);
	if (!played->step)
		return;
	if (played->step->id.text)
		buffer_format(out, "/%s", played->step->id.text);
	else
		buffer_format(out, "/%s%zu", played->cleanup ? "cleanup-" : "", played->number);
	const char *tell = workflow_text(&played->step->tell, language);
	if (tell) {
		buffer_text(out, " ");
		add_words(out, tell);
	}
}

/* YAML's double quotes read what JSON writes. */
static void add_failures(struct buffer *out, const struct played_step *played)
{
	buffer_text(out, "  ---\n  messages:\n");
	for (size_t i = 0; i < played->failure_count; i++) {
		autojson struct json *text = json_new_string(played->failures[i].message);
		autofree char *quoted = json_write(text, true);
		buffer_format(out, "    - %.*s\n", (int)strcspn(quoted, "\n"), quoted);
	}
	if (played->exchange.method)
		buffer_format(out, "  sent: %s %s\n", played->exchange.method, played->exchange.path);
	if (played->exchange.status)
		buffer_format(out, "  status: %ld\n", played->exchange.status);
	buffer_format(out, "  tries: %u\n  duration_ms: %.0f\n  ...\n", played->exchange.tries, played->milliseconds);
}

static void add_test(struct buffer *out, const struct workflow_result *result, const struct played_step *played,
		     const char *language, unsigned number)
{
	bool good = played->verdict == VERDICT_PASSED || played->verdict == VERDICT_SKIPPED;
	buffer_format(out, "%s %u", good ? "ok" : "not ok", number);
	add_name(out, result->workflow, played, language);
	if (played->verdict == VERDICT_SKIPPED) {
		autofree char *why = workflow_skip_text(played, language);
		buffer_text(out, " # SKIP ");
		add_words(out, why);
	}
	if (played->verdict == VERDICT_NOT_PLAYED)
		buffer_text(out, " (not played)");
	buffer_text(out, "\n");
	if (played->verdict == VERDICT_FAILED)
		add_failures(out, played);
}

/* Cleanup is told only when it failed: it is no test. */
void workflow_result_tap(const struct workflow_result *result, const char *language, unsigned *number,
			 struct buffer *out)
{
	const struct workflow *workflow = result->workflow;
	if (result->before.verdict != VERDICT_PASSED) {
		add_test(out, result, &result->before, language, ++*number);
		return;
	}
	for (size_t i = 0; i < workflow->step_count; i++)
		add_test(out, result, &result->steps[i], language, ++*number);
	for (size_t i = 0; i < workflow->cleanup_count; i++)
		if (result->cleanup[i].verdict == VERDICT_FAILED)
			add_test(out, result, &result->cleanup[i], language, ++*number);
}
