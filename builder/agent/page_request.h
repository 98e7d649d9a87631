/* page_request: what a browser sent, taken apart and bounded. Everything here is hostile: nothing is kept
 * that is longer, more or other than what is written below. Sources: RFC 3986, RFC 9110, RFC 6265, and the
 * HTML standard's application/x-www-form-urlencoded. */
#ifndef HIEBOX_AGENT_PAGE_REQUEST_H
#define HIEBOX_AGENT_PAGE_REQUEST_H

#include "base/base.h"

#define PAGE_TARGET_MAX 2048u          /* bytes of path and query */
#define PAGE_PATH_MAX 256u
#define PAGE_HEADERS_MAX 64u
#define PAGE_HEADER_MAX 4096u          /* bytes of one value */
#define PAGE_BODY_MAX (16u << 10)
#define PAGE_PAIRS_MAX 32u             /* values in a query, a form or a cookie */
#define PAGE_VALUE_MAX 2048u

enum page_method { PAGE_GET, PAGE_POST, PAGE_METHOD_OTHER };

struct page_pair {
	char *name, *value;            /* UTF-8 without NUL */
};
struct page_pairs {
	struct page_pair items[PAGE_PAIRS_MAX];
	size_t count;
};

/* Zero-initialise; free with page_request_clear(). */
struct page_request {
	enum page_method method;       /* HEAD is a GET */
	char *path;                    /* begins with '/'; decoded; only characters that our addresses have */
	struct page_pairs query, form, cookies;
	char *host;                    /* as sent, but only when it can be a host with a port; else NULL */
	char *origin, *referer, *accept_language, *content_type;
	char *address;                 /* the client's, as nginx says; "?" when it does not */
	bool https;                    /* as nginx says */
	size_t headers;                /* how many there were */
};
void page_request_clear(struct page_request *request);

/* Each returns 0, or the HTTP status that refuses the request. */
unsigned page_request_method(struct page_request *request, const char *method);
unsigned page_request_target(struct page_request *request, const char *target);
unsigned page_request_header(struct page_request *request, const char *name, const char *value);
unsigned page_request_body(struct page_request *request, const char *bytes, size_t length);

/* The value of that name, or NULL; of two with one name the first. */
const char *page_pair(const struct page_pairs *pairs, const char *name);
/* The host without its port, in [] when it is an IPv6 address; caller frees; NULL without a host. */
char *page_host_name(const struct page_request *request);
/* Does a request that changes something come from a page of this very address? (Origin, else Referer.) */
bool page_same_origin(const struct page_request *request);
/* Equal in a time that does not depend on where they differ. */
bool page_secret_equal(const char *a, const char *b);

#endif
