#include <stdlib.h>
#include <string.h>

#include "fetch/registries.h"

/* The text without comments; caller frees. */
static char *without_comments(const char *text)
{
	struct buffer result = {0};

	buffer_text(&result, "");
	while (*text) {
		const char *start = strstr(text, "<!--");

		if (!start) {
			buffer_text(&result, text);
			break;
		}
		buffer_add(&result, text, (size_t)(start - text));
		const char *end = strstr(start + 4, "-->");
		if (!end)
			break;
		text = end + 3;
	}
	return buffer_steal(&result);
}

/* The content of the first <tag>…</tag>, trimmed, entities decoded; caller frees; or NULL. */
static char *element(const char *text, const char *tag)
{
	static const struct {
		const char *name;
		char byte;
	} entities[] = {
		{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};
	autofree char *open = text_format("<%s>", tag);
	autofree char *close = text_format("</%s>", tag);
	const char *start = strstr(text, open);
	const char *end = start ? strstr(start, close) : NULL;
	struct buffer result = {0};

	if (!end)
		return NULL;
	start += strlen(open);
	start += strspn(start, " \t\r\n");
	while (end > start && strchr(" \t\r\n", end[-1]))
		end--;
	buffer_text(&result, "");
	while (start < end) {
		size_t k = 0;

		while (k < LENGTH(entities) && !text_starts(start, entities[k].name))
			k++;
		buffer_add(&result, k < LENGTH(entities) ? &entities[k].byte : start, 1);
		start += k < LENGTH(entities) ? strlen(entities[k].name) : 1;
	}
	return buffer_steal(&result);
}

/* Does <mirrorOf> name the central repository? It is reached by https on another machine, so
 * "external:*" does, and "external:http:*" does not. */
static bool is_of_central(const char *mirror_of)
{
	autostrings struct strings names = {0};

	strings_split(&names, mirror_of, ", \t\r\n");
	if (strings_have(&names, "!central"))
		return false;
	return strings_have(&names, "central") || strings_have(&names, "*") ||
	       strings_have(&names, "external:*");
}

/* ${env.NAME} replaced; NULL when something else than that stands there. Caller frees. */
static char *resolve(const char *url)
{
	struct buffer result = {0};

	buffer_text(&result, "");
	while (*url) {
		if (!text_starts(url, "${")) {
			buffer_add(&result, url++, 1);
			continue;
		}
		const char *end = strchr(url, '}');
		autofree char *name = end ? text_copy_n(url + 2, (size_t)(end - url - 2)) : NULL;
		const char *value = name && text_starts(name, "env.") ? getenv(name + 4) : NULL;
		if (!value) {
			buffer_clear(&result);
			return NULL;
		}
		buffer_text(&result, value);
		url = end + 1;
	}
	while (result.length > 0 && result.data[result.length - 1] == '/')
		result.data[--result.length] = '\0';
	return buffer_steal(&result);
}

static char *read_mirror(const char *mirror, const char *name)
{
	autofree char *mirror_of = element(mirror, "mirrorOf");
	autofree char *url = element(mirror, "url");
	autofree char *blocked = element(mirror, "blocked");

	if (!mirror_of || !url || !is_of_central(mirror_of) || text_equal(blocked, "true"))
		return NULL;
	char *resolved = resolve(url);
	if (!resolved || (!text_starts(resolved, "http://") && !text_starts(resolved, "https://") &&
			  !text_starts(resolved, "file:///"))) {
		progress_warn("%s: the mirror %s of central cannot be used by hiebox", name, url);
		free(resolved);
		return NULL;
	}
	return resolved;
}

char *maven_mirror(const char *text, const char *name)
{
	autofree char *plain = without_comments(text);

	for (const char *at = plain; (at = strstr(at, "<mirror>"));) {
		const char *end = strstr(at, "</mirror>");

		if (!end)
			return NULL;
		autofree char *mirror = text_copy_n(at, (size_t)(end - at));
		char *url = read_mirror(mirror, name);
		if (url)
			return url;
		at = end;
	}
	return NULL;
}
