/* Requests and expectations by themselves: bodies where there are none, and what cannot hold together. */
#include "workflow/table.h"

#include <string.h>
#include <strings.h>

static void check_headers_once(const struct checker *checker, const struct entry_list *headers)
{
	for (size_t i = 1; i < headers->count; i++) {
		for (size_t j = 0; j < i; j++) {
			const struct placed_text *first = &headers->items[j].key;
			const struct placed_text *again = &headers->items[i].key;
			if (strcasecmp(first->text, again->text))
				continue;
			workflow_mistake(checker, again->place,
					 "request.headers: %s stands here again; it is already in "
					 "line %u",
					 again->text, first->place.line);
			break;
		}
	}
}

void check_request(const struct checker *checker, const struct workflow_request *request)
{
	static const char *const bodiless[] = { "GET", "HEAD", "DELETE" };
	const struct place *bodies[3];
	size_t count = 0;
	if (request->json)
		bodies[count++] = &request->json->place;
	if (request->text.text)
		bodies[count++] = &request->text.place;
	if (request->form.count)
		bodies[count++] = &request->form.items[0].key.place;
	if (count > 1)
		workflow_mistake(checker, request->place,
				 "request: a request has one body: json, text or form");
	for (size_t i = 0; i < LENGTH(bodiless) && count; i++) {
		if (text_equal(request->method.text, bodiless[i]))
			workflow_mistake(checker, *bodies[0],
					 "request: a %s has no body; with one it is a POST, PUT or "
					 "PATCH",
					 bodiless[i]);
	}
	check_headers_once(checker, &request->headers);
}

/* ---- expectations ---- */

/* "contains and is" for messages: which of the ways to compare were written. */
static unsigned comparisons(const struct expected_value *value)
{
	return (value->is != NULL) + (value->differs != NULL) + (value->one_of != NULL) +
	       (value->contains != NULL) + (value->matches.text != NULL) +
	       (value->count != NULL || value->at_least != NULL || value->at_most != NULL);
}

static double number_of(const struct node *node)
{
	int64_t number = 0;
	if (node && node->text)
		number_parse(node->text, 0, 1 << 30, &number);
	return (double)number;
}

static void check_value(const struct checker *checker, const struct expected_value *value,
			const char *key)
{
	const char *at = value->at.text;
	unsigned count = comparisons(value);
	if (value->absent && (count || value->present))
		workflow_mistake(checker, value->place,
				 "expect.%s.%s: what is absent cannot be anything else", key, at);
	if (value->is && count > 1)
		workflow_mistake(checker, value->place,
				 "expect.%s.%s: `is` says all; another comparison beside it makes "
				 "no sense",
				 key, at);
	if (value->count && (value->at_least || value->at_most))
		workflow_mistake(checker, value->place,
				 "expect.%s.%s: `count` is exact; at-least and at-most beside it "
				 "make no sense",
				 key, at);
	if (value->at_least && value->at_most &&
	    number_of(value->at_least) > number_of(value->at_most))
		workflow_mistake(checker, value->place,
				 "expect.%s.%s: at-least is more than at-most", key, at);
}

/* An answer without a body holds nothing to compare. */
static void check_no_body(const struct checker *checker, const struct expectation *expect,
			  const struct workflow_request *request)
{
	bool head = text_equal(request->method.text, "HEAD");
	bool empty = expect->status.count > 0;
	for (size_t i = 0; i < expect->status.count; i++)
		empty = empty && (expect->status.items[i] == 204 || expect->status.items[i] == 304);
	if ((head || empty) && (expect->json_count || expect->text.count))
		workflow_mistake(checker, expect->place,
				 "expect: an answer to %s has no body to look into",
				 head ? "HEAD" : "this, with status 204 or 304,");
}

void check_expectation(const struct checker *checker, const struct expectation *expect,
		       const struct workflow_request *request)
{
	for (size_t i = 0; i < expect->header_count; i++)
		check_value(checker, &expect->headers[i], "headers");
	for (size_t i = 0; i < expect->json_count; i++)
		check_value(checker, &expect->json[i], "json");
	check_no_body(checker, expect, request);
}

void check_kept(const struct checker *checker, const struct kept_value *kept)
{
	if (kept->json.text && kept->header.text)
		workflow_mistake(checker, kept->place,
				 "keep.%s: it is taken from the body (json) or from a header, not "
				 "from both",
				 kept->name.text);
	if (!kept->json.text && !kept->header.text && kept->match.text)
		workflow_mistake(checker, kept->place,
				 "keep.%s: where is it taken from? The key json or header is missing",
				 kept->name.text);
	if (kept->json.text && strstr(kept->json.text, "/*"))
		workflow_mistake(checker, kept->place,
				 "keep.%s: one value is kept; * stands for many", kept->name.text);
}
