/* page: administration, for who has the administrator's password; over https alone. */
#include <string.h>
#include <time.h>

#include "agent/page.h"

#define LOG_LINES 200

static void login_page(struct page *page)
{
	struct html *html = &page->html;
	const char *next = page_pair(&page->request->query, "next");
	autofree char *label = sentence_in(html->language, SAY_PAGE_LOGIN, NULL);
	page_begin(page, SAY_PAGE_LOGIN, "/admin", 0);
	html_say(html, "h1", NULL, SAY_PAGE_LOGIN, NULL);
	page_outcome(page);
	html_say_code(html, "p", box_is_training(page->site->box) ? SAY_PAGE_LOGIN_TRAINING : SAY_PAGE_LOGIN_TEXT,
		      "hie credentials", NULL);
	html_open(html, "div", "class", "card narrow", NULL);
	page_form(page, "/admin/login", label);
	if (text_equal(next, "connect"))
		page_hidden(page, "next", next);
	page_field(page, SAY_PAGE_PASSWORD, "password", "password", NULL);
	html_close(html);
	page_button(page, SAY_PAGE_LOGIN_DO, NULL);
	html_close(html);
	html_close(html);
	page_end(page);
}

/* One action: its heading, what it does, and the form around its fields. */
static void begin_action(struct page *page, const char *address, enum sentence title, enum sentence text)
{
	autofree char *label = sentence_in(page->html.language, title, NULL);
	html_open(&page->html, "section", "class", "card", NULL);
	html_say(&page->html, "h2", NULL, title, NULL);
	html_say(&page->html, "p", NULL, text, NULL);
	if (address)
		page_form(page, address, label);
}

static void end_action(struct page *page, enum sentence button, const char *class)
{
	html_close(&page->html);
	page_button(page, button, class);
	html_close(&page->html);
	html_close(&page->html);
}

static void components_action(struct page *page)
{
	const struct box *box = page->site->box;
	struct html *html = &page->html;
	begin_action(page, NULL, SAY_PAGE_RESTART, SAY_PAGE_RESTART_TEXT);
	html_open(html, "ul", "class", "components", NULL);
	for (size_t i = 0; i < box->component_count; i++) {
		const char *id = box->components[i].id, *title = box_title(box, id, page->code);
		bool has_unit = false;
		for (size_t k = 0; k < box->health_count; k++)
			has_unit = has_unit || box->health[k].component == i;
		if (!has_unit)
			continue;
		autofree char *label = sentence_in(html->language, SAY_PAGE_RESTART_ONE, title, NULL);
		autofree char *log_label = sentence_in(html->language, SAY_PAGE_LOG_ONE, title, NULL);
		autofree char *log = text_format("/admin/log?component=%s", id);
		html_open(html, "li", NULL);
		html_line(html, "span", "name", title);
		html_open(html, "a", "class", "button plain", "href", log, "aria-label", log_label, NULL);
		html_words(html, SAY_PAGE_LOG, NULL);
		html_close(html);
		page_form(page, "/admin/restart", label);
		page_hidden(page, "component", id);
		html_close(html);
		html_open(html, "button", "type", "submit", "class", "plain", "aria-label", label, NULL);
		html_words(html, SAY_PAGE_RESTART_DO, NULL);
		html_close(html);
		html_close(html);
		html_close(html);
	}
	html_close(html);
	html_close(html);
}

static void clock_action(struct page *page)
{
	autofree char *now = page_time((int64_t)time(NULL));
	begin_action(page, "/admin/clock", SAY_PAGE_CLOCK, SAY_PAGE_CLOCK_TEXT);
	page_field(page, SAY_PAGE_CLOCK_NEW, "time", "text", now);
	end_action(page, SAY_PAGE_CLOCK_DO, NULL);
}

static void password_action(struct page *page)
{
	begin_action(page, "/admin/password", SAY_PAGE_CHANGE, SAY_PAGE_CHANGE_TEXT);
	page_field(page, SAY_PAGE_CHANGE_OLD, "old", "password", NULL);
	page_field(page, SAY_PAGE_CHANGE_NEW, "new", "password", NULL);
	page_field(page, SAY_PAGE_CHANGE_AGAIN, "again", "password", NULL);
	end_action(page, SAY_PAGE_CHANGE_DO, NULL);
}

static void reset_action(struct page *page)
{
	autofree char *name = page_name(page);
	begin_action(page, "/admin/reset", SAY_PAGE_RESET, SAY_PAGE_RESET_TEXT);
	html_say_code(&page->html, "p", SAY_PAGE_RESET_NAME, name, NULL);
	page_field(page, SAY_PAGE_RESET_FIELD, "name", "text", NULL);
	end_action(page, SAY_PAGE_RESET_DO, "danger");
}

void page_admin(struct page *page)
{
	struct html *html = &page->html;
	if (!page->csrf && !page_login_known(page)) {
		if (!page->said || page->request->method == PAGE_GET)
			page->said = false;
		login_page(page);
		return;
	}
	autofree char *label = sentence_in(html->language, SAY_PAGE_LOGOUT, NULL);
	page_begin(page, SAY_PAGE_ADMIN, "/admin", 0);
	html_open(html, "div", "class", "titled", NULL);
	html_say(html, "h1", NULL, SAY_PAGE_ADMIN, NULL);
	page_form(page, "/admin/logout", label);
	html_close(html);
	page_button(page, SAY_PAGE_LOGOUT, "plain");
	html_close(html);
	html_close(html);
	page_outcome(page);
	html_open(html, "section", "class", "card", NULL);
	html_say(html, "h2", NULL, SAY_PAGE_BACKUP, NULL);
	html_say(html, "p", NULL, SAY_PAGE_BACKUP_TEXT, NULL);
	html_link(html, "button", "/admin/backup", SAY_PAGE_BACKUP_OPEN);
	html_close(html);
	components_action(page);
	clock_action(page);
	password_action(page);
	html_open(html, "section", "class", "card", NULL);
	html_say(html, "h2", NULL, SAY_PAGE_FRESH, NULL);
	html_say(html, "p", NULL, SAY_PAGE_FRESH_TEXT, NULL);
	html_link(html, "button", "/admin/reset-data", SAY_PAGE_FRESH_OPEN);
	html_close(html);
	reset_action(page);
	page_end(page);
}

void page_admin_login(struct page *page)
{
	autodocument struct document *answer = NULL;
	const char *password = page_pair(&page->request->form, "password");
	struct json *question = page_question(page, "login");
	json_set(question, "password", json_new_string(password ? password : ""));
	if (!page_ask(page, question, &answer)) {
		page->answer->status = 403;
		login_page(page);
		return;
	}
	const char *session = node_text(document_root(answer), "session", "");
	/* always the server's own new one, never one that came with the request */
	if (strspn(session, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_") == strlen(session))
		strings_format(&page->answer->headers,
			       "Set-Cookie: " PAGE_SESSION_COOKIE "=%s; Path=/; Secure; HttpOnly; SameSite=Strict",
			       session);
	page_redirect(page, text_equal(page_pair(&page->request->form, "next"), "connect") ? "/connect" : "/admin");
}

void page_admin_logout(struct page *page)
{
	page_ask(page, page_question(page, "logout"), NULL);
	strings_add(&page->answer->headers, "Set-Cookie: " PAGE_SESSION_COOKIE
		    "=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0");
	page_redirect(page, "/");
}

/* Says how it went, on the page it was asked for on. */
static void finish(struct page *page, struct json *question, enum sentence done)
{
	if (page_ask(page, question, NULL))
		page_set_outcome(page, true, saying_make(done, NULL));
	page_admin(page);
}

static void refuse(struct page *page, enum sentence why)
{
	page_set_outcome(page, false, saying_make(why, NULL));
	page_admin(page);
}

static const char *field(const struct page *page, const char *name)
{
	const char *value = page_pair(&page->request->form, name);
	return value ? value : "";
}

void page_admin_clock(struct page *page)
{
	struct tm parts = { .tm_isdst = -1 };
	const char *end = strptime(field(page, "time"), "%Y-%m-%d %H:%M", &parts);
	time_t wanted = end && !*end ? mktime(&parts) : -1;
	if (wanted < page->site->box->built) {
		refuse(page, SAY_PAGE_CLOCK_WRONG);
		return;
	}
	struct json *question = page_question(page, "clock");
	json_set(question, "time", json_new_number(wanted));
	finish(page, question, SAY_PAGE_CLOCK_DONE);
}

static bool component_known(const struct page *page, const char *id)
{
	for (size_t i = 0; i < page->site->box->component_count; i++)
		if (text_equal(page->site->box->components[i].id, id))
			return true;
	return false;
}

void page_admin_restart(struct page *page)
{
	const char *id = field(page, "component");
	if (!component_known(page, id)) {
		refuse(page, SAY_PAGE_NO_COMPONENT);
		return;
	}
	struct json *question = page_question(page, "restart");
	json_set(question, "component", json_new_string(id));
	finish(page, question, SAY_PAGE_RESTART_DONE);
}

void page_admin_log(struct page *page)
{
	struct html *html = &page->html;
	autodocument struct document *answer = NULL;
	const char *id = page_pair(&page->request->query, "component");
	if (!id || !component_known(page, id)) {
		page_message(page, 404, SAY_PAGE_MISSING, SAY_PAGE_MISSING_TEXT);
		return;
	}
	struct json *question = page_question(page, "log");
	json_set(question, "component", json_new_string(id));
	json_set(question, "lines", json_new_number(LOG_LINES));
	bool heard = page_ask(page, question, &answer);
	autofree char *title = sentence_in(html->language, SAY_PAGE_LOG_ONE,
					   box_title(page->site->box, id, page->code), NULL);
	page_begin(page, SAY_PAGE_LOG, "", 0);
	html_line(html, "h1", NULL, title);
	page_outcome(page);
	html_open(html, "p", NULL);
	html_link(html, NULL, "/admin", SAY_PAGE_BACK);
	html_close(html);
	if (heard) {
		html_open(html, "pre", "class", "log", "tabindex", "0", "lang", "en", NULL);
		html_text(html, node_text(document_root(answer), "log", ""));
		html_close(html);
	}
	page_end(page);
}

void page_admin_password(struct page *page)
{
	if (!text_equal(field(page, "new"), field(page, "again"))) {
		refuse(page, SAY_PAGE_CHANGE_DIFFER);
		return;
	}
	struct json *question = page_question(page, "password");
	json_set(question, "old", json_new_string(field(page, "old")));
	json_set(question, "new", json_new_string(field(page, "new")));
	finish(page, question, SAY_PAGE_CHANGE_DONE);
}

void page_admin_reset(struct page *page)
{
	autofree char *name = page_name(page);
	if (!text_equal(field(page, "name"), name)) {
		refuse(page, SAY_PAGE_RESET_WRONG);
		return;
	}
	struct json *question = page_question(page, "reset");
	json_set(question, "what", json_new_string("all"));
	if (page_ask(page, question, NULL))
		page_message(page, 200, SAY_PAGE_RESET, SAY_PAGE_RESET_DONE);
	else
		page_admin(page);
}

/* The question, with its button; and what the button does. */
void page_admin_reset_data(struct page *page)
{
	struct html *html = &page->html;
	if (page->request->method == PAGE_POST) {
		struct json *question = page_question(page, "reset");
		json_set(question, "what", json_new_string("data"));
		if (page_ask(page, question, NULL)) {
			page_message(page, 200, SAY_PAGE_FRESH, SAY_PAGE_FRESH_DONE);
			return;
		}
	}
	autofree char *label = sentence_in(html->language, SAY_PAGE_FRESH, NULL);
	page_begin(page, SAY_PAGE_FRESH, "", 0);
	html_say(html, "h1", NULL, SAY_PAGE_FRESH, NULL);
	page_outcome(page);
	html_open(html, "div", "class", "card narrow", NULL);
	html_say(html, "p", NULL, SAY_PAGE_FRESH_ASK, NULL);
	page_form(page, "/admin/reset-data", label);
	html_close(html);
	page_button(page, SAY_PAGE_FRESH_DO, "danger");
	html_close(html);
	html_close(html);
	html_open(html, "p", NULL);
	html_link(html, NULL, "/admin", SAY_PAGE_BACK);
	html_close(html);
	page_end(page);
}
