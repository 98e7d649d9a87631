/* The same work over many items. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdatomic.h>

#include "base/base.h"

struct tally {
	atomic_uint done[1000];
	atomic_uint begun;
	size_t fail_from;
};

static int count_one(void *context, size_t index, struct error *err)
{
	struct tally *tally = context;

	atomic_fetch_add(&tally->begun, 1);
	if (index >= tally->fail_from)
		return error_set(err, "item %zu", index);
	atomic_fetch_add(&tally->done[index], 1);
	return 0;
}

static void every_item_once(void **state)
{
	static const unsigned threads[] = {0, 1, 2, 7, 64};
	struct error err = {0};

	(void)state;
	for (size_t t = 0; t < LENGTH(threads); t++) {
		struct tally tally = {.fail_from = 5000};

		assert_int_equal(parallel_each(1000, threads[t], count_one, &tally, &err), 0);
		for (size_t i = 0; i < 1000; i++)
			assert_int_equal(tally.done[i], 1);
	}
	assert_int_equal(parallel_each(0, 0, count_one, NULL, &err), 0);
}

static void the_lowest_failure_is_told(void **state)
{
	struct error err = {0};

	(void)state;
	for (unsigned round = 0; round < 50; round++) {
		struct tally tally = {.fail_from = 100};

		assert_int_equal(parallel_each(1000, 8, count_one, &tally, &err), -1);
		assert_string_equal(err.message, "item 100");
		assert_true(tally.begun <= 108);
		error_clear(&err);
	}
}

static int start_a_tool(void *context, size_t index, struct error *err)
{
	autofree char *word = text_format("%zu", index);
	const char *argv[] = {"echo", word, NULL};
	autobuffer struct buffer output = {0};
	struct process process = {.argv = argv, .output = &output};

	(void)context;
	buffer_text(&output, "");
	if (process_run(&process, NULL, err) < 0)
		return -1;
	output.data[output.length - 1] = '\0';
	return text_equal(output.data, word) ? 0 : error_set(err, "wrong output %s", output.data);
}

static void processes_from_several_threads(void **state)
{
	struct error err = {0};

	(void)state;
	assert_int_equal(parallel_each(100, 6, start_a_tool, NULL, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_item_once),
		cmocka_unit_test(the_lowest_failure_is_told),
		cmocka_unit_test(processes_from_several_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
