#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define BUFFER_DEFAULT_MAXIMUM ((size_t)64 << 20)

char *text_format_v(const char *format, va_list arguments)
{
	char *text;

	if (vasprintf(&text, format, arguments) < 0)
		abort(); /* out of memory, or a format that the compiler's check let through */
	return text;
}

char *text_format(const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = text_format_v(format, arguments);
	va_end(arguments);
	return text;
}

char *text_copy_n(const char *text, size_t length)
{
	char *copy = memory_resize(NULL, length + 1, 1);

	memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

char *text_copy(const char *text)
{
	return text ? text_copy_n(text, strlen(text)) : NULL;
}

size_t text_cut(const char *text, size_t length, size_t maximum)
{
	size_t at = maximum;

	if (length <= maximum)
		return length;
	while (at > 0 && maximum - at < 3 && ((unsigned char)text[at] & 0xc0) == 0x80)
		at--;
	return ((unsigned char)text[at] & 0xc0) == 0x80 ? maximum : at;
}

bool text_equal(const char *a, const char *b)
{
	if (!a || !b)
		return a == b;
	return strcmp(a, b) == 0;
}

bool text_one_of(const char *text, const char *const *words)
{
	while (*words && !text_equal(text, *words))
		words++;
	return *words != NULL;
}

bool text_starts(const char *text, const char *prefix)
{
	return text && strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_ends(const char *text, const char *suffix)
{
	size_t length = text ? strlen(text) : 0;
	size_t wanted = strlen(suffix);

	return text && length >= wanted && memcmp(text + length - wanted, suffix, wanted) == 0;
}

/* Makes room for `more` bytes and the NUL; false when the maximum does not allow it. */
static bool buffer_reserve(struct buffer *buffer, size_t more)
{
	size_t maximum = buffer->maximum ? buffer->maximum : BUFFER_DEFAULT_MAXIMUM;
	size_t wanted;

	if (buffer->overflow)
		return false;
	if (buffer->length > maximum || more > maximum - buffer->length) {
		buffer->overflow = true;
		return false;
	}
	wanted = buffer->length + more + 1;
	if (wanted > buffer->capacity) {
		size_t capacity = buffer->capacity < 64 ? 64 : buffer->capacity;

		while (capacity < wanted)
			capacity *= 2;
		buffer->data = memory_resize(buffer->data, capacity, 1);
		buffer->capacity = capacity;
	}
	return true;
}

void buffer_add(struct buffer *buffer, const void *bytes, size_t length)
{
	if (!buffer_reserve(buffer, length))
		return;
	if (length)
		memcpy(buffer->data + buffer->length, bytes, length);
	buffer->length += length;
	buffer->data[buffer->length] = '\0';
}

void buffer_text(struct buffer *buffer, const char *text)
{
	buffer_add(buffer, text, strlen(text));
}

void buffer_format(struct buffer *buffer, const char *format, ...)
{
	autofree char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	text = text_format_v(format, arguments);
	va_end(arguments);
	buffer_text(buffer, text);
}

void buffer_clear(struct buffer *buffer)
{
	size_t maximum = buffer->maximum;

	free(buffer->data);
	*buffer = (struct buffer){.maximum = maximum};
}

char *buffer_steal(struct buffer *buffer)
{
	char *data = buffer->data ? steal(buffer->data) : text_copy("");

	buffer_clear(buffer);
	return data;
}

void strings_take(struct strings *list, char *text)
{
	/* One more than asked for, so that the NULL behind the last item always fits. */
	list->items =
		array_grow(list->items, list->count + 1, &list->capacity, sizeof *list->items);
	list->items[list->count++] = text;
	list->items[list->count] = NULL;
}

void strings_add(struct strings *list, const char *text)
{
	strings_take(list, text_copy(text));
}

void strings_format(struct strings *list, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	strings_take(list, text_format_v(format, arguments));
	va_end(arguments);
}

void strings_add_all(struct strings *list, const char *const *texts)
{
	for (; texts && *texts; texts++)
		strings_add(list, *texts);
}

bool strings_have(const struct strings *list, const char *text)
{
	for (size_t i = 0; i < list->count; i++)
		if (text_equal(list->items[i], text))
			return true;
	return false;
}

static int compare_texts(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

void strings_sort(struct strings *list)
{
	if (list->count)
		qsort(list->items, list->count, sizeof *list->items, compare_texts);
}

void strings_unique(struct strings *list)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (kept && text_equal(list->items[kept - 1], list->items[i]))
			free(list->items[i]);
		else
			list->items[kept++] = list->items[i];
	}
	list->count = kept;
	if (list->items)
		list->items[kept] = NULL;
}

char *strings_join(const struct strings *list, const char *between)
{
	autobuffer struct buffer text = {.maximum = SIZE_MAX / 4};

	for (size_t i = 0; i < list->count; i++) {
		if (i)
			buffer_text(&text, between);
		buffer_text(&text, list->items[i]);
	}
	return buffer_steal(&text);
}

void strings_split(struct strings *list, const char *text, const char *separators)
{
	while (*text) {
		size_t length = strcspn(text, separators);

		if (length)
			strings_take(list, text_copy_n(text, length));
		text += length;
		text += strspn(text, separators);
	}
}

void strings_clear(struct strings *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct strings){0};
}

size_t utf8_length(const char *text)
{
	const unsigned char *bytes = (const unsigned char *)text;
	if (bytes[0] < 0x80)
		return 1;
	size_t length = bytes[0] >= 0xf0 ? 4 : bytes[0] >= 0xe0 ? 3 : 2;
	if (bytes[0] < 0xc2 || bytes[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((bytes[0] == 0xe0 && bytes[1] < 0xa0) || (bytes[0] == 0xed && bytes[1] > 0x9f) ||
	    (bytes[0] == 0xf0 && bytes[1] < 0x90) || (bytes[0] == 0xf4 && bytes[1] > 0x8f))
		return 0;
	return length;
}

bool utf8_steers(const char *text, size_t bytes)
{
	const unsigned char *at = (const unsigned char *)text;
	switch (bytes) {
	case 1: return (at[0] < 0x20 && at[0] != '\n' && at[0] != '\t') || at[0] == 0x7f;
	case 2: return at[0] == 0xc2 && at[1] < 0xa0;
	case 3: return at[0] == 0xe2 && ((at[1] == 0x80 && at[2] >= 0xaa && at[2] <= 0xae) ||
					   (at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9));
	default: return false;
	}
}

char *text_plain(const char *text)
{
	struct buffer out = {.maximum = SIZE_MAX / 4};

	for (size_t bytes; text && *text; text += bytes ? bytes : 1) {
		bytes = utf8_length(text);
		if (!bytes || utf8_steers(text, bytes))
			buffer_text(&out, "\xef\xbf\xbd");
		else
			buffer_add(&out, text, bytes);
	}
	return text ? buffer_steal(&out) : NULL;
}

char *text_shell(const char *text)
{
	struct buffer out = {.maximum = SIZE_MAX / 4};

	buffer_text(&out, "'");
	for (; *text; text++)
		buffer_add(&out, *text == '\'' ? "'\\''" : text, *text == '\'' ? 4 : 1);
	buffer_text(&out, "'");
	return buffer_steal(&out);
}

char *text_plain_line(const char *text)
{
	char *plain = text_plain(text);

	for (char *at = plain; at && *at; at++)
		if (*at == '\n' || *at == '\t')
			*at = ' ';
	return plain;
}
