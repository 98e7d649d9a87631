/* roff: text as man(7) source on standard output. Inside the room. Everything is escaped; backquotes around words to
 * type make them bold. */
#ifndef HIEBOX_COMMANDS_ROFF_H
#define HIEBOX_COMMANDS_ROFF_H

#include <stdbool.h>

/* .TH: the page's name (written in capitals), section and date. */
void roff_title(const char *name, int section, const char *date);
void roff_section(const char *title);
/* Paragraphs, with an empty line between them. */
void roff_text(const char *text);
/* One more paragraph, that belongs to no term. */
void roff_paragraph(const char *text);
/* Lines as they are: an example. */
void roff_literal(const char *text);
/* More paragraphs of a term's explanation. */
void roff_more(const char *text);
void roff_bold(const char *text);
/* A term, whose explanation is the roff_text() that follows: bold, then `between` plain and `value` in italics
 * (either may be NULL). */
void roff_term(const char *bold, const char *between, const char *value);
/* What follows belongs to the term above (or not any more). */
void roff_indent(bool deeper);

#endif
