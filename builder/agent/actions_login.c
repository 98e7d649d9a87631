/* Actions about who may do things: login, sessions, the administrator's password, and who can log in. */
#include <string.h>

#include "agent/control_serve.h"
#include "agent/provision.h"

#define PASSWORD_LEAST 8u
#define PASSWORD_MOST 200u
#define ADMIN "admin"   /* the secret of component hie-base */

static double now_of(const struct control *control)
{
	return control->system.now(control->system.context);
}

/* 1 right, 0 wrong, -1 there is none yet. Tries of a kind wait for one another, so that many at once gain nothing. */
static int check_password(const struct control *control, const char *given)
{
	autofree char *wanted = NULL;
	struct error unread = { 0 };
	int result = secret_read(control->root, ADMIN, &wanted, &unread);
	error_clear(&unread);
	if (result < 0)
		return -1;
	result = given && secret_equal(given, wanted);
	explicit_bzero(wanted, strlen(wanted));
	return result;
}

/* Counts the try; with the lock `password` held. */
static int try_password(struct request *request, const char *key, struct saying *ret_refusal)
{
	struct control *control = request->control;
	const char *from = request->from[0] ? request->from : request->session.from;
	unsigned wait = sessions_wait(&control->sessions, from, now_of(control));
	if (wait) {
		autofree char *seconds = text_format("%u", wait);
		return refuse(ret_refusal, SAY_LOGIN_WAIT, seconds);
	}
	int right = check_password(control, request_text(request, key, PASSWORD_MOST * 4));
	if (right < 0)
		return refuse(ret_refusal, SAY_LOGIN_NOT_YET);
	sessions_tried(&control->sessions, from, right, now_of(control));
	return right ? 0 : refuse(ret_refusal, SAY_LOGIN_WRONG);
}

int action_login(struct request *request, struct json *answer, struct saying *ret_refusal)
{
	struct control *control = request->control;
	char token[SESSION_TOKEN], csrf[SESSION_TOKEN];
	pthread_mutex_lock(&control->password);
	int result = try_password(request, "password", ret_refusal);
	pthread_mutex_unlock(&control->password);
	if (result < 0)
		return -1;
	sessions_begin(&control->sessions, request->from, now_of(control), token, csrf);
	json_set(answer, "session", json_new_string(token));
	json_set(answer, "csrf", json_new_string(csrf));
	explicit_bzero(token, sizeof token);
	explicit_bzero(csrf, sizeof csrf);
	return 0;
}

int action_session(struct request *request, struct json *answer, struct saying *ret_refusal)
{
	(void)ret_refusal;
	json_set(answer, "csrf", json_new_string(request->session.csrf));
	return 0;
}

int action_logout(struct request *request, struct json *answer, struct saying *ret_refusal)
{
	(void)answer;
	(void)ret_refusal;
	sessions_end(&request->control->sessions, request->token);
	return 0;
}

/* Characters of UTF-8. */
static size_t character_count(const char *text)
{
	size_t count = 0;
	for (; *text; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

static bool is_password(const char *text)
{
	for (const char *at = text; at && *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			return false;
	size_t length = text ? character_count(text) : 0;
	return length >= PASSWORD_LEAST && length <= PASSWORD_MOST && text[0] != ' ' && !text_ends(text, " ");
}

/* The secret, and the list of who can log in, which follows it. */
static int write_password(const struct control *control, const char *password, struct error *err)
{
	autofree char *directory = hie_path(control->root, "secrets");
	autofree char *path = path_join(directory, ADMIN);
	autofree char *remark = NULL;
	struct provision provision = { .root = control->root, .box = control->box };
	if (file_write(path, password, strlen(password), 0600, err) < 0)
		return -1;
	return step_credentials(&provision, &remark, err);
}

int action_password(struct request *request, struct json *answer, struct saying *ret_refusal)
{
	struct control *control = request->control;
	const char *password = request_text(request, "new", PASSWORD_MOST * 4);
	autofree char *least = text_format("%u", PASSWORD_LEAST);
	struct error err = { 0 };
	(void)answer;
	if (!is_password(password))
		return refuse(ret_refusal, SAY_PASSWORD_UNFIT, least);
	pthread_mutex_lock(&control->password);
	int result = try_password(request, "old", ret_refusal);
	if (result == 0 && write_password(control, password, &err) < 0)
		result = refuse(ret_refusal, SAY_ACTION_FAILED, err.message);
	pthread_mutex_unlock(&control->password);
	error_clear(&err);
	if (result == 0)
		sessions_end_others(&control->sessions, request->token);
	return result;
}

/* As `hie provision` wrote it. */
int action_credentials(struct request *request, struct json *answer, struct saying *ret_refusal)
{
	autofree char *path = hie_path(request->control->root, "credentials.json");
	autofree char *text = file_text_or_null(path, CONTROL_MAX / 2);
	autodocument struct document *document = document_json_or_null(text, text ? strlen(text) : 0);
	if (text)
		explicit_bzero(text, strlen(text));
	if (!document)
		return refuse(ret_refusal, SAY_LOGIN_NOT_YET);
	json_set(answer, "credentials", json_from_node(node_get(document_root(document), "credentials")));
	json_set(answer, "places", json_from_node(node_get(document_root(document), "places")));
	return 0;
}
