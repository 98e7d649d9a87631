/* Blobs are compared with their digests once more when a layer is made of them: what lies on a disk for months may
 * have changed there, and gzip's own sums are not looked at by everybody. Costs 0.6 s of a processor for each GB. */
#include <string.h>
#include <unistd.h>

#include "fetch/fetch.h"

#define NAMES_SHOWN 3u

struct check {
	const struct store *store;
	const struct blob_use *uses;
	bool *damaged;
};

static int check_one(void *context, size_t index, struct error *err)
{
	const struct check *check = context;
	const char *digest = check->uses[index].digest, *colon = strchr(digest, ':');
	autofree char *algorithm = text_copy_n(digest, colon ? (size_t)(colon - digest) : 0);
	autofree char *path = store_blob(check->store, digest);
	char found[HASH_HEX_MAX];

	if (!colon || !hash_is_hex(algorithm, colon + 1))
		return error_set(err, "%s: no digest", digest);
	if (hash_file(algorithm, path, found, err) < 0)
		return -1;
	if (!text_equal(found, colon + 1)) {
		unlink(path);
		check->damaged[index] = true;
	}
	return 0;
}

int blobs_check(const struct store *store, const struct blob_use *uses, size_t count, struct error *err)
{
	autofree bool *damaged = memory_alloc((count + 1) * sizeof *damaged);
	struct check check = {.store = store, .uses = uses, .damaged = damaged};
	autobuffer struct buffer names = {0};
	size_t found = 0;

	if (parallel_each(count, 0, check_one, &check, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (damaged[i] && found++ < NAMES_SHOWN)
			buffer_format(&names, "%s%s", names.length ? ", " : "", uses[i].name);
	if (!found)
		return 0;
	return error_set(err, "%zu download%s in the store %s damaged and %s removed (%s%s): build again with a "
			      "network to bring %s anew. A disk that does this is not to be trusted; `hiebox "
			      "verify-store` reads the rest", found, found == 1 ? "" : "s", found == 1 ? "was" : "were",
			 found == 1 ? "is" : "are", names.data, found > NAMES_SHOWN ? ", …" : "",
			 found == 1 ? "it" : "them");
}
