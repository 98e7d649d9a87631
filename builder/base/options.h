/* Command tables: options and commands are data, so that parsing, help, man pages and completion all
 * come from one place. */
#ifndef HIEBOX_BASE_OPTIONS_H
#define HIEBOX_BASE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"
#include "base/text.h"

struct option_entry {
	const char *name;     /* long name without dashes: "store" */
	char letter;          /* short name, or 0 */
	const char *value;    /* the value's name in help ("DIR"), or the words it may be ("raw|qcow2"), which
			       * completion offers; NULL for a switch */
	const char *help;
	bool repeat;          /* may be given more than once */
};

struct parsed_options;

struct command_entry {
	const char *name;
	const char *arguments; /* "RECIPE [COMPONENT …]", shown in help; words in small letters are offered by completion */
	const char *help;      /* one line */
	const struct option_entry *options; /* ended by a NULL name */
	size_t least, most;    /* how many positional arguments; SIZE_MAX: any number */
	int (*run)(const struct parsed_options *options, struct error *err); /* see commands/session.h */
	/* What `help NAME` and the manual tell besides; NULL for nothing. `more`: paragraphs with an empty line
	 * between them, `words to type` in backquotes. `examples`: lines "COMMAND LINE # what it does". */
	const char *more, *examples;
};

/* The result of parsing; values are borrowed from argv. */
struct parsed_options {
	const struct command_entry *command;
	struct parsed_value {
		const struct option_entry *entry;
		const char *value; /* NULL for a switch */
	} *values;
	size_t count;
	struct strings arguments; /* positional */
};

/* Parses argv[1..], which ends with NULL, by the tables: global options and the command's may stand anywhere after the
 * command; `--` ends options; `--name=value` and `--name value`, `-o value`, `-ovalue`, `-qv`.
 * Global options may also stand before the command. Both tables end with a NULL name.
 * With an option named "help" given, arguments are not counted and the command may be missing
 * (`ret->command` is NULL then); so it is with "version" and no command.
 * An error is a usage error and names the nearest right option or command.
 * `ret` is zero-initialised by the caller and freed with options_clear(). */
int options_parse(char *const *argv, const struct command_entry *commands, const struct option_entry *globals,
		  struct parsed_options *ret, struct error *err);
bool option_given(const struct parsed_options *options, const char *name);
const char *option_value(const struct parsed_options *options, const char *name); /* last one, or NULL */
/* Adds all values of an option that may be repeated, in the order in which they were given. */
void option_values(const struct parsed_options *options, const char *name, struct strings *list);
void options_clear(struct parsed_options *options);

/* Help text of the whole program or one command, from the same tables. */
void options_help(FILE *to, const char *program, const struct command_entry *commands,
		  const struct option_entry *globals);
void options_command_help(FILE *to, const char *program, const struct command_entry *command,
			  const struct option_entry *globals);

#endif
