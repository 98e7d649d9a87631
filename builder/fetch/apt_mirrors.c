/* Lists of mirrors in a file, as cloud images have them: apt-transport-mirror(1). */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fetch/apt.h"

#define LIST_MAX (1u << 20)

struct ranked {
	int64_t priority;
	size_t line; /* equal ones stay in the file's order */
};

/* "priority:N" among a line's words; without one it comes last. */
static int64_t mirror_priority(const struct strings *words)
{
	int64_t priority;

	for (size_t i = 1; i < words->count; i++)
		if (strncasecmp(words->items[i], "priority:", 9) == 0 &&
		    number_parse(words->items[i] + 9, 0, INT32_MAX, &priority) == 0)
			return priority;
	return INT64_MAX;
}

static int compare(const void *left, const void *right)
{
	const struct ranked *a = left, *b = right;

	if (a->priority != b->priority)
		return a->priority < b->priority ? -1 : 1;
	return a->line < b->line ? -1 : 1;
}

void apt_parse_mirrors(const char *text, struct strings *uris)
{
	autostrings struct strings lines = {0}, found = {0};

	strings_split(&lines, text, "\n");
	autofree struct ranked *ranked = memory_alloc((lines.count + 1) * sizeof *ranked);
	for (size_t i = 0; i < lines.count; i++) {
		autostrings struct strings words = {0};

		strings_split(&words, lines.items[i], " \t\r");
		if (words.count == 0 || words.items[0][0] == '#')
			continue;
		ranked[found.count] = (struct ranked){mirror_priority(&words), found.count};
		strings_add(&found, words.items[0]);
	}
	qsort(ranked, found.count, sizeof *ranked, compare);
	for (size_t i = 0; i < found.count; i++)
		strings_add(uris, found.items[ranked[i].line]);
}

/* Puts the mirrors of a list in the place of the entry that names it. */
void apt_expand_mirrors(struct apt_entries *entries)
{
	struct apt_entries all = {.unusable = entries->unusable};

	entries->unusable = (struct strings){0};
	for (size_t i = 0; i < entries->count; i++) {
		const struct apt_entry *entry = &entries->items[i];
		autostrings struct strings uris = {0};
		autofree char *text = NULL;

		if (!text_starts(entry->uri, APT_MIRROR_LIST))
			strings_add(&uris, entry->uri);
		else if ((text = file_text_or_null(entry->uri + strlen(APT_MIRROR_LIST), LIST_MAX)))
			apt_parse_mirrors(text, &uris);
		else
			apt_note_unusable(&all, entry->uri);
		for (size_t k = 0; k < uris.count; k++)
			if (!text_starts(uris.items[k], APT_MIRROR_LIST))
				apt_add(&all, entry, uris.items[k], entry->suite);
	}
	apt_clear(entries);
	*entries = all;
}
