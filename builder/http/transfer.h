/* transfer: one download from its first try to its end, whatever happens. Private to http. */
#ifndef HIEBOX_HTTP_TRANSFER_H
#define HIEBOX_HTTP_TRANSFER_H

#include <curl/curl.h>

#include "http/http.h"
#include "http/part.h"

enum transfer_state {
	TRANSFER_WAITING, /* to be started (again) at `not_before` */
	TRANSFER_RUNNING, /* its easy handle is in the multi handle */
	TRANSFER_DONE,
	TRANSFER_FAILED, /* `failure` says why */
};

struct transfer {
	struct http_download *item;
	const struct http_settings *settings;
	struct progress *advance;
	enum transfer_state state;
	double not_before; /* clock_seconds() */
	unsigned failed_tries;
	struct error failure;
	bool unreachable; /* the failure means that the server was not reached at all */
	bool skipped;     /* not tried, because its server was found to be down */
	const char *others; /* the rest of the item's other_urls, borrowed */
	char *url;        /* what is being tried: the item's own, or one of the others */
	char *origin;     /* of `url`: "https://host:port" */
	char *left;       /* origin that was given up for another one because it could not be reached */

	/* the try that runs */
	CURL *easy;
	struct curl_slist *headers;
	struct part part;
	uint64_t offset;   /* bytes there before this try */
	uint64_t reported; /* bytes already given to progress, over all tries */
	uint64_t best;     /* most bytes that any earlier try ended with */
	uint64_t ignored;  /* bytes of an error page */
	bool body_begun;
	bool ignoring;
	bool other_range; /* 206 with another range than asked for */
	char *wrong;      /* set when the bytes cannot become right: what was found */
	char detail[CURL_ERROR_SIZE];
};

/* Checks the item and prepares; no network. transfer_clear() is due in every case. */
void transfer_init(struct transfer *transfer, struct http_download *item,
		   const struct http_settings *settings, struct progress *advance);
/* Begins a try: afterwards it is RUNNING with `easy` to be added to the multi handle, or in another
 * state. */
void transfer_start(struct transfer *transfer);
/* libcurl is done with the try (the easy handle was removed from the multi handle): decides. */
void transfer_finish(struct transfer *transfer, CURLcode code);
/* Gives up without a try. */
void transfer_skip(struct transfer *transfer);
void transfer_clear(struct transfer *transfer);

#endif
