#include "http/body.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define IGNORED_MAX (256u << 10) /* of an error page; then the connection is cut */
#define SIZE_MAX_DEFAULT (1ull << 30)

uint64_t body_limit(const struct http_download *item)
{
	if (item->size)
		return item->size;
	return item->size_max ? item->size_max : SIZE_MAX_DEFAULT;
}

void body_report(struct transfer *transfer)
{
	uint64_t length = transfer->part.length;

	if (transfer->advance && length > transfer->reported)
		progress_advance(transfer->advance, length - transfer->reported);
	if (length > transfer->reported)
		transfer->reported = length;
}

bool body_is_web_page(const struct transfer *transfer)
{
	const char *type = NULL;
	const char *head = (const char *)transfer->part.head;

	if (transfer->easy)
		curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_TYPE, &type);
	if (type && strncasecmp(type, "text/html", 9) == 0)
		return true;
	return strncasecmp(head, "<!doctype html", 14) == 0 || strncasecmp(head, "<html", 5) == 0;
}

/* First byte position of a 206 answer (RFC 9110 section 14.4), or UINT64_MAX. */
static uint64_t range_start(CURL *easy)
{
	struct curl_header *header;
	unsigned long long start;

	if (curl_easy_header(easy, "Content-Range", 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
		return UINT64_MAX;
	return sscanf(header->value, "bytes %19llu-", &start) == 1 ? start : UINT64_MAX;
}

/* The announced length tells early that this cannot be the file. */
static bool announced_is_wrong(struct transfer *transfer)
{
	const struct http_download *item = transfer->item;
	curl_off_t announced = -1;

	curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
	if (announced < 0)
		return false;
	uint64_t whole = transfer->part.length + (uint64_t)announced;
	if (item->size ? whole == item->size : whole <= body_limit(item))
		return false;
	transfer->wrong = text_format("%llu bytes", (unsigned long long)whole);
	return true;
}

/* Decides by the answer's head what the body is. False stops the transfer. */
static bool begin(struct transfer *transfer)
{
	long status = 0;

	transfer->body_begun = true;
	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status >= 300) {
		transfer->ignoring = true;
		return true;
	}
	if (status == 206 && range_start(transfer->easy) != transfer->offset) {
		transfer->other_range = true;
		return false;
	}
	/* a server that does not know Range sends everything: from the start, then */
	if (status != 206 && transfer->part.length > 0) {
		if (part_restart(&transfer->part, &transfer->failure) < 0)
			return false;
		transfer->offset = 0;
	}
	return !announced_is_wrong(transfer);
}

size_t body_receive(char *bytes, size_t size, size_t count, void *context)
{
	struct transfer *transfer = context;
	size_t length = size * count;
	uint64_t limit = body_limit(transfer->item);

	if (!transfer->body_begun && !begin(transfer)) {
		if (transfer->part.length < sizeof transfer->part.head)
			memcpy(transfer->part.head, bytes,
			       length < sizeof transfer->part.head ? length
								   : sizeof transfer->part.head);
		return CURL_WRITEFUNC_ERROR;
	}
	if (transfer->ignoring) {
		transfer->ignored += length;
		return transfer->ignored > IGNORED_MAX ? CURL_WRITEFUNC_ERROR : length;
	}
	if (length > limit - transfer->part.length) {
		transfer->wrong = text_format("more than %llu bytes", (unsigned long long)limit);
		return CURL_WRITEFUNC_ERROR;
	}
	if (part_write(&transfer->part, bytes, length, &transfer->failure) < 0)
		return CURL_WRITEFUNC_ERROR;
	body_report(transfer);
	return length;
}

bool body_end(struct transfer *transfer)
{
	/* an empty answer never called the write callback: what was there before is not the file */
	if (!transfer->body_begun && transfer->part.length > 0) {
		if (part_restart(&transfer->part, &transfer->failure) < 0)
			return false;
		transfer->offset = 0;
	}
	return true;
}
