/* What Newman saw becomes the result of a workflow. It comes from a program that ran other people's scripts: nothing in it is
 * taken on trust but its text. */
#include <string.h>
#include <time.h>

#include "commands/postman.h"

#define FAILURES_MOST 100u
#define HEADERS_MOST 50u

static double number_of(const struct node *map, const char *key, double most)
{
	const struct node *value = node_get(map, key);

	if (!value || value->kind != NODE_NUMBER || !(value->number > 0))
		return 0;
	return value->number < most ? value->number : most;
}

static void take_body(struct played_body *body, const struct node *message)
{
	const char *text = node_text(message, "body", NULL);

	if (!text)
		return;
	body->text = text_copy(text);
	body->shown = body->length = strlen(text);
	size_t length = (size_t)number_of(message, "length", 1e15); /* it is there when the body was cut */
	if (length > body->shown)
		body->length = length;
}

static void take_headers(struct strings *headers, const struct node *message)
{
	for node_each(header, node_get(message, "headers"))
		if (header->text && headers->count < HEADERS_MOST)
			strings_add(headers, header->text);
}

static void take_exchange(struct exchange *exchange, const struct node *step)
{
	const struct node *request = node_get(step, "request"), *answer = node_get(step, "answer");

	if (!request)
		return;
	exchange->method = text_copy(node_text(request, "method", "?"));
	exchange->path = text_copy(node_text(request, "path", "?"));
	take_headers(&exchange->sent_headers, request);
	take_body(&exchange->sent, request);
	exchange->tries = (unsigned)number_of(step, "tries", 1e6);
	if (!answer)
		return;
	exchange->status = (long)number_of(answer, "status", 999);
	exchange->milliseconds = number_of(answer, "milliseconds", 1e9);
	take_headers(&exchange->headers, answer);
	take_body(&exchange->body, answer);
}

static void take_step(struct workflow_result *result, const struct node *step)
{
	size_t position = (size_t)number_of(step, "position", 1e9);

	if (position >= result->workflow->step_count || result->steps[position].verdict != VERDICT_NOT_PLAYED)
		return;
	struct played_step *played = &result->steps[position];
	take_exchange(&played->exchange, step);
	for node_each(failure, node_get(step, "failures"))
		if (played->failure_count < FAILURES_MOST)
			played_add_failure(played, text_equal(node_text(failure, "kind", ""), "no-answer") ? FAILURE_NO_ANSWER : FAILURE_SCRIPT,
					   node_text(failure, "at", NULL), node_text(failure, "got", "nothing"));
	played->milliseconds = number_of(step, "milliseconds", 1e9);
	played->verdict = played->failure_count ? VERDICT_FAILED : VERDICT_PASSED;
}

/* The scripts of a collection may jump over requests. */
static void skip_rest(struct workflow_result *result)
{
	for (size_t i = 0; i < result->workflow->step_count; i++)
		if (result->steps[i].verdict == VERDICT_NOT_PLAYED) {
			result->steps[i].verdict = VERDICT_SKIPPED;
			result->steps[i].skip = SKIP_SCRIPT;
		}
}

/* The first that was not played, else the last. */
static struct played_step *next_step(struct workflow_result *result)
{
	size_t i = 0;

	while (i + 1 < result->workflow->step_count && result->steps[i].verdict != VERDICT_NOT_PLAYED)
		i++;
	return &result->steps[i];
}

static void judge(struct workflow_result *result, const struct node *root)
{
	const char *error = node_text(root, "error", NULL);
	size_t failed = 0, played = 0;

	for (size_t i = 0; i < result->workflow->step_count; i++)
		played += result->steps[i].verdict != VERDICT_NOT_PLAYED;
	if (error || (!played && !result->stopped)) {
		struct played_step *step = next_step(result);
		played_add_failure(step, FAILURE_SCRIPT, NULL, error ? error : "the collection sent no request");
		step->verdict = VERDICT_FAILED;
	} else if (!result->stopped) {
		skip_rest(result);
	}
	for (size_t i = 0; i < result->workflow->step_count; i++)
		failed += result->steps[i].verdict == VERDICT_FAILED;
	result->verdict = failed ? VERDICT_FAILED : result->stopped ? VERDICT_NOT_PLAYED : VERDICT_PASSED;
}

int postman_result(const struct workflow *workflow, const char *base, const struct node *root,
		   struct workflow_result **ret_result, struct error *err)
{
	const struct node *steps = node_get(root, "steps"), *stopped = node_get(root, "stopped");

	if (!steps || steps->kind != NODE_LIST)
		return error_set(err, "%s: what Newman wrote is no result", workflow->place.file);
	struct workflow_result *result = memory_alloc(sizeof *result);
	result->workflow = workflow;
	result->base = text_copy(base);
	result->before.verdict = VERDICT_PASSED; /* a collection asks nothing before */
	result->steps = memory_alloc((workflow->step_count + 1) * sizeof *result->steps);
	for (size_t i = 0; i < workflow->step_count; i++)
		result->steps[i] = (struct played_step){.step = &workflow->steps[i], .number = i + 1};
	result->stopped = stopped && stopped->kind == NODE_BOOLEAN && stopped->boolean;
	result->milliseconds = number_of(root, "milliseconds", 1e9);
	result->began = time(NULL) - (int64_t)(result->milliseconds / 1000);
	for node_each(step, steps)
		take_step(result, step);
	judge(result, root);
	*ret_result = result;
	return 0;
}
