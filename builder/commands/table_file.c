/* Reading the table of --each; see build_many.h. */
#include <string.h>

#include "commands/build_many.h"

#define TABLE_MOST (1u << 20)

struct reader {
	const char *path, *at;
	unsigned line;
	char separator;
};

/* Spreadsheets of places that write 1,5 separate cells by semicolons. */
static char find_separator(const char *text)
{
	const char *end = text + strcspn(text, "\r\n");
	const char *semicolon = memchr(text, ';', (size_t)(end - text));
	const char *comma = memchr(text, ',', (size_t)(end - text));

	return semicolon && !comma ? ';' : ',';
}

static int read_quoted(struct reader *reader, struct buffer *cell, struct error *err)
{
	unsigned began = reader->line;

	for (reader->at++; *reader->at; reader->at++) {
		if (*reader->at == '"' && reader->at[1] != '"')
			break;
		if (*reader->at == '"')
			reader->at++;
		reader->line += *reader->at == '\n';
		buffer_add(cell, reader->at, 1);
	}
	if (!*reader->at)
		return error_set(err, "%s:%u: a quoted cell begins here and does not end", reader->path, began);
	reader->at++;
	if (*reader->at && *reader->at != reader->separator && !strchr("\r\n", *reader->at))
		return error_set(err, "%s:%u: text behind a quoted cell", reader->path, reader->line);
	return 0;
}

static int read_cell(struct reader *reader, struct strings *row, struct error *err)
{
	autobuffer struct buffer cell = {0};

	if (*reader->at == '"') {
		if (read_quoted(reader, &cell, err) < 0)
			return -1;
	} else {
		while (*reader->at && *reader->at != reader->separator && !strchr("\r\n", *reader->at))
			buffer_add(&cell, reader->at++, 1);
		while (cell.length && cell.data[cell.length - 1] == ' ')
			cell.data[--cell.length] = '\0';
	}
	strings_add(row, cell.length ? cell.data + strspn(cell.data, " ") : "");
	return 0;
}

static int read_row(struct reader *reader, struct strings *row, struct error *err)
{
	for (;;) {
		if (read_cell(reader, row, err) < 0)
			return -1;
		if (*reader->at != reader->separator)
			break;
		reader->at++;
	}
	reader->at += *reader->at == '\r';
	reader->line += *reader->at == '\n';
	reader->at += *reader->at == '\n';
	return 0;
}

/* A line without a word: spreadsheets leave many of them at the end. */
static bool is_blank(const struct strings *row)
{
	for (size_t i = 0; i < row->count; i++)
		if (*row->items[i])
			return false;
	return true;
}

static int read_rows(struct reader *reader, struct table_file *table, struct error *err)
{
	while (*reader->at) {
		struct strings row = {0};
		unsigned line = reader->line;

		if (read_row(reader, &row, err) < 0 || is_blank(&row)) {
			strings_clear(&row);
			if (err->message)
				return -1;
			continue;
		}
		size_t count = table->count, capacity = table->capacity;
		table->rows = array_grow(table->rows, count, &table->capacity, sizeof *table->rows);
		table->lines = array_grow(table->lines, count, &capacity, sizeof *table->lines);
		table->rows[count] = row;
		table->lines[count] = line;
		table->count++;
		if (row.count != table->rows[0].count)
			return error_set(err, "%s:%u: the first line has %zu cells, this one has %zu", reader->path,
					 line, table->rows[0].count, row.count);
	}
	return 0;
}

int table_file_read(const char *path, struct table_file *ret_table, struct error *err)
{
	autofree char *text = NULL;
	autotable struct table_file table = {0};
	size_t length;

	if (file_read(path, TABLE_MOST, &text, &length, err) < 0)
		return -1;
	if (strlen(text) != length)
		return error_set(err, "%s: this is no text: save the table as CSV (UTF-8)", path);
	struct reader reader = {.path = path, .at = text, .line = 1};
	if (text_starts(text, "\xef\xbb\xbf"))
		reader.at += 3;
	reader.separator = find_separator(reader.at);
	if (read_rows(&reader, &table, err) < 0)
		return -1;
	if (table.count < 2)
		return error_set(err, "%s: expected a line of keys and a line for each image", path);
	*ret_table = table;
	table = (struct table_file){0};
	return 0;
}

void table_file_clear(struct table_file *table)
{
	for (size_t i = 0; i < table->count; i++)
		strings_clear(&table->rows[i]);
	free(table->rows);
	free(table->lines);
	*table = (struct table_file){0};
}
