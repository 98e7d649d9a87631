/* payloads: npm and maven locks, line by line. Both formats stand in recipes/README and design section
 * 3: no registry address is in them, and every line carries a digest. npm integrity: W3C Subresource
 * Integrity, section 3.5. */
#include "plan/payloads.h"

#include <ctype.h>
#include <string.h>

#include "plan/valid.h"

#define MAXIMUM_LOCK (16u << 20)
#define MAXIMUM_PAYLOADS 20000u
#define MOST_COLUMNS 4

struct reader {
	struct planned_source *planned;
	struct arena *arena;
	struct diagnostics *mistakes;
	struct place place;          /* of the current line */
	struct payload *payloads;    /* grown on the heap */
	size_t count, capacity;
	const char *last;            /* key of the line before: lines are sorted */
	bool failed;
};

const char *payloads_short_path(const char *path)
{
	const char *found = NULL;

	for (const char *at = path; (at = strstr(at, "/recipes/")); at++)
		found = at + 1;
	return found ? found : path;
}

static void expected(struct reader *reader, unsigned column, const char *what, const char *got)
{
	struct place place = reader->place;

	place.column = column;
	reader->failed = true;
	diagnostics_add(reader->mistakes, place, "expected %s, got \"%.100s\"", what, got);
}

static struct payload *add(struct reader *reader, const char *key)
{
	if (reader->last && strcmp(reader->last, key) >= 0)
		expected(reader, 1, "lines in the order of their paths, each path once", key);
	reader->last = key;
	if (reader->count >= MAXIMUM_PAYLOADS) {
		if (reader->count == MAXIMUM_PAYLOADS)
			expected(reader, 1, "at most 20000 lines", key);
		reader->count = MAXIMUM_PAYLOADS;
		return NULL;
	}
	reader->payloads = array_grow(reader->payloads, reader->count, &reader->capacity,
				      sizeof *reader->payloads);
	return &reader->payloads[reader->count++];
}

/* "name" or "@scope/name" of letters that may stand in a URL. */
static bool is_npm_name(const char *name)
{
	const char *slash = strchr(name, '/');

	if ((*name == '@') != (slash != NULL) || strlen(name) > 214)
		return false;
	if (slash && (slash == name + 1 || strchr(slash + 1, '/')))
		return false;
	const char *base = slash ? slash + 1 : name;

	if (!*base || *base == '.' || (slash && name[1] == '.'))
		return false;
	for (const char *at = name + (*name == '@'); *at; at++)
		if (!isalnum((unsigned char)*at) && !strchr("-_.~/", *at))
			return false;
	return true;
}

static bool is_npm_version(const char *version)
{
	for (const char *at = version; *at; at++)
		if (!isalnum((unsigned char)*at) && !strchr("-.+", *at))
			return false;
	return isdigit((unsigned char)*version) && strlen(version) <= 128;
}

/* "sha512-BASE64" as "sha512:hex", or NULL. */
static const char *read_integrity(struct arena *arena, const char *text)
{
	static const struct {
		const char *prefix, *name;
		long size;
	} kinds[] = { { "sha512-", "sha512", 64 }, { "sha1-", "sha1", 20 } };
	unsigned char bytes[96];

	for (size_t i = 0; i < LENGTH(kinds); i++) {
		size_t skip = strlen(kinds[i].prefix);
		autobuffer struct buffer hex = { 0 };

		if (!text_starts(text, kinds[i].prefix) || strlen(text + skip) > 88 ||
		    base64_decode(text + skip, bytes, sizeof bytes) != kinds[i].size)
			continue;
		for (long j = 0; j < kinds[i].size; j++)
			buffer_format(&hex, "%02x", bytes[j]);
		return arena_format(arena, "%s:%s", kinds[i].name, hex.data);
	}
	return NULL;
}

/* Columns: path, name, version, integrity. */
static void take_npm(struct reader *reader, char *const *columns, const unsigned *at)
{
	const char *path = columns[0], *name = columns[1], *version = columns[2];
	const char *digest = read_integrity(reader->arena, columns[3]);

	if (!valid_path(path) || !text_starts(path, "node_modules/"))
		expected(reader, at[0], "a path below node_modules", path);
	else if (!is_npm_name(name))
		expected(reader, at[1], "the name of an npm package", name);
	else if (!is_npm_version(version))
		expected(reader, at[2], "a version", version);
	else if (!digest)
		expected(reader, at[3], "sha512- or sha1- and base64", columns[3]);
	else {
		const char *key = arena_string(reader->arena, path);
		struct payload *payload = add(reader, key);

		if (payload)
			*payload = (struct payload){
				PAYLOAD_NPM,
				arena_format(reader->arena, "%s/-/%s-%s.tgz", name, path_base(name), version),
				digest, 0, key };
	}
}

/* Columns: sha256, size, path. */
static void take_maven(struct reader *reader, char *const *columns, const unsigned *at)
{
	int64_t size;

	if (!hash_is_hex("sha256", columns[0]))
		expected(reader, at[0], "64 hex digits of a SHA-256", columns[0]);
	else if (number_parse(columns[1], 1, INT64_C(1) << 32, &size) < 0)
		expected(reader, at[1], "a size in bytes", columns[1]);
	else if (!valid_path(columns[2]) || strpbrk(columns[2], "?#%:"))
		expected(reader, at[2], "a path below a Maven repository", columns[2]);
	else {
		const char *path = arena_string(reader->arena, columns[2]);
		struct payload *payload = add(reader, path);

		if (payload)
			*payload = (struct payload){ PAYLOAD_MAVEN, path,
						     arena_format(reader->arena, "sha256:%s", columns[0]),
						     (uint64_t)size, path_base(path) };
	}
}

static const struct lock_format {
	const char *first_line;
	size_t columns;
	void (*take)(struct reader *reader, char *const *columns, const unsigned *at);
} formats[] = {
	[SOURCE_NPM] = { "# hiebox npm lock 1", 4, take_npm },
	[SOURCE_MAVEN] = { "# hiebox maven lock 1", 3, take_maven },
};

static void take_line(struct reader *reader, const struct lock_format *format, char *line)
{
	char *columns[MOST_COLUMNS];
	unsigned at[MOST_COLUMNS];
	size_t count = 0;
	char *start = line;

	if (reader->place.line == 1) {
		if (strcmp(line, format->first_line) != 0) {
			autofree char *what = text_format("the first line to be \"%s\"", format->first_line);

			expected(reader, 1, what, line);
		}
		return;
	}
	for (char *next = line; next && count < MOST_COLUMNS; line = next) {
		next = strchr(line, ' ');
		if (next)
			*next++ = '\0';
		columns[count] = line;
		at[count++] = (unsigned)(line - start) + 1;
		if (next && count == format->columns) {
			expected(reader, (unsigned)(next - start) + 1, "the end of the line", next);
			return;
		}
	}
	if (count == format->columns) {
		format->take(reader, columns, at);
		return;
	}
	reader->failed = true;
	diagnostics_add(reader->mistakes, reader->place, "expected %zu columns, got %zu", format->columns, count);
}

static void take_text(struct reader *reader, const struct lock_format *format, char *text, size_t length)
{
	char *end = text + length;

	if (memchr(text, '\0', length) || length == 0) {
		reader->failed = true;
		diagnostics_add(reader->mistakes, reader->place,
				"is no payload lock: it is empty or holds a NUL byte");
		return;
	}
	for (char *line = text; line < end;) {
		char *newline = memchr(line, '\n', (size_t)(end - line));

		reader->place.line++;
		reader->place.column = 1;
		if (!newline) {
			reader->failed = true;
			diagnostics_add(reader->mistakes, reader->place, "the file ends within a line");
			return;
		}
		*newline = '\0';
		take_line(reader, format, line);
		line = newline + 1;
	}
}

/* Jars of one source lie side by side in one directory. */
static void check_jar_names(struct reader *reader)
{
	autostrings struct strings names = { 0 };

	for (size_t i = 0; i < reader->count; i++)
		strings_add(&names, reader->payloads[i].target);
	strings_sort(&names);
	reader->place.line = reader->place.column = 0;
	for (size_t i = 1; i < names.count; i++)
		if (strcmp(names.items[i - 1], names.items[i]) == 0)
			expected(reader, 0, "file names that differ", names.items[i]);
}

static void read_lock(struct reader *reader, const struct source *source)
{
	struct error err = { 0 };
	autofree char *text = NULL;
	size_t length;

	if (file_read(source->lock, MAXIMUM_LOCK, &text, &length, &err) < 0) {
		diagnostics_add(reader->mistakes, source->place, "%s", err.message);
		error_clear(&err);
		reader->failed = true;
		return;
	}
	take_text(reader, &formats[source->kind], text, length);
	if (source->kind == SOURCE_MAVEN)
		check_jar_names(reader);
}

int plan_payloads(struct planned_source *planned, struct arena *arena, struct diagnostics *mistakes)
{
	const struct source *source = planned->source;
	struct reader reader = { .planned = planned, .arena = arena, .mistakes = mistakes };

	if (source->kind == SOURCE_FILE) {
		planned->payloads = arena_alloc(arena, sizeof *planned->payloads);
		planned->payload_count = 1;
		*planned->payloads = (struct payload){ PAYLOAD_FILE, source->url,
						       arena_format(arena, "sha256:%s", source->sha256), 0,
						       path_base(source->to) };
		return 0;
	}
	if (source->kind != SOURCE_NPM && source->kind != SOURCE_MAVEN)
		return 0;
	reader.place.file = arena_string(arena, payloads_short_path(source->lock));
	read_lock(&reader, source);
	planned->payloads = arena_alloc(arena, (reader.count + 1) * sizeof *planned->payloads);
	planned->payload_count = reader.count;
	if (reader.count > 0)
		memcpy(planned->payloads, reader.payloads, reader.count * sizeof *planned->payloads);
	free(reader.payloads);
	return reader.failed ? -1 : 0;
}
