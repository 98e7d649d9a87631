#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

#define DIAGNOSTICS_MAX 200

int error_set(struct error *err, const char *format, ...)
{
	va_list arguments;

	if (!err)
		return -1;
	error_clear(err);
	va_start(arguments, format);
	err->message = text_format_v(format, arguments);
	va_end(arguments);
	return -1;
}

int error_set_errno(struct error *err, int errnum, const char *format, ...)
{
	autofree char *what = NULL;
	char space[128];
	va_list arguments;

	if (!err)
		return -1;
	error_clear(err);
	va_start(arguments, format);
	what = text_format_v(format, arguments);
	va_end(arguments);
	err->message = text_format("%s: %s", what, strerror_r(errnum, space, sizeof space));
	return -1;
}

int error_prefix(struct error *err, const char *format, ...)
{
	autofree char *context = NULL;
	autofree char *old = NULL;
	va_list arguments;

	if (!err)
		return -1;
	va_start(arguments, format);
	context = text_format_v(format, arguments);
	va_end(arguments);
	old = err->message;
	err->message = text_format("%s: %s", context, old ? old : "unknown error");
	return -1;
}

void error_clear(struct error *err)
{
	if (!err)
		return;
	free(err->message);
	err->message = NULL;
}

/* What a message is ordered by; kept beside it, because file names may hold colons. */
struct diagnostic_key {
	size_t file_length;
	unsigned line;
	unsigned column;
	size_t order;
	char *message;
};

static char *place_text(struct place at)
{
	if (!at.file)
		return text_copy("");
	if (!at.line)
		return text_format("%s: ", at.file);
	if (!at.column)
		return text_format("%s:%u: ", at.file, at.line);
	return text_format("%s:%u:%u: ", at.file, at.line, at.column);
}

int diagnostics_add(struct diagnostics *list, struct place at, const char *format, ...)
{
	autofree char *where = NULL;
	autofree char *what = NULL;
	va_list arguments;

	if (list->count == DIAGNOSTICS_MAX) {
		list->dropped++;
		return -1;
	}
	if (!list->messages) {
		list->messages = memory_alloc(DIAGNOSTICS_MAX * sizeof *list->messages);
		list->keys = memory_alloc(DIAGNOSTICS_MAX * sizeof *list->keys);
	}
	va_start(arguments, format);
	what = text_format_v(format, arguments);
	va_end(arguments);
	where = place_text(at);
	list->messages[list->count] = text_format("%s%s", where, what);
	list->keys[list->count].file_length = at.file ? strlen(at.file) : 0;
	list->keys[list->count].line = at.line;
	list->keys[list->count].column = at.column;
	list->count++;
	return -1;
}

static int compare_keys(const void *left, const void *right)
{
	const struct diagnostic_key *a = left, *b = right;
	size_t common = a->file_length < b->file_length ? a->file_length : b->file_length;
	int names = memcmp(a->message, b->message, common);

	if (names)
		return names;
	if (a->file_length != b->file_length)
		return a->file_length < b->file_length ? -1 : 1;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	if (a->column != b->column)
		return a->column < b->column ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

void diagnostics_sort(struct diagnostics *list)
{
	for (size_t i = 0; i < list->count; i++) {
		list->keys[i].message = list->messages[i];
		list->keys[i].order = i;
	}
	if (list->count)
		qsort(list->keys, list->count, sizeof *list->keys, compare_keys);
	for (size_t i = 0; i < list->count; i++)
		list->messages[i] = list->keys[i].message;
}

void diagnostics_clear(struct diagnostics *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->messages[i]);
	free(list->messages);
	free(list->keys);
	*list = (struct diagnostics){0};
}

int diagnostics_to_error(const struct diagnostics *list, struct error *err)
{
	autobuffer struct buffer text = {0};

	if (!list->count)
		return 0;
	for (size_t i = 0; i < list->count; i++)
		buffer_format(&text, "%s%s", i ? "\n" : "", list->messages[i]);
	if (list->dropped)
		buffer_format(&text, "\nand %zu more", list->dropped);
	return error_set(err, "%s", text.data);
}
