#include "base/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

/* The one place where a failed allocation ends: a builder that cannot allocate a few bytes cannot
 * do anything sensible any more, and every caller is shorter for it. */
static void *checked(void *pointer)
{
	if (!pointer) {
		static const char text[] = "hiebox: out of memory\n";
		ssize_t ignored = write(STDERR_FILENO, text, sizeof text - 1);
		(void)ignored;
		abort();
	}
	return pointer;
}

void *memory_alloc(size_t size)
{
	return checked(calloc(1, size ? size : 1));
}

void *memory_resize(void *old, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		return checked(NULL);
	return checked(realloc(old, bytes ? bytes : 1));
}

void *memory_copy(const void *from, size_t size)
{
	void *copy = checked(malloc(size ? size : 1));

	if (size)
		memcpy(copy, from, size);
	return copy;
}

void *array_grow(void *items, size_t count, size_t *capacity, size_t size)
{
	size_t wanted;

	if (count < *capacity)
		return items;
	wanted = *capacity < 8 ? 8 : *capacity;
	while (wanted <= count)
		if (__builtin_mul_overflow(wanted, (size_t)2, &wanted))
			return checked(NULL);
	items = memory_resize(items, wanted, size);
	memset((char *)items + *capacity * size, 0, (wanted - *capacity) * size);
	*capacity = wanted;
	return items;
}

#define ARENA_BLOCK 65536
#define ARENA_ALIGN 16

struct arena_block {
	struct arena_block *next;
	size_t used;
	size_t size;
	_Alignas(ARENA_ALIGN) char bytes[];
};

struct arena {
	struct arena_block *blocks; /* the first one is the one being filled */
};

struct arena *arena_new(void)
{
	return memory_alloc(sizeof(struct arena));
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	while (arena->blocks) {
		struct arena_block *next = arena->blocks->next;

		free(arena->blocks);
		arena->blocks = next;
	}
	free(arena);
}

static struct arena_block *arena_block_new(size_t size)
{
	struct arena_block *block;

	if (size > SIZE_MAX - sizeof *block)
		return checked(NULL);
	block = memory_alloc(sizeof *block + size);
	block->size = size;
	return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct arena_block *block = arena->blocks;
	void *pointer;

	if (size > SIZE_MAX - ARENA_ALIGN)
		return checked(NULL);
	size = size ? (size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN : ARENA_ALIGN;
	if (!block || block->size - block->used < size) {
		block = arena_block_new(size > ARENA_BLOCK / 4 ? size : ARENA_BLOCK);
		if (block->size == size && arena->blocks) {
			/* A large piece has its own block, behind the one that is still being
			 * filled. */
			block->next = arena->blocks->next;
			arena->blocks->next = block;
		} else {
			block->next = arena->blocks;
			arena->blocks = block;
		}
	}
	pointer = block->bytes + block->used;
	block->used += size;
	return pointer;
}

char *arena_string_n(struct arena *arena, const char *text, size_t length)
{
	char *copy = arena_alloc(arena, length + 1);

	memcpy(copy, text, length);
	return copy;
}

char *arena_string(struct arena *arena, const char *text)
{
	return text ? arena_string_n(arena, text, strlen(text)) : NULL;
}

char *arena_format(struct arena *arena, const char *format, ...)
{
	va_list arguments, again;
	int length;
	char *text;

	va_start(arguments, format);
	va_copy(again, arguments);
	length = vsnprintf(NULL, 0, format, arguments);
	if (length < 0)
		abort();
	text = arena_alloc(arena, (size_t)length + 1);
	vsnprintf(text, (size_t)length + 1, format, again);
	va_end(again);
	va_end(arguments);
	return text;
}

void cleanup_free(void *pointer)
{
	free(*(void **)pointer);
}

void cleanup_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

void cleanup_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

void cleanup_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

void cleanup_arena(struct arena **arena)
{
	arena_free(*arena);
}
