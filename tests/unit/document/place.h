/* What parses, and where a node begins, as the tests of both languages ask. Include it behind cmocka.h. */
#ifndef TESTS_UNIT_DOCUMENT_PLACE_H
#define TESTS_UNIT_DOCUMENT_PLACE_H

#include "document/document.h"

static inline void expect_place_in(const char *file, const struct node *node, unsigned line, unsigned column)
{
	assert_non_null(node);
	assert_string_equal(node->place.file, file);
	assert_int_equal(node->place.line, line);
	assert_int_equal(node->place.column, column);
}

/* The document of a text that has no mistake; caller frees. */
static inline struct document *parse_right(const char *name, const char *text,
					   int (*parse)(const char *name, const char *text, size_t length,
							struct document **ret, struct diagnostics *mistakes))
{
	struct document *document = NULL;
	struct diagnostics mistakes = { 0 };
	int result = parse(name, text, strlen(text), &document, &mistakes);
	for (size_t i = 0; i < mistakes.count; i++)
		print_message("%s\n", mistakes.messages[i]);
	assert_int_equal(result, 0);
	return document;
}

#endif
