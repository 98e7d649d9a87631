/* The keys of a workflow: recipes/workflows/<id>.yaml. */
#include "workflow/table.h"

static const struct word versions[] = { { "4.0", 0 }, { NULL, 0 } };
static const struct word methods[] = { { "GET", 0 },   { "HEAD", 0 },   { "POST", 0 }, { "PUT", 0 },
				       { "PATCH", 0 }, { "DELETE", 0 }, { NULL, 0 } };

static const struct value_type value_version = WORDS(STORE_TEXT, "version", versions);
static const struct value_type value_method = WORDS(STORE_PLACED, "method", methods);
static const struct value_type value_status = NUMBERS(STORE_UNSIGNED, "number", 200, 599);
static const struct value_type value_items = NUMBERS(STORE_UNSIGNED, "number", 0, 100000);
static const struct value_type value_order = NUMBERS(STORE_UNSIGNED, "number", 1, 999);
static const struct value_type value_wait = NUMBERS(STORE_DURATION, "duration", 100, 600000);
static const struct value_type value_any = { .form = FORM_NODE, .name = "any" };
static const struct value_type list_requirements = TEXT_LIST(&value_requirement);
static const struct value_type list_ids = TEXT_LIST(&value_id);
static const struct value_type list_any = { .form = FORM_LIST,
					    .name = "list",
					    .item = &value_any,
					    .not_empty = true };
static const struct value_type list_status = { .form = FORM_LIST,
					       .store = STORE_NUMBERS,
					       .name = "list",
					       .item = &value_status,
					       .lone = true,
					       .not_empty = true };
static const struct value_type list_parts = { .form = FORM_LIST,
					      .store = STORE_TEXTS,
					      .name = "list",
					      .item = &value_line,
					      .lone = true,
					      .not_empty = true };

#define ENTRIES(label, key, value, message) \
	{ \
		.form = FORM_MAP, .store = STORE_ENTRIES, .name = label, .key_type = key, \
		.item = value, .expected = message, .not_empty = true \
	}
#define RECORD_MAP(owner, key, value, keyed, message) \
	{ \
		.form = FORM_MAP, .store = STORE_RECORDS, .name = "map", .key_type = key, \
		.item = value, .item_size = sizeof(struct owner), .key_offset = AT(owner, keyed), \
		.expected = message, .not_empty = true \
	}

static const struct value_type map_headers = ENTRIES(
	"headers", &value_sent_header, &value_line,
	"a map of headers such as { Accept: application/fhir+json }");
static const struct value_type map_form = ENTRIES("form", &value_line, &value_free_text,
						  "a map of fields such as { family: Okello }");
static const struct value_type map_values = ENTRIES(
	"values", &value_variable, &value_free_text,
	"a map of variables such as { mrn: \"{{unique}}\" }");
static const struct value_type map_actors = RECORD_MAP(
	actor, &value_variable, &value_role, name,
	"a map of actors and their roles such as { clinic: point-of-service }");

static const struct key_entry request_keys[] = {
	{ "method", &value_method, KEY_REQUIRED, NULL, "the HTTP method",
	  AT(workflow_request, method) },
	{ "path", &value_request_path, KEY_REQUIRED, NULL,
	  "path and query from the exchange's root; values of variables are percent-encoded",
	  AT(workflow_request, path) },
	{ "headers", &map_headers, 0, NULL, "headers to send; credentials come by the key `as`",
	  AT(workflow_request, headers) },
	{ "json", &value_any, KEY_NODE, NULL,
	  "the body, sent as application/fhir+json unless headers say otherwise",
	  AT(workflow_request, json) },
	{ "text", &value_content, 0, NULL, "the body, as it stands here",
	  AT(workflow_request, text) },
	{ "form", &map_form, 0, NULL, "the body, as a web form sends it",
	  AT(workflow_request, form) },
	KEYS_END,
};
static const struct value_type record_request = RECORD(workflow_request, "request", request_keys);

static const struct key_entry header_keys[] = {
	{ "is", &value_line, KEY_NODE, NULL, "the header is exactly this",
	  AT(expected_value, is) },
	{ "contains", &value_line, KEY_NODE, NULL, "the header holds this",
	  AT(expected_value, contains) },
	{ "matches", &value_regular_expression, 0, NULL, "the expression is found in the header",
	  AT(expected_value, matches) },
	{ "present", &value_boolean, 0, "false", "true: it is there, whatever it holds",
	  AT(expected_value, present) },
	{ "absent", &value_boolean, 0, "false", "true: it is not there",
	  AT(expected_value, absent) },
	KEYS_END,
};
static const struct key_entry json_keys[] = {
	{ "is", &value_any, KEY_NODE, NULL, "it equals this, in JSON's sense",
	  AT(expected_value, is) },
	{ "is-not", &value_any, KEY_NODE, NULL, "it is something else",
	  AT(expected_value, differs) },
	{ "one-of", &list_any, KEY_NODE, NULL, "it equals one of these",
	  AT(expected_value, one_of) },
	{ "contains", &value_any, KEY_NODE, NULL,
	  "a part of the text, an item of the list, or keys and values of the map",
	  AT(expected_value, contains) },
	{ "matches", &value_regular_expression, 0, NULL, "the expression is found in the text",
	  AT(expected_value, matches) },
	{ "count", &value_items, KEY_NODE, NULL, "a list of so many items",
	  AT(expected_value, count) },
	{ "at-least", &value_items, KEY_NODE, NULL, "a list of so many items or more",
	  AT(expected_value, at_least) },
	{ "at-most", &value_items, KEY_NODE, NULL, "a list of so many items or fewer",
	  AT(expected_value, at_most) },
	{ "present", &value_boolean, 0, "false", "true: it is there, whatever it holds",
	  AT(expected_value, present) },
	{ "absent", &value_boolean, 0, "false", "true: it is not there",
	  AT(expected_value, absent) },
	KEYS_END,
};
#define LONE_RECORD(owner, label, table, short_one) \
	{ \
		.form = FORM_RECORD, .name = label, .keys = table, .short_key = short_one, \
		.place_offset = AT(owner, place), .not_empty = true \
	}
static const struct value_type record_header = LONE_RECORD(expected_value, "expectation",
							   header_keys, "is");
static const struct value_type record_json = LONE_RECORD(expected_value, "expectation", json_keys,
							 "is");
static const struct value_type map_expected_headers = RECORD_MAP(
	expected_value, &value_header, &record_header, at,
	"a map of headers such as { Content-Type: { contains: json } }");
static const struct value_type map_expected_json = RECORD_MAP(
	expected_value, &value_json_pointer, &record_json, at,
	"a map of JSON pointers such as { /resourceType: Patient }");

static const struct key_entry expect_keys[] = {
	{ "status", &list_status, KEY_REQUIRED, NULL, "the answer has one of these HTTP statuses",
	  AT(expectation, status) },
	{ "headers", &map_expected_headers, 0, NULL, "headers of the answer",
	  AT(expectation, headers) },
	{ "json", &map_expected_json, 0, NULL, "what stands where in the answer",
	  AT(expectation, json) },
	{ "text", &list_parts, 0, NULL, "the answer's body holds these", AT(expectation, text) },
	KEYS_END,
};
COUNTED(expectation, headers, header_count);
COUNTED(expectation, json, json_count);
static const struct value_type record_expect = RECORD(expectation, "expectation", expect_keys);

static const struct key_entry kept_keys[] = {
	{ "json", &value_json_pointer, 0, NULL, "where in the answer it stands",
	  AT(kept_value, json) },
	{ "header", &value_kept_header, 0, NULL, "the answer's header that holds it",
	  AT(kept_value, header) },
	{ "match", &value_regular_expression, 0, NULL,
	  "only what its first ( ) finds there, or all that it finds", AT(kept_value, match) },
	KEYS_END,
};
static const struct value_type record_kept = LONE_RECORD(kept_value, "place", kept_keys, "json");
static const struct value_type map_kept = RECORD_MAP(
	kept_value, &value_variable, &record_kept, name,
	"a map of variables and where they stand such as { patient: /id }");

static const struct key_entry requirement_keys[] = {
	{ "otherwise", &value_translations, KEY_REQUIRED, NULL,
	  "what people read when it is skipped because the answer is another",
	  AT(requirement, otherwise) },
	{ "as", &value_credential, 0, NULL, "whose credentials; without it none are sent",
	  AT(requirement, as) },
	{ "request", &record_request, KEY_REQUIRED, NULL, "what is asked",
	  AT(requirement, request) },
	{ "expect", &record_expect, KEY_REQUIRED, NULL, "the answer that is needed",
	  AT(requirement, expect) },
	KEYS_END,
};
static const struct value_type record_requirement = RECORD(requirement, "question",
							   requirement_keys);
static const struct value_type list_requires = RECORD_LIST(requirement, &record_requirement, NULL);

static const struct key_entry retry_keys[] = {
	{ "every", &value_wait, 0, "1s", "how long to wait between two tries", AT(retry, every) },
	{ "for", &value_wait, KEY_REQUIRED, NULL, "how long to go on", AT(retry, within) },
	KEYS_END,
};
static const struct value_type record_retry = RECORD(retry, "retry", retry_keys);

static const struct key_entry step_keys[] = {
	{ "id", &value_id_placed, 0, NULL, "its name in results; without it its number counts",
	  AT(step, id) },
	{ "tell", &value_translations, KEY_REQUIRED, NULL, "what happens, for people",
	  AT(step, tell) },
	{ "from", &value_id_placed, KEY_REQUIRED, NULL, "the actor that asks", AT(step, from) },
	{ "via", &value_id_placed, 0, NULL, "the actor that passes it on", AT(step, via) },
	{ "to", &value_id_placed, KEY_REQUIRED, NULL, "the actor that answers", AT(step, to) },
	{ "as", &value_credential, 0, NULL, "whose credentials; without it none are sent",
	  AT(step, as) },
	{ "transaction", &value_transaction, 0, NULL, "the profile's transaction, such as ITI-104",
	  AT(step, transaction) },
	{ "shows", &list_requirements, 0, NULL, "requirements that this step shows",
	  AT(step, shows) },
	{ "requires", &list_requires, 0, NULL,
	  "questions before the step; with another answer it alone is skipped",
	  AT(step, requires) },
	{ "request", &record_request, KEY_REQUIRED, NULL, "what is sent", AT(step, request) },
	{ "expect", &record_expect, KEY_REQUIRED, NULL, "what must come back", AT(step, expect) },
	{ "keep", &map_kept, 0, NULL, "variables for later steps, taken from the answer",
	  AT(step, keep) },
	{ "retry", &record_retry, 0, NULL, "send it again until the answer is what is expected",
	  AT(step, retry) },
	{ "time-out", &value_wait, 0, "30s", "how long to wait for one answer",
	  AT(step, time_out) },
	KEYS_END,
};
COUNTED(step, requires, requires_count);
COUNTED(step, keep, keep_count);
static const struct value_type record_step = RECORD(step, "step", step_keys);
static const struct value_type list_steps = { .form = FORM_LIST,
					      .store = STORE_RECORDS,
					      .name = "list",
					      .item = &record_step,
					      .item_size = sizeof(struct step),
					      .unique = "id",
					      .not_empty = true };

static const struct key_entry cleanup_keys[] = {
	{ "tell", &value_translations, 0, NULL, "what happens, for people", AT(step, tell) },
	{ "as", &value_credential, 0, NULL, "whose credentials; without it none are sent",
	  AT(step, as) },
	{ "request", &record_request, KEY_REQUIRED, NULL, "what is sent", AT(step, request) },
	{ "expect", &record_expect, 0, NULL, "what must come back; without it anything may",
	  AT(step, expect) },
	{ "time-out", &value_wait, 0, "30s", "how long to wait for the answer",
	  AT(step, time_out) },
	KEYS_END,
};
static const struct value_type record_cleanup = RECORD(step, "step", cleanup_keys);
static const struct value_type list_cleanup = RECORD_LIST(step, &record_cleanup, NULL);

static const struct key_entry exercise_keys[] = {
	{ "break", &value_translations, KEY_REQUIRED, NULL, "what the learner does to the box",
	  AT(exercise, breaks) },
	{ "step", &value_id_placed, KEY_REQUIRED, NULL, "the step that fails then",
	  AT(exercise, step) },
	{ "message", &value_line, KEY_REQUIRED, NULL, "a part of what it then says",
	  AT(exercise, message) },
	{ "why", &value_translations, KEY_REQUIRED, NULL, "what there is to find out",
	  AT(exercise, why) },
	{ "mend", &value_translations, KEY_REQUIRED, NULL, "how all is as before",
	  AT(exercise, mend) },
	KEYS_END,
};
static const struct value_type record_exercise = RECORD(exercise, "exercise", exercise_keys);
static const struct value_type list_exercises = RECORD_LIST(exercise, &record_exercise, NULL);

static const struct key_entry workflow_keys[] = {
	{ "workflow", &value_id, KEY_REQUIRED, NULL, "its name, the same as its file's",
	  AT(workflow, id) },
	{ "architecture", &value_version, KEY_REQUIRED, NULL,
	  "the version of the OpenHIE architecture specification that the ids are from",
	  AT(workflow, architecture) },
	{ "title", &value_translations, KEY_REQUIRED, NULL,
	  "its name for people; all other texts have the same languages", AT(workflow, title) },
	{ "summary", &value_translations, 0, NULL, "what it is about", AT(workflow, summary) },
	{ "order", &value_order, 0, "500", "its place in a list of workflows: lower comes first",
	  AT(workflow, order) },
	{ "shows", &list_requirements, 0, NULL,
	  "requirements of the specification that it shows, such as CRF-1", AT(workflow, shows) },
	{ "needs", &list_ids, 0, NULL, "roles or components without which it is not played",
	  AT(workflow, needs) },
	{ "actors", &map_actors, KEY_REQUIRED, NULL,
	  "who speaks, and which role of the architecture each plays", AT(workflow, actors) },
	{ "values", &map_values, 0, NULL,
	  "variables; {{unique}} and {{uuid}} are new in every run, {{today}} and {{now}} too",
	  AT(workflow, values) },
	{ "requires", &list_requires, 0, NULL,
	  "questions before the first step; with another answer nothing is played",
	  AT(workflow, requires) },
	{ "steps", &list_steps, KEY_REQUIRED, NULL, "the story, one request after the other",
	  AT(workflow, steps) },
	{ "cleanup", &list_cleanup, 0, NULL,
	  "requests at the end, also of a run that failed; those whose variables are unknown are "
	  "left out",
	  AT(workflow, cleanup) },
	{ "exercises", &list_exercises, 0, NULL,
	  "how to break the box so that the workflow fails, for learners",
	  AT(workflow, exercises) },
	KEYS_END,
};
COUNTED(workflow, actors, actor_count);
COUNTED(workflow, requires, requires_count);
COUNTED(workflow, steps, step_count);
COUNTED(workflow, cleanup, cleanup_count);
COUNTED(workflow, exercises, exercise_count);
static const struct value_type file_workflow = RECORD(workflow, "workflow", workflow_keys);

static const char example[] =
	"workflow: write-and-read\n"
	"architecture: \"4.0\"\n"
	"title: { en: A clinic writes and the hospital reads }\n"
	"needs: [shared-health-record]\n"
	"actors:\n"
	"  clinic: point-of-service\n"
	"  hospital: point-of-service\n"
	"  exchange: interoperability-layer\n"
	"  record: shared-health-record\n"
	"values: { mrn: \"{{unique}}\" }      # another one in every run\n"
	"steps:\n"
	"  - tell: { en: Ada comes to the clinic and is registered. }\n"
	"    from: clinic\n"
	"    via: exchange\n"
	"    to: record\n"
	"    as: pos-clinic-a                # a credential of the box, by name\n"
	"    request:\n"
	"      method: POST\n"
	"      path: /fhir/Patient\n"
	"      json:\n"
	"        resourceType: Patient\n"
	"        identifier: [{ system: \"urn:example:clinic-a\", value: \"{{mrn}}\" }]\n"
	"        name: [{ family: Lovelace, given: [Ada] }]\n"
	"    expect: { status: 201, json: { /resourceType: Patient } }\n"
	"    keep: { patient: /id }\n"
	"  - tell: { en: The hospital finds her. }\n"
	"    from: hospital\n"
	"    via: exchange\n"
	"    to: record\n"
	"    as: hospital\n"
	"    transaction: ITI-78\n"
	"    request:\n"
	"      method: GET\n"
	"      path: \"/fhir/Patient?identifier=urn:example:clinic-a|{{mrn}}\"\n"
	"    expect:\n"
	"      status: 200\n"
	"      json: { /total: 1, /entry/0/resource/id: \"{{patient}}\" }\n"
	"    retry: { every: 1s, for: 10s }\n"
	"cleanup:\n"
	"  - as: pos-clinic-a\n"
	"    request: { method: DELETE, path: \"/fhir/Patient/{{patient}}\" }\n";

const struct file_kind kind_workflow = {
	"workflow", "recipes/workflows/<id>.yaml",
	"a story in requests with expectations: test, lesson and demonstration", &file_workflow,
	example, NULL, NULL
};
