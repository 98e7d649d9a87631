/* page: a play's result, step by step: who spoke to whom, what was sent, what came back, and whether that was right. */
#include <string.h>
#include <strings.h>

#include "agent/page_map.h"
#include "agent/workflows.h"

#define FULL_BYTES (600u << 10) /* of a page; beyond it headers and bodies are left out, so that HTML_MAX is never reached */

static bool is_true(const struct node *node, const char *key)
{
	const struct node *child = node_get(node, key);
	return child && child->kind == NODE_BOOLEAN && child->boolean;
}

/* ---- what was expected, in plain words ---- */

static char *say(const struct page *page, enum sentence which, const char *with)
{
	return sentence_in(page->html.language, which, with ? with : "", NULL);
}

/* "2 items" is said by its number: the rest is English. Caller frees. */
static char *plain_count(const char *text)
{
	size_t digits = text ? strspn(text, "0123456789") : 0;
	bool items = digits && (text_equal(text + digits, " item") || text_equal(text + digits, " items"));
	return items ? text_copy_n(text, digits) : text_copy(text);
}

static char *expected_words(const struct page *page, const struct node *failure)
{
	static const struct {
		const char *how;
		enum sentence words;
	} table[] = {
		{ "is-not", SAY_PLAY_OTHER_THAN }, { "one-of", SAY_PLAY_ONE_OF },     { "contains", SAY_PLAY_HOLDING },
		{ "matches", SAY_PLAY_MATCHING },  { "count", SAY_PLAY_COUNT },	      { "at-least", SAY_PLAY_AT_LEAST },
		{ "at-most", SAY_PLAY_AT_MOST },   { "present", SAY_PLAY_ANYTHING }, { "absent", SAY_PLAY_NOTHING },
	};
	const char *how = node_text(failure, "how", "");
	autofree char *expected = plain_count(node_text(failure, "expected", NULL));
	for (size_t i = 0; i < LENGTH(table); i++)
		if (text_equal(table[i].how, how))
			return say(page, table[i].words, expected);
	return expected ? text_copy(expected) : say(page, SAY_PLAY_NOTHING, NULL);
}

static char *place_words(const struct page *page, const struct node *failure)
{
	const char *kind = node_text(failure, "kind", ""), *at = node_text(failure, "at", "");
	if (text_equal(kind, "status"))
		return say(page, SAY_PLAY_AT_STATUS, NULL);
	if (text_equal(kind, "text"))
		return say(page, SAY_PLAY_AT_BODY, NULL);
	return at[0] ? text_copy(at) : say(page, SAY_PLAY_AT_WHOLE, NULL);
}

static void show_failure(struct page *page, const struct node *failure)
{
	static const struct {
		const char *kind;
		enum sentence words;
	} plain[] = { { "no-answer", SAY_PLAY_NO_ANSWER }, { "request", SAY_PLAY_NO_REQUEST }, { "body", SAY_PLAY_NO_JSON } };
	const char *kind = node_text(failure, "kind", ""), *got = node_text(failure, "got", NULL);
	struct html *html = &page->html;
	for (size_t i = 0; i < LENGTH(plain); i++)
		if (text_equal(plain[i].kind, kind))
			return html_say(html, "li", NULL, plain[i].words, got ? got : "", NULL);
	if (text_equal(kind, "credential"))
		return html_say(html, "li", NULL, SAY_PLAY_NO_CREDENTIAL, node_text(failure, "at", ""), got ? got : "", NULL);
	if (text_equal(kind, "too-large"))
		return html_say(html, "li", NULL, SAY_PLAY_TOO_LARGE, node_text(failure, "expected", ""), NULL);
	autofree char *at = place_words(page, failure), *expected = expected_words(page, failure);
	autofree char *came = got ? plain_count(got) : say(page, SAY_PLAY_NOTHING, NULL);
	html_say(html, "li", NULL, SAY_PLAY_EXPECTED, at, expected, came, NULL);
}

static void show_failures(struct page *page, const struct node *step)
{
	const struct node *failures = node_get(step, "failures");
	const char *said = node_text(step, "diagnostics", NULL);
	if (!failures || !failures->count)
		return;
	html_open(&page->html, "ul", "class", "problems", NULL);
	for node_each (failure, failures)
		show_failure(page, failure);
	html_close(&page->html);
	if (said)
		html_say(&page->html, "p", NULL, SAY_PLAY_SAID, said, NULL);
}

/* ---- what went over the wire ---- */

static void show_message(struct page *page, const struct node *message, const char *first, enum sentence title)
{
	struct html *html = &page->html;
	const char *body = node_text(message, "body", NULL);
	bool room = html->out.length < FULL_BYTES, cut = body && !room;
	if (!message)
		return;
	html_open(html, "details", NULL);
	html_open(html, "summary", NULL);
	html_words(html, title, first, NULL);
	html_close(html);
	html_open(html, "pre", "tabindex", "0", NULL);
	html_open(html, "code", NULL);
	html_text(html, first);
	for node_each (header, room ? node_get(message, "headers") : NULL) {
		html_text(html, "\n");
		html_text(html, header->text ? header->text : "");
	}
	if (body && room) {
		autodocument struct document *document = document_json_or_null(body, strlen(body));
		autofree char *text = page_body(body, document_root(document), &cut);
		html_text(html, "\n\n");
		html_text(html, text);
	}
	html_close(html);
	html_close(html);
	if (cut || is_true(message, "cut")) {
		autofree char *size = page_size(page, page_number(message, "length"));
		html_say(html, "p", "detail", SAY_PLAY_CUT, size, NULL);
	}
	html_close(html);
}

/* The number under which the interoperability layer keeps the message, as its answer's header says; NULL: none. */
static const char *transaction_of(const struct node *answer)
{
	static const char name[] = "x-openhim-transactionid:";
	for node_each (header, node_get(answer, "headers")) {
		if (!header->text || strncasecmp(header->text, name, strlen(name)) != 0)
			continue;
		const char *id = header->text + strlen(name);
		id += strspn(id, " ");
		return strlen(id) == MAP_ID_LENGTH && strspn(id, "0123456789abcdef") == MAP_ID_LENGTH ? id : NULL;
	}
	return NULL;
}

static void show_exchange(struct page *page, const struct node *step)
{
	const struct node *request = node_get(step, "request"), *answer = node_get(step, "answer");
	autofree char *line = text_format("%s %s", node_text(request, "method", ""), node_text(request, "path", ""));
	autofree char *status = text_format("HTTP %d", (int)page_number(answer, "status"));
	if (request)
		html_line(&page->html, "code", "request", line);
	show_message(page, request, line, SAY_PLAY_SENT);
	show_message(page, answer, status, SAY_PLAY_CAME);
	const char *transaction = transaction_of(answer);
	if (transaction) {
		autofree char *address = text_format("/map/message?id=%s", transaction);
		html_open(&page->html, "p", "class", "on-map", NULL);
		html_link(&page->html, NULL, address, SAY_PLAY_ON_MAP);
		html_close(&page->html);
	}
}

/* ---- steps ---- */

static enum sentence verdict_sentence(const struct node *step)
{
	const char *verdict = node_text(step, "verdict", "");
	if (is_true(step, "playing"))
		return SAY_PLAY_PLAYING;
	if (text_equal(verdict, "passed"))
		return SAY_PLAY_VERDICT_PASSED;
	if (text_equal(verdict, "failed"))
		return SAY_PLAY_VERDICT_FAILED;
	return text_equal(verdict, "skipped") ? SAY_PLAY_VERDICT_SKIPPED : SAY_PLAY_VERDICT_NOT_PLAYED;
}

/* One of a few words that style.css knows. */
static const char *verdict_class(const struct node *step)
{
	switch (verdict_sentence(step)) {
	case SAY_PLAY_VERDICT_PASSED:
		return "badge ok";
	case SAY_PLAY_VERDICT_FAILED:
		return "badge failed";
	case SAY_PLAY_PLAYING:
		return "badge starting";
	case SAY_PLAY_VERDICT_SKIPPED:
		return "badge degraded";
	default:
		return "badge waits"; /* its turn has not come, or never came */
	}
}

static void show_skip(struct page *page, const struct node *step)
{
	const struct node *skipped = node_get(step, "skipped");
	const char *why = node_text(skipped, "why", ""), *missing = node_text(skipped, "missing", "");
	if (!skipped)
		return;
	if (text_equal(why, "needs"))
		html_say(&page->html, "p", NULL, SAY_PLAY_NEEDS, missing, NULL);
	else if (text_equal(why, "variable"))
		html_say(&page->html, "p", NULL, SAY_PLAY_MISSING_VALUE, missing, NULL);
	else
		html_line(&page->html, "p", NULL, page_translation(page, node_get(skipped, "otherwise")));
}

/* As the exchange map calls them: a registry by its role, a clinic by the name of its login. */
char *page_play_actor(const struct page *page, const struct workflow *workflow, const char *id)
{
	const struct language *language = page->html.language;
	const char *role = "";
	for (size_t i = 0; workflow && i < workflow->actor_count; i++)
		if (text_equal(workflow->actors[i].name.text, id))
			role = workflow->actors[i].role.text;
	if (text_equal(role, BOX_LAYER))
		return text_copy(language_sentence(language, SAY_MAP_LAYER));
	for (int i = 0; i < MAP_OTHER; i++)
		if (text_equal(map_place_id((enum map_place)i), role))
			return text_copy(language_sentence(language, map_place_name((enum map_place)i)));
	autofree char *login = text_format("pos-%s", id), *long_name = page_map_client_name(page, login);
	autofree char *name = page_map_client_name(page, id);
	if (!text_equal(login, long_name))
		return steal(long_name);
	if (text_equal(name, id) && text_equal(role, "point-of-service") && text_equal(id, "clinic"))
		return sentence_in(language, SAY_PLAY_A_CLINIC, NULL);
	return steal(name);
}

static void show_who(struct page *page, const struct workflow *workflow, const struct node *step)
{
	struct html *html = &page->html;
	const char *via = node_text(step, "via", NULL), *transaction = node_text(step, "transaction", NULL);
	if (!node_text(step, "from", NULL))
		return;
	autofree char *from = page_play_actor(page, workflow, node_text(step, "from", ""));
	autofree char *to = page_play_actor(page, workflow, node_text(step, "to", ""));
	autofree char *over = via ? page_play_actor(page, workflow, via) : NULL;
	html_open(html, "p", "class", "who", NULL);
	html_words(html, via ? SAY_PLAY_WHO_VIA : SAY_PLAY_WHO, from, to, over ? over : "", NULL);
	if (transaction) {
		html_text(html, " · ");
		html_text(html, transaction);
	}
	html_close(html);
}

static void show_step(struct page *page, const struct workflow *workflow, const struct node *step, enum sentence title)
{
	struct html *html = &page->html;
	autofree char *number = text_format("%d", (int)page_number(step, "number"));
	autofree char *took = text_format("%d", (int)page_number(step, "milliseconds"));
	autofree char *tries = text_format("%d", (int)page_number(step, "tries"));
	const struct node *tell = node_get(step, "tell");
	html_open(html, "li", "class", "card", NULL);
	html_open(html, "h3", NULL);
	html_words(html, title, number, NULL);
	html_text(html, " ");
	html_open(html, "span", "class", verdict_class(step), NULL);
	html_words(html, verdict_sentence(step), NULL);
	html_close(html);
	html_close(html);
	if (tell)
		html_line(html, "p", "tell", page_translation(page, tell));
	show_who(page, workflow, step);
	show_skip(page, step);
	show_failures(page, step);
	show_exchange(page, step);
	if (node_get(step, "milliseconds"))
		html_say(html, "p", "detail", page_number(step, "tries") > 1 ? SAY_PLAY_TOOK_TRIES : SAY_PLAY_TOOK, took, tries,
			 NULL);
	html_close(html);
}

/* "2026-11-23T02:30:15Z", as the clock on the wall. Caller frees. */
static char *when_text(const char *stamp)
{
	int64_t seconds = 0;
	return page_moment(stamp, &seconds) == 0 ? page_time(seconds) : text_copy(stamp);
}

void page_play_result(struct page *page, const struct workflow *workflow, const struct node *result)
{
	struct html *html = &page->html;
	const struct node *before = node_get(result, "before");
	autofree char *when = when_text(node_text(result, "began", ""));
	html_open(html, "p", "class", "lead", NULL);
	html_text(html, when);
	html_text(html, " ");
	bool playing = text_equal(node_text(result, "state", ""), "playing");
	html_open(html, "strong", "class", playing ? "badge starting" : verdict_class(result), NULL);
	html_words(html, playing ? SAY_PLAY_PLAYING : verdict_sentence(result), NULL);
	html_close(html);
	html_close(html);
	if (is_true(result, "stopped"))
		html_say(html, "p", NULL, SAY_PLAY_STOPPED, NULL);
	show_skip(page, before);
	show_failures(page, before);
	html_open(html, "ol", "class", "played", NULL);
	for node_each (step, node_get(result, "steps"))
		show_step(page, workflow, step, SAY_PLAY_STEP);
	for node_each (step, node_get(result, "cleanup"))
		if (!text_equal(node_text(step, "verdict", ""), "not-played") || is_true(step, "playing"))
			show_step(page, workflow, step, SAY_PLAY_CLEANUP);
	html_close(html);
}
