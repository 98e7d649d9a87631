/* Help from the same tables that parse. */
#include <string.h>

#include "base/memory.h"
#include "base/options.h"

#define HELP_WIDTH 80
#define NAME_COLUMN_MAX 28

static char *option_name(const struct option_entry *entry)
{
	autofree char *letter =
		entry->letter ? text_format("-%c, ", entry->letter) : text_copy("    ");

	return text_format("%s--%s%s%s", letter, entry->name, entry->value ? "=" : "",
			   entry->value ? entry->value : "");
}

static size_t count_columns(const char *text)
{
	size_t columns = 0;

	for (; *text; text++)
		columns += ((unsigned char)*text & 0xc0) != 0x80;
	return columns;
}

/* "  NAME   help", the help wrapped and indented to `column`. */
static void print_entry(FILE *to, const char *name, const char *help, size_t column)
{
	autostrings struct strings words = {0};
	size_t at = 2 + count_columns(name);

	fprintf(to, "  %s", name);
	strings_split(&words, help ? help : "", " ");
	if (words.count && at + 2 > column) {
		fputc('\n', to);
		at = 0;
	}
	for (size_t i = 0; i < words.count; i++) {
		size_t width = count_columns(words.items[i]);

		if (at >= column && at + 1 + width > HELP_WIDTH) {
			fputc('\n', to);
			at = 0;
		}
		if (at < column) {
			fprintf(to, "%*s", (int)(column - at), "");
			at = column;
		} else {
			fputc(' ', to);
			at++;
		}
		fputs(words.items[i], to);
		at += width;
	}
	fputc('\n', to);
}

/* Paragraphs, each wrapped. */
static void print_paragraphs(FILE *to, const char *text)
{
	while (*text) {
		const char *end = strstr(text, "\n\n");
		autofree char *paragraph = text_copy_n(text, end ? (size_t)(end - text) : strlen(text));
		autostrings struct strings words = {0};
		size_t at = 0;

		strings_split(&words, paragraph, " \n");
		for (size_t i = 0; i < words.count; i++) {
			size_t width = count_columns(words.items[i]);
			bool fits = at == 0 || at + 1 + width <= HELP_WIDTH;

			fprintf(to, "%s%s", at == 0 ? "\n" : fits ? " " : "\n", words.items[i]);
			at = fits && at ? at + 1 + width : width;
		}
		fputc('\n', to);
		text = end ? end + 2 : text + strlen(text);
	}
}

static void print_examples(FILE *to, const char *examples)
{
	autostrings struct strings lines = {0};

	strings_split(&lines, examples, "\n");
	fputs("\nExamples:\n", to);
	for (size_t i = 0; i < lines.count; i++) {
		const char *remark = strstr(lines.items[i], " # ");

		if (remark)
			fprintf(to, "  %s\n      %.*s\n", remark + 3, (int)(remark - lines.items[i]), lines.items[i]);
	}
}

static size_t widen(size_t column, const char *name)
{
	size_t wanted = count_columns(name) + 4;

	return wanted > column && wanted <= NAME_COLUMN_MAX ? wanted : column;
}

static size_t options_column(const struct option_entry *table, size_t column)
{
	for (; table && table->name; table++) {
		autofree char *name = option_name(table);

		column = widen(column, name);
	}
	return column;
}

static void print_options(FILE *to, const char *title, const struct option_entry *table,
			  size_t column)
{
	if (!table || !table->name)
		return;
	fprintf(to, "\n%s:\n", title);
	for (; table->name; table++) {
		autofree char *name = option_name(table);

		print_entry(to, name, table->help, column);
	}
}

void options_help(FILE *to, const char *program, const struct command_entry *commands,
		  const struct option_entry *globals)
{
	size_t column = options_column(globals, 4);

	for (const struct command_entry *command = commands; command->name; command++)
		column = widen(column, command->name);
	fprintf(to, "Usage: %s COMMAND [OPTION …] [ARGUMENT …]\n\nCommands:\n", program);
	for (const struct command_entry *command = commands; command->name; command++)
		print_entry(to, command->name, command->help, column);
	print_options(to, "Options", globals, column);
	fprintf(to, "\n\"%s COMMAND --help\" tells more about one command.\n", program);
}

void options_command_help(FILE *to, const char *program, const struct command_entry *command,
			  const struct option_entry *globals)
{
	bool some = command->options && command->options->name;
	size_t column = options_column(globals, options_column(command->options, 4));

	fprintf(to, "Usage: %s %s%s%s%s\n\n", program, command->name, some ? " [OPTION …]" : "",
		command->arguments && *command->arguments ? " " : "",
		command->arguments ? command->arguments : "");
	fprintf(to, "%s\n", command->help);
	if (command->more)
		print_paragraphs(to, command->more);
	print_options(to, "Options", command->options, column);
	print_options(to, "Options of every command", globals, column);
	if (command->examples)
		print_examples(to, command->examples);
}
