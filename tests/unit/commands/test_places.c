/* Where an exchange that is not ours has what workflows ask, and what its CapabilityStatement says of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "commands/test.h"

static void look(const char *text, struct test_places *places)
{
	*places = (struct test_places){0};
	test_places_look(text, text ? strlen(text) : 0, places);
}

static void assert_asked(const struct test_places *places, const char *path, const char *expected)
{
	autofree char *asked = play_path(places->items, places->count, path);
	assert_string_equal(asked, expected);
}

static void a_fhir_server_has_all_registries(void **state)
{
	struct test_places places;
	(void)state;
	look("{\"resourceType\": \"CapabilityStatement\", \"rest\": [{\"operation\": [{\"name\": \"$meta\"}], \"resource\": ["
	     "{\"type\": \"Patient\", \"operation\": [{\"name\": \"everything\"}, {\"name\": \"meta\"}]}, {\"type\": \"ValueSet\"}]}]}",
	     &places);
	assert_true(places.fhir);
	assert_string_equal(places.roles[0], "client-registry");
	assert_string_equal(places.roles[1], "terminology-service");
	assert_null(places.roles[2]);
	assert_int_equal(places.operations.count, 2);
	assert_string_equal(places.operations.items[0], "everything");
	assert_string_equal(places.operations.items[1], "meta");
	assert_asked(&places, "/CR/fhir/Patient/1", "/Patient/1");
	assert_asked(&places, "/SHR/fhir", "");
	assert_asked(&places, "/CR/fhir?_getpages=1", "?_getpages=1");
	assert_asked(&places, "/CR/fhirs/Patient", "/CR/fhirs/Patient");
	assert_asked(&places, "/fhir/metadata", "/metadata");
	test_places_clear(&places);
}

static void the_longest_place_counts(void **state)
{
	static const struct play_place places[] = {{"/CR", "/a"}, {"/CR/fhir", "/b"}, {"/CR/fhir/Patient", "/c"}};
	static const char *const asked[][2] = {
		{"/CR/fhir/Patient?x=/CR", "/c?x=/CR"}, {"/CR/fhir/Person", "/b/Person"}, {"/CR/other", "/a/other"}, {"/", "/"}, {"/SHR", "/SHR"},
	};
	(void)state;
	for (size_t i = 0; i < LENGTH(asked); i++) {
		autofree char *path = play_path(places, LENGTH(places), asked[i][0]);
		assert_string_equal(path, asked[i][1]);
	}
}

static void what_is_no_statement_is_an_exchange(void **state)
{
	static const char *const texts[] = {
		"", "{", "null", "[]", "\"CapabilityStatement\"", "{\"resourceType\": [\"CapabilityStatement\"]}", "{\"resourceType\": \"Patient\"}",
		"<CapabilityStatement/>",
	};
	struct test_places places;
	(void)state;
	for (size_t i = 0; i < LENGTH(texts); i++) {
		look(texts[i], &places);
		assert_false(places.fhir);
		assert_int_equal(places.count, 0);
		test_places_clear(&places);
	}
	look(NULL, &places);
	assert_false(places.fhir);
	test_places_clear(&places);
}

static void odd_statements_are_taken_as_they_are(void **state)
{
	static const char *const texts[] = {
		"{\"resourceType\": \"CapabilityStatement\"}",
		"{\"resourceType\": \"CapabilityStatement\", \"rest\": 7}",
		"{\"resourceType\": \"CapabilityStatement\", \"rest\": [null, {\"resource\": {\"type\": 1}, \"operation\": [[], {\"name\": {}}]}]}",
	};
	struct test_places places;
	(void)state;
	for (size_t i = 0; i < LENGTH(texts); i++) {
		look(texts[i], &places);
		assert_true(places.fhir);
		assert_null(places.roles[0]);
		assert_int_equal(places.operations.count, 0); /* they are not known */
		test_places_clear(&places);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fhir_server_has_all_registries),
		cmocka_unit_test(the_longest_place_counts),
		cmocka_unit_test(what_is_no_statement_is_an_exchange),
		cmocka_unit_test(odd_statements_are_taken_as_they_are),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
