/* What a terminal would have shown, as plain text. */
#include "machine/console.h"

#include <string.h>

#define ESCAPE 0x1b
#define BELL 0x07

/* How many bytes the escape sequence at `at` (which is ESC) has: ECMA-48, 5.4 (CSI) and 5.6 (strings). */
static size_t escape_length(const char *at, size_t left)
{
	size_t i = 2;

	if (left < 2)
		return left;
	if (at[1] == '[') {
		while (i < left && (at[i] >= 0x20 && at[i] < 0x40))
			i++;
		return i < left ? i + 1 : left;
	}
	if (at[1] == ']' || at[1] == 'P' || at[1] == 'X' || at[1] == '^' || at[1] == '_') {
		while (i < left && at[i] != BELL && at[i] != ESCAPE && at[i] != '\n')
			i++;
		if (i < left && at[i] == BELL)
			return i + 1;
		return i + 1 < left && at[i] == ESCAPE && at[i + 1] == '\\' ? i + 2 : i;
	}
	while (i <= left && at[i - 1] >= 0x20 && at[i - 1] < 0x30) /* intermediate bytes, as in ESC ( B */
		i++;
	return i < left ? i : left;
}

/* Bytes of the well-formed UTF-8 character at `at` (RFC 3629), or 0. */
static size_t character_length(const unsigned char *at, size_t left)
{
	static const struct { unsigned char first, last, low, high; size_t length; } rows[] = {
		{0x20, 0x7e, 0, 0, 1},          {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
		{0xe1, 0xec, 0x80, 0xbf, 3},    {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4},    {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
	};

	for (size_t i = 0; i < LENGTH(rows); i++) {
		if (*at < rows[i].first || *at > rows[i].last)
			continue;
		if (rows[i].length > left || (rows[i].length > 1 && (at[1] < rows[i].low || at[1] > rows[i].high)))
			return 0;
		for (size_t k = 2; k < rows[i].length; k++)
			if (at[k] < 0x80 || at[k] > 0xbf)
				return 0;
		/* C1 control characters */
		return *at == 0xc2 && at[1] < 0xa0 ? 0 : rows[i].length;
	}
	return 0;
}

/* The text as shown: lines end with \n, a return to a line's beginning starts that line anew. */
static void show_text(const char *text, size_t length, struct buffer *shown)
{
	size_t line = 0; /* where the last line begins in `shown` */
	bool over = false;

	for (size_t i = 0; i < length;) {
		unsigned char byte = (unsigned char)text[i];
		size_t bytes = character_length((const unsigned char *)text + i, length - i);

		if (byte == ESCAPE) {
			i += escape_length(text + i, length - i);
			continue;
		}
		if (byte == '\n') {
			buffer_text(shown, "\n");
			line = shown->length;
			over = false;
		} else if (byte == '\r') {
			over = true;
		} else if (bytes || byte == '\t' || byte >= 0x80) {
			if (over)
				shown->length = line;
			over = false;
			if (bytes)
				buffer_add(shown, text + i, bytes);
			else
				buffer_text(shown, byte == '\t' ? "\t" : "?");
		}
		i += bytes ? bytes : 1;
	}
}

char *console_clean(const char *text, size_t length, size_t lines)
{
	autobuffer struct buffer shown = {0};
	size_t start, count = 0;

	show_text(text, length, &shown);
	while (shown.length && (shown.data[shown.length - 1] == '\n' || shown.data[shown.length - 1] == ' '))
		shown.length--;
	if (!lines || !shown.length)
		return text_copy("");
	for (start = shown.length; start > 0; start--)
		if (shown.data[start - 1] == '\n' && ++count == lines)
			break;
	return text_copy_n(shown.data + start, shown.length - start);
}
