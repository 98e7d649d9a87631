#include <string.h>
#include <strings.h>

#include "fetch/apt.h"

#define FILE_MAX (4u << 20)

void apt_clear(struct apt_entries *entries)
{
	for (size_t i = 0; i < entries->count; i++) {
		free(entries->items[i].uri);
		free(entries->items[i].suite);
		free(entries->items[i].signed_by);
	}
	free(entries->items);
	*entries = (struct apt_entries){0};
}

/* The URI in a form libcurl takes, or NULL for cdrom:, mirror+…:, tor+…: and the like; caller
 * frees. */
static char *plain_uri(const char *uri)
{
	char *plain = NULL;

	if (strncasecmp(uri, "http://", 7) == 0 || strncasecmp(uri, "https://", 8) == 0 ||
	    strncasecmp(uri, "file:///", 8) == 0)
		plain = text_copy(uri);
	else if (strncasecmp(uri, "file:/", 6) == 0)
		plain = text_format("file://%s", uri + 5);
	else if (strncasecmp(uri, "copy:/", 6) == 0)
		plain = text_format("file://%s", uri + 5 + (text_starts(uri + 5, "///") ? 2 : 0));
	for (size_t length = plain ? strlen(plain) : 0; length > 8 && plain[length - 1] == '/';
	     length--)
		plain[length - 1] = '\0';
	return plain;
}

void apt_add(struct apt_entries *entries, const char *uri, const char *suite, const char *signed_by,
	     bool has_main)
{
	autofree char *plain = plain_uri(uri);

	if (!plain || text_ends(suite, "/")) /* a flat repository is no mirror of Debian */
		return;
	if (entries->count == APT_ENTRIES_MAX) {
		if (!entries->cut)
			progress_warn("APT has more than %u sources: the rest is not looked at",
				      APT_ENTRIES_MAX);
		entries->cut = true;
		return;
	}
	entries->items = array_grow(entries->items, entries->count, &entries->capacity,
				    sizeof *entries->items);
	entries->items[entries->count++] = (struct apt_entry){
		.uri = steal(plain),
		.suite = text_copy(suite),
		.signed_by = signed_by && *signed_by == '/' ? text_copy(signed_by) : NULL,
		.has_main = has_main,
	};
}

/* The first path of a Signed-By value; fingerprints and keys written into the file are no path. */
static char *first_path(const char *value)
{
	autostrings struct strings parts = {0};

	strings_split(&parts, value, ", \t\n");
	return parts.count > 0 && parts.items[0][0] == '/' ? text_copy(parts.items[0]) : NULL;
}

/* "[arch=amd64 signed-by=/path]": gives what follows, and the keyring. */
static const char *read_options(const char *line, char **ret_signed_by)
{
	const char *end = strchr(line, ']');

	if (!end)
		return "";
	autofree char *inside = text_copy_n(line + 1, (size_t)(end - line - 1));
	autostrings struct strings options = {0};
	strings_split(&options, inside, " \t");
	for (size_t i = 0; i < options.count; i++)
		if (strncasecmp(options.items[i], "signed-by=", 10) == 0 && !*ret_signed_by)
			*ret_signed_by = first_path(options.items[i] + 10);
	return end + 1;
}

static void parse_line(const char *line, struct apt_entries *entries)
{
	autofree char *signed_by = NULL;
	autostrings struct strings parts = {0};
	bool has_main = false;

	line += strspn(line, " \t");
	if (!text_starts(line, "deb ") && !text_starts(line, "deb\t"))
		return;
	line += 3 + strspn(line + 3, " \t");
	if (*line == '[')
		line = read_options(line, &signed_by);
	autofree char *rest = text_copy_n(line, strcspn(line, "#"));
	strings_split(&parts, rest, " \t\r");
	if (parts.count < 2)
		return;
	for (size_t i = 2; i < parts.count; i++)
		has_main |= text_equal(parts.items[i], "main");
	apt_add(entries, parts.items[0], parts.items[1], signed_by, has_main);
}

void apt_parse_list(const char *text, struct apt_entries *entries)
{
	autostrings struct strings lines = {0};

	strings_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.count; i++)
		parse_line(lines.items[i], entries);
}

/* One paragraph of a deb822 file: the fields that matter, continuation lines with newlines. */
struct paragraph {
	struct buffer types, uris, suites, components, enabled, signed_by;
};

static struct buffer *field_of(struct paragraph *paragraph, const char *line,
			       const char **ret_value)
{
	const struct {
		const char *name;
		struct buffer *value;
	} fields[] = {
		{"Types", &paragraph->types},     {"URIs", &paragraph->uris},
		{"Suites", &paragraph->suites},   {"Components", &paragraph->components},
		{"Enabled", &paragraph->enabled}, {"Signed-By", &paragraph->signed_by},
	};

	for (size_t i = 0; i < LENGTH(fields); i++) {
		size_t length = strlen(fields[i].name);

		if (strncasecmp(line, fields[i].name, length) == 0 && line[length] == ':') {
			*ret_value = line + length + 1;
			return fields[i].value;
		}
	}
	return NULL;
}

static bool has_word(const struct buffer *value, const char *word)
{
	autostrings struct strings words = {0};

	strings_split(&words, value->data ? value->data : "", " \t\r\n");
	return strings_have(&words, word);
}

static bool is_enabled(const struct buffer *value)
{
	static const char *const no[] = {"no", "false", "without", "off", "disable", "0"};

	for (size_t i = 0; i < LENGTH(no); i++)
		if (has_word(value, no[i]))
			return false;
	return true;
}

/* Uses the paragraph and makes it empty. */
static void end_paragraph(struct paragraph *paragraph, struct apt_entries *entries)
{
	autostrings struct strings uris = {0}, suites = {0};
	bool has_main = has_word(&paragraph->components, "main");

	if (has_word(&paragraph->types, "deb") && is_enabled(&paragraph->enabled)) {
		autofree char *signed_by =
			first_path(paragraph->signed_by.data ? paragraph->signed_by.data : "");

		strings_split(&uris, paragraph->uris.data ? paragraph->uris.data : "", " \t\r\n");
		strings_split(&suites, paragraph->suites.data ? paragraph->suites.data : "",
			      " \t\r\n");
		for (size_t i = 0; i < uris.count && !entries->cut; i++)
			for (size_t k = 0; k < suites.count && !entries->cut; k++)
				apt_add(entries, uris.items[i], suites.items[k], signed_by,
					has_main);
	}
	buffer_clear(&paragraph->types);
	buffer_clear(&paragraph->uris);
	buffer_clear(&paragraph->suites);
	buffer_clear(&paragraph->components);
	buffer_clear(&paragraph->enabled);
	buffer_clear(&paragraph->signed_by);
}

void apt_parse_sources(const char *text, struct apt_entries *entries)
{
	struct paragraph paragraph = {0};
	struct buffer *current = NULL;

	for (const char *at = text; *at;) {
		size_t length = strcspn(at, "\n");
		autofree char *line = text_copy_n(at, length);
		const char *value = line;

		at += length + (at[length] == '\n');
		if (*line == '#')
			continue;
		if (line[strspn(line, " \t\r")] == '\0') {
			end_paragraph(&paragraph, entries);
			current = NULL;
			continue;
		}
		if (*line != ' ' && *line != '\t')
			current = field_of(&paragraph, line, &value);
		if (current)
			buffer_format(current, "%s\n", value);
	}
	end_paragraph(&paragraph, entries);
}

static void read_one(const char *path, struct apt_entries *entries)
{
	autofree char *text = NULL;
	struct error ignored = {0};

	if (file_read(path, FILE_MAX, &text, NULL, &ignored) < 0)
		progress_note("%s", ignored.message);
	else if (text_ends(path, ".sources"))
		apt_parse_sources(text, entries);
	else
		apt_parse_list(text, entries);
	error_clear(&ignored);
}

void apt_read(const char *folder, struct apt_entries *entries)
{
	autofree char *main_file = path_join(folder, "sources.list");
	autofree char *parts = path_join(folder, "sources.list.d");
	autostrings struct strings names = {0};
	struct error ignored = {0};

	if (path_exists(main_file))
		read_one(main_file, entries);
	if (path_is_directory(parts) && directory_list(parts, &names, &ignored) < 0)
		progress_note("%s", ignored.message);
	error_clear(&ignored);
	for (size_t i = 0; i < names.count; i++) {
		autofree char *path = path_join(parts, names.items[i]);

		if (text_ends(path, ".list") || text_ends(path, ".sources"))
			read_one(path, entries);
	}
}
