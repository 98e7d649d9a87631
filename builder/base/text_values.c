/* Text that means a number, and names that were nearly right. */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads digits into `*ret`; false when it does not fit in 63 bits. Moves `*text` behind them. */
static bool read_digits(const char **text, uint64_t *ret)
{
	uint64_t value = 0;

	for (; is_digit(**text); (*text)++) {
		if (__builtin_mul_overflow(value, (uint64_t)10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(**text - '0'), &value) ||
		    value > INT64_MAX)
			return false;
	}
	*ret = value;
	return true;
}

/* Reads "5" of "1.5G" as a fraction of `unit`: digit by digit, so that it stays in whole numbers.
 */
static uint64_t fraction_of(const char *digits, uint64_t unit)
{
	uint64_t bytes = 0, scale = 1;

	for (unsigned i = 0; is_digit(digits[i]) && i < 6; i++) {
		scale *= 10;
		bytes = bytes * 10 + (uint64_t)(digits[i] - '0');
	}
	/* At most 10^6 * 2^40: fits. Six digits are finer than anybody writes. */
	return bytes * unit / scale;
}

int size_parse(const char *text, uint64_t *ret_bytes)
{
	static const char units[] = "KMGT";
	const char *fraction = NULL, *unit;
	uint64_t whole, bytes, factor = 1;

	if (!text || !is_digit(*text) || !read_digits(&text, &whole))
		return -1;
	if (*text == '.') {
		fraction = ++text;
		if (!is_digit(*text))
			return -1;
		text += strspn(text, "0123456789");
	}
	unit = *text ? strchr(units, *text) : NULL;
	if (unit) {
		factor = (uint64_t)1 << (10 * (unit - units + 1));
		text++;
	}
	if (*text || (fraction && !unit))
		return -1;
	if (__builtin_mul_overflow(whole, factor, &bytes))
		return -1;
	if (fraction)
		bytes += fraction_of(fraction, factor);
	if (bytes > INT64_MAX)
		return -1;
	*ret_bytes = bytes;
	return 0;
}

char *size_text(uint64_t bytes)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
	double value = (double)bytes;
	size_t unit = 0;

	if (bytes < 1000)
		return text_format("%u B", (unsigned)bytes);
	/* 999.5 would be printed as 1000, so it already belongs to the next unit. */
	while (value >= 999.5 && unit + 1 < LENGTH(units)) {
		value /= 1000;
		unit++;
	}
	return text_format("%.*f %s",
			   value < 9.995   ? 2
			   : value < 99.95 ? 1
					   : 0,
			   value, units[unit]);
}

int number_parse(const char *text, int64_t low, int64_t high, int64_t *ret_value)
{
	bool negative = text && *text == '-';
	uint64_t digits;
	int64_t value;

	if (!text)
		return -1;
	text += negative;
	if (!is_digit(*text) || !read_digits(&text, &digits) || *text)
		return -1;
	value = negative ? -(int64_t)digits : (int64_t)digits;
	if (value < low || value > high)
		return -1;
	*ret_value = value;
	return 0;
}

#define NAME_MAX_LENGTH 128

static size_t smallest(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* Edit distance with transpositions of neighbours ("optimal string alignment", the restricted form
 * of Damerau-Levenshtein): what typing mistakes cost. Both texts are at most NAME_MAX_LENGTH. */
static size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	size_t rows[3][NAME_MAX_LENGTH + 1];

	for (size_t j = 0; j <= b_length; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3],
		       *two_above = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			size_t change = above[j - 1] + (a[i - 1] != b[j - 1]);

			row[j] = smallest(above[j] + 1, row[j - 1] + 1, change);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    two_above[j - 2] + 1 < row[j])
				row[j] = two_above[j - 2] + 1;
		}
	}
	return rows[a_length % 3][b_length];
}

const char *nearest_name(const char *name, const char *const *names)
{
	size_t length = name ? strlen(name) : 0;
	size_t best = 1 + length / 4;
	const char *nearest = NULL;

	if (!length || length > NAME_MAX_LENGTH)
		return NULL;
	for (; names && *names; names++) {
		size_t other = strlen(*names), distance;

		if (other > NAME_MAX_LENGTH)
			continue;
		distance = edit_distance(name, length, *names, other);
		if (distance < best || (distance == best && !nearest)) {
			best = distance;
			nearest = *names;
		}
	}
	return nearest;
}
