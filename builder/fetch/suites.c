#include "fetch/suites.h"

#include <string.h>
#include <time.h>

#include "fetch/blobs.h"
#include "fetch/signature.h"

#define SIGNED_MAX (16u << 20)
#define STORED_HINT " (the store holds an earlier one: --offline uses it)"

static int is_plain_name(const char *text)
{
	return *text && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-.") == strlen(text) &&
	       *text != '.';
}

int suites_make(const struct index_request *request, struct suite *ret_suites, struct error *err)
{
	const struct origins *origins = request->origins;
	const struct store *store = request->store;
	const char *suite = request->suite;
	static const struct {
		const char *suffix, *archive;
	} kinds[SUITES] = {
		{"", "debian"}, {"-updates", "debian"}, {"-security", "debian-security"}};

	if (!is_plain_name(suite))
		return error_set(err, "\"%s\" is no name of a suite", suite);
	for (size_t i = 0; i < SUITES; i++) {
		struct suite *made = &ret_suites[i];
		bool security = text_equal(kinds[i].archive, "debian-security");

		*made = (struct suite){.archive = kinds[i].archive, .required = i == 0};
		made->mirror = security ? origins->debian_security : origins->debian;
		made->others = security ? &origins->debian_security_others : &origins->debian_others;
		made->keyring = security && origins->keyring_security ? origins->keyring_security : origins->keyring;
		made->dates = security ? &origins->dates_security : &origins->dates;
		made->name = text_format("%s%s", suite, kinds[i].suffix);
		made->fetched = text_format("%s/%s.InRelease", store->work, made->name);
		made->stored = text_format("%s/indexes/%s.InRelease", store->path, made->name);
	}
	return 0;
}

void suite_clear(struct suite *suite)
{
	free(suite->name);
	free(suite->fetched);
	free(suite->stored);
	free(suite->location);
	free(suite->by_hash);
	free(suite->index);
	release_clear(&suite->release);
	*suite = (struct suite){0};
}

void suites_forget(struct suite *suites)
{
	for (size_t i = 0; i < SUITES; i++) {
		struct suite *suite = &suites[i];

		free(steal(suite->location));
		free(steal(suite->by_hash));
		free(steal(suite->index));
		release_clear(&suite->release);
		suite->present = false;
	}
}

static void warn_missing(const struct suite *suite)
{
	if (!suite->mirror)
		progress_warn("no mirror of %s is known: the image gets no %s packages (set "
			      "HIEBOX_DEBIAN_SECURITY_MIRROR, or configure APT)",
			      suite->archive, suite->name);
	else
		progress_warn("%s has no suite %s: the image gets none of its packages",
			      suite->mirror, suite->name);
}

/* Marks as present what the store kept. */
static int take_stored(struct suite *suites, struct error *err)
{
	for (size_t i = 0; i < SUITES; i++) {
		struct suite *suite = &suites[i];

		if (path_exists(suite->stored)) {
			if (file_copy(suite->stored, suite->fetched, 0644, err) < 0)
				return -1;
			suite->present = true;
		} else if (suite->required) {
			return error_set(err,
					 "offline: the store has no package index of %s yet; run "
					 "once with a "
					 "network",
					 suite->name);
		} else {
			progress_warn("offline: the store has no package index of %s", suite->name);
		}
	}
	return 0;
}

static int no_mirror(const struct origins *origins, struct error *err)
{
	static const char advice[] = "give --mirror URL, set HIEBOX_DEBIAN_MIRROR, or configure APT";

	if (origins->unusable)
		return error_set(err, "no Debian mirror is known: APT's sources name only %s, which hiebox cannot "
				 "fetch from; %s", origins->unusable, advice);
	return error_set(err, "no Debian mirror is known: %s", advice);
}

static int bring_signed(const struct origins *origins, struct suite *suites, struct error *err)
{
	autobring struct bring_list list = {0};
	struct http_settings settings = origins_settings(origins, true);
	struct suite *asked[SUITES];

	if (!origins->debian)
		return no_mirror(origins, err);
	for (size_t i = 0; i < SUITES; i++) {
		struct suite *suite = &suites[i];

		if (!suite->mirror) {
			warn_missing(suite);
			continue;
		}
		autofree char *location = text_format("dists/%s/InRelease", suite->name);
		autofree char *url = url_join(suite->mirror, location, err);
		autofree char *others = urls_join(suite->others, location, err);
		if (!url || !others)
			return -1;
		const struct http_download wanted = {
			.url = url,
			.other_urls = others,
			.path = suite->fetched,
			.size_max = SIGNED_MAX,
			.optional = !suite->required,
		};
		bring_add(&list, &wanted);
		asked[list.count - 1] = suite;
	}
	if (http_download_all(&settings, list.items, list.count, NULL, err) < 0)
		return error_prefix(err, "the package index of %s cannot be fetched%s",
				    suites[0].name,
				    path_exists(suites[0].stored) ? STORED_HINT : "");
	for (size_t i = 0; i < list.count; i++) {
		asked[i]->present = list.items[i].status != 404;
		if (!asked[i]->present)
			warn_missing(asked[i]);
	}
	return 0;
}

static void warn_older(const struct suite *suite)
{
	autofree char *text = file_text_or_null(suite->stored, SIGNED_MAX);
	const char *date = text ? strstr(text, "\nDate: ") : NULL;

	if (date && release_date(date + strlen("\nDate: ")) > suite->release.date)
		progress_warn("%s: this mirror's index is older than one that was fetched before: the mirror lags "
			      "behind, or somebody holds updates back", suite->name);
}

static int find_index(const struct index_request *request, struct suite *suite, struct error *err)
{
	const char *architecture = request->architecture;
	autofree char *name = text_format("main/binary-%s/Packages.xz", architecture);

	if (release_find(&suite->release, name, suite->sha256, &suite->size) < 0)
		return error_set(err,
				 "%s does not list %s: does the archive have this architecture?",
				 suite->name, name);
	suite->location = text_format("dists/%s/%s", suite->name, name);
	if (suite->release.by_hash)
		suite->by_hash = text_format("dists/%s/main/binary-%s/by-hash/SHA256/%s",
					     suite->name, architecture, suite->sha256);
	/* the suffix tells libsolv that it is compressed */
	suite->index =
		text_format("%s/indexes/%s.Packages.xz", request->store->path, suite->sha256);
	return 0;
}

static int verify_one(const struct index_request *request, struct suite *suite, struct error *err)
{
	const struct origins *origins = request->origins;
	char *text = NULL;
	const char *where =
		suite->mirror && !origins->offline ? suite->mirror : "the store's copy of";
	autofree char *name = text_format("%s%sdists/%s/InRelease", where,
					  origins->offline ? " " : "/", suite->name);

	if (signature_verify(suite->fetched, suite->keyring, request->store->work, &text, err) < 0)
		return error_prefix(err, "%s", name);
	if (release_parse(text, &suite->release, err) < 0)
		return error_prefix(err, "%s", name);
	const struct release_wish wish = {
		.name = name,
		.suite = suite->name,
		.now = (int64_t)time(NULL),
		.dates = *suite->dates,
		.offline = origins->offline,
	};
	if (release_check(&suite->release, &wish, err) < 0)
		return -1;
	if (!origins->offline)
		warn_older(suite);
	return find_index(request, suite, err);
}

int suites_verify(const struct index_request *request, struct suite *suites, struct error *err)
{
	const struct origins *origins = request->origins;

	if (!is_plain_name(request->architecture))
		return error_set(err, "\"%s\" is no name of an architecture",
				 request->architecture);
	if ((origins->offline ? take_stored(suites, err) : bring_signed(origins, suites, err)) < 0)
		return -1;
	for (size_t i = 0; i < SUITES; i++)
		if (suites[i].present && verify_one(request, &suites[i], err) < 0)
			return -1;
	return 0;
}

int suite_keep(const struct suite *suite, struct error *err)
{
	autofree char *text = NULL;
	size_t length;

	if (file_read(suite->fetched, SIGNED_MAX, &text, &length, err) < 0)
		return -1;
	return file_write(suite->stored, text, length, 0644, err);
}
