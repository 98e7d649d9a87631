/* page: the exchange map: the picture, the last messages in a table (which is all that a reader without JavaScript
 * needs), and what map.js asks for each second. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "agent/page_map.h"

char *page_map_path(const struct page *page)
{
	return path_join(page->site->root, MAP_EVENTS);
}

const struct box_component *page_map_player(const struct page *page, const char *role)
{
	int at = box_player(page->site->box, role);
	return at < 0 ? NULL : &page->site->box->components[at];
}

const char *page_map_state(const struct page *page, const char *role)
{
	const struct box_component *player = page_map_player(page, role);
	if (!player)
		return "absent";
	for node_each(one, node_get(page->status, "components"))
		if (text_equal(node_text(one, "id", NULL), player->id))
			return page_state_word(node_text(one, "state", NULL));
	return "starting";
}

void page_map_clients(const struct page *page, struct page_map_clients *ret_clients)
{
	const struct box *box = page->site->box;
	memset(ret_clients, 0, sizeof *ret_clients);
	for (size_t i = 0; i < box->secret_count && ret_clients->count < PAGE_MAP_CLIENTS; i++)
		if (box_secret_is_client(box, &box->secrets[i]))
			ret_clients->items[ret_clients->count++] = &box->secrets[i];
}

char *page_map_client_name(const struct page *page, const char *client)
{
	struct page_map_clients clients;
	if (!client[0])
		return sentence_in(page->html.language, SAY_MAP_SOMEBODY, NULL);
	page_map_clients(page, &clients);
	for (size_t i = 0; i < clients.count; i++) {
		if (!text_equal(clients.items[i]->user, client))
			continue;
		const char *title = box_translation(clients.items[i]->titles, page->code, client);
		const char *more = strstr(title, " ("); /* "Clinic A (point of service)" */
		return more ? text_copy_n(title, (size_t)(more - title)) : text_copy(title);
	}
	return text_copy(client);
}

char *page_map_words(const struct page *page, enum sentence which, const struct map_event *event)
{
	enum map_place place = map_kind_of(event->method, event->path).place;
	autofree char *client = page_map_client_name(page, event->client);
	autofree char *status = text_format("%u", event->status);
	const char *name = language_sentence(page->html.language, map_place_name(place));
	return sentence_in(page->html.language, which, client, name, status, NULL);
}

/* Of the boxes on the picture the one that stands for who asked: "" is everybody else. Borrowed. */
static const char *box_of(const struct page *page, const struct map_event *event)
{
	struct page_map_clients clients;
	page_map_clients(page, &clients);
	for (size_t i = 0; i < clients.count; i++)
		if (text_equal(clients.items[i]->user, event->client))
			return clients.items[i]->user;
	return "";
}

static char *link_of(const struct map_event *event)
{
	return event->transaction[0] ? text_format("/map/message?id=%s&event=%" PRId64, event->transaction, event->id)
		: text_format("/map/message?event=%" PRId64, event->id);
}

static char *time_of(int64_t seconds)
{
	char text[16] = "";
	struct tm parts;
	time_t moment = (time_t)seconds;
	if (localtime_r(&moment, &parts))
		strftime(text, sizeof text, "%H:%M:%S", &parts);
	return text_copy(text);
}

/* What is to be said of the file, besides its messages. */
static enum sentence note_of(const struct page *page, const struct map_events *events)
{
	if (!page_provides(page->site, BOX_LAYER))
		return SAY_MAP_NO_LAYER_HERE;
	return events->source == MAP_MISSING ? SAY_MAP_NO_LAYER : events->source == MAP_UNREADABLE ? SAY_MAP_UNREADABLE
		: events->count ? SENTENCE_COUNT : SAY_MAP_NONE;
}

static void row(struct page *page, const struct map_event *event)
{
	struct html *html = &page->html;
	struct map_kind kind = map_kind_of(event->method, event->path);
	autofree char *what = page_map_words(page, kind.words, event);
	autofree char *became = page_map_words(page, event->why, event);
	autofree char *address = link_of(event), *when = time_of(event->time);
	autofree char *id = text_format("%" PRId64, event->id);
	html_open(html, "tr", "class", map_outcome_name(event->outcome), "data-id", id, "data-from",
		  box_of(page, event), "data-to", map_place_id(kind.place), NULL);
	html_line(html, "td", "when", when);
	html_open(html, "td", NULL);
	html_open(html, "a", "href", address, NULL);
	html_text(html, what);
	html_close(html);
	html_close(html);
	html_open(html, "td", NULL);
	page_map_sign(page, event->outcome);
	html_text(html, " ");
	html_text(html, became);
	html_close(html);
	html_close(html);
}

static void table(struct page *page, const struct map_events *events, bool allowed)
{
	static const enum sentence heads[] = { SAY_MAP_HEAD_TIME, SAY_MAP_HEAD_WHAT, SAY_MAP_HEAD_BECAME };
	struct html *html = &page->html;
	enum sentence note = allowed ? note_of(page, events) : SAY_MAP_LOGIN;
	html_open(html, "section", "class", "messages", "aria-labelledby", "messages", NULL);
	html_open(html, "h2", "id", "messages", NULL);
	html_words(html, SAY_MAP_MESSAGES, NULL);
	html_close(html);
	html_open(html, "p", "class", "note", "role", "status", NULL);
	if (note != SENTENCE_COUNT)
		html_words(html, note, NULL);
	html_close(html);
	html_open(html, "table", NULL);
	html_heads(html, heads, LENGTH(heads));
	html_open(html, "tbody", NULL);
	for (size_t i = events->count; i-- > 0;)
		row(page, &events->items[i]);
	html_close(html);
	html_close(html);
	html_close(html);
}

static void legend(struct page *page)
{
	static const enum sentence names[] = { SAY_MAP_SIGN_PASSED, SAY_MAP_SIGN_DECLINED, SAY_MAP_SIGN_REFUSED,
					       SAY_MAP_SIGN_FAILED };
	struct html *html = &page->html;
	autofree char *label = sentence_in(html->language, SAY_MAP_LEGEND, NULL);
	html_open(html, "ul", "class", "signs", "aria-label", label, NULL);
	for (size_t i = 0; i < LENGTH(names); i++) {
		html_open(html, "li", "class", map_outcome_name((enum map_outcome)i), NULL);
		page_map_sign(page, (enum map_outcome)i);
		html_say(html, "span", NULL, names[i], NULL);
		html_close(html);
	}
	html_close(html);
}

static void open_map(struct page *page, const struct map_events *events, bool allowed, bool presenter)
{
	struct html *html = &page->html;
	autofree char *after = text_format("%" PRId64, events->newest);
	html_open(html, "section", "id", "map", "class", presenter ? "map presenter" : "map", "data-after", allowed ? after : NULL,
		  "data-count", language_sentence(html->language, SAY_MAP_COUNT), "data-paused",
		  language_sentence(html->language, SAY_MAP_PAUSED), "data-lost",
		  language_sentence(html->language, SAY_MAP_LOST), NULL);
}

void page_map(struct page *page)
{
	struct html *html = &page->html;
	bool presenter = page_pair(&page->request->query, "presenter") != NULL, allowed = page_may_look(page);
	autofree struct map_events *events = memory_alloc(sizeof *events);
	autofree char *path = page_map_path(page);
	if (allowed)
		map_events_read(path, 0, events);
	page->assets = "/map";
	page_begin(page, SAY_MAP_TITLE, "/map", 0);
	open_map(page, events, allowed, presenter);
	html_say(html, "h1", NULL, SAY_MAP_TITLE, NULL);
	if (!presenter)
		html_say(html, "p", "lead", SAY_MAP_LEAD, NULL);
	page_map_picture(page, false);
	page_map_picture(page, true);
	/* not aria-live: a busy exchange would never stop talking; the table below is there to be read */
	html_open(html, "p", "class", "telling", NULL);
	html_close(html);
	html_open(html, "div", "class", "under", NULL);
	legend(page);
	if (presenter)
		html_say(html, "p", "keys quiet", SAY_MAP_KEYS, NULL);
	else
		html_link(html, "button plain", "/map?presenter=1", SAY_MAP_PRESENT);
	html_close(html);
	table(page, events, allowed);
	html_close(html);
	page_end(page);
}

static struct json *event_json(const struct page *page, const struct map_event *event)
{
	struct map_kind kind = map_kind_of(event->method, event->path);
	autofree char *what = page_map_words(page, kind.words, event), *became = page_map_words(page, event->why, event);
	autofree char *address = link_of(event), *when = time_of(event->time);
	struct json *json = json_new_object();
	json_set(json, "id", json_new_number(event->id));
	json_set(json, "link", json_new_string(address));
	json_set(json, "from", json_new_string(box_of(page, event)));
	json_set(json, "to", json_new_string(map_place_id(kind.place)));
	json_set(json, "outcome", json_new_string(map_outcome_name(event->outcome)));
	json_set(json, "time", json_new_string(when));
	json_set(json, "what", json_new_string(what));
	json_set(json, "became", json_new_string(became));
	return json;
}

static struct json *states_json(const struct page *page)
{
	struct json *json = json_new_object();
	for (int i = 0; i < MAP_PLACES; i++)
		if (i != MAP_OTHER)
			json_set(json, map_place_id((enum map_place)i),
				 json_new_string(page_map_state(page, map_place_id((enum map_place)i))));
	json_set(json, BOX_LAYER, json_new_string(page_map_state(page, BOX_LAYER)));
	return json;
}

void page_map_events(struct page *page)
{
	int64_t after = 0;
	const char *asked = page_pair(&page->request->query, "after");
	bool allowed = page_may_look(page);
	autofree struct map_events *events = memory_alloc(sizeof *events);
	autofree char *path = page_map_path(page);
	autojson struct json *json = json_new_object();
	struct json *list = json_new_array();
	if (asked && number_parse(asked, 0, INT64_MAX, &after) < 0)
		after = 0;
	if (allowed)
		map_events_read(path, after, events);
	else
		page->answer->status = 403;
	enum sentence note = allowed ? note_of(page, events) : SAY_MAP_LOGIN;
	for (size_t i = 0; i < events->count; i++)
		json_add(list, event_json(page, &events->items[i]));
	json_set(json, "newest", json_new_number(events->newest));
	json_set(json, "skipped", json_new_number((int64_t)events->skipped));
	json_set(json, "again", json_new_boolean(events->again));
	if (note != SENTENCE_COUNT && (note != SAY_MAP_NONE || events->newest == 0))
		json_set(json, "note", json_new_string(language_sentence(page->html.language, note)));
	json_set(json, "states", states_json(page));
	json_set(json, "events", list);
	autofree char *text = json_write(json, true);
	page->answer->type = "application/json";
	buffer_text(&page->html.out, text);
}
