/* hiebox test --against: the workflows against somebody's own exchange. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "commands/postman.h"
#include "http/http.h"
#include "schema/schema.h"

#define GREETING_SECONDS 30
#define GREETING_MOST (64u << 10) /* of what its front page says, which nobody reads */

struct exchange_at {
	const char *base, *ca_file;
	bool insecure;
	const struct play_login *connection;
	struct http_settings http;
};

static bool stop(void *context)
{
	(void)context;
	return test_interrupted();
}

#define CAPABILITIES_MOST (16u << 20)
#define LOGINS_TRIED 4u

/* One GET of a path below the address, as somebody or as nobody. */
static int ask(const struct exchange_at *at, const char *path, const struct play_login *login, struct http_response *answer,
	       struct error *err)
{
	static const struct play_login nobody;
	autofree char *url = text_format("%s%s", at->base, path);
	autofree char *bearer = login && login->token ? text_format("Authorization: Bearer %s", login->token) : NULL;
	const char *headers[] = {"Accept: application/fhir+json, application/json;q=0.9, */*;q=0.1", bearer, NULL};
	const struct play_login *shown = login && login->certificate ? login : at->connection ? at->connection : &nobody;
	const struct http_request request = {.method = "GET", .url = url, .headers = headers, .ca_file = at->ca_file, .insecure = at->insecure,
					     .user = login ? login->user : NULL, .password = login ? login->password : NULL,
					     .certificate = shown->certificate, .key = shown->key, .key_password = shown->key_password,
					     .timeout_seconds = GREETING_SECONDS, .body_max = *path ? CAPABILITIES_MOST : GREETING_MOST,
					     .keep_partial = true, .stop = stop};
	struct http_session *session = http_session_new();
	int result = http_session_request(session, &at->http, &request, answer, err);

	if (bearer)
		explicit_bzero(bearer, strlen(bearer));
	http_session_free(session);
	return result;
}

static bool has_one_of(const char *text, const char *const *words)
{
	while (*words && !strstr(text, *words))
		words++;
	return *words;
}

/* What helps when TLS did not come about. */
static const char *advice(const struct exchange_at *at, const char *reason)
{
	static const char *const wants[] = {"certificate required", "handshake failure", "bad certificate", "alert unknown ca", NULL};
	/* its alert may be lost: with TLS 1.3 it comes after the first request was sent, and with a reset */
	static const char *const breaks[] = {"getpeername", "reset", "SSL_ERROR_SYSCALL", "unexpected eof", "Broken pipe", NULL};
	bool shown = at->connection && at->connection->certificate;

	if (!reason || strncasecmp(at->base, "https:", 6) != 0)
		return "";
	if (has_one_of(reason, wants))
		return shown ? " (it does not accept the certificate that `connection` in the file of --credentials names)"
				     : " (it wants a certificate of who connects: `connection: { certificate: FILE, key: FILE }` in the file of --credentials)";
	if (has_one_of(reason, breaks))
		return shown ? " (it ended the connection: does it accept the certificate that `connection` in the file of --credentials names?)"
			     : " (it ended the connection: if it wants a certificate of who connects, give it as "
			       "`connection: { certificate: FILE, key: FILE }` in the file of --credentials)";
	if (!at->insecure && (strstr(reason, "ertificate") || strstr(reason, "SSL")))
		return " (--ca FILE trusts a site's own authority, --insecure trusts anybody)";
	return "";
}

/* Does anything answer there at all? Whatever it answers. */
static int greet(void *context, struct error *err)
{
	const struct exchange_at *at = context;
	struct http_response answer = {0};
	struct error why = {0};
	int result = ask(at, "", NULL, &answer, &why);

	if (result < 0 && answer.status)
		result = 0; /* it answers, only more than was wanted */
	if (result == 0 && answer.status == 400 && answer.body && strstr(answer.body, "SSL certificate")) /* as nginx says it */
		result = error_set(&why, "certificate required, its answer is 400");
	http_response_clear(&answer);
	if (result == 0) {
		error_clear(&why);
		return 0;
	}
	autofree char *asked = text_format("GET %s: ", at->base);
	const char *reason = text_starts(why.message, asked) ? why.message + strlen(asked) : why.message;
	autofree char *interrupted = test_interrupted() ? test_interruption() : NULL;
	error_set(err, "%s%s%s%s", interrupted ? interrupted : at->base, interrupted ? "" : " does not answer: ",
		  interrupted ? "" : reason, interrupted ? "" : advice(at, reason));
	error_clear(&why);
	return -1;
}

/* Is it a FHIR server? Asked as nobody; while that is refused, as the first who can log in. */
static void look(const struct exchange_at *at, struct test_credentials *credentials, struct test_places *places)
{
	struct http_response answer = {0};
	struct error none = {0};

	if (places->count)
		return;
	int result = ask(at, "/metadata", NULL, &answer, &none);
	for (size_t i = 0; result == 0 && (answer.status == 401 || answer.status == 403) && i < LOGINS_TRIED; i++) {
		struct play_login login = {0};
		if (!credentials->names || !credentials->names[i])
			break;
		http_response_clear(&answer);
		result = test_credentials_find(credentials, credentials->names[i], &login, &none);
		if (result == 0)
			result = ask(at, "/metadata", &login, &answer, &none);
		play_login_clear(&login);
	}
	if (result == 0 && answer.status == 200)
		test_places_look(answer.body, answer.body_length, places);
	if (places->fhir)
		fprintf(stderr, "%s is a FHIR server by itself: what workflows ask at /CR/fhir, /SHR/fhir, /FR/fhir and /TS/fhir is asked "
			"there, and what needs an interoperability layer is skipped.\n", at->base);
	http_response_clear(&answer);
	error_clear(&none);
}

/* Only this machine hears what goes there without TLS. */
static bool stays_here(const char *base)
{
	static const char *const hosts[] = {"localhost:", "localhost/", "[::1]"};
	const char *host = base + strlen("http://");

	if (text_starts(host, "127.")) /* and no name that begins so */
		return strchr(":/", host[strspn(host, DIGITS ".")]) != NULL;
	for (size_t i = 0; i < LENGTH(hosts); i++)
		if (strncasecmp(host, hosts[i], strlen(hosts[i])) == 0)
			return true;
	return strcasecmp(host, "localhost") == 0;
}

static void warn(const struct parsed_options *options, const char *base)
{
	if (option_given(options, "insecure") && strncasecmp(base, "https:", 6) == 0)
		progress_warn("--insecure: nobody checks that %s is who it says it is; whoever stands between can read the passwords", base);
	if (option_given(options, "credentials") && strncasecmp(base, "http:", 5) == 0 && !stays_here(base))
		progress_warn("%s is not https: whoever stands between can read the passwords", base);
}

/* The address as the player wants it; -2 with what was expected. */
static int check_base(const char *base, struct error *err)
{
	const char *host = strncasecmp(base, "https://", 8) == 0 ? base + 8 : strncasecmp(base, "http://", 7) == 0 ? base + 7 : "";

	if (*host && *host != '/' && !has_control(base) && !strpbrk(base, " ?#\"<>\\^`{}|") && !memchr(host, '@', strcspn(host, "/")))
		return 0;
	autofree char *shown = text_quoted(base);
	error_set(err, "--against: expected the address of an exchange such as https://exchange.example, without a query or "
		       "password, got %s", shown);
	return -2;
}

static int check_ca(const char *file, struct error *err)
{
	autofree char *text = NULL;

	if (!file)
		return 0;
	if (file_read(file, 4u << 20, &text, NULL, err) < 0)
		return error_prefix(err, "--ca");
	return strstr(text, "-----BEGIN ") ? 0 : error_set(err, "--ca: %s holds no certificate (PEM, -----BEGIN CERTIFICATE-----)", file);
}

static size_t count_skipped(const struct test_workflows *workflows)
{
	size_t count = 0;

	for (size_t i = 0; i < workflows->count; i++)
		count += workflows->items[i].postman || workflow_writes(workflows->items[i].workflow);
	return count;
}

/* What a run against an exchange knows of it. */
struct far {
	struct exchange_at at;
	char *base;                  /* without a "/" at its end */
	struct test_workflows workflows;
	struct test_credentials credentials;
	struct test_places places;
};

static int play_there(const struct parsed_options *options, struct far *far, struct proof *proof, struct error *err)
{
	static const char *const none[] = {NULL};
	const struct test_workflows *workflows = &far->workflows;
	struct test_credentials *credentials = &far->credentials;
	bool write = option_given(options, "write");
	struct test_play play = {.workflows = workflows, .tell_left = write, .still_there = greet, .context = &far->at};

	if (greet(&far->at, err) < 0)
		return -1;
	look(&far->at, credentials, &far->places);
	play.settings = (struct play_settings){.base = far->base, .ca_file = far->at.ca_file, .insecure = far->at.insecure, .only_read = !write,
					       .connection = &credentials->connection, .places = far->places.items,
					       .place_count = far->places.count, .roles = far->places.fhir ? far->places.roles : NULL,
					       .http = &far->at.http, .credential = test_credentials_find, .context = credentials};
	if (far->places.operations.count)
		play.settings.operations = (const char *const *)far->places.operations.items;
	if (!credentials->others)
		play.settings.known = credentials->names ? credentials->names : none;
	size_t skipped = write ? 0 : count_skipped(workflows);
	if (skipped)
		progress_warn("%zu of %zu workflows write and are skipped; --write plays them, too, and says what they leave behind",
			      skipped, workflows->count);
	if (write && test_workflows_need_postman(workflows) && postman_begin(options, &play.postman, err) < 0)
		return -1;
	int result = test_play_all(&play, proof, err);
	postman_end(play.postman);
	return result;
}

static int read_all(const struct parsed_options *options, struct far *far, struct error *err)
{
	const char *file = option_value(options, "credentials"), *ca = option_value(options, "ca");
	int result = check_ca(ca, err);

	if (result == 0)
		result = test_places_read(options, &far->places, err);
	if (result == 0)
		result = test_workflows_read(options, options->arguments.items, &far->workflows, err);
	if (result == 0 && file)
		result = test_credentials_read(file, &far->credentials, err);
	if (result == 0 && far->credentials.ca && (ca || far->at.insecure)) {
		error_set(err, "%s and connection.ca in %s contradict each other", ca ? "--ca" : "--insecure", file);
		result = -2;
	}
	far->at.ca_file = ca ? ca : far->credentials.ca;
	return result;
}

int test_against(const struct parsed_options *options, struct proof *proof, struct error *err)
{
	struct far far = {.base = text_copy(option_value(options, "against"))};
	size_t length = strlen(far.base);

	proof->what = text_copy(far.base);
	proof->how = text_format("against %s", far.base);
	int result = check_base(far.base, err);
	while (length && far.base[length - 1] == '/')
		far.base[--length] = '\0';
	far.at = (struct exchange_at){.base = far.base, .insecure = option_given(options, "insecure"),
				      .connection = &far.credentials.connection, .http = {.offline = option_given(options, "offline")}};
	if (result == 0)
		result = read_all(options, &far, err);
	test_signals_begin();
	if (result == 0)
		warn(options, far.base);
	if (result == 0)
		result = play_there(options, &far, proof, err);
	test_workflows_clear(&far.workflows);
	test_credentials_clear(&far.credentials);
	test_places_clear(&far.places);
	free(far.base);
	return result;
}
