#include <string.h>

#include "http/http.h"
#include "http/transfer.h"

#define PARALLEL 8u
#define FAILURES_SHOWN 20u

struct downloads {
	CURLM *multi;
	struct transfer *transfers;
	size_t count;
	size_t running;
	struct strings answering; /* origins that answered at least once */
	struct strings down; /* origins that were given up: the rest of their files is not tried */
};

static CURLM *multi_new(unsigned parallel)
{
	CURLM *multi = curl_multi_init();

	if (multi) {
		curl_multi_setopt(multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
		curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)parallel);
		curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)parallel);
		curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)parallel);
	}
	return multi;
}

static void start_one(struct downloads *downloads, struct transfer *transfer)
{
	if (strings_have(&downloads->down, transfer->origin)) {
		transfer_skip(transfer);
		return;
	}
	transfer_start(transfer);
	if (transfer->state == TRANSFER_RUNNING) {
		curl_multi_add_handle(downloads->multi, transfer->easy);
		downloads->running++;
	}
}

/* Starts what may start now. Returns how many seconds until another one may, at most 1. */
static double start_waiting(struct downloads *downloads, unsigned parallel, size_t *ret_waiting)
{
	double now = clock_seconds(), soonest = now + 1;

	*ret_waiting = 0;
	for (size_t i = 0; i < downloads->count; i++) {
		struct transfer *transfer = &downloads->transfers[i];

		if (transfer->state == TRANSFER_WAITING && downloads->running < parallel &&
		    transfer->not_before <= now)
			start_one(downloads, transfer);
		if (transfer->state != TRANSFER_WAITING)
			continue;
		(*ret_waiting)++;
		if (transfer->not_before < soonest && downloads->running < parallel)
			soonest = transfer->not_before;
	}
	return soonest > now ? soonest - now : 0;
}

static void finish_one(struct downloads *downloads, const CURLMsg *message)
{
	struct transfer *transfer = NULL;
	CURLcode code = message->data.result;

	curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
	curl_multi_remove_handle(downloads->multi, message->easy_handle);
	downloads->running--;
	autofree char *asked = text_copy(transfer->origin);
	transfer_finish(transfer, code);
	if (transfer->state == TRANSFER_DONE)
		progress_item(transfer->advance);
	if (transfer->item->status > 0 && !strings_have(&downloads->answering, asked))
		strings_add(&downloads->answering, asked);
	bool given_up = text_equal(transfer->left, asked) ||
			(transfer->state == TRANSFER_FAILED && transfer->unreachable);
	if (!given_up || strings_have(&downloads->answering, asked) || strings_have(&downloads->down, asked))
		return;
	strings_add(&downloads->down, asked);
	if (transfer->state == TRANSFER_WAITING)
		progress_warn("%s does not answer: going on with %s", asked, transfer->origin);
}

static int run(struct downloads *downloads, unsigned parallel, struct error *err)
{
	for (;;) {
		size_t waiting;
		int active, queued;
		double pause = start_waiting(downloads, parallel, &waiting);

		if (downloads->running == 0 && waiting == 0)
			return 0;
		CURLMcode code = curl_multi_perform(downloads->multi, &active);
		for (CURLMsg *message; (message = curl_multi_info_read(downloads->multi, &queued));)
			if (message->msg == CURLMSG_DONE) {
				finish_one(downloads, message);
				pause = 0;
			}
		if (code == CURLM_OK)
			code = curl_multi_poll(downloads->multi, NULL, 0, (int)(pause * 1000),
					       NULL);
		if (code != CURLM_OK)
			return error_set(err, "libcurl: %s", curl_multi_strerror(code));
	}
}

/* One text for all failures; one line per file. */
static int collect(const struct downloads *downloads, struct error *err)
{
	autostrings struct strings lines = {0};
	size_t failed = 0, skipped = 0;

	for (size_t i = 0; i < downloads->count; i++) {
		const struct transfer *transfer = &downloads->transfers[i];

		failed += transfer->state == TRANSFER_FAILED;
		skipped += transfer->skipped;
		if (transfer->state == TRANSFER_FAILED && !transfer->skipped &&
		    lines.count < FAILURES_SHOWN)
			strings_add(&lines, transfer->failure.message);
	}
	if (failed == 0)
		return 0;
	if (failed == 1)
		return error_set(err, "%s", lines.items[0]);
	size_t more = failed - skipped - lines.count;
	if (more > 0)
		strings_format(&lines, "and %zu more", more);
	if (skipped > 0)
		strings_format(&lines,
			       "%zu more were not tried, because their server did not answer",
			       skipped);
	autofree char *text = strings_join(&lines, "\n  ");
	return error_set(err, "%zu of %zu downloads failed:\n  %s", failed, downloads->count, text);
}

int http_download_all(const struct http_settings *settings, struct http_download *items,
		      size_t count, struct progress *advance, struct error *err)
{
	static const struct http_settings none;

	if (!settings)
		settings = &none;
	unsigned parallel = settings->parallel ? settings->parallel : PARALLEL;
	struct downloads downloads = {.count = count};
	int rc;

	if (count == 0)
		return 0;
	downloads.transfers = memory_alloc(count * sizeof *downloads.transfers);
	for (size_t i = 0; i < count; i++)
		transfer_init(&downloads.transfers[i], &items[i], settings, advance);
	downloads.multi = multi_new(parallel);
	if (!downloads.multi)
		rc = error_set(err, "libcurl could not be started");
	else
		rc = run(&downloads, parallel, err);
	for (size_t i = 0; i < count; i++)
		if (downloads.transfers[i].state == TRANSFER_RUNNING)
			curl_multi_remove_handle(downloads.multi, downloads.transfers[i].easy);
	if (rc == 0)
		rc = collect(&downloads, err);
	for (size_t i = 0; i < count; i++)
		transfer_clear(&downloads.transfers[i]);
	curl_multi_cleanup(downloads.multi);
	free(downloads.transfers);
	strings_clear(&downloads.answering);
	strings_clear(&downloads.down);
	return rc;
}
