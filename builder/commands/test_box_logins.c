/* What workflows need to know of the box they are played against. */
#include <string.h>

#include "commands/test_box.h"

#define BOX_FILE "/usr/lib/hie/box.json"
#define AUTHORITY_FILE "/var/lib/hie/tls/ca.crt"

void test_inside_clear(struct test_inside *inside)
{
	for (size_t i = 2; i < inside->credentials.count; i += 3)
		explicit_bzero(inside->credentials.items[i], strlen(inside->credentials.items[i]));
	strings_clear(&inside->credentials);
	document_free(inside->box);
	free(inside->roles);
	free(inside->authority);
	*inside = (struct test_inside){0};
}

static void find_roles(struct test_inside *inside)
{
	size_t count = 0, capacity = 0;

	for node_each(component, node_get(document_root(inside->box), "components")) {
		inside->roles = array_grow(inside->roles, count, &capacity, sizeof *inside->roles);
		inside->roles[count++] = node_text(component, "id", "");
		for node_each(role, node_get(component, "provides")) {
			inside->roles = array_grow(inside->roles, count, &capacity, sizeof *inside->roles);
			inside->roles[count++] = role->text ? role->text : "";
		}
	}
	inside->roles = array_grow(inside->roles, count, &capacity, sizeof *inside->roles);
	inside->roles[count] = NULL;
}

/* Those that systems speak to the interoperability layer with, as the box itself takes them (agent/box.c). */
static bool is_client(const struct node *secret)
{
	const char *user = node_text(secret, "user", NULL), *name = node_text(secret, "name", "");

	return user && !strchr(user, '@') && text_equal(node_text(secret, "for", ""), "person") && value_id.valid(name);
}

static bool provides(const struct node *component, const char *role)
{
	if (text_equal(node_text(component, "id", ""), role))
		return true;
	for node_each(one, node_get(component, "provides"))
		if (text_equal(one->text, role))
			return true;
	return false;
}

/* Names and users; the passwords follow, one a line in the same order. */
static void find_clients(struct test_inside *inside, struct buffer *script)
{
	for node_each(component, node_get(document_root(inside->box), "components"))
		for node_each(secret, node_get(component, "secrets")) {
			if (!provides(component, "interoperability-layer") || !is_client(secret))
				continue;
			strings_add(&inside->credentials, node_text(secret, "name", ""));
			strings_add(&inside->credentials, node_text(secret, "user", ""));
			strings_add(&inside->credentials, "");
			buffer_format(script, "printf '%%s\\n' \"$(head -n 1 /var/lib/hie/secrets/%s 2>/dev/null)\"\n",
				      node_text(secret, "name", ""));
		}
}

/* A line for each; a missing one is empty. */
static void take_passwords(struct test_inside *inside, const char *text)
{
	const char *line = text;

	for (size_t i = 2; i < inside->credentials.count; i += 3) {
		size_t length = strcspn(line, "\n");
		free(inside->credentials.items[i]);
		inside->credentials.items[i] = text_copy_n(line, length);
		line += length + (line[length] == '\n');
	}
}

int test_inside_read(struct test_machine *test, struct test_inside *inside, struct error *err)
{
	autobuffer struct buffer script = {0};
	autofree char *box = NULL, *passwords = NULL;

	*inside = (struct test_inside){0};
	if (test_machine_ask(test, "cat " BOX_FILE, 60, &box, err) < 0)
		return -1;
	inside->box = document_json_or_null(box, strlen(box));
	if (!inside->box)
		return error_set(err, "%s: the box has no %s that can be read", test->what.name, BOX_FILE);
	find_roles(inside);
	find_clients(inside, &script);
	buffer_text(&script, "true\n");
	if (test_machine_ask(test, script.data, 60, &passwords, err) < 0)
		return -1;
	take_passwords(inside, passwords);
	explicit_bzero(passwords, strlen(passwords));
	return test_machine_ask(test, "cat " AUTHORITY_FILE " 2>/dev/null || :", 60, &inside->authority, err);
}

int test_inside_credential(void *context, const char *name, struct play_login *ret_login, struct error *err)
{
	const struct test_inside *inside = context;

	for (size_t i = 0; i + 2 < inside->credentials.count; i += 3)
		if (text_equal(inside->credentials.items[i], name) && *inside->credentials.items[i + 2]) {
			ret_login->user = text_copy(inside->credentials.items[i + 1]);
			ret_login->password = text_copy(inside->credentials.items[i + 2]);
			return 0;
		}
	return error_set(err, "no client of this box's interoperability layer has that name");
}
