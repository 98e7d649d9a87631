/* page: how the box is. From status.json, which `hie watch` writes; nothing in it is trusted to be there. */
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "agent/page.h"

#define STATUS_FILE "/run/hie/status.json"
#define STATUS_MAX (256u << 10)

/* The watcher's own word, and when it has none, the last that it wrote down. */
static void read_file(struct page *page)
{
	autofree char *path = path_join(page->site->root, STATUS_FILE);
	autofree char *text = file_text_or_null(path, STATUS_MAX);
	struct stat st;
	page->status_document = document_json_or_null(text, text ? strlen(text) : 0);
	page->status = document_root(page->status_document);
	if (page->status)
		page->status_time = stat(path, &st) == 0 ? st.st_mtime : 0;
}

void page_read_status(struct page *page)
{
	page->alive = page_ask(page, page_question(page, "status"), &page->status_document);
	page->said = false;
	if (page->alive) {
		page->status = node_get(document_root(page->status_document), "status");
		page->status_time = (int64_t)time(NULL);
	}
	if (!page->status) {
		document_free(page->status_document);
		page->status_document = NULL;
		page->alive = false;
		read_file(page);
	}
}

const char *page_state_word(const char *state)
{
	static const char *const words[] = { "ok", "starting", "degraded", "failed" };
	for (size_t i = 0; i < LENGTH(words); i++)
		if (text_equal(words[i], state))
			return words[i];
	return "starting";
}

static enum sentence state_sentence(const char *word)
{
	return text_equal(word, "ok") ? SAY_PAGE_STATE_OK : text_equal(word, "starting") ? SAY_PAGE_STATE_STARTING
		: text_equal(word, "degraded") ? SAY_PAGE_STATE_DEGRADED : SAY_PAGE_STATE_FAILED;
}

/* What a component or the box says of itself, in the visitor's language where the status has it as a saying. */
static char *node_sentence(const struct page *page, const struct node *node)
{
	struct saying saying = { 0 };
	if (saying_read(node, &saying) == 0) {
		char *text = saying_text(&saying, page->html.language, page->site->box);
		saying_clear(&saying);
		return text;
	}
	return text_copy(node_text(node, "sentence", ""));
}

char *page_name(const struct page *page)
{
	const char *name = node_text(page->status, "name", page->site->box->name);
	return text_copy(name && name[0] ? name : "hiebox");
}

bool page_is_rescue(const struct page *page)
{
	const struct node *rescue = node_get(page->status, "rescue");
	autofree char *marker = path_join(page->site->root, "/run/hie/rescue");
	return (rescue && rescue->text && rescue->kind != NODE_NULL) || path_exists(marker);
}

char *page_time(int64_t seconds)
{
	char text[32] = "";
	struct tm parts;
	time_t moment = (time_t)seconds;
	if (localtime_r(&moment, &parts))
		strftime(text, sizeof text, "%Y-%m-%d %H:%M", &parts);
	return text_copy(text);
}

int page_moment(const char *text, int64_t *ret_seconds)
{
	struct tm parts = { 0 };
	const char *rest = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &parts) : NULL;
	if (rest && *rest == '.')
		rest += 1 + strspn(rest + 1, "0123456789");
	if (!text_equal(rest, "Z"))
		return -1;
	*ret_seconds = (int64_t)timegm(&parts);
	return 0;
}

char *page_size(const struct page *page, int64_t bytes)
{
	double value = (double)(bytes > 0 ? bytes : 0) / 1e6;
	bool giga = value >= 1000;
	autofree char *number = giga ? text_format("%.1f", value / 1000) : text_format("%.0f", value);
	char *point = strchr(number, '.');
	if (point)
		*point = language_sentence(page->html.language, SAY_PAGE_DECIMAL)[0];
	return sentence_in(page->html.language, giga ? SAY_PAGE_GIGABYTES : SAY_PAGE_MEGABYTES, number, NULL);
}

static void badge(struct page *page, const char *word)
{
	autofree char *class = text_format("badge %s", word);
	html_say(&page->html, "span", class, state_sentence(word), NULL);
}

static void component(struct page *page, const struct box_component *box_component, const struct node *node)
{
	struct html *html = &page->html;
	const char *word = page_state_word(node_text(node, "state", NULL));
	autofree char *said = node_sentence(page, node);
	html_open(html, "li", NULL);
	html_line(html, "span", "name", box_title(page->site->box, box_component->id, page->code));
	badge(page, word);
	if (!text_equal(word, "ok") && said[0])
		html_line(html, "span", "detail", said);
	html_close(html);
}

static const struct node *find_component(const struct page *page, const char *id)
{
	for node_each(one, node_get(page->status, "components"))
		if (text_equal(node_text(one, "id", NULL), id))
			return one;
	return NULL;
}

static void components(struct page *page)
{
	const struct box *box = page->site->box;
	html_open(&page->html, "ul", "class", "components", NULL);
	for (size_t i = 0; i < box->component_count; i++)
		component(page, &box->components[i], find_component(page, box->components[i].id));
	html_close(&page->html);
}

int64_t page_number(const struct node *map, const char *key)
{
	const struct node *node = node_get(map, key);
	return node && node->kind == NODE_NUMBER && node->number > -9e15 && node->number < 9e15 ? (int64_t)node->number : 0;
}

static int64_t amount(const struct node *status, const char *which, const char *what)
{
	return page_number(node_get(status, which), what);
}

static void last_backup(struct page *page)
{
	struct html *html = &page->html;
	const struct node *node = node_get(page->status, "last-backup");
	if (!node || page_is_rescue(page))
		return;
	html_open(html, "div", NULL);
	html_say(html, "dt", NULL, SAY_PAGE_LAST_BACKUP, NULL);
	if (node->kind == NODE_NUMBER) {
		autofree char *when = page_time(page_number(page->status, "last-backup"));
		html_line(html, "dd", NULL, when);
	} else {
		html_say(html, "dd", NULL, SAY_PAGE_LAST_BACKUP_NONE, NULL);
	}
	html_close(html);
}

static void measures(struct page *page)
{
	static const struct {
		const char *key;
		enum sentence name, value;
	} amounts[] = { { "storage", SAY_PAGE_STORAGE, SAY_PAGE_STORAGE_FREE },
			{ "memory", SAY_PAGE_MEMORY, SAY_PAGE_MEMORY_FREE } };
	struct html *html = &page->html;
	const struct node *warmth = node_find(page->status, "temperature", "celsius", NULL);
	html_open(html, "dl", "class", "facts", NULL);
	for (size_t i = 0; i < LENGTH(amounts); i++) {
		int64_t size = amount(page->status, amounts[i].key, "size");
		autofree char *all = page_size(page, size);
		autofree char *left = page_size(page, amount(page->status, amounts[i].key, "free"));
		if (!size)
			continue;
		html_open(html, "div", NULL);
		html_say(html, "dt", NULL, amounts[i].name, NULL);
		html_say(html, "dd", NULL, amounts[i].value, left, all, NULL);
		html_close(html);
	}
	if (warmth) {
		autofree char *degrees = text_format("%d", (int)amount(page->status, "temperature", "celsius"));
		html_open(html, "div", NULL);
		html_say(html, "dt", NULL, SAY_PAGE_TEMPERATURE, NULL);
		html_say(html, "dd", NULL, SAY_PAGE_DEGREES, degrees, NULL);
		html_close(html);
	}
	autofree char *now = page_time((int64_t)time(NULL));
	html_open(html, "div", NULL);
	html_say(html, "dt", NULL, SAY_PAGE_CLOCK, NULL);
	html_say(html, "dd", NULL, SAY_PAGE_CLOCK_IS, now, page->site->box->time_zone, NULL);
	html_close(html);
	last_backup(page);
	html_close(html);
}

/* The one sentence, and since when it is known. */
static void verdict(struct page *page, const char *word)
{
	struct html *html = &page->html;
	autofree char *said = page->status ? node_sentence(page, page->status) : NULL;
	autofree char *class = text_format("verdict %s", word);
	char moment[16] = "";
	struct tm parts;
	time_t when = page->status ? (time_t)page->status_time : time(NULL);
	if (localtime_r(&when, &parts))
		strftime(moment, sizeof moment, "%H:%M:%S", &parts);
	html_open(html, "div", "class", class, NULL);
	badge(page, word);
	html_open(html, "p", "class", "sentence", "id", "sentence", NULL);
	bool known = page->status && (page->alive || !page_is_rescue(page));
	if (known)
		html_text(html, said);
	else
		html_words(html, page_is_rescue(page) ? SAY_PAGE_RESCUE : SAY_BOX_STARTING, NULL);
	html_close(html);
	if (page->status && !page->alive)
		html_say(html, "p", "when", SAY_PAGE_STALE, moment, NULL);
	else
		html_say(html, "p", "when", SAY_PAGE_AS_OF, moment, NULL);
	html_close(html);
}

/* What else is worth a sentence: a full disk, a clock nobody set, … */
static void notes(struct page *page)
{
	const struct node *list = node_get(page->status, "notes");
	if (!list || !list->count)
		return;
	html_open(&page->html, "ul", "class", "notes", NULL);
	for node_each(note, list) {
		autofree char *said = node_sentence(page, note);
		html_line(&page->html, "li", NULL, said);
	}
	html_close(&page->html);
}

void page_state(struct page *page)
{
	struct html *html = &page->html;
	const char *word = page_is_rescue(page) ? "failed" : page_state_word(node_text(page->status, "state", NULL));
	html_say(html, "h2", "quiet", SAY_PAGE_STATE, NULL);
	verdict(page, word);
	if (page_is_rescue(page)) {
		html_say(html, "p", NULL, SAY_PAGE_RESCUE_WHAT, NULL);
		html_say(html, "p", NULL, SAY_PAGE_RESCUE_DO, NULL);
	}
	notes(page);
	if (!page_is_rescue(page)) /* there nothing is started on purpose: a list of that would hide the one sentence */
		components(page);
	measures(page);
}

/* For page.js: the part alone. */
void page_state_part(struct page *page)
{
	html_open(&page->html, "section", "lang", page->code, NULL);
	page_state(page);
	html_close(&page->html);
}

void page_status_json(struct page *page)
{
	page->answer->type = "application/json";
	if (page->status) {
		autojson struct json *json = json_from_node(page->status);
		autofree char *text = json_write(json, true);
		buffer_text(&page->html.out, text);
		return;
	}
	page->answer->status = 503;
	buffer_text(&page->html.out, "{\"state\":\"starting\"}\n");
}
