/* What one place of an answer, or one of its headers, must hold. */
#include "workflow/player.h"

#include <regex.h>
#include <string.h>
#include <strings.h>

#define SHOWN_PLACES 4u /* of many values a message names so many */

/* ---- equality ---- */

static bool is_whole(const char *text)
{
	text += *text == '-';
	return *text && strspn(text, DIGITS) == strlen(text);
}

static bool same_number(const struct node *a, const struct node *b)
{
	if (text_equal(a->text, b->text))
		return true;
	/* whole ones may be longer than a double is exact */
	return !(is_whole(a->text) && is_whole(b->text)) && !(a->number < b->number) && !(a->number > b->number);
}

/* A text with a variable also equals a number or boolean that is written so. */
static bool same_text(const struct player *player, const struct node *expected, const struct node *got)
{
	bool plain = got->kind == NODE_NUMBER || got->kind == NODE_BOOLEAN;
	if (got->kind != NODE_STRING && !(plain && strstr(expected->text, "{{")))
		return false;
	autofree char *text = player_fill(player, expected->text, FILL_PLAIN);
	return text && text_equal(text, got->text);
}

/* The document's limits bound the depth. */
static bool same(const struct player *player, const struct node *expected, const struct node *got)
{
	if (expected->kind == NODE_STRING)
		return same_text(player, expected, got);
	if (expected->kind != got->kind)
		return false;
	const struct node *other = got->first;
	switch (expected->kind) {
	case NODE_NUMBER:
		return same_number(expected, got);
	case NODE_BOOLEAN:
		return expected->boolean == got->boolean;
	case NODE_LIST:
		for node_each (item, expected) {
			if (!other || !same(player, item, other))
				return false;
			other = other->next;
		}
		return !other;
	case NODE_MAP:
		if (expected->count != got->count)
			return false;
		for node_each (entry, expected) {
			other = node_get(got, entry->key);
			if (!other || !same(player, entry, other))
				return false;
		}
		return true;
	case NODE_NULL:
	case NODE_STRING:
		break;
	}
	return true;
}

/* Keys and values of a map; maps inside it likewise. */
static bool within(const struct player *player, const struct node *expected, const struct node *got)
{
	if (expected->kind != NODE_MAP || got->kind != NODE_MAP)
		return same(player, expected, got);
	for node_each (entry, expected) {
		const struct node *other = node_get(got, entry->key);
		if (!other || !within(player, entry, other))
			return false;
	}
	return true;
}

static bool holds(const struct player *player, const struct node *expected, const struct node *got)
{
	if (got->kind == NODE_LIST && expected->kind != NODE_LIST) {
		for node_each (item, got)
			if (within(player, expected, item))
				return true;
		return false;
	}
	if (got->kind == NODE_STRING && expected->text) {
		autofree char *text = player_fill(player, expected->text, FILL_PLAIN);
		return text && strstr(got->text, text);
	}
	return within(player, expected, got);
}

/* ---- regular expressions ---- */

char *find_expression(const char *expression, const char *text, bool *ret_long)
{
	regex_t compiled;
	regmatch_t found[2];
	char *part = NULL;
	*ret_long = strlen(text) > PLAY_SUBJECT_MAX;
	if (*ret_long || regcomp(&compiled, expression, REG_EXTENDED))
		return NULL;
	if (regexec(&compiled, text, LENGTH(found), found, 0) == 0) {
		const regmatch_t *group = &found[compiled.re_nsub > 0 ? 1 : 0];
		if (group->rm_so >= 0)
			part = text_copy_n(text + group->rm_so, (size_t)(group->rm_eo - group->rm_so));
		else
			part = text_copy("");
	}
	regfree(&compiled);
	return part;
}

static bool matches(const char *expression, const char *text)
{
	bool too_long = false;
	autofree char *found = text ? find_expression(expression, text, &too_long) : NULL;
	return found;
}

/* ---- one place ---- */

static uint64_t limit(const struct node *node)
{
	int64_t number = 0;
	if (node && node->text)
		number_parse(node->text, 0, INT32_MAX, &number);
	return (uint64_t)number;
}

static bool one_of(const struct player *player, const struct node *list, const struct node *got)
{
	for node_each (item, list)
		if (same(player, item, got))
			return true;
	return false;
}

/* The first of the ways to compare that does not hold for `got`; NULL is a place that is not there. HOW_NONE: all hold. */
static enum failure_how first_wrong(const struct player *player, const struct expected_value *value,
				    const struct node *got)
{
	bool counted = value->count || value->at_least || value->at_most;
	bool list = !got || got->kind == NODE_LIST;
	size_t items = got ? got->count : 0;
	if (value->present && !got)
		return HOW_PRESENT;
	if (value->is && !(got && same(player, value->is, got)))
		return HOW_IS;
	if (value->one_of && !(got && one_of(player, value->one_of, got)))
		return HOW_ONE_OF;
	if (value->contains && !(got && holds(player, value->contains, got)))
		return HOW_CONTAINS;
	if (value->matches.text && !(got && matches(value->matches.text, got->text)))
		return HOW_MATCHES;
	if (counted && value->count && !(list && items == limit(value->count)))
		return HOW_COUNT;
	if (counted && value->at_least && !(list && items >= limit(value->at_least)))
		return HOW_AT_LEAST;
	if (counted && value->at_most && !(list && items <= limit(value->at_most)))
		return HOW_AT_MOST;
	return HOW_NONE;
}

/* ---- messages ---- */

static char *items_text(uint64_t count)
{
	return text_format("%llu item%s", (unsigned long long)count, count == 1 ? "" : "s");
}

static char *expected_text(const struct player *player, const struct expected_value *value, enum failure_how how)
{
	const struct node *const nodes[] = {
		[HOW_IS] = value->is,		[HOW_IS_NOT] = value->differs,	 [HOW_ONE_OF] = value->one_of,
		[HOW_CONTAINS] = value->contains, [HOW_COUNT] = value->count,	 [HOW_AT_LEAST] = value->at_least,
		[HOW_AT_MOST] = value->at_most, [HOW_ABSENT] = NULL,
	};
	if (how == HOW_MATCHES)
		return text_copy(value->matches.text);
	if (how >= HOW_COUNT && how <= HOW_AT_MOST)
		return items_text(limit(nodes[how]));
	return nodes[how] ? shown_json(player_fill_node(player, nodes[how])) : NULL;
}

static char *got_text(const struct node *got, enum failure_how how)
{
	if (!got)
		return NULL;
	if (how >= HOW_COUNT && how <= HOW_AT_MOST && got->kind == NODE_LIST)
		return items_text(got->count);
	if (how == HOW_MATCHES && got->text && strlen(got->text) > PLAY_SUBJECT_MAX)
		return text_format("a text of %zu bytes, which is too long to look into", strlen(got->text));
	return shown_node(got);
}

/* What came at all places that a * led to. */
static char *got_places(const struct places *places, enum failure_how how)
{
	struct strings list = { 0 };
	for (size_t i = 0; i < places->count && i < SHOWN_PLACES; i++)
		strings_take(&list, got_text(places->items[i], how));
	if (places->count > SHOWN_PLACES)
		strings_format(&list, "… (%zu places)", places->count);
	char *text = places->count ? strings_join(&list, ", ") : NULL;
	strings_clear(&list);
	return text;
}

static void add_wrong(const struct judged *judged, const struct expected_value *value, enum failure_how how,
		      const struct places *places)
{
	autofree char *expected = expected_text(judged->player, value, how);
	autofree char *got = got_places(places, how);
	add_failure(judged->played,
		    &(struct said){ FAILURE_JSON, how, value->place, value->at.text, expected, got });
}

/* ---- a place of the body ---- */

static void judge_places(const struct judged *judged, const struct expected_value *value,
			 const struct places *places)
{
	const struct player *player = judged->player;
	bool star = pointer_has_star(value->at.text), wanted = false;
	enum failure_how wrong = HOW_NONE;
	if (value->absent && places->count)
		add_wrong(judged, value, HOW_ABSENT, places);
	for (size_t i = 0; value->differs && i < places->count; i++) {
		if (!same(player, value->differs, places->items[i]))
			continue;
		const struct node *item = places->items[i];
		add_wrong(judged, value, HOW_IS_NOT, &(struct places){ &item, 1, 1 });
		break;
	}
	if (value->differs && !places->count && !star)
		add_wrong(judged, value, HOW_IS_NOT, places);
	if (!places->count)
		wrong = first_wrong(player, value, NULL);
	for (size_t i = 0; i < places->count && !wanted; i++) {
		enum failure_how how = first_wrong(player, value, places->items[i]);
		wrong = how && wrong ? wrong : how;
		wanted = how == HOW_NONE;
	}
	if (!wanted && wrong)
		add_wrong(judged, value, wrong, places);
}

void judge_json(const struct judged *judged, const struct expected_value *value)
{
	struct places places;
	pointer_find(judged->root, value->at.text, &places);
	judge_places(judged, value, &places);
	places_clear(&places);
}

/* ---- a header ---- */

static enum failure_how wrong_header(const struct player *player, const struct expected_value *value,
				     const char *got)
{
	if (value->is) {
		autofree char *text = player_fill(player, value->is->text, FILL_PLAIN);
		if (!text || !text_equal(text, got))
			return HOW_IS;
	}
	if (value->contains) {
		autofree char *text = player_fill(player, value->contains->text, FILL_PLAIN);
		if (!text || !strstr(got, text))
			return HOW_CONTAINS;
	}
	if (value->matches.text && !matches(value->matches.text, got))
		return HOW_MATCHES;
	return value->absent ? HOW_ABSENT : HOW_NONE;
}

const char *header_value(const struct http_response *answer, const char *name, size_t n)
{
	size_t length = strlen(name);
	for (size_t i = 0; i < answer->headers.count; i++) {
		const char *line = answer->headers.items[i];
		if (strncasecmp(line, name, length) == 0 && line[length] == ':' && n-- == 0)
			return line + length + 1 + strspn(line + length + 1, " ");
	}
	return NULL;
}

/* One of several headers of the same name is enough. */
void judge_header(const struct judged *judged, const struct expected_value *value)
{
	const char *name = value->at.text;
	const char *first = header_value(judged->answer, name, 0);
	enum failure_how how = value->absent   ? HOW_NONE
			       : value->is     ? HOW_IS
			       : value->contains ? HOW_CONTAINS
			       : value->matches.text ? HOW_MATCHES
						     : HOW_PRESENT;
	for (size_t i = 0; header_value(judged->answer, name, i); i++) {
		how = wrong_header(judged->player, value, header_value(judged->answer, name, i));
		if (!how)
			break;
	}
	if (!how)
		return;
	autofree char *expected = expected_text(judged->player, value, how);
	autofree char *got = shown_text(first);
	add_failure(judged->played, &(struct said){ FAILURE_HEADER, how, value->place, name, expected, got });
}
