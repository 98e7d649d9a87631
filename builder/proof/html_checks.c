/* The checks of the image itself, and what the test left behind. */
#include "proof/html.h"

static void add_check(struct page *page, const struct proof_check *check, size_t number)
{
	struct markup *markup = &page->markup;
	autofree char *id = text_format("check-%zu", number);
	autofree char *name = view_cut(&page->allowance, check->name ? check->name : "?", VIEW_NAME_MAX);
	autofree char *detail = view_cut_begin(&page->allowance, check->detail, VIEW_JOURNAL_MAX);
	bool bad = check->verdict == PROOF_FAILED || check->verdict == PROOF_ERROR;
	markup_open(markup, "li", "id", id, "class", bad ? "step bad" : "step", NULL);
	markup_open(markup, "p", "class", "line", NULL);
	page_badge(page, page_verdict_word(check->verdict));
	markup_line(markup, "strong", NULL, name);
	if (check->seconds > 0) {
		autofree char *seconds = page_number(page, check->seconds, 1);
		page_say(page, "span", "quiet", WORD_SECONDS, seconds, NULL);
	}
	markup_close(markup);
	page_text(page, "p", NULL, check->message, VIEW_MESSAGE_MAX);
	if (detail && detail[0]) {
		markup_open(markup, "details", "open", bad ? "" : NULL, NULL);
		page_say(page, "summary", NULL, WORD_DETAIL, NULL);
		markup_line(markup, "pre", "log", detail);
		markup_close(markup);
	}
	markup_close(markup);
}

void page_checks(struct page *page)
{
	const struct proof *proof = page->proof;
	struct markup *markup = &page->markup;
	markup_open(markup, "section", "id", "checks", NULL);
	page_say(page, "h2", NULL, WORD_CHECKS, NULL);
	if (proof->check_count) {
		markup_open(markup, "ul", "class", "card checks", NULL);
		for (size_t i = 0; i < proof->check_count; i++)
			add_check(page, &proof->checks[i], i + 1);
		markup_close(markup);
	} else {
		page_say(page, "p", NULL, WORD_NO_CHECKS, NULL);
	}
	markup_close(markup);
}

void page_left(struct page *page)
{
	const struct strings *left = &page->proof->left;
	struct markup *markup = &page->markup;
	if (!left->count)
		return;
	markup_open(markup, "section", "id", "left", NULL);
	page_say(page, "h2", NULL, WORD_LEFT, NULL);
	page_say(page, "p", NULL, WORD_LEFT_NOTE, NULL);
	markup_open(markup, "ul", "class", "card", NULL);
	for (size_t i = 0; i < left->count; i++) {
		markup_open(markup, "li", NULL);
		page_text(page, "code", NULL, left->items[i], VIEW_MESSAGE_MAX);
		markup_close(markup);
	}
	markup_close(markup);
	markup_close(markup);
}
