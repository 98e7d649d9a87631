/* Where the project is; see project.h. */
#include "commands/project.h"

#include <string.h>

#include "recipe/recipe.h"

static bool is_project(const char *folder)
{
	autofree char *components = path_join(folder, "recipes/components");

	return path_is_directory(components);
}

char *project_installed(void)
{
	char program[4097];
	ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);

	if (length <= 0)
		return NULL;
	program[length] = '\0';
	autofree char *folder = path_directory(program);
	autofree char *data = path_join(folder, DATA_FROM_PROGRAM);
	autofree char *found = realpath(data, NULL);
	return found && is_project(found) ? steal(found) : NULL;
}

char *project_here(const struct parsed_options *options)
{
	const char *given = option_value(options, "project");
	autofree char *here = realpath(".", NULL);

	if (given)
		return text_copy(given);
	char *above = project_above(".");
	if (!above)
		return project_installed();
	if (!text_equal(above, here))
		return above;
	free(above);
	return text_copy(".");
}

/* recipes/NAME.yaml of the project, "." being left out of what messages show. */
static char *named_recipe(const char *project, const char *name)
{
	const char *shown = text_equal(project, ".") ? "" : project;

	return text_format("%s%srecipes/%s.yaml", shown, *shown ? "/" : "", name);
}

char *project_recipe(const struct parsed_options *options, const char *argument)
{
	bool is_file = path_exists(argument) && !path_is_directory(argument);

	if (is_file || strchr(argument, '/') || text_ends(argument, ".yaml"))
		return text_copy(argument);
	autofree char *here = project_here(options);
	autofree char *first = here ? named_recipe(here, argument) : text_copy(argument);
	if (path_exists(first) || option_given(options, "project"))
		return steal(first);
	autofree char *beside = text_format("%s.yaml", argument);
	if (path_exists(beside))
		return steal(beside);
	autofree char *installed = project_installed();
	autofree char *last = installed ? named_recipe(installed, argument) : NULL;
	return last && path_exists(last) ? steal(last) : steal(first);
}

char *project_of(const struct parsed_options *options, const char *recipe)
{
	if (option_given(options, "project"))
		return text_copy(option_value(options, "project"));
	autofree char *folder = path_directory(recipe);
	autofree char *above = project_above(folder);
	return above ? NULL : project_installed();
}

char *project_lock(const char *project, const char *recipe, const char *name)
{
	autofree char *installed = project_installed();
	autofree char *folder = path_directory(recipe);
	autofree char *real = realpath(folder, NULL);
	autofree char *recipes = installed ? path_join(installed, "recipes") : NULL;
	size_t stem = strlen(recipe) - (text_ends(recipe, ".yaml") ? strlen(".yaml") : 0);

	/* What is installed is the package manager's, also when root could write there. */
	bool is_installed = text_equal(project, installed) && text_equal(real, recipes);
	autofree char *beside = text_format("%.*s.lock", (int)stem, recipe);
	/* A clone that is only read (mounted into a container, say) keeps the lock that it has. */
	if (is_installed || (access(folder, W_OK) != 0 && !path_exists(beside)))
		return text_format("%s.lock", name);
	return steal(beside);
}

char *project_sources(const char *project)
{
	autofree char *own = path_join(project, "builder");
	autofree char *agent = path_join(own, "agent");
	autofree char *installed = path_is_directory(agent) ? NULL : project_installed();

	return installed ? path_join(installed, "builder") : steal(own);
}
