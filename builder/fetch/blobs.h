/* blobs: what the store holds by digest, and the list of downloads that brings what it lacks.
 * Private to the room fetch. */
#ifndef HIEBOX_FETCH_BLOBS_H
#define HIEBOX_FETCH_BLOBS_H

#include "fetch/fetch.h"

/* Is the blob there with the right size (0: any but empty)? One stat; `hiebox verify-store` reads
 * all. */
bool blob_is_there(const struct store *store, const char *digest, uint64_t size);

/* Downloads to be done, with the texts they point to. Zero-initialise. */
struct bring_list {
	struct http_download *items;
	size_t count, capacity;
	struct strings texts; /* owned urls, paths, digests */
	uint64_t bytes;       /* sum of the known sizes */
	bool unsized;         /* not all sizes are known */
};
void bring_clear(struct bring_list *list);
#define autobring __attribute__((cleanup(bring_clear)))

/* Adds a download as `wanted` describes it; url, path and digest are copied. */
void bring_add(struct bring_list *list, const struct http_download *wanted);

/* Adds `wanted` (without path) as a blob of the store, unless it is there or in the list already.
 * -1 when its digest is none or its folder cannot be made. */
int bring_blob(struct bring_list *list, const struct store *store,
	       const struct http_download *wanted, struct error *err);

/* Downloads the list under one progress step named `label`. */
int bring_run(struct bring_list *list, const struct http_settings *settings, const char *label,
	      struct error *err);

/* When optional downloads were not there (HTTP 404): sets err, before what it may hold, to "`before` N
 * `what`:", the URLs of the first ones, one per line, and `advice`. `before` may be NULL. 0 when all came. */
int bring_report_missing(const struct bring_list *list, const char *before, const char *what,
			 const char *advice, struct error *err);

/* `base` + "/" + `location` with everything but RFC 3986's path characters percent-encoded; caller
 * frees. A location that is no clean relative path is an error (NULL). */
char *url_join(const char *base, const char *location, struct error *err);

/* The same location on each of `bases`, separated by spaces, as http_download's other_urls; caller frees; ""
 * without any. NULL as url_join(). */
char *urls_join(const struct strings *bases, const char *location, struct error *err);

/* How http shall reach the Debian mirror (`debian`), or the registries, which APT's proxies are not
 * for. */
struct http_settings origins_settings(const struct origins *origins, bool debian);

#endif
