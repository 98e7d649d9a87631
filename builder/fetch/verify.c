#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
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

/* indexes/<sha256>.Packages.xz; the solver's own tables check themselves, signed files are verified at each use. */
static int list_indexes(struct verify *verify, const char *folder, struct error *err)
{
	autostrings struct strings names = {0};

	if (directory_list(folder, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		autofree char *hex = text_copy_n(names.items[i], strcspn(names.items[i], "."));

		if (!hash_is_hex("sha256", hex))
			continue;
		strings_take(&verify->paths, path_join(folder, names.items[i]));
		strings_format(&verify->digests, "sha256:%s", hex);
	}
	return 0;
}

/* unpacked/<sha256 of a .deb>.tar.zst, with its own digest in a file beside it. */
static int list_unpacked(struct verify *verify, const char *folder, struct error *err)
{
	static const char suffix[] = ".tar.zst";
	autostrings struct strings names = {0};

	if (directory_list(folder, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		if (!text_ends(names.items[i], suffix))
			continue;
		autofree char *stem = text_copy_n(names.items[i], strlen(names.items[i]) - strlen(suffix));
		autofree char *record = text_format("%s/%s.digest", folder, stem);
		autofree char *digest = file_text_or_null(record, HASH_HEX_MAX);

		/* data without a digest is what a killed run left: not to be believed */
		bool known = digest && hash_is_hex("sha256", digest);
		strings_take(&verify->paths, path_join(folder, names.items[i]));
		strings_format(&verify->digests, "sha256:%s", known ? digest : "none");
	}
	return 0;
}

/* Out of sight first: a build that looks now must not find half of it. */
static int remove_tree(const struct store *store, const char *path, struct error *err)
{
	autofree char *gone = text_format("%s/damaged-%s", store->work, path_base(path));

	if (rename(path, gone) < 0)
		return error_set_errno(err, errno, "%s cannot be removed", path);
	return tree_remove(gone, err);
}

/* One layer, or one tools root: `tree` inside `home`, which is removed when a file of it is wrong. */
static int verify_tree(const struct store *store, const char *home, const char *tree, struct store_verified *verified,
		       struct error *err)
{
	autofree char *record = path_join(home, STORE_DIGESTS);
	struct store_checked checked;

	if (!path_is_directory(tree))
		return 0;
	if (store_check(tree, record, 0, &checked, err) < 0)
		return -1;
	autofree char *first = checked.first_bad;
	verified->good += checked.good;
	verified->bad += checked.bad;
	verified->unrecorded += checked.unrecorded;
	if (!checked.bad)
		return 0;
	progress_warn("%s: %zu files are not as they were made (%s); removed, the next build makes it again", home,
		      checked.bad, first);
	return remove_tree(store, home, err);
}

/* layers/<key>, tools/<key>/root */
static int verify_trees(const struct store *store, const char *kind, const char *inside,
			struct store_verified *verified, struct error *err)
{
	autofree char *folder = path_join(store->path, kind);
	autostrings struct strings names = {0};

	if (!path_is_directory(folder))
		return 0;
	if (directory_list(folder, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		autofree char *home = path_join(folder, names.items[i]);
		autofree char *tree = *inside ? path_join(home, inside) : text_copy(home);

		if (verify_tree(store, home, tree, verified, err) < 0)
			return -1;
	}
	return 0;
}

int store_verify(const struct store *store, struct store_verified *ret_verified, struct error *err)
{
	static const char *const algorithms[] = {"sha256", "sha512", "sha1"};
	struct verify verify = {0};
	struct store_verified verified = {0};
	autofree char *indexes = path_join(store->path, "indexes"), *unpacked = path_join(store->path, "unpacked");
	int rc = path_is_directory(indexes) ? list_indexes(&verify, indexes, err) : 0;

	if (rc == 0 && path_is_directory(unpacked))
		rc = list_unpacked(&verify, unpacked, err);
	for (size_t i = 0; i < LENGTH(algorithms) && rc == 0; i++) {
		autofree char *folder = path_join3(store->path, "blobs", algorithms[i]);

		if (path_is_directory(folder))
			rc = list_algorithm(&verify, folder, algorithms[i], err);
	}
	if (rc == 0)
		rc = parallel_each(verify.paths.count, 0, verify_one, &verify, err);
	verified.good = verify.good;
	verified.bad = verify.bad;
	strings_clear(&verify.paths);
	strings_clear(&verify.digests);
	if (rc == 0 && (verify_trees(store, "layers", "", &verified, err) < 0 ||
			verify_trees(store, "tools", "root", &verified, err) < 0))
		rc = -1;
	*ret_verified = verified;
	return rc;
}
