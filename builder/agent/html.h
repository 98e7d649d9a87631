/* html: base's markup for a page in one language, whose sentences are the program's. */
#ifndef HIEBOX_AGENT_HTML_H
#define HIEBOX_AGENT_HTML_H

#include "agent/language.h"

#define HTML_MAX (1u << 20)

/* Zero-initialise and set `language`. Free with html_clear(). */
struct html {
	struct buffer out;
	const struct language *language;
	struct markup markup;
};
void html_clear(struct html *html);

/* Attributes are pairs of name and value, ended by NULL; one with a NULL value is left out. */
void html_open(struct html *html, const char *element, ...) __attribute__((sentinel));
/* One without content: <input>, <meta>, … */
void html_void(struct html *html, const char *element, ...) __attribute__((sentinel));
/* Closes the innermost one. */
void html_close(struct html *html);
void html_text(struct html *html, const char *text);
/* A whole element with a text; `class` may be NULL. */
void html_line(struct html *html, const char *element, const char *class, const char *text);
/* A sentence without an element; its arguments are plain text. */
void html_words(struct html *html, enum sentence which, ...) __attribute__((sentinel));
/* A whole element with a sentence; with html_say_code() its arguments stand in <code>. */
void html_say(struct html *html, const char *element, const char *class, enum sentence which, ...)
	__attribute__((sentinel));
void html_say_code(struct html *html, const char *element, enum sentence which, ...) __attribute__((sentinel));
/* A table's <thead>: one row of headings, said by sentences. */
void html_heads(struct html *html, const enum sentence *heads, size_t count);
/* A whole <a>, said by a sentence. */
void html_link(struct html *html, const char *class, const char *address, enum sentence which);

#endif
