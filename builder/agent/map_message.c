/* The action `message` of the control socket: one transaction as OpenHIM recorded it, for who clicked on it on the
 * map. Passwords and tokens in its headers stay behind; bodies are cut. */
#include <malloc.h>
#include <string.h>
#include <strings.h>

#include "agent/control_serve.h"
#include "agent/map.h"
#include "agent/openhim_api.h"

#define BODY_SHOWN (64u << 10)   /* bytes of a body; escaped they still fit into an answer (CONTROL_MAX) */
#define VALUE_SHOWN 512u
#define HEADERS_SHOWN 40u
#define ROUTES_SHOWN 8u

static void set_text(struct json *json, const char *key, const char *text, size_t maximum)
{
	text = text ? text : "";
	autofree char *cut = text_copy_n(text, text_cut(text, strlen(text), maximum));
	json_set(json, key, json_new_string(cut));
}

/* What proves who somebody is goes nowhere. */
static bool is_secret(const char *name)
{
	static const char *const words[] = { "authorization", "cookie", "token", "password", "secret", "auth-", "api-key" };
	for (size_t i = 0; i < LENGTH(words); i++)
		if (strcasestr(name, words[i]))
			return true;
	return false;
}

static struct json *headers(const struct node *map)
{
	struct json *list = json_new_object();
	size_t count = 0;
	for node_each(one, map)
		if (one->key && one->text && !is_secret(one->key) && strlen(one->key) <= 128 && count++ < HEADERS_SHOWN)
			set_text(list, one->key, one->text, VALUE_SHOWN);
	return list;
}

/* One side of the message: headers and body. */
static struct json *side(const struct node *node)
{
	struct json *json = json_new_object();
	const char *body = node_text(node, "body", "");
	json_set(json, "headers", headers(node_get(node, "headers")));
	set_text(json, "body", body, BODY_SHOWN);
	json_set(json, "length", json_new_number((int64_t)strlen(body)));
	set_text(json, "time", node_text(node, "timestamp", ""), 64);
	return json;
}

static struct json *routes(const struct node *list)
{
	struct json *json = json_new_array();
	size_t count = 0;
	for node_each(one, list) {
		struct json *item = json_new_object();
		if (count++ == ROUTES_SHOWN) {
			json_release(item);
			break;
		}
		set_text(item, "name", node_text(one, "name", ""), 128);
		set_text(item, "status", node_text(node_get(one, "response"), "status", ""), 8);
		json_add(json, item);
	}
	return json;
}

static const char *header(const struct node *request, const char *name)
{
	for node_each(one, node_get(request, "headers"))
		if (one->key && strcasecmp(one->key, name) == 0)
			return one->text;
	return NULL;
}

/* What the answer holds of a transaction; for tests as well. */
struct json *map_message_json(const struct node *transaction)
{
	const struct node *request = node_get(transaction, "request"), *response = node_get(transaction, "response");
	struct json *json = json_new_object();
	struct json *asked = side(request), *answered = side(response);
	set_text(json, "id", node_text(transaction, "_id", ""), MAP_ID_LENGTH);
	set_text(json, "state", node_text(transaction, "status", ""), 64);
	set_text(json, "client", header(request, "x-openhim-clientid"), 64);
	set_text(json, "error", node_text(node_get(transaction, "error"), "message", ""), VALUE_SHOWN);
	set_text(asked, "method", node_text(request, "method", ""), 16);
	set_text(asked, "path", node_text(request, "path", ""), VALUE_SHOWN);
	set_text(asked, "query", node_text(request, "querystring", ""), VALUE_SHOWN);
	set_text(answered, "status", node_text(response, "status", ""), 8);
	json_set(json, "request", asked);
	json_set(json, "response", answered);
	json_set(json, "routes", routes(node_get(transaction, "routes")));
	return json;
}

static int find_message(struct request *request, struct json *answer, struct saying *ret_refusal)
{
	const struct control *control = request->control;
	const char *id = request_text(request, "id", MAP_ID_LENGTH);
	auto_openhim struct openhim_api api = { 0 };
	autodocument struct document *transaction = NULL;
	if (!id || strlen(id) != MAP_ID_LENGTH || !openhim_made_of(id, "0123456789abcdef", MAP_ID_LENGTH))
		return refuse(ret_refusal, SAY_CONTROL_UNKNOWN);
	if (box_player(control->box, BOX_LAYER) < 0)
		return refuse(ret_refusal, SAY_PAGE_NO_EXCHANGE);
	if (openhim_log_in(control->root, control->box, &api) < 0)
		return refuse(ret_refusal, SAY_MAP_NO_RECORD);
	autofree char *path = text_format("/transactions/%s", id);
	int status = openhim_call(&api, "GET", path, NULL, &transaction);
	if (status == 404)
		return refuse(ret_refusal, SAY_MAP_FORGOTTEN);
	if (status != 200 || !transaction)
		return refuse(ret_refusal, SAY_MAP_NO_RECORD);
	json_set(answer, "message", map_message_json(document_root(transaction)));
	return 0;
}

int action_message(struct request *request, struct json *answer, struct saying *ret_refusal)
{
	int result = find_message(request, answer, ret_refusal);
	malloc_trim(0); /* OpenHIM's record of a message may be megabytes, of which little is shown */
	return result;
}
