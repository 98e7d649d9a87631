#include <string.h>
#include <sys/stat.h>

#include "fetch/blobs.h"
#include "fetch/fetch.h"
#include "fetch/suites.h"

/* Is the index in the store, whole? It is read anyway, so its digest is checked each time. */
static bool is_stored(const struct suite *suite)
{
	char hex[HASH_HEX_MAX];

	return hash_file("sha256", suite->index, hex, NULL) == 0 && text_equal(hex, suite->sha256);
}

static int add_index(struct bring_list *list, const struct suite *suite, bool by_hash,
		     struct error *err)
{
	autofree char *digest = text_format("sha256:%s", suite->sha256);
	const char *location = by_hash ? suite->by_hash : suite->location;
	autofree char *url = url_join(suite->mirror, location, err);
	autofree char *others = urls_join(suite->others, location, err);

	if (!url || !others)
		return -1;
	const struct http_download wanted = {
		.url = url,
		.other_urls = others,
		.path = suite->index,
		.digest = digest,
		.size = suite->size,
		.optional = by_hash, /* announced, but not carried by some mirrors: then the plain
					name */
	};
	bring_add(list, &wanted);
	return 0;
}

static int bring_round(const struct origins *origins, struct suite *suites, bool by_hash,
		       struct error *err)
{
	autobring struct bring_list list = {0};
	struct http_settings settings = origins_settings(origins, true);

	for (size_t i = 0; i < SUITES; i++) {
		struct suite *suite = &suites[i];

		if (!suite->present || (by_hash && !suite->by_hash) || is_stored(suite))
			continue;
		if (origins->offline)
			return error_set(
				err, "offline: the store lacks the package index of %s (sha256:%s)",
				suite->name, suite->sha256);
		if (add_index(&list, suite, by_hash, err) < 0)
			return -1;
	}
	return bring_run(&list, &settings, "package indexes", err);
}

static void give(const struct suite *suites, struct arena *arena, struct index_list *ret_indexes)
{
	struct package_index *indexes = arena_alloc(arena, SUITES * sizeof *indexes);
	size_t count = 0;
	int64_t date = 0;

	for (size_t i = 0; i < SUITES; i++) {
		const struct suite *suite = &suites[i];

		if (!suite->present)
			continue;
		if (suite->release.date > date)
			date = suite->release.date;
		indexes[count++] = (struct package_index){
			.path = arena_string(arena, suite->index),
			.archive = arena_string(arena, suite->archive),
			.suite = arena_string(arena, suite->name),
			.digest = arena_format(arena, "sha256:%s", suite->sha256),
		};
	}
	*ret_indexes = (struct index_list){indexes, count, date};
}

static int bring_indexes(const struct origins *origins, struct suite *suites, struct error *err)
{
	if (bring_round(origins, suites, true, err) < 0)
		return -1;
	return bring_round(origins, suites, false, err);
}

/* Between InRelease and the indexes a mirror may have been updated: then its new InRelease names them. When it
 * still says the same, the mirror itself is between two states. */
static int bring_again(const struct index_request *request, struct suite *suites, struct error *err)
{
	char before[SUITES][sizeof suites->sha256];
	bool changed = false;
	autofree char *first = steal(err->message);

	for (size_t i = 0; i < SUITES; i++)
		memcpy(before[i], suites[i].sha256, sizeof before[i]);
	suites_forget(suites);
	if (suites_verify(request, suites, err) < 0)
		return -1;
	for (size_t i = 0; i < SUITES; i++)
		changed |= suites[i].present && memcmp(before[i], suites[i].sha256, sizeof before[i]) != 0;
	if (!changed)
		return error_set(err, "%s (if the mirror is being updated just now: try again in some minutes, or give "
				 "another with --mirror)", first);
	progress_warn("%s changed while it was fetched: once more", request->suite);
	return bring_indexes(request->origins, suites, err);
}

static int bring_all(const struct index_request *request, struct suite *suites, struct error *err)
{
	const struct origins *origins = request->origins;
	struct error problem = {0};

	if (suites_verify(request, suites, err) < 0)
		return -1;
	int rc = bring_indexes(origins, suites, &problem);
	if (rc < 0 && !origins->offline)
		rc = bring_again(request, suites, &problem);
	if (rc < 0) {
		error_set(err, "the package index of %s cannot be fetched: %s", suites[0].name, problem.message);
		error_clear(&problem);
		return -1;
	}
	for (size_t i = 0; i < SUITES && !origins->offline; i++)
		if (suites[i].present && suite_keep(&suites[i], err) < 0)
			return -1;
	return 0;
}

int fetch_indexes(const struct index_request *request, struct arena *arena,
		  struct index_list *ret_indexes, struct error *err)
{
	struct suite suites[SUITES] = {0};
	int rc = suites_make(request, suites, err);

	if (rc == 0)
		rc = bring_all(request, suites, err);
	if (rc == 0)
		give(suites, arena, ret_indexes);
	for (size_t i = 0; i < SUITES; i++)
		suite_clear(&suites[i]);
	return rc;
}
