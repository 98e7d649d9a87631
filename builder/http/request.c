#include <string.h>
#include <strings.h>

#include "http/client.h"

#define TIMEOUT_SECONDS 30L
#define BODY_MAX (16u << 20)
#define HEADERS_MAX 200u

struct http_session {
	CURL *easy;    /* NULL until the first request; holds the connection */
};

struct answer {
	struct http_response response;
	struct buffer body;
	bool overflow; /* more header lines than HEADERS_MAX */
	bool stopped;  /* by whoever asked for it */
	const struct http_request *request;
};

static size_t receive_body(char *bytes, size_t size, size_t count, void *context)
{
	struct answer *answer = context;

	if (size * count > answer->body.maximum - answer->body.length) { /* the part that has room is kept */
		buffer_add(&answer->body, bytes, answer->body.maximum - answer->body.length);
		answer->body.overflow = true;
		return CURL_WRITEFUNC_ERROR;
	}
	buffer_add(&answer->body, bytes, size * count);
	return size * count;
}

static int watch(void *context, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up)
{
	struct answer *answer = context;

	(void)total, (void)now, (void)up_total, (void)up;
	answer->stopped = answer->stopped || answer->request->stop(answer->request->stop_context);
	return answer->stopped ? 1 : 0;
}

/* One header line of libcurl; a status line begins a new answer (after 100 or a redirect). */
static size_t receive_header(char *bytes, size_t size, size_t count, void *context)
{
	struct answer *answer = context;
	struct strings *headers = &answer->response.headers;
	size_t length = size * count, end = length;

	while (end > 0 && strchr("\r\n \t", bytes[end - 1]))
		end--;
	if (end > 5 && memcmp(bytes, "HTTP/", 5) == 0) {
		strings_clear(headers);
		return length;
	}
	const char *colon = memchr(bytes, ':', end);
	if (!colon)
		return length;
	if (headers->count >= HEADERS_MAX) {
		answer->overflow = true;
		return CURL_WRITEFUNC_ERROR;
	}
	size_t name = (size_t)(colon - bytes), value = name + 1;
	while (value < end && (bytes[value] == ' ' || bytes[value] == '\t'))
		value++;
	struct buffer line = {0};
	buffer_add(&line, bytes, name);
	for (size_t i = 0; i < name; i++)
		if (line.data[i] >= 'A' && line.data[i] <= 'Z')
			line.data[i] = (char)(line.data[i] - 'A' + 'a');
	buffer_text(&line, ": ");
	buffer_add(&line, bytes + value, end - value);
	/* RFC 9110 section 5.5: libcurl leaves what may not be inside a line where it is */
	for (size_t i = 0; i < line.length; i++)
		if (strchr("\r\n", line.data[i])) /* and NUL */
			line.data[i] = ' ';
	strings_take(headers, buffer_steal(&line));
	return length;
}

static void set_method(CURL *easy, const struct http_request *request)
{
	const char *method = request->method ? request->method : "GET";

	if (request->body) {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
				 (curl_off_t)request->body_length);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
	}
	if (text_equal(method, "HEAD") && !request->body)
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	else
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
}

static struct curl_slist *make_headers(const struct http_request *request)
{
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");
	bool typed = false;

	for (size_t i = 0; request->headers && request->headers[i]; i++) {
		const char *line = request->headers[i];

		typed |= strncasecmp(line, "Content-Type:", 13) == 0;
		if (text_ends(line, ": ") || text_ends(line, ":")) {
			/* libcurl takes "Name:" as "remove"; "Name;" is its way to say empty */
			autofree char *empty = text_format("%.*s;", (int)strcspn(line, ":"), line);

			list = curl_slist_append(list, empty);
		} else {
			list = curl_slist_append(list, line);
		}
	}
	if (request->body && !typed) /* no form: libcurl's own guess would be wrong */
		list = curl_slist_append(list, "Content-Type:");
	return list;
}

static int check_headers(const struct http_request *request, struct error *err)
{
	for (size_t i = 0; request->headers && request->headers[i]; i++)
		if (strpbrk(request->headers[i], "\r\n") || !strchr(request->headers[i], ':'))
			return error_set(err, "header %zu is no \"Name: value\" line", i + 1);
	return 0;
}

static void set_request(CURL *easy, const struct http_request *request, struct curl_slist *headers,
			struct answer *answer)
{
	long timeout = request->timeout_seconds > 0 ? request->timeout_seconds : TIMEOUT_SECONDS;
	long timeout_ms = request->timeout_ms > 0 ? request->timeout_ms : timeout * 1000;

	set_method(easy, request);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
	if (request->user) {
		curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
		curl_easy_setopt(easy, CURLOPT_USERNAME, request->user);
		curl_easy_setopt(easy, CURLOPT_PASSWORD,
				 request->password ? request->password : "");
	}
	if (request->certificate) {
		curl_easy_setopt(easy, CURLOPT_SSLCERT, request->certificate);
		curl_easy_setopt(easy, CURLOPT_SSLKEY, request->key ? request->key : request->certificate);
		curl_easy_setopt(easy, CURLOPT_KEYPASSWD, request->key_password ? request->key_password : "");
	}
	if (request->insecure) {
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, request->follow ? 1L : 0L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout_ms);
	if (request->stop) {
		curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
		curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, watch);
		curl_easy_setopt(easy, CURLOPT_XFERINFODATA, answer);
	}
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME,
			 0L); /* a server may think for as long as it was given */
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, receive_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, answer);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, receive_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, answer);
	answer->body.maximum = request->body_max ? request->body_max : BODY_MAX;
}

static int perform(CURL *easy, const struct http_request *request, struct answer *answer,
		   struct error *err)
{
	char detail[CURL_ERROR_SIZE] = "";
	struct curl_slist *headers = make_headers(request);

	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, detail);
	set_request(easy, request, headers, answer);
	CURLcode code = curl_easy_perform(easy);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, NULL);
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &answer->response.status);
	curl_slist_free_all(headers);
	if (answer->stopped)
		return error_set(err, "stopped");
	if (answer->overflow)
		return error_set(err, "the answer has more than %u header lines", HEADERS_MAX);
	if (answer->body.overflow)
		return error_set(err, "the answer is larger than %zu bytes", answer->body.maximum);
	if (code != CURLE_OK) {
		autofree char *reason = client_reason(code, detail);
		return error_set(err, "%s", reason);
	}
	return 0;
}

struct http_session *http_session_new(void)
{
	return memory_alloc(sizeof(struct http_session));
}

void http_session_free(struct http_session *session)
{
	if (session)
		curl_easy_cleanup(session->easy);
	free(session);
}

/* The session's handle, set up for this request; its connections are kept. */
static CURL *session_handle(struct http_session *session, const struct http_settings *settings,
			    const struct http_request *request, struct error *err)
{
	if (session->easy) {
		curl_easy_reset(session->easy);
		client_set_up(session->easy, settings, request->url, request->ca_file, false);
	} else {
		session->easy = client_new(settings, request->url, request->ca_file, false, err);
	}
	return session->easy;
}

int http_session_request(struct http_session *session, const struct http_settings *settings,
			 const struct http_request *request, struct http_response *ret_response,
			 struct error *err)
{
	autofree char *shown = url_shown(request->url);
	const char *method = request->method ? request->method : "GET";
	struct answer answer = {.request = request};
	int rc = check_headers(request, err);

	if (rc == 0 && settings && settings->offline)
		rc = error_set(err, "not asked, because this is an offline run");
	CURL *easy = rc == 0 ? session_handle(session, settings, request, err) : NULL;
	rc = easy ? perform(easy, request, &answer, err) : -1;
	if (rc < 0 && !(request->keep_partial && answer.response.status > 0)) {
		buffer_clear(&answer.body);
		http_response_clear(&answer.response);
		return error_prefix(err, "%s %s", method, shown);
	}
	answer.response.body_length = answer.body.length;
	answer.response.body = buffer_steal(&answer.body);
	*ret_response = answer.response;
	return rc < 0 ? error_prefix(err, "%s %s", method, shown) : 0;
}

int http_request(const struct http_settings *settings, const struct http_request *request,
		 struct http_response *ret_response, struct error *err)
{
	struct http_session session = {0};
	int rc = http_session_request(&session, settings, request, ret_response, err);

	curl_easy_cleanup(session.easy);
	return rc;
}

void http_response_clear(struct http_response *response)
{
	strings_clear(&response->headers);
	free(response->body);
	*response = (struct http_response){0};
}
