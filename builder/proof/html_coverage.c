/* Which requirements of the architecture were shown, by their ids. */
#include "proof/html.h"

#include <string.h>

/* One id, and the first workflow that says how it came out. */
struct shown {
	char *id;
	bool known;                /* it is one of the specification's */
	bool told;                 /* a workflow shows it */
	enum proof_verdict verdict;
	size_t run;                /* from 1 */
};
struct coverage {
	struct shown *items;
	size_t count, capacity;
};

static void coverage_clear(struct coverage *coverage)
{
	for (size_t i = 0; i < coverage->count; i++)
		free(coverage->items[i].id);
	free(coverage->items);
}

static struct shown *add(struct coverage *coverage, const char *id)
{
	coverage->items = array_grow(coverage->items, coverage->count, &coverage->capacity, sizeof *coverage->items);
	struct shown *shown = &coverage->items[coverage->count++];
	*shown = (struct shown){ .id = text_copy_n(id, strnlen(id, VIEW_NAME_MAX)) };
	return shown;
}

#define OTHERS_MAX 200u

static struct shown *find(struct coverage *coverage, const char *id)
{
	size_t others = 0;
	for (size_t i = 0; i < coverage->count; i++) {
		if (strncmp(coverage->items[i].id, id, VIEW_NAME_MAX) == 0)
			return &coverage->items[i];
		others += !coverage->items[i].known;
	}
	return others < OTHERS_MAX ? add(coverage, id) : NULL;
}

/* Failed anywhere counts most, then passed anywhere; what was not played says no more than what was skipped. */
static void tell(struct coverage *coverage, const struct json *ids, enum proof_verdict verdict, size_t run)
{
	static const int weight[] = { [PROOF_SKIPPED] = 0, [PROOF_ERROR] = 0, [PROOF_PASSED] = 1, [PROOF_FAILED] = 2 };
	for json_each (item, ids) {
		const char *id = json_text(item);
		struct shown *shown = id && id[0] ? find(coverage, id) : NULL;
		if (!shown || (shown->told && weight[verdict] <= weight[shown->verdict]))
			continue;
		shown->told = true;
		shown->verdict = verdict == PROOF_ERROR ? PROOF_SKIPPED : verdict;
		shown->run = run;
	}
}

static void tell_run(struct coverage *coverage, const struct json *run, size_t number)
{
	static const enum proof_verdict of[] = { PROOF_PASSED, PROOF_FAILED, PROOF_SKIPPED, PROOF_SKIPPED };
	for (struct view_walk walk = { .run = run }; view_next(&walk);)
		tell(coverage, json_get(walk.step.json, "shows"), of[walk.step.state], number);
	tell(coverage, json_get(run, "shows"), view_run_verdict(run), number);
}

static bool same_family(const char *a, const char *b)
{
	size_t length = strcspn(a, "-");
	return length == strcspn(b, "-") && strncmp(a, b, length) == 0;
}

/* One cell: the ids of items [from, to) that came out so, each leading to its workflow. */
static void add_cell(struct page *page, const struct shown *items, size_t count, enum proof_verdict verdict)
{
	struct markup *markup = &page->markup;
	bool any = false;
	static const enum html_word columns[] = { WORD_COVERED_PASSED, WORD_COVERED_FAILED, WORD_COVERED_SKIPPED };
	autofree char *column = page_word(page, columns[verdict], NULL);
	autofree char *label = page_word(page, WORD_LABEL, column, NULL);
	for (size_t i = 0; i < count; i++)
		any = any || (items[i].told && items[i].verdict == verdict);
	markup_open(markup, "td", "data-label", label, "class", any ? NULL : "empty", NULL);
	for (size_t i = 0; i < count; i++) {
		if (!items[i].told || items[i].verdict != verdict)
			continue;
		autofree char *address = text_format("#run-%zu", items[i].run);
		markup_open(markup, "a", "href", address, NULL);
		markup_text(markup, items[i].id);
		markup_close(markup);
		markup_text(markup, " ");
	}
	if (!any)
		markup_text(markup, "–");
	markup_close(markup);
}

/* What a family of ids is about, by how it begins (IOLF and IOLWF: functions and workflows of one component). */
static void add_family_words(struct page *page, const char *family)
{
	static const struct {
		const char *begins;
		enum html_word words;
	} all[] = {
		{ "IOL", WORD_FAMILY_IOL }, { "CR", WORD_FAMILY_CR }, { "FR", WORD_FAMILY_FR }, { "HW", WORD_FAMILY_HWR },
		{ "SHR", WORD_FAMILY_SHR }, { "TS", WORD_FAMILY_TS }, { "HMIS", WORD_FAMILY_HMIS }, { "HF", WORD_FAMILY_HF },
		{ "NFR", WORD_FAMILY_NFR },
	};
	for (size_t i = 0; i < LENGTH(all); i++) {
		if (!text_starts(family, all[i].begins))
			continue;
		autofree char *words = page_word(page, all[i].words, NULL);
		markup_text(&page->markup, " ");
		markup_line(&page->markup, "span", "quiet", words);
		return;
	}
}

static void add_family(struct page *page, const struct shown *items, size_t count)
{
	struct markup *markup = &page->markup;
	size_t silent = 0;
	autofree char *others = page_word(page, WORD_OTHERS, NULL);
	autofree char *name = items[0].known ? text_copy_n(items[0].id, strcspn(items[0].id, "-")) : text_copy(others);
	for (size_t i = 0; i < count; i++)
		silent += !items[i].told;
	autofree char *number = items[0].known ? text_format("%zu / %zu", silent, count) : text_copy("–");
	autofree char *column = page_word(page, WORD_COVERED_NOT, NULL);
	autofree char *label = page_word(page, WORD_LABEL, column, NULL);
	markup_open(markup, "tr", NULL);
	markup_open(markup, "th", "scope", "row", NULL);
	markup_text(markup, name);
	if (items[0].known)
		add_family_words(page, name);
	markup_close(markup);
	for (enum proof_verdict verdict = PROOF_PASSED; verdict <= PROOF_SKIPPED; verdict++)
		add_cell(page, items, count, verdict);
	markup_open(markup, "td", "data-label", label, "class", "number", NULL);
	markup_text(markup, number);
	markup_close(markup);
	markup_close(markup);
}

static void add_table(struct page *page, const struct coverage *coverage)
{
	static const enum html_word columns[] = { WORD_COVERED_ROW, WORD_COVERED_PASSED, WORD_COVERED_FAILED, WORD_COVERED_SKIPPED,
						  WORD_COVERED_NOT };
	struct markup *markup = &page->markup;
	markup_open(markup, "table", "class", "card coverage", NULL);
	markup_open(markup, "thead", NULL);
	markup_open(markup, "tr", NULL);
	for (size_t i = 0; i < LENGTH(columns); i++) {
		autofree char *text = page_word(page, columns[i], NULL);
		markup_open(markup, "th", "scope", "col", NULL);
		markup_text(markup, text);
		markup_close(markup);
	}
	markup_close(markup);
	markup_close(markup);
	markup_open(markup, "tbody", NULL);
	for (size_t from = 0, to; from < coverage->count; from = to) {
		const struct shown *first = &coverage->items[from];
		for (to = from + 1; to < coverage->count; to++) {
			const struct shown *next = &coverage->items[to];
			if (next->known != first->known || (first->known && !same_family(first->id, next->id)))
				break;
		}
		add_family(page, first, to - from);
	}
	markup_close(markup);
	markup_close(markup);
}

void page_coverage(struct page *page)
{
	__attribute__((cleanup(coverage_clear))) struct coverage coverage = { 0 };
	autostrings struct strings ids = { 0 };
	size_t counts[PROOF_ERROR] = { 0 }, told = 0;
	workflow_requirement_ids(&ids);
	for (size_t i = 0; i < ids.count; i++)
		add(&coverage, ids.items[i])->known = true;
	for (size_t i = 0; i < page->proof->run_count; i++)
		tell_run(&coverage, page->proof->runs[i], i + 1);
	for (size_t i = 0; i < ids.count; i++) {
		told += coverage.items[i].told;
		if (coverage.items[i].told)
			counts[coverage.items[i].verdict]++;
	}
	autofree char *all = text_format("%zu", ids.count), *silent = text_format("%zu", ids.count - told);
	autofree char *passed = text_format("%zu", counts[PROOF_PASSED]), *failed = text_format("%zu", counts[PROOF_FAILED]);
	autofree char *skipped = text_format("%zu", counts[PROOF_SKIPPED]);
	markup_open(&page->markup, "section", "id", "coverage", NULL);
	page_say(page, "h2", NULL, WORD_COVERAGE, NULL);
	page_say(page, "p", NULL, WORD_COVERED, all, passed, failed, skipped, silent, NULL);
	add_table(page, &coverage);
	markup_close(&page->markup);
}
