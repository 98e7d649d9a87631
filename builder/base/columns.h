/* Private to base: how wide text is on a terminal. */
#ifndef HIEBOX_BASE_COLUMNS_H
#define HIEBOX_BASE_COLUMNS_H

#include <stddef.h>

/* Columns of UTF-8 text: combining characters take none, East Asian wide ones and emoji two. What is no
 * UTF-8 counts one a byte. Source: Unicode's EastAsianWidth.txt and the categories Mn, Me, Cf. */
size_t columns_of(const char *text);
/* Cuts the text so that it takes at most `columns`, with "…" (or "..." without `unicode`) where something
 * is missing, and makes control characters visible as "?". Caller frees. */
char *columns_cut(const char *text, size_t columns, int unicode);

#endif
