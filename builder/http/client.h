/* client: what every transfer has in common: proxies, certificates, protocols, time-outs, and how a
 * URL is shown to people. Private to the room http. */
#ifndef HIEBOX_HTTP_CLIENT_H
#define HIEBOX_HTTP_CLIENT_H

#include <curl/curl.h>
#include <stdbool.h>

#include "http/http.h"

/* A new easy handle for `url`, set up from `settings` (may be NULL). `ca_file` overrides the
 * settings' (NULL: not). Only http and https, and file when `files` says so, redirects to http and
 * https only. NULL with err set on failure. Free with curl_easy_cleanup(). */
CURL *client_new(const struct http_settings *settings, const char *url, const char *ca_file,
		 bool files, struct error *err);
/* The same to a handle there is: new, or after curl_easy_reset(). */
void client_set_up(CURL *easy, const struct http_settings *settings, const char *url, const char *ca_file,
		   bool files);

/* The URL without user name and password, for messages; caller frees. */
char *url_shown(const char *url);

bool url_is_file(const char *url);

/* "scheme://host:port" of the URL in lower case: what is down when a server is; caller frees. */
char *url_origin(const char *url);

/* Why a transfer failed, in words, from libcurl's code and its error text; caller frees. */
char *client_reason(CURLcode code, const char *detail);

/* Is it worth another try: time-outs, resets, names that do not resolve just now? */
bool client_is_transient(CURLcode code);

/* Did no conversation with the server come about at all? */
bool client_is_unreachable(CURLcode code);

#endif
