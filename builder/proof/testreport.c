/* FHIR R4 TestReport (hl7.org/fhir/R4/testreport.html): a Bundle of one per workflow and one for the checks. The
 * questions of a workflow are its setup, steps its tests, cleanup its teardown; a step is an operation (was there an
 * answer?) and asserts (was it the right one?). */
#include "proof/proof.h"

#include <string.h>

#include "proof/view.h"

#define SYSTEM "urn:hiebox:workflow"

struct report {
	const struct proof *proof;
	const char *language;
	struct allowance allowance;
	struct json *entries;
};

/* ---- values as R4 has them ---- */

/* A string holds no control characters but tab and line breaks, does not begin or end with white space, and is never
 * empty: then NULL. Markdown takes < as the beginning of HTML. Caller frees. */
static char *clean(struct report *report, const char *text, bool markdown)
{
	struct buffer out = { .maximum = SIZE_MAX / 4 };
	autofree char *cut = view_cut(&report->allowance, text ? text : "", VIEW_MESSAGE_MAX);
	for (const char *at = cut + strspn(cut, " \t\r\n"); *at; at++) {
		unsigned char byte = (unsigned char)*at;
		if (markdown && byte == '<')
			buffer_text(&out, "&lt;");
		else if ((byte < 0x20 && !strchr("\t\r\n", byte)) || byte == 0x7f)
			buffer_text(&out, "\xef\xbf\xbd");
		else
			buffer_add(&out, at, 1);
	}
	while (out.length && strchr(" \t\r\n", out.data[out.length - 1]))
		out.data[--out.length] = '\0';
	if (out.length)
		return buffer_steal(&out);
	buffer_clear(&out);
	return NULL;
}

static void set_string(struct report *report, struct json *object, const char *key, const char *text)
{
	autofree char *good = clean(report, text, false);
	if (good)
		json_set(object, key, json_new_string(good));
}

static void set_markdown(struct report *report, struct json *object, const char *key, const char *text)
{
	autofree char *good = clean(report, text, true);
	if (good)
		json_set(object, key, json_new_string(good));
}

/* A URI has no character that RFC 3986 does not know. */
static void set_uri(struct json *object, const char *key, const char *text)
{
	static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?#[]@!$&'()*+,;=%";
	autobuffer struct buffer out = { 0 };
	for (size_t i = 0; text && text[i] && i < VIEW_MESSAGE_MAX; i++) {
		if (strchr(good, text[i]))
			buffer_add(&out, text + i, 1);
		else
			buffer_format(&out, "%%%02X", (unsigned char)text[i]);
	}
	json_set(object, key, json_new_string(out.length ? out.data : "urn:hiebox:unknown"));
}

static struct json *outcome(struct report *report, const char *result, const char *message)
{
	struct json *json = json_new_object();
	json_set(json, "result", json_new_string(result));
	set_markdown(report, json, "message", message);
	return json;
}

/* { "operation": … } or { "assert": … } */
static void add_action(struct json *actions, const char *kind, struct json *json)
{
	struct json *action = json_new_object();
	json_set(action, kind, json);
	json_add(actions, action);
}

/* ---- a step ---- */

static char *operation_text(const struct view_step *step)
{
	const struct json *request = json_get(step->json, "request"), *answer = json_get(step->json, "answer");
	if (!request)
		return NULL;
	const char *method = view_text(request, "method", "?"), *path = view_text(request, "path", "?");
	if (!answer)
		return text_format("%s %s", method, path);
	return text_format("%s %s: %.0f after %.0f ms", method, path, view_number(answer, "status"),
			   view_number(step->json, "answer-milliseconds"));
}

/* Does a failure say that there was no answer to judge? */
static bool is_of_operation(const struct json *failure)
{
	static const char *const kinds[] = { "no-answer", "credential", "request", "too-large" };
	const char *kind = view_text(failure, "kind", "");
	for (size_t i = 0; i < LENGTH(kinds); i++)
		if (text_equal(kinds[i], kind))
			return true;
	return false;
}

static void add_failures(struct report *report, struct json *actions, const struct view_step *step, const char *sent)
{
	const struct json *failures = json_get(step->json, "failures");
	size_t count = 0;
	bool answered = json_get(step->json, "answer");
	for json_each (failure, failures)
		answered = answered && !is_of_operation(failure);
	if (answered)
		add_action(actions, "operation", outcome(report, "pass", sent));
	for json_each (failure, failures) {
		const char *message = view_text(failure, "message", "failed, without a message");
		if (count++ == VIEW_FAILURES_MAX)
			break;
		if (!answered) {
			const bool made = text_equal(view_text(failure, "kind", ""), "no-answer");
			add_action(actions, "operation", outcome(report, made ? "fail" : "error", message));
			continue;
		}
		struct json *assertion = outcome(report, "fail", message);
		if (view_text(failure, "file", NULL)) {
			autofree char *place = text_format("%s:%.0f:%.0f", view_text(failure, "file", ""),
							   view_number(failure, "line"), view_number(failure, "column"));
			set_string(report, assertion, "detail", place);
		}
		add_action(actions, "assert", assertion);
	}
	if (!count)
		add_action(actions, "operation", outcome(report, "fail", "failed, without a message"));
}

static struct json *actions_of(struct report *report, const struct view_step *step)
{
	struct json *actions = json_new_array();
	autofree char *sent = operation_text(step);
	if (step->state == VIEW_FAILED) {
		add_failures(report, actions, step, sent);
	} else if (step->state == VIEW_PASSED) {
		add_action(actions, "operation", outcome(report, "pass", sent));
		if (step->part == VIEW_STEP)
			add_action(actions, "assert", outcome(report, "pass", "everything that was expected was there"));
	} else {
		autofree char *why = view_why_not(step, report->language);
		add_action(actions, "operation", outcome(report, "skip", why));
	}
	return actions;
}

static struct json *test_of(struct report *report, const struct view_step *step)
{
	struct json *test = json_new_object();
	autofree char *name = view_step_name(step);
	set_string(report, test, "name", name);
	set_string(report, test, "description", view_said(step->json, "tell", report->language));
	json_set(test, "action", actions_of(report, step));
	return test;
}

/* What goes before and cleanup: operations only, each with what it came to. */
static void add_operation(struct report *report, struct json *actions, const struct view_step *step)
{
	autofree char *sent = operation_text(step);
	autofree char *why = step->state == VIEW_SKIPPED ? view_why_not(step, report->language) : NULL;
	const struct json *failure = json_first(json_get(step->json, "failures"));
	if (step->state == VIEW_FAILED)
		add_action(actions, "operation", outcome(report, "fail", view_text(failure, "message", "failed")));
	else if (step->state == VIEW_PASSED)
		add_action(actions, "operation", outcome(report, "pass", sent));
	else
		add_action(actions, "operation", outcome(report, "skip", why ? why : "not played"));
}

/* ---- a report ---- */

static void set_narrative(struct json *resource, const char *title, const char *result)
{
	autobuffer struct buffer out = { 0 };
	struct markup markup = { .out = &out };
	struct json *text = json_new_object();
	autofree char *short_title = text_copy_n(title, strnlen(title, VIEW_NAME_MAX));
	autofree char *sentence = text_format("%s: %s", short_title, result);
	buffer_text(&out, "<div xmlns=\"http://www.w3.org/1999/xhtml\">");
	markup_line(&markup, "p", NULL, sentence);
	buffer_text(&out, "</div>");
	json_set(text, "status", json_new_string("generated"));
	json_set(text, "div", json_new_string(out.data));
	json_set(resource, "text", text);
}

static struct json *script_of(struct report *report, const char *id, const char *title)
{
	struct json *reference = json_new_object(), *identifier = json_new_object();
	json_set(reference, "type", json_new_string("TestScript"));
	json_set(identifier, "system", json_new_string(SYSTEM));
	set_string(report, identifier, "value", id);
	json_set(reference, "identifier", identifier);
	set_string(report, reference, "display", title);
	return reference;
}

static struct json *participant(struct report *report, const char *type, const char *uri, const char *display)
{
	struct json *json = json_new_object();
	json_set(json, "type", json_new_string(type));
	set_uri(json, "uri", uri);
	set_string(report, json, "display", display);
	return json;
}

/* What all have in common. `base`: the address that was asked, NULL for the checks. */
static struct json *new_report(struct report *report, const char *id, const char *title, const char *base,
			       const char *result)
{
	struct json *json = json_new_object(), *participants = json_new_array();
	json_set(json, "resourceType", json_new_string("TestReport"));
	set_narrative(json, title, result);
	set_string(report, json, "name", title);
	json_set(json, "status", json_new_string("completed"));
	json_set(json, "testScript", script_of(report, id, title));
	json_set(json, "result", json_new_string(result));
	json_add(participants, participant(report, "test-engine", "urn:hiebox:" HIEBOX_VERSION, "hiebox " HIEBOX_VERSION));
	json_add(participants, participant(report, "server", base ? base : "urn:hiebox:box", report->proof->what));
	json_set(json, "tester", json_new_string("hiebox " HIEBOX_VERSION));
	json_set(json, "participant", participants);
	return json;
}

static void set_score(struct json *json, size_t passed, size_t all)
{
	if (all)
		json_set(json, "score", json_new_number((int64_t)(passed * 100 / all)));
}

static void add_entry(struct report *report, struct json *resource, const char *role, size_t number)
{
	struct json *entry = json_new_object();
	autofree char *seed = text_format("%s %lld", report->proof->what ? report->proof->what : "", (long long)report->proof->began);
	autofree char *numbered = text_format("%s %zu", role, number);
	char uuid[37];
	uuid_derive(seed, numbered, uuid);
	autofree char *url = text_format("urn:uuid:%s", uuid);
	json_set(entry, "fullUrl", json_new_string(url));
	json_set(entry, "resource", resource);
	json_add(report->entries, entry);
}

static void set_actions(struct json *json, const char *key, struct json *actions)
{
	if (!json_first(actions)) {
		json_release(actions);
		return;
	}
	struct json *holder = json_new_object();
	json_set(holder, "action", actions);
	json_set(json, key, holder);
}

/* When a workflow began, as dateTime has it; what is no such time is left out. */
static void set_issued(struct json *json, const char *began)
{
	static const char shape[] = "dddd-dd-ddTdd:dd:ddZ";
	for (size_t i = 0; i < sizeof shape; i++)
		if (!began || (shape[i] == 'd' ? began[i] < '0' || began[i] > '9' : began[i] != shape[i]))
			return;
	json_set(json, "issued", json_new_string(began));
}

static void add_run(struct report *report, const struct json *run, size_t number)
{
	static const char *const results[] = { "pass", "fail", "pending", "pending" };
	const char *name = view_run_name(run), *title = view_said(run, "title", report->language);
	struct json *json = new_report(report, name, title ? title : name, view_text(run, "base", NULL),
					 results[view_run_verdict(run)]);
	struct json *setup = json_new_array(), *tests = json_new_array(), *teardown = json_new_array();
	size_t passed = 0, all = 0;
	for (struct view_walk walk = { .run = run }; view_next(&walk);) {
		const struct view_step *step = &walk.step;
		if (step->part == VIEW_BEFORE) {
			if (step->state != VIEW_PASSED || json_get(step->json, "request"))
				add_operation(report, setup, step);
		} else if (step->part == VIEW_CLEANUP) {
			add_operation(report, teardown, step);
		} else {
			json_add(tests, test_of(report, step));
			all++;
			passed += step->state == VIEW_PASSED;
		}
	}
	set_actions(json, "setup", setup);
	if (all)
		json_set(json, "test", tests);
	else
		json_release(tests);
	set_actions(json, "teardown", teardown);
	if (json_is_true(json_get(run, "stopped")) || view_run_verdict(run) == PROOF_ERROR)
		json_set(json, "status", json_new_string("stopped"));
	if (view_run_verdict(run) != PROOF_SKIPPED)
		set_score(json, passed, all);
	set_issued(json, view_text(run, "began", NULL));
	add_entry(report, json, name, number);
}

/* ---- the checks ---- */

static struct json *check_of(struct report *report, const struct proof_check *check)
{
	static const char *const results[] = { "pass", "fail", "skip", "error" };
	struct json *test = json_new_object(), *actions = json_new_array();
	set_string(report, test, "name", check->name);
	add_action(actions, "assert", outcome(report, results[check->verdict], check->message ? check->message : check->name));
	json_set(test, "action", actions);
	return test;
}

static void add_checks(struct report *report)
{
	static const char title[] = "checks of the image";
	const struct proof *proof = report->proof;
	struct json *tests = json_new_array();
	size_t passed = 0, failed = proof->broke != NULL, undecided = 0;
	if (!proof->check_count && !proof->broke) {
		json_release(tests);
		return;
	}
	for (size_t i = 0; i < proof->check_count; i++) {
		enum proof_verdict verdict = proof->checks[i].verdict;
		json_add(tests, check_of(report, &proof->checks[i]));
		passed += verdict == PROOF_PASSED;
		failed += verdict == PROOF_FAILED;
		undecided += verdict == PROOF_ERROR;
	}
	if (proof->broke) {
		const struct proof_check broke = { (char *)"the test comes to its end", PROOF_ERROR, proof->broke, NULL, 0 };
		json_add(tests, check_of(report, &broke));
	}
	struct json *json = new_report(report, "checks", title, NULL, failed ? "fail" : undecided ? "pending" : "pass");
	json_set(json, "test", tests);
	if (proof->broke)
		json_set(json, "status", json_new_string("stopped"));
	set_score(json, passed, proof->check_count);
	autofree char *began = view_time(proof->began);
	set_issued(json, began);
	add_entry(report, json, "checks", 0);
}

void proof_testreport(const struct proof *proof, const char *language, struct buffer *out)
{
	struct report report = { .proof = proof, .language = language, .allowance = { VIEW_TOTAL_MAX } };
	autojson struct json *bundle = json_new_object();
	autofree char *began = view_time(proof->began);
	report.entries = json_new_array();
	json_set(bundle, "resourceType", json_new_string("Bundle"));
	json_set(bundle, "type", json_new_string("collection"));
	json_set(bundle, "timestamp", json_new_string(began));
	for (size_t i = 0; i < proof->run_count; i++)
		add_run(&report, proof->runs[i], i + 1);
	add_checks(&report);
	if (json_first(report.entries))
		json_set(bundle, "entry", report.entries);
	else
		json_release(report.entries);
	autofree char *text = json_write(bundle, false);
	struct buffer whole = { .data = text, .length = strlen(text) };
	view_publish(&whole, out);
}
