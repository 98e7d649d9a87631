/* body: the bytes of a download as they arrive: is this the file, the rest of the file, or an error
 * page? Limits are kept here. Private to http. */
#ifndef HIEBOX_HTTP_BODY_H
#define HIEBOX_HTTP_BODY_H

#include "http/transfer.h"

/* libcurl's write callback (CURLOPT_WRITEFUNCTION); `context` is the transfer. */
size_t body_receive(char *bytes, size_t size, size_t count, void *context);

/* After the last byte. False when the part file could not be written (`failure` is set). */
bool body_end(struct transfer *transfer);

/* The most bytes that the item may have. */
uint64_t body_limit(const struct http_download *item);

/* Gives the bytes that are new to the progress. */
void body_report(struct transfer *transfer);

/* Do the first bytes, or the server's Content-Type, say that this is a web page? */
bool body_is_web_page(const struct transfer *transfer);

#endif
