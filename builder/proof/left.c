/* What a run of a workflow wrote and did not take away again. Judged by what was sent and answered: FHIR R4's create,
 * update, conditional update, delete and transaction (3.1.0), and their Location headers. */
#include <stdlib.h>
#include <string.h>

#include "proof/proof.h"

/* Something that was written. */
struct trace {
	struct strings names;      /* decoded paths by which it can be deleted */
	char *hint;                /* how to take it away, or what can be said of it */
	bool gone;
};
struct traces {
	const struct workflow_result *result;
	struct trace *items;
	size_t count, capacity;
};

/* One thing that a request did: the request itself, or an entry of its transaction. */
struct deed {
	const struct played_step *played;
	const char *method, *path; /* as sent, from the exchange's root */
	const char *status;        /* "201 Created"; "": no answer */
	const char *location;      /* or NULL */
	const struct node *resource; /* as sent, or NULL */
};

static char *decode(const char *text)
{
	char *out = memory_alloc(strlen(text) + 1), *to = out;
	for (; *text; text++) {
		char digits[3] = {text[0] == '%' ? text[1] : '\0', text[0] == '%' && text[1] ? text[2] : '\0', '\0'}, *end;
		long byte = strlen(digits) == 2 ? strtol(digits, &end, 16) : 0;
		bool good = byte > 0 && *end == '\0' && strchr("0123456789abcdefABCDEF", digits[0]);
		*to++ = good ? (char)byte : *text;
		text += good ? 2 : 0;
	}
	return out;
}

/* The server's FHIR address in a request's path: what stands before the resource's type, or all of it. */
static char *base_of(const char *path, const char *type)
{
	autofree char *plain = text_copy_n(path, strcspn(path, "?"));
	autofree char *part = text_format("/%s", type);
	size_t length = strlen(plain);
	for (const char *at = strstr(plain, part); at; at = strstr(at + 1, part))
		if (at[strlen(part)] == '/' || at[strlen(part)] == '\0')
			length = (size_t)(at - plain);
	while (length && plain[length - 1] == '/')
		length--;
	return text_copy_n(plain, length);
}

/* "Patient/12" of http://inside:8080/fhir/Patient/12/_history/1, or NULL. */
static char *located(const char *location, char **ret_type)
{
	autostrings struct strings parts = {0};
	strings_split(&parts, location ? location : "", "/");
	size_t end = parts.count;
	for (size_t i = 0; i < parts.count; i++)
		if (text_equal(parts.items[i], "_history"))
			end = i;
	if (end < 2 || parts.items[end - 2][0] < 'A' || parts.items[end - 2][0] > 'Z')
		return NULL;
	*ret_type = text_copy(parts.items[end - 2]);
	return text_format("%s/%s", parts.items[end - 2], parts.items[end - 1]);
}

static void add_identifiers(struct strings *names, const struct deed *deed)
{
	const struct node *list = node_get(deed->resource, "identifier");
	const char *type = node_text(deed->resource, "resourceType", "");
	autofree char *base = base_of(deed->path, type);
	if (list && list->kind == NODE_MAP)
		strings_format(names, "%s/%s?identifier=%s|%s", base, type, node_text(list, "system", ""), node_text(list, "value", ""));
	else
		for node_each(one, list)
			strings_format(names, "%s/%s?identifier=%s|%s", base, type, node_text(one, "system", ""),
				       node_text(one, "value", ""));
}

static bool is_same(const char *name, const char *path)
{
	size_t length = strlen(name);
	return text_starts(path, name) && (path[length] == '\0' || path[length] == '&' || path[length] == '?');
}

static struct trace *find_trace(struct traces *traces, const struct strings *names)
{
	for (size_t i = traces->count; i-- > 0;)
		for (size_t k = 0; k < names->count && !traces->items[i].gone; k++)
			for (size_t n = 0; n < traces->items[i].names.count; n++)
				if (is_same(traces->items[i].names.items[n], names->items[k]))
					return &traces->items[i];
	return NULL;
}

static void add_trace(struct traces *traces, struct strings *names, const struct deed *deed, const char *hint)
{
	const struct step *step = deed->played->step;
	autofree char *number = text_format("%s%zu", deed->played->cleanup ? "cleanup " : "", deed->played->number);
	autofree char *often = deed->played->exchange.tries > 1 ? text_format(", sent %u times", deed->played->exchange.tries)
								: text_copy("");
	traces->items = array_grow(traces->items, traces->count, &traces->capacity, sizeof *traces->items);
	struct trace *trace = &traces->items[traces->count++];
	*trace = (struct trace){.names = *names};
	trace->hint = text_format("%s (step %s of %s%s)", hint, step->id.text ? step->id.text : number,
				  traces->result->workflow->id, often);
	*names = (struct strings){0};
}

static void note_delete(struct traces *traces, const struct deed *deed)
{
	autostrings struct strings names = {0};
	strings_take(&names, decode(deed->path));
	bool found = false;
	for (struct trace *trace; (trace = find_trace(traces, &names)); found = true)
		trace->gone = true;
	if (found || deed->played->cleanup)
		return;
	autofree char *hint = text_format("not undone: DELETE %s", names.items[0]);
	add_trace(traces, &names, deed, hint);
}

/* A resource was made, changed, or nobody knows. */
static void note_write(struct traces *traces, const struct deed *deed)
{
	autostrings struct strings names = {0};
	autofree char *type = NULL, *location = located(deed->location, &type);
	bool made = text_starts(deed->status, "201"), put = !text_equal(deed->method, "POST");
	autofree char *shown = decode(deed->path), *hint = NULL;
	if (location) {
		autofree char *base = base_of(deed->path, type);
		strings_format(&names, "%s/%s", base, location);
	}
	if (put)
		strings_add(&names, shown);
	add_identifiers(&names, deed);
	if (find_trace(traces, &names))
		return;
	const char *target = names.count && !strchr(names.items[0], '$') ? names.items[0] : NULL;
	if (made && target)
		hint = text_format("DELETE %s", target);
	else if (!*deed->status && target)
		hint = text_format("perhaps DELETE %s", target);
	else if (text_equal(deed->method, "POST") && !made && *deed->status)
		hint = text_format("not undone: POST %s: it cannot be told what it changed", shown);
	else
		hint = text_format("%snot undone: %s %s", *deed->status ? "" : "perhaps ", deed->method, shown);
	add_trace(traces, &names, deed, hint);
}

static void note_deed(struct traces *traces, const struct deed *deed)
{
	bool done = deed->status[0] == '2' || !*deed->status;
	if (text_equal(deed->method, "DELETE")) {
		if (deed->status[0] == '2' || text_starts(deed->status, "404") || text_starts(deed->status, "410"))
			note_delete(traces, deed);
	} else if (done && !method_path_reads(deed->method, deed->path)) {
		note_write(traces, deed);
	}
}

static const struct node *item_at(const struct node *list, size_t index)
{
	const struct node *item = list ? list->first : NULL;
	for (; item && index; index--)
		item = item->next;
	return item;
}

static void note_transaction(struct traces *traces, const struct deed *whole, const struct node *sent, const struct node *answer)
{
	size_t index = 0;
	for node_each(entry, node_get(sent, "entry")) {
		const struct node *request = node_get(entry, "request");
		const struct node *response = node_get(item_at(node_get(answer, "entry"), index++), "response");
		autofree char *base = base_of(whole->path, "");
		autofree char *path = text_format("%s/%s", base, node_text(request, "url", ""));
		/* an answer that does not say what became of an entry: as if none had come */
		const struct deed deed = {whole->played, node_text(request, "method", ""), path,
					  node_text(response, "status", ""), node_text(response, "location", NULL),
					  node_get(entry, "resource")};
		note_deed(traces, &deed);
	}
}

static struct document *read_body(const struct played_body *body)
{
	return body->text && body->shown == body->length ? document_json_or_null(body->text, body->shown) : NULL;
}

static void note_step(struct traces *traces, const struct played_step *played)
{
	const struct exchange *exchange = &played->exchange;
	if (!exchange->method || played->skip || method_path_reads(exchange->method, exchange->path))
		return;
	autodocument struct document *sent = read_body(&exchange->sent), *answer = read_body(&exchange->body);
	const struct node *resource = document_root(sent);
	autofree char *status = exchange->status ? text_format("%ld", exchange->status) : text_copy("");
	struct deed deed = {played, exchange->method, exchange->path, status, NULL, resource};
	static const char field[] = "location: ";
	for (size_t i = 0; i < exchange->headers.count; i++)
		if (text_starts(exchange->headers.items[i], field) || text_starts(exchange->headers.items[i], "content-location: "))
			deed.location = strchr(exchange->headers.items[i], ' ') + 1;
	bool bundle = text_equal(exchange->method, "POST") && text_equal(node_text(resource, "resourceType", ""), "Bundle");
	if (bundle && (*status == '2' || !*status) && node_get(resource, "entry"))
		note_transaction(traces, &deed, resource, document_root(answer));
	else
		note_deed(traces, &deed);
}

void proof_left(const struct workflow_result *result, struct strings *left)
{
	struct traces traces = {.result = result};
	for (size_t i = 0; i < result->workflow->step_count; i++)
		note_step(&traces, &result->steps[i]);
	for (size_t i = 0; i < result->workflow->cleanup_count; i++)
		note_step(&traces, &result->cleanup[i]);
	for (size_t i = 0; i < traces.count; i++) {
		if (!traces.items[i].gone)
			strings_add(left, traces.items[i].hint);
		strings_clear(&traces.items[i].names);
		free(traces.items[i].hint);
	}
	free(traces.items);
}
