#include "fetch/blobs.h"
#include "fetch/fetch.h"

static const char *mirror_of(const struct origins *origins, const char *archive)
{
	if (text_equal(archive, "debian"))
		return origins->debian;
	return text_equal(archive, "debian-security") ? origins->debian_security : NULL;
}

static const struct strings *others_of(const struct origins *origins, const char *archive)
{
	return text_equal(archive, "debian") ? &origins->debian_others : &origins->debian_security_others;
}

static int add_package(struct bring_list *list, const struct store *store,
		       const struct origins *origins, const struct package *package,
		       struct error *err)
{
	const char *mirror = mirror_of(origins, package->archive);
	autofree char *digest = text_format("sha256:%s", package->sha256);

	if (blob_is_there(store, digest, package->size))
		return 0;
	if (!mirror)
		return error_set(
			err, "package %s %s comes from the archive %s, of which no mirror is known",
			package->name, package->version, package->archive);
	autofree char *url = url_join(mirror, package->filename, err);
	autofree char *others = urls_join(others_of(origins, package->archive), package->filename, err);
	if (!url || !others)
		return error_prefix(err, "package %s", package->name);
	const struct http_download wanted = {
		.url = url,
		.other_urls = others,
		.digest = digest,
		.size = package->size,
		.optional = true, /* so that all that are gone are told together */
	};
	return bring_blob(list, store, &wanted, err);
}

int fetch_packages(const struct store *store, const struct origins *origins,
		   const struct package_set *set, const char *what, struct error *err)
{
	autobring struct bring_list list = {0};
	struct http_settings settings = origins_settings(origins, true);

	for (size_t i = 0; i < set->count; i++)
		if (add_package(&list, store, origins, &set->items[i], err) < 0)
			return -1;
	autofree char *label = text_format("%zu packages for %s", list.count, what);
	int rc = bring_run(&list, &settings, label, err);
	return bring_report_missing(&list, "the mirror no longer has",
				    "of the packages that the lock names",
				    "Mirrors drop old versions. Take today's with `hiebox lock --update`, or use "
				    "a store that still holds them (--store).", err) < 0 ? -1 : rc;
}
