#include <string.h>
#include <strings.h>

#include "fetch/apt.h"

#define FILE_MAX (4u << 20)
#define SECONDS_MAX (INT64_C(1) << 40)

void apt_clear(struct apt_entries *entries)
{
	for (size_t i = 0; i < entries->count; i++) {
		free(entries->items[i].uri);
		free(entries->items[i].suite);
		free(entries->items[i].signed_by);
	}
	free(entries->items);
	strings_clear(&entries->unusable);
	*entries = (struct apt_entries){0};
}

/* The URI in a form libcurl takes, mirror+file:/path, or NULL for cdrom:, tor+…: and the like; caller
 * frees. */
static char *plain_uri(const char *uri)
{
	char *plain = NULL;

	if (strncasecmp(uri, "http://", 7) == 0 || strncasecmp(uri, "https://", 8) == 0 ||
	    strncasecmp(uri, "file:///", 8) == 0)
		plain = text_copy(uri);
	else if (strncasecmp(uri, "mirror+file:/", 13) == 0 && uri[12 + strspn(uri + 12, "/")])
		plain = text_format(APT_MIRROR_LIST "/%s", uri + 13 + strspn(uri + 13, "/"));
	else if (strncasecmp(uri, "file:/", 6) == 0)
		plain = text_format("file://%s", uri + 5);
	else if (strncasecmp(uri, "copy:/", 6) == 0)
		plain = text_format("file://%s", uri + 5 + (text_starts(uri + 5, "///") ? 2 : 0));
	for (size_t length = plain ? strlen(plain) : 0; length > 8 && plain[length - 1] == '/';
	     length--)
		plain[length - 1] = '\0';
	return plain;
}

void apt_note_unusable(struct apt_entries *entries, const char *uri)
{
	autofree char *kind = text_copy_n(uri, strcspn(uri, ":") + (strchr(uri, ':') != NULL));

	if (strlen(kind) < 40 && entries->unusable.count < 16 && !strings_have(&entries->unusable, kind))
		strings_add(&entries->unusable, kind);
}

void apt_add(struct apt_entries *entries, const struct apt_entry *like, const char *uri, const char *suite)
{
	autofree char *plain = plain_uri(uri);
	const char *signed_by = like->signed_by;

	if (!plain)
		apt_note_unusable(entries, uri);
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
		.has_main = like->has_main,
		.dates = like->dates,
	};
}

enum apt_answer apt_answer(const char *text)
{
	static const char *const yes[] = {"yes", "true", "with", "on", "enable", "1", NULL};
	static const char *const no[] = {"no", "false", "without", "off", "disable", "0", NULL};

	for (size_t i = 0; yes[i]; i++)
		if (strcasecmp(text, yes[i]) == 0)
			return APT_YES;
	for (size_t i = 0; no[i]; i++)
		if (strcasecmp(text, no[i]) == 0)
			return APT_NO;
	return APT_UNSAID;
}

static void take_seconds(int64_t *target, const char *text)
{
	if (number_parse(text, 0, SECONDS_MAX, target) < 0)
		*target = 0;
}

/* One option by its name in either format. */
static void take_option(struct apt_entry *like, const char *name, size_t length, const char *value)
{
	static const char *const names[] = {"check-valid-until", "check-date", "valid-until-max",
					    "valid-until-min"};
	size_t i = 0;

	while (i < LENGTH(names) && (strlen(names[i]) != length || strncasecmp(name, names[i], length) != 0))
		i++;
	if (i == 0)
		like->dates.check_valid_until = apt_answer(value);
	else if (i == 1)
		like->dates.check_date = apt_answer(value);
	else if (i == 2)
		take_seconds(&like->dates.valid_max, value);
	else if (i == 3)
		take_seconds(&like->dates.valid_min, value);
}

/* The first path of a Signed-By value; fingerprints and keys written into the file are no path. */
static char *first_path(const char *value)
{
	autostrings struct strings parts = {0};

	strings_split(&parts, value, ", \t\n");
	return parts.count > 0 && parts.items[0][0] == '/' ? text_copy(parts.items[0]) : NULL;
}

/* "[arch=amd64 signed-by=/path]": gives what follows; `like` gets what was said. */
static const char *read_options(const char *line, struct apt_entry *like)
{
	const char *end = strchr(line, ']');

	if (!end)
		return "";
	autofree char *inside = text_copy_n(line + 1, (size_t)(end - line - 1));
	autostrings struct strings options = {0};
	strings_split(&options, inside, " \t");
	for (size_t i = 0; i < options.count; i++) {
		const char *option = options.items[i];
		size_t name = strcspn(option, "=");

		if (!option[name])
			continue;
		if (strncasecmp(option, "signed-by=", 10) == 0 && !like->signed_by)
			like->signed_by = first_path(option + 10);
		take_option(like, option, name, option + name + 1);
	}
	return end + 1;
}

static void parse_line(const char *line, struct apt_entries *entries)
{
	struct apt_entry like = {0};
	autostrings struct strings parts = {0};

	line += strspn(line, " \t");
	if (!text_starts(line, "deb ") && !text_starts(line, "deb\t"))
		return;
	line += 3 + strspn(line + 3, " \t");
	if (*line == '[')
		line = read_options(line, &like);
	autofree char *rest = text_copy_n(line, strcspn(line, "#"));
	strings_split(&parts, rest, " \t\r");
	for (size_t i = 2; i < parts.count; i++)
		like.has_main |= text_equal(parts.items[i], "main");
	if (parts.count >= 2)
		apt_add(entries, &like, parts.items[0], parts.items[1]);
	free(like.signed_by);
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
	struct apt_entry like; /* its options */
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
	autostrings struct strings words = {0};

	strings_split(&words, value->data ? value->data : "", " \t\r\n");
	return words.count == 0 || apt_answer(words.items[0]) != APT_NO;
}

/* Uses the paragraph and makes it empty. */
static void end_paragraph(struct paragraph *paragraph, struct apt_entries *entries)
{
	autostrings struct strings uris = {0}, suites = {0};
	struct apt_entry *like = &paragraph->like;

	if (has_word(&paragraph->types, "deb") && is_enabled(&paragraph->enabled)) {
		like->signed_by = first_path(paragraph->signed_by.data ? paragraph->signed_by.data : "");
		like->has_main = has_word(&paragraph->components, "main");
		strings_split(&uris, paragraph->uris.data ? paragraph->uris.data : "", " \t\r\n");
		strings_split(&suites, paragraph->suites.data ? paragraph->suites.data : "",
			      " \t\r\n");
		for (size_t i = 0; i < uris.count && !entries->cut; i++)
			for (size_t k = 0; k < suites.count && !entries->cut; k++)
				apt_add(entries, like, uris.items[i], suites.items[k]);
	}
	free(like->signed_by);
	*like = (struct apt_entry){0};
	buffer_clear(&paragraph->types);
	buffer_clear(&paragraph->uris);
	buffer_clear(&paragraph->suites);
	buffer_clear(&paragraph->components);
	buffer_clear(&paragraph->enabled);
	buffer_clear(&paragraph->signed_by);
}

/* "Check-Valid-Until: no" and its like. */
static void read_option_field(struct paragraph *paragraph, const char *line)
{
	size_t name = strcspn(line, ":");
	autostrings struct strings words = {0};

	if (!line[name])
		return;
	strings_split(&words, line + name + 1, " \t\r");
	if (words.count == 1)
		take_option(&paragraph->like, line, name, words.items[0]);
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
		if (*line != ' ' && *line != '\t') {
			current = field_of(&paragraph, line, &value);
			read_option_field(&paragraph, line);
		}
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
	apt_expand_mirrors(entries);
}
