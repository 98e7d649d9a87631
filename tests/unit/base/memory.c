/* Arrays, arenas and cleanup. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <string.h>

#include "base/base.h"

static void arrays_grow_zeroed(void **state)
{
	autofree int *items = NULL;
	size_t capacity = 0;

	(void)state;
	for (size_t i = 0; i < 1000; i++) {
		items = array_grow(items, i, &capacity, sizeof *items);
		assert_true(capacity > i);
		assert_int_equal(items[i], 0);
		items[i] = (int)i;
	}
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(items[i], i);
}

static void arena_pieces_do_not_overlap(void **state)
{
	autoarena struct arena *arena = arena_new();
	static const size_t sizes[] = {0,     1,     15,    16,    17,     4000,
				       16384, 16385, 65536, 65537, 200000, 3};
	unsigned char *pieces[LENGTH(sizes) * 20];

	(void)state;
	for (size_t i = 0; i < LENGTH(pieces); i++) {
		size_t size = sizes[i % LENGTH(sizes)];

		pieces[i] = arena_alloc(arena, size);
		assert_int_equal((uintptr_t)pieces[i] % 16, 0);
		for (size_t k = 0; k < size; k++)
			assert_int_equal(pieces[i][k], 0);
		memset(pieces[i], (int)(i % 251) + 1, size);
	}
	for (size_t i = 0; i < LENGTH(pieces); i++)
		for (size_t k = 0; k < sizes[i % LENGTH(sizes)]; k += 7)
			assert_int_equal(pieces[i][k], i % 251 + 1);
}

static void arena_strings(void **state)
{
	autoarena struct arena *arena = arena_new();

	(void)state;
	assert_string_equal(arena_string(arena, "abc"), "abc");
	assert_null(arena_string(arena, NULL));
	assert_string_equal(arena_string_n(arena, "abcdef", 2), "ab");
	assert_string_equal(arena_format(arena, "%s-%d", "x", 7), "x-7");
	arena_free(NULL);
}

static void stealing_leaves_nothing_behind(void **state)
{
	char *taken = NULL;
	int fd = -1;

	(void)state;
	{
		autofree char *text = text_copy("mine");
		autofd int own = open("/dev/null", O_RDONLY | O_CLOEXEC);

		taken = steal(text);
		assert_null(text);
		fd = steal_fd(own);
		assert_int_equal(own, -1);
	}
	assert_string_equal(taken, "mine");
	assert_true(fcntl(fd, F_GETFD) >= 0);
	close(fd);
	free(taken);
}

static void copies_of_nothing(void **state)
{
	autofree void *nothing = memory_copy(NULL, 0);
	autofree void *some = memory_copy("xy", 2);
	autofree void *zero = memory_alloc(0);

	(void)state;
	assert_non_null(nothing);
	assert_non_null(zero);
	assert_memory_equal(some, "xy", 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arrays_grow_zeroed),
		cmocka_unit_test(arena_pieces_do_not_overlap),
		cmocka_unit_test(arena_strings),
		cmocka_unit_test(stealing_leaves_nothing_behind),
		cmocka_unit_test(copies_of_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
