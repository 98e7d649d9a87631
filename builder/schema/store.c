/* Single values: why one is wrong, and how a right one is stored. */
#include "schema/store.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

/* Every name in `words`, as a NULL-terminated array. Caller frees the array. */
static const char **word_names(const struct word *words)
{
	size_t count = 0;
	while (words[count].name)
		count++;
	const char **names = memory_alloc((count + 1) * sizeof *names);
	for (size_t i = 0; i < count; i++)
		names[i] = words[i].name;
	return names;
}

char *words_text(const struct word *words)
{
	struct buffer out = { 0 };
	for (size_t i = 0; words[i].name; i++)
		buffer_format(&out, "%s%s",
			      !i                  ? ""
			      : words[i + 1].name ? ", "
						  : " or ",
			      words[i].name);
	return buffer_steal(&out);
}

static const struct word *find_word(const struct word *words, const char *text)
{
	for (; words->name; words++) {
		if (text_equal(words->name, text))
			return words;
	}
	return NULL;
}

/* A size as people write it: 256M. Caller frees. */
static char *binary_size(uint64_t bytes)
{
	static const char units[] = "KMGT";
	size_t unit = 0;
	while (unit < 4 && bytes && bytes % 1024 == 0) {
		bytes /= 1024;
		unit++;
	}
	return text_format("%" PRIu64 "%.*s", bytes, unit ? 1 : 0, unit ? &units[unit - 1] : "");
}

bool is_word(const struct word *words, const char *text)
{
	return find_word(words, text) != NULL;
}

/* "500ms", "2s" or "1m" in milliseconds; -1 when it is none. */
static int64_t duration(const char *text)
{
	static const struct {
		const char *unit;
		int64_t milliseconds;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 } };
	size_t digits = strspn(text, DIGITS);
	autofree char *number = text_copy_n(text, digits);
	int64_t value;
	if (number_parse(number, 0, 1000000000, &value) < 0)
		return -1;
	for (size_t i = 0; i < LENGTH(units); i++) {
		if (text_equal(text + digits, units[i].unit))
			return value * units[i].milliseconds;
	}
	return -1;
}

/* A duration as people write it. Caller frees. */
static char *duration_text(int64_t milliseconds)
{
	if (milliseconds % 60000 == 0)
		return text_format("%" PRId64 "m", milliseconds / 60000);
	if (milliseconds % 1000 == 0)
		return text_format("%" PRId64 "s", milliseconds / 1000);
	return text_format("%" PRId64 "ms", milliseconds);
}

static bool limited(const struct value_type *type)
{
	return type->low || type->high;
}

/* What a value of this type looks like. Caller frees. */
static char *expected_text(const struct value_type *type, bool limits)
{
	if (type->store == STORE_SIZE && limits) {
		autofree char *low = binary_size((uint64_t)type->low);
		autofree char *high = binary_size((uint64_t)type->high);
		return text_format("a size from %s to %s", low, high);
	}
	if (type->store == STORE_SIZE)
		return text_copy("a size such as 4G");
	if (type->store == STORE_DURATION) {
		autofree char *low = duration_text(type->low);
		autofree char *high = duration_text(type->high);
		return text_format("a duration such as 500ms, 2s or 1m, from %s to %s", low, high);
	}
	if (type->store == STORE_LONG || type->store == STORE_UNSIGNED)
		return text_format("a whole number from %" PRId64 " to %" PRId64, type->low,
				   type->high);
	return text_copy(type->expected);
}

char *range_text(const struct value_type *type)
{
	if (type->form != FORM_SCALAR || !limited(type))
		return text_copy("");
	autofree char *low = NULL, *high = NULL;
	if (type->store == STORE_SIZE) {
		low = binary_size((uint64_t)type->low);
		high = binary_size((uint64_t)type->high);
	} else if (type->store == STORE_DURATION) {
		low = duration_text(type->low);
		high = duration_text(type->high);
	} else {
		return text_format(" %" PRId64 " to %" PRId64, type->low, type->high);
	}
	return text_format(" %s to %s", low, high);
}

/* Is the text right? `*ret_outside`: it is right but for the limits. */
static bool right_text(const struct value_type *type, const char *text, bool *ret_outside)
{
	int64_t number;
	uint64_t bytes;
	*ret_outside = false;
	if (type->words)
		return find_word(type->words, text) != NULL;
	switch (type->store) {
	case STORE_SIZE:
		if (size_parse(text, &bytes) < 0)
			return false;
		*ret_outside = limited(type) &&
			       (bytes < (uint64_t)type->low || bytes > (uint64_t)type->high);
		return !*ret_outside;
	case STORE_LONG:
	case STORE_UNSIGNED: return number_parse(text, type->low, type->high, &number) == 0;
	case STORE_DURATION: return duration(text) >= type->low && duration(text) <= type->high;
	default: return !type->valid || type->valid(text);
	}
}

char *text_found(const struct node *node)
{
	if (node->kind == NODE_STRING || node->kind == NODE_NUMBER)
		return text_quoted(node->text);
	return text_copy(node->kind == NODE_BOOLEAN ? node->text : node_kind_name(node->kind));
}

/* `text` in lower or upper case, without blanks or with hyphens in their place. Caller frees; NULL when it
 * is too long to be told. */
static char *other_case(const struct value_type *type, const char *text, bool upper)
{
	struct buffer out = { 0 };
	for (; *text && out.length < 60; text++) {
		char c = *text;
		if (type->store == STORE_SIZE && c == ' ')
			continue;
		if (type->slug && (c == ' ' || c == '_'))
			c = '-';
		if (!upper && c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		else if (upper && c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		buffer_add(&out, &c, 1);
	}
	if (*text)
		buffer_clear(&out);
	return out.length ? buffer_steal(&out) : NULL;
}

/* What was probably meant: "My Clinic" where my-clinic is right, "4 GB" for 4G, 30 for 30s, crf-1 for
 * CRF-1. Caller frees; NULL when nothing near is right. */
static char *near_value(const struct value_type *type, const char *text)
{
	bool outside, size = type->store == STORE_SIZE, duration = type->store == STORE_DURATION;
	if (!type->valid && !size && !duration)
		return NULL;
	bool capitals = type->example && !strpbrk(type->example, LOWER);
	for (int upper = size; upper < 1 + (size || capitals); upper++) {
		autofree char *guess = other_case(type, text, upper);
		if (!guess)
			return NULL;
		size_t length = strlen(guess);
		if (size && length && guess[length - 1] == 'B')
			guess[--length] = 0;
		if (size && length && guess[length - 1] == 'I')
			guess[--length] = 0;
		autofree char *whole = text_format("%s%s", guess, duration ? "s" : "");
		if (right_text(type, whole, &outside))
			return steal(whole);
	}
	return NULL;
}

/* "; did you mean …?" for a text that is none of the words or no value, or "". Caller frees. */
static char *guess_text(const struct value_type *type, const char *text)
{
	for (const struct word *word = type->words; word && word->name; word++) {
		if (!strcasecmp(word->name, text))
			return text_format("; did you mean \"%s\"?", word->name);
	}
	if (type->words) {
		autofree const char **names = word_names(type->words);
		return did_you_mean(text, names);
	}
	autofree char *near = near_value(type, text);
	return near && !text_equal(near, text) ? text_format("; did you mean \"%s\"?", near)
					       : text_copy("");
}

/* Many words are not told when the one that was meant is clear. */
static char *expected_words(const struct value_type *type, bool guessed)
{
	size_t count = 0;
	while (type->words[count].name)
		count++;
	if (count <= 6 || !guessed)
		return words_text(type->words);
	return text_format("a %s such as %s", type->name, type->words[0].name);
}

char *scalar_complaint(const struct value_type *type, const struct node *node)
{
	bool outside = false, right;
	bool quotable = node->kind == NODE_STRING || node->kind == NODE_NUMBER;
	if (type->store == STORE_BOOLEAN)
		right = node->kind == NODE_BOOLEAN;
	else
		right = quotable && right_text(type, node->text, &outside);
	if (right)
		return NULL;
	const char *better = type->explain && quotable ? type->explain(node->text) : NULL;
	if (better)
		return text_copy(better);
	autofree char *found = text_found(node);
	autofree char *guess = quotable && !outside ? guess_text(type, node->text) : text_copy("");
	autofree char *expected = type->words ? expected_words(type, *guess)
					      : expected_text(type, outside);
	bool unquoted = node->kind == NODE_BOOLEAN && type->valid && type->valid(node->text);
	return text_format("expected %s, got %s%s%s%s%s", expected, found, guess,
			   unquoted ? "; as text it is written \"" : "",
			   unquoted ? node->text : "", unquoted ? "\"" : "");
}

static void store_text(const struct value_type *type, const char *text, struct place place,
		       void *target)
{
	int64_t number = 0;
	uint64_t bytes = 0;
	switch (type->store) {
	case STORE_TEXT: *(const char **)target = text; break;
	case STORE_PLACED:
		*(struct placed_text *)target = (struct placed_text){ text, place };
		break;
	case STORE_SIZE:
		size_parse(text, &bytes);
		*(uint64_t *)target = bytes;
		break;
	case STORE_LONG:
		number_parse(text, type->low, type->high, &number);
		*(long *)target = (long)number;
		break;
	case STORE_UNSIGNED:
		number_parse(text, type->low, type->high, &number);
		*(unsigned *)target = (unsigned)number;
		break;
	case STORE_DURATION: *(unsigned *)target = (unsigned)duration(text); break;
	case STORE_BOOLEAN: *(bool *)target = *text == 't' || *text == 'T'; break;
	case STORE_MODE: *(mode_t *)target = (mode_t)strtoul(text, NULL, 8); break;
	case STORE_WORD: *(int *)target = find_word(type->words, text)->value; break;
	default: break;
	}
}

void store_scalar(const struct value_type *type, const struct node *node, void *target)
{
	if (target)
		store_text(type, node->text, node->place, target);
}

void store_item(const struct walk *walk, const struct value_type *list, size_t most,
		const struct node *item, void *target)
{
	if (list->store == STORE_BITS) {
		*(unsigned *)target |= (unsigned)find_word(list->item->words, item->text)->value;
	} else if (list->store == STORE_NUMBERS) {
		struct number_list *numbers = target;
		if (!numbers->items)
			numbers->items = arena_alloc(walk->arena, most * sizeof *numbers->items);
		store_scalar(list->item, item, &numbers->items[numbers->count++]);
	} else if (list->store == STORE_TEXTS) {
		struct text_list *texts = target;
		if (!texts->items)
			texts->items = arena_alloc(walk->arena, most * sizeof *texts->items);
		texts->items[texts->count++] = (struct placed_text){ item->text, item->place };
	}
}

void store_standard(const struct walk *walk, const struct value_type *type, const char *standard,
		    void *target)
{
	const struct node node = { .kind = NODE_STRING, .text = standard };
	if (type->form == FORM_LIST)
		store_item(walk, type, 1, &node, target);
	else
		store_text(type, standard, node.place, target);
}
