/* The program's tables, from which parsing, help, man pages and completion are made. Inside the room. */
#ifndef HIEBOX_COMMANDS_TABLE_H
#define HIEBOX_COMMANDS_TABLE_H

#include "base/base.h"
#include "recipe/recipe.h"

extern const struct command_entry hiebox_commands[]; /* ended by a NULL name */
extern const struct option_entry hiebox_options[];   /* of every command; ended by a NULL name */
extern const struct file_kind *const hiebox_kinds[]; /* ended by NULL */

/* Of run, dev and test: how what was built is started. */
#define MACHINE_OPTIONS \
	{"nspawn", 0, NULL, "a container of the image's layers instead of a machine: ready in seconds (root)", false}, \
	{"firmware", 0, "bios|uefi|secure", "what starts the disk (bios)", false}, \
	{"memory", 0, "SIZE", "of the machine (what the plan says)", false}, \
	{"processors", 0, "N", "of the machine (2)", false}, \
	{"output", 'o', "DIR", "where the recipe's image is, or goes (images)", false}

extern const struct option_entry test_options[];

#endif
