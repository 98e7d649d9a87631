/* intern: see intern.h. An open hash table of offsets. */
#include "plan/intern.h"

#include <stdlib.h>
#include <string.h>

static uint64_t text_hash(const char *text, size_t length)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3u;
	return hash ^ (hash >> 31);
}

static void intern_grow(struct intern *intern)
{
	size_t size = intern->size ? intern->size * 2 : 1u << 17;
	struct slot *slots = memory_alloc(size * sizeof *slots);

	for (size_t i = 0; i < intern->size; i++) {
		if (intern->slots[i].offset == 0)
			continue;
		const char *text = intern->text.data + intern->slots[i].offset;
		size_t at = text_hash(text, strlen(text)) & (size - 1);

		while (slots[at].offset != 0)
			at = (at + 1) & (size - 1);
		slots[at] = intern->slots[i];
	}
	free(intern->slots);
	intern->slots = slots;
	intern->size = size;
}

uint32_t intern_append(struct intern *intern, const char *text, size_t length)
{
	uint32_t offset = (uint32_t)intern->text.length;

	buffer_add(&intern->text, text, length);
	buffer_add(&intern->text, "", 1);
	return offset;
}

uint32_t intern_text(struct intern *intern, const char *text, size_t length, uint32_t *ret_rank)
{
	if ((intern->used + 1) * 2 > intern->size)
		intern_grow(intern);
	size_t at = text_hash(text, length) & (intern->size - 1);

	while (intern->slots[at].offset != 0) {
		const char *other = intern->text.data + intern->slots[at].offset;

		if (strncmp(other, text, length) == 0 && other[length] == '\0')
			break;
		at = (at + 1) & (intern->size - 1);
	}
	struct slot *slot = &intern->slots[at];

	if (slot->offset == 0) {
		slot->offset = intern_append(intern, text, length);
		slot->rank = (uint32_t)++intern->used;
	}
	if (ret_rank)
		*ret_rank = slot->rank;
	return slot->offset;
}

void intern_clear(struct intern *intern)
{
	buffer_clear(&intern->text);
	free(intern->slots);
	intern->slots = NULL;
}
