/* A play's result as JSON. */
#include "workflow/workflow.h"

#include <string.h>
#include <time.h>

static void set_text(struct json *object, const char *key, const char *text)
{
	if (text)
		json_set(object, key, json_new_string(text));
}

static void set_texts(struct json *object, const char *key, const struct entry_list *texts)
{
	if (!texts || !texts->count)
		return;
	struct json *map = json_new_object();
	for (size_t i = 0; i < texts->count; i++)
		set_text(map, texts->items[i].key.text, texts->items[i].value->text);
	json_set(object, key, map);
}

static void set_list(struct json *object, const char *key, const struct text_list *list)
{
	if (!list->count)
		return;
	struct json *array = json_new_array();
	for (size_t i = 0; i < list->count; i++)
		json_add(array, json_new_string(list->items[i].text));
	json_set(object, key, array);
}

static void set_strings(struct json *object, const char *key, const struct strings *list)
{
	struct json *array = json_new_array();
	for (size_t i = 0; i < list->count; i++)
		json_add(array, json_new_string(list->items[i]));
	json_set(object, key, array);
}

static void set_body(struct json *object, const struct played_body *body)
{
	if (!body->text)
		return;
	autofree char *text = text_copy_n(body->text, body->shown);
	for (size_t i = 0; i < body->shown; i++) /* a NUL would end the text */
		text[i] = text[i] ? text[i] : '\x7f';
	set_text(object, "body", text);
	json_set(object, "length", json_new_number((int64_t)body->length));
	if (body->shown < body->length)
		json_set(object, "cut", json_new_boolean(true));
}

static void set_exchange(struct json *object, const struct exchange *exchange)
{
	if (!exchange->method)
		return;
	struct json *request = json_new_object();
	set_text(request, "method", exchange->method);
	set_text(request, "path", exchange->path);
	set_strings(request, "headers", &exchange->sent_headers);
	set_body(request, &exchange->sent);
	json_set(object, "request", request);
	if (!exchange->status)
		return;
	struct json *answer = json_new_object();
	json_set(answer, "status", json_new_number(exchange->status));
	set_strings(answer, "headers", &exchange->headers);
	set_body(answer, &exchange->body);
	json_set(object, "answer", answer);
	json_set(object, "answer-milliseconds", json_new_number((int64_t)(exchange->milliseconds + 0.5)));
	json_set(object, "tries", json_new_number(exchange->tries));
}

static struct json *failure_json(const struct failure *failure)
{
	struct json *json = json_new_object();
	set_text(json, "kind", failure_word(failure->kind));
	if (failure->how)
		set_text(json, "how", failure_how_word(failure->how));
	set_text(json, "at", failure->at);
	set_text(json, "expected", failure->expected);
	set_text(json, "got", failure->got);
	set_text(json, "file", failure->place.file);
	json_set(json, "line", json_new_number(failure->place.line));
	json_set(json, "column", json_new_number(failure->place.column));
	set_text(json, "message", failure->message);
	return json;
}

static void set_actor(struct json *object, const char *key, const struct workflow *workflow,
		      const struct placed_text *name)
{
	autofree char *role = text_format("%s-role", key);
	set_text(object, key, name->text);
	for (size_t i = 0; name->text && i < workflow->actor_count; i++)
		if (text_equal(workflow->actors[i].name.text, name->text))
			set_text(object, role, workflow->actors[i].role.text);
}

static void set_story(struct json *object, const struct workflow *workflow, const struct step *step)
{
	set_text(object, "id", step->id.text);
	set_texts(object, "tell", &step->tell);
	set_actor(object, "from", workflow, &step->from);
	set_actor(object, "via", workflow, &step->via);
	set_actor(object, "to", workflow, &step->to);
	set_text(object, "as", step->as.text);
	set_text(object, "transaction", step->transaction.text);
	set_list(object, "shows", &step->shows);
}

static void set_skip(struct json *object, const struct played_step *played)
{
	if (!played->skip)
		return;
	struct json *skip = json_new_object();
	set_text(skip, "why", skip_word(played->skip));
	set_text(skip, "missing", played->missing);
	set_texts(skip, "otherwise", played->otherwise);
	if (played->skip >= SKIP_WRITES) {
		autofree char *text = workflow_skip_text(played, "en");
		struct json *english = json_new_object();
		set_text(english, "en", text);
		json_set(skip, "otherwise", english);
	}
	json_set(object, "skipped", skip);
}

static struct json *step_json(const struct workflow *workflow, const struct played_step *played, bool playing)
{
	struct json *json = json_new_object();
	if (played->step) {
		json_set(json, "number", json_new_number((int64_t)played->number));
		set_story(json, workflow, played->step);
	}
	set_text(json, "verdict", verdict_word(played->verdict));
	if (playing)
		json_set(json, "playing", json_new_boolean(true));
	set_skip(json, played);
	set_exchange(json, &played->exchange);
	if (played->verdict != VERDICT_NOT_PLAYED)
		json_set(json, "milliseconds", json_new_number((int64_t)(played->milliseconds + 0.5)));
	if (played->kept.count) {
		struct json *kept = json_new_object();
		for (size_t i = 0; i + 1 < played->kept.count; i += 2)
			set_text(kept, played->kept.items[i], played->kept.items[i + 1]);
		json_set(json, "kept", kept);
	}
	if (played->failure_count && !played->skip) {
		struct json *failures = json_new_array();
		for (size_t i = 0; i < played->failure_count; i++)
			json_add(failures, failure_json(&played->failures[i]));
		json_set(json, "failures", failures);
	}
	set_text(json, "diagnostics", played->diagnostics);
	return json;
}

static struct json *steps_json(const struct workflow *workflow, const struct played_step *steps, size_t count,
			       const struct played_step *playing)
{
	struct json *list = json_new_array();
	for (size_t i = 0; i < count; i++)
		json_add(list, step_json(workflow, &steps[i], &steps[i] == playing));
	return list;
}

struct json *workflow_result_json(const struct workflow_result *result, const struct played_step *playing)
{
	const struct workflow *workflow = result->workflow;
	struct json *json = json_new_object();
	struct tm parts = { 0 };
	time_t began = (time_t)result->began;
	char text[32] = "";
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&began, &parts));
	json_set(json, "format", json_new_number(1));
	set_text(json, "workflow", workflow->id);
	set_text(json, "architecture", workflow->architecture);
	set_texts(json, "title", &workflow->title);
	set_texts(json, "summary", &workflow->summary);
	set_list(json, "shows", &workflow->shows);
	set_text(json, "verdict", verdict_word(result->verdict));
	if (result->stopped)
		json_set(json, "stopped", json_new_boolean(true));
	set_text(json, "state", playing ? "playing" : "ended");
	set_text(json, "base", result->base);
	set_text(json, "began", text);
	json_set(json, "milliseconds", json_new_number((int64_t)(result->milliseconds + 0.5)));
	json_set(json, "before", step_json(workflow, &result->before, false));
	json_set(json, "steps", steps_json(workflow, result->steps, workflow->step_count, playing));
	json_set(json, "cleanup", steps_json(workflow, result->cleanup, workflow->cleanup_count, playing));
	return json;
}
