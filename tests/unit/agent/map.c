/* The map's reader of OpenHIM's events, whatever stands in the file, and what its messages are called. */
#include "tree.h"

#include "agent/map.h"

#define LINE "{\"id\":%d,\"time\":1795397230,\"tx\":\"0123456789abcdef01234567\",\"client\":\"pos-clinic-a\",\"channel\":\"CR\"," \
	"\"method\":\"GET\",\"path\":\"/CR/fhir/Patient\",\"status\":200,\"ms\":34,\"outcome\":\"passed\",\"why\":null}\n"

static struct map_events events;

static void read_file(const void *bytes, size_t length, int64_t after)
{
	char *root = tree_new();
	autofree char *path = path_join(root, "events");
	struct error err = { 0 };
	assert_int_equal(file_write_plain(path, bytes, length, 0600, &err), 0);
	map_events_read(path, after, &events);
	tree_free(root);
}

static void read_text(const char *text, int64_t after)
{
	read_file(text, strlen(text), after);
}

static void test_read(void **state)
{
	struct buffer text = { 0 };
	(void)state;
	for (int i = 1; i <= 200; i++)
		buffer_format(&text, LINE, i * 10);
	read_text(text.data, 0);
	assert_int_equal(events.source, MAP_READ);
	assert_int_equal(events.count, MAP_SHOWN);
	assert_int_equal(events.skipped, 150);
	assert_int_equal(events.newest, 2000);
	assert_int_equal(events.items[0].id, 1510);
	assert_int_equal(events.items[MAP_SHOWN - 1].id, 2000);
	assert_string_equal(events.items[0].client, "pos-clinic-a");
	assert_int_equal(events.items[0].milliseconds, 34);
	read_text(text.data, 2000);
	assert_true(events.count == 0 && events.newest == 2000 && !events.again);
	read_text(text.data, 1985);
	assert_true(events.count == 2 && events.skipped == 0 && events.items[0].id == 1990);
	read_text(text.data, 5000); /* of another time */
	assert_true(events.again && events.count == MAP_SHOWN);
	buffer_format(&text, "{\"id\":3000,\"time\":1,\"half");
	read_text(text.data, 1990); /* half a line is none yet */
	assert_true(events.count == 1 && events.newest == 2000);
	buffer_clear(&text);
}

static void test_missing(void **state)
{
	(void)state;
	map_events_read("/nonexistent/events", 0, &events);
	assert_true(events.source == MAP_MISSING && events.count == 0);
	map_events_read("/tmp", 0, &events);
	assert_true(events.source == MAP_UNREADABLE && events.count == 0);
	map_events_read("/dev/zero", 0, &events);
	assert_true(events.source == MAP_UNREADABLE && events.count == 0);
	read_text("", 0);
	assert_true(events.source == MAP_READ && events.count == 0 && events.newest == 0);
}

static void test_hostile(void **state)
{
	static const char *const lines[] = {
		"", "x", "{}", "[]", "{\"id\":}", "{\"id\":1}", "{\"id\":99999999999999999999999}", "null",
		"{\"id\":5,\"time\":1,\"status\":200,\"ms\":1,\"path\":\"x\",\"outcome\":\"passed\"}",
		"{\"id\":5,\"time\":1,\"status\":200,\"ms\":1,\"path\":\"/\",\"outcome\":\"other\"}",
		"{\"id\":5,\"time\":-1,\"status\":200,\"ms\":1,\"path\":\"/\",\"outcome\":\"passed\"}",
		"{\"id\":5,\"time\":1,\"status\":2000,\"ms\":1,\"path\":\"/\",\"outcome\":\"passed\"}",
		"{\"id\":5,\"time\":1,\"status\":200,\"ms\":1,\"path\":\"/\",\"outcome\":\"passed\",\"tx\":\"../x\"}",
		"{\"id\":5,\"time\":1,\"status\":200,\"ms\":1,\"path\":\"/\",\"outcome\":\"passed\",\"client\":5}",
		"{\"id\":5,\"time\":1,\"status\":200,\"ms\":1,\"path\":\"/\",\"outcome\":\"passed\",\"client\":\"\xff\xfe\"}",
		"{\"id\":5,\"time\":1,\"status\":200,\"ms\":1,\"path\":\"/\",\"outcome\":\"passed\",\"client\":\"a\\u0000b\"}",
	};
	struct map_event event;
	(void)state;
	for (size_t i = 0; i < LENGTH(lines); i++) {
		if (map_event_parse(lines[i], strlen(lines[i]), &event) == 0)
			fail_msg("%s", lines[i]);
		autofree char *text = text_format("%s\n" LINE, lines[i], 7);
		read_text(text, 0);
		if (events.count != 1 || events.items[0].id != 7)
			fail_msg("after %s", lines[i]);
	}
	/* 8 MiB without a line's end, then a line; and nothing but line breaks */
	size_t size = 8u << 20;
	autofree char *large = memory_alloc(size + 1024);
	memset(large, 'x', size);
	int more = snprintf(large + size, 1024, "\n" LINE, 9);
	read_file(large, size + (size_t)more, 0);
	assert_true(events.count == 1 && events.newest == 9);
	memset(large, '\n', size);
	read_file(large, size, 0);
	assert_int_equal(events.count, 0);
}

static void test_kinds(void **state)
{
	static const struct {
		const char *method, *path;
		enum map_place place;
		enum sentence words;
		const char *transaction;
	} table[] = {
		{ "GET", "/CR/fhir/Patient", MAP_CLIENTS, SAY_MAP_DID_FIND, "ITI-78" },
		{ "POST", "/CR/fhir/Patient/_search", MAP_CLIENTS, SAY_MAP_DID_FIND, "ITI-78" },
		{ "GET", "/CR/fhir/Patient/*", MAP_CLIENTS, SAY_MAP_DID_PERSON, "ITI-78" },
		{ "PUT", "/CR/fhir/Patient", MAP_CLIENTS, SAY_MAP_DID_REGISTER, "ITI-104" },
		{ "DELETE", "/CR/fhir/Patient", MAP_CLIENTS, SAY_MAP_DID_DELETE, "ITI-104" },
		{ "PUT", "/CR/fhir/Patient/*", MAP_CLIENTS, SAY_MAP_DID_REGISTER, NULL },
		{ "POST", "/CR/fhir/Patient", MAP_CLIENTS, SAY_MAP_DID_REGISTER, NULL },
		{ "GET", "/CR/fhir/Patient/$ihe-pix", MAP_CLIENTS, SAY_MAP_DID_IDENTITY, "ITI-83" },
		{ "POST", "/CR/fhir/$mdm-merge-golden-resources", MAP_CLIENTS, SAY_MAP_DID_STEWARD, NULL },
		{ "GET", "/SHR/fhir/Patient/*/$summary", MAP_RECORDS, SAY_MAP_DID_SUMMARY, NULL },
		{ "GET", "/fhir/Patient/*/$summary", MAP_RECORDS, SAY_MAP_DID_SUMMARY, NULL },
		{ "POST", "/SHR/fhir", MAP_RECORDS, SAY_MAP_DID_BUNDLE, NULL },
		{ "POST", "/SHR/fhir/", MAP_RECORDS, SAY_MAP_DID_BUNDLE, NULL },
		{ "PUT", "/SHR/fhir/ServiceRequest/*", MAP_RECORDS, SAY_MAP_DID_ORDER, NULL },
		{ "POST", "/fhir/DiagnosticReport", MAP_RECORDS, SAY_MAP_DID_RESULT, NULL },
		{ "PUT", "/fhir/Immunization/*", MAP_RECORDS, SAY_MAP_DID_VACCINE, NULL },
		{ "GET", "/FR/fhir/Location", MAP_FACILITIES, SAY_MAP_DID_FACILITY, "ITI-90" },
		{ "GET", "/FR/fhir/PractitionerRole", MAP_WORKERS, SAY_MAP_DID_WORKER, "ITI-90" },
		{ "GET", "/TS/fhir/ValueSet/$expand", MAP_TERMINOLOGY, SAY_MAP_DID_EXPAND, "ITI-97" },
		{ "GET", "/TS/fhir/ConceptMap/$translate", MAP_TERMINOLOGY, SAY_MAP_DID_TRANSLATE, "ITI-101" },
		{ "GET", "/fhir/Organization/*", MAP_FACILITIES, SAY_MAP_DID_FACILITY, "ITI-90" },
		{ "GET", "/fhir/CodeSystem", MAP_TERMINOLOGY, SAY_MAP_DID_CODES, "ITI-96" },
		{ "GET", "/fhir/metadata", MAP_RECORDS, SAY_MAP_DID_METADATA, NULL },
		{ "DELETE", "/fhir/Patient/*", MAP_CLIENTS, SAY_MAP_DID_DELETE, NULL },
		{ "PUT", "/fhir/Condition/*", MAP_RECORDS, SAY_MAP_DID_WRITE, NULL },
		{ "POST", "/lab-bridge/*", MAP_OTHER, SAY_MAP_DID_OTHER, NULL },
		{ "GET", "/fhirs/Patient", MAP_OTHER, SAY_MAP_DID_OTHER, NULL },
		{ "", "/", MAP_OTHER, SAY_MAP_DID_OTHER, NULL },
	};
	(void)state;
	for (size_t i = 0; i < LENGTH(table); i++) {
		struct map_kind kind = map_kind_of(table[i].method, table[i].path);
		if (kind.place != table[i].place || kind.words != table[i].words
		    || !text_equal(kind.transaction, table[i].transaction))
			fail_msg("%s %s: %s, %s", table[i].method, table[i].path, map_place_id(kind.place),
				 sentence_name(kind.words));
	}
}

static void test_shape(void **state)
{
	static const char *const table[][2] = {
		{ "/CR/fhir/Patient/ada", "/CR/fhir/Patient/*" }, { "/fhir/Patient/Ada/$summary", "/fhir/Patient/*/$summary" },
		{ "/SHR/fhir/", "/SHR/fhir" }, { "", "/" }, { "/fhir/metadata", "/fhir/metadata" },
	};
	(void)state;
	for (size_t i = 0; i < LENGTH(table); i++) {
		autofree char *shape = map_shape(table[i][0]);
		assert_string_equal(shape, table[i][1]);
	}
}

static void test_message(void **state)
{
	struct buffer text = { 0 };
	struct diagnostics mistakes = { 0 };
	autodocument struct document *document = NULL;
	(void)state;
	buffer_text(&text, "{\"_id\":\"0123456789abcdef01234567\",\"status\":\"Successful\",\"request\":{\"method\":\"GET\","
		    "\"path\":\"/fhir/Patient\",\"querystring\":\"name=Ada\",\"headers\":{\"authorization\":\"Basic c2VjcmV0\","
		    "\"Cookie\":\"c2VjcmV0\",\"x-api-key\":\"c2VjcmV0\",\"X-OpenHIM-ClientID\":\"hospital\",\"accept\":\"a/b\"}},"
		    "\"response\":{\"status\":200,\"body\":\"");
	for (size_t i = 0; i < 100000; i++)
		buffer_text(&text, "\\u0001");
	buffer_text(&text, "\"},\"routes\":[{\"name\":\"r\",\"response\":{\"status\":500}}]}");
	assert_int_equal(document_parse_json("t", text.data, text.length, &document, &mistakes), 0);
	autojson struct json *json = map_message_json(document_root(document));
	autofree char *said = json_write(json, true);
	assert_null(strstr(said, "c2VjcmV0"));
	assert_true(strstr(said, "\"client\":\"hospital\"") && strstr(said, "\"query\":\"name=Ada\"")
		    && strstr(said, "\"length\":100000") && strstr(said, "\"status\":\"500\"") && strstr(said, "\"accept\":\"a/b\""));
	assert_true(strlen(said) < 1u << 19);
	buffer_clear(&text);
	/* nothing of what is expected, or something else */
	autojson struct json *none = map_message_json(NULL);
	assert_non_null(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read), cmocka_unit_test(test_missing), cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_kinds), cmocka_unit_test(test_shape), cmocka_unit_test(test_message),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
