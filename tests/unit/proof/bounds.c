/* Verdicts and counts; and that no bytes from outside make a report invalid, dangerous or large. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "../../support/proof_case.h"

#define MIB ((size_t)1 << 20)

static struct json *run_of(const char *verdict)
{
	struct json *run = json_new_object();
	json_set(run, "workflow", json_new_string("w"));
	json_set(run, "verdict", json_new_string(verdict));
	return run;
}

/* ---- verdicts ---- */

static void expect_verdict(const char *runs, const char *checks, const char *broke, enum proof_verdict expected)
{
	autoproof struct proof proof = { .broke = text_copy(broke) };
	autostrings struct strings words = { 0 }, others = { 0 };
	strings_split(&words, runs, " ");
	strings_split(&others, checks, " ");
	for (size_t i = 0; i < words.count; i++)
		proof_add_run(&proof, run_of(words.items[i]));
	for (size_t i = 0; i < others.count; i++)
		proof_add_check(&proof, "c", case_verdict(others.items[i]), NULL, NULL);
	assert_int_equal(proof_verdict(&proof), expected);
	struct proof_counts counts = proof_count(&proof);
	assert_int_equal(counts.passed + counts.failed + counts.skipped + counts.errors, words.count + others.count);
}

static void the_worst_decides(void **state)
{
	(void)state;
	expect_verdict("", "", NULL, PROOF_PASSED);
	expect_verdict("skipped", "skipped", NULL, PROOF_PASSED);
	expect_verdict("passed skipped", "passed", NULL, PROOF_PASSED);
	expect_verdict("passed not-played", "passed", NULL, PROOF_ERROR);
	expect_verdict("passed", "passed error", NULL, PROOF_ERROR);
	expect_verdict("passed", "passed", "the machine ended", PROOF_ERROR);
	expect_verdict("failed not-played", "error", "the machine ended", PROOF_FAILED);
	expect_verdict("passed", "failed", NULL, PROOF_FAILED);
	expect_verdict("what", "", NULL, PROOF_ERROR);
}

static void checks_can_be_timed(void **state)
{
	(void)state;
	autoproof struct proof proof = { 0 };
	proof_add_check(&proof, "a", PROOF_PASSED, NULL, NULL)->seconds = 1.5;
	proof_add_check(&proof, "b", PROOF_FAILED, "m", "d")->seconds = 2.5;
	assert_int_equal(proof.check_count, 2);
	assert_string_equal(proof.checks[1].detail, "d");
	assert_true(proof.checks[0].seconds < 2 && proof.checks[1].seconds > 2);
}

/* ---- bytes ---- */

/* Every byte but NUL, beginnings of characters without their ends, and what means something in one of the forms. */
static char *evil(void)
{
	struct buffer out = { 0 };
	for (int byte = 1; byte < 256; byte++)
		buffer_format(&out, "%c%c", byte, byte);
	buffer_text(&out, "<script>1</script>]]><!-- --></style></pre>\" onload='1' \xed\xa0\x80\xef\xbf\xbe\xef\xbf\xbf\xf4\x90\x80\x80"
			  "\xe2\x80\xae\n# SKIP\nok 99\n1..0\nBail out!\n");
	return buffer_steal(&out);
}

static struct json *evil_step(const char *text, const char *verdict)
{
	struct json *step = json_new_object(), *tell = json_new_object(), *list = json_new_array();
	struct json *failure = json_new_object(), *message = json_new_object();
	json_set(tell, text, json_new_string(text));
	json_set(message, "method", json_new_string(text));
	json_set(message, "path", json_new_string(text));
	json_set(message, "body", json_new_string(text));
	json_set(failure, "kind", json_new_string("no-answer"));
	json_set(failure, "message", json_new_string(text));
	json_set(failure, "file", json_new_string(text));
	json_add(list, failure);
	json_set(step, "id", json_new_string(text));
	json_set(step, "tell", tell);
	json_set(step, "from", json_new_string(text));
	json_set(step, "verdict", json_new_string(verdict));
	json_set(step, "failures", list);
	json_set(step, "request", message);
	json_set(step, "diagnostics", json_new_string(text));
	return step;
}

static void fill_evil(struct proof *proof, const char *text)
{
	struct json *run = run_of("failed"), *steps = json_new_array(), *ids = json_new_array();
	json_set(run, "workflow", json_new_string(text));
	json_set(run, "base", json_new_string(text));
	json_set(run, "began", json_new_string(text));
	json_add(ids, json_new_string(text));
	json_set(run, "shows", ids);
	json_add(steps, evil_step(text, "failed"));
	json_add(steps, evil_step(text, "skipped"));
	json_add(steps, evil_step(text, "passed"));
	json_set(run, "steps", steps);
	proof_add_run(proof, run);
	proof_add_check(proof, text, PROOF_FAILED, text, text);
	proof->what = text_copy(text);
	proof->how = text_copy(text);
	proof->version = text_copy(text);
	proof->last = text_copy(text);
	proof->broke = text_copy(text);
	strings_add(&proof->left, text);
	proof->services = memory_alloc(sizeof *proof->services);
	proof->service_count = 1;
	proof->services[0] = (struct proof_service){ .unit = text_copy(text), .begins = -1, .ready = 1e300, .memory = 1,
						     .failed = true, .journal = text_copy(text) };
}

static void only_good_characters(const char *text, bool xml)
{
	for (const char *at = text; *at;) {
		size_t bytes = utf8_length(at);
		assert_true(bytes > 0 && !utf8_steers(at, bytes));
		if (xml)
			assert_false(text_starts(at, "\xef\xbf\xbe") || text_starts(at, "\xef\xbf\xbf"));
		at += bytes;
	}
}

static size_t count_of(const char *text, const char *part)
{
	size_t count = 0;
	for (const char *at = text; (at = strstr(at, part)); at++)
		count++;
	return count;
}

static void no_bytes_break_out(void **state)
{
	(void)state;
	autoproof struct proof proof = { 0 };
	autofree char *text = evil();
	autobuffer struct buffer tap = { 0 }, junit = { 0 }, report = { 0 }, page = { 0 };
	fill_evil(&proof, text);
	proof_tap(&proof, "en", &tap);
	proof_junit(&proof, text, &junit);
	proof_testreport(&proof, text, &report);
	proof_html(&proof, text, &page);
	only_good_characters(tap.data, false);
	only_good_characters(junit.data, true);
	only_good_characters(page.data, true);
	assert_int_equal(count_of(tap.data, "\nok 99") + count_of(tap.data, "\n1..0"), 0);
	assert_int_equal(count_of(tap.data, "\nBail out! "), 1);
	assert_int_equal(count_of(page.data, "<script") + count_of(junit.data, "<script"), 0);
	assert_int_equal(count_of(page.data, "</style>"), 1);
	assert_int_equal(count_of(junit.data, "]]>"), 0);
	autodocument struct document *read = document_json_or_null(report.data, report.length);
	assert_non_null(read);
}

/* ---- sizes ---- */

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void write_all(const struct proof *proof, size_t most)
{
	for (size_t i = 0; i < LENGTH(case_reports); i++) {
		autobuffer struct buffer out = { 0 };
		double began = now();
		case_reports[i].write(proof, "en", &out);
		if (out.overflow)
			fail_msg("%s is too large", case_reports[i].suffix);
		if (getenv("HIEBOX_SHOW"))
			print_message("%s: %zu bytes, %.2f s\n", case_reports[i].suffix, out.length, now() - began);
		if (out.length > most)
			fail_msg("%s has %zu bytes", case_reports[i].suffix, out.length);
		if (now() - began > 20)
			fail_msg("%s took %.1f s", case_reports[i].suffix, now() - began);
	}
}

static void large_texts_are_cut(void **state)
{
	(void)state;
	autoproof struct proof proof = { 0 };
	autofree char *large = memory_alloc(MIB + 1);
	memset(large, '<', MIB);
	fill_evil(&proof, large);
	write_all(&proof, 4 * MIB);
}

static void many_steps_stay_bounded(void **state)
{
	(void)state;
	autoproof struct proof proof = { 0 };
	autofree char *body = memory_alloc(60000 + 1);
	struct json *run = run_of("failed"), *steps = json_new_array();
	memset(body, '\'', 60000);
	for (int i = 0; i < 10000; i++)
		json_add(steps, evil_step(i < 3000 ? body : "short", i % 3 ? "failed" : "passed"));
	json_set(run, "steps", steps);
	proof_add_run(&proof, run);
	write_all(&proof, 40 * MIB);
}

static void a_report_is_whole_or_not_there(void **state)
{
	(void)state;
	autoproof struct proof proof = { 0 };
	autofree char *text = evil();
	fill_evil(&proof, text);
	for (size_t i = 0; i < LENGTH(case_reports); i++) {
		autobuffer struct buffer small = { .maximum = 300 }, large = { 0 };
		buffer_text(&small, "before");
		buffer_text(&large, "before");
		case_reports[i].write(&proof, "en", &small);
		case_reports[i].write(&proof, "en", &large);
		assert_true(small.overflow);
		assert_string_equal(small.data, "before");
		assert_false(large.overflow);
		assert_memory_equal(large.data, "before", 6);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_worst_decides),
		cmocka_unit_test(checks_can_be_timed),
		cmocka_unit_test(no_bytes_break_out),
		cmocka_unit_test(large_texts_are_cut),
		cmocka_unit_test(many_steps_stay_bounded),
		cmocka_unit_test(a_report_is_whole_or_not_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
