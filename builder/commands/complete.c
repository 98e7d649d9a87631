/* hiebox complete: what may stand at the end of a command line. The shells' scripts (completion.c) call it, so that
 * all of them know the same, from the tables that parse. */
#include <stdio.h>
#include <string.h>

#include "commands/project.h"
#include "commands/session.h"
#include "commands/table.h"
#include "document/document.h"

/* The words before the last one, understood. */
struct typed {
	struct parsed_options parsed;
	const struct option_entry *pending; /* the last word is its value */
	bool only_arguments;                /* behind -- */
	const char *last;                   /* the word to complete */
};

static const struct option_entry *find_option(const struct typed *typed, const char *name, size_t length)
{
	const struct option_entry *tables[] = {typed->parsed.command ? typed->parsed.command->options : NULL,
					       hiebox_options};

	for (size_t i = 0; i < LENGTH(tables); i++)
		for (const struct option_entry *entry = tables[i]; entry && entry->name; entry++)
			if (strlen(entry->name) == length && memcmp(entry->name, name, length) == 0)
				return entry;
	return NULL;
}

static const struct option_entry *find_letter(const struct typed *typed, char letter)
{
	const struct option_entry *tables[] = {typed->parsed.command ? typed->parsed.command->options : NULL,
					       hiebox_options};

	for (size_t i = 0; i < LENGTH(tables); i++)
		for (const struct option_entry *entry = tables[i]; entry && entry->name; entry++)
			if (entry->letter == letter)
				return entry;
	return NULL;
}

static void take_option(struct typed *typed, const struct option_entry *entry, const char *value)
{
	struct parsed_options *parsed = &typed->parsed;

	parsed->values = memory_resize(parsed->values, parsed->count + 1, sizeof *parsed->values);
	parsed->values[parsed->count++] = (struct parsed_value){entry, value};
}

/* One word that begins with a dash. What is wrong is passed over: the command itself will say so. */
static void read_option(struct typed *typed, const char *word)
{
	const struct option_entry *entry;

	if (word[1] == '-') {
		size_t length = strcspn(word + 2, "=");
		entry = find_option(typed, word + 2, length);
		if (entry && entry->value && word[2 + length] != '=')
			typed->pending = entry;
		else if (entry)
			take_option(typed, entry, entry->value ? word + 2 + length + 1 : NULL);
		return;
	}
	for (word++; *word; word++) {
		entry = find_letter(typed, *word);
		if (entry && entry->value && word[1]) {
			take_option(typed, entry, word + 1);
			return;
		}
		if (entry && entry->value)
			typed->pending = entry;
		else if (entry)
			take_option(typed, entry, NULL);
	}
}

static void read_word(struct typed *typed, const char *word)
{
	if (typed->pending) {
		take_option(typed, typed->pending, word);
		typed->pending = NULL;
	} else if (!typed->only_arguments && text_equal(word, "--")) {
		typed->only_arguments = true;
	} else if (!typed->only_arguments && word[0] == '-' && word[1]) {
		read_option(typed, word);
	} else if (typed->parsed.command) {
		strings_add(&typed->parsed.arguments, word);
	} else {
		for (const struct command_entry *entry = hiebox_commands; entry->name; entry++)
			if (text_equal(entry->name, word))
				typed->parsed.command = entry;
	}
}

/* One line of the answer: the word, a tab, what it means. */
static void offer(const char *start, const char *word, const char *help)
{
	printf("%s%s\t", start, word);
	for (const char *c = help ? help : ""; *c; c++)
		putchar((unsigned char)*c < ' ' ? ' ' : *c);
	putchar('\n');
}

static void offer_commands(const char *start)
{
	for (const struct command_entry *entry = hiebox_commands; entry->name; entry++)
		offer(start, entry->name, entry->help);
}

/* The YAML files of `folder` by their plain names, or the folders in it (`marker` being a file in each). */
static void offer_named(const char *start, const char *folder, const char *marker)
{
	autostrings struct strings names = {0};

	if (!path_is_directory(folder) || directory_list(folder, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		autodocument struct document *document = NULL;
		struct diagnostics mistakes = {0};
		const char *entry = names.items[i];
		autofree char *path = marker ? path_join3(folder, entry, marker) : path_join(folder, entry);
		if (marker ? !path_exists(path) : !text_ends(entry, ".yaml"))
			continue;
		autofree char *name = text_copy_n(entry, strlen(entry) - (marker ? 0 : strlen(".yaml")));
		const char *summary = "";
		if (document_load(path, &document, &mistakes) == 0)
			summary = node_text(document_root(document), "summary",
					    node_text(node_get(document_root(document), "title"), "en", ""));
		diagnostics_clear(&mistakes);
		offer(start, name, summary);
	}
}

static void offer_from_project(const struct typed *typed, const char *start, const char *folder, const char *marker)
{
	autofree char *here = project_here(&typed->parsed);
	autofree char *path = here ? path_join(here, folder) : NULL;

	if (path)
		offer_named(start, path, marker);
}

/* What stands behind the = of a key: the words that it may be. */
static void offer_values(const char *start, const struct value_type *type)
{
	for (const struct word *word = type->words; word && word->name; word++)
		offer(start, word->name, "");
	if (type->store != STORE_BOOLEAN)
		return;
	offer(start, "true", "");
	offer(start, "false", "");
}

/* KEY= for every key of the table, those inside maps with dots; behind a typed KEY= its values. `start` is what stands
 * before the key in the word. */
static void offer_keys(const struct typed *typed, const char *start, const char *above, const struct key_entry *keys)
{
	for (; keys->name; keys++) {
		autofree char *key = text_format("%s%s", above, keys->name);
		autofree char *begun = text_format("%s%s=", start, key);
		if (keys->type && keys->type->form == FORM_RECORD) {
			autofree char *inside = text_format("%s.", key);
			offer_keys(typed, start, inside, keys->type->keys);
		} else if (keys->type && text_starts(typed->last, begun)) {
			offer_values(begun, keys->type);
		} else if (keys->type) {
			offer("", begun, keys->help);
		}
	}
}

/* The pages of the manual. */
static void offer_pages(const char *start)
{
	offer(start, "hiebox", "the program");
	for (size_t i = 0; hiebox_kinds[i]; i++) {
		autofree char *page = text_format("hiebox-%s", hiebox_kinds[i]->name);
		offer(start, page, hiebox_kinds[i]->where);
	}
}

/* One alternative of an argument or of an option's value, as help shows it: a word to type, or in capitals what kind
 * of thing stands there. A line that begins with a colon tells the shell to offer files. */
static void offer_kind(const struct typed *typed, const char *start, const char *kind)
{
	if (kind[0] >= 'a' && kind[0] <= 'z')
		offer(start, kind, "");
	else if (text_equal(kind, "COMMAND"))
		offer_commands(start);
	else if (text_equal(kind, "PAGE"))
		offer_pages(start);
	else if (text_equal(kind, "COMPONENT"))
		offer_from_project(typed, start, "recipes/components", "component.yaml");
	else if (text_equal(kind, "BOARD"))
		offer_from_project(typed, start, "recipes/boards", NULL);
	else if (text_equal(kind, "WORKFLOW"))
		offer_from_project(typed, start, "recipes/workflows", NULL);
	else if (text_equal(kind, "KEY=VALUE"))
		offer_keys(typed, start, "", kind_recipe.type->keys);
	else if (text_equal(kind, "DIR"))
		puts(":folders");
	else if (text_equal(kind, "FILE") || text_equal(kind, "IMAGE"))
		puts(":files");
	if (!text_equal(kind, "RECIPE"))
		return;
	offer_from_project(typed, start, "recipes", NULL);
	puts(":yaml");
}

static void offer_kinds(const struct typed *typed, const char *start, const char *kinds)
{
	autostrings struct strings list = {0};

	strings_split(&list, kinds, "|[]");
	for (size_t i = 0; i < list.count; i++)
		offer_kind(typed, start, list.items[i]);
}

static void offer_options(const struct typed *typed, const struct option_entry *table, bool letters)
{
	for (; table && table->name; table++) {
		autofree char *name = text_format("--%s", table->name);
		autofree char *letter = table->letter ? text_format("-%c", table->letter) : NULL;
		if (!table->repeat && option_given(&typed->parsed, table->name))
			continue;
		offer("", name, table->help);
		if (letter && letters)
			offer("", letter, table->help);
	}
}

/* "RECIPE [NAME …]" by blanks; the last one counts for all behind it when … follows. */
static void offer_argument(const struct typed *typed)
{
	const struct command_entry *command = typed->parsed.command;
	autostrings struct strings slots = {0};
	size_t at = typed->parsed.arguments.count;

	strings_split(&slots, command->arguments ? command->arguments : "", " ");
	if (at >= command->most || !slots.count)
		return;
	bool repeats = text_starts(slots.items[slots.count - 1], "…");
	size_t count = slots.count - repeats;
	if (option_given(&typed->parsed, "against"))
		offer_kinds(typed, "", slots.items[count - 1]); /* there is no image to name */
	else if (at < count)
		offer_kinds(typed, "", slots.items[at]);
	else if (repeats && count)
		offer_kinds(typed, "", slots.items[count - 1]);
}

static void offer_all(const struct typed *typed)
{
	const char *last = typed->last;
	size_t name = strcspn(last, "=");

	if (typed->pending) {
		offer_kinds(typed, "", typed->pending->value);
	} else if (!typed->only_arguments && text_starts(last, "--") && last[name] == '=') {
		const struct option_entry *entry = find_option(typed, last + 2, name - 2);
		autofree char *start = text_copy_n(last, name + 1);
		if (entry && entry->value)
			offer_kinds(typed, start, entry->value);
	} else if (!typed->only_arguments && last[0] == '-') {
		if (typed->parsed.command)
			offer_options(typed, typed->parsed.command->options, last[1] != '-');
		offer_options(typed, hiebox_options, last[1] != '-');
	} else if (typed->parsed.command) {
		offer_argument(typed);
	} else {
		offer_commands("");
	}
}

int command_complete(const struct parsed_options *options, struct error *err)
{
	const struct strings *words = &options->arguments;
	struct typed typed = {0};

	(void)err;
	/* the first word is the program's name */
	for (size_t i = 1; i + 1 < words->count; i++)
		read_word(&typed, words->items[i]);
	typed.last = words->count > 1 ? words->items[words->count - 1] : "";
	offer_all(&typed);
	options_clear(&typed.parsed);
	return 0;
}
