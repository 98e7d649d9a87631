/* Single values: why one is wrong, and how a right one is stored. */
#include "schema/store.h"

#include <inttypes.h>
#include <string.h>

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

/* "a, b or c". Caller frees. */
static char *words_text(const struct word *words)
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

static bool limited(const struct value_type *type)
{
	return type->low || type->high;
}

/* What a value of this type looks like. Caller frees. */
static char *expected_text(const struct value_type *type, bool limits)
{
	if (type->words)
		return words_text(type->words);
	if (type->store == STORE_SIZE && limits) {
		autofree char *low = binary_size((uint64_t)type->low);
		autofree char *high = binary_size((uint64_t)type->high);
		return text_format("a size from %s to %s", low, high);
	}
	if (type->store == STORE_SIZE)
		return text_copy("a size such as 4G");
	if (type->store == STORE_LONG || type->store == STORE_UNSIGNED)
		return text_format("a whole number from %" PRId64 " to %" PRId64, type->low,
				   type->high);
	return text_copy(type->expected);
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
	default: return !type->valid || type->valid(text);
	}
}

char *text_found(const struct node *node)
{
	if (node->kind == NODE_STRING || node->kind == NODE_NUMBER)
		return text_quoted(node->text);
	return text_copy(node->kind == NODE_BOOLEAN ? node->text : node_kind_name(node->kind));
}

char *scalar_complaint(const struct value_type *type, const struct node *node)
{
	bool outside = false, right;
	if (type->store == STORE_BOOLEAN)
		right = node->kind == NODE_BOOLEAN;
	else
		right = (node->kind == NODE_STRING || node->kind == NODE_NUMBER) &&
			right_text(type, node->text, &outside);
	if (right)
		return NULL;
	bool quotable = node->kind == NODE_STRING || node->kind == NODE_NUMBER;
	const char *better = type->explain && quotable ? type->explain(node->text) : NULL;
	if (better)
		return text_copy(better);
	autofree char *expected = expected_text(type, outside);
	autofree char *found = text_found(node);
	autofree const char **names = type->words ? word_names(type->words) : NULL;
	autofree char *guess = names && quotable ? did_you_mean(node->text, names) : text_copy("");
	return text_format("expected %s, got %s%s", expected, found, guess);
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

void store_list(const struct walk *walk, const struct value_type *type, const struct node *list,
		void *target)
{
	if (type->store == STORE_BITS) {
		unsigned bits = 0;
		for node_each (item, list)
			bits |= (unsigned)find_word(type->item->words, item->text)->value;
		*(unsigned *)target = bits;
	} else if (type->store == STORE_TEXTS) {
		struct text_list *texts = target;
		texts->items = arena_alloc(walk->arena, list->count * sizeof *texts->items);
		for node_each (item, list)
			texts->items[texts->count++] = (struct placed_text){ item->text,
									     item->place };
	}
}

void store_standard(const struct walk *walk, const struct value_type *type, const char *standard,
		    void *target)
{
	const struct node node = { .kind = NODE_STRING, .text = standard };
	if (type->form == FORM_LIST) {
		const struct node item = node;
		const struct node list = { .kind = NODE_LIST,
					   .first = (struct node *)&item,
					   .count = 1 };
		store_list(walk, type, &list, target);
	} else {
		store_text(type, standard, node.place, target);
	}
}
