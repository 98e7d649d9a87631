/* Memory: out of memory aborts in one place, so no caller checks for NULL. Cleanup attributes make
 * ownership visible; an arena holds what lives and dies together. */
#ifndef HIEBOX_BASE_MEMORY_H
#define HIEBOX_BASE_MEMORY_H

#include <dirent.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void *memory_alloc(size_t size);                                 /* zeroed; never NULL */
void *memory_resize(void *old, size_t count, size_t size);       /* overflow-checked; never NULL */
void *memory_copy(const void *from, size_t size);                /* never NULL (size 0 gives 1 byte) */

/* Grows the array `*items` (elements of `size` bytes, `*capacity` of them allocated) so that at
 * least `count + 1` fit. Use as: items = array_grow(items, count, &capacity, sizeof *items). */
void *array_grow(void *items, size_t count, size_t *capacity, size_t size);

/* An arena: many small allocations freed at once. Create with arena_new(), free with arena_free(). */
struct arena;
struct arena *arena_new(void);
void arena_free(struct arena *arena);                            /* NULL is allowed */
void *arena_alloc(struct arena *arena, size_t size);             /* zeroed, aligned to 16 bytes */
char *arena_string(struct arena *arena, const char *text);       /* copy; NULL gives NULL */
char *arena_string_n(struct arena *arena, const char *text, size_t length);
char *arena_format(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Cleanup attributes: `autofree char *x = …;` frees x at the end of its scope. */
void cleanup_free(void *pointer);
void cleanup_fd(int *fd);
void cleanup_file(FILE **file);
void cleanup_dir(DIR **dir);
void cleanup_arena(struct arena **arena);
#define autofree __attribute__((cleanup(cleanup_free)))
#define autofd __attribute__((cleanup(cleanup_fd)))       /* int; closed when >= 0 */
#define autofile __attribute__((cleanup(cleanup_file)))
#define autodir __attribute__((cleanup(cleanup_dir)))
#define autoarena __attribute__((cleanup(cleanup_arena)))

/* Hands an automatic variable's value over: returns it and leaves NULL (-1 for fds) behind. */
#define steal(pointer) \
	({ __typeof__(pointer) *steal_p_ = &(pointer); __typeof__(pointer) steal_v_ = *steal_p_; \
	   *steal_p_ = NULL; steal_v_; })
#define steal_fd(fd) ({ int *steal_p_ = &(fd); int steal_v_ = *steal_p_; *steal_p_ = -1; steal_v_; })

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#endif
