/* Strings, buffers, lists, sizes, nearest names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/base.h"

static void comparing(void **state)
{
	(void)state;
	assert_true(text_equal(NULL, NULL));
	assert_false(text_equal(NULL, ""));
	assert_true(text_equal("a", "a"));
	assert_true(text_starts("abc", "ab"));
	assert_true(text_starts("abc", ""));
	assert_false(text_starts("a", "ab"));
	assert_true(text_ends("abc", "bc"));
	assert_false(text_ends("c", "bc"));
	assert_false(text_ends(NULL, "x"));
}

static void buffers_grow_to_their_maximum(void **state)
{
	autobuffer struct buffer buffer = {.maximum = 10};
	autofree char *rest = NULL;

	(void)state;
	buffer_text(&buffer, "12345");
	buffer_format(&buffer, "%d", 67890);
	assert_false(buffer.overflow);
	assert_string_equal(buffer.data, "1234567890");
	buffer_add(&buffer, "", 0);
	assert_false(buffer.overflow);
	buffer_text(&buffer, "x");
	assert_true(buffer.overflow);
	assert_int_equal(buffer.length, 10);
	buffer_add(&buffer, "", 0);
	rest = buffer_steal(&buffer);
	assert_string_equal(rest, "1234567890");
	assert_int_equal(buffer.length, 0);
	assert_false(buffer.overflow);
	assert_int_equal(buffer.maximum, 10);
}

static void an_empty_buffer_gives_an_empty_string(void **state)
{
	struct buffer buffer = {0};
	autofree char *nothing = buffer_steal(&buffer);

	(void)state;
	assert_string_equal(nothing, "");
}

static void lists(void **state)
{
	static const char *const more[] = {"c", "a", "c", NULL};
	autostrings struct strings list = {0};
	autofree char *joined = NULL;
	autofree char *nothing = strings_join(&list, ",");

	(void)state;
	assert_string_equal(nothing, "");
	strings_sort(&list);
	strings_unique(&list);
	strings_add(&list, "b");
	strings_format(&list, "%c", 'B');
	strings_add_all(&list, more);
	strings_add_all(&list, NULL);
	assert_true(strings_have(&list, "B"));
	assert_false(strings_have(&list, "d"));
	strings_sort(&list);
	strings_unique(&list);
	assert_int_equal(list.count, 4);
	assert_null(list.items[4]);
	joined = strings_join(&list, ", ");
	assert_string_equal(joined, "B, a, b, c");
}

static void lists_end_with_null_at_every_length(void **state)
{
	autostrings struct strings list = {0};

	(void)state;
	for (size_t i = 0; i < 100; i++) {
		strings_add(&list, "x");
		assert_null(list.items[list.count]);
	}
}

static void splitting(void **state)
{
	autostrings struct strings list = {0};
	autofree char *joined = NULL;

	(void)state;
	strings_split(&list, "  one two\t three ", " \t");
	strings_split(&list, "", " ");
	joined = strings_join(&list, "|");
	assert_string_equal(joined, "one|two|three");
}

static void sizes_are_read(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = {
		{"0", 0},
		{"512", 512},
		{"64K", 65536},
		{"256M", 268435456},
		{"4G", 4294967296},
		{"1.5G", 1610612736},
		{"0.25M", 262144},
		{"2T", 2199023255552},
		{"9223372036854775807", INT64_MAX},
		{"1.999999999999K", 2047},
	};
	static const char *const bad[] = {"",         "G",
					  "-1",       "4 gigs",
					  "4g",       "1.5",
					  "1.G",      ".5G",
					  "4GB",      "4G ",
					  " 4G",      "0x4",
					  "1,5G",     "9223372036854775808",
					  "8388608T", "99999999999999999999999G"};
	uint64_t bytes = 0;

	(void)state;
	for (size_t i = 0; i < LENGTH(good); i++) {
		assert_int_equal(size_parse(good[i].text, &bytes), 0);
		assert_int_equal(bytes, good[i].bytes);
	}
	for (size_t i = 0; i < LENGTH(bad); i++)
		assert_int_equal(size_parse(bad[i], &bytes), -1);
	assert_int_equal(size_parse(NULL, &bytes), -1);
}

static void sizes_are_written(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {
		{0, "0 B"},
		{999, "999 B"},
		{1000, "1.00 kB"},
		{1430000000, "1.43 GB"},
		{14300000, "14.3 MB"},
		{143000, "143 kB"},
		{999499, "999 kB"},
		{999500, "1.00 MB"},
		{9994, "9.99 kB"},
		{9996, "10.0 kB"},
		{99960, "100 kB"},
		{UINT64_MAX, "18.4 EB"},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		autofree char *text = size_text(cases[i].bytes);

		assert_string_equal(text, cases[i].text);
	}
}

static void numbers_are_read(void **state)
{
	int64_t value = 0;

	(void)state;
	assert_int_equal(number_parse("80", 1, 65535, &value), 0);
	assert_int_equal(value, 80);
	assert_int_equal(number_parse("-5", -5, 0, &value), 0);
	assert_int_equal(value, -5);
	assert_int_equal(number_parse("65536", 1, 65535, &value), -1);
	assert_int_equal(number_parse("0", 1, 65535, &value), -1);
	assert_int_equal(number_parse("", 0, 9, &value), -1);
	assert_int_equal(number_parse("-", -9, 9, &value), -1);
	assert_int_equal(number_parse("+1", -9, 9, &value), -1);
	assert_int_equal(number_parse("1x", -9, 9, &value), -1);
	assert_int_equal(number_parse("--1", -9, 9, &value), -1);
	assert_int_equal(number_parse("99999999999999999999", 0, INT64_MAX, &value), -1);
	assert_int_equal(number_parse(NULL, 0, 1, &value), -1);
	assert_int_equal(value, -5);
}

static void names_that_were_nearly_right(void **state)
{
	static const char *const names[] = {"build", "flash", "components", "list", NULL};
	char endless[300];

	(void)state;
	memset(endless, 'a', sizeof endless - 1);
	endless[sizeof endless - 1] = '\0';
	assert_string_equal(nearest_name("biuld", names), "build");
	assert_string_equal(nearest_name("buil", names), "build");
	assert_string_equal(nearest_name("flsah", names), "flash");
	assert_string_equal(nearest_name("componets", names), "components");
	assert_string_equal(nearest_name("component", names), "components");
	assert_string_equal(nearest_name("list", names), "list");
	assert_null(nearest_name("frobnicate", names));
	assert_null(nearest_name("", names));
	assert_null(nearest_name(endless, names));
	assert_null(nearest_name("x", NULL));
	assert_null(nearest_name(NULL, names));
}

static void a_cut_keeps_characters_whole(void **state)
{
	static const struct {
		const char *text;
		size_t maximum, shown;
	} cuts[] = {
		{"", 0, 0},	 {"abc", 3, 3},	 {"abc", 2, 2},	   {"a\xc3\xa9", 2, 1}, {"a\xc3\xa9", 3, 3},
		{"\xc3\xa9", 1, 0}, {"\xf0\x9f\x98\x80", 3, 0}, {"\x80\x80\x80\x80\x80\x80", 5, 5}, {"abc", 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cuts); i++)
		assert_int_equal(text_cut(cuts[i].text, strlen(cuts[i].text), cuts[i].maximum), cuts[i].shown);
}

static void assert_plain(const char *text, const char *expected, const char *expected_line)
{
	autofree char *plain = text_plain(text), *line = text_plain_line(text);

	assert_string_equal(plain, expected);
	assert_string_equal(line, expected_line);
}

static void what_steers_a_terminal_is_taken_out(void **state)
{
#define INSTEAD "\xef\xbf\xbd"
	(void)state;
	assert_plain("", "", "");
	assert_plain("one\n\ttwo \xc3\xa9", "one\n\ttwo \xc3\xa9", "one  two \xc3\xa9");
	assert_plain("\x1b[2J\r\x7f", INSTEAD "[2J" INSTEAD INSTEAD, INSTEAD "[2J" INSTEAD INSTEAD);
	assert_plain("\xc2\x9b" "0m", INSTEAD "0m", INSTEAD "0m"); /* CSI, as a character */
	assert_plain("\x9b" "0m\xc3", INSTEAD "0m" INSTEAD, INSTEAD "0m" INSTEAD);
	assert_plain("\xe2\x80\xae" "evil", INSTEAD "evil", INSTEAD "evil");
	assert_null(text_plain(NULL));
	assert_null(text_plain_line(NULL));
#undef INSTEAD
}

static void the_shell_takes_every_text(void **state)
{
	static const char *const texts[][2] = {
		{"", "''"}, {"plain", "'plain'"}, {"o'brien", "'o'\\''brien'"}, {"$(x) `y` \\ \"\n", "'$(x) `y` \\ \"\n'"},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(texts); i++) {
		autofree char *got = text_shell(texts[i][0]);
		assert_string_equal(got, texts[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comparing),
		cmocka_unit_test(buffers_grow_to_their_maximum),
		cmocka_unit_test(an_empty_buffer_gives_an_empty_string),
		cmocka_unit_test(a_cut_keeps_characters_whole),
		cmocka_unit_test(what_steers_a_terminal_is_taken_out),
		cmocka_unit_test(the_shell_takes_every_text),
		cmocka_unit_test(lists),
		cmocka_unit_test(lists_end_with_null_at_every_length),
		cmocka_unit_test(splitting),
		cmocka_unit_test(sizes_are_read),
		cmocka_unit_test(sizes_are_written),
		cmocka_unit_test(numbers_are_read),
		cmocka_unit_test(names_that_were_nearly_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
