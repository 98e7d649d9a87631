/* hiebox test --against: the workflows against somebody's own exchange. */
#include <string.h>
#include <strings.h>

#include "commands/postman.h"
#include "http/http.h"

#define GREETING_SECONDS 30
#define GREETING_MOST (64u << 10) /* of what its front page says, which nobody reads */

struct exchange_at {
	const char *base, *ca_file;
	bool insecure;
	struct http_settings http;
};

static bool stop(void *context)
{
	(void)context;
	return test_interrupted();
}

/* Does anything answer there at all? Whatever it answers. */
static int greet(void *context, struct error *err)
{
	const struct exchange_at *at = context;
	const struct http_request request = {.method = "GET", .url = at->base, .ca_file = at->ca_file, .insecure = at->insecure,
					     .timeout_seconds = GREETING_SECONDS, .body_max = GREETING_MOST,
					     .keep_partial = true, .stop = stop};
	struct http_session *session = http_session_new();
	struct http_response answer = {0};
	struct error why = {0};
	int result = http_session_request(session, &at->http, &request, &answer, &why);

	if (result < 0 && answer.status)
		result = 0; /* it answers, only more than was wanted */
	http_session_free(session);
	http_response_clear(&answer);
	if (result == 0) {
		error_clear(&why);
		return 0;
	}
	autofree char *asked = text_format("GET %s: ", at->base);
	const char *reason = text_starts(why.message, asked) ? why.message + strlen(asked) : why.message;
	bool certificate = why.message && (strstr(why.message, "ertificate") || strstr(why.message, "SSL"));
	autofree char *interrupted = test_interrupted() ? test_interruption() : NULL;
	error_set(err, "%s%s%s%s", interrupted ? interrupted : at->base, interrupted ? "" : " does not answer: ",
		  interrupted ? "" : reason,
		  certificate && !at->insecure ? " (--ca FILE trusts a site's own authority, --insecure trusts anybody)" : "");
	error_clear(&why);
	return -1;
}

/* Only this machine hears what goes there without TLS. */
static bool stays_here(const char *base)
{
	static const char *const hosts[] = {"127.", "localhost:", "localhost/", "[::1]"};
	const char *host = base + strlen("http://");

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

static int play_there(const struct parsed_options *options, const struct test_workflows *workflows,
		      struct test_credentials *credentials, struct proof *proof, struct error *err)
{
	bool write = option_given(options, "write");
	struct exchange_at at = {.base = option_value(options, "against"), .ca_file = option_value(options, "ca"),
				 .insecure = option_given(options, "insecure"), .http = {.offline = option_given(options, "offline")}};
	static const char *const none[] = {NULL};
	struct test_play play = {.workflows = workflows, .tell_left = write, .still_there = greet, .context = &at};

	play.settings = (struct play_settings){.base = at.base, .ca_file = at.ca_file, .insecure = at.insecure, .only_read = !write,
					       .http = &at.http, .known = credentials->names ? credentials->names : none,
					       .credential = test_credentials_find, .context = credentials};
	size_t skipped = write ? 0 : count_skipped(workflows);
	if (skipped)
		progress_warn("%zu of %zu workflows write and are skipped; --write plays them, too, and says what they leave behind",
			      skipped, workflows->count);
	if (write && test_workflows_need_postman(workflows) && postman_begin(options, &play.postman, err) < 0)
		return -1;
	int result = greet(&at, err);
	if (result == 0)
		result = test_play_all(&play, proof, err);
	postman_end(play.postman);
	return result;
}

int test_against(const struct parsed_options *options, struct proof *proof, struct error *err)
{
	const char *base = option_value(options, "against"), *file = option_value(options, "credentials");
	struct test_workflows workflows = {0};
	struct test_credentials credentials = {0};

	proof->what = text_copy(base);
	proof->how = text_format("against %s", base);
	int result = check_base(base, err);
	if (result == 0)
		result = check_ca(option_value(options, "ca"), err);
	if (result == 0)
		result = test_workflows_read(options, options->arguments.items, &workflows, err);
	if (result == 0 && file)
		result = test_credentials_read(file, &credentials, err);
	test_signals_begin();
	if (result == 0)
		warn(options, base);
	if (result == 0)
		result = play_there(options, &workflows, &credentials, proof, err);
	test_workflows_clear(&workflows);
	test_credentials_clear(&credentials);
	return result;
}
