/* page: the first page. What this is, how it is, what to do next, who to log in as and where. */
#include <string.h>
#include <time.h>

#include "agent/page.h"

#define STARTING_REFRESH 5u
#define STEPS_USUAL 3u
#define STEPS_MAX 6u  /* when components bring that many */

static void introduction(struct page *page)
{
	struct html *html = &page->html;
	const struct box *box = page->site->box;
	bool exchange = page_provides(page->site, BOX_LAYER);
	html_say(html, "h1", NULL, exchange ? SAY_PAGE_TITLE_EXCHANGE : SAY_PAGE_TITLE_BOX, NULL);
	html_say(html, "p", "lead", exchange ? SAY_PAGE_WHAT_EXCHANGE : SAY_PAGE_WHAT_BOX, NULL);
	if (box_is_training(box))
		html_say(html, "p", "mode", SAY_PAGE_MODE_TRAINING, NULL);
	else if (text_equal(box->mode, "development"))
		html_say(html, "p", "mode", SAY_PAGE_MODE_DEVELOPMENT, NULL);
}

static void step(struct page *page, const struct page_people *people, const struct node *node)
{
	struct html *html = &page->html;
	const char *command = node_text(node, "command", NULL), *open = node_text(node, "open", NULL);
	const char *title = page_translation(page, node_get(node, "title"));
	html_open(html, "li", NULL);
	html_line(html, "h3", NULL, title);
	autofree char *text = page_fill(page, people, page_translation(page, node_get(node, "text")));
	html_line(html, "p", NULL, text);
	if (command) {
		autofree char *filled = page_fill(page, people, command);
		html_open(html, "pre", "tabindex", "0", NULL);
		html_line(html, "code", NULL, filled);
		html_close(html);
	}
	if (open && open[0] == '/') {
		html_open(html, "p", NULL);
		html_open(html, "a", "class", "button", "href", open, NULL);
		html_text(html, title);
		html_close(html);
		html_close(html);
	}
	html_close(html);
}

static void plain_step(struct page *page, enum sentence title, enum sentence text)
{
	autofree char *name = page_name(page);
	html_open(&page->html, "li", NULL);
	html_say(&page->html, "h3", NULL, title, NULL);
	html_say(&page->html, "p", NULL, text, name, NULL);
	html_close(&page->html);
}

/* Those with or without a command, after `count` others. Returns how many there are then, at most STEPS_MAX. */
static size_t component_steps(struct page *page, const struct page_people *people, bool command, size_t count)
{
	for (size_t i = 0; i < page->site->guide_count; i++)
		for node_each(node, node_get(document_root(page->site->guides[i]), "next"))
			if (count < STEPS_MAX && (node_get(node, "command") != NULL) == command) {
				step(page, people, node);
				count++;
			}
	return count;
}

/* The components' steps, first those that ask for a click, then those that ask for a terminal; what is left of three is
 * what every box offers. */
static void next_steps(struct page *page, const struct page_people *people)
{
	static const struct {
		enum sentence title, text;
	} general[] = { { SAY_PAGE_STEP_PHONE, SAY_PAGE_STEP_PHONE_TEXT },
			{ SAY_PAGE_STEP_TRUST, SAY_PAGE_STEP_TRUST_TEXT },
			{ SAY_PAGE_STEP_CARE, SAY_PAGE_STEP_CARE_TEXT } };
	size_t count;
	html_open(&page->html, "section", "aria-labelledby", "next", NULL);
	html_open(&page->html, "h2", "id", "next", NULL);
	html_words(&page->html, SAY_PAGE_NEXT, NULL);
	html_close(&page->html);
	html_open(&page->html, "ol", "class", "steps", NULL);
	count = component_steps(page, people, false, 0);
	count = component_steps(page, people, true, count);
	for (size_t i = 0; count < STEPS_USUAL && i < LENGTH(general); i++, count++)
		plain_step(page, general[i].title, general[i].text);
	html_close(&page->html);
	html_close(&page->html);
}

static void cell(struct page *page, enum sentence label, const char *element, const char *text)
{
	autofree char *name = sentence_in(page->html.language, label, NULL);
	html_open(&page->html, "td", "data-label", name, NULL);
	html_line(&page->html, element, NULL, text);
	html_close(&page->html);
}

static void person(struct page *page, const struct node *one)
{
	const struct box_secret *secret = box_secret(page->site->box, node_text(one, "name", ""));
	const char *title = node_text(one, "title", "");
	html_open(&page->html, "tr", NULL);
	html_open(&page->html, "th", "scope", "row", NULL);
	html_text(&page->html, secret ? box_translation(secret->titles, page->code, title) : title);
	html_close(&page->html);
	cell(page, SAY_PAGE_USER, "code", node_text(one, "user", ""));
	cell(page, SAY_PAGE_PASSWORD, "code", node_text(one, "password", ""));
	html_close(&page->html);
}

static void people_section(struct page *page, const struct page_people *people)
{
	static const enum sentence heads[] = { SAY_PAGE_WHO, SAY_PAGE_USER, SAY_PAGE_PASSWORD };
	struct html *html = &page->html;
	html_open(html, "section", "aria-labelledby", "logins", NULL);
	html_open(html, "h2", "id", "logins", NULL);
	html_words(html, SAY_PAGE_LOGINS, NULL);
	html_close(html);
	if (!people->list) {
		html_say_code(html, "p", !box_is_training(page->site->box) ? SAY_PAGE_LOGINS_HIDDEN
			      : page->own_host ? SAY_PAGE_LOGINS_LATER : SAY_PAGE_LOGINS_FOREIGN, "hie credentials", NULL);
		html_close(html);
		return;
	}
	html_say(html, "p", NULL, SAY_PAGE_LOGINS_TEXT, NULL);
	html_open(html, "table", "class", "people", NULL);
	html_heads(html, heads, LENGTH(heads));
	html_open(html, "tbody", NULL);
	for node_each(one, people->list)
		person(page, one);
	html_close(html);
	html_close(html);
	html_close(html);
}

/* What a component's file says of one of its ports, or NULL. */
static const struct node *place_of(const struct page *page, unsigned port)
{
	for (size_t i = 0; i < page->site->guide_count; i++)
		for node_each(node, node_get(document_root(page->site->guides[i]), "places")) {
			const struct node *number = node_get(node, "port");
			if (number && number->kind == NODE_NUMBER && (unsigned)number->number == port)
				return node;
		}
	return NULL;
}

static void place(struct page *page, const char *address, const char *title, bool link)
{
	struct html *html = &page->html;
	html_open(html, "li", NULL);
	if (link) {
		html_open(html, "a", "href", address, NULL);
		html_text(html, address);
		html_close(html);
	} else {
		html_line(html, "code", NULL, address);
	}
	html_line(html, "span", "detail", title);
	html_close(html);
}

static void port_place(struct page *page, const struct page_people *people, const struct box_port *port)
{
	const struct node *node = place_of(page, port->number);
	const char *pattern = node_text(node, "address", NULL), *when = node_text(node, "when", NULL);
	autofree char *marker = when ? path_join(page->site->root, when) : NULL;
	bool shown = text_equal(port->audience, "local-network")
		|| (text_equal(port->audience, "developer") && text_equal(page->site->box->mode, "development"));
	if (!shown || !text_equal(port->protocol, "tcp") || port->number == 80 || port->number == 443
	    || (marker && !path_exists(marker)))
		return;
	autofree char *usual = text_format("%s:%u", page->host, port->number);
	autofree char *filled = pattern ? page_fill(page, people, pattern) : NULL;
	const char *title = node ? page_translation(page, node_get(node, "title"))
		: box_title(page->site->box, page->site->box->components[port->component].id, page->code);
	place(page, filled ? filled : usual, title, false);
}

static void places_section(struct page *page, const struct page_people *people)
{
	struct html *html = &page->html;
	const struct box *box = page->site->box;
	autofree char *name = page_name(page);
	const char *scheme = box_is_training(box) ? "http" : "https";
	autofree char *title = sentence_in(html->language, SAY_PAGE_THIS_PAGE, NULL);
	autofree char *by_name = text_format("%s://%s.local/", scheme, name);
	html_open(html, "section", "aria-labelledby", "places", NULL);
	html_open(html, "h2", "id", "places", NULL);
	html_words(html, SAY_PAGE_PLACES, NULL);
	html_close(html);
	html_open(html, "ul", "class", "places", NULL);
	place(page, by_name, title, true);
	for node_each(address, node_get(page->status, "addresses")) {
		if (!address->text)
			continue;
		bool six = strchr(address->text, ':') != NULL;
		autofree char *link = text_format(six ? "%s://[%s]/" : "%s://%s/", scheme, address->text);
		place(page, link, title, true);
	}
	for (size_t i = 0; i < box->component_count; i++) {
		const struct box_component *component = &box->components[i];
		if (!component->page || text_equal(component->page, "/"))
			continue;
		place(page, component->page, box_translation(component->page_titles, page->code, component->page_title), true);
	}
	for (size_t i = 0; i < box->port_count; i++)
		port_place(page, people, &box->ports[i]);
	html_close(html);
	html_close(html);
}

static void certificate_section(struct page *page)
{
	static const struct {
		enum sentence system, how;
	} systems[] = {
		{ SAY_PAGE_ANDROID, SAY_PAGE_ANDROID_HOW }, { SAY_PAGE_IPHONE, SAY_PAGE_IPHONE_HOW },
		{ SAY_PAGE_WINDOWS, SAY_PAGE_WINDOWS_HOW }, { SAY_PAGE_MACOS, SAY_PAGE_MACOS_HOW },
		{ SAY_PAGE_LINUX, SAY_PAGE_LINUX_HOW },
	};
	struct html *html = &page->html;
	html_open(html, "section", "aria-labelledby", "certificate", NULL);
	html_open(html, "h2", "id", "certificate", NULL);
	html_words(html, SAY_PAGE_CERTIFICATE, NULL);
	html_close(html);
	html_say(html, "p", NULL, SAY_PAGE_CERTIFICATE_TEXT, NULL);
	html_open(html, "p", NULL);
	html_link(html, "button", "/ca.crt", SAY_PAGE_CERTIFICATE_GET);
	html_close(html);
	html_open(html, "details", NULL);
	html_say(html, "summary", NULL, SAY_PAGE_CERTIFICATE_HOW, NULL);
	html_open(html, "dl", NULL);
	for (size_t i = 0; i < LENGTH(systems); i++) {
		html_say(html, "dt", NULL, systems[i].system, NULL);
		html_say(html, "dd", NULL, systems[i].how, NULL);
	}
	html_close(html);
	html_close(html);
	html_close(html);
}

/* Whose works the box's data set quotes, in the words of their licences. */
static void notices(struct page *page)
{
	const struct node *list = page->site->box->notices;
	if (!list || !list->first)
		return;
	html_open(&page->html, "details", NULL);
	html_say(&page->html, "summary", NULL, SAY_PAGE_NOTICES, NULL);
	html_open(&page->html, "dl", "lang", "en", NULL);
	for node_each(notice, list) {
		html_line(&page->html, "dt", NULL, node_text(notice, "title", ""));
		html_line(&page->html, "dd", NULL, node_text(notice, "text", ""));
	}
	html_close(&page->html);
	html_close(&page->html);
}

static void care_section(struct page *page)
{
	struct html *html = &page->html;
	html_open(html, "section", "aria-labelledby", "care", NULL);
	html_open(html, "h2", "id", "care", NULL);
	html_words(html, SAY_PAGE_CARE, NULL);
	html_close(html);
	html_open(html, "ul", NULL);
	html_say(html, "li", NULL, SAY_PAGE_CARE_OFF, NULL);
	for (size_t i = 0; i < page->site->guide_count; i++) {
		const struct node *loss = node_get(document_root(page->site->guides[i]), "loss");
		if (loss)
			html_line(html, "li", NULL, page_translation(page, loss));
	}
	html_say(html, "li", NULL, box_is_training(page->site->box) ? SAY_PAGE_CARE_TRAINING
		 : text_equal(page->site->box->mode, "production") ? SAY_PAGE_CARE_PRODUCTION
		 : SAY_PAGE_CARE_DEVELOPMENT, NULL);
	html_close(html);
	notices(page);
	html_close(html);
}

void page_overview(struct page *page)
{
	bool rescue = page_is_rescue(page);
	bool starting = !page->status || text_equal(node_text(page->status, "state", ""), "starting");
	struct page_people people;
	page_people_read(page, &people);
	page_begin(page, SAY_OVERVIEW_PAGE, "/", starting && !rescue ? STARTING_REFRESH : 0);
	introduction(page);
	html_open(&page->html, "section", "id", "state", "class", "card", NULL);
	page_state(page);
	html_close(&page->html);
	if (!rescue)
		next_steps(page, &people);
	if (!rescue || people.list)
		people_section(page, &people);
	if (!rescue) {
		places_section(page, &people);
		certificate_section(page);
		care_section(page);
	}
	page_end(page);
	page_people_clear(&people);
}
