#include <string.h>

#include "agent/box.h"
#include "document/document.h"

/* What the reading functions share. */
struct reader {
	struct box *box;
	struct diagnostics *mistakes;
	const char *path;
	size_t capacities[8];  /* of the box's arrays, in the order of their fields */
	size_t component;      /* the one being read */
};

#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

/* A name that may become a file name: letters and digits first, then also . _ - */
static bool is_file_name(const char *text)
{
	return text[0] && strchr(NAME_CHARACTERS, text[0]) && strlen(text) <= 64
		&& strspn(text, NAME_CHARACTERS "._-") == strlen(text);
}

/* An SQL name that leaves room for ".new" below PostgreSQL's 63 bytes (NAMEDATALEN - 1). */
static bool is_sql_name(const char *text)
{
	return strspn(text, "abcdefghijklmnopqrstuvwxyz_") > 0 && strlen(text) <= 59
		&& strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(text);
}

static bool is_unit_name(const char *text)
{
	const char *dot = strrchr(text, '.');
	return dot && dot > text && strlen(text) <= 200 && text[0] != '.' && text[0] != '-'
		&& strspn(text, NAME_CHARACTERS ":_.@-\\") == strlen(text);
}

static bool is_absolute(const char *text)
{
	return text[0] == '/' && path_is_clean(text + 1);
}

static bool is_url(const char *text)
{
	return (text_starts(text, "http://") || text_starts(text, "https://")) && strlen(text) <= 2000
		&& strpbrk(text, " \t\r\n\"") == NULL;
}

/* A path on the web server. */
static bool is_page(const char *text)
{
	return text[0] == '/' && strlen(text) <= 2000 && strpbrk(text, " \t\r\n\"") == NULL;
}

static bool is_any(const char *text)
{
	return strlen(text) <= 4096;
}

static const char *keep(struct reader *reader, const char *text)
{
	return arena_string(reader->box->arena, text);
}

/* A text child that passes `good`; `fallback` when it is absent and there is one, else a mistake. */
static const char *read_text(struct reader *reader, const struct node *map, const char *key,
			     bool (*good)(const char *), const char *fallback)
{
	const struct node *child = node_get(map, key);
	if (!child || child->kind == NODE_NULL) {
		if (!fallback)
			diagnostics_add(reader->mistakes, map->place, "%s: is missing", key);
		return fallback;
	}
	if (child->kind != NODE_STRING || !good(child->text)) {
		diagnostics_add(reader->mistakes, child->place, "%s: cannot be used: %s%s%s", key,
				child->text ? "\"" : "", child->text ? child->text : node_kind_name(child->kind),
				child->text ? "\"" : "");
		return "";
	}
	return keep(reader, child->text);
}

/* As read_text(), but absent is NULL and no mistake. */
static const char *read_optional(struct reader *reader, const struct node *map, const char *key,
				 bool (*good)(const char *))
{
	const struct node *child = node_get(map, key);
	if (!child || child->kind == NODE_NULL)
		return NULL;
	return read_text(reader, map, key, good, "");
}

/* The text of a `{ en: …, fr: … }` map (or a plain text) in the box's first language that it has. */
static const char *read_title(struct reader *reader, const struct node *map, const char *key,
			      const char *fallback)
{
	const struct node *child = node_get(map, key);
	if (child && child->kind == NODE_STRING)
		return keep(reader, child->text);
	return keep(reader, box_translation(child, reader->box->language, fallback));
}

/* Modes are octal digits, written as text or as a number. */
static mode_t read_mode(struct reader *reader, const struct node *map, mode_t fallback)
{
	const struct node *child = node_get(map, "mode");
	if (!child || child->kind == NODE_NULL)
		return fallback;
	size_t length = child->text ? strlen(child->text) : 0;
	if (length < 3 || length > 5 || strspn(child->text, "01234567") != length) {
		diagnostics_add(reader->mistakes, child->place, "mode: expected octal digits such as \"0640\"");
		return fallback;
	}
	return (mode_t)strtoul(child->text, NULL, 8) & 07777;
}

static int64_t read_number(struct reader *reader, const struct node *map, const char *key, int64_t fallback)
{
	const struct node *child = node_get(map, key);
	if (!child || child->kind == NODE_NULL)
		return fallback;
	if (child->kind == NODE_NUMBER && child->number >= 0 && child->number < 1e15)
		return (int64_t)child->number;
	diagnostics_add(reader->mistakes, child->place, "%s: expected a number", key);
	return fallback;
}

/* The list under `key`; another kind of value is a mistake. */
static const struct node *read_list(struct reader *reader, const struct node *map, const char *key)
{
	const struct node *list = node_get(map, key);
	if (!list || list->kind == NODE_NULL || list->kind == NODE_LIST)
		return list;
	diagnostics_add(reader->mistakes, list->place, "%s: expected a list, got %s", key,
			node_kind_name(list->kind));
	return NULL;
}

static bool expect_map(struct reader *reader, const struct node *item)
{
	if (item->kind == NODE_MAP)
		return true;
	diagnostics_add(reader->mistakes, item->place, "expected a map, got %s", node_kind_name(item->kind));
	return false;
}

/* The next free element of one of the box's arrays, zeroed. */
#define NEXT(reader, array, count, which) \
	((reader)->box->array = array_grow((reader)->box->array, (reader)->box->count, \
					   &(reader)->capacities[which], sizeof *(reader)->box->array), \
	 memset(&(reader)->box->array[(reader)->box->count], 0, sizeof *(reader)->box->array), \
	 &(reader)->box->array[(reader)->box->count++])

static void read_secret(struct reader *reader, const struct node *item)
{
	static const char *const kinds[] = { "password", "token", "hex", NULL };
	struct box_secret read = { .component = reader->component };
	read.name = read_text(reader, item, "name", is_file_name, NULL);
	read.user = read_optional(reader, item, "user", is_any);
	read.title = read_title(reader, item, "title", read.name ? read.name : "");
	read.titles = node_get(item, "title");
	const char *audience = read_text(reader, item, "for", is_any, "service");
	read.person = text_equal(audience, "person");
	if (!read.person && !text_equal(audience, "service"))
		diagnostics_add(reader->mistakes, item->place, "for: expected person or service");
	const char *kind = read_text(reader, item, "kind", is_any, "password");
	while (kinds[read.kind] && !text_equal(kinds[read.kind], kind))
		read.kind++;
	if (!kinds[read.kind])
		diagnostics_add(reader->mistakes, item->place, "kind: expected password, token or hex");
	const struct box_secret *same = read.name ? box_secret(reader->box, read.name) : NULL;
	if (same && same->kind != read.kind)
		diagnostics_add(reader->mistakes, item->place, "%s: declared twice, as different kinds", read.name);
	else if (!same)
		*NEXT(reader, secrets, secret_count, 0) = read;
}

static void read_template(struct reader *reader, const struct node *item)
{
	struct box_template *read = NEXT(reader, templates, template_count, 1);
	read->component = reader->component;
	read->from = read_text(reader, item, "from", is_absolute, NULL);
	read->to = read_text(reader, item, "to", path_is_clean, NULL);
	read->user = read_text(reader, item, "user", is_file_name, "root");
	read->group = read_optional(reader, item, "group", is_file_name);
	read->mode = read_mode(reader, item, 0400);
}

static void read_database(struct reader *reader, const struct node *item)
{
	struct box_database *read = NEXT(reader, databases, database_count, 2);
	read->component = reader->component;
	read->name = read_text(reader, item, "name", is_sql_name, NULL);
	read->owner = read_text(reader, item, "owner", is_sql_name, read->name);
	read->secret = read_text(reader, item, "secret", is_file_name, NULL);
	read->load = read_optional(reader, item, "load", is_absolute);
	if (text_equal(read->owner, "postgres") || text_equal(read->name, "postgres")
	    || text_equal(read->name, "template0") || text_equal(read->name, "template1"))
		diagnostics_add(reader->mistakes, item->place, "%s: belongs to PostgreSQL itself", read->name);
	for (size_t i = 0; i + 1 < reader->box->database_count; i++) {
		const struct box_database *other = &reader->box->databases[i];
		if (text_equal(other->name, read->name))
			diagnostics_add(reader->mistakes, item->place, "%s: two databases of this name", read->name);
		else if (text_equal(other->owner, read->owner) && !text_equal(other->secret, read->secret))
			diagnostics_add(reader->mistakes, item->place, "%s: one owner, two passwords", read->owner);
	}
}

static void read_health(struct reader *reader, const struct node *item)
{
	struct box_health *read = NEXT(reader, health, health_count, 3);
	read->component = reader->component;
	read->unit = read_text(reader, item, "unit", is_unit_name, NULL);
	read->url = read_optional(reader, item, "url", is_url);
	read->status = (long)read_number(reader, item, "status", 200);
}

static void read_state(struct reader *reader, const struct node *item)
{
	struct box_state *read = NEXT(reader, state, state_count, 4);
	read->component = reader->component;
	read->name = read_text(reader, item, "name", is_file_name, NULL);
	read->path = read_text(reader, item, "path", is_absolute, NULL);
	read->user = read_text(reader, item, "user", is_file_name, "root");
	read->group = read_text(reader, item, "group", is_file_name, read->user);
	read->mode = read_mode(reader, item, 0755);
}

static void read_port(struct reader *reader, const struct node *item)
{
	struct box_port *read = NEXT(reader, ports, port_count, 5);
	read->component = reader->component;
	read->number = (unsigned)read_number(reader, item, "port", 0) & 0xffff;
	read->protocol = read_text(reader, item, "protocol", is_any, "tcp");
	read->audience = read_text(reader, item, "for", is_any, "box");
	read->summary = read_text(reader, item, "summary", is_any, "");
}

static void read_backup(struct reader *reader, const struct node *item)
{
	struct box_backup *read = NEXT(reader, backups, backup_count, 7);
	read->component = reader->component;
	read->state = read_text(reader, item, "state", is_file_name, NULL);
	read->save = read_optional(reader, item, "save", is_absolute);
	read->load = read_optional(reader, item, "load", is_absolute);
	if (!read->save != !read->load)
		diagnostics_add(reader->mistakes, item->place, "backup: save and load go together");
}

/* The lists of a component, each with the function that reads one element. */
static const struct {
	const char *key;
	void (*read)(struct reader *reader, const struct node *item);
} component_lists[] = {
	{ "secrets", read_secret },   { "templates", read_template }, { "databases", read_database },
	{ "health", read_health },    { "state", read_state },        { "ports", read_port },
	{ "backup", read_backup },
};

const char *box_translation(const struct node *titles, const char *language, const char *fallback)
{
	if (!titles || titles->kind != NODE_MAP || !titles->first || !titles->first->text)
		return fallback;
	return node_text(titles, language ? language : "en", node_text(titles, "en", titles->first->text));
}

const char *box_title(const struct box *box, const char *id, const char *language)
{
	for (size_t i = 0; i < box->component_count; i++)
		if (text_equal(box->components[i].id, id))
			return box_translation(box->components[i].titles, language, box->components[i].title);
	return id;
}

static void read_component(struct reader *reader, const struct node *map)
{
	struct box_component *read = NEXT(reader, components, component_count, 6);
	reader->component = reader->box->component_count - 1;
	read->id = read_text(reader, map, "id", is_file_name, NULL);
	read->title = read_title(reader, map, "title", read->id ? read->id : "");
	read->titles = node_get(map, "title");
	read->summary = read_text(reader, map, "summary", is_any, "");
	const struct node *page = node_get(map, "page");
	read->page = read_optional(reader, page, "path", is_page);
	read->page_title = read_title(reader, page, "title", read->title);
	read->page_titles = node_get(page, "title");
	for (size_t i = 0; i < LENGTH(component_lists); i++)
		for node_each(item, read_list(reader, map, component_lists[i].key))
			if (expect_map(reader, item))
				component_lists[i].read(reader, item);
}

/* Every secret that a database names must be declared by some component. */
static void check_references(struct reader *reader, struct place place)
{
	for (size_t i = 0; i < reader->box->database_count; i++) {
		const struct box_database *database = &reader->box->databases[i];
		if (database->secret && !box_secret(reader->box, database->secret))
			diagnostics_add(reader->mistakes, place, "database %s: no component declares the secret %s",
					database->name, database->secret);
	}
	for (size_t i = 0; i < reader->box->backup_count; i++) {
		const struct box_backup *backup = &reader->box->backups[i];
		if (backup->state && !box_state(reader->box, backup->state))
			diagnostics_add(reader->mistakes, place, "backup: no component has the state directory %s",
					backup->state);
	}
}

/* What hiebox.conf said (agent/settings.h), laid over the recipe's: whoever reads the box sees it. A file that
 * cannot be read is as none. */
static void lay_settings(struct reader *reader, const struct node *settings)
{
	struct box *box = reader->box;
	const struct {
		const char *key, **place;
	} words[] = { { "name", &box->name }, { "time-zone", &box->time_zone }, { "keyboard", &box->keyboard } };
	for (size_t i = 0; i < LENGTH(words); i++) {
		const char *text = node_text(settings, words[i].key, NULL);
		if (text && text[0] && is_any(text) && !strpbrk(text, "\r\n"))
			*words[i].place = keep(reader, text);
	}
	const char *language = node_text(settings, "language", NULL);
	if (!language || !is_file_name(language))
		return;
	struct strings languages = { 0 };
	strings_add(&languages, language);
	for (size_t i = 0; i < box->languages.count; i++)
		if (!text_equal(box->languages.items[i], language))
			strings_add(&languages, box->languages.items[i]);
	strings_clear(&box->languages);
	box->languages = languages;
	box->language = box->languages.items[0];
}

static void read_settings(struct reader *reader)
{
	static const char usual[] = "/usr/lib/hie/box.json";
	const char *path = reader->path;
	if (!text_ends(path, usual))
		return;
	autofree char *root = text_copy_n(path, strlen(path) - strlen(usual));
	autofree char *file = path_join(root[0] ? root : "/", "/var/lib/hie/settings.json");
	autodocument struct document *document = document_load_or_null(file);
	if (document)
		lay_settings(reader, document_root(document));
}

static void read_box(struct reader *reader, const struct node *root)
{
	struct box *box = reader->box;
	if (!expect_map(reader, root))
		return;
	if (read_number(reader, root, "format", 0) != 1)
		diagnostics_add(reader->mistakes, root->place, "format: expected 1");
	box->recipe = read_text(reader, root, "recipe", is_file_name, "box");
	box->summary = read_text(reader, root, "summary", is_any, "");
	box->mode = read_text(reader, root, "mode", is_file_name, "production");
	box->built = read_number(reader, root, "built", 0);
	static const struct node nothing = { .kind = NODE_MAP };
	const struct node *site = node_get(root, "site") ? node_get(root, "site") : &nothing;
	box->name = read_text(reader, site, "name", is_file_name, "hiebox");
	box->time_zone = read_text(reader, site, "time-zone", is_any, "UTC");
	box->keyboard = read_text(reader, site, "keyboard", is_any, "us");
	const struct node *languages = read_list(reader, site, "languages");
	for node_each(language, languages)
		if (language->text && is_file_name(language->text))
			strings_add(&box->languages, language->text);
	if (!box->languages.count)
		strings_add(&box->languages, "en");
	box->language = box->languages.items[0];
	read_settings(reader);
	box->notices = read_list(reader, root, "notices");
	for node_each(component, read_list(reader, root, "components"))
		if (expect_map(reader, component))
			read_component(reader, component);
	check_references(reader, root->place);
}

int box_load(const char *path, struct box **ret_box, struct error *err)
{
	struct diagnostics mistakes = { 0 };
	autobox struct box *box = memory_alloc(sizeof *box);
	box->arena = arena_new();
	struct reader reader = { .box = box, .mistakes = &mistakes, .path = path };
	if (document_load(path, &box->document, &mistakes) == 0 && document_root(box->document))
		read_box(&reader, document_root(box->document));
	int result = diagnostics_to_error(&mistakes, err);
	diagnostics_clear(&mistakes);
	if (result < 0)
		return -1;
	*ret_box = steal(box);
	return 0;
}

struct box *box_unknown(void)
{
	static const char nothing[] = "{ \"format\": 1, \"recipe\": \"unknown\" }";
	struct diagnostics mistakes = { 0 };
	struct box *box = memory_alloc(sizeof *box);
	box->arena = arena_new();
	struct reader reader = { .box = box, .mistakes = &mistakes };
	if (document_parse_json("box", nothing, strlen(nothing), &box->document, &mistakes) == 0)
		read_box(&reader, document_root(box->document));
	diagnostics_clear(&mistakes);
	return box;
}

void box_free(struct box *box)
{
	if (!box)
		return;
	free(box->components);
	free(box->secrets);
	free(box->templates);
	free(box->databases);
	free(box->health);
	free(box->state);
	free(box->ports);
	free(box->backups);
	strings_clear(&box->languages);
	arena_free(box->arena);
	document_free(box->document);
	free(box);
}

void cleanup_box(struct box **box)
{
	box_free(*box);
}

const struct box_secret *box_secret(const struct box *box, const char *name)
{
	for (size_t i = 0; i < box->secret_count; i++)
		if (text_equal(box->secrets[i].name, name))
			return &box->secrets[i];
	return NULL;
}

int box_player(const struct box *box, const char *role)
{
	int at = 0;
	for node_each(component, node_get(document_root(box->document), "components")) {
		for node_each(one, node_get(component, "provides"))
			if (text_equal(one->text, role))
				return at < (int)box->component_count ? at : -1;
		at++;
	}
	return -1;
}

bool box_secret_is_client(const struct box *box, const struct box_secret *secret)
{
	int layer = box_player(box, BOX_LAYER);
	return layer >= 0 && secret->component == (size_t)layer && secret->person && secret->user && !strchr(secret->user, '@');
}

const struct box_state *box_state(const struct box *box, const char *name)
{
	for (size_t i = 0; i < box->state_count; i++)
		if (text_equal(box->state[i].name, name))
			return &box->state[i];
	return NULL;
}

bool box_is_training(const struct box *box)
{
	return text_equal(box->mode, "training");
}
