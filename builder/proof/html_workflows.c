/* Each workflow with its steps: who spoke to whom, what was asked and answered, what was wrong with it. */
#include "proof/html.h"

#include <string.h>

void page_failures(struct page *page, const struct view_step *step)
{
	struct markup *markup = &page->markup;
	const struct json *failures = json_get(step->json, "failures");
	const char *said = view_text(step->json, "diagnostics", NULL);
	size_t count = 0;
	if (!json_first(failures) && !said)
		return;
	markup_open(markup, "ul", "class", "failures", NULL);
	for json_each (failure, failures)
		if (count++ < VIEW_FAILURES_MAX)
			page_text(page, "li", NULL, view_text(failure, "message", NULL), VIEW_MESSAGE_MAX);
	if (count > VIEW_FAILURES_MAX) {
		autofree char *more = text_format("%zu", count - VIEW_FAILURES_MAX);
		page_say(page, "li", NULL, WORD_MORE_FAILURES, more, NULL);
	}
	if (said) {
		autofree char *cut = view_cut(&page->allowance, said, VIEW_MESSAGE_MAX);
		page_say(page, "li", "quiet", WORD_OUTCOME, cut, NULL);
	}
	markup_close(markup);
}

/* A body of JSON, indented; else as it is. Caller frees. */
static char *pretty(const char *body)
{
	autodocument struct document *document = document_json_or_null(body, strlen(body));
	if (!document)
		return text_copy(body);
	autojson struct json *json = json_from_node(document_root(document));
	return json_write(json, false);
}

/* Headers and body of a request or an answer. */
static void add_message(struct page *page, const struct json *message)
{
	struct markup *markup = &page->markup;
	const char *body = view_text(message, "body", NULL);
	markup_open(markup, "pre", NULL);
	for json_each (header, json_get(message, "headers")) {
		autofree char *line = view_cut(&page->allowance, json_text(header), VIEW_NAME_MAX);
		markup_text(markup, line);
		markup_text(markup, "\n");
	}
	if (body) {
		bool cut = json_is_true(json_get(message, "cut")) || strlen(body) > VIEW_BODY_MAX;
		autofree char *indented = cut ? text_copy(body) : pretty(body);
		autofree char *shown = view_cut(&page->allowance, indented, VIEW_BODY_MAX);
		markup_text(markup, "\n");
		markup_text(markup, shown);
	}
	markup_close(markup);
	if (json_is_true(json_get(message, "cut"))) {
		autofree char *length = text_format("%.0f", view_number(message, "length"));
		page_say(page, "p", "quiet", WORD_CUT, length, NULL);
	}
}

static void add_folded(struct page *page, const char *summary, const struct json *message)
{
	markup_open(&page->markup, "details", NULL);
	page_text(page, "summary", NULL, summary, VIEW_MESSAGE_MAX);
	add_message(page, message);
	markup_close(&page->markup);
}

static void add_exchange(struct page *page, const struct view_step *step)
{
	const struct json *request = json_get(step->json, "request"), *answer = json_get(step->json, "answer");
	if (request) {
		autofree char *summary = page_word(page, WORD_REQUEST, view_text(request, "method", "?"),
						   view_text(request, "path", "?"), NULL);
		add_folded(page, summary, request);
	}
	if (answer) {
		autofree char *status = text_format("%.0f", view_number(answer, "status"));
		autofree char *summary = page_word(page, WORD_ANSWER, status, NULL);
		add_folded(page, summary, answer);
	}
}

/* Why it was skipped, in the page's language. */
static void add_reason(struct page *page, const struct view_step *step)
{
	const struct json *skipped = json_get(step->json, "skipped");
	const char *why = view_text(skipped, "why", "");
	autofree char *missing = view_cut(&page->allowance, view_text(skipped, "missing", "?"), VIEW_NAME_MAX);
	const char *said = view_said(skipped, "otherwise", page->language);
	if (said)
		page_text(page, "p", NULL, said, VIEW_MESSAGE_MAX);
	else if (text_equal(why, "needs"))
		page_say(page, "p", NULL, WORD_NEEDS, missing, NULL);
	else if (text_equal(why, "variable"))
		page_say(page, "p", NULL, WORD_VARIABLE, missing, NULL);
}

static void add_timing(struct page *page, const struct view_step *step)
{
	double tries = view_number(step->json, "tries");
	if (step->state == VIEW_NOT_PLAYED || step->state == VIEW_SKIPPED)
		return;
	autofree char *number = page_number(page, view_number(step->json, "milliseconds"), 0);
	page_say(page, "span", "quiet", WORD_MILLISECONDS, number, NULL);
	if (tries > 1) {
		autofree char *count = page_number(page, tries, 0);
		page_say(page, "span", "quiet", WORD_TRIES, count, NULL);
	}
}

static void add_step(struct page *page, const struct view_step *step, const char *id)
{
	static const char *const classes[] = { "step", "step bad", "step", "step" };
	struct markup *markup = &page->markup;
	autofree char *name = view_step_name(step), *speakers = view_speakers(step);
	markup_open(markup, "li", "id", id, "class", classes[step->state], NULL);
	markup_open(markup, "p", "class", "line", NULL);
	page_badge(page, page_state_word(step->state));
	if (step->part == VIEW_STEP)
		markup_line(markup, "strong", NULL, name);
	else
		page_say(page, "strong", NULL, step->part == VIEW_BEFORE ? WORD_BEFORE : WORD_CLEANUP, NULL);
	if (speakers)
		markup_line(markup, "span", "speakers", speakers);
	page_text(page, "span", "quiet", view_text(step->json, "transaction", NULL), VIEW_NAME_MAX);
	add_timing(page, step);
	markup_close(markup);
	page_text(page, "p", NULL, view_said(step->json, "tell", page->language), VIEW_MESSAGE_MAX);
	if (step->state == VIEW_SKIPPED)
		add_reason(page, step);
	if (step->state == VIEW_FAILED)
		page_failures(page, step);
	add_exchange(page, step);
	markup_close(markup);
}

/* What goes before and cleanup stand there when there is something to see. */
static bool is_shown(const struct view_step *step)
{
	return step->part == VIEW_STEP || step->state == VIEW_FAILED || step->state == VIEW_SKIPPED ||
	       json_get(step->json, "request");
}

static char *summary_of(const struct page *page, const struct json *run)
{
	static const enum html_word of[] = { WORD_SOME_PASSED, WORD_SOME_FAILED, WORD_SOME_SKIPPED, WORD_SOME_NOT_PLAYED };
	size_t counts[LENGTH(of)] = { 0 };
	autostrings struct strings parts = { 0 };
	for (struct view_walk walk = { .run = run }; view_next(&walk);)
		if (view_is_test(&walk.step))
			counts[walk.step.state]++;
	for (size_t i = 0; i < LENGTH(of); i++) {
		if (!counts[i])
			continue;
		autofree char *number = text_format("%zu", counts[i]);
		strings_take(&parts, page_word(page, of[i], number, NULL));
	}
	autofree char *joined = strings_join(&parts, ", ");
	return page_word(page, WORD_STEPS, parts.count ? joined : "0", NULL);
}

static void add_steps(struct page *page, const struct json *run, size_t number)
{
	struct markup *markup = &page->markup;
	bool open = view_run_verdict(run) == PROOF_FAILED || view_run_verdict(run) == PROOF_ERROR;
	autofree char *summary = summary_of(page, run);
	size_t index = 0;
	markup_open(markup, "details", "class", "steps", "open", open ? "" : NULL, NULL);
	markup_line(markup, "summary", NULL, summary);
	markup_open(markup, "ol", NULL);
	for (struct view_walk walk = { .run = run }; view_next(&walk);) {
		autofree char *id = text_format("run-%zu-step-%zu", number, ++index);
		if (is_shown(&walk.step))
			add_step(page, &walk.step, id);
	}
	markup_close(markup);
	markup_close(markup);
}

static void add_run(struct page *page, const struct json *run, size_t number)
{
	struct markup *markup = &page->markup;
	autofree char *id = text_format("run-%zu", number), *name = text_copy(view_run_name(run));
	autofree char *title = view_cut(&page->allowance, page_run_title(page, run), VIEW_NAME_MAX);
	autofree char *seconds = page_number(page, view_number(run, "milliseconds") / 1000, 1);
	markup_open(markup, "section", "id", id, "class", "card run", NULL);
	markup_line(markup, "h3", NULL, title);
	markup_open(markup, "p", "class", "line", NULL);
	page_badge(page, page_verdict_word(view_run_verdict(run)));
	page_text(page, "code", NULL, name, VIEW_NAME_MAX);
	page_say(page, "span", "quiet", WORD_SECONDS, seconds, NULL);
	markup_close(markup);
	page_text(page, "p", "quiet", view_said(run, "summary", page->language), VIEW_MESSAGE_MAX);
	if (view_unexplained(run))
		page_say(page, "p", NULL, WORD_STOPPED, NULL);
	struct view_walk walk = { .run = run };
	if (view_next(&walk) && walk.step.part == VIEW_BEFORE && walk.step.state == VIEW_SKIPPED)
		add_reason(page, &walk.step);
	add_steps(page, run, number);
	markup_close(markup);
}

void page_workflows(struct page *page)
{
	const struct proof *proof = page->proof;
	markup_open(&page->markup, "section", "id", "workflows", NULL);
	page_say(page, "h2", NULL, WORD_WORKFLOWS, NULL);
	if (!proof->run_count)
		page_say(page, "p", NULL, WORD_NO_WORKFLOWS, NULL);
	for (size_t i = 0; i < proof->run_count; i++)
		add_run(page, proof->runs[i], i + 1);
	markup_close(&page->markup);
}
