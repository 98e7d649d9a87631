/* JUnit's XML, as Jenkins (junit-10.xsd of its xUnit plugin), GitLab and the parsers of both read it: testsuites, a
 * testsuite per workflow and one for the checks, a testcase per step. Only what all of them know is written. */
#include "proof/proof.h"

#include <string.h>

#include "proof/view.h"

/* A suite is counted before it is written, for its numbers stand first: the same walk, told what to do. */
struct suite {
	size_t tests, failures, errors, skipped;
};
struct report {
	struct markup markup;
	const char *language;
	struct allowance allowance;
};

static void add_seconds(char text[32], double seconds)
{
	if (!(seconds >= 0 && seconds < 1e9))
		seconds = 0;
	snprintf(text, 32, "%.3f", seconds);
}

static void open_suite(struct report *report, const char *name, const struct suite *suite, double seconds,
		       const char *timestamp)
{
	autofree char *short_name = view_cut(&report->allowance, name, VIEW_NAME_MAX);
	autofree char *began = view_cut(&report->allowance, timestamp, VIEW_NAME_MAX);
	autofree char *tests = text_format("%zu", suite->tests), *failures = text_format("%zu", suite->failures);
	autofree char *errors = text_format("%zu", suite->errors), *skipped = text_format("%zu", suite->skipped);
	char time[32];
	add_seconds(time, seconds);
	markup_open(&report->markup, "testsuite", "name", short_name, "tests", tests, "failures", failures, "errors", errors,
		    "skipped", skipped, "time", time, "timestamp", began, NULL);
}

static void add_property(struct report *report, const char *name, const char *value)
{
	autofree char *cut = view_cut(&report->allowance, value, VIEW_MESSAGE_MAX);
	if (!cut)
		return;
	markup_open(&report->markup, "property", "name", name, "value", cut, NULL);
	markup_close(&report->markup);
}

static void open_case(struct report *report, const char *suite, const char *name, double seconds)
{
	autofree char *in_package = text_format("hiebox.%s", suite); /* Jenkins shows what stands before the dot as a package */
	autofree char *class_name = view_cut(&report->allowance, in_package, VIEW_NAME_MAX);
	autofree char *short_name = view_cut(&report->allowance, name, VIEW_MESSAGE_MAX);
	char time[32];
	add_seconds(time, seconds);
	markup_open(&report->markup, "testcase", "classname", class_name, "name", short_name, "time", time, NULL);
}

/* <failure>, <error> or <skipped> */
static void add_outcome(struct report *report, const char *element, const char *type, const char *message, const char *body)
{
	autofree char *cut = view_cut(&report->allowance, message ? message : "", VIEW_MESSAGE_MAX);
	autofree char *kind = view_cut(&report->allowance, type, VIEW_NAME_MAX);
	markup_open(&report->markup, element, "type", kind, "message", cut, NULL);
	markup_text(&report->markup, body);
	markup_close(&report->markup);
}

/* ---- a workflow ---- */

static void add_message(struct buffer *out, const char *head, const char *body)
{
	if (body)
		buffer_format(out, "%s%s\n", head, body);
}

static void add_exchange(struct report *report, struct buffer *out, const struct json *message, const char *first)
{
	autofree char *body = view_cut(&report->allowance, view_text(message, "body", NULL), VIEW_BODY_MAX);
	autofree char *line_one = view_cut(&report->allowance, first, VIEW_MESSAGE_MAX);
	buffer_format(out, "\n%s\n", line_one);
	for json_each (header, json_get(message, "headers")) {
		autofree char *line = view_cut(&report->allowance, json_text(header), VIEW_NAME_MAX);
		add_message(out, "", line);
	}
	add_message(out, "\n", body);
}

/* All that a reader of the build's page needs, who has no other report. */
static char *body_of(struct report *report, const struct view_step *step)
{
	struct buffer out = { .maximum = SIZE_MAX / 4 };
	autofree char *tell = view_cut(&report->allowance, view_said(step->json, "tell", report->language), VIEW_MESSAGE_MAX);
	autofree char *speakers = view_speakers(step);
	const struct json *request = json_get(step->json, "request"), *answer = json_get(step->json, "answer");
	size_t count = 0;
	add_message(&out, "", tell);
	add_message(&out, "", speakers);
	for json_each (failure, json_get(step->json, "failures")) {
		autofree char *message = view_cut(&report->allowance, view_text(failure, "message", NULL), VIEW_MESSAGE_MAX);
		if (count++ < VIEW_FAILURES_MAX)
			add_message(&out, "- ", message);
	}
	autofree char *said = view_cut(&report->allowance, view_text(step->json, "diagnostics", NULL), VIEW_MESSAGE_MAX);
	add_message(&out, "OperationOutcome: ", said);
	if (request) {
		autofree char *first = text_format("%s %s", view_text(request, "method", "?"), view_text(request, "path", "?"));
		add_exchange(report, &out, request, first);
	}
	if (answer) {
		autofree char *first = text_format("HTTP %.0f", view_number(answer, "status"));
		add_exchange(report, &out, answer, first);
	}
	return buffer_steal(&out);
}

static void add_failure(struct report *report, const struct view_step *step)
{
	const struct json *failures = json_get(step->json, "failures");
	const struct json *first = json_first(failures);
	size_t more = 0;
	for json_each (failure, failures)
		more += failure != first;
	autofree char *body = body_of(report, step);
	const char *message = view_text(first, "message", "failed, without a message");
	autofree char *with_more = more ? text_format("%s (and %zu more)", message, more) : NULL;
	add_outcome(report, "failure", view_text(first, "kind", "failed"), with_more ? with_more : message, body);
}

/* Why the steps of a workflow were skipped whose beginning was. */
static char *reason_of(const struct json *run, const struct view_step *step, const char *language)
{
	struct view_walk walk = { .run = run };
	if (step->state == VIEW_SKIPPED)
		return view_why_not(step, language);
	if (view_next(&walk) && walk.step.part == VIEW_BEFORE && walk.step.state == VIEW_SKIPPED)
		return view_why_not(&walk.step, language);
	return text_copy(json_is_true(json_get(run, "stopped")) ? "not played: the run was stopped" :
								   "not played: an earlier step failed");
}

static void add_step(struct report *report, const struct json *run, const struct view_step *step)
{
	autofree char *name = view_step_name(step);
	open_case(report, view_run_name(run), name, view_number(step->json, "milliseconds") / 1000);
	if (step->state == VIEW_FAILED) {
		add_failure(report, step);
	} else if (step->state != VIEW_PASSED) {
		autofree char *why = reason_of(run, step, report->language);
		add_outcome(report, "skipped", NULL, why, NULL);
	}
	markup_close(&report->markup);
}

static struct suite count_run(const struct json *run)
{
	struct suite suite = { 0 };
	for (struct view_walk walk = { .run = run }; view_next(&walk);) {
		if (!view_is_test(&walk.step))
			continue;
		suite.tests++;
		suite.failures += walk.step.state == VIEW_FAILED;
		suite.skipped += walk.step.state == VIEW_SKIPPED || walk.step.state == VIEW_NOT_PLAYED;
	}
	suite.errors = view_unexplained(run);
	suite.tests += suite.errors;
	return suite;
}

static void add_run(struct report *report, const struct json *run)
{
	const struct suite suite = count_run(run);
	open_suite(report, view_run_name(run), &suite, view_number(run, "milliseconds") / 1000, view_text(run, "began", NULL));
	markup_open(&report->markup, "properties", NULL);
	add_property(report, "title", view_said(run, "title", report->language));
	add_property(report, "base", view_text(run, "base", NULL));
	for json_each (id, json_get(run, "shows"))
		add_property(report, "requirement", json_text(id));
	markup_close(&report->markup);
	for (struct view_walk walk = { .run = run }; view_next(&walk);)
		if (view_is_test(&walk.step))
			add_step(report, run, &walk.step);
	if (suite.errors) {
		open_case(report, view_run_name(run), "comes to its end", 0);
		add_outcome(report, "error", "stopped", "the run was stopped before its end", NULL);
		markup_close(&report->markup);
	}
	markup_close(&report->markup);
}

/* ---- the checks ---- */

static struct suite count_checks(const struct proof *proof)
{
	struct suite suite = { .tests = proof->check_count };
	for (size_t i = 0; i < proof->check_count; i++) {
		suite.failures += proof->checks[i].verdict == PROOF_FAILED;
		suite.errors += proof->checks[i].verdict == PROOF_ERROR;
		suite.skipped += proof->checks[i].verdict == PROOF_SKIPPED;
	}
	suite.errors += proof->broke != NULL;
	suite.tests += proof->broke != NULL;
	return suite;
}

static void add_check(struct report *report, const struct proof_check *check)
{
	static const char *const elements[] = { [PROOF_FAILED] = "failure", [PROOF_SKIPPED] = "skipped", [PROOF_ERROR] = "error" };
	open_case(report, "checks", check->name, check->seconds);
	if (check->verdict != PROOF_PASSED) {
		autofree char *detail = view_cut_begin(&report->allowance, check->detail, VIEW_JOURNAL_MAX);
		add_outcome(report, elements[check->verdict], check->verdict == PROOF_SKIPPED ? NULL : "check", check->message,
			    detail);
	}
	markup_close(&report->markup);
}

static void add_checks(struct report *report, const struct proof *proof)
{
	const struct suite suite = count_checks(proof);
	autofree char *began = view_time(proof->began);
	double seconds = 0;
	if (!suite.tests)
		return;
	for (size_t i = 0; i < proof->check_count; i++)
		seconds += proof->checks[i].seconds;
	open_suite(report, "checks", &suite, seconds, began);
	markup_open(&report->markup, "properties", NULL);
	add_property(report, "tested", proof->what);
	add_property(report, "how", proof->how);
	add_property(report, "version", proof->version);
	markup_close(&report->markup);
	for (size_t i = 0; i < proof->check_count; i++)
		add_check(report, &proof->checks[i]);
	if (proof->broke) {
		autofree char *last = view_cut_begin(&report->allowance, proof->last, VIEW_JOURNAL_MAX);
		open_case(report, "checks", "the test comes to its end", 0);
		add_outcome(report, "error", "broke-off", proof->broke, last);
		markup_close(&report->markup);
	}
	markup_close(&report->markup);
}

void proof_junit(const struct proof *proof, const char *language, struct buffer *out)
{
	autobuffer struct buffer whole = { .maximum = SIZE_MAX / 4 };
	struct report report = { .markup = { .out = &whole }, .language = language, .allowance = { VIEW_TOTAL_MAX } };
	struct suite all = count_checks(proof);
	char time[32];
	add_seconds(time, proof->seconds);
	for (size_t i = 0; i < proof->run_count; i++) {
		const struct suite suite = count_run(proof->runs[i]);
		all.tests += suite.tests;
		all.failures += suite.failures;
		all.errors += suite.errors;
	}
	autofree char *tests = text_format("%zu", all.tests), *failures = text_format("%zu", all.failures);
	autofree char *errors = text_format("%zu", all.errors), *name = view_cut(&report.allowance, proof->what, VIEW_NAME_MAX);
	buffer_text(&whole, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	markup_open(&report.markup, "testsuites", "name", name, "tests", tests, "failures", failures, "errors", errors, "time",
		    time, NULL);
	buffer_text(&whole, "\n");
	for (size_t i = 0; i < proof->run_count; i++)
		add_run(&report, proof->runs[i]);
	add_checks(&report, proof);
	markup_close(&report.markup);
	view_publish(&whole, out);
}
