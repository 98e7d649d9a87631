/* The action `mediator` of the control socket: a channel and a client in OpenHIM for somebody's program,
 * through OpenHIM's own API and with the box's own login. Nothing that exists is touched; when the channel
 * cannot be made, the client goes again. */
#include <regex.h>
#include <string.h>

#include "agent/control_serve.h"
#include "agent/openhim_api.h"
#include "agent/provision.h"

#define NAME_MAX_LENGTH 40u
#define PATH_MAX_LENGTH 100u
#define HOST_MAX_LENGTH 253u

struct wish {
	const char *name, *host, *path;
	int64_t port;
};

/* What is wrong with the wish; SENTENCE_COUNT: nothing. */
static enum sentence judge(struct request *request, struct wish *wish)
{
	const char *port = request_text(request, "port", 8);
	wish->name = request_text(request, "name", NAME_MAX_LENGTH);
	wish->host = request_text(request, "host", HOST_MAX_LENGTH);
	wish->path = request_text(request, "path", PATH_MAX_LENGTH);
	if (!openhim_made_of(wish->name, OPENHIM_LOWER "-", NAME_MAX_LENGTH) || wish->name[0] == '-')
		return SAY_MEDIATOR_NAME;
	if (!openhim_made_of(wish->host, OPENHIM_LOWER OPENHIM_UPPER ".-:", HOST_MAX_LENGTH) || wish->host[0] == '-' || wish->host[0] == '.')
		return SAY_MEDIATOR_HOST;
	if (!port || number_parse(port, 1, 65535, &wish->port) < 0)
		return SAY_MEDIATOR_PORT;
	if (!openhim_made_of(wish->path, OPENHIM_LOWER OPENHIM_UPPER "/._-", PATH_MAX_LENGTH) || wish->path[0] != '/' || strlen(wish->path) < 2
	    || text_ends(wish->path, "/") || strstr(wish->path, "//") || strstr(wish->path, ".."))
		return SAY_MEDIATOR_PATH;
	return SENTENCE_COUNT;
}

/* Does the list have a client of this name, or a channel of this name or one that would take the path's
 * messages? */
static bool is_taken(const struct node *list, const struct wish *wish)
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
static int make_client(const struct openhim_api *caller, const struct wish *wish, const char *role, const char *password)
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

static int make_channel(const struct openhim_api *caller, const struct wish *wish, const char *role)
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
	json_set(route, "port", json_new_number(wish->port));
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

/* Takes back the client that was just made. */
static void remove_client(const struct openhim_api *caller, const struct wish *wish)
{
	autodocument struct document *clients = NULL;
	openhim_call(caller, "GET", "/clients", NULL, &clients);
	for node_each(one, document_root(clients)) {
		const char *id = node_text(one, "_id", "");
		autofree char *path = text_format("/clients/%s", id);
		if (text_equal(node_text(one, "clientID", ""), wish->name) && openhim_made_of(id, OPENHIM_LOWER, 64))
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

static int make(struct request *request, const struct wish *wish, const char *role, char **ret_password,
		struct saying *ret_refusal)
{
	const struct control *control = request->control;
	auto_openhim struct openhim_api caller = { 0 };
	autodocument struct document *clients = NULL, *channels = NULL;
	if (openhim_log_in(control->root, control->box, &caller) < 0
	    || openhim_call(&caller, "GET", "/clients", NULL, &clients) != 200
	    || openhim_call(&caller, "GET", "/channels", NULL, &channels) != 200)
		return refuse(ret_refusal, SAY_MEDIATOR_NO_ANSWER);
	if (is_taken(document_root(clients), wish) || is_taken(document_root(channels), wish))
		return refuse(ret_refusal, SAY_MEDIATOR_TAKEN, wish->name, wish->path);
	request->note = text_copy(wish->name);
	autofree char *password = secret_new(SECRET_PASSWORD);
	if (make_client(&caller, wish, role, password) < 0)
		return refuse(ret_refusal, SAY_MEDIATOR_NOT_MADE);
	if (make_channel(&caller, wish, role) < 0) {
		remove_client(&caller, wish);
		return refuse(ret_refusal, SAY_MEDIATOR_NOT_MADE);
	}
	*ret_password = steal(password);
	return 0;
}

int action_mediator(struct request *request, struct json *answer, struct saying *ret_refusal)
{
	const struct box *box = request->control->box;
	struct wish wish = { 0 };
	enum sentence wrong = judge(request, &wish);
	int component = box_player(box, BOX_LAYER);
	if (component < 0)
		return refuse(ret_refusal, SAY_PAGE_NO_EXCHANGE);
	if (wrong != SENTENCE_COUNT)
		return refuse(ret_refusal, wrong);
	autodocument struct document *guide = load_guide(request->control->root, box->components[component].id);
	const struct node *connect = node_get(document_root(guide), "connect");
	autofree char *password = NULL;
	if (make(request, &wish, node_text(connect, "role", NULL), &password, ret_refusal) < 0)
		return -1;
	autofree char *address = text_format("%s%s", node_text(connect, "router", ""), wish.path);
	json_set(answer, "client", json_new_string(wish.name));
	json_set(answer, "password", json_new_string(password));
	json_set(answer, "channel", json_new_string(wish.name));
	json_set(answer, "address", json_new_string(address));
	explicit_bzero(password, strlen(password));
	return 0;
}
