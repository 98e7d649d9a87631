/* page: which address does what, and what every request must have before its function is called. */
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "agent/page.h"

const struct page_route page_routes[] = {
	/* method, path, https, session, function */
	{ PAGE_GET, "/", false, false, page_overview },
	{ PAGE_GET, "/state", false, false, page_state_part },
	{ PAGE_GET, "/status.json", false, false, page_status_json },
	{ PAGE_GET, "/workflows", false, false, page_workflows },
	{ PAGE_GET, "/workflows/", false, false, page_workflow },
	{ PAGE_POST, "/workflows/", false, false, page_workflow_play },
	{ PAGE_GET, "/map", false, false, page_map },
	{ PAGE_GET, "/map/events", false, false, page_map_events },
	{ PAGE_GET, "/map/message", false, false, page_map_message },
	{ PAGE_GET, "/credentials.json", false, false, page_credentials_json },
	{ PAGE_GET, "/connect", false, false, page_connect },
	{ PAGE_POST, "/connect", true, true, page_connect_make },
	{ PAGE_GET, "/admin", true, false, page_admin },
	{ PAGE_POST, "/admin/login", true, false, page_admin_login },
	{ PAGE_POST, "/admin/logout", true, true, page_admin_logout },
	{ PAGE_POST, "/admin/clock", true, true, page_admin_clock },
	{ PAGE_POST, "/admin/restart", true, true, page_admin_restart },
	{ PAGE_GET, "/admin/log", true, true, page_admin_log },
	{ PAGE_POST, "/admin/password", true, true, page_admin_password },
	{ PAGE_POST, "/admin/reset", true, true, page_admin_reset },
	{ PAGE_GET, "/admin/reset-data", true, true, page_admin_reset_data },
	{ PAGE_POST, "/admin/reset-data", true, true, page_admin_reset_data },
	{ PAGE_GET, "/admin/backup", true, true, page_backup },
	{ PAGE_POST, "/admin/backup", true, true, page_backup },
	{ PAGE_GET, "/admin/job", true, true, page_backup_job },
	{ PAGE_GET, "/admin/restore", true, true, page_restore },
	{ PAGE_POST, "/admin/restore", true, true, page_restore_start },
	{ 0 },
};

/* A name that a box can have: its own, alone or in a network's own domain, or an address. Any other name that
 * leads here may be a trick: a page from outside whose name was pointed at this box (DNS rebinding). */
static bool is_own_host(const struct page *page, const char *host)
{
	static const char *const domains[] = { "", ".local", ".lan", ".home", ".home.arpa", ".internal",
					       ".localdomain" };
	autofree char *name = page_name(page);
	char machine[256] = "";
	const char *const names[] = { name, page->site->box->name, machine, "localhost" };
	if (gethostname(machine, sizeof machine - 1) < 0 || host[0] == '['
	    || (strspn(host, "0123456789.") == strlen(host) && host[0]))
		return true;
	for (size_t i = 0; i < LENGTH(names); i++)
		for (size_t k = 0; names[i][0] && k < LENGTH(domains); k++) {
			autofree char *known = text_format("%s%s", names[i], domains[k]);
			if (strcasecmp(known, host) == 0)
				return true;
		}
	return false;
}

static void choose_language(struct page *page)
{
	const struct languages *all = &page->site->languages;
	const char *asked = page_pair(&page->request->query, "language");
	const char *kept = page_pair(&page->request->cookies, PAGE_LANGUAGE_COOKIE);
	const struct language *language = languages_find(all, asked);
	if (language)
		strings_format(&page->answer->headers,
			       "Set-Cookie: " PAGE_LANGUAGE_COOKIE "=%s; Path=/; SameSite=Lax; Max-Age=31536000%s",
			       language_code(language), page->request->https ? "; Secure" : "");
	if (!language)
		language = languages_find(all, kept);
	if (!language)
		language = languages_choose(all, page->request->accept_language, page->site->box->language);
	page->html.language = language;
	page->code = language_code(language);
}

/* Over http nobody's password may travel: why, and the way there. */
static void need_https(struct page *page)
{
	struct html *html = &page->html;
	bool connect = text_equal(page_pair(&page->request->query, "next"), "connect");
	autofree char *address = text_format("https://%s/admin%s", page->host, connect ? "?next=connect" : "");
	page->answer->status = 403;
	page_begin(page, SAY_PAGE_ADMIN, "/admin", 0);
	html_say(html, "h1", NULL, SAY_PAGE_ADMIN, NULL);
	html_say(html, "p", "lead", SAY_PAGE_NEED_HTTPS, NULL);
	html_say(html, "p", NULL, SAY_PAGE_NEED_HTTPS_WARNING, NULL);
	html_open(html, "p", NULL);
	html_link(html, "button", address, SAY_PAGE_NEED_HTTPS_GO);
	html_close(html);
	page_end(page);
}

/* What has effects must come from a page of this box, with the session's own token. */
static bool is_allowed(struct page *page, const struct page_route *route)
{
	bool changes = route->method == PAGE_POST;
	if (changes && (!page->own_host || !page_same_origin(page->request))) {
		page_message(page, 403, SAY_PAGE_FOREIGN, SAY_PAGE_FOREIGN_TEXT);
		return false;
	}
	if (!route->session)
		return true;
	if (!page_login_known(page)) {
		page->said = false;
		if (changes)
			page_message(page, 403, SAY_PAGE_LOGIN, SAY_PAGE_LOGIN_OVER);
		else
			page_redirect(page, "/admin");
		return false;
	}
	if (changes && !page_secret_equal(page_pair(&page->request->form, "csrf"), page->csrf)) {
		page_message(page, 403, SAY_PAGE_FOREIGN, SAY_PAGE_FOREIGN_TEXT);
		return false;
	}
	return true;
}

static void refuse(struct page *page, unsigned status)
{
	const struct {
		unsigned status;
		enum sentence title, text;
	} table[] = {
		{ 404, SAY_PAGE_MISSING, SAY_PAGE_MISSING_TEXT },
		{ 405, SAY_PAGE_METHOD, SAY_PAGE_METHOD_TEXT },
		{ 413, SAY_PAGE_TOO_LONG, SAY_PAGE_TOO_LONG_TEXT },
		{ 414, SAY_PAGE_TOO_LONG, SAY_PAGE_TOO_LONG_TEXT },
		{ 431, SAY_PAGE_TOO_LONG, SAY_PAGE_TOO_LONG_TEXT },
		{ 500, SAY_PAGE_BROKEN, SAY_PAGE_BROKEN_TEXT },
		{ status, SAY_PAGE_BAD, SAY_PAGE_BAD_TEXT },
	};
	size_t i = 0;
	while (table[i].status != status)
		i++;
	page_message(page, status, table[i].title, table[i].text);
}

/* A path that ends with a slash stands for all below it. */
static bool is_route(const struct page_route *route, const char *path)
{
	size_t length = strlen(route->path);
	if (length > 1 && route->path[length - 1] == '/')
		return path && text_starts(path, route->path) && path[length];
	return text_equal(route->path, path);
}

static void dispatch(struct page *page)
{
	const char *path = page->request->path;
	autostrings struct strings allowed = { 0 };
	for (const struct page_route *route = page_routes; route->path; route++) {
		if (!is_route(route, path))
			continue;
		if (route->method != page->request->method) {
			strings_add(&allowed, route->method == PAGE_GET ? "GET, HEAD" : "POST");
			continue;
		}
		if (route->https && !page->request->https)
			need_https(page);
		else if (is_allowed(page, route))
			route->run(page);
		return;
	}
	if (allowed.count) {
		autofree char *list = strings_join(&allowed, ", ");
		strings_format(&page->answer->headers, "Allow: %s", list);
	}
	refuse(page, allowed.count ? 405 : 404);
}

void page_answer_clear(struct page_answer *answer)
{
	buffer_clear(&answer->body);
	strings_clear(&answer->headers);
}

void page_answer_request(const struct page_site *site, const struct page_request *request, unsigned refused,
			 struct page_answer *ret_answer)
{
	struct page page = { .site = site, .request = request, .answer = ret_answer };
	ret_answer->status = 200;
	ret_answer->type = "text/html; charset=utf-8";
	strings_add(&ret_answer->headers, "Cache-Control: no-store");
	strings_add(&ret_answer->headers, "Vary: Accept-Language, Cookie");
	page_read_status(&page);
	choose_language(&page);
	page.host = page_host_name(request);
	page.own_host = page.host && is_own_host(&page, page.host);
	if (!page.own_host) {
		autofree char *name = page_name(&page);
		free(page.host);
		page.host = text_format("%s.local", name);
	}
	if (refused)
		refuse(&page, refused);
	else
		dispatch(&page);
	if (page.html.out.overflow) {
		html_clear(&page.html);
		memset(&page.html.out, 0, sizeof page.html.out);
		refuse(&page, 500);
	}
	ret_answer->body = page.html.out;
	if (page.csrf)
		explicit_bzero(page.csrf, strlen(page.csrf));
	free(page.csrf);
	free(page.host);
	saying_clear(&page.outcome);
	document_free(page.status_document);
}
