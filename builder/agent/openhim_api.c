/* OpenHIM's interface; see openhim_api.h. */
#include "agent/openhim_api.h"

#include <string.h>

#include "agent/provision.h"
#include "http/http.h"

#define API "https://127.0.0.1:8080"
#define SECRET "openhim-root"
#define SALT_MAX_LENGTH 256u
#define API_SECONDS 6

void openhim_clear(struct openhim_api *caller)
{
	for (size_t i = 0; caller->headers[i]; i++) {
		explicit_bzero(caller->headers[i], strlen(caller->headers[i]));
		free(caller->headers[i]);
		caller->headers[i] = NULL;
	}
}

bool openhim_made_of(const char *text, const char *characters, size_t maximum)
{
	return text && text[0] && strlen(text) <= maximum && strspn(text, characters) == strlen(text);
}

int openhim_call(const struct openhim_api *caller, const char *method, const char *path, const struct json *body,
		 struct document **ret_answer)
{
	autofree char *url = text_format(API "%s", path);
	autofree char *text = body ? json_write(body, true) : NULL;
	const char *headers[6] = { 0 };
	struct http_response response = { 0 };
	struct error unheard = { 0 };
	size_t count = 0;
	while (caller && caller->headers[count]) {
		headers[count] = caller->headers[count];
		count++;
	}
	if (body)
		headers[count] = "Content-Type: application/json";
	struct http_request request = { .method = method, .url = url, .headers = headers, .body = text,
					.body_length = text ? strlen(text) : 0, .insecure = true, /* the box itself */
					.timeout_seconds = API_SECONDS, .body_max = DOCUMENT_MAX_BYTES };
	int status = http_request(&(struct http_settings){ .proxy_http = "DIRECT", .proxy_https = "DIRECT", .tries = 1 },
				  &request, &response, &unheard) < 0 ? -1 : (int)response.status;
	if (ret_answer)
		*ret_answer = document_json_or_null(status >= 200 && status < 300 ? response.body : NULL,
						    response.body_length);
	error_clear(&unheard);
	http_response_clear(&response);
	return status;
}

void openhim_digest(const char *first, const char *second, const char *third, char ret_hex[HASH_HEX_MAX])
{
	autofree char *all = text_format("%s%s%s", first, second, third);
	hash_bytes("sha512", all, strlen(all), ret_hex);
	explicit_bzero(all, strlen(all));
}

int openhim_log_in(const char *root, const struct box *box, struct openhim_api *ret_caller)
{
	const struct box_secret *secret = box_secret(box, SECRET);
	if (!secret || !secret->user)
		return -1;
	autofree char *path = text_format("/authenticate/%s", secret->user);
	autofree char *password = NULL;
	autodocument struct document *answer = NULL;
	struct error unread = { 0 };
	char hash[HASH_HEX_MAX], token[HASH_HEX_MAX];
	int result = secret_read(root, SECRET, &password, &unread);
	error_clear(&unread);
	if (result < 0 || openhim_call(NULL, "GET", path, NULL, &answer) != 200 || !answer)
		return -1;
	const char *salt = node_text(document_root(answer), "salt", ""), *ts = node_text(document_root(answer), "ts", "");
	if (!openhim_made_of(salt, OPENHIM_LOWER OPENHIM_UPPER "-", SALT_MAX_LENGTH)
	    || !openhim_made_of(ts, OPENHIM_LOWER OPENHIM_UPPER "-:.", 64))
		return -1;
	openhim_digest(salt, password, "", hash);
	explicit_bzero(password, strlen(password));
	openhim_digest(hash, salt, ts, token);
	ret_caller->headers[0] = text_format("auth-username: %s", secret->user);
	ret_caller->headers[1] = text_format("auth-ts: %s", ts);
	ret_caller->headers[2] = text_format("auth-salt: %s", salt);
	ret_caller->headers[3] = text_format("auth-token: %s", token);
	return 0;
}
