#include "agent/page_request.h"

#include <string.h>
#include <strings.h>

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

static void pairs_clear(struct page_pairs *pairs)
{
	for (size_t i = 0; i < pairs->count; i++) {
		free(pairs->items[i].name);
		if (pairs->items[i].value) /* it may be a password */
			explicit_bzero(pairs->items[i].value, strlen(pairs->items[i].value));
		free(pairs->items[i].value);
	}
	pairs->count = 0;
}

void page_request_clear(struct page_request *request)
{
	pairs_clear(&request->query);
	pairs_clear(&request->form);
	pairs_clear(&request->cookies);
	free(request->path);
	free(request->host);
	free(request->origin);
	free(request->referer);
	free(request->accept_language);
	free(request->content_type);
	free(request->address);
	memset(request, 0, sizeof *request);
}

static int hex(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	digit |= 0x20;
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* The first `length` bytes of a text that ends with NUL: whole characters, and no NUL among them? */
static bool is_text(const char *text, size_t length)
{
	for (size_t at = 0; at < length;) {
		size_t step = utf8_length(text + at);
		if (!step || step > length - at || !text[at])
			return false;
		at += step;
	}
	return true;
}

/* %XX, and with `plus` also + for a space. NULL: broken, NUL inside, no UTF-8, or longer than `maximum`. */
static char *decode(const char *text, size_t length, bool plus, size_t maximum)
{
	autofree char *out = memory_alloc(length + 1);
	size_t used = 0;
	for (size_t i = 0; i < length; i++) {
		if (text[i] != '%') {
			out[used++] = plus && text[i] == '+' ? ' ' : text[i];
			continue;
		}
		if (i + 2 >= length || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0)
			return NULL;
		out[used++] = (char)(hex(text[i + 1]) * 16 + hex(text[i + 2]));
		i += 2;
	}
	return used <= maximum && is_text(out, used) ? steal(out) : NULL;
}

/* name=value&name=value */
static unsigned read_pairs(struct page_pairs *pairs, const char *text, size_t length)
{
	for (const char *at = text, *end = text + length; at < end;) {
		const char *stop = memchr(at, '&', (size_t)(end - at));
		stop = stop ? stop : end;
		const char *equals = memchr(at, '=', (size_t)(stop - at));
		const char *name_end = equals ? equals : stop, *value = equals ? equals + 1 : stop;
		if (stop > at) {
			autofree char *name = decode(at, (size_t)(name_end - at), true, 64);
			autofree char *decoded = decode(value, (size_t)(stop - value), true, PAGE_VALUE_MAX);
			if (!name || !decoded || pairs->count == PAGE_PAIRS_MAX)
				return 400;
			pairs->items[pairs->count++] = (struct page_pair){ steal(name), steal(decoded) };
		}
		at = stop + 1;
	}
	return 0;
}

unsigned page_request_method(struct page_request *request, const char *method)
{
	request->method = text_equal(method, "GET") || text_equal(method, "HEAD") ? PAGE_GET
		: text_equal(method, "POST") ? PAGE_POST : PAGE_METHOD_OTHER;
	return 0;
}

unsigned page_request_target(struct page_request *request, const char *target)
{
	size_t length = strlen(target), path = strcspn(target, "?#");
	if (length > PAGE_TARGET_MAX)
		return 414;
	if (target[0] != '/' || request->path)
		return 400;
	autofree char *decoded = decode(target, path, false, PAGE_PATH_MAX);
	/* our addresses are made of these, so nothing else need be understood: no "..", no "//", no "\" */
	if (!decoded || strspn(decoded, LETTERS DIGITS "/._-") != strlen(decoded) || strstr(decoded, "..")
	    || strstr(decoded, "//"))
		return decoded ? 404 : 400;
	request->path = steal(decoded);
	return target[path] == '?' ? read_pairs(&request->query, target + path + 1,
						strcspn(target + path + 1, "#")) : 0;
}

/* name[:port] or [address]:port */
static bool is_host(const char *text)
{
	size_t name = text[0] == '[' ? 1 + strspn(text + 1, "abcdefABCDEF:." DIGITS) : strspn(text, LETTERS DIGITS ".-_");
	if (text[0] == '[' && (name == 1 || text[name++] != ']'))
		return false;
	if (!name || strlen(text) > 255)
		return false;
	size_t port = text[name] == ':' ? strspn(text + name + 1, DIGITS) : 0;
	return !text[name] || (port && port <= 5 && !text[name + 1 + port]);
}

/* Cookies that cannot be read are not ours. */
static void read_cookies(struct page_pairs *pairs, const char *text)
{
	while (*text) {
		text += strspn(text, "; \t");
		size_t length = strcspn(text, ";"), name = strcspn(text, "=;");
		if (name && name < length && length - name <= PAGE_VALUE_MAX && pairs->count < PAGE_PAIRS_MAX
		    && is_text(text, length))
			pairs->items[pairs->count++] = (struct page_pair){
				text_copy_n(text, name), text_copy_n(text + name + 1, length - name - 1) };
		text += length;
	}
}

static void keep(char **place, const char *value)
{
	if (!*place)
		*place = text_copy(value);
}

unsigned page_request_header(struct page_request *request, const char *name, const char *value)
{
	if (++request->headers > PAGE_HEADERS_MAX || strlen(value) > PAGE_HEADER_MAX)
		return 431;
	if (strcasecmp(name, "Cookie") == 0)
		read_cookies(&request->cookies, value);
	else if (strcasecmp(name, "Host") == 0 && is_host(value))
		keep(&request->host, value);
	else if (strcasecmp(name, "Origin") == 0)
		keep(&request->origin, value);
	else if (strcasecmp(name, "Referer") == 0)
		keep(&request->referer, value);
	else if (strcasecmp(name, "Accept-Language") == 0)
		keep(&request->accept_language, value);
	else if (strcasecmp(name, "Content-Type") == 0)
		keep(&request->content_type, value);
	else if (strcasecmp(name, "X-Real-IP") == 0 && strspn(value, "abcdefABCDEF:.%" DIGITS) == strlen(value)
		 && strlen(value) < 64)
		keep(&request->address, value);
	else if (strcasecmp(name, "X-Forwarded-Proto") == 0)
		request->https = text_equal(value, "https");
	return 0;
}

unsigned page_request_body(struct page_request *request, const char *bytes, size_t length)
{
	static const char form[] = "application/x-www-form-urlencoded";
	if (length > PAGE_BODY_MAX)
		return 413;
	if (!length)
		return 0;
	const char *type = request->content_type ? request->content_type : "";
	if (strncasecmp(type, form, strlen(form)) != 0)
		return 415;
	return read_pairs(&request->form, bytes, length);
}

const char *page_pair(const struct page_pairs *pairs, const char *name)
{
	for (size_t i = 0; i < pairs->count; i++)
		if (text_equal(pairs->items[i].name, name))
			return pairs->items[i].value;
	return NULL;
}

char *page_host_name(const struct page_request *request)
{
	if (!request->host)
		return NULL;
	size_t length = request->host[0] == '[' ? strcspn(request->host, "]") + 1 : strcspn(request->host, ":");
	return text_copy_n(request->host, length);
}

bool page_same_origin(const struct page_request *request)
{
	autofree char *own = text_format("%s://%s", request->https ? "https" : "http",
					 request->host ? request->host : "");
	size_t length = strlen(own);
	if (!request->host)
		return false;
	if (request->origin)
		return strcasecmp(request->origin, own) == 0;
	return request->referer && strncasecmp(request->referer, own, length) == 0 && request->referer[length] == '/';
}

bool page_secret_equal(const char *a, const char *b)
{
	if (!a || !b || !a[0] || strlen(a) != strlen(b))
		return false;
	volatile unsigned char difference = 0;
	for (size_t i = 0; a[i]; i++)
		difference = (unsigned char)(difference | (a[i] ^ b[i]));
	return !difference;
}
