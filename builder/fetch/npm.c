#include <stdlib.h>
#include <string.h>

#include "fetch/registries.h"

void npm_clear(struct npm_settings *settings)
{
	free(settings->registry);
	strings_clear(&settings->keys);
	strings_clear(&settings->values);
	*settings = (struct npm_settings){0};
}

static char *trim(const char *start, size_t length)
{
	while (length > 0 && strchr(" \t\r", *start)) {
		start++;
		length--;
	}
	while (length > 0 && strchr(" \t\r", start[length - 1]))
		length--;
	if (length >= 2 && *start == '"' && start[length - 1] == '"') {
		start++;
		length -= 2;
	}
	return text_copy_n(start, length);
}

/* ${NAME} from the environment; a name that is not set stays as it is, as npm does it. */
static char *expand(const char *text)
{
	struct buffer result = {0};

	buffer_text(&result, "");
	while (*text) {
		const char *end = text_starts(text, "${") ? strchr(text, '}') : NULL;
		autofree char *name = end ? text_copy_n(text + 2, (size_t)(end - text - 2)) : NULL;
		const char *value = name ? getenv(name) : NULL;

		if (value) {
			buffer_text(&result, value);
			text = end + 1;
		} else {
			buffer_add(&result, text++, 1);
		}
	}
	return buffer_steal(&result);
}

static void take(struct npm_settings *settings, const char *key, const char *value)
{
	static const struct {
		const char *suffix, *scheme;
	} kinds[] = {{":_authToken", "Bearer"}, {":_auth", "Basic"}};

	if (text_equal(key, "registry") && !settings->registry) {
		settings->registry = text_copy(value);
		for (size_t n = strlen(value); n > 0 && value[n - 1] == '/'; n--)
			settings->registry[n - 1] = '\0';
	}
	for (size_t i = 0; i < LENGTH(kinds); i++) {
		if (!text_starts(key, "//") || !text_ends(key, kinds[i].suffix))
			continue;
		strings_take(&settings->keys,
			     text_copy_n(key, strlen(key) - strlen(kinds[i].suffix)));
		strings_format(&settings->values, "%s %s", kinds[i].scheme, value);
	}
}

void npm_parse(const char *text, struct npm_settings *settings)
{
	autostrings struct strings lines = {0};

	strings_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.count; i++) {
		const char *line = lines.items[i] + strspn(lines.items[i], " \t");
		const char *equal = strchr(line, '=');

		if (*line == '#' || *line == ';' || *line == '[' || !equal)
			continue;
		autofree char *key = trim(line, (size_t)(equal - line));
		autofree char *raw = trim(equal + 1, strlen(equal + 1));
		autofree char *value = expand(raw);
		if (*value)
			take(settings, key, value);
	}
}

char *npm_authorization(const struct npm_settings *settings, const char *registry)
{
	const char *start = strstr(registry, "//");
	const char *best = NULL;
	size_t best_length = 0;

	if (!start)
		return NULL;
	autofree char *place = text_format("%s/", start);
	for (size_t i = 0; i < settings->keys.count; i++) {
		const char *key = settings->keys.items[i];
		autofree char *folder = text_format("%s%s", key, text_ends(key, "/") ? "" : "/");

		if (text_starts(place, folder) && strlen(folder) > best_length) {
			best = settings->values.items[i];
			best_length = strlen(folder);
		}
	}
	return text_copy(best);
}
