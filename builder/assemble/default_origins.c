/* The registries that the tools root's own clients know: hiebox itself names none. */
#include <string.h>

#include "assemble/archive.h"
#include "assemble/assemble.h"

#define SOURCE_MAXIMUM (4u << 20)

/* The first https address in `text` behind `mark`, without slashes at its end; NULL when there is none. */
static char *address_behind(const char *text, const char *mark)
{
	const char *at = strstr(text, mark);
	const char *begin = at ? strstr(at, "https://") : NULL;
	size_t length = begin ? strcspn(begin, "<>'\"` \t\r\n") : 0;
	while (length && begin[length - 1] == '/')
		length--;
	return length > strlen("https://") ? text_copy_n(begin, length) : NULL;
}

/* Maven's built-in super POM is in the model builder's jar, whichever name Debian gives it. */
static int default_maven(const struct tools *tools, char **ret_address, struct error *err)
{
	autofree char *folder = path_join(tools->root, "usr/share/java");
	struct strings autostrings names = { 0 };
	if (!path_is_directory(folder))
		return 0;
	if (directory_list(folder, &names, err))
		return -1;
	for (size_t i = 0; i < names.count && !*ret_address; i++) {
		autofree char *jar = path_join(folder, names.items[i]), *pom = NULL;
		if (!strstr(names.items[i], "model-builder") || !path_exists(jar))
			continue;
		int answer = archive_member(jar, "org/apache/maven/model/pom-4.0.0.xml", &pom, NULL, err);
		if (answer < 0)
			return -1;
		if (answer == 0)
			*ret_address = address_behind(pom, "<repository>");
	}
	return 0;
}

/* npm's own table of settings, or the small package that Debian's JavaScript programs take it from. */
static int default_npm(const struct tools *tools, char **ret_address, struct error *err)
{
	static const char *const places[][2] = {
		{ "usr/share/nodejs/registry-url/index.js", "" },
		{ "usr/share/nodejs/npm/lib/utils/config/definitions.js", "define('registry'" },
		{ "usr/share/nodejs/@npmcli/config/lib/definitions/definitions.js",
		  "registry: new Definition('registry'" },
	};
	for (size_t i = 0; i < LENGTH(places) && !*ret_address; i++) {
		autofree char *path = path_join(tools->root, places[i][0]), *text = NULL;
		if (!path_exists(path))
			continue;
		if (file_read(path, SOURCE_MAXIMUM, &text, NULL, err))
			return -1;
		*ret_address = address_behind(text, places[i][1]);
	}
	return 0;
}

int tools_default_origins(const struct tools *tools, struct origins *origins, struct error *err)
{
	if (!origins->maven && default_maven(tools, &origins->maven, err))
		return error_prefix(err, "Maven's default repository");
	if (!origins->npm && default_npm(tools, &origins->npm, err))
		return error_prefix(err, "npm's default registry");
	return 0;
}
