/* Text: formatted strings, growing buffers with a maximum, lists of strings, sizes, nearest names. */
#ifndef HIEBOX_BASE_TEXT_H
#define HIEBOX_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* New string in printf's way; the caller frees it. Never NULL. */
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *text_format_v(const char *format, va_list arguments) __attribute__((format(printf, 1, 0)));
char *text_copy(const char *text);                        /* NULL gives NULL */
char *text_copy_n(const char *text, size_t length);
/* How many of the `length` bytes are its beginning of at most `maximum` bytes, without half a character of UTF-8 (RFC 3629)
 * at its end. What is no UTF-8 is cut anywhere. */
size_t text_cut(const char *text, size_t length, size_t maximum);
bool text_equal(const char *a, const char *b);            /* two NULLs are equal */
bool text_one_of(const char *text, const char *const *words); /* one of a NULL-terminated array? */
bool text_starts(const char *text, const char *prefix);
bool text_ends(const char *text, const char *suffix);
/* How many bytes the UTF-8 character at `text` has (RFC 3629; 1 at the end); 0 when it is none. Reads no byte behind a
 * NUL. */
size_t utf8_length(const char *text);
/* Does the character of so many bytes steer what shows it? Control characters do (not line break and tab), and those that
 * turn the direction of writing until they are ended (U+202A to U+202E, U+2066 to U+2069). */
bool utf8_steers(const char *text, size_t bytes);
/* A copy for a terminal, of a text that came from a box, an image or a network: U+FFFD in place of what steers
 * (utf8_steers()) and of what is no UTF-8. Line breaks and tabs stay; text_plain_line() makes them spaces, so that no text
 * looks like two. NULL gives NULL; caller frees. */
char *text_plain(const char *text);
char *text_plain_line(const char *text);
/* Between single quotes of the shell, whatever it holds; caller frees. */
char *text_shell(const char *text);

/* A growing byte buffer. `data` is always NUL-terminated behind `length` once anything was added.
 * Growth beyond `maximum` (0 means 64 MiB) aborts buffer_add* with `overflow` set: later adds are
 * ignored, and the caller checks `overflow` at the end. Zero-initialise; free with buffer_clear(). */
struct buffer {
	char *data;
	size_t length;
	size_t capacity;
	size_t maximum;
	bool overflow;
};
void buffer_add(struct buffer *buffer, const void *bytes, size_t length);
void buffer_text(struct buffer *buffer, const char *text);
void buffer_format(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buffer_clear(struct buffer *buffer);
char *buffer_steal(struct buffer *buffer);                /* the bytes ("" when empty); caller frees */
#define autobuffer __attribute__((cleanup(buffer_clear)))

/* A list of owned strings, NULL-terminated in `items` (so usable as argv). Zero-initialise. */
struct strings {
	char **items;
	size_t count;
	size_t capacity;
};
void strings_add(struct strings *list, const char *text);             /* copies */
void strings_take(struct strings *list, char *text);                  /* takes ownership */
void strings_format(struct strings *list, const char *format, ...) __attribute__((format(printf, 2, 3)));
void strings_add_all(struct strings *list, const char *const *texts); /* NULL-terminated array */
bool strings_have(const struct strings *list, const char *text);
void strings_sort(struct strings *list);                              /* bytewise */
void strings_unique(struct strings *list);                            /* of a sorted list */
char *strings_join(const struct strings *list, const char *between);  /* caller frees; "" when empty */
void strings_split(struct strings *list, const char *text, const char *separators); /* adds non-empty parts */
void strings_clear(struct strings *list);
#define autostrings __attribute__((cleanup(strings_clear)))

/* Reads a size such as 512, 64K, 256M, 4G, 1.5G, 2T (powers of 1024) into bytes.
 * Returns 0, or -1 when the text is not a size or does not fit in 63 bits. */
int size_parse(const char *text, uint64_t *ret_bytes);
/* "1.4 GB"-like text for people (powers of 1000, three digits); caller frees. */
char *size_text(uint64_t bytes);
/* Whole decimal number within [low, high]; returns 0 or -1. */
int number_parse(const char *text, int64_t low, int64_t high, int64_t *ret_value);

/* The candidate nearest to `name` by edit distance (transpositions count one), or NULL when none is
 * near enough (distance at most 1 + length / 4). `names` is NULL-terminated; the result is borrowed. */
const char *nearest_name(const char *name, const char *const *names);

#endif
