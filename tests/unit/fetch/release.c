/* Release texts: dates, fields, digests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fetch/release.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static void test_dates(void **state)
{
	(void)state;
	assert_int_equal(release_date("Sat, 12 Sep 2026 07:55:41 UTC"), 1789199741);
	assert_int_equal(release_date("Thu, 01 Jan 1970 00:00:00 UTC"), 0);
	assert_int_equal(release_date("Thu, 1 Feb 2024  0:00:00 GMT"), 1706745600);
	assert_int_equal(release_date("Thu, 01 Jan 1970 00:00:00 CET"), -1);
	assert_int_equal(release_date("Thu, 01 Jxx 1970 00:00:00 UTC"), -1);
	assert_int_equal(release_date("Thu, 01 anF 1970 00:00:00 UTC"), -1);
	assert_int_equal(release_date("yesterday"), -1);
	assert_int_equal(release_date(""), -1);
}

static void test_find(void **state)
{
	static const char text[] = "Suite: stable  \nCodename:tiny\nAcquire-By-Hash: yes\nMD5Sum:\n"
				   " 0123 7 main/a\n " A " 9 main/a\nSHA256:\n " A " 12 main/a\n " B
				   "               34 main/ab\n xyz 5 main/c\n " A
				   " 12 main/d\nSHA512:\n " B " 1 main/e\n";
	struct release release;
	struct error err = {0};
	char hex[65] = "";
	uint64_t size = 0;

	(void)state;
	assert_int_equal(release_parse(text_copy(text), &release, &err), 0);
	assert_string_equal(release.suite, "stable");
	assert_string_equal(release.codename, "tiny");
	assert_true(release.by_hash);
	assert_int_equal(release.date, 0);
	assert_int_equal(release_find(&release, "main/a", hex, &size), 0);
	assert_string_equal(hex, A);
	assert_int_equal(size, 12);
	assert_int_equal(release_find(&release, "main/ab", hex, &size), 0);
	assert_string_equal(hex, B);
	assert_int_equal(size, 34);
	assert_int_equal(release_find(&release, "main/d", hex, &size), 0);
	assert_int_equal(release_find(&release, "main/c", hex, &size), -1); /* no digest */
	assert_int_equal(release_find(&release, "main/e", hex, &size),
			 -1); /* in the other section */
	assert_int_equal(release_find(&release, "main/", hex, &size), -1);
	release_clear(&release);
}

static void test_wrong_date(void **state)
{
	struct release release;
	struct error err = {0};

	(void)state;
	assert_int_equal(release_parse(text_copy("Suite: a\nDate: soon \n"), &release, &err), -1);
	assert_string_equal(err.message, "Date: \"soon\" is no date");
	error_clear(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_wrong_date),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
