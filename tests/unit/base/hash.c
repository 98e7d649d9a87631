/* Digests, derived ids, Base64: the vectors of FIPS 180, RFC 1321 and RFC 4648. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/base.h"

static void known_digests(void **state)
{
	static const char *const cases[][2] = {
		{"sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{"sha512", "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
			   "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
		{"sha1", "a9993e364706816aba3e25717850c26c9cd0d89d"},
		{"md5", "900150983cd24fb0d6963f7d28e17f72"},
	};
	char hex[HASH_HEX_MAX];

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct hash *hash = hash_new(cases[i][0]);

		hash_bytes(cases[i][0], "abc", 3, hex);
		assert_string_equal(hex, cases[i][1]);
		hash_add(hash, "a", 1);
		hash_add(hash, "bc", 2);
		assert_int_equal(hash_finish(hash, hex), strlen(cases[i][1]));
		assert_string_equal(hex, cases[i][1]);
		assert_true(hash_is_hex(cases[i][0], hex));
	}
	hash_free(hash_new("sha256"));
	hash_free(NULL);
}

static void hex_is_checked(void **state)
{
	(void)state;
	assert_false(hash_is_hex("md5", "900150983CD24FB0D6963F7D28E17F72"));
	assert_false(hash_is_hex("md5", "900150983cd24fb0d6963f7d28e17f7"));
	assert_false(hash_is_hex("md5", "900150983cd24fb0d6963f7d28e17f7g"));
	assert_false(hash_is_hex("crc32", "00000000"));
	assert_false(hash_is_hex("md5", NULL));
}

static void files_are_hashed(void **state)
{
	char hex[HASH_HEX_MAX];
	struct error err = {0};

	(void)state;
	assert_int_equal(hash_file("sha256", "/dev/null", hex, &err), 0);
	assert_string_equal(hex,
			    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_int_equal(hash_file("sha256", "/nonexistent/x", hex, &err), -1);
	assert_string_equal(err.message, "cannot open /nonexistent/x: No such file or directory");
	error_clear(&err);
	assert_int_equal(hash_file("sha256", "/", hex, &err), -1);
	error_clear(&err);
}

static void fields_do_not_run_together(void **state)
{
	char first[HASH_HEX_MAX], second[HASH_HEX_MAX];
	struct hash *hash = hash_new("sha256");

	(void)state;
	hash_text(hash, "ab");
	hash_text(hash, "c");
	hash_finish(hash, first);
	hash = hash_new("sha256");
	hash_text(hash, "a");
	hash_text(hash, "bc");
	hash_finish(hash, second);
	assert_string_not_equal(first, second);
}

/* The value is fixed for ever: disks made from old locks must come out the same. */
static void uuids_are_derived(void **state)
{
	char uuid[37], again[37];

	(void)state;
	uuid_derive("seed", "disk", uuid);
	assert_string_equal(uuid, "ac856d55-65f9-4d18-97dc-d79c7534ad08");
	uuid_derive("seed", "data", again);
	assert_string_not_equal(uuid, again);
	for (unsigned i = 0; i < 200; i++) {
		autofree char *role = text_format("%u", i);

		uuid_derive("seed", role, uuid);
		assert_int_equal(strlen(uuid), 36);
		assert_int_equal(uuid[14], '4');
		assert_non_null(strchr("89ab", uuid[19]));
	}
}

static void base64_both_ways(void **state)
{
	static const char *const cases[][2] = {{"", ""},
					       {"f", "Zg=="},
					       {"fo", "Zm8="},
					       {"foo", "Zm9v"},
					       {"foob", "Zm9vYg=="},
					       {"fooba", "Zm9vYmE="},
					       {"foobar", "Zm9vYmFy"}};
	unsigned char bytes[16];

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		autofree char *text = base64_encode(cases[i][0], strlen(cases[i][0]));

		assert_string_equal(text, cases[i][1]);
		assert_int_equal(base64_decode(text, bytes, sizeof bytes), strlen(cases[i][0]));
		assert_memory_equal(bytes, cases[i][0], strlen(cases[i][0]));
	}
}

static void base64_refuses(void **state)
{
	static const char *const bad[] = {"Z",    "Zg",       "Zg=",    "Zg=a", "=Zg=", "Zh==",
					  "Zm9=", "Zg==Zg==", "Zm9v\n", "Zm-v", "====", "Z==="};
	unsigned char bytes[16];

	(void)state;
	for (size_t i = 0; i < LENGTH(bad); i++)
		assert_int_equal(base64_decode(bad[i], bytes, sizeof bytes), -1);
	assert_int_equal(base64_decode("Zm9vYmFy", bytes, 5), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_digests),     cmocka_unit_test(hex_is_checked),
		cmocka_unit_test(files_are_hashed),  cmocka_unit_test(fields_do_not_run_together),
		cmocka_unit_test(uuids_are_derived), cmocka_unit_test(base64_both_ways),
		cmocka_unit_test(base64_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
