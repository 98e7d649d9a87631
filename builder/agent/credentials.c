/* Who can log in, and where: for people, on the box's own screen and over SSH. */
#include <string.h>

#include "agent/provision.h"
#include "document/document.h"

/* Shown are the passwords of persons; while training also those of the demo's own programs that log in
 * by name, because trainees play them. */
static bool is_shown(const struct box *box, const struct box_secret *secret)
{
	return secret->person || (secret->user && box_is_training(box));
}

static struct json *people_json(const char *root, const struct box *box, struct error *err)
{
	autojson struct json *people = json_new_array();
	for (size_t i = 0; i < box->secret_count; i++) {
		const struct box_secret *secret = &box->secrets[i];
		autofree char *password = NULL;
		if (!is_shown(box, secret))
			continue;
		if (secret_read(root, secret->name, &password, err) < 0)
			return NULL;
		struct json *one = json_new_object();
		json_set(one, "name", json_new_string(secret->name));
		json_set(one, "user", json_new_string(secret->user ? secret->user : secret->name));
		json_set(one, "password", json_new_string(password));
		json_set(one, "title", json_new_string(secret->title));
		json_set(one, "component", json_new_string(box->components[secret->component].id));
		json_set(one, "for", json_new_string(secret->person ? "person" : "service"));
		json_add(people, one);
	}
	return steal(people);
}

/* Addresses and what is there, by turns: pages first, then what else the local network reaches by port. */
static void find_places(const struct box *box, struct strings *places)
{
	const char *scheme = box_is_training(box) ? "http" : "https";
	strings_format(places, "%s://%s.local/", scheme, box->name);
	strings_take(places, sentence(SAY_OVERVIEW_PAGE, NULL));
	for (size_t i = 0; i < box->component_count; i++) {
		const struct box_component *component = &box->components[i];
		if (!component->page || text_equal(component->page, "/"))
			continue;
		strings_format(places, "%s://%s.local%s", scheme, box->name, component->page);
		strings_add(places, component->page_title);
	}
	for (size_t i = 0; i < box->port_count; i++) {
		const struct box_port *port = &box->ports[i];
		bool shown = text_equal(port->audience, "local-network")
			|| (text_equal(port->audience, "developer") && text_equal(box->mode, "development"));
		if (!shown || !text_equal(port->protocol, "tcp"))
			continue;
		strings_format(places, "%s.local:%u", box->name, port->number);
		strings_add(places, port->summary);
	}
}

static struct json *places_json(const struct box *box)
{
	struct json *list = json_new_array();
	autostrings struct strings places = { 0 };
	find_places(box, &places);
	for (size_t i = 0; i + 1 < places.count; i += 2) {
		struct json *one = json_new_object();
		json_set(one, "place", json_new_string(places.items[i]));
		json_set(one, "title", json_new_string(places.items[i + 1]));
		json_add(list, one);
	}
	return list;
}

/* One line per person, in columns. */
static int people_text(const char *root, const struct box *box, struct buffer *out, struct error *err)
{
	size_t width = 0, shown = 0;
	for (size_t i = 0; i < box->secret_count; i++) {
		const struct box_secret *secret = &box->secrets[i];
		size_t length = strlen(secret->user ? secret->user : secret->name);
		if (is_shown(box, secret) && length > width)
			width = length;
	}
	for (size_t i = 0; i < box->secret_count; i++) {
		const struct box_secret *secret = &box->secrets[i];
		autofree char *password = NULL;
		if (!is_shown(box, secret))
			continue;
		if (secret_read(root, secret->name, &password, err) < 0)
			return -1;
		autofree char *user = text_format("%-*s", (int)(width < 60 ? width : 60),
						  secret->user ? secret->user : secret->name);
		autofree char *line = sentence(SAY_USER_LINE, user, password, secret->title, NULL);
		buffer_format(out, "%s\n", line);
		shown++;
	}
	autofree char *none = sentence(SAY_CREDENTIALS_NONE, NULL);
	if (!shown)
		buffer_format(out, "%s\n", none);
	return 0;
}

static void places_text(const struct box *box, struct buffer *out)
{
	autofree char *head = sentence(SAY_PLACES_HEAD, NULL);
	autostrings struct strings places = { 0 };
	find_places(box, &places);
	buffer_format(out, "\n%s\n", head);
	for (size_t i = 0; i + 1 < places.count; i += 2) {
		autofree char *line = sentence(SAY_PLACE_LINE, places.items[i], places.items[i + 1], NULL);
		buffer_format(out, "%s\n", line);
	}
}

int credentials_text(const char *root, const struct box *box, bool json, char **ret_text, struct error *err)
{
	if (json) {
		struct json *people = people_json(root, box, err);
		if (!people)
			return -1;
		autojson struct json *all = json_new_object();
		json_set(all, "name", json_new_string(box->name));
		json_set(all, "mode", json_new_string(box->mode));
		json_set(all, "credentials", people);
		json_set(all, "places", places_json(box));
		*ret_text = json_write(all, false);
		return 0;
	}
	autobuffer struct buffer out = { 0 };
	autofree char *host = text_format("%s.local", box->name);
	autofree char *head = sentence(SAY_CREDENTIALS_HEAD, host, NULL);
	buffer_format(&out, "%s\n", head);
	if (people_text(root, box, &out, err) < 0)
		return -1;
	places_text(box, &out);
	*ret_text = buffer_steal(&out);
	return 0;
}

int step_credentials(const struct provision *provision, char **ret_remark, struct error *err)
{
	autofree char *path = hie_path(provision->root, "credentials.json");
	autofree char *text = NULL;
	if (credentials_text(provision->root, provision->box, true, &text, err) < 0)
		return -1;
	bool same = file_has(path, text, strlen(text));
	*ret_remark = sentence(SAY_TEMPLATES_DONE, "1", same ? "0" : "1", NULL);
	return same ? 0 : file_write(path, text, strlen(text), 0600, err);
}
