/* Inside the room: the key tables of its file kinds, and the scalars that only they use. */
#ifndef HIEBOX_RECIPE_TABLES_H
#define HIEBOX_RECIPE_TABLES_H

#include "recipe/recipe.h"

extern const struct value_type file_recipe, file_component, file_board, file_seed;
/* The keys `add` and `remove` of a recipe alone. */
extern const struct value_type file_list_changes;

/* values.c */
extern const struct value_type value_package, value_module, value_account, value_person, value_login,
	value_unit, value_kernel_argument, value_image,
	value_identifier, value_architecture, value_run_mode, value_recipe_file;

#endif
