/* page: backups: make one, see how it goes, and restore. The jobs are units that `hie watch` starts. */
#include <string.h>

#include "agent/page.h"

#define JOB_REFRESH 3u
#define PASSPHRASE_MIN 8u

static const char *field(const struct page *page, const char *name)
{
	const char *value = page_pair(&page->request->form, name);
	return value ? value : "";
}

/* Where a backup can go, as radio buttons; false when there is nowhere. */
static bool target_choice(struct page *page)
{
	struct html *html = &page->html;
	autodocument struct document *answer = NULL;
	size_t count = 0;
	if (!page_ask(page, page_question(page, "targets"), &answer))
		return false;
	html_open(html, "fieldset", NULL);
	html_say(html, "legend", NULL, SAY_PAGE_BACKUP_TARGET, NULL);
	for node_each(one, node_get(document_root(answer), "targets")) {
		autofree char *id = text_format("t%zu", count);
		autofree char *left = page_size(page, page_number(one, "free"));
		html_open(html, "div", "class", "choice", NULL);
		html_void(html, "input", "type", "radio", "id", id, "name", "target", "value", node_text(one, "id", ""),
			  "required", "", "checked", count == 0 ? "" : NULL, NULL);
		html_open(html, "label", "for", id, NULL);
		html_text(html, page_translation(page, node_get(one, "title")));
		if (node_get(one, "free")) /* of a stick it is known when it is mounted */
			html_say(html, "span", "detail", SAY_PAGE_BACKUP_FREE, left, NULL);
		html_close(html);
		html_close(html);
		count++;
	}
	if (!count)
		html_say(html, "p", NULL, SAY_PAGE_BACKUP_NOWHERE, NULL);
	html_close(html);
	return count > 0;
}

static void backup_row(struct page *page, const struct node *one)
{
	struct html *html = &page->html;
	const char *file = node_text(one, "file", ""), *target = node_text(one, "target", "");
	autofree char *when = page_time(page_number(one, "time"));
	autofree char *size = page_size(page, page_number(one, "size"));
	autofree char *label = sentence_in(html->language, SAY_PAGE_RESTORE_ONE, file, NULL);
	html_open(html, "li", NULL);
	html_line(html, "span", "name", file);
	html_say(html, "span", "detail", SAY_PAGE_BACKUP_LINE, when, size, target, NULL);
	html_open(html, "form", "method", "get", "action", "/admin/restore", "aria-label", label, NULL);
	page_hidden(page, "file", file);
	page_hidden(page, "target", target);
	html_open(html, "button", "type", "submit", "class", "plain", "aria-label", label, NULL);
	html_words(html, SAY_PAGE_RESTORE_OPEN, NULL);
	html_close(html);
	html_close(html);
	html_close(html);
}

static void show(struct page *page)
{
	struct html *html = &page->html;
	autodocument struct document *answer = NULL;
	autofree char *label = sentence_in(html->language, SAY_PAGE_BACKUP_NEW, NULL);
	bool listed;
	page_begin(page, SAY_PAGE_BACKUP, "", 0);
	html_say(html, "h1", NULL, SAY_PAGE_BACKUP, NULL);
	page_outcome(page);
	page->said = false;
	html_open(html, "p", NULL);
	html_link(html, NULL, "/admin", SAY_PAGE_BACK);
	html_close(html);
	html_open(html, "section", "class", "card", NULL);
	html_say(html, "h2", NULL, SAY_PAGE_BACKUP_NEW, NULL);
	html_say(html, "p", NULL, SAY_PAGE_BACKUP_PASSPHRASE, NULL);
	page_form(page, "/admin/backup", label);
	bool possible = target_choice(page);
	page_outcome(page);
	page->said = false;
	if (possible) {
		page_field(page, SAY_PAGE_PASSPHRASE, "new", "password", NULL);
		page_field(page, SAY_PAGE_PASSPHRASE_AGAIN, "again", "password", NULL);
	}
	html_close(html);
	if (possible)
		page_button(page, SAY_PAGE_BACKUP_DO, NULL);
	html_close(html);
	html_close(html);
	html_open(html, "section", "class", "card", NULL);
	html_say(html, "h2", NULL, SAY_PAGE_BACKUPS, NULL);
	listed = page_ask(page, page_question(page, "backups"), &answer);
	const struct node *list = listed ? node_get(document_root(answer), "backups") : NULL;
	page_outcome(page);
	if (list && list->count) {
		html_open(html, "ul", "class", "components", NULL);
		for node_each(one, list)
			backup_row(page, one);
		html_close(html);
	} else if (listed) {
		html_say(html, "p", NULL, SAY_PAGE_BACKUPS_NONE, NULL);
	}
	html_close(html);
	page_end(page);
}

/* Goes to the page of the job that an answer names. */
static void follow(struct page *page, struct document *answer)
{
	const char *job = node_text(document_root(answer), "job", "");
	if (!job[0] || strspn(job, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.@") != strlen(job))
		job = "none";
	autofree char *address = text_format("/admin/job?job=%s", job);
	page_redirect(page, address);
}

void page_backup(struct page *page)
{
	autodocument struct document *answer = NULL;
	if (page->request->method == PAGE_POST) {
		enum sentence wrong = !text_equal(field(page, "new"), field(page, "again")) ? SAY_PAGE_CHANGE_DIFFER
			: strlen(field(page, "new")) < PASSPHRASE_MIN ? SAY_PAGE_PASSPHRASE_SHORT : SENTENCE_COUNT;
		struct json *question = page_question(page, "backup");
		json_set(question, "target", json_new_string(field(page, "target")));
		json_set(question, "passphrase", json_new_string(field(page, "new")));
		if (wrong != SENTENCE_COUNT) {
			json_release(question);
			page_set_outcome(page, false, saying_make(wrong, NULL));
		} else if (page_ask(page, question, &answer)) {
			follow(page, answer);
			return;
		}
	}
	show(page);
}

void page_backup_job(struct page *page)
{
	struct html *html = &page->html;
	autodocument struct document *answer = NULL;
	const char *job = page_pair(&page->request->query, "job");
	struct json *question = page_question(page, "job");
	json_set(question, "job", json_new_string(job ? job : ""));
	bool heard = page_ask(page, question, &answer);
	const struct node *root = document_root(answer);
	const char *state = node_text(root, "state", "failed");
	bool running = heard && (text_equal(state, "running") || text_equal(state, "waiting"));
	struct saying saying = { 0 };
	page_begin(page, SAY_PAGE_JOB, "", running ? JOB_REFRESH : 0);
	html_say(html, "h1", NULL, SAY_PAGE_JOB, NULL);
	page_outcome(page);
	if (heard && saying_read(root, &saying) == 0) {
		autofree char *text = saying_text(&saying, html->language, page->site->box);
		bool bad = text_equal(state, "failed");
		html_open(html, "p", "class", running ? "lead" : bad ? "outcome refused" : "outcome done", "role",
			  bad ? "alert" : "status", NULL);
		html_text(html, text);
		html_close(html);
		saying_clear(&saying);
	}
	if (running) {
		autofree char *percent = text_format("%d", (int)page_number(root, "percent"));
		autofree char *label = sentence_in(html->language, SAY_PAGE_JOB, NULL);
		html_open(html, "progress", "max", "100", "value", percent, "aria-label", label, NULL);
		html_close(html);
		html_say(html, "p", NULL, SAY_PAGE_JOB_RUNNING, percent, NULL);
	}
	html_open(html, "p", NULL);
	html_link(html, NULL, "/admin/backup", SAY_PAGE_BACK);
	html_close(html);
	page_end(page);
}

void page_restore(struct page *page)
{
	struct html *html = &page->html;
	bool posted = page->request->method == PAGE_POST;
	const struct page_pairs *from = posted ? &page->request->form : &page->request->query;
	const char *file = page_pair(from, "file"), *target = page_pair(from, "target");
	autofree char *label = sentence_in(html->language, SAY_PAGE_RESTORE, NULL);
	autofree char *name = page_name(page);
	page_begin(page, SAY_PAGE_RESTORE, "", 0);
	html_say(html, "h1", NULL, SAY_PAGE_RESTORE, NULL);
	page_outcome(page);
	html_say_code(html, "p", SAY_PAGE_RESTORE_TEXT, file ? file : "", NULL);
	html_open(html, "div", "class", "card narrow", NULL);
	page_form(page, "/admin/restore", label);
	page_hidden(page, "file", file ? file : "");
	page_hidden(page, "target", target ? target : "");
	page_field(page, SAY_PAGE_PASSPHRASE, "passphrase", "password", NULL);
	html_say_code(html, "p", SAY_PAGE_RESET_NAME, name, NULL);
	page_field(page, SAY_PAGE_RESET_FIELD, "name", "text", NULL);
	html_close(html);
	page_button(page, SAY_PAGE_RESTORE_DO, "danger");
	html_close(html);
	html_close(html);
	html_open(html, "p", NULL);
	html_link(html, NULL, "/admin/backup", SAY_PAGE_BACK);
	html_close(html);
	page_end(page);
}

void page_restore_start(struct page *page)
{
	static const char *const fields[] = { "file", "target", "passphrase" };
	autodocument struct document *answer = NULL;
	autofree char *name = page_name(page);
	if (!text_equal(field(page, "name"), name)) {
		page_set_outcome(page, false, saying_make(SAY_PAGE_RESET_WRONG, NULL));
		page_restore(page);
		return;
	}
	struct json *question = page_question(page, "restore");
	for (size_t i = 0; i < LENGTH(fields); i++)
		json_set(question, fields[i], json_new_string(field(page, fields[i])));
	if (page_ask(page, question, &answer))
		follow(page, answer);
	else
		page_restore(page);
}
