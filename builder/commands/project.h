/* Where the project is: the folder with recipes/, units/, overlays/ and the sources of the box's program.
 * Inside the room. */
#ifndef HIEBOX_COMMANDS_PROJECT_H
#define HIEBOX_COMMANDS_PROJECT_H

#include "base/base.h"

/* The project that was installed with this program: found from where the program itself lies, so that it may be
 * moved as a whole. Absolute; caller frees. NULL when there is none. */
char *project_installed(void);

/* The project to work in when no recipe says it: --project, else the nearest folder at or above the current one that
 * is a project ("." for the current one), else the installed one. Caller frees; NULL when there is none. */
char *project_here(const struct parsed_options *options);

/* The file that a person means by `argument`: a path, or the plain name of a recipe, looked for in the project here
 * (or --project), as NAME.yaml in the current folder, and in the installed project. Always a path, though perhaps of
 * a file that is not there. Caller frees. */
char *project_recipe(const struct parsed_options *options, const char *argument);

/* The project that the recipe file `recipe` belongs to: --project; NULL when a folder above the recipe is one; else
 * the installed one, or NULL. Caller frees. */
char *project_of(const struct parsed_options *options, const char *recipe);

/* Where the lock of the recipe `name`, the file `recipe` of the project `project`, stands: beside it; in the current
 * folder, as NAME.lock, for an installed recipe and where the recipe's folder cannot be written to. Caller frees. */
char *project_lock(const char *project, const char *recipe, const char *name);

/* The sources that the box's program is compiled from: the project's own, or the installed ones for a project that
 * has only recipes and components. Caller frees. */
char *project_sources(const char *project);

#endif
