/* page: what every page has around it, and the parts of forms. */
#include <string.h>

#include "agent/page.h"

#ifndef HIEBOX_VERSION
#define HIEBOX_VERSION "unknown"
#endif

#define PRETTY_MAX (64u << 10)
#define BODY_MAX (32u << 10)   /* of what is no JSON, or too deep to be laid out */

void page_set_outcome(struct page *page, bool done, struct saying saying)
{
	saying_clear(&page->outcome);
	page->outcome = saying;
	page->done = done;
	page->said = true;
}

void page_outcome(struct page *page)
{
	if (!page->said)
		return;
	autofree char *text = saying_text(&page->outcome, page->html.language, page->site->box);
	html_open(&page->html, "p", "class", page->done ? "outcome done" : "outcome refused", "role",
		  page->done ? "status" : "alert", NULL);
	if (page->request->method == PAGE_POST) {
		html_say(&page->html, "strong", NULL, page->done ? SAY_PAGE_DONE : SAY_PAGE_NOT_DONE, NULL);
		html_text(&page->html, " ");
	}
	html_text(&page->html, text);
	html_close(&page->html);
}

static void head(struct page *page, enum sentence title, unsigned refresh)
{
	struct html *html = &page->html;
	autofree char *name = page_name(page);
	html_open(html, "head", NULL);
	html_void(html, "meta", "charset", "utf-8", NULL);
	html_void(html, "meta", "name", "viewport", "content", "width=device-width, initial-scale=1", NULL);
	html_void(html, "meta", "name", "color-scheme", "content", "light dark", NULL);
	if (refresh) {
		autofree char *seconds = text_format("%u", refresh);
		html_open(html, "noscript", NULL); /* with it page.js does better */
		html_void(html, "meta", "http-equiv", "refresh", "content", seconds, NULL);
		html_close(html);
	}
	html_open(html, "title", NULL);
	html_words(html, title, NULL);
	html_text(html, " · ");
	html_text(html, name);
	html_close(html);
	html_void(html, "link", "rel", "icon", "href", "data:,", NULL);
	html_void(html, "link", "rel", "stylesheet", "href", "/style.css", NULL);
	html_open(html, "script", "src", "/page.js", "defer", "", NULL);
	html_close(html);
	if (page->assets) {
		autofree char *style = text_format("%s.css", page->assets), *module = text_format("%s.js", page->assets);
		html_void(html, "link", "rel", "stylesheet", "href", style, NULL);
		html_open(html, "script", "src", module, "type", "module", NULL);
		html_close(html);
	}
	html_close(html);
}

/* What the address asks for besides a language, where it is made of letters and digits ("&id=…"). Caller frees. */
static char *rest_of_query(const struct page *page)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
	const struct page_pairs *query = &page->request->query;
	struct buffer out = { 0 };
	for (size_t i = 0; page->request->method == PAGE_GET && i < query->count; i++) {
		const char *name = query->items[i].name, *value = query->items[i].value;
		if (!text_equal(name, "language") && strspn(name, plain) == strlen(name) && strspn(value, plain) == strlen(value))
			buffer_format(&out, "&%s=%s", name, value);
	}
	return buffer_steal(&out);
}

/* The same page in the other languages. */
static void languages(struct page *page)
{
	struct html *html = &page->html;
	const char *path = page->request->method == PAGE_GET && page->request->path ? page->request->path : "/";
	autofree char *label = sentence_in(html->language, SAY_PAGE_LANGUAGES, NULL), *rest = rest_of_query(page);
	html_open(html, "ul", "class", "languages", "aria-label", label, NULL);
	for (size_t i = 0; i < page->site->languages.count; i++) {
		const struct language *one = page->site->languages.items[i];
		const char *code = language_code(one);
		bool current = text_equal(code, page->code);
		autofree char *address = text_format("%s?language=%s%s", path, code, rest);
		html_open(html, "li", NULL);
		html_open(html, "a", "href", address, "hreflang", code, "lang", code, "aria-current",
			  current ? "true" : NULL, NULL);
		html_text(html, language_name(one));
		html_close(html);
		html_close(html);
	}
	html_close(html);
}

static void navigation(struct page *page, const char *here)
{
	static const struct {
		const char *address;
		enum sentence name;
		bool exchange; /* only where there is one */
	} places[] = {
		{ "/", SAY_PAGE_NAV_OVERVIEW, false },
		{ "/workflows", SAY_PLAY_NAV, true },
		{ "/map", SAY_MAP_NAV, true },
		{ "/connect", SAY_PAGE_NAV_CONNECT, true },
		{ "/admin", SAY_PAGE_ADMIN, false },
	};
	struct html *html = &page->html;
	autofree char *label = sentence_in(html->language, SAY_PAGE_NAVIGATION, NULL);
	html_open(html, "nav", "aria-label", label, NULL);
	html_open(html, "ul", NULL);
	for (size_t i = 0; i < LENGTH(places); i++) {
		if (places[i].exchange && !page_provides(page->site, BOX_LAYER))
			continue;
		html_open(html, "li", NULL);
		html_open(html, "a", "href", places[i].address, "aria-current",
			  text_equal(here, places[i].address) ? "page" : NULL, NULL);
		html_words(html, places[i].name, NULL);
		html_close(html);
		html_close(html);
	}
	html_close(html);
	html_close(html);
}

void page_begin(struct page *page, enum sentence title, const char *here, unsigned refresh_seconds)
{
	struct html *html = &page->html;
	autofree char *name = page_name(page);
	buffer_text(&html->out, "<!DOCTYPE html>\n");
	html_open(html, "html", "lang", page->code, NULL);
	head(page, title, refresh_seconds);
	html_open(html, "body", NULL);
	html_link(html, "skip", "#main", SAY_PAGE_SKIP);
	html_open(html, "header", NULL);
	html_open(html, "div", "class", "bar", NULL);
	html_open(html, "a", "class", "brand", "href", "/", NULL);
	html_open(html, "span", "class", "mark", "aria-hidden", "true", NULL);
	html_close(html);
	html_text(html, name);
	html_close(html);
	navigation(page, here);
	languages(page);
	html_close(html);
	html_close(html);
	html_open(html, "main", "id", "main", "tabindex", "-1", NULL);
}

void page_end(struct page *page)
{
	struct html *html = &page->html;
	html_close(html);
	html_open(html, "footer", NULL);
	html_say(html, "p", NULL, SAY_PAGE_FOOTER, page->site->box->recipe, HIEBOX_VERSION, NULL);
	html_close(html);
	while (html->markup.depth)
		html_close(html);
}

void page_redirect(struct page *page, const char *address)
{
	page->answer->status = 303;
	strings_format(&page->answer->headers, "Location: %s", address);
}

void page_message(struct page *page, unsigned status, enum sentence title, enum sentence text)
{
	page->answer->status = status;
	page_begin(page, title, "", 0);
	html_say(&page->html, "h1", NULL, title, NULL);
	html_say(&page->html, "p", "lead", text, NULL);
	html_open(&page->html, "p", NULL);
	html_link(&page->html, "button", "/", SAY_PAGE_TO_OVERVIEW);
	html_close(&page->html);
	page_end(page);
}

void page_hidden(struct page *page, const char *name, const char *value)
{
	html_void(&page->html, "input", "type", "hidden", "name", name, "value", value, NULL);
}

void page_form(struct page *page, const char *address, const char *label)
{
	html_open(&page->html, "form", "method", "post", "action", address, "aria-label", label, NULL);
	if (page->csrf)
		page_hidden(page, "csrf", page->csrf);
	html_open(&page->html, "div", "class", "fields", NULL);
}

/* An id of its own for each field: the form's fields may share names with another form's. */
void page_field(struct page *page, enum sentence label, const char *name, const char *type, const char *value)
{
	struct html *html = &page->html;
	bool secret = text_equal(type, "password");
	autofree char *id = text_format("f%zu", html->out.length);
	html_open(html, "div", "class", "field", NULL);
	html_open(html, "label", "for", id, NULL);
	html_words(html, label, NULL);
	html_close(html);
	html_void(html, "input", "id", id, "name", name, "type", type, "value", value, "required", "", "maxlength",
		  text_equal(type, "text") || secret ? "200" : NULL, "autocomplete",
		  secret ? (text_equal(name, "password") || text_equal(name, "old") ? "current-password" : "new-password")
			 : "off", "autocapitalize", "none", "spellcheck", "false", NULL);
	html_close(html);
}

void page_button(struct page *page, enum sentence label, const char *class)
{
	html_open(&page->html, "button", "type", "submit", "class", class, NULL);
	html_words(&page->html, label, NULL);
	html_close(&page->html);
}

char *page_body(const char *text, const struct node *json, bool *ret_cut)
{
	autojson struct json *copy = json ? json_from_node(json) : NULL;
	autofree char *pretty = copy ? json_write(copy, false) : NULL;
	size_t length = strlen(text), shown = text_cut(text, length, BODY_MAX);
	bool good = pretty && strlen(pretty) <= PRETTY_MAX;
	*ret_cut = !good && shown < length;
	return good ? steal(pretty) : text_copy_n(text, shown);
}
