#include "base/columns.h"

#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

struct range {
	uint32_t first, last;
};

static const struct range no_width[] = {
	{0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x0610, 0x061a}, {0x064b, 0x065f},
	{0x06d6, 0x06dc}, {0x0730, 0x074a}, {0x0900, 0x0902}, {0x093a, 0x093a}, {0x093c, 0x093c},
	{0x0941, 0x0948}, {0x094d, 0x094d}, {0x0e31, 0x0e31}, {0x0e34, 0x0e3a}, {0x0e47, 0x0e4e},
	{0x135d, 0x135f}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x200b, 0x200f}, {0x202a, 0x202e},
	{0x2060, 0x2064}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xfeff, 0xfeff},
	{0xe0100, 0xe01ef},
};
static const struct range two_wide[] = {
	{0x1100, 0x115f},   {0x2e80, 0x303e},	{0x3041, 0x33ff},   {0x3400, 0x4dbf},
	{0x4e00, 0x9fff},   {0xa000, 0xa4cf},	{0xac00, 0xd7a3},   {0xf900, 0xfaff},
	{0xfe30, 0xfe6f},   {0xff00, 0xff60},	{0xffe0, 0xffe6},   {0x1f300, 0x1f64f},
	{0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
};

static int in_ranges(const struct range *ranges, size_t count, uint32_t c)
{
	for (size_t i = 0; i < count; i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return 1;
	return 0;
}

/* One character: gives its code point, returns its bytes (at least 1). */
static size_t next_character(const char *text, uint32_t *ret_c)
{
	const unsigned char *byte = (const unsigned char *)text;
	size_t length = *byte < 0xc0 ? 1 : *byte < 0xe0 ? 2 : *byte < 0xf0 ? 3 : *byte < 0xf8 ? 4 : 1;
	uint32_t c = length == 1 ? *byte : *byte & (0x7fu >> length);

	for (size_t i = 1; i < length; i++) {
		if ((byte[i] & 0xc0) != 0x80) {
			*ret_c = '?';
			return 1;
		}
		c = c << 6 | (byte[i] & 0x3f);
	}
	*ret_c = c;
	return length;
}

static size_t width_of(uint32_t c)
{
	if (in_ranges(no_width, LENGTH(no_width), c))
		return 0;
	return in_ranges(two_wide, LENGTH(two_wide), c) ? 2 : 1;
}

size_t columns_of(const char *text)
{
	size_t columns = 0;
	uint32_t c;

	while (*text) {
		text += next_character(text, &c);
		columns += width_of(c);
	}
	return columns;
}

char *columns_cut(const char *text, size_t columns, int unicode)
{
	const char *mark = unicode ? "…" : "...";
	size_t mark_columns = unicode ? 1 : 3, used = 0;
	bool whole = columns_of(text) <= columns;
	size_t room = whole ? columns : columns > mark_columns ? columns - mark_columns : 0;
	struct buffer out = {0};
	uint32_t c;

	while (*text) {
		size_t length = next_character(text, &c), width = width_of(c);

		if (used + width > room)
			break;
		if (c < ' ' || (c >= 127 && c < 160))
			buffer_text(&out, "?");
		else
			buffer_add(&out, text, length);
		used += width;
		text += length;
	}
	if (!whole && columns >= mark_columns)
		buffer_text(&out, mark);
	return buffer_steal(&out);
}
