#include "base/options.h"

#include <string.h>

#include "base/memory.h"

/* What parsing needs at every step. */
struct parsing {
	char *const *next; /* the argument to look at next; NULL at the end */
	const struct command_entry *commands;
	const struct option_entry *globals;
	struct parsed_options *result;
};

static const struct option_entry *find_in(const struct option_entry *table, const char *name,
					  size_t length)
{
	for (; table && table->name; table++)
		if (strlen(table->name) == length && memcmp(table->name, name, length) == 0)
			return table;
	return NULL;
}

static const struct option_entry *find_letter_in(const struct option_entry *table, char letter)
{
	for (; table && table->name; table++)
		if (table->letter == letter)
			return table;
	return NULL;
}

static const struct option_entry *command_options(const struct parsing *parsing)
{
	return parsing->result->command ? parsing->result->command->options : NULL;
}

static void add_names(struct strings *names, const struct option_entry *table)
{
	for (; table && table->name; table++)
		strings_add(names, table->name);
}

static int unknown_option(const struct parsing *parsing, const char *name, size_t length,
			  struct error *err)
{
	autofree char *given = text_copy_n(name, length);
	autostrings struct strings names = {0};
	const char *nearest;

	add_names(&names, command_options(parsing));
	add_names(&names, parsing->globals);
	nearest = nearest_name(given, (const char *const *)names.items);
	if (nearest)
		return error_set(err, "unknown option --%s; did you mean --%s?", given, nearest);
	return error_set(err, "unknown option --%s", given);
}

static int add_value(struct parsing *parsing, const struct option_entry *entry, const char *value,
		     struct error *err)
{
	struct parsed_options *result = parsing->result;

	if (!entry->repeat && entry->value && option_given(result, entry->name))
		return error_set(err, "option --%s is given twice", entry->name);
	result->values = memory_resize(result->values, result->count + 1, sizeof *result->values);
	result->values[result->count++] = (struct parsed_value){entry, value};
	return 0;
}

/* The argument after an option that wants one. */
static int next_value(struct parsing *parsing, const struct option_entry *entry,
		      const char **ret_value, struct error *err)
{
	if (!*parsing->next)
		return error_set(err, "option --%s needs a value: --%s %s", entry->name,
				 entry->name, entry->value);
	*ret_value = *parsing->next++;
	return 0;
}

/* `text` is what stands behind the two dashes. */
static int parse_long(struct parsing *parsing, const char *text, struct error *err)
{
	size_t length = strcspn(text, "=");
	const char *value = text[length] ? text + length + 1 : NULL;
	const struct option_entry *entry = find_in(command_options(parsing), text, length);

	if (!entry)
		entry = find_in(parsing->globals, text, length);
	if (!entry)
		return unknown_option(parsing, text, length, err);
	if (value && !entry->value)
		return error_set(err, "option --%s takes no value", entry->name);
	if (!value && entry->value && next_value(parsing, entry, &value, err) < 0)
		return -1;
	return add_value(parsing, entry, value, err);
}

/* `text` is what stands behind the one dash: letters of switches, the last one perhaps with a
 * value. */
static int parse_short(struct parsing *parsing, const char *text, struct error *err)
{
	while (*text) {
		const struct option_entry *entry = find_letter_in(command_options(parsing), *text);
		const char *value = NULL;

		if (!entry)
			entry = find_letter_in(parsing->globals, *text);
		if (!entry)
			return error_set(err, "unknown option -%c", *text);
		text++;
		if (entry->value && *text) {
			value = text;
			text += strlen(text);
		} else if (entry->value && next_value(parsing, entry, &value, err) < 0) {
			return -1;
		}
		if (add_value(parsing, entry, value, err) < 0)
			return -1;
	}
	return 0;
}

static int choose_command(struct parsing *parsing, const char *name, struct error *err)
{
	autostrings struct strings names = {0};
	const char *nearest;

	for (const struct command_entry *command = parsing->commands; command->name; command++) {
		if (text_equal(command->name, name)) {
			parsing->result->command = command;
			return 0;
		}
		strings_add(&names, command->name);
	}
	nearest = nearest_name(name, (const char *const *)names.items);
	if (nearest)
		return error_set(err, "unknown command \"%s\"; did you mean \"%s\"?", name,
				 nearest);
	return error_set(err, "unknown command \"%s\"", name);
}

static int parse_positional(struct parsing *parsing, const char *text, struct error *err)
{
	if (!parsing->result->command)
		return choose_command(parsing, text, err);
	strings_add(&parsing->result->arguments, text);
	return 0;
}

static int check_arguments(const struct parsed_options *result, struct error *err)
{
	const struct command_entry *command = result->command;

	/* Who asks for help is not told what else is missing. */
	if (option_given(result, "help") || (!command && option_given(result, "version")))
		return 0;
	if (!command)
		return error_set(err, "no command given");
	if (result->arguments.count < command->least)
		return error_set(err, "%s needs %s: %s %s", command->name,
				 command->least == 1 ? "an argument" : "more arguments",
				 command->name, command->arguments ? command->arguments : "");
	if (result->arguments.count > command->most)
		return error_set(err, "%s: unexpected argument \"%s\"", command->name,
				 result->arguments.items[command->most]);
	return 0;
}

int options_parse(char *const *argv, const struct command_entry *commands,
		  const struct option_entry *globals, struct parsed_options *ret, struct error *err)
{
	struct parsing parsing = {argv[0] ? argv + 1 : argv, commands, globals, ret};
	bool only_arguments = false;

	while (*parsing.next) {
		const char *text = *parsing.next++;
		int status;

		if (!only_arguments && text_equal(text, "--")) {
			only_arguments = true;
			continue;
		}
		if (only_arguments || text[0] != '-' || !text[1])
			status = parse_positional(&parsing, text, err);
		else if (text[1] == '-')
			status = parse_long(&parsing, text + 2, err);
		else
			status = parse_short(&parsing, text + 1, err);
		if (status < 0)
			return -1;
	}
	return check_arguments(ret, err);
}

bool option_given(const struct parsed_options *options, const char *name)
{
	for (size_t i = 0; i < options->count; i++)
		if (text_equal(options->values[i].entry->name, name))
			return true;
	return false;
}

const char *option_value(const struct parsed_options *options, const char *name)
{
	for (size_t i = options->count; i > 0; i--)
		if (text_equal(options->values[i - 1].entry->name, name))
			return options->values[i - 1].value;
	return NULL;
}

void option_values(const struct parsed_options *options, const char *name, struct strings *list)
{
	for (size_t i = 0; i < options->count; i++)
		if (text_equal(options->values[i].entry->name, name))
			strings_add(list, options->values[i].value);
}

void options_clear(struct parsed_options *options)
{
	free(options->values);
	strings_clear(&options->arguments);
	*options = (struct parsed_options){0};
}
