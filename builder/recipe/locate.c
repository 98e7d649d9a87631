/* Where the project is, and how its files are named in messages: the way the recipe was given. */
#include "recipe/catalogue.h"

#include <string.h>

/* The folder above `folder` ("" is the current one), in words that still open the right file. */
static char *shown_parent(const char *folder)
{
	if (!*folder)
		return text_copy("..");
	if (text_equal(folder, "..") || text_ends(folder, "/.."))
		return path_join(folder, "..");
	const char *slash = strrchr(folder, '/');
	if (!slash)
		return text_copy("");
	return slash == folder ? text_copy("/") : text_copy_n(folder, (size_t)(slash - folder));
}

/* Is `folder` "", "../..", "../a/b", "a/b" or absolute without dots? Then its parents are found in its text. */
static bool is_plain(const char *folder)
{
	while (text_starts(folder, "../"))
		folder += 3;
	if (!*folder || text_equal(folder, "..") || text_equal(folder, "/"))
		return true;
	return path_is_clean(*folder == '/' ? folder + 1 : folder);
}

static bool holds_components(const char *folder)
{
	autofree char *components = path_join(folder, "recipes/components");
	return path_is_directory(components);
}

char *project_above(const char *folder)
{
	autofree char *above = realpath(folder, NULL);
	while (above && !holds_components(above)) {
		if (text_equal(above, "/"))
			return NULL;
		char *parent = path_directory(above);
		free(above);
		above = parent;
	}
	return steal(above);
}

static void take(struct catalogue *catalogue, const char *absolute, const char *shown)
{
	catalogue->project = arena_string(catalogue->arena, absolute);
	catalogue->shown = arena_string(catalogue->arena, shown);
}

int locate_project(struct catalogue *catalogue, const char *folder, const char *project)
{
	const char *start = project ? project : folder;
	while (text_starts(start, "./"))
		start += 2;
	autofree char *shown = text_copy(text_equal(start, ".") ? "" : start);
	autofree char *absolute = realpath(*shown ? shown : ".", NULL);
	if (!absolute)
		return -1;
	for (size_t length = strlen(shown); length > 1 && shown[length - 1] == '/'; length--)
		shown[length - 1] = 0;
	if (!is_plain(shown)) {
		free(shown);
		shown = text_copy(absolute);
	}
	while (!holds_components(absolute)) {
		if (project || text_equal(absolute, "/"))
			return -1;
		char *parent = path_directory(absolute);
		free(absolute);
		absolute = parent;
		parent = shown_parent(shown);
		free(shown);
		shown = parent;
	}
	take(catalogue, absolute, shown);
	return 0;
}

const char *locate_shown(const struct catalogue *catalogue, const char *path)
{
	if (!*catalogue->shown)
		return arena_string(catalogue->arena, path);
	autofree char *joined = path_join(catalogue->shown, path);
	return arena_string(catalogue->arena, joined);
}

const char *locate_folder(const struct catalogue *catalogue, const char *path)
{
	autofree char *folder = path_directory(path);
	autofree char *absolute = realpath(folder, NULL);
	return arena_string(catalogue->arena, absolute ? absolute : folder);
}
