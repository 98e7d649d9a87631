/* Control stanzas; see packages.h. Source: deb-control(5), deb822(5), dpkg's lib/dpkg/parse.c. */
#define _GNU_SOURCE 1
#include <ctype.h>
#include <string.h>

#include "assemble/packages.h"

#define STANZA_MAXIMUM (4u << 20)
#define FIELDS_MAXIMUM 500u

static const char *next_line(const char *line)
{
	const char *end = strchr(line, '\n');
	return end ? end + 1 : NULL;
}

char *control_field(const char *stanza, const char *name)
{
	size_t length = strlen(name);
	for (const char *line = stanza; line; line = next_line(line)) {
		if (strncasecmp(line, name, length) || line[length] != ':')
			continue;
		const char *value = line + length + 1, *end = strchr(value, '\n');
		while (*value == ' ' || *value == '\t')
			value++;
		while (end && (end[1] == ' ' || end[1] == '\t'))
			end = strchr(end + 1, '\n');
		return end ? text_copy_n(value, (size_t)(end - value)) : text_copy(value);
	}
	return NULL;
}

static bool name_letter(char c)
{
	return isalnum((unsigned char)c) || c == '+' || c == '-' || c == '.';
}

bool relation_names(const char *relations, const char *name)
{
	size_t length = strlen(name);
	for (const char *at = relations; at && (at = strstr(at, name)); at++)
		if ((at == relations || strchr(" ,|\n", at[-1])) && !name_letter(at[length]))
			return true;
	return false;
}

/* The field's name into `names`; -1 when it is none, or one that may not be there. */
static int take_field(const char *line, struct strings *names, struct error *err)
{
	static const char *const of_database[] = { "Status", "Conffiles", "Config-Version", "Triggers-Pending",
						   "Triggers-Awaited" };
	size_t length = 0;
	while (line[length] > ' ' && line[length] <= '~' && line[length] != ':')
		length++;
	if (!length || line[length] != ':' || *line == '-')
		return error_set(err, "control: a line that is no field: \"%.40s\"", line);
	char *name = text_copy_n(line, length);
	strings_take(names, name);
	for (size_t i = 0; i < LENGTH(of_database); i++)
		if (!strcasecmp(name, of_database[i]))
			return error_set(err, "control: the field %.40s belongs to dpkg's database only", name);
	for (size_t i = 0; i + 1 < names->count; i++)
		if (!strcasecmp(name, names->items[i]))
			return error_set(err, "control: the field %.40s is there twice", name);
	return names->count <= FIELDS_MAXIMUM ? 0 : error_set(err, "control: more than %u fields", FIELDS_MAXIMUM);
}

int control_check(const char *stanza, size_t length, struct error *err)
{
	struct strings autostrings names = { 0 };
	bool ended = false;
	if (length > STANZA_MAXIMUM)
		return error_set(err, "control: larger than %u bytes", STANZA_MAXIMUM);
	if (memchr(stanza, '\0', length))
		return error_set(err, "control: a NUL byte in it");
	for (const char *line = stanza; line && *line; line = next_line(line)) {
		size_t blanks = strspn(line, " \t\r");
		bool empty = line[blanks] == '\n' || line[blanks] == '\0';
		if (empty)
			ended = true;
		else if (ended)
			return error_set(err, "control: more than one stanza");
		else if (blanks && !names.count)
			return error_set(err, "control: begins with a continued line");
		else if (!blanks && take_field(line, &names, err))
			return -1;
	}
	return 0;
}
