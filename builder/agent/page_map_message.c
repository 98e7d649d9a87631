/* page: one message of the exchange map: plain words first, then what was sent and came back, then the transaction. Bodies
 * come from other systems: they are shown as text, cut, and nothing in them is believed. */
#include <inttypes.h>
#include <string.h>

#include "agent/page_map.h"

#define CONSOLE "/usr/share/hie/console/index.html"
#define NAME_MAX_LENGTH 200u

/* One message: what the watcher says of it, and the event. */
struct message {
	const struct node *root;       /* or NULL */
	const struct node *request, *response;
	struct document *sent, *answered;  /* the bodies, when they are JSON */
	struct map_event event;
	struct map_kind kind;
	char *client;                  /* as people call it */
};

/* The value of a search parameter in a query such as "family=L&given=A", decoded; NULL: it is not there. */
static char *parameter(const char *query, const char *name)
{
	autostrings struct strings pairs = { 0 };
	size_t length = strlen(name);
	strings_split(&pairs, query, "&");
	for (size_t i = 0; i < pairs.count; i++) {
		const char *pair = pairs.items[i];
		if (!text_starts(pair, name) || (pair[length] != '=' && pair[length] != ':'))
			continue;
		const char *value = strchr(pair, '=');
		if (!value || !value[1])
			continue;
		struct buffer out = { .maximum = NAME_MAX_LENGTH };
		for (const char *at = value + 1; *at; at++) {
			unsigned byte = 0;
			char digits[3] = { at[0] == '%' ? at[1] : '\0', at[0] == '%' && at[1] ? at[2] : '\0', '\0' };
			bool coded = strspn(digits, "0123456789abcdefABCDEF") == 2 && sscanf(digits, "%2x", &byte) == 1 && byte;
			char one = coded ? (char)byte : *at == '+' ? ' ' : *at;
			buffer_add(&out, &one, 1);
			at += coded ? 2 : 0;
		}
		if (out.length && !out.overflow)
			return buffer_steal(&out);
		buffer_clear(&out);
	}
	return NULL;
}

/* "Ada Lovelace" of a Patient, or NULL. */
static char *patient_name(const struct node *patient)
{
	const struct node *names = node_get(patient, "name"), *name = names ? names->first : NULL;
	struct buffer out = { .maximum = NAME_MAX_LENGTH };
	if (!text_equal(node_text(patient, "resourceType", NULL), "Patient") || !name)
		return NULL;
	for node_each(given, node_get(name, "given"))
		if (given->text)
			buffer_format(&out, "%s%s", out.length ? " " : "", given->text);
	const char *family = node_text(name, "family", node_text(name, "text", NULL));
	if (family)
		buffer_format(&out, "%s%s", out.length ? " " : "", family);
	if (out.length && !out.overflow)
		return buffer_steal(&out);
	buffer_clear(&out);
	return NULL;
}

/* "Ada Lovelace" of family=Lovelace&given=Ada. */
static char *asked_name(const char *query)
{
	autofree char *given = parameter(query, "given"), *family = parameter(query, "family");
	autofree char *name = parameter(query, "name");
	if (name)
		return steal(name);
	if (!given && !family)
		return NULL;
	return text_format("%s%s%s", given ? given : "", given && family ? " " : "", family ? family : "");
}

static char *what_happened(const struct page *page, const struct message *message)
{
	const struct language *language = page->html.language;
	const char *query = node_text(message->request, "query", "");
	if (message->kind.words == SAY_MAP_DID_FIND) {
		autofree char *name = asked_name(query), *number = parameter(query, "identifier");
		const char *after = number ? strrchr(number, '|') : NULL;
		if (name)
			return sentence_in(language, SAY_MAP_ASKED_NAME, message->client, name, NULL);
		if (number)
			return sentence_in(language, SAY_MAP_ASKED_NUMBER, message->client, after ? after + 1 : number, NULL);
	}
	if (message->kind.words == SAY_MAP_DID_REGISTER) {
		autofree char *name = patient_name(document_root(message->sent));
		if (name)
			return sentence_in(language, SAY_MAP_REGISTERED, message->client, name, NULL);
	}
	return page_map_words(page, message->kind.words, &message->event);
}

/* "2 Observation, Encounter": the types in a bundle's entries; NULL: none. */
static char *contents(const struct node *bundle)
{
	autostrings struct strings types = { 0 }, list = { 0 };
	for node_each(entry, node_get(bundle, "entry")) {
		const char *type = node_text(node_get(entry, "resource"), "resourceType", NULL);
		if (type && strlen(type) <= 64)
			strings_add(&types, type);
	}
	strings_sort(&types);
	for (size_t i = 0, next; i < types.count && list.count < 12; i = next) {
		for (next = i; next < types.count && text_equal(types.items[next], types.items[i]);)
			next++;
		if (next - i == 1)
			strings_add(&list, types.items[i]);
		else
			strings_format(&list, "%zu %s", next - i, types.items[i]);
	}
	return list.count ? strings_join(&list, ", ") : NULL;
}

/* What an OperationOutcome says, or NULL. */
static const char *reason(const struct node *answer)
{
	const struct node *issues = node_get(answer, "issue"), *issue = issues ? issues->first : NULL;
	if (!text_equal(node_text(answer, "resourceType", NULL), "OperationOutcome"))
		return NULL;
	return node_text(issue, "diagnostics", node_text(node_get(issue, "details"), "text", NULL));
}

static void say_answer(struct page *page, const struct message *message)
{
	struct html *html = &page->html;
	const struct node *answer = document_root(message->answered);
	const char *type = node_text(answer, "type", ""), *why = reason(answer);
	const struct node *total = node_get(answer, "total"), *entries = node_get(answer, "entry");
	if (message->event.outcome != OUTCOME_PASSED) {
		if (why)
			html_say(html, "p", NULL, SAY_MAP_REASON, why, NULL);
		return;
	}
	if (message->event.status == 201)
		html_say(html, "p", NULL, SAY_MAP_CREATED, NULL);
	if (!text_equal(node_text(answer, "resourceType", NULL), "Bundle"))
		return;
	if (text_equal(type, "document")) {
		autofree char *list = contents(answer);
		if (list)
			html_say(html, "p", NULL, SAY_MAP_SECTIONS, list, NULL);
	} else if (text_equal(type, "searchset")) {
		size_t count = entries ? entries->count : 0;
		if (total && total->kind == NODE_NUMBER && total->number >= 0 && total->number < 1e9)
			count = (size_t)total->number;
		autofree char *number = text_format("%zu", count);
		html_say(html, "p", NULL, count == 0 ? SAY_MAP_FOUND_NONE : count == 1 ? SAY_MAP_FOUND_ONE : SAY_MAP_FOUND_MANY, number,
			 NULL);
	}
}

static void words(struct page *page, const struct message *message)
{
	struct html *html = &page->html;
	autofree char *what = what_happened(page, message);
	autofree char *became = page_map_words(page, message->event.why, &message->event);
	autofree char *sent = contents(document_root(message->sent));
	autofree char *took = text_format("%u", message->event.milliseconds);
	autofree char *class = text_format("became %s", map_outcome_name(message->event.outcome));
	html_open(html, "section", "id", "words", "class", "card", NULL);
	html_line(html, "p", "lead", what);
	if (sent)
		html_say(html, "p", NULL, SAY_MAP_SENT, sent, NULL);
	html_open(html, "p", "class", class, NULL);
	page_map_sign(page, message->event.outcome);
	html_text(html, " ");
	html_text(html, became);
	html_close(html);
	say_answer(page, message);
	if (message->event.milliseconds)
		html_say(html, "p", "quiet", SAY_MAP_TOOK, took, NULL);
	if (!message->event.transaction[0])
		html_say(html, "p", NULL, SAY_MAP_NO_TRANSACTION, NULL);
	page_outcome(page);
	html_close(html);
}

static void body(struct page *page, enum sentence title, const struct node *side, const struct document *document)
{
	struct html *html = &page->html;
	const char *text = node_text(side, "body", "");
	int64_t whole = page_number(side, "length");
	bool cut = false;
	autofree char *shown = page_body(text, document_root(document), &cut);
	html_say(html, "h3", NULL, title, NULL);
	if (!text[0]) {
		html_say(html, "p", "quiet", SAY_MAP_NO_BODY, NULL);
		return;
	}
	html_open(html, "pre", "class", "log", "tabindex", "0", NULL);
	html_text(html, shown);
	html_close(html);
	if (cut || whole > (int64_t)strlen(text)) {
		autofree char *number = text_format("%" PRId64, whole);
		html_say(html, "p", "quiet", SAY_MAP_CUT, number, NULL);
	}
}

static void fact(struct page *page, enum sentence name, const char *value)
{
	if (!value || !value[0])
		return;
	html_open(&page->html, "div", NULL);
	html_say(&page->html, "dt", NULL, name, NULL);
	html_line(&page->html, "dd", NULL, value);
	html_close(&page->html);
}

static void headers(struct page *page, enum sentence title, const struct node *side)
{
	struct html *html = &page->html;
	html_open(html, "details", NULL);
	html_open(html, "summary", NULL);
	html_words(html, SAY_MAP_HEADERS, NULL);
	html_text(html, " · ");
	html_words(html, title, NULL);
	html_close(html);
	html_open(html, "dl", NULL);
	for node_each(one, node_get(side, "headers")) {
		html_line(html, "dt", NULL, one->key);
		html_line(html, "dd", NULL, one->text);
	}
	html_close(html);
	html_close(html);
}

static char *route_text(const struct message *message)
{
	autostrings struct strings list = { 0 };
	for node_each(route, node_get(message->root, "routes"))
		strings_format(&list, "%s (%s)", node_text(route, "name", ""), node_text(route, "status", ""));
	return strings_join(&list, ", ");
}

static void transaction(struct page *page, const struct message *message)
{
	struct html *html = &page->html;
	const struct map_event *event = &message->event;
	const char *query = node_text(message->request, "query", "");
	autofree char *address = text_format("%s %s%s%s", node_text(message->request, "method", event->method),
					     node_text(message->request, "path", event->path), query[0] ? "?" : "", query);
	autofree char *status = text_format("%u", event->status), *when = event->time ? page_time(event->time) : NULL, *route = route_text(message);
	autofree char *number = text_format("%u", event->milliseconds);
	autofree char *lasted = event->milliseconds ? sentence_in(html->language, SAY_MAP_MILLISECONDS, number, NULL) : NULL;
	html_open(html, "section", "id", "transaction", NULL);
	html_say(html, "h2", NULL, SAY_MAP_TRANSACTION, NULL);
	html_open(html, "dl", "class", "facts", NULL);
	fact(page, SAY_MAP_ADDRESS, address);
	fact(page, SAY_MAP_STATUS, status);
	fact(page, SAY_MAP_IHE, message->kind.transaction);
	fact(page, SAY_MAP_CHANNEL, event->channel);
	fact(page, SAY_MAP_ROUTE, route);
	fact(page, SAY_MAP_RECEIVED, when);
	fact(page, SAY_MAP_LASTED, lasted);
	fact(page, SAY_MAP_NUMBER, event->transaction);
	html_close(html);
	if (message->root) {
		headers(page, SAY_MAP_SENT_HEAD, message->request);
		headers(page, SAY_MAP_ANSWER_HEAD, message->response);
	}
	autofree char *there = path_join(page->site->root, CONSOLE);
	if (event->transaction[0] && path_exists(there)) {
		autofree char *console = text_format("https://%s/console/#/transactions/%s", page->host, event->transaction);
		html_open(html, "p", "class", "more", NULL);
		html_link(html, "button plain", console, SAY_MAP_IN_CONSOLE);
		html_close(html);
	}
	html_close(html);
}

/* What the event would have said, of a transaction whose event is gone. */
static void event_of(const struct node *root, const char *id, struct map_event *event)
{
	const struct node *request = node_get(root, "request");
	int64_t status = 0;
	autofree char *shape = map_shape(node_text(request, "path", "/"));
	snprintf(event->transaction, sizeof event->transaction, "%s", id);
	snprintf(event->client, sizeof event->client, "%s", node_text(root, "client", ""));
	snprintf(event->method, sizeof event->method, "%s", node_text(request, "method", ""));
	snprintf(event->path, sizeof event->path, "%s", shape);
	page_moment(node_text(request, "time", NULL), &event->time);
	if (number_parse(node_text(node_get(root, "response"), "status", "0"), 0, 999, &status) == 0)
		event->status = (unsigned)status;
	event->outcome = event->status >= 500 || event->status == 0 ? OUTCOME_FAILED
		: event->status >= 400 ? OUTCOME_DECLINED : OUTCOME_PASSED;
	event->why = event->outcome == OUTCOME_PASSED ? SAY_MAP_ANSWERED : event->outcome == OUTCOME_DECLINED ? SAY_MAP_WHY_DECLINED
		: SAY_MAP_WHY_BROKEN;
}

static void show(struct page *page, struct message *message)
{
	struct html *html = &page->html;
	message->kind = map_kind_of(message->event.method, message->event.path);
	message->client = page_map_client_name(page, message->event.client);
	page->assets = "/map";
	page_begin(page, SAY_MAP_MESSAGE, "/map", 0);
	html_say(html, "h1", NULL, SAY_MAP_MESSAGE, NULL);
	words(page, message);
	if (message->root) {
		html_open(html, "section", "id", "fhir", NULL);
		html_say(html, "h2", NULL, SAY_MAP_FHIR, NULL);
		body(page, SAY_MAP_SENT_HEAD, message->request, message->sent);
		body(page, SAY_MAP_ANSWER_HEAD, message->response, message->answered);
		html_close(html);
	}
	transaction(page, message);
	html_open(html, "p", NULL);
	html_link(html, "button plain", "/map", SAY_MAP_TO_MAP);
	html_close(html);
	page_end(page);
	free(message->client);
}

static bool is_id(const char *text)
{
	return text && strlen(text) == MAP_ID_LENGTH && strspn(text, "0123456789abcdef") == MAP_ID_LENGTH;
}

static struct document *parse_body(const struct node *side)
{
	const char *text = node_text(side, "body", NULL);
	return document_json_or_null(text, text ? strlen(text) : 0);
}

void page_map_message(struct page *page)
{
	const char *id = page_pair(&page->request->query, "id"), *event = page_pair(&page->request->query, "event");
	autodocument struct document *answer = NULL;
	autofree char *path = page_map_path(page);
	struct message message = { 0 };
	int64_t number = 0;
	if (!page_may_look(page)) {
		page_message(page, 403, SAY_MAP_MESSAGE, SAY_MAP_LOGIN);
		return;
	}
	bool found = event && number_parse(event, 1, INT64_MAX, &number) == 0
		&& map_events_find(path, number, &message.event) == 0;
	if (found && message.event.transaction[0])
		id = message.event.transaction;
	if (is_id(id) && !(found && !message.event.transaction[0])) {
		struct json *question = page_question(page, "message");
		json_set(question, "id", json_new_string(id));
		if (page_ask(page, question, &answer))
			message.root = node_get(document_root(answer), "message");
	}
	if (message.root && !found)
		event_of(message.root, id, &message.event);
	if (!message.root && !found) {
		page_message(page, 404, SAY_MAP_MESSAGE, SAY_MAP_FORGOTTEN);
		return;
	}
	message.request = node_get(message.root, "request");
	message.response = node_get(message.root, "response");
	message.sent = parse_body(message.request);
	message.answered = parse_body(message.response);
	show(page, &message);
	document_free(message.sent);
	document_free(message.answered);
}
