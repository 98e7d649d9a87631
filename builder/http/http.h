/* http: verified downloads, many at once, and single requests. The only room that names libcurl.
 * Source: RFC 9110 (semantics, Range), RFC 9112. */
#ifndef HIEBOX_HTTP_H
#define HIEBOX_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

/* How to reach the network; borrowed pointers, NULL or 0 for defaults. */
struct http_settings {
	const char *proxy_http;     /* as APT's Acquire::http::Proxy; "DIRECT" for none; NULL: the environment's */
	const char *proxy_https;
	const char *ca_file;        /* extra certificate bundle (NULL: $SSL_CERT_FILE, $CURL_CA_BUNDLE, then the system's) */
	const char *user_agent;     /* NULL: "hiebox" */
	long stall_seconds;         /* give up when slower than 1 KiB/s for so long; 0: 60 */
	unsigned parallel;          /* transfers at once; 0: 8 */
	unsigned tries;             /* per item, with growing pauses, for time-outs, resets, 5xx and 429 (Retry-After honoured); 0: 4 */
	bool offline;               /* no socket is opened: calls fail saying what would have been fetched; file:// works */
};

/* One file to download. `url` may be http, https or file. The bytes go to `<path>.part` (resumed with
 * Range when it exists), are hashed while they stream, and are renamed to `path` when size and digest
 * agree. A wrong digest or size deletes the part file and is an error naming url, expected and found.
 * Redirects from https to http are refused. */
struct http_download {
	const char *url;
	const char *other_urls;     /* the same file elsewhere, separated by spaces: tried in order when `url` fails; or NULL */
	const char *path;
	const char *digest;         /* "sha256:<hex>", "sha512:<hex>", "sha1:<hex>"; NULL: none known, then `size_max` bounds it */
	uint64_t size;              /* expected bytes, 0 when unknown */
	uint64_t size_max;          /* largest acceptable size when `size` is 0; 0: 1 GiB */
	const char *authorization;  /* full header value for the origin host only (dropped on redirect to another host), or NULL */
	bool optional;              /* HTTP 404 or a missing file:// is no error: `status` tells */
	long status;                /* out: last HTTP status; for file:// 0, or 404 when it is missing */
};

/* Downloads all; `advance` (may be NULL) receives bytes as they arrive. All failures are collected
 * into one error text (at most 20 lines, one per file). Returns 0 when every file is in place. */
int http_download_all(const struct http_settings *settings, struct http_download *items, size_t count,
		      struct progress *advance, struct error *err);

/* One request with the answer in memory, for the workflow engine, health probes and the agent. */
struct http_request {
	const char *method;                /* "GET", "PUT", … */
	const char *url;
	const char *const *headers;        /* NULL-terminated "Name: value" */
	const char *body;                  /* NULL: none */
	size_t body_length;
	const char *user, *password;       /* HTTP Basic (RFC 7617) when user is set */
	const char *certificate, *key;     /* of mutual TLS: files in PEM (one may hold both); NULL: none is shown */
	const char *key_password;          /* the key's passphrase, when it has one: nobody is asked for it */
	const char *ca_file;               /* trust this bundle only; NULL: the system's */
	bool insecure;                     /* do not verify the peer (health probes on the loopback address) */
	long timeout_seconds;              /* 0: 30 */
	long timeout_ms;                   /* in its place, when it is not 0 */
	size_t body_max;                   /* largest answer; 0: 16 MiB */
	bool follow;                       /* follow redirects */
	bool keep_partial;                 /* see http_session_request() */
	bool (*stop)(void *context);       /* asked about once a second; true ends the request; may be NULL */
	void *stop_context;
};
struct http_response {
	long status;
	struct strings headers;            /* "name: value", names in lower case */
	char *body;
	size_t body_length;
};
/* 0 when any answer with a status came; -1 for network errors. Free with http_response_clear(). */
int http_request(const struct http_settings *settings, const struct http_request *request,
		 struct http_response *ret_response, struct error *err);
void http_response_clear(struct http_response *response);

/* Requests one after the other that keep their connection: the next to the same server needs no new one. A
 * session is for one thread. Never NULL; free with http_session_free(). */
struct http_session;
struct http_session *http_session_new(void);
void http_session_free(struct http_session *session); /* NULL allowed */
/* As http_request(). When it fails after a status came and the request says `keep_partial`, what had come is in
 * *ret_response all the same (at most `body_max` bytes of the body), else nothing is. */
int http_session_request(struct http_session *session, const struct http_settings *settings,
			 const struct http_request *request, struct http_response *ret_response,
			 struct error *err);

#endif
