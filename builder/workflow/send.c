/* One request of a run: made, sent, and recorded without its password. */
#include "workflow/player.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#define ACCEPT "Accept: application/fhir+json, application/json;q=0.9, */*;q=0.1"

double play_clock(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

bool player_stops(struct player *player)
{
	const struct play_observer *observer = player->observer;
	if (!player->result->stopped)
		player->result->stopped = play_clock() > player->end ||
					  (observer && observer->stop && observer->stop(observer->context));
	return player->result->stopped;
}

static bool stop_asked(void *context)
{
	return player_stops(context);
}

void exchange_clear(struct exchange *exchange)
{
	free(exchange->method);
	free(exchange->path);
	free(exchange->sent.text);
	free(exchange->body.text);
	strings_clear(&exchange->sent_headers);
	strings_clear(&exchange->headers);
	*exchange = (struct exchange){ 0 };
}

static void record_body(struct player *player, struct played_body *body, const char *text, size_t length)
{
	size_t most = player->shown < PLAY_SHOWN_TOTAL ? PLAY_SHOWN_MAX : PLAY_SHOWN_LITTLE;
	if (!length)
		return;
	body->length = length;
	body->shown = text_cut(text, length, most);
	body->text = text_copy_n(text, body->shown);
	player->shown += body->shown;
}

/* ---- making it ---- */

struct message {
	char *url, *body;
	size_t length;
	struct strings headers;
	struct play_login login;
};

static void forget(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

void play_login_clear(struct play_login *login)
{
	free(login->user);
	forget(login->password);
	forget(login->token);
	free(login->certificate);
	free(login->key);
	forget(login->key_password);
	*login = (struct play_login){ 0 };
}

static void message_clear(struct message *message)
{
	for (size_t i = 0; i < message->headers.count; i++) /* one of them may have a token */
		explicit_bzero(message->headers.items[i], strlen(message->headers.items[i]));
	free(message->url);
	free(message->body);
	play_login_clear(&message->login);
	strings_clear(&message->headers);
}

char *play_path(const struct play_place *places, size_t count, const char *path)
{
	const struct play_place *best = NULL;
	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(places[i].from);
		if (text_starts(path, places[i].from) && strchr("/?", path[length]) &&
		    (!best || length > strlen(best->from)))
			best = &places[i];
	}
	return best ? text_format("%s%s", best->to, path + strlen(best->from)) : text_copy(path);
}

static int make_path(struct player *player, const struct workflow_request *request, struct exchange *exchange,
		     struct error *err)
{
	exchange->path = player_fill(player, request->path.text, FILL_PATH);
	if (!exchange->path)
		return error_set(err, "a variable of its path is unknown");
	if (player->settings->only_read && (!request_reads(request) || !method_path_reads(request->method.text, exchange->path)))
		return error_set(err, "it could write, which was not allowed");
	autofree char *path = text_copy_n(exchange->path, strcspn(exchange->path, "?"));
	autostrings struct strings parts = { 0 };
	strings_split(&parts, path, "/");
	if (strings_have(&parts, ".") || strings_have(&parts, ".."))
		return error_set(err, "its path would be %s", exchange->path);
	return 0;
}

static void make_body(const struct player *player, const struct workflow_request *request,
		      struct message *message)
{
	struct buffer out = { 0 };
	if (request->json) {
		autojson struct json *json = player_fill_node(player, request->json);
		message->body = json_write(json, true);
		message->body[strcspn(message->body, "\n")] = '\0';
	} else if (request->text.text) {
		message->body = player_fill(player, request->text.text, FILL_PLAIN);
	} else if (request->form.count) {
		for (size_t i = 0; i < request->form.count; i++) {
			const struct map_entry *field = &request->form.items[i];
			autofree char *value = player_fill(player, field->value->text, FILL_PLAIN);
			buffer_text(&out, i ? "&" : "");
			percent_encode(&out, field->key.text);
			buffer_text(&out, "=");
			percent_encode(&out, value ? value : "");
		}
		message->body = buffer_steal(&out);
	}
	message->length = message->body ? strlen(message->body) : 0;
}

static bool has_header(const struct strings *headers, const char *name)
{
	for (size_t i = 0; i < headers->count; i++)
		if (strncasecmp(headers->items[i], name, strlen(name)) == 0)
			return true;
	return false;
}

static int make_headers(const struct player *player, const struct workflow_request *request,
			struct message *message, struct error *err)
{
	for (size_t i = 0; i < request->headers.count; i++) {
		const struct map_entry *header = &request->headers.items[i];
		autofree char *value = player_fill(player, header->value->text, FILL_PLAIN);
		if (!value || strpbrk(value, "\r\n"))
			return error_set(err, "its header %s would have a line break", header->key.text);
		strings_format(&message->headers, "%s: %s", header->key.text, value);
	}
	if (!has_header(&message->headers, "Accept:"))
		strings_add(&message->headers, ACCEPT);
	/* what is there now, not what a search found a minute ago: HAPI keeps that unless it is told (RFC 9111 5.2.1.4) */
	if (request_reads(request) && !has_header(&message->headers, "Cache-Control:"))
		strings_add(&message->headers, "Cache-Control: no-cache");
	if (message->body && !has_header(&message->headers, "Content-Type:"))
		strings_format(&message->headers, "Content-Type: %s",
			       request->json	     ? "application/fhir+json"
			       : request->form.count ? "application/x-www-form-urlencoded"
						     : "text/plain; charset=utf-8");
	return 0;
}

/* -1: said in the step's failures; nothing is sent without the credential that the file names. */
static int find_credential(struct player *player, const struct placed_text *as, struct played_step *played,
			   struct message *message)
{
	const struct play_settings *settings = player->settings;
	struct error err = { 0 };
	if (!as->text)
		return 0;
	int found = settings->credential ? settings->credential(settings->context, as->text, &message->login,
								&err)
					 : error_set(&err, "no credentials were given");
	if (found == 0)
		return 0;
	add_failure(played, &(struct said){ FAILURE_CREDENTIAL, HOW_NONE, as->place, as->text, NULL,
					    err.message ? err.message : "there is none of that name" });
	error_clear(&err);
	return -1;
}

static int make_message(struct player *player, const struct question *question, struct played_step *played,
			struct message *message)
{
	const struct workflow_request *request = question->request;
	struct exchange *exchange = &played->exchange;
	struct error err = { 0 };
	if (find_credential(player, question->as, played, message) < 0)
		return -1;
	make_body(player, request, message);
	if (make_path(player, request, exchange, &err) < 0 ||
	    make_headers(player, request, message, &err) < 0) {
		add_failure(played, &(struct said){ FAILURE_REQUEST, HOW_NONE, request->path.place, NULL, NULL,
						    err.message });
		error_clear(&err);
		return -1;
	}
	autofree char *path = play_path(player->settings->places, player->settings->place_count, exchange->path);
	message->url = text_format("%s%s", player->result->base, path);
	free(exchange->path);
	exchange->path = text_format("%s%s", *path == '/' ? "" : "/", path);
	exchange->method = text_copy(request->method.text);
	strings_add_all(&exchange->sent_headers, (const char *const *)message->headers.items);
	if (question->as->text)
		strings_format(&exchange->sent_headers, "Authorization: %s", question->as->text);
	if (message->login.token)
		strings_format(&message->headers, "Authorization: Bearer %s", message->login.token);
	record_body(player, &exchange->sent, message->body, message->length);
	return 0;
}

/* ---- sending it ---- */

#define SECRET_LEAST 8u

static void hide_in(char *text, size_t length, const char *secret)
{
	size_t bytes = strlen(secret);
	for (char *at = text; at && (at = memmem(at, length - (size_t)(at - text), secret, bytes)); at += bytes)
		memset(at, '*', bytes);
}

static void hide(struct http_response *answer, const char *secret)
{
	if (strlen(secret) < SECRET_LEAST)
		return;
	hide_in(answer->body, answer->body_length, secret);
	for (size_t i = 0; i < answer->headers.count; i++)
		hide_in(answer->headers.items[i], strlen(answer->headers.items[i]), secret);
}

/* A server that sends back what it was sent (a page of errors, an echo) has our login in it, in the one form in which it
 * was sent. It must not travel on in reports. */
static void hide_login(const struct play_login *used, struct http_response *answer)
{
	if (used->token)
		hide(answer, used->token);
	if (!used->user || !used->password)
		return;
	autofree char *login = text_format("%s:%s", used->user, used->password);
	autofree char *sent = base64_encode(login, strlen(login));
	sent[strcspn(sent, "=")] = '\0'; /* which some write in another way */
	hide(answer, sent);
	explicit_bzero(sent, strlen(sent));
	explicit_bzero(login, strlen(login));
}

static void record_answer(struct player *player, struct exchange *exchange, const struct http_response *answer)
{
	exchange->status = answer->status;
	for (size_t i = 0; i < answer->headers.count && i < PLAY_HEADERS_SHOWN; i++) {
		const char *line = answer->headers.items[i];
		strings_take(&exchange->headers, text_copy_n(line, text_cut(line, strlen(line), PLAY_HEADER_SHOWN)));
	}
	record_body(player, &exchange->body, answer->body, answer->body_length);
}

static int not_answered(const struct question *question, struct played_step *played,
			const struct http_response *answer, struct error *err)
{
	struct said said = { FAILURE_NO_ANSWER, HOW_NONE, question->request->place, NULL, NULL, err->message };
	autofree char *most = size_text(PLAY_ANSWER_MAX);
	if (answer->body_length >= PLAY_ANSWER_MAX)
		said = (struct said){ FAILURE_TOO_LARGE, HOW_NONE, question->request->place, NULL, most, NULL };
	add_failure(played, &said);
	error_clear(err);
	return -1;
}

int player_send(struct player *player, const struct question *question, struct played_step *played,
		struct http_response *ret_answer)
{
	const struct play_settings *settings = player->settings;
	unsigned tries = played->exchange.tries;
	__attribute__((cleanup(message_clear))) struct message message = { 0 };
	struct http_response answer = { 0 };
	struct error err = { 0 };

	player->shown -= played->exchange.sent.shown + played->exchange.body.shown;
	exchange_clear(&played->exchange);
	played->exchange.tries = tries;
	if (make_message(player, question, played, &message) < 0)
		return -1;
	const struct play_login *shown = message.login.certificate || !settings->connection ? &message.login
											    : settings->connection;
	const struct http_request request = {
		.method = question->request->method.text,
		.url = message.url,
		.headers = (const char *const *)message.headers.items,
		.body = message.body,
		.body_length = message.length,
		.user = message.login.user,
		.password = message.login.password,
		.certificate = shown->certificate,
		.key = shown->key,
		.key_password = shown->key_password,
		.ca_file = settings->ca_file,
		.insecure = settings->insecure,
		.timeout_ms = question->time_out,
		.body_max = PLAY_ANSWER_MAX,
		.keep_partial = true,
		.stop = stop_asked,
		.stop_context = player,
	};
	double began = play_clock();
	int rc = http_session_request(player->session, settings->http, &request, &answer, &err);
	played->exchange.milliseconds = (play_clock() - began) * 1000;
	played->exchange.tries++;
	player->sent = true;
	hide_login(&message.login, &answer);
	if (rc == 0 || answer.status)
		record_answer(player, &played->exchange, &answer);
	if (rc < 0) {
		rc = not_answered(question, played, &answer, &err);
		http_response_clear(&answer);
		return rc;
	}
	*ret_answer = answer;
	return 0;
}
