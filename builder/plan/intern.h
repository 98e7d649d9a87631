/* intern: many texts in one buffer, those that come often stored once. Private to plan. */
#ifndef HIEBOX_PLAN_INTERN_H
#define HIEBOX_PLAN_INTERN_H

#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

/* A set of texts, each stored once; remembers in which order they came. */
struct intern {
	struct buffer text;
	struct slot {
		uint32_t offset, rank;
	} *slots;
	size_t size, used;
};

/* Stores the text anew (with a NUL behind it); returns its offset. */
uint32_t intern_append(struct intern *intern, const char *text, size_t length);
/* The offset of the text, stored once; its rank (which new text it was, from 1) by `ret_rank` unless NULL. */
uint32_t intern_text(struct intern *intern, const char *text, size_t length, uint32_t *ret_rank);
void intern_clear(struct intern *intern);

#endif
