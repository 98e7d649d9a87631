/* relation: see relation.h. */
#include "plan/relation.h"

#include <ctype.h>
#include <string.h>

static size_t skip_space(const char *text, size_t at, size_t length)
{
	while (at < length && isspace((unsigned char)text[at]))
		at++;
	return at;
}

static enum relation_operator read_operator(const char *text, size_t *at, size_t length)
{
	static const struct {
		const char *text;
		enum relation_operator operator;
	} operators[] = { { "<<", RELATION_LESS }, { "<=", RELATION_AT_MOST }, { ">=", RELATION_AT_LEAST },
			  { ">>", RELATION_MORE }, { "=", RELATION_EQUAL },
			  /* deprecated spellings that mean "or equal" (Policy 7.1) */
			  { "<", RELATION_AT_MOST }, { ">", RELATION_AT_LEAST } };

	for (size_t i = 0; i < LENGTH(operators); i++) {
		size_t size = strlen(operators[i].text);

		if (length - *at >= size && memcmp(text + *at, operators[i].text, size) == 0) {
			*at += size;
			return operators[i].operator;
		}
	}
	return RELATION_ANY;
}

/* Reads "(>= 1.0)" at `at`; false when the bracket is broken. */
static bool read_version(struct arena *arena, const char *text, size_t at, size_t length,
			 struct relation *relation)
{
	const char *end = memchr(text + at, ')', length - at);

	if (!end)
		return false;
	size_t stop = (size_t)(end - text);

	at = skip_space(text, at + 1, stop);
	relation->operator = read_operator(text, &at, stop);
	at = skip_space(text, at, stop);
	while (stop > at && isspace((unsigned char)text[stop - 1]))
		stop--;
	if (relation->operator == RELATION_ANY || stop == at)
		return false;
	relation->version = arena_string_n(arena, text + at, stop - at);
	return true;
}

bool relation_parse_one(struct arena *arena, const char *text, size_t length, struct relation *ret)
{
	size_t at = skip_space(text, 0, length);
	size_t start = at;
	struct relation relation = { 0 };

	while (at < length && !isspace((unsigned char)text[at]) && !strchr("(:[<", text[at]))
		at++;
	if (at == start)
		return false;
	relation.name = arena_string_n(arena, text + start, at - start);
	if (at < length && text[at] == ':') {
		start = ++at;
		while (at < length && (isalnum((unsigned char)text[at]) || text[at] == '-'))
			at++;
		relation.qualifier = arena_string_n(arena, text + start, at - start);
	}
	at = skip_space(text, at, length);
	if (at < length && text[at] == '(' && !read_version(arena, text, at, length, &relation))
		return false;
	*ret = relation;
	return true;
}

static size_t count_of(const char *text, size_t length, char c)
{
	size_t count = 0;

	for (size_t i = 0; i < length; i++)
		count += text[i] == c;
	return count;
}

static struct relation_group parse_group(struct arena *arena, const char *text, size_t length)
{
	size_t most = 1 + count_of(text, length, '|');
	struct relation_group group = { arena_alloc(arena, most * sizeof *group.alternatives), 0 };
	const char *end = text + length;

	while (text < end) {
		const char *bar = memchr(text, '|', (size_t)(end - text));
		const char *stop = bar ? bar : end;

		if (relation_parse_one(arena, text, (size_t)(stop - text), &group.alternatives[group.count]))
			group.count++;
		text = stop + 1;
	}
	return group;
}

struct relation_list relation_parse(struct arena *arena, const char *text)
{
	struct relation_list list = { 0 };

	if (!text || !*text)
		return list;
	size_t length = strlen(text);
	const char *end = text + length;

	list.groups = arena_alloc(arena, (1 + count_of(text, length, ',')) * sizeof *list.groups);
	while (text < end) {
		const char *comma = memchr(text, ',', (size_t)(end - text));
		const char *stop = comma ? comma : end;
		struct relation_group group = parse_group(arena, text, (size_t)(stop - text));

		if (group.count > 0)
			list.groups[list.count++] = group;
		text = stop + 1;
	}
	return list;
}

const char *relation_text(struct arena *arena, const struct relation *relation)
{
	static const char *const signs[] = { "", "<<", "<=", "=", ">=", ">>" };

	if (relation->operator == RELATION_ANY)
		return relation->name;
	return arena_format(arena, "%s (%s %s)", relation->name, signs[relation->operator],
			    relation->version);
}

const char *relation_group_text(struct arena *arena, const struct relation_group *group)
{
	autobuffer struct buffer text = { 0 };

	for (size_t i = 0; i < group->count; i++) {
		if (i > 0)
			buffer_text(&text, " or ");
		buffer_text(&text, relation_text(arena, &group->alternatives[i]));
	}
	return arena_string(arena, text.data ? text.data : "");
}

/* The weight of one character in a non-digit part: `~` before the end, the end before letters,
 * letters before everything else. */
static int weight(char c)
{
	if (c == '~')
		return -1;
	if (c == '\0' || isdigit((unsigned char)c))
		return 0;
	if (isalpha((unsigned char)c))
		return (unsigned char)c;
	return (unsigned char)c + 256;
}

static int compare_digits(const char **a, const char **b)
{
	int first = 0;

	while (**a == '0')
		++*a;
	while (**b == '0')
		++*b;
	while (isdigit((unsigned char)**a) && isdigit((unsigned char)**b)) {
		if (first == 0)
			first = **a - **b;
		++*a;
		++*b;
	}
	if (isdigit((unsigned char)**a))
		return 1;
	if (isdigit((unsigned char)**b))
		return -1;
	return first;
}

/* Compares upstream versions or revisions of the given lengths. */
static int compare_part(const char *a, const char *b)
{
	while (*a || *b) {
		while ((*a && !isdigit((unsigned char)*a)) || (*b && !isdigit((unsigned char)*b))) {
			int difference = weight(*a) - weight(*b);

			if (difference != 0)
				return difference;
			a++;
			b++;
		}
		int difference = compare_digits(&a, &b);

		if (difference != 0)
			return difference;
	}
	return 0;
}

/* A version cut in its three parts; `text` holds a writable copy. */
struct version_parts {
	char text[512];
	const char *epoch, *upstream, *revision;
};

static void cut_version(const char *version, struct version_parts *parts)
{
	size_t length = strnlen(version, sizeof parts->text - 1);

	memcpy(parts->text, version, length);
	parts->text[length] = '\0';
	parts->epoch = "0";
	parts->upstream = parts->text;
	parts->revision = "0";
	char *colon = strchr(parts->text, ':');

	if (colon) {
		*colon = '\0';
		parts->epoch = parts->text;
		parts->upstream = colon + 1;
	}
	char *dash = strrchr(colon ? colon + 1 : parts->text, '-');

	if (dash) {
		*dash = '\0';
		parts->revision = dash + 1;
	}
}

int version_compare(const char *a, const char *b)
{
	struct version_parts first, second;

	if (strcmp(a, b) == 0)
		return 0;
	cut_version(a, &first);
	cut_version(b, &second);
	int difference = compare_part(first.epoch, second.epoch);

	if (difference == 0)
		difference = compare_part(first.upstream, second.upstream);
	return difference ? difference : compare_part(first.revision, second.revision);
}

bool relation_accepts(const struct relation *relation, const char *version)
{
	if (relation->operator == RELATION_ANY)
		return true;
	int difference = version_compare(version, relation->version);

	switch (relation->operator) {
	case RELATION_LESS: return difference < 0;
	case RELATION_AT_MOST: return difference <= 0;
	case RELATION_EQUAL: return difference == 0;
	case RELATION_AT_LEAST: return difference >= 0;
	case RELATION_MORE: return difference > 0;
	case RELATION_ANY: break;
	}
	return true;
}
