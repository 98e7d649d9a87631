/* Errors and the list of mistakes in files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>

#include "base/base.h"

static void messages_are_set_and_prefixed(void **state)
{
	struct error err = {0};

	(void)state;
	assert_int_equal(error_set(&err, "%d of %s", 3, "them"), -1);
	assert_string_equal(err.message, "3 of them");
	assert_int_equal(error_prefix(&err, "reading %s", "x"), -1);
	assert_string_equal(err.message, "reading x: 3 of them");
	assert_int_equal(error_set_errno(&err, ENOENT, "cannot open %s", "y"), -1);
	assert_string_equal(err.message, "cannot open y: No such file or directory");
	error_clear(&err);
	assert_null(err.message);
	error_prefix(&err, "context");
	assert_string_equal(err.message, "context: unknown error");
	error_clear(&err);
}

static void nobody_needs_to_listen(void **state)
{
	(void)state;
	assert_int_equal(error_set(NULL, "x"), -1);
	assert_int_equal(error_set_errno(NULL, EIO, "x"), -1);
	assert_int_equal(error_prefix(NULL, "x"), -1);
	error_clear(NULL);
}

static void diagnostics_are_ordered_by_place(void **state)
{
	struct diagnostics list = {0};
	struct error err = {0};

	(void)state;
	assert_int_equal(diagnostics_to_error(&list, &err), 0);
	diagnostics_sort(&list);
	diagnostics_add(&list, (struct place){"b.yaml", 1, 1}, "six");
	diagnostics_add(&list, (struct place){"a.yaml", 10, 2}, "four");
	diagnostics_add(&list, (struct place){"a.yaml", 9, 30}, "three");
	diagnostics_add(&list, (struct place){"a.yaml", 9, 4}, "two %s", "b");
	diagnostics_add(&list, (struct place){"a.yaml", 10, 2}, "five");
	diagnostics_add(&list, (struct place){"a.yaml", 0, 0}, "one");
	diagnostics_add(&list, (struct place){NULL, 0, 0}, "zero");
	diagnostics_sort(&list);
	assert_int_equal(diagnostics_to_error(&list, &err), -1);
	assert_string_equal(err.message, "zero\n"
					 "a.yaml: one\n"
					 "a.yaml:9:4: two b\n"
					 "a.yaml:9:30: three\n"
					 "a.yaml:10:2: four\n"
					 "a.yaml:10:2: five\n"
					 "b.yaml:1:1: six");
	error_clear(&err);
	diagnostics_clear(&list);
	assert_int_equal(list.count, 0);
}

static void diagnostics_have_a_limit(void **state)
{
	struct diagnostics list = {0};
	struct error err = {0};

	(void)state;
	for (unsigned i = 0; i < 203; i++)
		diagnostics_add(&list, (struct place){"f", i + 1, 0}, "x");
	assert_int_equal(list.count, 200);
	assert_int_equal(list.dropped, 3);
	diagnostics_to_error(&list, &err);
	assert_true(text_ends(err.message, "f:200: x\nand 3 more"));
	error_clear(&err);
	diagnostics_clear(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_are_set_and_prefixed),
		cmocka_unit_test(nobody_needs_to_listen),
		cmocka_unit_test(diagnostics_are_ordered_by_place),
		cmocka_unit_test(diagnostics_have_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
