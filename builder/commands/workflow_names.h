/* The names that a project's workflows may use, and where its workflows are. Inside the room. */
#ifndef HIEBOX_COMMANDS_WORKFLOW_NAMES_H
#define HIEBOX_COMMANDS_WORKFLOW_NAMES_H

#include "base/base.h"
#include "recipe/recipe.h"
#include "workflow/workflow.h"

/* Roles and credentials that the components of the catalogue bring, NULL-terminated, in the arena. */
void workflow_names_find(const struct catalogue *catalogue, struct arena *arena, struct workflow_names *ret_names);

/* The folder of workflows: --workflows, else recipes/workflows of the project here. Caller frees; NULL with err when
 * there is no project. The folder itself may be missing. */
char *workflow_folder(const struct parsed_options *options, struct error *err);

#endif
