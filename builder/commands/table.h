/* The program's tables, from which parsing, help, man pages and completion are made. Inside the room. */
#ifndef HIEBOX_COMMANDS_TABLE_H
#define HIEBOX_COMMANDS_TABLE_H

#include "base/base.h"
#include "recipe/recipe.h"

extern const struct command_entry hiebox_commands[]; /* ended by a NULL name */
extern const struct option_entry hiebox_options[];   /* of every command; ended by a NULL name */
extern const struct file_kind *const hiebox_kinds[]; /* ended by NULL */

extern const struct option_entry test_options[];

#endif
