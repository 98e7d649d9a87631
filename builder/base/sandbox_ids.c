#include "base/sandbox_ids.h"

#include <stdlib.h>

#include "base/memory.h"

#define FIRST_SUBORDINATE 100000 /* SUB_UID_MIN of login.defs(5) */

void id_ranges_clear(struct id_ranges *ranges)
{
	free(ranges->items);
	*ranges = (struct id_ranges){0};
}

static void append(struct id_ranges *ranges, struct id_range range)
{
	if (range.count <= 0)
		return;
	ranges->items =
		array_grow(ranges->items, ranges->count, &ranges->capacity, sizeof *ranges->items);
	ranges->items[ranges->count++] = range;
}

/* Adds what of `range` is in none of the first `known` ranges and is not `except`. */
static void append_new(struct id_ranges *ranges, struct id_range range, size_t known, int64_t except)
{
	struct id_range other = {except, except >= 0};
	size_t i = 0;

	for (;;) {
		int64_t end = range.first + range.count, other_end = other.first + other.count;

		if (other.count && other.first < end && range.first < other_end) {
			append_new(ranges, (struct id_range){range.first, other.first - range.first},
				   known, except);
			append_new(ranges, (struct id_range){other_end, end - other_end}, known,
				   except);
			return;
		}
		if (i == known)
			break;
		other = ranges->items[i++];
	}
	append(ranges, range);
}

/* Reads "name:first:count"; subuid(5). */
static bool read_line(const char *line, struct strings *fields, struct id_range *range)
{
	strings_split(fields, line, ": \t\r");
	return fields->count == 3 &&
	       number_parse(fields->items[1], 1, UINT32_MAX, &range->first) == 0 &&
	       number_parse(fields->items[2], 1, UINT32_MAX, &range->count) == 0;
}

void id_ranges_of_user(struct id_ranges *ranges, const char *text, const char *user, unsigned id)
{
	autofree char *number = text_format("%u", id);
	autostrings struct strings lines = {0};

	strings_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.count; i++) {
		autostrings struct strings fields = {0};
		struct id_range range;

		if (read_line(lines.items[i], &fields, &range) &&
		    (text_equal(fields.items[0], user) || text_equal(fields.items[0], number)))
			append_new(ranges, range, ranges->count, id);
	}
}

void id_ranges_of_map(struct id_ranges *ranges, const char *map)
{
	autostrings struct strings lines = {0};

	strings_split(&lines, map, "\n");
	for (size_t i = 0; i < lines.count; i++) {
		autostrings struct strings fields = {0};
		struct id_range range;

		strings_split(&fields, lines.items[i], " \t");
		if (fields.count == 3 &&
		    number_parse(fields.items[0], 0, UINT32_MAX, &range.first) == 0 &&
		    number_parse(fields.items[2], 1, UINT32_MAX, &range.count) == 0)
			append(ranges, range);
	}
}

int64_t id_ranges_total(const struct id_ranges *ranges)
{
	int64_t total = 0;

	for (size_t i = 0; i < ranges->count; i++)
		total += ranges->items[i].count;
	return total;
}

bool id_ranges_cover(const struct id_ranges *ranges, struct id_range wanted)
{
	int64_t next = wanted.first, end = wanted.first + wanted.count;

	for (size_t i = 0; i < ranges->count && next < end; i++)
		if (ranges->items[i].first <= next &&
		    next < ranges->items[i].first + ranges->items[i].count) {
			next = ranges->items[i].first + ranges->items[i].count;
			i = (size_t)-1; /* the next piece may stand before this one */
		}
	return next >= end;
}

int64_t id_free_start(const char *text)
{
	autostrings struct strings lines = {0};
	int64_t next = FIRST_SUBORDINATE;

	strings_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.count; i++) {
		autostrings struct strings fields = {0};
		struct id_range range;

		if (read_line(lines.items[i], &fields, &range) && range.first + range.count > next)
			next = range.first + range.count;
	}
	return next;
}
