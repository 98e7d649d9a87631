/* What workflows may name; see workflow_names.h. */
#include "commands/workflow_names.h"

#include "commands/project.h"

void workflow_names_find(const struct catalogue *catalogue, struct arena *arena, struct workflow_names *ret_names)
{
	const struct component *const *components;
	size_t count = catalogue_components(catalogue, &components);
	size_t roles = count, credentials = 0;

	for (size_t i = 0; i < count; i++) {
		roles += components[i]->provides.count;
		credentials += components[i]->secrets ? components[i]->secrets->count : 0;
	}
	const char **role = arena_alloc(arena, (roles + 1) * sizeof *role);
	const char **credential = arena_alloc(arena, (credentials + 1) * sizeof *credential);
	ret_names->roles = role;
	ret_names->credentials = credential;
	for (size_t i = 0; i < count; i++) {
		*role++ = components[i]->id;
		for (size_t r = 0; r < components[i]->provides.count; r++)
			*role++ = components[i]->provides.items[r].text;
		for node_each(secret, components[i]->secrets)
			if (node_get(secret, "user"))
				*credential++ = node_text(secret, "name", "");
	}
	*role = *credential = NULL;
}

char *workflow_folder(const struct parsed_options *options, struct error *err)
{
	const char *given = option_value(options, "workflows");
	autofree char *project = given ? NULL : project_here(options);

	if (given)
		return text_copy(given);
	if (project)
		return path_join(text_equal(project, ".") ? "recipes" : project,
				 text_equal(project, ".") ? "workflows" : "recipes/workflows");
	error_set(err, "no project here: no folder at or above the current one has recipes/components; "
		       "say one with --project DIR, or the folder of the workflows with --workflows DIR");
	return NULL;
}
