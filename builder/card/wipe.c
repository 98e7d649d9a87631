/* Where a value stands in the text, and taking it out without moving anything. Lines and columns are
 * libyaml's: characters of UTF-8, and lines as line_break() sees them. */
#include "card/lines.h"

#include <string.h>

#include "card/card.h"

#define BOM_LENGTH 3u

size_t line_break(const char *at, size_t left)
{
	if (left >= 2 && at[0] == '\r' && at[1] == '\n')
		return 2;
	if (at[0] == '\n' || at[0] == '\r')
		return 1;
	if (left >= 2 && !memcmp(at, "\xc2\x85", 2))
		return 2;
	return left >= 3 && (!memcmp(at, "\xe2\x80\xa8", 3) || !memcmp(at, "\xe2\x80\xa9", 3)) ? 3 : 0;
}

static bool find_place(const char *text, size_t length, struct place place, size_t *ret_offset)
{
	unsigned line = 1, column = 1;
	size_t at = length >= BOM_LENGTH && !memcmp(text, "\xef\xbb\xbf", BOM_LENGTH) ? BOM_LENGTH : 0;
	for (; at < length; ) {
		if (line == place.line && column == place.column) {
			*ret_offset = at;
			return true;
		}
		size_t end = line_break(text + at, length - at);
		if (end) {
			line++;
			column = 1;
			at += end;
			continue;
		}
		do
			at++;
		while (at < length && ((unsigned char)text[at] & 0xc0) == 0x80);
		column++;
	}
	return false;
}

/* Bytes of the scalar that begins at `at`, quotes included; 0 when it does not end on its line. */
static size_t scalar_length(const char *at, size_t left, const char *value)
{
	char quote = at[0];
	if (quote != '"' && quote != '\'') {
		size_t plain = strlen(value);
		return plain && plain <= left && !memcmp(at, value, plain) ? plain : 0;
	}
	for (size_t i = 1; i < left && !line_break(at + i, left - i); i++) {
		if (quote == '"' && at[i] == '\\')
			i++;
		else if (quote == '\'' && at[i] == '\'' && i + 1 < left && at[i + 1] == '\'')
			i++;
		else if (at[i] == quote)
			return i + 1;
	}
	return 0;
}

int card_wipe(char *text, size_t length, const struct node *const *values, size_t count)
{
	autofree size_t *starts = memory_alloc((count + 1) * sizeof *starts);
	autofree size_t *sizes = memory_alloc((count + 1) * sizeof *sizes);
	for (size_t i = 0; i < count; i++) {
		if (!values[i]->text || !find_place(text, length, values[i]->place, &starts[i]))
			return -1;
		sizes[i] = scalar_length(text + starts[i], length - starts[i], values[i]->text);
		if (!sizes[i])
			return -1;
	}
	for (size_t i = 0; i < count; i++) {
		memset(text + starts[i], ' ', sizes[i]);
		text[starts[i]] = '~';
	}
	return 0;
}
