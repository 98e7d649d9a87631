/* page: "Connect my mediator", for who writes programs: address, a first request in their language, and a
 * channel and a client made for them. Which addresses comes from the components' page.d files. */
#include <string.h>

#include "agent/page.h"

/* {1} address, {2} user, {3} password */
static const struct {
	const char *name, *code;
} snippets[] = {
	{ "curl (Linux, macOS)", "curl -u {2}:{3} '{1}'\n" },
	{ "PowerShell (Windows)",
	  "$key = [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes(\"{2}:{3}\"))\n"
	  "Invoke-RestMethod -Uri \"{1}\" -Headers @{ Authorization = \"Basic $key\" }\n" },
	{ "JavaScript (Node 18+)",
	  "const key = Buffer.from('{2}:{3}').toString('base64')\n"
	  "const answer = await fetch('{1}', { headers: { Authorization: `Basic ${key}` } })\n"
	  "console.log(answer.status, await answer.json())\n" },
	{ "Python 3",
	  "import base64, json, urllib.request\n\n"
	  "key = base64.b64encode(b'{2}:{3}').decode()\n"
	  "request = urllib.request.Request('{1}', headers={'Authorization': 'Basic ' + key})\n"
	  "print(json.load(urllib.request.urlopen(request)))\n" },
	{ "Java 11+",
	  "var key = java.util.Base64.getEncoder().encodeToString(\"{2}:{3}\".getBytes());\n"
	  "var request = java.net.http.HttpRequest.newBuilder(java.net.URI.create(\"{1}\"))\n"
	  "    .header(\"Authorization\", \"Basic \" + key).build();\n"
	  "System.out.println(java.net.http.HttpClient.newHttpClient()\n"
	  "    .send(request, java.net.http.HttpResponse.BodyHandlers.ofString()).body());\n" },
};

/* The first component that says how programs connect to it. */
static const struct node *connection(const struct page *page)
{
	for (size_t i = 0; i < page->site->guide_count; i++) {
		const struct node *found = node_get(document_root(page->site->guides[i]), "connect");
		if (found)
			return found;
	}
	return NULL;
}

static char *filled(struct page *page, const struct page_people *people, const char *key)
{
	return page_fill(page, people, node_text(connection(page), key, ""));
}

static void addresses(struct page *page, const struct page_people *people)
{
	static const struct {
		const char *key;
		enum sentence name;
	} all[] = { { "request", SAY_PAGE_CONNECT_HTTP }, { "secure", SAY_PAGE_CONNECT_HTTPS },
		    { "health", SAY_PAGE_CONNECT_HEALTH }, { "api", SAY_PAGE_CONNECT_API } };
	struct html *html = &page->html;
	html_say(html, "h2", NULL, SAY_PAGE_CONNECT_WHERE, NULL);
	html_open(html, "ul", "class", "places", NULL);
	for (size_t i = 0; i < LENGTH(all); i++) {
		autofree char *address = filled(page, people, all[i].key);
		if (!address[0])
			continue;
		html_open(html, "li", NULL);
		html_line(html, "code", NULL, address);
		html_say(html, "span", "detail", all[i].name, NULL);
		html_close(html);
	}
	html_close(html);
}

static void code_block(struct page *page, const char *text)
{
	html_open(&page->html, "pre", "tabindex", "0", NULL);
	html_line(&page->html, "code", NULL, text);
	html_close(&page->html);
}

static void first_request(struct page *page, const struct page_people *people)
{
	struct html *html = &page->html;
	const char *credential = node_text(connection(page), "credential", "");
	autofree char *address = filled(page, people, "request");
	autofree char *user_place = text_format("{user:%s}", credential);
	autofree char *password_place = text_format("{password:%s}", credential);
	autofree char *user = page_fill(page, people, user_place);
	autofree char *password = page_fill(page, people, password_place);
	autostrings struct strings with = { 0 };
	strings_add(&with, address);
	strings_add(&with, user);
	strings_add(&with, password);
	html_say(html, "h2", NULL, SAY_PAGE_CONNECT_TRY, NULL);
	html_say(html, "p", NULL, SAY_PAGE_CONNECT_TRY_TEXT, NULL);
	for (size_t i = 0; i < LENGTH(snippets); i++) {
		autofree char *code = sentence_fill(snippets[i].code, &with);
		html_open(html, "details", "open", i == 0 ? "" : NULL, NULL);
		html_line(html, "summary", NULL, snippets[i].name);
		code_block(page, code);
		html_close(html);
	}
}

static void heartbeat(struct page *page, const struct page_people *people)
{
	struct html *html = &page->html;
	autofree char *api = filled(page, people, "api");
	html_say(html, "h2", NULL, SAY_PAGE_CONNECT_REGISTER, NULL);
	html_say(html, "p", NULL, SAY_PAGE_CONNECT_REGISTER_TEXT, NULL);
	html_open(html, "ol", NULL);
	autofree char *mediators = text_format("POST %s/mediators", api);
	autofree char *beat = text_format("POST %s/mediators/urn:uuid:…/heartbeat", api);
	html_say_code(html, "li", SAY_PAGE_CONNECT_REGISTER_1, mediators, NULL);
	html_say_code(html, "li", SAY_PAGE_CONNECT_REGISTER_2, beat, "{ \"uptime\": 12.3 }", NULL);
	html_close(html);
}

static const char *old(const struct page *page, const char *name, const char *fallback)
{
	const char *value = page->done ? NULL : page_pair(&page->request->form, name);
	return value ? value : fallback;
}

static void maker(struct page *page)
{
	struct html *html = &page->html;
	html_say(html, "h2", NULL, SAY_PAGE_MAKE, NULL);
	html_say(html, "p", NULL, SAY_PAGE_MAKE_TEXT, NULL);
	if (!page->csrf) {
		html_open(html, "p", NULL);
		html_link(html, "button", "/admin?next=connect", SAY_PAGE_MAKE_LOGIN);
		html_close(html);
		return;
	}
	autofree char *label = sentence_in(html->language, SAY_PAGE_MAKE, NULL);
	page_form(page, "/connect", label);
	page_field(page, SAY_PAGE_MAKE_NAME, "name", "text", old(page, "name", "my-mediator"));
	page_field(page, SAY_PAGE_MAKE_HOST, "host", "text",
		   old(page, "host", page->request->address ? page->request->address : ""));
	page_field(page, SAY_PAGE_MAKE_PORT, "port", "text", old(page, "port", "3000"));
	page_field(page, SAY_PAGE_MAKE_PATH, "path", "text", old(page, "path", "/my-mediator"));
	html_close(html);
	page_button(page, SAY_PAGE_MAKE_DO, NULL);
	html_close(html);
}

static void show(struct page *page, struct document *made)
{
	struct html *html = &page->html;
	static const enum sentence intro[] = { SAY_PAGE_CONNECT, SAY_PAGE_CONNECT_LEAD };
	struct page_people people;
	page_people_read(page, &people);
	page_begin(page, SAY_PAGE_CONNECT, "/connect", 0);
	html_say(html, "h1", NULL, intro[0], NULL);
	page_outcome(page);
	if (made) {
		const struct node *root = document_root(made);
		const char *user = node_text(root, "client", ""), *password = node_text(root, "password", "");
		autofree char *address = page_fill(page, &people, node_text(root, "address", ""));
		autofree char *line = text_format("curl -u %s:%s '%s'\n", user, password, address);
		html_say_code(html, "p", SAY_PAGE_MADE, node_text(root, "channel", ""), user, password, NULL);
		code_block(page, line);
	}
	if (!connection(page)) {
		html_say(html, "p", "lead", SAY_PAGE_NO_EXCHANGE, NULL);
	} else {
		html_say(html, "p", "lead", intro[1], NULL);
		addresses(page, &people);
		first_request(page, &people);
		maker(page);
		heartbeat(page, &people);
	}
	page_end(page);
	page_people_clear(&people);
}

void page_connect(struct page *page)
{
	page_login_known(page);
	page->said = false; /* nobody asked to be logged in here */
	show(page, NULL);
}

void page_connect_make(struct page *page)
{
	static const char *const fields[] = { "name", "host", "port", "path" };
	autodocument struct document *answer = NULL;
	struct json *question = page_question(page, "mediator");
	for (size_t i = 0; i < LENGTH(fields); i++) {
		const char *value = page_pair(&page->request->form, fields[i]);
		json_set(question, fields[i], json_new_string(value ? value : ""));
	}
	if (page_ask(page, question, &answer))
		page_set_outcome(page, true, saying_make(SAY_PAGE_MADE_DONE, NULL));
	show(page, answer);
}
