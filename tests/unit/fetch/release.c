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

static void expect_expiry(int64_t until, struct index_dates dates, int64_t wanted)
{
	const struct release release = {.date = 1000, .valid_until = until};

	assert_int_equal(release_expiry(&release, &dates), wanted);
}

/* As apt's debReleaseIndex::Load() has it. */
static void test_expiry(void **state)
{
	const struct release dateless = {.valid_until = 5000};
	const struct index_dates all = {.valid_max = 10, .valid_min = 10};

	(void)state;
	expect_expiry(0, (struct index_dates){0}, 0);
	expect_expiry(5000, (struct index_dates){0}, 5000);
	expect_expiry(0, (struct index_dates){.valid_max = 100}, 1100);
	expect_expiry(5000, (struct index_dates){.valid_max = 100}, 1100);
	expect_expiry(1050, (struct index_dates){.valid_max = 100}, 1050);
	expect_expiry(1050, (struct index_dates){.valid_min = 100}, 1100);
	expect_expiry(0, (struct index_dates){.valid_min = 100}, 0);
	expect_expiry(1050, (struct index_dates){.valid_min = 500, .valid_max = 100}, 1100);
	assert_int_equal(release_expiry(&dateless, &all), 5000);
}

static void check(int64_t now, struct index_dates dates, bool offline, const char *words)
{
	struct error err = {0};
	const struct release release = {.suite = (char *)"tiny", .date = 1000000, .valid_until = 2000000};
	const struct release_wish wish = {.name = "m", .suite = "tiny", .now = now, .dates = dates, .offline = offline};

	assert_int_equal(release_check(&release, &wish, &err), words ? -1 : 0);
	if (words && !strstr(err.message, words))
		fail_msg("%s", err.message);
	error_clear(&err);
}

static void test_check(void **state)
{
	const struct index_dates none = {0}, no_until = {.ignore_valid_until = true}, no_date = {.ignore_date = true};

	(void)state;
	check(1500000, none, false, NULL);
	check(2000001, none, false, "expired on 1970-01-24");
	check(2000001, no_until, false, NULL);
	check(2000001, no_date, false, NULL);
	check(2000001, none, true, NULL);
	check(1000, none, false, "this machine's clock says 1970-01-01 00:16 UTC; the mirror's file was made on "
				 "1970-01-12 13:46 UTC: set the clock (sudo timedatectl");
	check(1000, no_until, false, "set the clock");
	check(1000, no_date, false, NULL);
	check(1000, none, true, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_wrong_date),
		cmocka_unit_test(test_expiry),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
