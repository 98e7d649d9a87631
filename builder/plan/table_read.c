/* table_read: one pass over Packages files (deb822, Debian Policy 5.1; fields: Policy 5.6, and the
 * repository format for Filename, Size, SHA256). solv_xfopen() decompresses. */
#include "plan/table.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <solv/solv_xfopen.h>

#include "plan/intern.h"
#include "plan/valid.h"

/* All texts of all indexes; a signed index of Debian's main has 30 MB of what is kept, of 50 MB. */
#define MAXIMUM_TEXT (1u << 30)
#define MAXIMUM_INDEX (2ull << 30)      /* bytes of one index, decompressed */
#define MAXIMUM_LINE (4u << 20)
#define MAXIMUM_RECORDS 300000u         /* Debian's main has 70 000 */
#define MAXIMUM_PROVISIONS 1000000u

/* The fields that are kept, and those that only name other packages. */
enum field { FIELD_PACKAGE, FIELD_VERSION, FIELD_ARCHITECTURE, FIELD_PRE_DEPENDS, FIELD_DEPENDS,
	     FIELD_CONFLICTS, FIELD_BREAKS, FIELD_RECOMMENDS, FIELD_SUGGESTS, FIELD_REPLACES,
	     FIELD_ENHANCES, FIELD_PROVIDES, FIELD_ESSENTIAL, FIELD_PROTECTED, FIELD_IMPORTANT,
	     FIELD_MULTI_ARCH, FIELD_PRIORITY, FIELD_SIZE, FIELD_INSTALLED_SIZE, FIELD_FILENAME,
	     FIELD_SHA256, FIELD_COUNT };
static const char *const field_names[FIELD_COUNT] = {
	"Package", "Version", "Architecture", "Pre-Depends", "Depends", "Conflicts", "Breaks", "Recommends",
	"Suggests", "Replaces", "Enhances", "Provides", "Essential", "Protected", "Important",
	"Multi-Arch", "Priority", "Size", "Installed-Size", "Filename", "SHA256",
};

struct reader {
	struct intern names;
	struct record *records;
	size_t record_count, record_capacity;
	struct provision *provisions;
	size_t provision_count, provision_capacity;
	struct buffer fields[FIELD_COUNT];
	const char *architecture;
	uint16_t index;
};

static const char *field(const struct reader *reader, enum field which)
{
	return reader->fields[which].length > 0 ? reader->fields[which].data : "";
}

/* Gives every name in a relation field its rank, as apt does when it reads the field. */
static void mention(struct reader *reader, const char *text)
{
	while (*text) {
		text += strspn(text, " \t,|");
		size_t length = strcspn(text, " \t,|(:[<");

		if (length > 0)
			intern_text(&reader->names, text, length, NULL);
		text += length;
		text += strcspn(text, ",|");
	}
}

static void add_provisions(struct reader *reader, uint32_t record)
{
	if (reader->fields[FIELD_PROVIDES].length == 0)
		return;
	autoarena struct arena *arena = arena_new();
	struct relation_list list = relation_parse(arena, field(reader, FIELD_PROVIDES));

	for (size_t i = 0; i < list.count; i++) {
		const struct relation *relation = &list.groups[i].alternatives[0];
		struct provision provision = { .record = record };

		provision.name = intern_text(&reader->names, relation->name, strlen(relation->name), NULL);
		if (relation->version)
			provision.version = intern_text(&reader->names, relation->version,
							strlen(relation->version), NULL);
		reader->provisions = array_grow(reader->provisions, reader->provision_count,
						&reader->provision_capacity, sizeof *reader->provisions);
		reader->provisions[reader->provision_count++] = provision;
	}
}

static uint8_t read_flags(const struct reader *reader)
{
	const char *multi = field(reader, FIELD_MULTI_ARCH);
	unsigned flags = 0;

	if (text_equal(field(reader, FIELD_ESSENTIAL), "yes"))
		flags |= RECORD_ESSENTIAL;
	if (text_equal(field(reader, FIELD_PROTECTED), "yes") || text_equal(field(reader, FIELD_IMPORTANT), "yes"))
		flags |= RECORD_PROTECTED;
	if (text_equal(multi, "same"))
		flags |= RECORD_SAME;
	else if (text_equal(multi, "foreign"))
		flags |= RECORD_FOREIGN;
	else if (text_equal(multi, "allowed"))
		flags |= RECORD_ALLOWED;
	return (uint8_t)flags;
}

static uint8_t read_priority(const char *text)
{
	static const char *const names[] = { "required", "important", "standard", "optional", "extra" };

	for (size_t i = 0; i < LENGTH(names); i++)
		if (strcmp(text, names[i]) == 0)
			return (uint8_t)(i + 1);
	return 4;
}

/* Names and versions reach command lines, file names and the lock: only the archive's own letters. */
static int check_stanza(const struct reader *reader, struct error *err)
{
	const char *name = field(reader, FIELD_PACKAGE);
	int64_t number;

	if (!valid_package_name(name))
		return error_set(err, "\"%.80s\" is not a package name", name);
	if (!valid_version(field(reader, FIELD_VERSION)))
		return error_set(err, "%s: \"%.80s\" is not a version", name, field(reader, FIELD_VERSION));
	if (!hash_is_hex("sha256", field(reader, FIELD_SHA256)))
		return error_set(err, "%s: no SHA256", name);
	if (!valid_path(field(reader, FIELD_FILENAME)))
		return error_set(err, "%s: \"%.80s\" is not a file name", name, field(reader, FIELD_FILENAME));
	if (number_parse(field(reader, FIELD_SIZE), 0, INT64_C(1) << 40, &number) < 0)
		return error_set(err, "%s: \"%.80s\" is not a size", name, field(reader, FIELD_SIZE));
	return 0;
}

static uint32_t keep(struct reader *reader, enum field which)
{
	const struct buffer *value = &reader->fields[which];

	return value->length > 0 ? intern_append(&reader->names, value->data, value->length) : 0;
}

static void add_record(struct reader *reader)
{
	struct record record = { .index = reader->index, .flags = read_flags(reader) };
	int64_t number = 0;
	const char *name = field(reader, FIELD_PACKAGE);

	record.name = intern_text(&reader->names, name, strlen(name), &record.rank);
	for (enum field i = FIELD_PRE_DEPENDS; i <= FIELD_PROVIDES; i++)
		mention(reader, field(reader, i));
	const char *architecture = field(reader, FIELD_ARCHITECTURE);

	record.architecture = intern_text(&reader->names, architecture, strlen(architecture), NULL);
	record.version = keep(reader, FIELD_VERSION);
	record.filename = keep(reader, FIELD_FILENAME);
	record.sha256 = keep(reader, FIELD_SHA256);
	record.pre_depends = keep(reader, FIELD_PRE_DEPENDS);
	record.depends = keep(reader, FIELD_DEPENDS);
	record.conflicts = keep(reader, FIELD_CONFLICTS);
	record.breaks = keep(reader, FIELD_BREAKS);
	record.recommends = keep(reader, FIELD_RECOMMENDS);
	record.suggests = keep(reader, FIELD_SUGGESTS);
	record.provides = keep(reader, FIELD_PROVIDES);
	record.priority = read_priority(field(reader, FIELD_PRIORITY));
	if (number_parse(field(reader, FIELD_SIZE), 0, INT64_MAX, &number) == 0)
		record.size = (uint64_t)number;
	if (number_parse(field(reader, FIELD_INSTALLED_SIZE), 0, INT64_C(1) << 40, &number) == 0)
		record.installed_kib = (uint64_t)number;
	reader->records = array_grow(reader->records, reader->record_count, &reader->record_capacity,
				     sizeof *reader->records);
	reader->records[reader->record_count] = record;
	add_provisions(reader, (uint32_t)reader->record_count++);
}

/* Ends a stanza: takes it over when it is one of the wanted architecture. */
static int end_stanza(struct reader *reader, struct error *err)
{
	const char *architecture = field(reader, FIELD_ARCHITECTURE);
	int result = 0;

	if (reader->fields[FIELD_PACKAGE].length > 0 &&
	    (text_equal(architecture, reader->architecture) || text_equal(architecture, "all"))) {
		result = check_stanza(reader, err);
		if (result == 0)
			add_record(reader);
	}
	for (size_t i = 0; i < FIELD_COUNT; i++)
		reader->fields[i].length = 0;
	return result;
}

static struct buffer *find_field(struct reader *reader, const char *line, size_t length)
{
	for (size_t i = 0; i < FIELD_COUNT; i++)
		if (strlen(field_names[i]) == length && strncasecmp(field_names[i], line, length) == 0)
			return &reader->fields[i];
	return NULL;
}

/* Takes one line; `current` is the field that a continuation line goes on with. */
static int take_line(struct reader *reader, char *line, size_t length, struct buffer **current,
		     struct error *err)
{
	while (length > 0 && isspace((unsigned char)line[length - 1]))
		line[--length] = '\0';
	if (length == 0) {
		*current = NULL;
		return end_stanza(reader, err);
	}
	if (line[0] == ' ' || line[0] == '\t') {
		if (*current)
			buffer_add(*current, line, length);
		return 0;
	}
	char *colon = memchr(line, ':', length);

	if (!colon)
		return error_set(err, "no colon in the line \"%.80s\"", line);
	*current = find_field(reader, line, (size_t)(colon - line));
	if (*current) {
		const char *value = colon + 1 + strspn(colon + 1, " \t");

		(*current)->length = 0;
		buffer_add(*current, value, length - (size_t)(value - line));
	}
	return 0;
}

/* A file by lines, none longer than MAXIMUM_LINE: getline(3) would take any. */
#define LINE_ROOM (MAXIMUM_LINE + 1)    /* with its end */
struct lines {
	FILE *file;
	char *bytes;                    /* LINE_ROOM, and one for NUL */
	size_t start, end;
	size_t number;
	uint64_t total;
};

/* The next line without its end: 1, 0 at the end of the file, -1 when there is too much. */
static int next_line(struct lines *lines, char **ret_line, size_t *ret_length, struct error *err)
{
	char *end;

	while (!(end = memchr(lines->bytes + lines->start, '\n', lines->end - lines->start))) {
		memmove(lines->bytes, lines->bytes + lines->start, lines->end - lines->start);
		lines->end -= lines->start;
		lines->start = 0;
		if (lines->end == LINE_ROOM)
			return error_set(err, "line %zu is longer than %u bytes", lines->number + 1, MAXIMUM_LINE);
		size_t got = fread(lines->bytes + lines->end, 1, LINE_ROOM - lines->end, lines->file);

		lines->end += got;
		lines->total += got;
		if (lines->total > MAXIMUM_INDEX)
			return error_set(err, "larger than %llu bytes", MAXIMUM_INDEX);
		if (got == 0 && lines->end == 0)
			return 0;
		if (got == 0) {
			end = lines->bytes + lines->end++;
			break;
		}
	}
	*ret_line = lines->bytes + lines->start;
	*ret_length = (size_t)(end - *ret_line);
	*end = '\0';
	lines->start += *ret_length + 1;
	lines->number++;
	return 1;
}

static int check_counts(const struct reader *reader, struct error *err)
{
	if (reader->record_count > MAXIMUM_RECORDS)
		return error_set(err, "more than %u packages", MAXIMUM_RECORDS);
	if (reader->provision_count > MAXIMUM_PROVISIONS)
		return error_set(err, "more than %u names that packages provide", MAXIMUM_PROVISIONS);
	if (reader->names.text.overflow)
		return error_set(err, "more than %u MiB of text", MAXIMUM_TEXT >> 20);
	return 0;
}

static int read_lines(struct reader *reader, FILE *file, struct error *err)
{
	autofree char *bytes = memory_resize(NULL, LINE_ROOM + 1, 1);
	struct lines lines = { .file = file, .bytes = bytes };
	struct buffer *current = NULL;
	size_t length = 0;
	char *line = NULL;
	int more;

	while ((more = next_line(&lines, &line, &length, err)) > 0) {
		if (memchr(line, '\0', length))
			return error_set(err, "line %zu holds a NUL", lines.number);
		if (take_line(reader, line, length, &current, err) < 0 || check_counts(reader, err) < 0)
			return error_prefix(err, "line %zu", lines.number);
	}
	if (more < 0)
		return -1;
	if (ferror(file))
		return error_set(err, "cannot be decompressed or read to its end");
	return end_stanza(reader, err) < 0 ? -1 : check_counts(reader, err);
}

static int read_index(struct reader *reader, const struct package_index *index, struct error *err)
{
	FILE *file = solv_xfopen(index->path, "r");

	if (!file)
		return error_set_errno(err, errno, "package index %s: cannot be opened", index->path);
	int result = read_lines(reader, file, err);

	fclose(file);
	return result < 0 ? error_prefix(err, "package index %s", index->path) : 0;
}

static int compare_records(const void *a, const void *b, void *context)
{
	const struct record *first = a, *second = b;
	const char *text = context;

	if (first->name != second->name)
		return strcmp(text + first->name, text + second->name);
	int difference = version_compare(text + second->version, text + first->version);

	if (difference != 0)
		return difference;
	return (int)first->index - (int)second->index;
}

static int compare_provisions(const void *a, const void *b, void *context)
{
	const struct provision *first = a, *second = b;
	const char *text = context;

	if (first->name != second->name)
		return strcmp(text + first->name, text + second->name);
	return first->record < second->record ? -1 : first->record > second->record;
}

/* Sorts, drops what stands in a second index again, and points provisions at the new places. */
static void settle(struct reader *reader)
{
	char *text = reader->names.text.data;
	size_t count = reader->record_count, kept = 0;
	uint32_t *places = memory_alloc((count + 1) * sizeof *places);

	struct numbered {
		struct record record;
		uint32_t place;
	} *numbered = memory_alloc((count + 1) * sizeof *numbered);

	for (size_t i = 0; i < count; i++)
		numbered[i] = (struct numbered){ reader->records[i], (uint32_t)i };
	qsort_r(numbered, count, sizeof *numbered, compare_records, text);
	for (size_t i = 0; i < count; i++) {
		const struct record *last = kept > 0 ? &reader->records[kept - 1] : NULL;
		const struct record *this = &numbered[i].record;

		if (last && last->name == this->name && strcmp(text + last->version, text + this->version) == 0) {
			places[numbered[i].place] = UINT32_MAX;
			continue;
		}
		places[numbered[i].place] = (uint32_t)kept;
		reader->records[kept++] = *this;
	}
	reader->record_count = kept;
	kept = 0;
	for (size_t i = 0; i < reader->provision_count; i++) {
		struct provision provision = reader->provisions[i];

		provision.record = places[provision.record];
		if (provision.record != UINT32_MAX)
			reader->provisions[kept++] = provision;
	}
	reader->provision_count = kept;
	if (kept > 1)
		qsort_r(reader->provisions, kept, sizeof *reader->provisions, compare_provisions, text);
	free(numbered);
	free(places);
}

static void pack(struct reader *reader, struct table *table)
{
	size_t records = reader->record_count * sizeof *reader->records;
	size_t provisions = reader->provision_count * sizeof *reader->provisions;
	size_t text = reader->names.text.length;
	char *at = memory_alloc(sizeof table->head + records + provisions + text);

	table->block = at;
	table->head = (struct table_head){ .record_count = reader->record_count,
					   .provision_count = reader->provision_count, .text_size = text };
	at += sizeof table->head;
	if (records > 0)
		memcpy(at, reader->records, records);
	at += records;
	if (provisions > 0)
		memcpy(at, reader->provisions, provisions);
	memcpy(at + provisions, reader->names.text.data, text);
}

static void reader_clear(struct reader *reader)
{
	intern_clear(&reader->names);
	free(reader->records);
	free(reader->provisions);
	for (size_t i = 0; i < FIELD_COUNT; i++)
		buffer_clear(&reader->fields[i]);
}

int table_make(const struct solve_input *input, struct table *ret_table, struct error *err)
{
	struct reader reader = { .architecture = input->architecture };
	int result = 0;

	reader.names.text.maximum = MAXIMUM_TEXT;
	intern_append(&reader.names, "", 0);
	for (size_t i = 0; i < input->index_count && result == 0; i++) {
		reader.index = (uint16_t)i;
		result = read_index(&reader, &input->indexes[i], err);
	}
	if (result == 0) {
		settle(&reader);
		pack(&reader, ret_table);
	}
	reader_clear(&reader);
	return result;
}
