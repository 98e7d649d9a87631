/* Errors are values: the last parameter of what can fail, set once where it happens, given context
 * on the way up, turned into text only by commands/. */
#ifndef HIEBOX_BASE_ERROR_H
#define HIEBOX_BASE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* One failure. `message` is owned by the error; free with error_clear(). Zero-initialise: {0}. */
struct error {
	char *message;
};

/* Sets `err` (which must be clear) to the formatted message. Always returns -1, so that a caller
 * can write `return error_set(err, "…")`. A NULL err is allowed: the message is dropped. */
int error_set(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* As error_set(), with ": " and the text of `errnum` (an errno value) added. Returns -1. */
int error_set_errno(struct error *err, int errnum, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts formatted context and ": " in front of the message that `err` holds. Returns -1. */
int error_prefix(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Frees the message and makes `err` clear again. */
void error_clear(struct error *err);

/* A place in a file that a person wrote. `file` is borrowed (it lives as long as the document's
 * arena); line and column count from 1, 0 means unknown. */
struct place {
	const char *file;
	unsigned line;
	unsigned column;
};

/* The list of all mistakes found in the files of one run, in the order of discovery. */
struct diagnostics {
	char **messages; /* each "file:line:column: text", owned; unknown parts of the place are left out */
	size_t count;
	size_t dropped; /* how many came after the limit of 200 and were only counted */
	struct diagnostic_key *keys; /* what diagnostics_sort() compares; private to error.c */
};

/* Adds "file:line:column: " + formatted text to the list. Returns -1 always. */
int diagnostics_add(struct diagnostics *list, struct place at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Orders messages by file, line and column (stable), so that output does not depend on check order. */
void diagnostics_sort(struct diagnostics *list);

void diagnostics_clear(struct diagnostics *list);

/* Joins all messages with newlines into `err` and returns -1; returns 0 when the list is empty. */
int diagnostics_to_error(const struct diagnostics *list, struct error *err);

#endif
