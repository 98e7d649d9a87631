/* The boot as a chart of bars, memory by service, and the journals of services that failed. */
#include "proof/html.h"

#include <math.h>

static int by_begin(const void *a, const void *b, void *context)
{
	const struct proof_service *all = context, *x = &all[*(const size_t *)a], *y = &all[*(const size_t *)b];
	if (x->begins != y->begins)
		return x->begins < y->begins ? -1 : 1;
	return *(const size_t *)a < *(const size_t *)b ? -1 : 1;
}

static int by_memory(const void *a, const void *b, void *context)
{
	const struct proof_service *all = context, *x = &all[*(const size_t *)a], *y = &all[*(const size_t *)b];
	if (x->memory != y->memory)
		return x->memory > y->memory ? -1 : 1;
	return *(const size_t *)a < *(const size_t *)b ? -1 : 1;
}

static size_t *ordered(const struct proof *proof, int (*compare)(const void *, const void *, void *))
{
	size_t *items = memory_resize(NULL, proof->service_count, sizeof *items);
	for (size_t i = 0; i < proof->service_count; i++)
		items[i] = i;
	qsort_r(items, proof->service_count, sizeof *items, compare, proof->services);
	return items;
}

static double sane(double seconds)
{
	return isfinite(seconds) && seconds > 0 && seconds < 1e6 ? seconds : 0;
}

/* One bar, in percent of the row's width; `said` is for who cannot see it. */
static void add_bar(struct page *page, const char *class, double begins, double width, const char *said)
{
	struct markup *markup = &page->markup;
	autofree char *x = text_format("%.2f%%", begins), *w = text_format("%.2f%%", width < 0.4 ? 0.4 : width);
	markup_open(markup, "svg", "class", class, "role", "img", "aria-label", said, "width", "100%", "height", "12", NULL);
	markup_open(markup, "rect", "x", x, "width", w, "height", "12", "rx", "2", NULL);
	markup_close(markup);
	markup_close(markup);
}

static void add_head_cells(struct page *page, enum html_word middle, enum html_word right)
{
	struct markup *markup = &page->markup;
	const enum html_word columns[] = { WORD_SERVICE, middle, right };
	markup_open(markup, "thead", NULL);
	markup_open(markup, "tr", NULL);
	for (size_t i = 0; i < LENGTH(columns); i++) {
		markup_open(markup, "th", "scope", "col", NULL);
		autofree char *text = page_word(page, columns[i], NULL);
		markup_text(markup, text);
		markup_close(markup);
	}
	markup_close(markup);
	markup_close(markup);
}

static void add_row_head(struct page *page, const struct proof_service *service)
{
	markup_open(&page->markup, "th", "scope", "row", NULL);
	page_text(page, "span", NULL, service->unit ? service->unit : "?", VIEW_NAME_MAX);
	if (service->failed) {
		markup_text(&page->markup, " ");
		page_badge(page, WORD_FAILED);
	}
	markup_close(&page->markup);
}

static void add_boot_row(struct page *page, const struct proof_service *service, double whole)
{
	struct markup *markup = &page->markup;
	bool never = !(service->ready >= 0);
	double begins = sane(service->begins), ready = never ? whole : sane(service->ready);
	autofree char *from = page_number(page, begins, 1), *to = page_number(page, ready, 1);
	autofree char *said = never ? page_word(page, WORD_BAR_NEVER, from, NULL) : page_word(page, WORD_BAR_SAID, from, to, NULL);
	autofree char *text = never ? page_word(page, WORD_NEVER, NULL) : page_word(page, WORD_SECONDS, to, NULL);
	markup_open(markup, "tr", NULL);
	add_row_head(page, service);
	markup_open(markup, "td", "class", "bar", NULL);
	add_bar(page, never || service->failed ? "bad" : NULL, begins * 100 / whole,
		(ready > begins ? ready - begins : 0) * 100 / whole, said);
	markup_close(markup);
	markup_line(markup, "td", "number", text);
	markup_close(markup);
}

void page_boot(struct page *page)
{
	const struct proof *proof = page->proof;
	struct markup *markup = &page->markup;
	double whole = 0.1;
	if (!proof->service_count)
		return;
	for (size_t i = 0; i < proof->service_count; i++) {
		double begins = sane(proof->services[i].begins), ready = sane(proof->services[i].ready);
		double later = begins > ready ? begins : ready;
		whole = later > whole ? later : whole;
	}
	autofree char *width = page_number(page, whole, 1);
	autofree size_t *order = ordered(proof, by_begin);
	markup_open(markup, "section", "id", "boot", NULL);
	page_say(page, "h2", NULL, WORD_BOOT, NULL);
	page_say(page, "p", NULL, WORD_BOOT_NOTE, width, NULL);
	markup_open(markup, "table", "class", "card chart", NULL);
	add_head_cells(page, WORD_BAR, WORD_READY);
	markup_open(markup, "tbody", NULL);
	for (size_t i = 0; i < proof->service_count; i++)
		add_boot_row(page, &proof->services[order[i]], whole);
	markup_close(markup);
	markup_close(markup);
	markup_close(markup);
}

static void add_memory_row(struct page *page, const struct proof_service *service, uint64_t largest)
{
	struct markup *markup = &page->markup;
	double share = (double)service->memory * 100 / (double)largest;
	autofree char *percent = page_number(page, share, 0), *said = page_word(page, WORD_MEMORY_SAID, percent, NULL);
	autofree char *size = size_text(service->memory);
	markup_open(markup, "tr", NULL);
	add_row_head(page, service);
	markup_open(markup, "td", "class", "bar", NULL);
	add_bar(page, NULL, 0, share, said);
	markup_close(markup);
	markup_line(markup, "td", "number", size);
	markup_close(markup);
}

void page_memory(struct page *page)
{
	const struct proof *proof = page->proof;
	struct markup *markup = &page->markup;
	uint64_t all = 0;
	autofree size_t *order = ordered(proof, by_memory);
	for (size_t i = 0; i < proof->service_count; i++)
		all += proof->services[i].memory;
	if (!proof->service_count || !proof->services[order[0]].memory)
		return;
	autofree char *sum = size_text(all);
	markup_open(markup, "section", "id", "memory", NULL);
	page_say(page, "h2", NULL, WORD_MEMORY, NULL);
	page_say(page, "p", NULL, WORD_MEMORY_NOTE, sum, NULL);
	markup_open(markup, "table", "class", "card chart", NULL);
	add_head_cells(page, WORD_SHARE, WORD_MEMORY);
	markup_open(markup, "tbody", NULL);
	for (size_t i = 0; i < proof->service_count && proof->services[order[i]].memory; i++)
		add_memory_row(page, &proof->services[order[i]], proof->services[order[0]].memory);
	markup_close(markup);
	markup_close(markup);
	markup_close(markup);
}

void page_journals(struct page *page)
{
	const struct proof *proof = page->proof;
	struct markup *markup = &page->markup;
	bool any = false;
	for (size_t i = 0; i < proof->service_count; i++) {
		const struct proof_service *service = &proof->services[i];
		if (!service->failed)
			continue;
		if (!any) {
			markup_open(markup, "section", "id", "journals", NULL);
			page_say(page, "h2", NULL, WORD_JOURNALS, NULL);
		}
		any = true;
		autofree char *journal = view_cut_begin(&page->allowance, service->journal, VIEW_JOURNAL_MAX);
		page_text(page, "h3", NULL, service->unit ? service->unit : "?", VIEW_NAME_MAX);
		if (journal && journal[0])
			markup_line(markup, "pre", "log", journal);
		else
			page_say(page, "p", NULL, WORD_NO_JOURNAL, NULL);
	}
	if (any)
		markup_close(markup);
}
