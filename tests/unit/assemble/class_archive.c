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

static void make(unsigned char *data)
{
	memset(data, 0, SIZE);
	put(data, 0xf00baba2u, 4);
	put(data + 4, 0x12345678u, 4);   /* the header's checksum */
	put(data + 8, 19, 4);
	put(data + 312, 0x9abcdef0u, 4); /* the heap's */
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

static uint64_t word(const unsigned char *at)
{
	uint64_t value;
	memcpy(&value, at, sizeof value);
	return value;
}

static void times_go(void **state)
{
	(void)state;
	unsigned char data[SIZE];
	struct error err = { 0 };
	make(data);
	reference(data + 4096, 0xecdad0, 0, 27000001);
	reference(data + 4200, 0xecdad0, 0, 27050000);
	reference(data + 4304, 0xecdad0, 0, 27050001); /* after the run */
	reference(data + 4408, 0xecdad0, 7, 27000001); /* no archived reference is in a list */
	put(data + 4992, 0x1122334455667788u, 8);      /* a number in other data */
	put(data + 5008, 27000001, 8);
	put(data + 6000 + 24, 0xff001122u, 4);         /* the clock */
	put(data + 6000 + 32, 27000002, 8);
	assert_int_equal(class_archive_settle(data, SIZE, window, &err), 0);
	assert_int_equal(word(data + 4096 + 32), 0);
	assert_int_equal(word(data + 4200 + 32), 0);
	assert_int_equal(word(data + 4304 + 32), 27050001);
	assert_int_equal(word(data + 4408 + 32), 27000001);
	assert_int_equal(word(data + 5008), 27000001);
	assert_int_equal(word(data + 6000 + 32), 0);
	assert_int_equal(word(data + 312) & 0xffffffffu, 0);
	assert_int_equal(word(data) >> 32, 0);
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
		cmocka_unit_test(another_jvm_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
