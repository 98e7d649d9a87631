/* lock_read: the strict reader of the Debian lock. The file may come from somebody else: every field
 * is checked, and every mistake is reported with its place. */
#include "plan/lock.h"

#include <string.h>

#include "plan/valid.h"

#define MAXIMUM_LOCK (16u << 20)
#define MAXIMUM_PACKAGES 20000u

enum lock_key { KEY_SUITE, KEY_ARCHITECTURE, KEY_SEED, KEY_TIMESTAMP, KEY_REQUESTS, KEY_COUNT };
static const char *const key_names[KEY_COUNT] = { "suite", "architecture", "seed", "timestamp", "requests" };

enum column { COLUMN_SET, COLUMN_NAME, COLUMN_VERSION, COLUMN_ARCHITECTURE, COLUMN_ARCHIVE, COLUMN_SIZE,
	      COLUMN_SHA256, COLUMN_INSTALLED, COLUMN_FLAGS, COLUMN_FILENAME, COLUMN_WHY, COLUMN_COUNT };

struct lock_reader {
	struct lock lock;
	struct arena *arena;
	struct diagnostics *mistakes;
	struct place place;              /* of the current line */
	bool seen[KEY_COUNT];
	size_t capacity[2];
};

static int mistake(struct lock_reader *reader, const char *at, const char *line, const char *expected)
{
	struct place place = reader->place;

	place.column = (unsigned)(at - line) + 1;
	return diagnostics_add(reader->mistakes, place, "expected %s, got \"%.80s\"", expected, at);
}

/* The checks of the columns of a package line, and what to say. */
static bool is_sha256(const char *text)
{
	return hash_is_hex("sha256", text);
}

static bool is_number(const char *text)
{
	int64_t number;

	return number_parse(text, 0, INT64_C(1) << 44, &number) == 0;
}

static bool is_flags(const char *text)
{
	static const char *const names[] = LOCK_FLAG_NAMES;
	autostrings struct strings flags = { 0 };

	if (strcmp(text, "-") == 0)
		return true;
	strings_split(&flags, text, ",");
	for (size_t i = 0; i < flags.count; i++) {
		bool known = false;

		for (size_t j = 0; j < LENGTH(names); j++)
			known = known || strcmp(flags.items[i], names[j]) == 0;
		if (!known)
			return false;
	}
	return flags.count > 0;
}

static bool is_why(const char *text)
{
	for (const char *at = text; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			return false;
	return *text != '\0';
}

static const struct {
	bool (*check)(const char *text);
	const char *expected;
} columns[COLUMN_COUNT] = {
	[COLUMN_NAME] = { valid_package_name, "a package name" },
	[COLUMN_VERSION] = { valid_version, "a version" },
	[COLUMN_ARCHITECTURE] = { valid_word, "an architecture" },
	[COLUMN_ARCHIVE] = { valid_word, "an archive such as debian" },
	[COLUMN_SIZE] = { is_number, "a size in bytes" },
	[COLUMN_SHA256] = { is_sha256, "64 hex digits of a SHA-256" },
	[COLUMN_INSTALLED] = { is_number, "a size in KiB" },
	[COLUMN_FLAGS] = { is_flags, "flags (essential, automatic, same) or -" },
	[COLUMN_FILENAME] = { valid_path, "a path below the mirror" },
	[COLUMN_WHY] = { is_why, "a reason" },
};

/* Cuts the line at single blanks; the last column keeps its own. Returns how many there are. */
static size_t cut(char *line, char *ret_columns[COLUMN_COUNT])
{
	size_t count = 0;

	for (;;) {
		ret_columns[count++] = line;
		char *blank = count < COLUMN_COUNT ? strchr(line, ' ') : NULL;

		if (!blank)
			return count;
		*blank = '\0';
		line = blank + 1;
	}
}

static bool has_flag(const char *flags, const char *name)
{
	autostrings struct strings list = { 0 };

	strings_split(&list, flags, ",");
	return strings_have(&list, name);
}

static void add_package(struct lock_reader *reader, char *const *column, const char *line)
{
	bool tools = strcmp(column[COLUMN_SET], "tools") == 0;
	struct package_set *set = tools ? &reader->lock.tools : &reader->lock.image;
	struct arena *arena = reader->arena;
	int64_t size = 0, installed = 0;

	number_parse(column[COLUMN_SIZE], 0, INT64_MAX, &size);
	number_parse(column[COLUMN_INSTALLED], 0, INT64_MAX, &installed);
	if (set->count > 0 && strcmp(set->items[set->count - 1].name, column[COLUMN_NAME]) >= 0) {
		mistake(reader, column[COLUMN_NAME], line, "packages of a set in the order of their names");
		return;
	}
	if (set->count >= MAXIMUM_PACKAGES) {
		mistake(reader, column[COLUMN_NAME], line, "at most 20000 packages");
		return;
	}
	set->items = array_grow(set->items, set->count, &reader->capacity[tools], sizeof *set->items);
	set->items[set->count++] = (struct package){
		.name = arena_string(arena, column[COLUMN_NAME]),
		.version = arena_string(arena, column[COLUMN_VERSION]),
		.architecture = arena_string(arena, column[COLUMN_ARCHITECTURE]),
		.archive = arena_string(arena, column[COLUMN_ARCHIVE]),
		.filename = arena_string(arena, column[COLUMN_FILENAME]),
		.sha256 = arena_string(arena, column[COLUMN_SHA256]),
		.size = (uint64_t)size,
		.installed_kib = (uint64_t)installed,
		.essential = has_flag(column[COLUMN_FLAGS], "essential"),
		.automatic = has_flag(column[COLUMN_FLAGS], "automatic"),
		.multi_arch_same = has_flag(column[COLUMN_FLAGS], "same"),
		.why = arena_string(arena, column[COLUMN_WHY]),
	};
	set->download_bytes += (uint64_t)size;
	set->installed_bytes += (uint64_t)installed * 1024;
}

static void read_package(struct lock_reader *reader, char *line)
{
	char *column[COLUMN_COUNT] = { 0 };
	size_t count = cut(line, column);
	bool good = true;

	if (count < COLUMN_COUNT) {
		diagnostics_add(reader->mistakes, reader->place,
				"a package line has %d columns, this one has %zu", COLUMN_COUNT, count);
		return;
	}
	for (size_t i = COLUMN_NAME; i < COLUMN_COUNT; i++) {
		if (columns[i].check(column[i]))
			continue;
		mistake(reader, column[i], line, columns[i].expected);
		good = false;
	}
	if (good)
		add_package(reader, column, line);
}

static bool set_value(struct lock_reader *reader, enum lock_key key, const char *value)
{
	struct lock *lock = &reader->lock;

	switch (key) {
	case KEY_SUITE:
		lock->suite = arena_string(reader->arena, value);
		return valid_word(value);
	case KEY_ARCHITECTURE:
		lock->architecture = arena_string(reader->arena, value);
		return valid_word(value);
	case KEY_SEED:
		if (!hash_is_hex("sha256", value))
			return false;
		memcpy(lock->seed, value, sizeof lock->seed);
		return true;
	case KEY_TIMESTAMP:
		return number_parse(value, 0, INT64_C(1) << 40, &lock->timestamp) == 0;
	case KEY_REQUESTS:
		lock->request_digest = arena_string(reader->arena, value);
		return hash_is_hex("sha256", value);
	case KEY_COUNT:
		break;
	}
	return false;
}

static void read_key(struct lock_reader *reader, char *line)
{
	static const char *const expected[KEY_COUNT] = { "a suite", "an architecture", "64 hex digits",
							 "seconds since 1970", "64 hex digits" };
	char *blank = strchr(line, ' ');

	if (blank)
		*blank = '\0';
	for (enum lock_key key = 0; key < KEY_COUNT; key++) {
		if (strcmp(line, key_names[key]) != 0)
			continue;
		if (reader->seen[key])
			diagnostics_add(reader->mistakes, reader->place, "%s is given twice", line);
		else if (!set_value(reader, key, blank ? blank + 1 : ""))
			mistake(reader, blank ? blank + 1 : line + strlen(line), line, expected[key]);
		reader->seen[key] = true;
		return;
	}
	mistake(reader, line, line, "suite, architecture, seed, timestamp, requests, image or tools");
}

static void read_line(struct lock_reader *reader, char *line)
{
	if (reader->place.line == 1) {
		if (strcmp(line, LOCK_FIRST_LINE) != 0)
			mistake(reader, line, line, "the first line to be \"" LOCK_FIRST_LINE "\"");
	} else if (text_starts(line, "image ") || text_starts(line, "tools ")) {
		read_package(reader, line);
	} else {
		read_key(reader, line);
	}
}

static void read_all(struct lock_reader *reader, char *text, size_t length)
{
	char *end = text + length;

	if (memchr(text, '\0', length)) {
		diagnostics_add(reader->mistakes, reader->place, "holds a NUL byte: this is no lock");
		return;
	}
	for (char *line = text; line < end;) {
		char *newline = memchr(line, '\n', (size_t)(end - line));

		reader->place.line++;
		reader->place.column = 1;
		if (!newline) {
			diagnostics_add(reader->mistakes, reader->place, "the file ends within a line");
			return;
		}
		*newline = '\0';
		read_line(reader, line);
		line = newline + 1;
	}
	reader->place = (struct place){ reader->place.file, 0, 0 };
	for (size_t key = 0; key < KEY_COUNT; key++)
		if (!reader->seen[key])
			diagnostics_add(reader->mistakes, reader->place, "%s is missing", key_names[key]);
}

/* The sets were grown on the heap; what is handed out lives in the arena. */
static void move_set(struct package_set *set, struct arena *arena)
{
	struct package *items = arena_alloc(arena, (set->count + 1) * sizeof *items);

	if (set->count > 0)
		memcpy(items, set->items, set->count * sizeof *items);
	free(set->items);
	set->items = items;
}

int lock_read(const char *path, struct arena *arena, struct lock *ret_lock, struct error *err)
{
	struct diagnostics mistakes = { 0 };
	struct lock_reader reader = { .arena = arena, .mistakes = &mistakes, .place = { path, 0, 0 } };
	autofree char *text = NULL;
	size_t length;

	if (file_read(path, MAXIMUM_LOCK, &text, &length, err) < 0)
		return -1;
	read_all(&reader, text, length);
	move_set(&reader.lock.image, arena);
	move_set(&reader.lock.tools, arena);
	int result = diagnostics_to_error(&mistakes, err);

	diagnostics_clear(&mistakes);
	if (result == 0)
		*ret_lock = reader.lock;
	return result;
}
