/* page: what components bring to the page with a file of their own, /usr/share/hie/page.d/<id>.yaml:
 *   next:     [{ title: {en, fr}, text: {en, fr}, command: TEXT, open: PATH }]   steps for somebody new, in order; `open`:
 *             a part of this page to go to
 *   places:   [{ port: N, address: TEXT, title: {en, fr}, when: FILE }]   what a port is, in people's words; `when`:
 *             shown only while that file exists
 *   loss:     {en, fr}                                               what a power cut may cost
 *   connect:  { request, secure, health, api, credential, router, role }   for who writes programs (see
 *             page_connect.c and mediator.c)
 * In texts {address} is how the visitor calls this box; {user:NAME} and {password:NAME} are a login while training. */
#include <string.h>

#include "agent/page.h"

#define FOLDER "/usr/share/hie/page.d"
#define SAFE "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.,:_@+=-"

static void load_guide(struct page_site *site, const char *id, struct diagnostics *mistakes)
{
	autofree char *relative = text_format(FOLDER "/%s.yaml", id);
	autofree char *path = path_join(site->root, relative);
	struct document *guide = NULL;
	if (!path_exists(path) || document_load(path, &guide, mistakes) < 0)
		return;
	site->guides[site->guide_count++] = guide;
}

void page_site_open(const char *root, const struct box *box, struct page_site *ret_site,
		    struct diagnostics *mistakes)
{
	struct page_site site = { .box = box, .root = root };
	languages_load(root, &site.languages, mistakes);
	site.guides = memory_alloc((box->component_count + 1) * sizeof *site.guides);
	for (size_t i = 0; i < box->component_count; i++)
		load_guide(&site, box->components[i].id, mistakes);
	*ret_site = site;
}

void page_site_close(struct page_site *site)
{
	for (size_t i = 0; i < site->guide_count; i++)
		document_free(site->guides[i]);
	free(site->guides);
	languages_clear(&site->languages);
}

bool page_provides(const struct page_site *site, const char *what)
{
	return box_player(site->box, what) >= 0;
}

const char *page_translation(const struct page *page, const struct node *texts)
{
	return texts && texts->kind == NODE_STRING ? texts->text : box_translation(texts, page->code, "");
}

/* While training everybody may see them; to a name that is not this box's own they are not told, so that
 * no page from outside reads them through a visitor's browser (DNS rebinding). */
void page_people_read(struct page *page, struct page_people *ret_people)
{
	memset(ret_people, 0, sizeof *ret_people);
	if (!box_is_training(page->site->box) || !page->own_host)
		return;
	bool said = page->said;
	if (page_ask(page, page_question(page, "credentials"), &ret_people->answer))
		ret_people->list = node_get(document_root(ret_people->answer), "credentials");
	else
		page->said = said;
}

void page_people_clear(struct page_people *people)
{
	document_free(people->answer);
	memset(people, 0, sizeof *people);
}

/* For the screens of a component (?name=LOGIN, or all): what the overview shows, to whom it shows it. Elsewhere there
 * is no such address. */
void page_credentials_json(struct page *page)
{
	const char *wanted = page_pair(&page->request->query, "name");
	struct page_people people;
	if (!box_is_training(page->site->box) || !page->own_host) {
		page_message(page, 404, SAY_PAGE_MISSING, SAY_PAGE_MISSING_TEXT);
		return;
	}
	page_people_read(page, &people);
	page->answer->type = "application/json";
	page->answer->status = people.list ? 200 : 503;
	autojson struct json *root = json_new_object();
	struct json *list = json_new_array();
	for node_each(one, people.list)
		if (!wanted || text_equal(node_text(one, "name", NULL), wanted))
			json_add(list, json_from_node(one));
	json_set(root, "credentials", list);
	autofree char *text = json_write(root, true);
	buffer_text(&page->html.out, text);
	page_people_clear(&people);
}

/* A login's name or password; in a line to copy it must not mean anything to a shell. */
static const char *look_up(const struct page_people *people, const char *name, const char *what)
{
	for node_each(one, people->list) {
		const char *value = node_text(one, what, "");
		if (text_equal(node_text(one, "name", NULL), name))
			return value[0] && strspn(value, SAFE) == strlen(value) ? value : NULL;
	}
	return NULL;
}

static void fill_one(const struct page *page, const struct page_people *people, const char *word,
		     struct buffer *out)
{
	if (text_equal(word, "address")) {
		buffer_text(out, page->host);
	} else if (text_starts(word, "user:")) {
		const char *user = look_up(people, word + 5, "user");
		buffer_text(out, user ? user : word + 5);
	} else if (text_starts(word, "password:")) {
		const char *password = look_up(people, word + 9, "password");
		buffer_text(out, password ? password : "PASSWORD");
	} else {
		buffer_format(out, "{%s}", word);
	}
}

char *page_fill(const struct page *page, const struct page_people *people, const char *text)
{
	struct buffer out = { .maximum = 64u << 10 };
	while (*text) {
		size_t plain = strcspn(text, "{"), word;
		buffer_add(&out, text, plain);
		text += plain;
		if (!*text)
			break;
		word = strcspn(text, "}");
		if (!text[word]) {
			buffer_text(&out, text);
			break;
		}
		autofree char *name = text_copy_n(text + 1, word - 1);
		fill_one(page, people, name, &out);
		text += word + 1;
	}
	return buffer_steal(&out);
}
