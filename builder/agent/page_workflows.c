/* page: the stories that this box can play, and one of them with its last play. */
#include <string.h>

#include "agent/page.h"
#include "agent/workflows.h"

#define HERE "/workflows"
#define REFRESH 3u

static const char *map_text(const struct page *page, const struct entry_list *texts)
{
	const char *text = workflow_text(texts, page->code);
	return text ? text : "";
}

static void play_button(struct page *page, const char *id, enum sentence words)
{
	autofree char *address = text_format(HERE "/%s", id);
	autofree char *label = sentence_in(page->html.language, words, NULL);
	page_form(page, address, label);
	html_close(&page->html); /* the fields, of which there are none */
	page_button(page, words, NULL);
	html_close(&page->html);
}

static void list_one(struct page *page, const struct listed_workflow *one, bool may)
{
	struct html *html = &page->html;
	autofree char *address = text_format(HERE "/%s", one->id);
	html_open(html, "li", "class", "card", NULL);
	html_open(html, "h2", NULL);
	html_open(html, "a", "href", address, NULL);
	html_text(html, one->title ? one->title : one->id);
	html_close(html);
	html_close(html);
	if (one->summary)
		html_line(html, "p", NULL, one->summary);
	if (one->obstacle)
		html_line(html, "p", "detail", one->obstacle);
	else if (may)
		play_button(page, one->id, SAY_PLAY_DO);
	html_close(html);
}

void page_workflows(struct page *page)
{
	struct html *html = &page->html;
	struct listed_workflows list;
	bool may = page_may_look(page);
	box_workflow_read_list(page->site->root, page->site->box, html->language, page->code, &list);
	page_begin(page, SAY_PLAY_TITLE, HERE, 0);
	html_say(html, "h1", NULL, SAY_PLAY_TITLE, NULL);
	html_say(html, "p", "lead", list.count ? SAY_PLAY_LEAD : SAY_PLAY_NONE, NULL);
	if (!may)
		html_say(html, "p", NULL, SAY_PLAY_ADMIN, NULL);
	html_open(html, "ul", "class", "workflows", NULL);
	for (size_t i = 0; i < list.count; i++)
		list_one(page, &list.items[i], may);
	html_close(html);
	page_end(page);
	listed_workflows_clear(&list);
}

/* ---- one of them ---- */

static void show_actors(struct page *page, const struct workflow *workflow)
{
	struct html *html = &page->html;
	html_say(html, "h2", NULL, SAY_PLAY_ACTORS, NULL);
	html_open(html, "ul", "class", "actors", NULL);
	for (size_t i = 0; i < workflow->actor_count; i++) {
		autofree char *name = page_play_actor(page, workflow, workflow->actors[i].name.text);
		html_line(html, "li", NULL, name);
	}
	html_close(html);
}

/* Before its first play: the story alone. */
static void show_story(struct page *page, const struct workflow *workflow)
{
	html_open(&page->html, "ol", "class", "story", NULL);
	for (size_t i = 0; i < workflow->step_count; i++)
		html_line(&page->html, "li", NULL, map_text(page, &workflow->steps[i].tell));
	html_close(&page->html);
}

/* What a trainer has learners break. The answer is folded, also without JavaScript. */
static void show_exercises(struct page *page, const struct workflow *workflow)
{
	struct html *html = &page->html;
	if (!workflow->exercise_count)
		return;
	html_say(html, "h2", NULL, SAY_PLAY_BREAK, NULL);
	html_say(html, "p", NULL, SAY_PLAY_BREAK_LEAD, NULL);
	for (size_t i = 0; i < workflow->exercise_count; i++) {
		const struct exercise *exercise = &workflow->exercises[i];
		html_line(html, "p", NULL, map_text(page, &exercise->breaks));
		html_open(html, "details", NULL);
		html_say(html, "summary", NULL, SAY_PLAY_BREAK_ANSWER, NULL);
		html_say(html, "p", NULL, SAY_PLAY_BREAK_STEP, exercise->step.text, exercise->message, NULL);
		html_line(html, "p", NULL, map_text(page, &exercise->why));
		html_say(html, "p", NULL, SAY_PLAY_BREAK_MEND, map_text(page, &exercise->mend), NULL);
		html_close(html);
	}
}

/* The last result, or NULL. */
static struct document *last_result(const struct page *page, const char *id)
{
	autofree char *path = workflow_result_path(page->site->root, id);
	return document_load_or_null(path);
}

static void show_last(struct page *page, const struct box_workflow *one, const struct node *result)
{
	html_open(&page->html, "section", "id", "play", "data-playing",
		  text_equal(node_text(result, "state", ""), "playing") ? "yes" : "no", NULL);
	if (result)
		page_play_result(page, one->workflow, result);
	else
		show_story(page, one->workflow);
	html_close(&page->html);
}

static void show(struct page *page, const struct box_workflow *one)
{
	struct html *html = &page->html;
	const struct workflow *workflow = one->workflow;
	bool may = page_may_look(page), part = page_pair(&page->request->query, "part") != NULL;
	autodocument struct document *document = may ? last_result(page, one->id) : NULL;
	const struct node *result = document_root(document);
	bool playing = text_equal(node_text(result, "state", ""), "playing");
	autofree char *why = box_workflow_obstacle(page->site->box, page->html.language, one);
	if (part)
		return show_last(page, one, result);
	page_begin(page, SAY_PLAY_TITLE, HERE, playing ? REFRESH : 0);
	html_line(html, "h1", NULL, map_text(page, &workflow->title));
	if (workflow->summary.count)
		html_line(html, "p", "lead", map_text(page, &workflow->summary));
	page_outcome(page);
	if (why)
		html_line(html, "p", NULL, why);
	else if (!may)
		html_say(html, "p", NULL, SAY_PLAY_ADMIN, NULL);
	else if (!playing)
		play_button(page, one->id, result ? SAY_PLAY_AGAIN : SAY_PLAY_DO);
	show_actors(page, workflow);
	show_last(page, one, result);
	show_exercises(page, workflow);
	page_end(page);
}

void page_workflow(struct page *page)
{
	struct box_workflow one;
	if (box_workflow_read(page->site->root, page->request->path + strlen(HERE "/"), &one) < 0) {
		page_message(page, 404, SAY_PLAY_TITLE, SAY_PLAY_UNKNOWN);
		return;
	}
	if (one.workflow) {
		show(page, &one);
	} else {
		autofree char *why = box_workflow_obstacle(page->site->box, page->html.language, &one);
		page_begin(page, SAY_PLAY_TITLE, HERE, 0);
		html_line(&page->html, "h1", NULL, one.id);
		html_line(&page->html, "p", NULL, why);
		page_end(page);
	}
	box_workflow_clear(&one);
}

void page_workflow_play(struct page *page)
{
	const char *id = page->request->path + strlen(HERE "/");
	autofree char *address = text_format(HERE "/%s", id);
	struct box_workflow one;
	if (!page_may_look(page)) {
		page_redirect(page, "/admin");
		return;
	}
	if (page->csrf && !page_secret_equal(page_pair(&page->request->form, "csrf"), page->csrf)) {
		page_message(page, 403, SAY_PAGE_FOREIGN, SAY_PAGE_FOREIGN_TEXT);
		return;
	}
	if (box_workflow_read(page->site->root, id, &one) < 0) {
		page_message(page, 404, SAY_PLAY_TITLE, SAY_PLAY_UNKNOWN);
		return;
	}
	struct json *question = page_question(page, "workflow");
	json_set(question, "workflow", json_new_string(one.id));
	if (page_ask(page, question, NULL))
		page_redirect(page, address);
	else
		page_workflow(page);
	box_workflow_clear(&one);
}
