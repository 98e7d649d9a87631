#include "fetch/blobs.h"

#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define MISSING_SHOWN 10u
#define NAMES_SHOWN 3u

/* A digest in parts, or false when it is none: digests come from files. */
static bool split_digest(const char *digest, char algorithm[8], const char **ret_hex)
{
	const char *colon = strchr(digest, ':');

	if (!colon || colon == digest || colon - digest >= 8)
		return false;
	memcpy(algorithm, digest, (size_t)(colon - digest));
	algorithm[colon - digest] = '\0';
	*ret_hex = colon + 1;
	return hash_is_hex(algorithm, colon + 1);
}

char *store_blob(const struct store *store, const char *digest)
{
	char algorithm[8];
	const char *hex;

	if (!split_digest(digest, algorithm, &hex)) /* a name that never exists */
		return path_join(store->path, "blobs/no-digest");
	return text_format("%s/blobs/%s/%.2s/%s", store->path, algorithm, hex, hex);
}

bool blob_is_there(const struct store *store, const char *digest, uint64_t size)
{
	autofree char *path = store_blob(store, digest);
	struct stat about;

	if (lstat(path, &about) < 0 || !S_ISREG(about.st_mode))
		return false;
	return size ? (uint64_t)about.st_size == size : about.st_size > 0;
}

bool store_has(const struct store *store, const char *digest)
{
	return blob_is_there(store, digest, 0);
}

void bring_clear(struct bring_list *list)
{
	free(list->items);
	strings_clear(&list->texts);
	*list = (struct bring_list){0};
}

static const char *keep_text(struct bring_list *list, const char *text)
{
	if (!text)
		return NULL;
	strings_add(&list->texts, text);
	return list->texts.items[list->texts.count - 1];
}

void bring_add(struct bring_list *list, const struct http_download *wanted)
{
	list->items = array_grow(list->items, list->count, &list->capacity, sizeof *list->items);
	struct http_download *item = &list->items[list->count++];
	*item = *wanted;
	item->url = keep_text(list, wanted->url);
	item->other_urls = keep_text(list, wanted->other_urls);
	item->path = keep_text(list, wanted->path);
	item->digest = keep_text(list, wanted->digest);
	list->bytes += wanted->size;
	list->unsized |= wanted->size == 0;
}

static bool is_listed(const struct bring_list *list, const char *digest)
{
	for (size_t i = 0; i < list->count; i++)
		if (text_equal(list->items[i].digest, digest))
			return true;
	return false;
}

int bring_blob(struct bring_list *list, const struct store *store,
	       const struct http_download *wanted, struct error *err)
{
	char algorithm[8];
	const char *hex;

	if (!split_digest(wanted->digest, algorithm, &hex))
		return error_set(err, "%s: \"%s\" is no digest", wanted->url, wanted->digest);
	if (blob_is_there(store, wanted->digest, wanted->size) || is_listed(list, wanted->digest))
		return 0;
	autofree char *path = store_blob(store, wanted->digest);
	autofree char *folder = path_directory(path);
	if (directory_make(folder, 0755, err) < 0)
		return error_prefix(err, "the store %s cannot be written", store->path);
	struct http_download item = *wanted;
	item.path = path;
	bring_add(list, &item);
	return 0;
}

/* All that an offline run lacks, in one sentence. */
static int report_offline(const struct bring_list *list, const char *label, struct error *err)
{
	autostrings struct strings names = {0};
	uint64_t bytes = 0;
	size_t lacking = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (strncasecmp(list->items[i].url, "file:", 5) == 0)
			continue;
		bytes += list->items[i].size;
		if (lacking++ < NAMES_SHOWN)
			strings_add(&names, path_base(list->items[i].url));
	}
	if (lacking == 0)
		return 0;
	autofree char *first = strings_join(&names, ", ");
	autofree char *size = size_text(bytes);
	autofree char *shown = bytes ? text_format(" (%s%s)", list->unsized ? "at least " : "", size) : text_copy("");
	return error_set(err, "offline: the store lacks %zu of the %s%s: %s%s; `hiebox fetch RECIPE` brings them "
			 "once there is a network", lacking, label + strspn(label, "0123456789 "), shown, first,
			 lacking > names.count ? ", …" : "");
}

int bring_run(struct bring_list *list, const struct http_settings *settings, const char *label,
	      struct error *err)
{
	if (list->count == 0)
		return 0;
	if (settings->offline && report_offline(list, label, err) < 0)
		return -1;
	struct progress *progress =
		progress_begin("fetch", label, list->unsized ? 0 : list->bytes, true);
	if (list->unsized)
		progress_items(progress, list->count);
	int rc = http_download_all(settings, list->items, list->count, progress, err);
	progress_end(progress, rc < 0 ? "failed" : NULL);
	return rc;
}

static size_t missing_urls(const struct bring_list *list, char **ret_text)
{
	autostrings struct strings urls = {0};
	size_t missing = 0;

	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].status == 404 && ++missing <= MISSING_SHOWN)
			strings_add(&urls, list->items[i].url);
	if (missing > MISSING_SHOWN)
		strings_format(&urls, "and %zu more", missing - MISSING_SHOWN);
	if (missing > 0)
		*ret_text = strings_join(&urls, "\n  ");
	return missing;
}

int bring_report_missing(const struct bring_list *list, const char *before, const char *what,
			 const char *advice, struct error *err)
{
	autofree char *urls = NULL;
	size_t missing = missing_urls(list, &urls);

	if (missing == 0)
		return 0;
	autofree char *others =
		err && err->message ? text_format("\n%s", err->message) : text_copy("");
	if (err)
		error_clear(err);
	return error_set(err, "%s%s%zu %s:\n  %s\n%s%s", before ? before : "", before ? " " : "", missing,
			 what, urls, advice, others);
}

char *url_join(const char *base, const char *location, struct error *err)
{
	/* RFC 3986 section 3.3: these stand for themselves in a path */
	static const char plain[] = "-._~!$&'()*+,;=:@/";
	autobuffer struct buffer url = {0};

	if (!path_is_clean(location)) {
		error_set(err, "\"%s\" is no clean path below %s", location, base);
		return NULL;
	}
	buffer_format(&url, "%s/", base);
	for (const char *c = location; *c; c++) {
		unsigned char byte = (unsigned char)*c;
		bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
			      (byte >= '0' && byte <= '9');

		if (letter || strchr(plain, byte))
			buffer_add(&url, c, 1);
		else
			buffer_format(&url, "%%%02X", byte);
	}
	return buffer_steal(&url);
}

char *urls_join(const struct strings *bases, const char *location, struct error *err)
{
	autostrings struct strings urls = {0};

	for (size_t i = 0; i < bases->count; i++) {
		char *url = url_join(bases->items[i], location, err);

		if (!url)
			return NULL;
		strings_take(&urls, url);
	}
	return strings_join(&urls, " ");
}

struct http_settings origins_settings(const struct origins *origins, bool debian)
{
	struct http_settings settings = {.offline = origins->offline};

	if (debian) {
		settings.proxy_http = origins->proxy_http;
		settings.proxy_https = origins->proxy_https;
		settings.ca_file = origins->ca_file;
	}
	return settings;
}
