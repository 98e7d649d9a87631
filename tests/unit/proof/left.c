/* What a played workflow leaves behind: played against a server of written answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../support/answer_server.h"
#include "proof/proof.h"

#define HEAD "workflow: left-over\narchitecture: \"4.0\"\ntitle: { en: It writes }\nneeds: [client-registry]\n" \
	     "actors: { clinic: point-of-service, cr: client-registry }\nsteps:\n"
#define STEP(id, request, expect) \
	"  - id: " id "\n    tell: { en: It writes }\n    from: clinic\n    to: cr\n    request: " request "\n" \
	"    expect: { status: " expect " }\n"
#define CLEANUP(request) "  - request: " request "\n    expect: { status: [200, 204] }\n"
#define PATIENT "json: { resourceType: Patient, identifier: [{ system: \"urn:x\", value: \"7\" }] }"
#define PUT_PATIENT "{ method: PUT, path: \"/CR/fhir/Patient?identifier=urn:x|7\", " PATIENT " }"
#define POST_PATIENT "{ method: POST, path: /CR/fhir/Patient, " PATIENT " }"
#define BUNDLE "{ method: POST, path: /SHR/fhir, json: { resourceType: Bundle, type: transaction, entry: [" \
	       "{ resource: { resourceType: Encounter, identifier: [{ system: \"urn:e\", value: \"1\" }] }, " \
	       "request: { method: PUT, url: \"Encounter?identifier=urn:e|1\" } }, " \
	       "{ resource: { resourceType: Observation }, request: { method: POST, url: Observation } }, " \
	       "{ request: { method: GET, url: Patient } } ] } }"

struct answered {
	unsigned status;
	const char *headers, *body;
};

/* The lines, joined. Caller frees. */
static char *left_of(const char *text, const struct answered *answers, size_t count)
{
	struct answer_server server = {0};
	autoarena struct arena *arena = arena_new();
	autodocument struct document *document = NULL;
	autostrings struct strings left = {0};
	struct diagnostics mistakes = {0};
	const struct workflow *workflow = NULL;
	auto_workflow_result struct workflow_result *result = NULL; /* freed before what it points into */
	struct error err = {0};

	for (size_t i = 0; i < count; i++)
		answer_add_json(&server, answers[i].status, answers[i].headers, answers[i].body);
	answer_add(&server, "", ANSWER_CLOSE);
	autofree char *base = answer_server_start(&server);
	if (document_parse_yaml("left-over.yaml", text, strlen(text), &document, &mistakes) < 0
	    || workflow_read(document_root(document), NULL, arena, &workflow, &mistakes) < 0)
		fail_msg("%s", mistakes.messages[0]);
	const struct play_settings settings = {.base = base};
	assert_int_equal(workflow_play(workflow, &settings, NULL, &result, &err), 0);
	answer_server_stop(&server);
	strings_clear(&server.requests);
	proof_left(result, &left);
	return strings_join(&left, "\n");
}

#define LEFT(text, ...) \
	left_of(text, (const struct answered[]){__VA_ARGS__}, LENGTH(((const struct answered[]){__VA_ARGS__})))
#define MADE {201, "Location: http://inside:8080/fhir/Patient/12/_history/1\r\n", "{}"}

static void what_cleanup_removed_is_gone(void **state)
{
	(void)state;
	static const char *const deletes[] = {"\"/CR/fhir/Patient?identifier=urn:x|7\"", "/CR/fhir/Patient/12",
					      "\"/CR/fhir/Patient?identifier=urn:x|7&_cascade=delete\""};
	for (size_t i = 0; i < LENGTH(deletes); i++) {
		autofree char *cleanup = text_format("{ method: DELETE, path: %s }", deletes[i]);
		autofree char *put = text_format(HEAD STEP("register", PUT_PATIENT, "201") "cleanup:\n" CLEANUP("%s"), cleanup);
		autofree char *post = text_format(HEAD STEP("register", POST_PATIENT, "201") "cleanup:\n" CLEANUP("%s"), cleanup);
		autofree char *of_put = LEFT(put, MADE, {204, "", ""});
		autofree char *of_post = LEFT(post, MADE, {200, "", "{}"});
		assert_string_equal(of_put, "");
		assert_string_equal(of_post, "");
	}
}

static void what_stays_is_said(void **state)
{
	(void)state;
	autofree char *refused = LEFT(HEAD STEP("register", POST_PATIENT, "201")
				      "cleanup:\n" CLEANUP("{ method: DELETE, path: /CR/fhir/Patient/12 }"), MADE, {403, "", "{}"});
	assert_string_equal(refused, "DELETE /CR/fhir/Patient/12 (step register of left-over)");
	autofree char *another = LEFT(HEAD STEP("register", POST_PATIENT, "201")
				      "cleanup:\n" CLEANUP("{ method: DELETE, path: /CR/fhir/Patient/1 }"), MADE, {204, "", ""});
	assert_string_equal(another, "DELETE /CR/fhir/Patient/12 (step register of left-over)");
	autofree char *twice = LEFT(HEAD STEP("register", PUT_PATIENT, "201") STEP("again", PUT_PATIENT, "200"), MADE, {200, "", "{}"});
	assert_string_equal(twice, "DELETE /CR/fhir/Patient/12 (step register of left-over)");
	autofree char *before = LEFT(HEAD STEP("again", PUT_PATIENT, "200"), {200, "", "{}"});
	assert_string_equal(before, "not undone: PUT /CR/fhir/Patient?identifier=urn:x|7 (step again of left-over)");
	autofree char *unknown = LEFT(HEAD STEP("register", PUT_PATIENT, "201"), {201, "", "{}"});
	assert_string_equal(unknown, "DELETE /CR/fhir/Patient?identifier=urn:x|7 (step register of left-over)");
	autofree char *nothing = LEFT(HEAD STEP("register", PUT_PATIENT, "201"), {422, "", "{}"});
	assert_string_equal(nothing, "");
	autofree char *deleted = LEFT(HEAD STEP("away", "{ method: DELETE, path: /fhir/Patient/3 }", "204"), {204, "", ""});
	assert_string_equal(deleted, "not undone: DELETE /fhir/Patient/3 (step away of left-over)");
	autofree char *operation = LEFT(HEAD STEP("merge", "{ method: POST, path: \"/CR/fhir/$mdm-clear\", json: {} }", "200"), {200, "", "{}"});
	assert_string_equal(operation, "not undone: POST /CR/fhir/$mdm-clear: it cannot be told what it changed (step merge of left-over)");
	autofree char *search = LEFT(HEAD STEP("ask", "{ method: POST, path: /fhir/Patient/_search, form: { a: b } }", "200"), {200, "", "{}"});
	assert_string_equal(search, "");
}

static void no_answer_may_have_written(void **state)
{
	(void)state;
	autofree char *left = LEFT(HEAD STEP("ask", "{ method: GET, path: /x }", "200") STEP("register", PUT_PATIENT, "201"), {200, "", "{}"});
	assert_string_equal(left, "perhaps DELETE /CR/fhir/Patient?identifier=urn:x|7 (step register of left-over)");
}

static void a_transaction_is_looked_into(void **state)
{
	(void)state;
	static const char answer[] = "{\"entry\": [{\"response\": {\"status\": \"201 Created\", \"location\": \"Encounter/5/_history/1\"}},"
				     "{\"response\": {\"status\": \"201 Created\", \"location\": \"Observation/6/_history/1\"}},"
				     "{\"response\": {\"status\": \"200 OK\"}}]}";
	autofree char *left = LEFT(HEAD STEP("visit", BUNDLE, "200"), {200, "", answer});
	assert_string_equal(left, "DELETE /SHR/fhir/Encounter/5 (step visit of left-over)\n"
				  "DELETE /SHR/fhir/Observation/6 (step visit of left-over)");
	autofree char *half = LEFT(HEAD STEP("visit", BUNDLE, "200") "cleanup:\n"
				   CLEANUP("{ method: DELETE, path: \"/SHR/fhir/Encounter?identifier=urn:e|1\" }"), {200, "", answer}, {204, "", ""});
	assert_string_equal(half, "DELETE /SHR/fhir/Observation/6 (step visit of left-over)");
	autofree char *refused = LEFT(HEAD STEP("visit", BUNDLE, "400"), {400, "", "{}"});
	assert_string_equal(refused, "");
	/* an answer that says nothing, or something else */
	autofree char *silent = LEFT(HEAD STEP("visit", BUNDLE, "200"), {200, "", "{\"entry\": 5}"});
	assert_non_null(strstr(silent, "perhaps DELETE /SHR/fhir/Encounter?identifier=urn:e|1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_cleanup_removed_is_gone),
		cmocka_unit_test(what_stays_is_said),
		cmocka_unit_test(no_answer_may_have_written),
		cmocka_unit_test(a_transaction_is_looked_into),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
