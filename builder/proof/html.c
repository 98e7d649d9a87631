/* The page of a report: HTML that needs no other file and has no script. */
#include "proof/html.h"

#include <stdarg.h>
#include <string.h>

/* ---- words ---- */

static const struct {
	const char *english, *french;
} words[] = {
#define HTML_WORD_ENTRY(name, english, french) [WORD_##name] = { english, french },
	HTML_WORDS(HTML_WORD_ENTRY)
#undef HTML_WORD_ENTRY
};

static char *word_v(const struct page *page, enum html_word word, va_list arguments)
{
	const char *with[9] = { NULL };
	struct buffer out = { .maximum = SIZE_MAX / 4 };
	const char *at = text_equal(page->language, "fr") ? words[word].french : words[word].english;
	for (size_t i = 0; i < LENGTH(with); i++) {
		with[i] = va_arg(arguments, const char *);
		if (!with[i])
			break;
	}
	while (*at) {
		if (at[0] == '{' && at[1] >= '1' && at[1] <= '9' && at[2] == '}') {
			const char *argument = with[at[1] - '1'];
			buffer_text(&out, argument ? argument : "");
			at += 3;
		} else {
			buffer_add(&out, at++, 1);
		}
	}
	return buffer_steal(&out);
}

char *page_word(const struct page *page, enum html_word word, ...)
{
	va_list arguments;
	va_start(arguments, word);
	char *text = word_v(page, word, arguments);
	va_end(arguments);
	return text;
}

void page_say(struct page *page, const char *element, const char *class, enum html_word word, ...)
{
	va_list arguments;
	va_start(arguments, word);
	autofree char *text = word_v(page, word, arguments);
	va_end(arguments);
	markup_line(&page->markup, element, class, text);
}

void page_text(struct page *page, const char *element, const char *class, const char *text, size_t most)
{
	autofree char *cut = view_cut(&page->allowance, text, most);
	if (cut && cut[0])
		markup_line(&page->markup, element, class, cut);
}

char *page_number(const struct page *page, double number, int decimals)
{
	char *text = text_format("%.*f", decimals, number > -1e12 && number < 1e12 ? number : 0);
	char *point = strchr(text, '.');
	if (point && text_equal(page->language, "fr"))
		*point = ',';
	return text;
}

enum html_word page_verdict_word(enum proof_verdict verdict)
{
	static const enum html_word of[] = { WORD_PASSED, WORD_FAILED, WORD_SKIPPED, WORD_ERROR };
	return of[verdict];
}

enum html_word page_state_word(enum view_state state)
{
	static const enum html_word of[] = { WORD_PASSED, WORD_FAILED, WORD_SKIPPED, WORD_NOT_PLAYED };
	return of[state];
}

void page_badge(struct page *page, enum html_word word)
{
	const char *class = word == WORD_PASSED ? "badge ok" : word == WORD_FAILED ? "badge failed" :
			    word == WORD_ERROR	? "badge degraded" : "badge skipped";
	page_say(page, "span", class, word, NULL);
}

const char *page_run_title(const struct page *page, const struct json *run)
{
	const char *title = view_said(run, "title", page->language);
	return title ? title : view_run_name(run);
}

/* ---- the frame ---- */

/* The style is let in by its digest, nothing else is. */
static char *policy(void)
{
	char hex[HASH_HEX_MAX];
	unsigned char digest[32];
	hash_bytes("sha256", page_style, strlen(page_style), hex);
	for (size_t i = 0; i < sizeof digest; i++) {
		const char pair[] = { hex[2 * i], hex[2 * i + 1], '\0' };
		digest[i] = (unsigned char)strtoul(pair, NULL, 16);
	}
	autofree char *base64 = base64_encode(digest, sizeof digest);
	return text_format("default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; form-action 'none'", base64);
}

static char *headline(struct page *page)
{
	const struct proof_counts counts = proof_count(page->proof);
	autofree char *unnamed = page_word(page, WORD_NAMELESS, NULL);
	autofree char *what = view_cut(&page->allowance, page->proof->what ? page->proof->what : unnamed, VIEW_NAME_MAX);
	autofree char *failed = text_format("%zu", counts.failed);
	autofree char *all = text_format("%zu", counts.passed + counts.failed + counts.skipped + counts.errors);
	switch (proof_verdict(page->proof)) {
	case PROOF_FAILED: return page_word(page, WORD_HEAD_FAILED, what, failed, all, NULL);
	case PROOF_ERROR: return page_word(page, WORD_HEAD_ERROR, what, NULL);
	default: return page_word(page, WORD_HEAD_PASSED, what, NULL);
	}
}

static void add_head(struct page *page, const char *title)
{
	struct markup *markup = &page->markup;
	autofree char *content = policy();
	markup_open(markup, "head", NULL);
	markup_void(markup, "meta", "charset", "utf-8", NULL);
	markup_void(markup, "meta", "http-equiv", "Content-Security-Policy", "content", content, NULL);
	markup_void(markup, "meta", "name", "viewport", "content", "width=device-width, initial-scale=1", NULL);
	markup_void(markup, "meta", "name", "referrer", "content", "no-referrer", NULL);
	markup_line(markup, "title", NULL, title);
	buffer_text(markup->out, "<style>");
	buffer_text(markup->out, page_style);
	buffer_text(markup->out, "</style>\n");
	markup_close(markup);
}

static void add_link(struct page *page, const char *address, enum html_word word)
{
	markup_open(&page->markup, "li", NULL);
	markup_open(&page->markup, "a", "href", address, NULL);
	autofree char *text = page_word(page, word, NULL);
	markup_text(&page->markup, text);
	markup_close(&page->markup);
	markup_close(&page->markup);
}

static bool has_memory(const struct proof *proof)
{
	for (size_t i = 0; i < proof->service_count; i++)
		if (proof->services[i].memory)
			return true;
	return false;
}

static bool has_failed_service(const struct proof *proof)
{
	for (size_t i = 0; i < proof->service_count; i++)
		if (proof->services[i].failed)
			return true;
	return false;
}

static void add_navigation(struct page *page)
{
	const struct proof *proof = page->proof;
	struct markup *markup = &page->markup;
	autofree char *contents = page_word(page, WORD_CONTENTS, NULL);
	markup_open(markup, "nav", "aria-label", contents, NULL);
	markup_open(markup, "ul", NULL);
	if (proof_verdict(proof) != PROOF_PASSED)
		add_link(page, "#first", WORD_FIRST);
	add_link(page, "#workflows", WORD_WORKFLOWS);
	add_link(page, "#checks", WORD_CHECKS);
	add_link(page, "#coverage", WORD_COVERAGE);
	if (proof->service_count)
		add_link(page, "#boot", WORD_BOOT);
	if (has_memory(proof))
		add_link(page, "#memory", WORD_MEMORY);
	if (has_failed_service(proof))
		add_link(page, "#journals", WORD_JOURNALS);
	if (proof->left.count)
		add_link(page, "#left", WORD_LEFT);
	markup_close(markup);
	markup_close(markup);
}

static void add_fact(struct page *page, enum html_word name, const char *text)
{
	autofree char *cut = view_cut(&page->allowance, text, VIEW_NAME_MAX);
	if (!cut || !cut[0])
		return;
	markup_open(&page->markup, "div", NULL);
	page_say(page, "dt", NULL, name, NULL);
	markup_line(&page->markup, "dd", NULL, cut);
	markup_close(&page->markup);
}

static char *seconds_text(struct page *page, double seconds)
{
	if (seconds < 0)
		return page_word(page, WORD_NEVER, NULL);
	autofree char *number = page_number(page, seconds, 1);
	return page_word(page, WORD_SECONDS, number, NULL);
}

static void add_facts(struct page *page)
{
	const struct proof *proof = page->proof;
	autofree char *stamp = view_time(proof->began);
	autofree char *began = text_format("%.10s %.8s UTC", stamp, stamp + 11);
	autofree char *took = seconds_text(page, proof->seconds < 0 ? 0 : proof->seconds);
	autofree char *healthy = seconds_text(page, proof->healthy);
	markup_open(&page->markup, "dl", "class", "facts", NULL);
	add_fact(page, WORD_HOW, proof->how);
	add_fact(page, WORD_VERSION, proof->version);
	add_fact(page, WORD_BEGAN, began);
	add_fact(page, WORD_TOOK, took);
	if (proof->service_count || proof->healthy > 0)
		add_fact(page, WORD_HEALTHY, healthy);
	markup_close(&page->markup);
}

static void add_count(struct page *page, size_t number, enum html_word word)
{
	autofree char *text = text_format("%zu", number);
	markup_open(&page->markup, "li", NULL);
	markup_line(&page->markup, "strong", NULL, text);
	markup_text(&page->markup, " ");
	page_badge(page, word);
	markup_close(&page->markup);
}

static void add_verdict(struct page *page, const char *title)
{
	static const char *const classes[] = { "card verdict ok", "card verdict failed", "card verdict ok", "card verdict degraded" };
	const struct proof *proof = page->proof;
	const struct proof_counts counts = proof_count(proof);
	struct markup *markup = &page->markup;
	autofree char *workflows = text_format("%zu", proof->run_count), *checks = text_format("%zu", proof->check_count);
	markup_open(markup, "div", "class", classes[proof_verdict(proof)], NULL);
	markup_line(markup, "h1", NULL, title);
	page_say(page, "p", "lead", WORD_LEAD, workflows, checks, NULL);
	markup_open(markup, "ul", "class", "counts", NULL);
	add_count(page, counts.passed, WORD_PASSED);
	add_count(page, counts.failed, WORD_FAILED);
	add_count(page, counts.skipped, WORD_SKIPPED);
	if (counts.errors)
		add_count(page, counts.errors, WORD_ERROR);
	markup_close(markup);
	add_facts(page);
	markup_close(markup);
}

static void add_body(struct page *page, const char *title)
{
	struct markup *markup = &page->markup;
	markup_open(markup, "body", NULL);
	markup_open(markup, "header", NULL);
	markup_open(markup, "a", "class", "skip", "href", "#main", NULL);
	autofree char *skip = page_word(page, WORD_SKIP_LINK, NULL);
	markup_text(markup, skip);
	markup_close(markup);
	add_navigation(page);
	markup_close(markup);
	markup_open(markup, "main", "id", "main", "tabindex", "-1", NULL);
	add_verdict(page, title);
	page_first(page);
	page_workflows(page);
	page_checks(page);
	page_coverage(page);
	page_boot(page);
	page_memory(page);
	page_journals(page);
	page_left(page);
	markup_close(markup);
	markup_open(markup, "footer", NULL);
	page_say(page, "p", NULL, WORD_FOOTER, HIEBOX_VERSION, NULL);
	markup_close(markup);
	markup_close(markup);
}

void proof_html(const struct proof *proof, const char *language, struct buffer *out)
{
	autobuffer struct buffer whole = { .maximum = SIZE_MAX / 4 };
	struct page page = {
		.markup = { .out = &whole },
		.proof = proof,
		.language = language && text_starts(language, "fr") ? "fr" : "en",
		.allowance = { VIEW_TOTAL_MAX },
	};
	autofree char *title = headline(&page);
	buffer_text(&whole, "<!DOCTYPE html>\n");
	markup_open(&page.markup, "html", "lang", page.language, NULL);
	add_head(&page, title);
	add_body(&page, title);
	markup_close(&page.markup);
	view_publish(&whole, out);
}
