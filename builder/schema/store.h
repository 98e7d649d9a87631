/* Inside the room: single values and lists of them, how one is said in a message and how it is stored. */
#ifndef HIEBOX_SCHEMA_STORE_H
#define HIEBOX_SCHEMA_STORE_H

#include "schema/schema.h"

/* What stands at a node, for "…, got …". Caller frees. */
char *text_found(const struct node *node);

/* " 64M to 16T" for a type with limits, else "". Caller frees. */
char *range_text(const struct value_type *type);

/* "a, b or c". Caller frees. */
char *words_text(const struct word *words);
bool is_word(const struct word *words, const char *text);

/* Stores a checked scalar, or the default text `standard`. A NULL target is allowed: nothing is stored. */
void store_scalar(const struct value_type *type, const struct node *node, void *target);
void store_standard(const struct walk *walk, const struct value_type *type, const char *standard,
		    void *target);
/* Adds a checked item to the list at `target`, which will hold `most` at the end. */
void store_item(const struct walk *walk, const struct value_type *list, size_t most,
		const struct node *item, void *target);

#endif
