/* Inside the room: the page of a report and its parts. */
#ifndef HIEBOX_PROOF_HTML_H
#define HIEBOX_PROOF_HTML_H

#include "proof/html_words.h"
#include "proof/proof.h"
#include "proof/view.h"
#include "workflow/workflow.h"

struct page {
	struct markup markup;
	const struct proof *proof;
	const char *language;      /* "en" or "fr" */
	struct allowance allowance;
};

/* The word in the page's language, with {1}, {2}, … filled in; caller frees. The arguments are texts, ended by NULL. */
char *page_word(const struct page *page, enum html_word word, ...) __attribute__((sentinel));
/* A whole element that says it; `class` may be NULL. */
void page_say(struct page *page, const char *element, const char *class, enum html_word word, ...) __attribute__((sentinel));
/* A whole element with a text from outside, cut at `most` bytes. NULL or "": nothing. */
void page_text(struct page *page, const char *element, const char *class, const char *text, size_t most);
/* "12.3" or "12,3", as the language writes it; caller frees. */
char *page_number(const struct page *page, double number, int decimals);
/* <span class="badge …"> that says how something came out. */
void page_badge(struct page *page, enum html_word word);
enum html_word page_verdict_word(enum proof_verdict verdict);
enum html_word page_state_word(enum view_state state);
/* Title of a workflow in the page's language, or its name. Borrowed. */
const char *page_run_title(const struct page *page, const struct json *run);

extern const char page_style[];

/* The sections, each whole; one that has nothing to say writes nothing. */
void page_first(struct page *page);      /* html_first.c */
void page_workflows(struct page *page);  /* html_workflows.c */
/* What went wrong in a step, as a list. */
void page_failures(struct page *page, const struct view_step *step);
void page_checks(struct page *page);     /* html_checks.c */
void page_left(struct page *page);
void page_coverage(struct page *page);   /* html_coverage.c */
void page_boot(struct page *page);       /* html_boot.c */
void page_memory(struct page *page);
void page_journals(struct page *page);

#endif
