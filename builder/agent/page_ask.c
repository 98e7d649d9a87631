/* page: asking `hie watch`, which alone can do and know things. */
#include <string.h>

#include "agent/page.h"

#define SESSION_MAX 128u

struct json *page_question(const struct page *page, const char *what)
{
	struct json *question = json_new_object();
	json_set(question, "do", json_new_string(what));
	json_set(question, "from", json_new_string(page->request->address ? page->request->address : "?"));
	if (page->session)
		json_set(question, "session", json_new_string(page->session));
	return question;
}

bool page_ask(struct page *page, struct json *request, struct document **ret_answer)
{
	autodocument struct document *answer = NULL;
	struct saying why = { 0 };
	struct error unheard = { 0 };
	int asked = page->site->ask(page->site->context, request, &answer, &unheard);
	json_release(request);
	error_clear(&unheard);
	if (asked < 0) {
		page_set_outcome(page, false, saying_make(SAY_PAGE_NOBODY_ANSWERS, NULL));
		return false;
	}
	const struct node *ok = node_get(document_root(answer), "ok");
	if (ok && ok->kind == NODE_BOOLEAN && ok->boolean) {
		if (ret_answer)
			*ret_answer = steal(answer);
		return true;
	}
	if (saying_read(document_root(answer), &why) < 0)
		why = saying_make(SAY_PAGE_REFUSED, NULL);
	page_set_outcome(page, false, why);
	return false;
}

bool page_login_known(struct page *page)
{
	autodocument struct document *answer = NULL;
	const char *cookie = page_pair(&page->request->cookies, PAGE_SESSION_COOKIE);
	if (!page->request->https || !cookie || !cookie[0] || strlen(cookie) > SESSION_MAX
	    || strspn(cookie, "0123456789abcdefABCDEFGHIJKLMNOPQRSTUVWXYZghijklmnopqrstuvwxyz-_") != strlen(cookie))
		return false;
	page->session = cookie;
	if (!page_ask(page, page_question(page, "session"), &answer)) {
		page->session = NULL;
		return false;
	}
	free(page->csrf);
	page->csrf = text_copy(node_text(document_root(answer), "csrf", NULL));
	return page->csrf && page->csrf[0];
}

bool page_may_look(struct page *page)
{
	if (box_is_training(page->site->box))
		return page->own_host;
	bool known = (page->csrf && page->csrf[0]) || page_login_known(page);
	if (!known)
		page->said = false;
	return known;
}
