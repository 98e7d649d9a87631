/* class_archive_settle(): times of soft references go, everything else stays. Archives of another JVM are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "assemble/class_archive.h"

#define SIZE 8192u
static const int64_t window[2] = { 27000000, 27050000 };

static void put(unsigned char *at, uint64_t value, size_t size)
{
	memcpy(at, &value, size);
}

static uint64_t word(const unsigned char *at)
{
	uint64_t value;
	memcpy(&value, at, sizeof value);
	return value;
}

/* An object as it lies in the archive: mark word, class, referent, queue, next, discovered, time. */
static void reference(unsigned char *at, uint32_t class, uint32_t next, uint64_t time)
{
	put(at, 1, 8);
	put(at + 8, class, 4);
	put(at + 12, 0xfee20798u, 4);
	put(at + 16, 0xfee20240u, 4);
	put(at + 20, next, 4);
	put(at + 32, time, 8);
}

#define HEAP 4608u
#define CLASS 0xece280u
#define CLOCK (HEAP + 2000u)

static void make(unsigned char *data)
{
	memset(data, 0, SIZE);
	put(data, 0xf00baba2u, 4);
	put(data + 4, 0x12345678u, 4);   /* the header's checksum */
	put(data + 8, 19, 4);
	put(data + 312, 0x9abcdef0u, 4); /* the heap's, its place and its size */
	put(data + 336, HEAP, 8);
	put(data + 352, 2400, 8);
	reference(data + HEAP, CLASS, 0, (uint64_t)window[0] + 1);
	put(data + CLOCK - 104, 0x800000000u + CLASS, 8);
	put(data + CLOCK, (uint64_t)window[1] - 1, 8);
}

static void times_go(void **state)
{
	(void)state;
	unsigned char data[SIZE];
	struct error err = { 0 };
	make(data);
	reference(data + HEAP + 104, CLASS + 8, 0, 27050000);
	reference(data + HEAP + 208, CLASS, 0, 27050001); /* after the run */
	reference(data + HEAP + 312, CLASS, 7, 27000001); /* no archived reference is in a list */
	put(data + HEAP + 1000, 0x1122334455667788u, 8);  /* a number in other data */
	put(data + HEAP + 1016, 27000001, 8);
	put(data + HEAP + 1200, 27000001, 8);             /* after zeroes, as the clock, but of another class */
	put(data + HEAP + 1200 - 104, 0x800111111u, 8);
	reference(data + HEAP + 2500, CLASS, 0, 27000001); /* outside the heap */
	reference(data + 4096, CLASS, 0, 27000001);
	assert_int_equal(class_archive_settle(data, SIZE, window, &err), 0);
	assert_int_equal(word(data + HEAP + 32), 0);
	assert_int_equal(word(data + HEAP + 104 + 32), 0);
	assert_int_equal(word(data + HEAP + 208 + 32), 27050001);
	assert_int_equal(word(data + HEAP + 312 + 32), 27000001);
	assert_int_equal(word(data + HEAP + 1016), 27000001);
	assert_int_equal(word(data + HEAP + 1200), 27000001);
	assert_int_equal(word(data + HEAP + 2500 + 32), 27000001);
	assert_int_equal(word(data + 4096 + 32), 27000001);
	assert_int_equal(word(data + CLOCK), 0);
	assert_int_equal(word(data + 312) & 0xffffffffu, 0);
	assert_int_equal(word(data) >> 32, 0);
}

/* A machine that has just started: its times are as small as lengths and counts, which stay. */
static void small_numbers_stay(void **state)
{
	(void)state;
	static const int64_t early[2] = { -8000, 25000 };
	unsigned char data[SIZE];
	struct error err = { 0 };
	make(data);
	put(data + HEAP + 32, 4000, 8);
	put(data + CLOCK, 4400, 8);
	reference(data + HEAP + 104, 0x10d6fd8, 0, 16); /* another class, that counts */
	put(data + HEAP + 1200, 15363, 8);
	assert_int_equal(class_archive_settle(data, SIZE, early, &err), 0);
	assert_int_equal(word(data + HEAP + 32), 0);
	assert_int_equal(word(data + HEAP + 104 + 32), 16);
	assert_int_equal(word(data + HEAP + 1200), 15363);
	assert_int_equal(word(data + CLOCK), 0);
}

static void no_clock_is_an_error(void **state)
{
	(void)state;
	unsigned char data[SIZE];
	struct error err = { 0 };
	make(data);
	put(data + CLOCK, 1, 8);
	assert_int_equal(class_archive_settle(data, SIZE, window, &err), -1);
	assert_non_null(strstr(err.message, "found 0 times"));
	error_clear(&err);
	make(data);
	put(data + 336, SIZE - 8, 8); /* a heap beyond the file's end */
	assert_int_equal(class_archive_settle(data, SIZE, window, &err), -1);
	assert_non_null(strstr(err.message, "outside"));
	error_clear(&err);
	make(data);
	put(data + 352, UINT64_MAX - 7, 8);
	assert_int_equal(class_archive_settle(data, SIZE, window, &err), -1);
	error_clear(&err);
}

static void another_jvm_is_refused(void **state)
{
	(void)state;
	unsigned char data[SIZE];
	struct error err = { 0 };
	make(data);
	put(data + 8, 18, 4);
	assert_int_equal(class_archive_settle(data, SIZE, window, &err), -1);
	assert_non_null(strstr(err.message, "not an archive of Java 25"));
	error_clear(&err);
	make(data);
	assert_int_equal(class_archive_settle(data, 100, window, &err), -1);
	error_clear(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_go),
		cmocka_unit_test(small_numbers_stay),
		cmocka_unit_test(no_clock_is_an_error),
		cmocka_unit_test(another_jvm_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
