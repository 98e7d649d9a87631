#include "http/client.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define CONNECT_SECONDS 30L
#define STALL_SECONDS 60L
#define STALL_BYTES 1024L /* per second */
#define REDIRECTS 10L

bool url_is_file(const char *url)
{
	return strncasecmp(url, "file:", 5) == 0;
}

/* Where the authority begins and ends ("user:password@host:port"). */
static const char *authority(const char *url, size_t *ret_length)
{
	const char *start = strstr(url, "://");

	if (!start)
		return NULL;
	start += 3;
	*ret_length = strcspn(start, "/?#");
	return start;
}

char *url_shown(const char *url)
{
	size_t length;
	const char *start = authority(url, &length);
	const char *at = start ? memrchr(start, '@', length) : NULL;

	if (!at)
		return text_copy(url);
	return text_format("%.*s%s", (int)(start - url), url, at + 1);
}

char *url_origin(const char *url)
{
	autofree char *shown = url_shown(url);
	size_t length = 0;
	const char *start = authority(shown, &length);
	char *origin = text_copy_n(shown, start ? (size_t)(start - shown) + length : strlen(shown));

	for (char *c = origin; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return origin;
}

/* Addresses of this very machine are never asked for through a proxy. */
static bool is_loopback(const char *url)
{
	autofree char *origin = url_origin(url);
	const char *host = strstr(origin, "://");

	host = host ? host + 3 : origin;
	if (text_starts(host, "127.") || text_starts(host, "[::1]"))
		return true;
	return text_starts(host, "localhost") && strchr(":", host[9]);
}

static void set_proxy(CURL *easy, const struct http_settings *settings, const char *url)
{
	const char *proxy =
		strncasecmp(url, "https:", 6) == 0 ? settings->proxy_https : settings->proxy_http;

	if (is_loopback(url) || (proxy && strcasecmp(proxy, "DIRECT") == 0))
		curl_easy_setopt(easy, CURLOPT_PROXY, "");
	else if (proxy)
		curl_easy_setopt(easy, CURLOPT_PROXY, proxy);
	/* else libcurl reads http_proxy, https_proxy, all_proxy and no_proxy itself */
}

static const char *first_set(const char *a, const char *b)
{
	return a && *a ? a : (b && *b ? b : NULL);
}

static void set_certificates(CURL *easy, const struct http_settings *settings, const char *ca_file)
{
	const char *file = first_set(ca_file, settings->ca_file);

	file = first_set(file, getenv("SSL_CERT_FILE"));
	file = first_set(file, getenv("CURL_CA_BUNDLE"));
	if (file)
		curl_easy_setopt(easy, CURLOPT_CAINFO, file);
}

CURL *client_new(const struct http_settings *settings, const char *url, const char *ca_file,
		 bool files, struct error *err)
{
	CURL *easy = curl_easy_init();

	if (easy)
		client_set_up(easy, settings, url, ca_file, files);
	else
		error_set(err, "libcurl could not be started");
	return easy;
}

void client_set_up(CURL *easy, const struct http_settings *settings, const char *url, const char *ca_file,
		   bool files)
{
	static const struct http_settings none;

	if (!settings)
		settings = &none;
	long stall = settings->stall_seconds > 0 ? settings->stall_seconds : STALL_SECONDS;
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, files ? "http,https,file" : "http,https");
	/* what was asked for under encryption is not fetched without */
	curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR,
			 strncasecmp(url, "https:", 6) == 0 ? "https" : "http,https");
	curl_easy_setopt(easy, CURLOPT_MAXREDIRS, REDIRECTS);
	curl_easy_setopt(easy, CURLOPT_USERAGENT,
			 settings->user_agent ? settings->user_agent : "hiebox");
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT,
			 stall < CONNECT_SECONDS ? stall : CONNECT_SECONDS);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, STALL_BYTES);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, stall);
	set_proxy(easy, settings, url);
	set_certificates(easy, settings, ca_file);
}

/* A certificate is too old or too young: then it may be this machine's clock that is wrong. */
static char *untrusted(const char *detail)
{
	const char *said = detail && *detail ? detail : "no detail";
	char today[32] = "?";
	time_t now = time(NULL);
	struct tm parts;

	if (!strstr(said, "expired") && !strstr(said, "not yet valid"))
		return text_format("the server's certificate is not trusted (%s); a network that reads along "
				   "needs its certificate in SSL_CERT_FILE",
				   said);
	if (gmtime_r(&now, &parts))
		strftime(today, sizeof today, "%Y-%m-%d %H:%M UTC", &parts);
	return text_format("the server's certificate is not valid today (%s); this machine's clock says %s: if "
			   "that is wrong, set it (sudo timedatectl set-ntp true)",
			   said, today);
}

char *client_reason(CURLcode code, const char *detail)
{
	if (code == CURLE_PEER_FAILED_VERIFICATION)
		return untrusted(detail);
	if (code == CURLE_UNSUPPORTED_PROTOCOL && detail && strstr(detail, "HTTP/0.9"))
		return text_copy("what the server answers is no HTTP");
	if (code == CURLE_UNSUPPORTED_PROTOCOL)
		return text_copy("the server redirects to an address without encryption or of an unknown kind; "
				 "that is refused");
	if (code == CURLE_TOO_MANY_REDIRECTS)
		return text_format("the server redirects in a circle (more than %ld times)", REDIRECTS);
	if (detail && *detail)
		return text_format("%s", detail);
	return text_format("%s", curl_easy_strerror(code));
}

bool client_is_unreachable(CURLcode code)
{
	return code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_COULDNT_RESOLVE_HOST ||
	       code == CURLE_COULDNT_CONNECT || code == CURLE_OPERATION_TIMEDOUT;
}

bool client_is_transient(CURLcode code)
{
	switch (code) {
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_PARTIAL_FILE:
	case CURLE_GOT_NOTHING:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
	case CURLE_WEIRD_SERVER_REPLY:
		return true;
	default:
		return client_is_unreachable(code);
	}
}
