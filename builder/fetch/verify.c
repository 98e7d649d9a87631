#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "fetch/fetch.h"

struct verify {
	struct strings paths;
	struct strings digests; /* "algorithm:hex" of the same index */
	atomic_size_t good, bad;
};

/* blobs/<algorithm>/<two>/<hex>; part files are no blobs yet. */
static int list_algorithm(struct verify *verify, const char *folder, const char *algorithm,
			  struct error *err)
{
	autostrings struct strings twos = {0};

	if (directory_list(folder, &twos, err) < 0)
		return -1;
	for (size_t i = 0; i < twos.count; i++) {
		autostrings struct strings names = {0};
		autofree char *sub = path_join(folder, twos.items[i]);

		if (!path_is_directory(sub))
			continue;
		if (directory_list(sub, &names, err) < 0)
			return -1;
		for (size_t k = 0; k < names.count; k++) {
			if (!hash_is_hex(algorithm, names.items[k]))
				continue;
			strings_take(&verify->paths, path_join(sub, names.items[k]));
			strings_format(&verify->digests, "%s:%s", algorithm, names.items[k]);
		}
	}
	return 0;
}

static int verify_one(void *context, size_t index, struct error *err)
{
	struct verify *verify = context;
	const char *path = verify->paths.items[index];
	const char *colon = strchr(verify->digests.items[index], ':');
	autofree char *algorithm = text_copy_n(verify->digests.items[index],
					       (size_t)(colon - verify->digests.items[index]));
	char hex[HASH_HEX_MAX];

	if (hash_file(algorithm, path, hex, err) < 0)
		return -1;
	if (text_equal(hex, colon + 1)) {
		verify->good++;
		return 0;
	}
	verify->bad++;
	progress_warn("%s holds other bytes than its name says; removed", path);
	unlink(path);
	return 0;
}

int store_verify(const struct store *store, size_t *ret_good, size_t *ret_bad, struct error *err)
{
	static const char *const algorithms[] = {"sha256", "sha512", "sha1"};
	struct verify verify = {0};
	int rc = 0;

	for (size_t i = 0; i < LENGTH(algorithms) && rc == 0; i++) {
		autofree char *folder = path_join3(store->path, "blobs", algorithms[i]);

		if (path_is_directory(folder))
			rc = list_algorithm(&verify, folder, algorithms[i], err);
	}
	if (rc == 0)
		rc = parallel_each(verify.paths.count, 0, verify_one, &verify, err);
	*ret_good = verify.good;
	*ret_bad = verify.bad;
	strings_clear(&verify.paths);
	strings_clear(&verify.digests);
	return rc;
}
