#include "agent/language.h"

#include <stdlib.h>
#include <string.h>

#define FOLDER "/usr/share/hie/languages"

struct language {
	char *code, *name;
	char *texts[SENTENCE_COUNT]; /* NULL: the English */
};

static void language_free(struct language *language)
{
	free(language->code);
	free(language->name);
	for (size_t i = 0; i < SENTENCE_COUNT; i++)
		free(language->texts[i]);
	free(language);
}

/* The places {1}…{9} of a text as bits. */
static unsigned places(const char *text)
{
	unsigned found = 0;
	for (const char *at = text; *at; at++)
		if (at[0] == '{' && at[1] >= '1' && at[1] <= '9' && at[2] == '}')
			found |= 1u << (at[1] - '0');
	return found;
}

static void read_sentence(struct language *language, const struct node *node, struct diagnostics *mistakes)
{
	enum sentence which;
	if (!node->text || node->kind == NODE_NULL || !node->text[0])
		diagnostics_add(mistakes, node->place, "%s: expected text", node->key);
	else if (sentence_find(node->key, &which) < 0)
		diagnostics_add(mistakes, node->key_place, "%s: there is no sentence of this name", node->key);
	else if (places(node->text) != places(sentence_english(which)))
		diagnostics_add(mistakes, node->place, "%s: expected the same {1}, {2}, … as in \"%s\"", node->key,
				sentence_english(which));
	else
		language->texts[which] = text_copy(node->text);
}

static struct language *read_file(const char *path, const char *code, struct diagnostics *mistakes)
{
	autodocument struct document *document = NULL;
	if (document_load(path, &document, mistakes) < 0)
		return NULL;
	const struct node *root = document_root(document);
	struct language *language = memory_alloc(sizeof *language);
	language->code = text_copy(code);
	language->name = text_copy(node_text(root, "name", code));
	for node_each(node, node_get(root, "sentences"))
		if (node->key)
			read_sentence(language, node, mistakes);
	return language;
}

void languages_load(const char *root, struct languages *ret_languages, struct diagnostics *mistakes)
{
	autofree char *folder = path_join(root, FOLDER);
	autostrings struct strings names = { 0 };
	struct languages all = { 0 };
	size_t capacity = 0;
	struct error unread = { 0 };
	struct language *english = memory_alloc(sizeof *english);
	english->code = text_copy("en");
	english->name = text_copy("English");
	all.items = array_grow(all.items, all.count, &capacity, sizeof *all.items);
	all.items[all.count++] = english;
	if (path_is_directory(folder) && directory_list(folder, &names, &unread) < 0)
		diagnostics_add(mistakes, (struct place){ 0 }, "%s", unread.message);
	error_clear(&unread);
	strings_sort(&names);
	for (size_t i = 0; i < names.count; i++) {
		if (!text_ends(names.items[i], ".yaml"))
			continue;
		autofree char *path = path_join(folder, names.items[i]);
		autofree char *code = text_copy_n(names.items[i], strlen(names.items[i]) - strlen(".yaml"));
		struct language *language = read_file(path, code, mistakes);
		if (!language)
			continue;
		all.items = array_grow(all.items, all.count, &capacity, sizeof *all.items);
		all.items[all.count++] = language;
	}
	*ret_languages = all;
}

void languages_clear(struct languages *languages)
{
	for (size_t i = 0; i < languages->count; i++)
		language_free(languages->items[i]);
	free(languages->items);
	memset(languages, 0, sizeof *languages);
}

const struct language *languages_find(const struct languages *languages, const char *code)
{
	for (size_t i = 0; code && i < languages->count; i++)
		if (text_equal(languages->items[i]->code, code))
			return languages->items[i];
	return NULL;
}

/* The weight behind "; q=", 1 when there is none, 0 when it makes no sense. */
static double weight(const char *range)
{
	const char *at = strchr(range, ';');
	at = at ? strpbrk(at, "qQ") : NULL;
	if (!at)
		return 1;
	char *end;
	double value = at[1] == '=' ? strtod(at + 2, &end) : 0;
	return at[1] == '=' && end > at + 2 && value >= 0 && value <= 1 ? value : 0;
}

const struct language *languages_choose(const struct languages *languages, const char *accept,
					const char *standard)
{
	autostrings struct strings ranges = { 0 };
	const struct language *best = languages_find(languages, standard);
	double best_weight = 0;
	strings_split(&ranges, accept ? accept : "", ",");
	for (size_t i = 0; i < ranges.count && i < 64; i++) {
		/* "fr-CA" is well served with "fr" */
		const char *range = ranges.items[i] + strspn(ranges.items[i], " \t");
		autofree char *code = text_copy_n(range, strcspn(range, "-; \t"));
		const struct language *found = languages_find(languages, code);
		double wish = weight(ranges.items[i]);
		if (!found || wish <= best_weight)
			continue;
		best = found;
		best_weight = wish;
	}
	return best ? best : languages->items[0];
}

const char *language_code(const struct language *language)
{
	return language ? language->code : "en";
}

const char *language_name(const struct language *language)
{
	return language ? language->name : "English";
}

bool language_has(const struct language *language, enum sentence which)
{
	return !language || text_equal(language->code, "en") || language->texts[which];
}

const char *language_sentence(const struct language *language, enum sentence which)
{
	return language && language->texts[which] ? language->texts[which] : sentence_english(which);
}
