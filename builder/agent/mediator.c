/* A channel and a client in OpenHIM; see mediator.h. */
#include "agent/mediator.h"

#include <regex.h>
#include <string.h>

#include "agent/control_serve.h"
#include "agent/openhim_api.h"
#include "agent/provision.h"

#define NAME_MAX_LENGTH 40u
#define PATH_MAX_LENGTH 100u
#define HOST_MAX_LENGTH 253u

void mediator_made_clear(struct mediator_made *made)
{
	if (made->password)
		explicit_bzero(made->password, strlen(made->password));
	free(made->password);
	free(made->address);
	*made = (struct mediator_made){ 0 };
}

/* What is wrong with the wish; SENTENCE_COUNT: nothing. */
static enum sentence judge(const struct mediator_wish *wish, int64_t *ret_port)
{
	if (!openhim_made_of(wish->name, OPENHIM_LOWER "-", NAME_MAX_LENGTH) || wish->name[0] == '-')
		return SAY_MEDIATOR_NAME;
	if (!openhim_made_of(wish->host, OPENHIM_LOWER OPENHIM_UPPER ".-:", HOST_MAX_LENGTH) || wish->host[0] == '-' || wish->host[0] == '.')
		return SAY_MEDIATOR_HOST;
	if (!wish->port || number_parse(wish->port, 1, 65535, ret_port) < 0)
		return SAY_MEDIATOR_PORT;
	if (!openhim_made_of(wish->path, OPENHIM_LOWER OPENHIM_UPPER "/._-", PATH_MAX_LENGTH) || wish->path[0] != '/' || strlen(wish->path) < 2
	    || text_ends(wish->path, "/") || strstr(wish->path, "//") || strstr(wish->path, ".."))
		return SAY_MEDIATOR_PATH;
	return SENTENCE_COUNT;
}

/* Does the list have a client of this name, or a channel of this name or one that would take the path's
 * messages? */
static bool is_taken(const struct node *list, const struct mediator_wish *wish)
{
	autofree char *below = text_format("%s/x", wish->path);
	for node_each(one, list) {
		const char *pattern = node_text(one, "urlPattern", NULL);
		regex_t expression;
		if (text_equal(node_text(one, "clientID", ""), wish->name)
		    || text_equal(node_text(one, "name", ""), wish->name))
			return true;
		if (!pattern || regcomp(&expression, pattern, REG_EXTENDED | REG_NOSUB) != 0)
			continue;
		bool takes = regexec(&expression, wish->path, 0, NULL, 0) == 0
			|| regexec(&expression, below, 0, NULL, 0) == 0;
		regfree(&expression);
		if (takes)
			return true;
	}
	return false;
}

static struct json *texts(const char *first, const char *second)
{
	struct json *list = json_new_array();
	json_add(list, json_new_string(first));
	if (second)
		json_add(list, json_new_string(second));
	return list;
}

/* `role` is what the box's own clients have that may use its channels; NULL: none. */
static int make_client(const struct openhim_api *caller, const struct mediator_wish *wish, const char *role, const char *password)
{
	char hash[HASH_HEX_MAX];
	autofree char *salt = secret_new(SECRET_HEX);
	autofree char *domain = text_format("%s.example.org", wish->name);
	autojson struct json *client = json_new_object();
	openhim_digest(password, salt, "", hash);
	json_set(client, "clientID", json_new_string(wish->name));
	json_set(client, "name", json_new_string(wish->name));
	json_set(client, "clientDomain", json_new_string(domain));
	json_set(client, "roles", texts(wish->name, role));
	json_set(client, "passwordAlgorithm", json_new_string("sha512"));
	json_set(client, "passwordSalt", json_new_string(salt));
	json_set(client, "passwordHash", json_new_string(hash));
	return openhim_call(caller, "POST", "/clients", client, NULL) == 201 ? 0 : -1;
}

static int make_channel(const struct openhim_api *caller, const struct mediator_wish *wish, int64_t port, const char *role)
{
	static const char *const methods[] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS" };
	struct buffer pattern = { 0 };
	autojson struct json *channel = json_new_object();
	struct json *list = json_new_array(), *route = json_new_object(), *routes = json_new_array();
	buffer_text(&pattern, "^");
	for (const char *at = wish->path; *at; at++)
		buffer_format(&pattern, "%s%c", *at == '.' ? "\\" : "", *at);
	buffer_text(&pattern, "(/.*)?$");
	for (size_t i = 0; i < LENGTH(methods); i++)
		json_add(list, json_new_string(methods[i]));
	json_set(route, "name", json_new_string(wish->name));
	json_set(route, "type", json_new_string("http"));
	json_set(route, "host", json_new_string(wish->host));
	json_set(route, "port", json_new_number(port));
	json_set(route, "secured", json_new_boolean(false));
	json_set(route, "primary", json_new_boolean(true));
	json_set(route, "status", json_new_string("enabled"));
	json_add(routes, route);
	json_set(channel, "name", json_new_string(wish->name));
	json_set(channel, "urlPattern", json_new_string(pattern.data));
	json_set(channel, "type", json_new_string("http"));
	json_set(channel, "methods", list);
	json_set(channel, "authType", json_new_string("private"));
	json_set(channel, "allow", texts(wish->name, role));
	json_set(channel, "requestBody", json_new_boolean(true));
	json_set(channel, "responseBody", json_new_boolean(true));
	json_set(channel, "status", json_new_string("enabled"));
	json_set(channel, "routes", routes);
	buffer_clear(&pattern);
	return openhim_call(caller, "POST", "/channels", channel, NULL) == 201 ? 0 : -1;
}

/* Removes what has just this name: `list` is /clients or /channels, `key` where the name stands. */
static void remove_named(const struct openhim_api *caller, const char *list, const char *key, const char *name)
{
	autodocument struct document *all = NULL;
	openhim_call(caller, "GET", list, NULL, &all);
	for node_each(one, document_root(all)) {
		const char *id = node_text(one, "_id", "");
		autofree char *path = text_format("%s/%s", list, id);
		if (text_equal(node_text(one, key, ""), name) && openhim_made_of(id, OPENHIM_LOWER, 64))
			openhim_call(caller, "DELETE", path, NULL, NULL);
	}
}

/* What the component's page.d file says of connecting: `request` (an address) and `role`. */
static struct document *load_guide(const char *root, const char *id)
{
	autofree char *relative = text_format("/usr/share/hie/page.d/%s.yaml", id);
	autofree char *path = path_join(root, relative);
	return document_load_or_null(path);
}

/* A client, and a channel to it. */
struct making {
	const struct mediator_wish *wish;
	int64_t port;
	const char *role;
};

static int make(const struct openhim_api *caller, const struct making *making, char **ret_password, struct saying *ret_refusal)
{
	const struct mediator_wish *wish = making->wish;
	autodocument struct document *clients = NULL, *channels = NULL;
	if (wish->replace) {
		remove_named(caller, "/channels", "name", wish->name);
		remove_named(caller, "/clients", "clientID", wish->name);
	}
	if (openhim_call(caller, "GET", "/clients", NULL, &clients) != 200
	    || openhim_call(caller, "GET", "/channels", NULL, &channels) != 200)
		return refuse(ret_refusal, SAY_MEDIATOR_NO_ANSWER);
	if (is_taken(document_root(clients), wish) || is_taken(document_root(channels), wish))
		return refuse(ret_refusal, SAY_MEDIATOR_TAKEN, wish->name, wish->path);
	autofree char *password = secret_new(SECRET_PASSWORD);
	if (make_client(caller, wish, making->role, password) < 0)
		return refuse(ret_refusal, SAY_MEDIATOR_NOT_MADE);
	if (make_channel(caller, wish, making->port, making->role) < 0) {
		remove_named(caller, "/clients", "clientID", wish->name);
		return refuse(ret_refusal, SAY_MEDIATOR_NOT_MADE);
	}
	*ret_password = steal(password);
	return 0;
}

int mediator_make(const char *root, const struct box *box, const struct mediator_wish *wish,
		  struct mediator_made *ret_made, struct saying *ret_refusal)
{
	auto_openhim struct openhim_api caller = { 0 };
	struct making making = { .wish = wish };
	enum sentence wrong = judge(wish, &making.port);
	int component = box_player(box, BOX_LAYER);
	if (component < 0)
		return refuse(ret_refusal, SAY_PAGE_NO_EXCHANGE);
	if (wrong != SENTENCE_COUNT)
		return refuse(ret_refusal, wrong);
	autodocument struct document *guide = load_guide(root, box->components[component].id);
	const struct node *connect = node_get(document_root(guide), "connect");
	making.role = node_text(connect, "role", NULL);
	if (openhim_log_in(root, box, &caller) < 0)
		return refuse(ret_refusal, SAY_MEDIATOR_NO_ANSWER);
	if (make(&caller, &making, &ret_made->password, ret_refusal) < 0)
		return -1;
	ret_made->address = text_format("%s%s", node_text(connect, "router", ""), wish->path);
	return 0;
}

int action_mediator(struct request *request, struct json *answer, struct saying *ret_refusal)
{
	struct mediator_made made = { 0 };
	const struct mediator_wish wish = { .name = request_text(request, "name", NAME_MAX_LENGTH),
					    .host = request_text(request, "host", HOST_MAX_LENGTH),
					    .path = request_text(request, "path", PATH_MAX_LENGTH),
					    .port = request_text(request, "port", 8) };
	if (mediator_make(request->control->root, request->control->box, &wish, &made, ret_refusal) < 0)
		return -1;
	request->note = text_copy(wish.name);
	json_set(answer, "client", json_new_string(wish.name));
	json_set(answer, "password", json_new_string(made.password));
	json_set(answer, "channel", json_new_string(wish.name));
	json_set(answer, "address", json_new_string(made.address));
	mediator_made_clear(&made);
	return 0;
}
