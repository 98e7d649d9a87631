/* A Postman collection as a workflow: which requests it has, where they stand, what they are called. */
#include <ctype.h>
#include <string.h>

#include "commands/postman.h"

#define REQUESTS_MOST 2000u
#define ID_MAX 60u
#define NAME_MAX_SHOWN 200

struct reader {
	struct arena *arena;
	struct diagnostics *mistakes;
	size_t before;              /* how many mistakes there were */
	struct step *steps;         /* on the heap while it grows */
	size_t count, capacity;
};

bool postman_is_name(const char *name)
{
	return text_ends(name, POSTMAN_ENDING) && name[0] != '.';
}

static void expected(struct reader *reader, const struct node *at, const struct node *around, const char *what)
{
	const struct node *node = at ? at : around;

	diagnostics_add(reader->mistakes, node->place, "expected %s, got %s", what, at ? node_kind_name(at->kind) : "nothing");
}

/* Small letters, digits and hyphens, as workflows have them; "" when nothing of the name is left. */
static void make_id(const char *name, char id[ID_MAX + 1])
{
	size_t length = 0;

	for (; *name && length < ID_MAX; name++) {
		if (isalnum((unsigned char)*name))
			id[length++] = (char)tolower((unsigned char)*name);
		else if (length && id[length - 1] != '-')
			id[length++] = '-';
	}
	while (length && id[length - 1] == '-')
		length--;
	id[length] = '\0';
}

static const char *unique_id(struct reader *reader, const char *name)
{
	char id[ID_MAX + 1];
	size_t same = 0;

	make_id(name, id);
	if (!*id)
		return NULL; /* known by its number */
	size_t length = strlen(id);
	for (size_t i = 0; i < reader->count; i++) {
		const char *other = reader->steps[i].id.text;
		same += other && strncmp(other, id, length) == 0 && (!other[length] || other[length] == '.');
	}
	return same ? arena_format(reader->arena, "%s.%zu", id, same + 1) : arena_string(reader->arena, id);
}

static struct entry_list english(struct reader *reader, const char *text, const struct node *value)
{
	struct node *node = arena_alloc(reader->arena, sizeof *node);
	struct map_entry *entry = arena_alloc(reader->arena, sizeof *entry);

	*node = (struct node){.kind = NODE_STRING, .place = value->place, .text = arena_string(reader->arena, text)};
	*entry = (struct map_entry){.key = {.text = "en", .place = value->place}, .value = node};
	return (struct entry_list){entry, 1};
}

/* The words behind "shows:" at the beginning of a line. */
static struct text_list shown(struct reader *reader, const struct node *described)
{
	const struct node *description = node_get(described, "description");
	const char *text = description && description->text ? description->text : node_text(description, "content", "");
	autostrings struct strings lines = {0}, ids = {0};
	struct text_list list = {0};

	strings_split(&lines, text, "\r\n");
	for (size_t i = 0; i < lines.count; i++)
		if (text_starts(lines.items[i], "shows:"))
			strings_split(&ids, lines.items[i] + strlen("shows:"), " ,\t");
	if (!ids.count)
		return list;
	list.items = arena_alloc(reader->arena, ids.count * sizeof *list.items);
	for (; list.count < ids.count; list.count++)
		list.items[list.count] = (struct placed_text){arena_string(reader->arena, ids.items[list.count]), description->place};
	return list;
}

static void check_url(struct reader *reader, const struct node *url, const struct node *request)
{
	if (url && (url->kind == NODE_STRING || (url->kind == NODE_MAP && (node_get(url, "raw") || node_get(url, "host")))))
		return;
	expected(reader, url, request, "url: an address, or a map with raw or host");
}

static void check_scripts(struct reader *reader, const struct node *events)
{
	if (events && events->kind != NODE_LIST)
		expected(reader, events, events, "event: a list of scripts");
	for node_each(event, events) {
		const struct node *script = node_get(event, "script"), *lines = node_get(script, "exec");
		const char *when = node_text(event, "listen", "");
		if (!text_equal(when, "test") && !text_equal(when, "prerequest"))
			diagnostics_add(reader->mistakes, event->place, "expected listen: test or prerequest, got \"%.40s\"", when);
		if (lines && lines->kind != NODE_LIST && lines->kind != NODE_STRING)
			expected(reader, lines, event, "script.exec: a list of lines");
	}
}

static void add_request(struct reader *reader, const struct node *item, const char *name, const char *folder)
{
	const struct node *request = node_get(item, "request");

	if (request->kind == NODE_MAP)
		check_url(reader, node_get(request, "url"), request);
	else if (request->kind != NODE_STRING)
		expected(reader, request, item, "request: an address, or a map");
	if (reader->count == REQUESTS_MOST)
		diagnostics_add(reader->mistakes, item->place, "expected at most %u requests, got more", REQUESTS_MOST);
	if (reader->count >= REQUESTS_MOST)
		return;
	reader->steps = array_grow(reader->steps, reader->count, &reader->capacity, sizeof *reader->steps);
	autofree char *tell = *folder ? text_format("%s › %s", folder, name) : text_copy(name);
	struct text_list shows = shown(reader, item).count ? shown(reader, item) : shown(reader, request);
	const char *id = unique_id(reader, name);
	reader->steps[reader->count++] = (struct step){.id = {id, item->place}, .tell = english(reader, tell, item),
						       .shows = shows, .place = item->place};
}

static void read_items(struct reader *reader, const struct node *around, const char *folder)
{
	const struct node *items = node_get(around, "item");

	if (!items || items->kind != NODE_LIST) {
		expected(reader, items, around, "item: a list of requests and folders");
		return;
	}
	for node_each(item, items) {
		autofree char *name = text_format("%.*s", NAME_MAX_SHOWN, node_text(item, "name", ""));
		autofree char *inside = *folder ? text_format("%s › %s", folder, name) : text_copy(name);
		check_scripts(reader, node_get(item, "event"));
		if (node_get(item, "item"))
			read_items(reader, item, inside);
		else if (node_get(item, "request"))
			add_request(reader, item, name, folder);
		else
			diagnostics_add(reader->mistakes, item->place, "expected a request, or a folder with item, got neither");
	}
}

/* Other versions have other keys at the same places. */
static void check_version(struct reader *reader, const struct node *root)
{
	const struct node *info = node_get(root, "info"), *schema = node_get(info, "schema");

	if (!info || !schema || !schema->text)
		expected(reader, schema ? schema : info, root, "info.schema, the address of the collection's format");
	else if (!strstr(schema->text, "/v2.1."))
		diagnostics_add(reader->mistakes, schema->place,
				"expected a collection of format 2.1 (export it as \"Collection v2.1\"), got %.80s", schema->text);
}

int postman_read(const struct node *root, const char *path, struct arena *arena, const struct workflow **ret_workflow,
		 struct diagnostics *mistakes)
{
	struct reader reader = {.arena = arena, .mistakes = mistakes, .before = mistakes->count + mistakes->dropped};
	struct workflow *workflow = arena_alloc(arena, sizeof *workflow);
	autofree char *file = text_copy(path_base(path));
	char id[ID_MAX + 1];

	if (!root || root->kind != NODE_MAP) {
		diagnostics_add(mistakes, root ? root->place : (struct place){.file = path}, "expected a Postman collection, got %s",
				root ? node_kind_name(root->kind) : "nothing");
		return -1;
	}
	check_version(&reader, root);
	check_scripts(&reader, node_get(root, "event"));
	read_items(&reader, root, "");
	if (!reader.count && mistakes->count + mistakes->dropped == reader.before)
		diagnostics_add(mistakes, root->place, "expected at least one request, got none");
	file[strlen(file) - (postman_is_name(file) ? strlen(POSTMAN_ENDING) : 0)] = '\0';
	make_id(file, id);
	workflow->id = arena_string(arena, *id ? id : "collection");
	workflow->place = root->place;
	workflow->title = english(&reader, node_text(node_get(root, "info"), "name", workflow->id), root);
	workflow->shows = shown(&reader, node_get(root, "info"));
	workflow->steps = arena_alloc(arena, (reader.count + 1) * sizeof *workflow->steps);
	workflow->step_count = reader.count;
	if (reader.count)
		memcpy(workflow->steps, reader.steps, reader.count * sizeof *workflow->steps);
	free(reader.steps);
	*ret_workflow = workflow;
	return mistakes->count + mistakes->dropped == reader.before ? 0 : -1;
}
