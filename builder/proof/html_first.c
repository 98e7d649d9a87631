/* What failed first: what a person who is told "it failed" wants to read before all else. */
#include "proof/html.h"

static bool first_step(const struct json *run, struct view_step *ret_step, size_t *ret_index)
{
	size_t index = 0;
	for (struct view_walk walk = { .run = run }; view_next(&walk); index++) {
		if (walk.step.state != VIEW_FAILED)
			continue;
		*ret_step = walk.step;
		*ret_index = index;
		return true;
	}
	return false;
}

static void add_run(struct page *page, size_t number)
{
	const struct json *run = page->proof->runs[number];
	struct view_step step;
	size_t index;
	bool failed = first_step(run, &step, &index);
	autofree char *address = failed ? text_format("#run-%zu-step-%zu", number + 1, index + 1) :
					  text_format("#run-%zu", number + 1);
	autofree char *title = view_cut(&page->allowance, page_run_title(page, run), VIEW_NAME_MAX);
	autofree char *name = failed ? view_step_name(&step) : NULL;
	autofree char *where = failed ? page_word(page, WORD_IN_WORKFLOW, title, name, NULL) : NULL;
	markup_open(&page->markup, "p", NULL);
	markup_open(&page->markup, "a", "href", address, NULL);
	markup_text(&page->markup, where ? where : title);
	markup_close(&page->markup);
	markup_close(&page->markup);
	if (!failed) {
		page_say(page, "p", NULL, WORD_STOPPED, NULL);
		return;
	}
	page_text(page, "p", "quiet", view_said(step.json, "tell", page->language), VIEW_MESSAGE_MAX);
	page_failures(page, &step);
}

static void add_check(struct page *page, size_t number)
{
	const struct proof_check *check = &page->proof->checks[number];
	autofree char *address = text_format("#check-%zu", number + 1);
	autofree char *name = view_cut(&page->allowance, check->name ? check->name : "?", VIEW_NAME_MAX);
	autofree char *where = page_word(page, WORD_IN_CHECK, name, NULL);
	markup_open(&page->markup, "p", NULL);
	markup_open(&page->markup, "a", "href", address, NULL);
	markup_text(&page->markup, where);
	markup_close(&page->markup);
	markup_close(&page->markup);
	page_text(page, "p", NULL, check->message, VIEW_MESSAGE_MAX);
}

/* The first of what came out so. */
static bool add_first(struct page *page, enum proof_verdict verdict)
{
	const struct proof *proof = page->proof;
	for (size_t i = 0; i < proof->run_count; i++) {
		if (view_run_verdict(proof->runs[i]) == verdict) {
			add_run(page, i);
			return true;
		}
	}
	for (size_t i = 0; i < proof->check_count; i++) {
		if (proof->checks[i].verdict == verdict) {
			add_check(page, i);
			return true;
		}
	}
	return false;
}

void page_first(struct page *page)
{
	const struct proof *proof = page->proof;
	if (proof_verdict(proof) == PROOF_PASSED)
		return;
	markup_open(&page->markup, "section", "id", "first", "class", "card", NULL);
	page_say(page, "h2", NULL, WORD_FIRST, NULL);
	if (proof->broke) {
		autofree char *why = view_cut(&page->allowance, proof->broke, VIEW_MESSAGE_MAX);
		page_say(page, "p", NULL, WORD_BROKE, why, NULL);
	}
	if (!add_first(page, PROOF_FAILED))
		add_first(page, PROOF_ERROR);
	autofree char *last = view_cut_begin(&page->allowance, proof->last, VIEW_JOURNAL_MAX);
	if (last && last[0]) {
		page_say(page, "h3", NULL, WORD_LAST, NULL);
		markup_line(&page->markup, "pre", "log", last);
	}
	markup_close(&page->markup);
}
