#include "http/transfer.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "http/body.h"
#include "http/client.h"

#define TRIES 4u
#define PAUSE_FIRST 0.5 /* seconds; each further pause is three times as long */
#define PAUSE_MAX 30.0
#define RETRY_AFTER_MAX 60.0
#define LOCK_PAUSE 0.3
/* A try that brought this much counts as success of the line: such tries are not counted. */
#define GOOD_PROGRESS (256u << 10)

static void fail(struct transfer *transfer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* With somewhere else to go a server that does not answer is left sooner. */
#define TRIES_OF_SEVERAL 2u

static void wait_for(struct transfer *transfer, double seconds)
{
	transfer->not_before = clock_seconds() + seconds;
	transfer->state = TRANSFER_WAITING;
}

/* Goes on with the next of the item's URLs. False when there is none. */
static bool take_other(struct transfer *transfer, const char *reason)
{
	const char *start = transfer->others ? transfer->others + strspn(transfer->others, " ") : "";
	size_t length = strcspn(start, " ");

	if (length == 0)
		return false;
	autofree char *before = url_shown(transfer->url);
	if (transfer->unreachable || transfer->skipped) {
		free(transfer->left);
		transfer->left = text_copy(transfer->origin);
	}
	free(transfer->url);
	free(transfer->origin);
	transfer->url = text_copy_n(start, length);
	transfer->origin = url_origin(transfer->url);
	transfer->others = start + length;
	transfer->failed_tries = 0;
	transfer->unreachable = transfer->skipped = false;
	progress_note("%s: %s; now from %s", before, reason, transfer->origin);
	wait_for(transfer, 0);
	return true;
}

static void fail(struct transfer *transfer, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	autofree char *reason = text_format_v(format, arguments);
	va_end(arguments);
	if (!transfer->failure.message && take_other(transfer, reason))
		return;
	autofree char *shown = url_shown(transfer->url);
	if (!transfer->failure.message)
		error_set(&transfer->failure, "%s: %s", shown, reason);
	transfer->state = TRANSFER_FAILED;
}

/* A failure of our own side (disk full, read-only store): `failure` holds its text already. */
static void fail_here(struct transfer *transfer)
{
	autofree char *shown = url_shown(transfer->url);

	error_prefix(&transfer->failure, "%s", shown);
	transfer->state = TRANSFER_FAILED;
}

void transfer_init(struct transfer *transfer, struct http_download *item,
		   const struct http_settings *settings, struct progress *advance)
{
	*transfer = (struct transfer){.item = item, .settings = settings, .advance = advance};
	transfer->url = text_copy(item->url);
	transfer->origin = url_origin(item->url);
	item->status = 0;
	if (part_init(&transfer->part, item->path, item->digest, &transfer->failure) < 0)
		transfer->state = TRANSFER_FAILED;
	else if (settings->offline && !url_is_file(item->url))
		fail(transfer, "not fetched, because this is an offline run");
	else if (item->authorization && strpbrk(item->authorization, "\r\n"))
		fail(transfer, "the authorization holds a line break");
	transfer->others = item->other_urls;
}

static void close_try(struct transfer *transfer, bool keep)
{
	part_close(&transfer->part, keep);
	curl_easy_cleanup(transfer->easy);
	transfer->easy = NULL;
	curl_slist_free_all(transfer->headers);
	transfer->headers = NULL;
	free(steal(transfer->wrong));
}

void transfer_clear(struct transfer *transfer)
{
	close_try(transfer, true);
	part_clear(&transfer->part);
	error_clear(&transfer->failure);
	free(transfer->url);
	free(transfer->origin);
	free(transfer->left);
	*transfer = (struct transfer){0};
}

void transfer_skip(struct transfer *transfer)
{
	transfer->skipped = true;
	fail(transfer, "not tried, because %s did not answer", transfer->origin);
}

/* What the item was expected to be, for messages; caller frees. */
static char *expected(const struct http_download *item)
{
	autofree char *size = item->size ? text_format("%llu bytes", (unsigned long long)item->size)
					 : text_copy("a file");

	return text_format("%s%s%s", size, item->digest ? " with " : "",
			   item->digest ? item->digest : "");
}

static void fail_wrong(struct transfer *transfer)
{
	autofree char *wanted = expected(transfer->item);
	const char *page =
		body_is_web_page(transfer)
			? "; this looks like a captive portal's page: open a browser and log in"
			: "";

	fail(transfer, "expected %s, found %s%s", wanted, transfer->wrong, page);
}

static void publish(struct transfer *transfer)
{
	bool resumed = transfer->offset > 0;

	body_report(transfer);
	free(steal(transfer->wrong));
	int rc = part_publish(&transfer->part, transfer->item->size, &transfer->wrong,
			      &transfer->failure);
	if (rc == 0) {
		transfer->state = TRANSFER_DONE;
	} else if (rc < 0) {
		fail_here(transfer);
	} else if (resumed) {
		wait_for(transfer,
			 0); /* the part left over from earlier was bad: all from the start */
	} else {
		fail_wrong(transfer);
	}
}

/* Opens the part file. Returns true when a transfer is needed. */
static bool prepare_part(struct transfer *transfer)
{
	const struct http_download *item = transfer->item;
	int rc = part_open(&transfer->part, &transfer->failure);

	if (rc < 0) {
		fail_here(transfer);
		return false;
	}
	if (rc > 0) { /* another process, or another item, brings the same file */
		if (item->digest && path_exists(item->path))
			transfer->state = TRANSFER_DONE;
		else
			wait_for(transfer, LOCK_PAUSE);
		return false;
	}
	bool useless = url_is_file(transfer->url) || transfer->part.length > body_limit(item);
	if (useless && part_restart(&transfer->part, &transfer->failure) < 0) {
		fail_here(transfer);
		return false;
	}
	transfer->offset = transfer->part.length;
	if (transfer->offset > transfer->best)
		transfer->best = transfer->offset;
	if (item->size &&
	    transfer->part.length == item->size) { /* complete, but its name was not given */
		publish(transfer);
		return false;
	}
	return true;
}

static void set_request(struct transfer *transfer)
{
	CURL *easy = transfer->easy;

	if (transfer->item->authorization && text_equal(transfer->url, transfer->item->url)) {
		/* libcurl drops it when a redirect leads to another host, port or protocol */
		autofree char *line =
			text_format("Authorization: %s", transfer->item->authorization);

		transfer->headers = curl_slist_append(NULL, line);
		curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
	}
	if (transfer->offset > 0) {
		/* not RESUME_FROM: that makes an error of an honest 200 */
		autofree char *range = text_format("%llu-", (unsigned long long)transfer->offset);

		curl_easy_setopt(easy, CURLOPT_RANGE, range);
	}
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 128L << 10);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->detail);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, body_receive);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
}

void transfer_start(struct transfer *transfer)
{
	transfer->body_begun = transfer->ignoring = transfer->other_range = false;
	transfer->ignored = 0;
	transfer->unreachable = false;
	transfer->detail[0] = '\0';
	if (!prepare_part(transfer)) {
		close_try(transfer, true);
		return;
	}
	transfer->easy =
		client_new(transfer->settings, transfer->url, NULL, true, &transfer->failure);
	if (!transfer->easy) {
		fail_here(transfer);
		close_try(transfer, true);
		return;
	}
	set_request(transfer);
	transfer->state = TRANSFER_RUNNING;
}

/* Another try, or the end of patience. `retry_after` in seconds, 0 when the server said nothing. */
static void try_again(struct transfer *transfer, const char *reason, double retry_after)
{
	unsigned tries = transfer->settings->tries ? transfer->settings->tries : TRIES;
	bool alone = !transfer->others || !transfer->others[strspn(transfer->others, " ")];
	double pause = PAUSE_FIRST;

	if (!alone && tries > TRIES_OF_SEVERAL)
		tries = TRIES_OF_SEVERAL;
	/* against the best so far, not the last: a server without Range begins anew each time */
	if (transfer->part.length >= transfer->best + GOOD_PROGRESS)
		transfer->failed_tries = 0;
	if (transfer->part.length > transfer->best)
		transfer->best = transfer->part.length;
	transfer->failed_tries++;
	if (transfer->failed_tries >= tries) {
		fail(transfer, "%s (%u %s)", reason, tries, tries == 1 ? "try" : "tries");
		return;
	}
	for (unsigned i = 1; i < transfer->failed_tries && pause < PAUSE_MAX; i++)
		pause *= 3;
	if (retry_after > pause)
		pause = retry_after;
	if (pause > RETRY_AFTER_MAX)
		pause = RETRY_AFTER_MAX;
	wait_for(transfer, pause);
	autofree char *shown = url_shown(transfer->url);
	progress_note("%s: %s; again in %.1f s", shown, reason, pause);
}

static const char *status_name(long status)
{
	static const struct {
		long status;
		const char *name;
	} names[] = {
		{400, "Bad Request"},
		{401, "Unauthorized: credentials are missing or wrong"},
		{403, "Forbidden"},
		{404, "Not Found"},
		{407, "Proxy Authentication Required"},
		{410, "Gone"},
		{416, "Range Not Satisfiable"},
		{429, "Too Many Requests"},
		{500, "Internal Server Error"},
		{502, "Bad Gateway"},
		{503, "Service Unavailable"},
		{504, "Gateway Timeout"},
		{511, "Network Authentication Required: log in to this network first"},
	};

	for (size_t i = 0; i < LENGTH(names); i++)
		if (names[i].status == status)
			return names[i].name;
	return "";
}

static bool status_is_transient(long status)
{
	return status == 408 || status == 425 || status == 429 || status == 500 || status == 502 ||
	       status == 503 || status == 504;
}

/* The server answered with something else than the file. */
static void finish_refused(struct transfer *transfer, long status)
{
	curl_off_t retry_after = 0;
	const char *name = status_name(status);
	autofree char *reason =
		text_format("the server answered HTTP %ld%s%s", status, *name ? " " : "", name);

	curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &retry_after);
	if (status == 404 && transfer->item->optional) {
		if (!take_other(transfer, reason))
			transfer->state = TRANSFER_DONE;
	} else if (status == 416 && transfer->offset > 0) {
		part_close(&transfer->part, false);
		try_again(transfer, reason, 0);
	} else if (status_is_transient(status)) {
		try_again(transfer, reason, (double)retry_after);
	} else {
		fail(transfer, "%s", reason);
	}
}

static void finish_broken(struct transfer *transfer, CURLcode code)
{
	autofree char *reason = client_reason(code, transfer->detail);

	if (code == CURLE_FILE_COULDNT_READ_FILE) {
		transfer->item->status = 404;
		if (!transfer->item->optional)
			fail(transfer, "the file does not exist or cannot be read");
		else if (!take_other(transfer, reason))
			transfer->state = TRANSFER_DONE;
	} else if (client_is_transient(code)) {
		transfer->unreachable = client_is_unreachable(code) && !transfer->item->status;
		try_again(transfer, reason, 0);
	} else {
		fail(transfer, "%s", reason);
	}
}

void transfer_finish(struct transfer *transfer, CURLcode code)
{
	long status = 0;
	bool file = url_is_file(transfer->url);

	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	transfer->item->status = file ? 0 : status;
	if (transfer->failure.message) {
		fail_here(transfer);
	} else if (transfer->wrong && transfer->offset > 0) {
		part_close(&transfer->part, false);
		try_again(transfer, "the rest does not fit to what was there", 0);
	} else if (transfer->wrong) {
		fail_wrong(transfer);
		part_close(&transfer->part, false);
	} else if (transfer->other_range) {
		part_close(&transfer->part, false);
		try_again(transfer, "the server sent another range than asked for", 0);
	} else if (code == CURLE_TOO_MANY_REDIRECTS || code == CURLE_UNSUPPORTED_PROTOCOL) {
		finish_broken(transfer, code);
	} else if (!file && status >= 300) {
		finish_refused(transfer, status);
	} else if (code != CURLE_OK) {
		finish_broken(transfer, code);
	} else if (body_end(transfer)) {
		publish(transfer);
	} else {
		fail_here(transfer);
	}
	close_try(transfer, true);
}
