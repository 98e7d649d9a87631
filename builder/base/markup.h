/* Markup: HTML and XML that no text can break into. Elements are opened and closed by calls; every text and every
 * attribute's value is escaped; names of elements and attributes come from the program alone (a name of anything but
 * small letters, digits and hyphens aborts).
 * Sources: XML 1.0 section 2.2 (which characters there may be), HTML Living Standard section 13. */
#ifndef HIEBOX_BASE_MARKUP_H
#define HIEBOX_BASE_MARKUP_H

#include <stdarg.h>

#include "base/text.h"

#define MARKUP_DEPTH 32u

/* Set `out`; the rest begins as zero. */
struct markup {
	struct buffer *out;
	const char *open[MARKUP_DEPTH]; /* what is not closed yet, outermost first; the texts are borrowed */
	size_t depth;
};

/* Attributes are pairs of name and value, ended by NULL; one with a NULL value is left out. */
void markup_open(struct markup *markup, const char *element, ...) __attribute__((sentinel));
void markup_open_v(struct markup *markup, const char *element, va_list attributes);
/* One without content and end: <meta>, <input>, …; only for HTML. */
void markup_void(struct markup *markup, const char *element, ...) __attribute__((sentinel));
void markup_void_v(struct markup *markup, const char *element, va_list attributes);
/* Closes the innermost one; the outer ones end with a line break. */
void markup_close(struct markup *markup);
void markup_text(struct markup *markup, const char *text); /* NULL: nothing */
/* A whole element with a text; `class` may be NULL. */
void markup_line(struct markup *markup, const char *element, const char *class, const char *text);

/* Adds `length` bytes of a NUL-terminated text so that they are text for HTML and XML, also between quotes. What is no
 * UTF-8, and characters that XML forbids or that steer who shows them (utf8_steers()), become U+FFFD; a carriage return before a line's end
 * goes. */
void markup_escape(struct buffer *out, const char *text, size_t length);

#endif
