/* What the display says at one moment, and how its numbers move. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/columns.h"
#include "base/progress_line.h"

static const struct pace steady = {.rate = 21e6, .left = 5};

static struct progress_view fetching(size_t columns)
{
	return (struct progress_view){.number = 3, .of = 12, .verb = "fetch", .what = "312 packages for the image",
				      .done = 214000000, .total = 312000000, .bytes = true, .passed = 10,
				      .pace = &steady, .columns = columns, .unicode = true};
}

static struct progress_view configuring(size_t columns)
{
	return (struct progress_view){.number = 7, .of = 12, .verb = "configure",
				      .what = "packages, initramfs, programs", .detail = "postgresql-common",
				      .items = 42, .items_total = 237, .passed = 4, .pace = &steady,
				      .columns = columns, .unicode = true};
}

static void check(struct progress_view view, const char *expected)
{
	autofree char *line = progress_line(&view);

	assert_string_equal(line, expected);
	assert_true(columns_of(line) < view.columns);
}

static void lines(void **state)
{
	(void)state;
	check(fetching(80), "[3/12] fetch  ━━━━━━━━━╸────   68%  214 of 312 MB  21.0 MB/s  5 s left");
	check(configuring(80), "[7/12] configure  ━━────────────   17%   42 of 237  5 s left  postgresql-common");
	check(fetching(40), "[3/12] fetch  ━━━━──   68%  0:05 left");
	check(configuring(40), "[7/12] configure   17%  0:05 left");
	check(fetching(20), "[3/12] fetch   68%");
	check(fetching(200),
	      "[3/12] fetch  312 packages for the image  ━━━━━━━━━━━━━━━━━━━━━━━━━━────────────   68%  "
	      "214 of 312 MB  21.0 MB/s  5 s left");
}

static void without_a_plan_or_a_total(void **state)
{
	struct progress_view view = {.verb = "site", .what = "units, settings and accounts", .passed = 2.2,
				     .pace = &steady, .columns = 80, .unicode = true};

	(void)state;
	check(view, "site  units, settings and accounts  2 s");
	view.passed = 0.3;
	check(view, "site  units, settings and accounts");
	view.columns = 30;
	check(view, "site  units, settings and ac…");
	view.unicode = false;
	check(view, "site  units, settings and ...");
}

static void ascii_and_colours(void **state)
{
	struct progress_view view = fetching(80);

	(void)state;
	view.unicode = false;
	check(view, "[3/12] fetch  #########-....   68%  214 of 312 MB  21.0 MB/s  5 s left");
	view.colour = true;
	autofree char *line = progress_line(&view);
	assert_string_equal(line, "\033[2m[3/12] \033[m\033[1mfetch\033[m  \033[32m#########-\033[m\033[2m....\033[m   "
				  "68%  214 of 312 MB  21.0 MB/s  5 s left");
}

/* Every width, with names of all kinds: never as wide as the terminal. */
static void never_too_wide(void **state)
{
	static const char *const names[] = {"x", "boîte de démonstration", "健康情報交換の箱", "clinique\xff\xfe",
					    "e\u0301e\u0301e\u0301 combining", "tab\there"};

	(void)state;
	for (size_t columns = 20; columns <= 220; columns++)
		for (size_t i = 0; i < LENGTH(names); i++)
			for (int kind = 0; kind < 2; kind++) {
				struct progress_view view = kind ? fetching(columns) : configuring(columns);

				view.what = names[i];
				view.detail = names[LENGTH(names) - 1 - i];
				autofree char *line = progress_line(&view);
				assert_true(columns_of(line) < columns);
				assert_null(strchr(line, '\n'));
			}
}

static void widths(void **state)
{
	(void)state;
	assert_int_equal(columns_of("abc"), 3);
	assert_int_equal(columns_of("démo"), 4);
	assert_int_equal(columns_of("e\u0301"), 1);
	assert_int_equal(columns_of("健康"), 4);
	assert_int_equal(columns_of("\xff"), 1);
	autofree char *cut = columns_cut("健康情報", 6, true);
	assert_string_equal(cut, "健康…");
	autofree char *harmless = columns_cut("a\033[31mb", 20, true);
	assert_string_equal(harmless, "a?[31mb");
}

/* 100 units at one a second, told in lumps of 7 every 7 seconds, looked at ten times a second: what is left
 * runs down, and never jumps by more than a few seconds. */
static void what_is_left_does_not_jump(void **state)
{
	struct pace pace;
	double before = -1, largest = 0;

	(void)state;
	pace_begin(&pace, 0);
	for (int tenth = 1; tenth < 950; tenth++) {
		double now = tenth / 10.0;
		uint64_t done = (uint64_t)(now / 7) * 7;

		pace_update(&pace, now, done, 100);
		if (now < 15)
			continue;
		if (before >= 0 && (pace.left - before > largest || before - pace.left > largest))
			largest = pace.left > before ? pace.left - before : before - pace.left;
		before = pace.left;
		assert_true(pace.left >= 0 && pace.left < 2 * (100 - now) + 30);
	}
	assert_true(largest < 4);
}

static void durations(void **state)
{
	static const struct {
		double seconds;
		const char *text;
	} cases[] = {{0.04, "0.0 s"}, {59.9, "59.9 s"}, {59.96, "1 min 00 s"}, {185, "3 min 05 s"}, {3720, "1 h 02 min"}};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		autofree char *text = progress_duration(cases[i].seconds);

		assert_string_equal(text, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(without_a_plan_or_a_total),
		cmocka_unit_test(ascii_and_colours),
		cmocka_unit_test(never_too_wide),
		cmocka_unit_test(widths),
		cmocka_unit_test(what_is_left_does_not_jump),
		cmocka_unit_test(durations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
