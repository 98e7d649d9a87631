/* Plays tests/cases/play/<id>.yaml against a server that gives the answers of <id>.answers one after the other
 * ("=== STATUS HEADER: VALUE; …", then the body): what was sent, what was said and the verdicts must be <id>.expected.
 * HIEBOX_UPDATE=1 writes it instead. Then bad days of networks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "../../support/golden.h"
#include "../../support/answer_server.h"
#include "workflow/workflow.h"

struct played {
	struct document *document;
	struct arena *arena;
	struct workflow_result *result;
};

static int find_credential(void *context, const char *name, struct play_login *ret_login, struct error *err)
{
	(void)context;
	if (text_equal(name, "nobody"))
		return error_set(err, "there is none of that name");
	ret_login->user = text_copy(name);
	ret_login->password = text_copy("very-secret");
	return 0;
}

static struct play_settings settings_for(const char *base)
{
	static const char *const roles[] = { "client-registry", "shared-health-record", NULL };
	return (struct play_settings){ .base = base, .roles = roles, .credential = find_credential, .seed = 7,
				       .now = 1700000000 };
}

static void play_text(struct played *played, const char *name, const char *text, const char *base,
		      const struct play_observer *observer)
{
	struct diagnostics mistakes = { 0 };
	const struct workflow *workflow = NULL;
	const struct play_settings settings = settings_for(base);
	struct error err = { 0 };
	*played = (struct played){ .arena = arena_new() };
	if (document_parse_yaml(name, text, strlen(text), &played->document, &mistakes) < 0
	    || workflow_read(document_root(played->document), NULL, played->arena, &workflow, &mistakes) < 0)
		fail_msg("%s", mistakes.messages[0]);
	assert_int_equal(workflow_play(workflow, &settings, observer, &played->result, &err), 0);
}

static void played_clear(struct played *played)
{
	workflow_result_free(played->result);
	document_free(played->document);
	arena_free(played->arena);
}

/* ---- cases ---- */

static void add_answers(struct answer_server *server, const char *text)
{
	while (text && text_starts(text, "=== ")) {
		const char *line = text + 4, *body = strchr(line, '\n') + 1;
		const char *next = strstr(body, "\n=== ");
		autostrings struct strings words = { 0 };
		autobuffer struct buffer headers = { 0 };
		autofree char *head = text_copy_n(line, (size_t)(body - line - 1));
		autofree char *bytes = next ? text_copy_n(body, (size_t)(next - body)) : text_copy(body);
		strings_split(&words, head + 3, ";");
		for (size_t i = 0; i < words.count; i++)
			buffer_format(&headers, "%s\r\n", words.items[i] + strspn(words.items[i], " "));
		answer_add_json(server, (unsigned)strtoul(head, NULL, 10), headers.data ? headers.data : "", bytes);
		text = next ? next + 1 : NULL;
	}
}

static void add_step(struct buffer *out, const struct played_step *step)
{
	const char *word = verdict_word(step->verdict);
	buffer_format(out, "%s %zu: %s", !step->step ? "before" : step->cleanup ? "cleanup" : "step", step->number, word);
	if (step->skip) {
		autofree char *why = workflow_skip_text(step, "fr");
		buffer_format(out, " (%s)", why);
	}
	if (step->exchange.tries > 1)
		buffer_text(out, ", several tries");
	buffer_text(out, "\n");
	if (step->exchange.method)
		buffer_format(out, "  %s %s\n", step->exchange.method, step->exchange.path);
	for (size_t i = 0; i < step->exchange.sent_headers.count; i++)
		if (!text_starts(step->exchange.sent_headers.items[i], "Accept: application/fhir+json, ") &&
		    !text_starts(step->exchange.sent_headers.items[i], "Cache-Control: no-cache"))
			buffer_format(out, "  %s\n", step->exchange.sent_headers.items[i]);
	if (step->exchange.sent.text)
		buffer_format(out, "  %s\n", step->exchange.sent.text);
	for (size_t i = 0; i < step->failure_count; i++)
		buffer_format(out, "  %s\n", step->failures[i].message);
	for (size_t i = 0; i + 1 < step->kept.count; i += 2)
		buffer_format(out, "  kept %s=%s\n", step->kept.items[i], step->kept.items[i + 1]);
}

static char *describe(const struct workflow_result *result)
{
	struct buffer out = { 0 };
	buffer_format(&out, "%s: %s\n", result->workflow->id, verdict_word(result->verdict));
	add_step(&out, &result->before);
	for (size_t i = 0; i < result->workflow->step_count; i++)
		add_step(&out, &result->steps[i]);
	for (size_t i = 0; i < result->workflow->cleanup_count; i++)
		add_step(&out, &result->cleanup[i]);
	return buffer_steal(&out);
}

/* Neither form of the result holds a password, and both can be read. */
static void check_written(const struct workflow_result *result)
{
	autojson struct json *json = workflow_result_json(result, NULL);
	autofree char *text = json_write(json, false);
	autodocument struct document *document = document_json_or_null(text, strlen(text));
	autobuffer struct buffer tap = { 0 };
	unsigned number = 0;
	assert_non_null(document);
	assert_string_equal(node_text(document_root(document), "verdict", ""), verdict_word(result->verdict));
	workflow_result_tap(result, "en", &number, &tap);
	assert_true(number > 0);
	assert_null(strstr(text, "very-secret"));
	assert_null(strstr(tap.data, "very-secret"));
	assert_null(strstr(text, "OnZlcnktc2VjcmV0")); /* as Basic sends it, of pos-clinic-a */
	assert_null(strstr(tap.data, "OnZlcnktc2VjcmV0"));
}

static void one_case(const char *name)
{
	struct answer_server server = { 0 };
	struct played played;
	struct error err = { 0 };
	autofree char *stem = text_copy_n(name, strlen(name) - 5);
	autofree char *answers_path = text_format("%s.answers", stem), *expected_path = text_format("%s.expected", stem);
	autofree char *text = NULL, *answers = NULL;
	assert_int_equal(file_read(name, 1u << 20, &text, NULL, &err), 0);
	assert_int_equal(file_read(answers_path, 1u << 20, &answers, NULL, &err), 0);
	add_answers(&server, answers);
	autofree char *base = answer_server_start(&server);
	play_text(&played, name, text, base, NULL);
	answer_server_stop(&server);
	strings_clear(&server.requests);
	autofree char *got = describe(played.result);
	check_written(played.result);
	played_clear(&played);
	assert_golden(expected_path, got);
}

static void cases_give_their_golden_text(void **state)
{
	(void)state;
	autostrings struct strings names = { 0 };
	struct error err = { 0 };
	const char *cases = getenv("HIEBOX_CASES");
	autofree char *folder = path_join(cases ? cases : "tests/cases", "play");
	autofree char *back = realpath(".", NULL);
	size_t count = 0;
	assert_int_equal(chdir(folder), 0);
	assert_int_equal(directory_list(".", &names, &err), 0);
	for (size_t i = 0; i < names.count; i++)
		if (text_ends(names.items[i], ".yaml")) {
			one_case(names.items[i]);
			count++;
		}
	assert_int_equal(chdir(back), 0);
	assert_true(count >= 3);
}

/* ---- bad days ---- */

#define HEAD "workflow: bad-day\narchitecture: \"4.0\"\ntitle: { en: A bad day }\nneeds: [client-registry]\n" \
	     "actors: { clinic: point-of-service, cr: client-registry }\n"
#define STEP "  - tell: { en: It asks }\n    from: clinic\n    to: cr\n    request: { method: GET, path: /x }\n" \
	     "    time-out: 400ms\n"
#define CLEANUP "cleanup:\n  - request: { method: DELETE, path: /x }\n"

/* What is said when the first answer is this; cleanup must be played all the same. Caller frees. */
static char *bad_answer(const char *bytes, enum answer_way way, uint64_t *ret_flooded)
{
	struct answer_server server = { 0 };
	struct played played;
	answer_add(&server, bytes, way);
	answer_add_json(&server, 200, "", "{}");
	autofree char *base = answer_server_start(&server);
	play_text(&played, "bad-day.yaml", HEAD "steps:\n" STEP "    expect: { status: 200, json: { /a: 1 } }\n" CLEANUP,
		  base, NULL);
	answer_server_stop(&server);
	const struct workflow_result *result = played.result;
	assert_int_equal(result->verdict, VERDICT_FAILED);
	assert_int_equal(result->cleanup[0].verdict, VERDICT_PASSED);
	assert_true(result->milliseconds < 3000);
	check_written(result);
	char *message = text_copy(result->steps[0].failures[0].message);
	if (ret_flooded)
		*ret_flooded = server.flooded;
	strings_clear(&server.requests);
	played_clear(&played);
	return message;
}

static void answers_that_never_end(void **state)
{
	(void)state;
	static const char deep[] = "HTTP/1.1 200 OK\r\nContent-Length: 600\r\n\r\n";
	autobuffer struct buffer nested = { 0 }, headers = { 0 };
	buffer_text(&nested, deep);
	for (int i = 0; i < 600; i++)
		buffer_text(&nested, "[");
	buffer_text(&headers, "HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < 500; i++)
		buffer_format(&headers, "X-%d: a\r\n", i);
	buffer_text(&headers, "\r\n");
	const struct {
		const char *bytes;
		enum answer_way way;
		const char *words;
	} days[] = {
		{ "", ANSWER_NEVER, "no answer: " },
		{ "", ANSWER_CLOSE, "no answer: " },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"a\": ", ANSWER_DRIP, "no answer: " },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"a\": ", ANSWER_CLOSE, "no answer: " },
		{ "HTTP/1.1 200 OK\r\n\r\n", ANSWER_FLOOD, "the answer is larger than 4.19 MB" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{\"a\":", ANSWER_KEEP, "the answer is no JSON: " },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"a\":\"\xff\"}", ANSWER_KEEP, "the answer is no JSON: " },
		{ "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>", ANSWER_KEEP,
		  "text/html: \"<html>\"" },
		{ "HTTP/1.1 302 Go\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", ANSWER_KEEP,
		  "status: expected 200, got 302" },
		{ "HTTP/1.1 204 No\r\n\r\n", ANSWER_KEEP, "status: expected 200, got 204" },
		{ nested.data, ANSWER_KEEP, "the answer is no JSON: " },
		{ headers.data, ANSWER_CLOSE, "more than 200 header lines" },
		{ "SSH-2.0-OpenSSH\r\n", ANSWER_CLOSE, "no answer: " },
	};
	for (size_t i = 0; i < LENGTH(days); i++) {
		uint64_t flooded = 0;
		autofree char *message = bad_answer(days[i].bytes, days[i].way, &flooded);
		if (!strstr(message, days[i].words) || !text_starts(message, "bad-day.yaml:"))
			fail_msg("day %zu: no \"%s\" in: %s", i, days[i].words, message);
		assert_true(flooded < 32u << 20); /* what the kernel holds besides our limit */
	}
}

/* They are judged whole, and shown within a bound. */
static void many_long_headers(void **state)
{
	struct answer_server server = { 0 };
	struct played played;
	autobuffer struct buffer headers = { 0 };
	(void)state;
	for (unsigned i = 0; i < 100; i++)
		buffer_format(&headers, "X-Long-%u: %02000u\r\n", i, i);
	answer_add_json(&server, 200, headers.data, "{}");
	autofree char *base = answer_server_start(&server);
	play_text(&played, "bad-day.yaml",
		  HEAD "steps:\n" STEP "    expect: { status: 200, headers: { X-Long-99: { matches: \"99$\" } } }\n", base, NULL);
	answer_server_stop(&server);
	const struct exchange *exchange = &played.result->steps[0].exchange;
	assert_int_equal(played.result->verdict, VERDICT_PASSED);
	assert_int_equal(exchange->headers.count, PLAY_HEADERS_SHOWN);
	for (size_t i = 0; i < exchange->headers.count; i++)
		assert_true(strlen(exchange->headers.items[i]) <= PLAY_HEADER_SHOWN);
	strings_clear(&server.requests);
	played_clear(&played);
}

static bool say_stop(void *context, const struct workflow_result *result, const struct played_step *step)
{
	const struct timespec nap = { 0, 20000000 };
	(void)context, (void)result;
	if (!step->cleanup)
		nanosleep(&nap, NULL);
	return step->cleanup || step->number < 2;
}

/* Cleanup has time of its own, but the run goes on. */
static void time_goes_on(void *context, const struct workflow_result *result, const struct played_step *step)
{
	double *before = context;
	(void)step;
	assert_true(result->milliseconds > *before);
	*before = result->milliseconds;
}

static bool stop_now(void *context)
{
	double *since = context;
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	double seconds = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
	*since = *since > 0 ? *since : seconds;
	return seconds - *since > 0.3;
}

static void an_observer_can_stop(void **state)
{
	(void)state;
	struct answer_server server = { 0 };
	struct played played;
	double before = 0;
	const struct play_observer stepwise = { .begins = say_stop, .ended = time_goes_on, .context = &before };
	answer_add_json(&server, 200, "", "{}");
	answer_add_json(&server, 200, "", "{}");
	autofree char *base = answer_server_start(&server);
	play_text(&played, "bad-day.yaml",
		  HEAD "steps:\n" STEP "    expect: { status: 200 }\n" STEP "    expect: { status: 200 }\n" CLEANUP, base,
		  &stepwise);
	answer_server_stop(&server);
	assert_true(played.result->stopped);
	assert_int_equal(played.result->verdict, VERDICT_NOT_PLAYED);
	assert_int_equal(played.result->steps[0].verdict, VERDICT_PASSED);
	assert_int_equal(played.result->steps[1].verdict, VERDICT_NOT_PLAYED);
	assert_int_equal(played.result->cleanup[0].verdict, VERDICT_PASSED);
	assert_int_equal(server.requests.count, 2);
	assert_int_equal(server.connections, 1); /* the connection is kept */
	strings_clear(&server.requests);
	played_clear(&played);
}

/* In the middle of a retry for ten minutes, and in the middle of an answer that never comes. */
static void a_stop_is_heard_while_waiting(void **state)
{
	(void)state;
	static const char *const waits[] = { "    expect: { status: 201 }\n    retry: { every: 5m, for: 10m }\n",
					     "    expect: { status: 200 }\n    time-out: 10m\n" };
	for (size_t i = 0; i < LENGTH(waits); i++) {
		struct answer_server server = { 0 };
		struct played played;
		double since = 0;
		const struct play_observer observer = { .stop = stop_now, .context = &since };
		autofree char *text = text_format(HEAD "steps:\n  - tell: { en: It asks }\n    from: clinic\n"
						  "    to: cr\n    request: { method: GET, path: /x }\n%s" CLEANUP,
						  waits[i]);
		answer_add(&server, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", i ? ANSWER_NEVER : ANSWER_KEEP);
		answer_add_json(&server, 200, "", "{}");
		autofree char *base = answer_server_start(&server);
		play_text(&played, "bad-day.yaml", text, base, &observer);
		answer_server_stop(&server);
		assert_true(played.result->stopped);
		assert_int_equal(played.result->cleanup[0].verdict, VERDICT_PASSED);
		assert_true(played.result->milliseconds < 5000);
		strings_clear(&server.requests);
		played_clear(&played);
	}
}

/* A workflow whose role is missing is skipped before anything is sent. */
static void addresses_are_checked(void **state)
{
	(void)state;
	static const char *const wrong[] = { "", "ftp://x", "https://", "http://a:b@x", "http://x/?a", "127.0.0.1" };
	autoarena struct arena *arena = arena_new();
	autodocument struct document *document = NULL;
	struct diagnostics mistakes = { 0 };
	const struct workflow *workflow = NULL;
	const char *text = kind_workflow.example;
	assert_int_equal(document_parse_yaml("write-and-read.yaml", text, strlen(text), &document, &mistakes), 0);
	assert_int_equal(workflow_read(document_root(document), NULL, arena, &workflow, &mistakes), 0);
	for (size_t i = 0; i < LENGTH(wrong); i++) {
		const struct play_settings settings = settings_for(wrong[i]);
		struct workflow_result *result = NULL;
		struct error err = { 0 };
		assert_int_equal(workflow_play(workflow, &settings, NULL, &result, &err), -1);
		error_clear(&err);
	}
}

/* Expressions that other engines choke on, over the longest text that is looked at. */
static void what_reads_is_known(void **state)
{
	(void)state;
	static const struct {
		const char *method, *path;
		bool reads;
	} cases[] = {
		{ "GET", "/fhir/Patient?name=a", true },
		{ "HEAD", "/fhir/Patient/1", true },
		{ "POST", "/fhir/Patient/_search", true },
		{ "POST", "/CR/fhir/Patient/$match?x=1", true },
		{ "POST", "/TS/fhir/ValueSet/$validate-code", true },
		{ "POST", "/fhir/Patient/1/$everything", true },
		{ "POST", "/fhir", false },
		{ "POST", "/fhir/Patient", false },
		{ "POST", "/fhir/Patient?a=/$match", false },
		{ "POST", "/fhir/$mdm-merge-golden-resources", false },
		{ "POST", "/fhir/$rematch", false },
		{ "POST", "/fhir/x$match", false },
		{ "POST", "/fhir/Patient/%24match", false },
		{ "POST", "/fhir/{{operation}}", false },
		{ "POST", "/fhir/$match/", false },
		{ "POST", "$match", false },
		{ "PUT", "/fhir/Patient/_search", false },
		{ "PATCH", "/fhir/Patient/1", false },
		{ "DELETE", "/fhir/Patient/1", false },
		{ "get", "/", false },
	};
	for (size_t i = 0; i < LENGTH(cases); i++)
		if (method_path_reads(cases[i].method, cases[i].path) != cases[i].reads)
			fail_msg("%s %s", cases[i].method, cases[i].path);
}

/* Nothing at all is sent, wherever the one request that writes stands; what the override of a method hides, too. */
static void where_only_reading_is_allowed(void **state)
{
	(void)state;
	static const char get[] = "    request: { method: GET, path: /x }\n    expect: { status: 200 }\n";
	static const char first[] = "  - tell: { en: It asks }\n    from: clinic\n    to: cr\n";
	static const char question[] = "requires:\n  - request: { method: POST, path: /x }\n    expect: { status: 200 }\n"
				       "    otherwise: { en: no }\n";
	autofree char *plain = text_format(HEAD "steps:\n%s%s", first, get);
	autofree char *tidy = text_format(HEAD "steps:\n%s%s" CLEANUP, first, get);
	autofree char *asks = text_format(HEAD "%ssteps:\n%s%s", question, first, get);
	autofree char *hides = text_format(HEAD "steps:\n%s    request: { method: GET, path: /x, headers: "
					   "{ X-HTTP-Method-Override: DELETE } }\n    expect: { status: 200 }\n", first);
	const char *const texts[] = { plain, tidy, asks, hides };
	for (size_t i = 0; i < LENGTH(texts); i++) {
		struct answer_server server = { 0 };
		struct played played = { .arena = arena_new() };
		struct diagnostics mistakes = { 0 };
		const struct workflow *workflow = NULL;
		struct error err = { 0 };
		answer_add_json(&server, 200, "", "{}");
		autofree char *base = answer_server_start(&server);
		struct play_settings settings = settings_for(base);
		settings.only_read = true;
		if (document_parse_yaml("bad-day.yaml", texts[i], strlen(texts[i]), &played.document, &mistakes) < 0
		    || workflow_read(document_root(played.document), NULL, played.arena, &workflow, &mistakes) < 0)
			fail_msg("%s", mistakes.messages[0]);
		assert_int_equal(workflow_play(workflow, &settings, NULL, &played.result, &err), 0);
		answer_server_stop(&server);
		assert_int_equal(played.result->verdict, i ? VERDICT_SKIPPED : VERDICT_PASSED);
		assert_int_equal(played.result->before.skip, i ? SKIP_WRITES : SKIP_NONE);
		assert_int_equal(server.requests.count, i ? 0 : 1);
		check_written(played.result);
		strings_clear(&server.requests);
		played_clear(&played);
	}
}

static void expressions_end(void **state)
{
	(void)state;
	struct answer_server server = { 0 };
	struct played played;
	autobuffer struct buffer body = { 0 };
	buffer_text(&body, "{\"a\":\"");
	for (unsigned i = 0; i < PLAY_SUBJECT_MAX - 1; i++)
		buffer_text(&body, "a");
	buffer_text(&body, "!\"}");
	answer_add_json(&server, 200, "", body.data);
	autofree char *base = answer_server_start(&server);
	play_text(&played, "bad-day.yaml",
		  HEAD "steps:\n" STEP "    expect: { status: 200, json: { /a: { matches: \"^(a+)+$\" } } }\n", base, NULL);
	answer_server_stop(&server);
	print_message("regular expression: %.0f ms\n", played.result->milliseconds);
	assert_int_equal(played.result->verdict, VERDICT_FAILED);
	assert_true(played.result->milliseconds < 2000);
	strings_clear(&server.requests);
	played_clear(&played);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cases_give_their_golden_text),
		cmocka_unit_test(answers_that_never_end),
		cmocka_unit_test(many_long_headers),
		cmocka_unit_test(an_observer_can_stop),
		cmocka_unit_test(a_stop_is_heard_while_waiting),
		cmocka_unit_test(addresses_are_checked),
		cmocka_unit_test(what_reads_is_known),
		cmocka_unit_test(where_only_reading_is_allowed),
		cmocka_unit_test(expressions_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
