/* Which package ships a path: read from the .deb files themselves, so that it can be told before anything is
 * built. The control member's md5sums and conffiles name every file of most packages in a millisecond; what they
 * do not name (links, directories) is looked up in the data member, which has to be decompressed. */
#define _GNU_SOURCE 1
#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "assemble/archive.h"
#include "assemble/assemble.h"

#define CONTROL_MAXIMUM (16u << 20)

struct search {
	const struct store *store;
	const struct package_set *set;
	const char *path;
	bool data;               /* look into the data members */
	bool done;               /* a link has one owner: the rest need not be decompressed */
	bool *found;             /* by package */
	bool *missing;
};

/* One package's look-up. */
struct look {
	const char *path;
	bool found;
};

/* A line "<md5>  usr/bin/x" of md5sums, or "/etc/x" (with flags before it) of conffiles. */
static bool line_names(const char *line, const char *path)
{
	const char *blank = strrchr(line, ' ');
	const char *name = blank ? blank + 1 : line;

	return text_equal(name + (*name == '/'), path);
}

static int visit_control(void *context, struct archive *archive, struct archive_entry *entry, struct error *err)
{
	struct look *look = context;
	const char *raw = archive_entry_pathname(entry);
	autofree char *name = unpack_name(raw, err);

	if (!name)
		return -1;
	if (!text_equal(name, "md5sums") && !text_equal(name, "conffiles"))
		return 0;
	autofree char *text = NULL;
	autostrings struct strings lines = { 0 };
	if (archive_body(archive, CONTROL_MAXIMUM, &text, NULL, err))
		return -1;
	strings_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.count && !look->found; i++)
		look->found = line_names(lines.items[i], look->path);
	return look->found;
}

/* Packages may still ship /bin/x: merged into /usr when they are unpacked. */
static bool same_path(const char *shipped, const char *path)
{
	if (text_equal(shipped, path))
		return true;
	return text_starts(path, "usr/") && text_equal(shipped, path + strlen("usr/"));
}

static int visit_data(void *context, struct archive *archive, struct archive_entry *entry, struct error *err)
{
	struct look *look = context;
	const char *raw = archive_entry_pathname(entry);
	autofree char *name = unpack_name(raw, err);

	(void)archive;
	if (!name)
		return -1;
	look->found = same_path(name, look->path) && archive_entry_filetype(entry) != AE_IFDIR;
	return look->found;
}

static int search_one(void *context, size_t index, struct error *err)
{
	struct search *search = context;
	struct look look = { .path = search->path };
	autofree char *digest = text_format("sha256:%s", search->set->items[index].sha256);

	if (__atomic_load_n(&search->done, __ATOMIC_RELAXED))
		return 0;
	autofree char *blob = store_blob(search->store, digest);

	if (!path_exists(blob)) {
		search->missing[index] = true;
		return 0;
	}
	const struct archive_input input = {
		.path = blob, .kind = search->data ? INPUT_DATA : INPUT_CONTROL,
		.maximum = archive_maximum(search->set->items[index].size),
	};
	if (archive_each(&input, search->data ? visit_data : visit_control, &look, err) < 0)
		return error_prefix(err, "%s", search->set->items[index].name);
	search->found[index] = look.found;
	if (search->data && look.found)
		__atomic_store_n(&search->done, true, __ATOMIC_RELAXED);
	return 0;
}

int contents_find(const struct store *store, const struct contents_query *query, struct contents *ret,
		  struct error *err)
{
	const struct package_set *set = query->set;
	struct search search = { .store = store, .set = set, .path = query->path };
	struct contents contents = { 0 };
	int result = 0;

	search.found = memory_alloc((set->count + 1) * sizeof *search.found);
	search.missing = memory_alloc((set->count + 1) * sizeof *search.missing);
	for (int pass = 0; pass < 1 + query->links && result == 0 && contents.packages.count == 0; pass++) {
		search.data = pass == 1;
		result = parallel_each(set->count, 0, search_one, &search, err);
		for (size_t i = 0; result == 0 && i < set->count; i++)
			if (search.found[i])
				strings_add(&contents.packages, set->items[i].name);
	}
	for (size_t i = 0; i < set->count; i++)
		contents.missing += search.missing[i];
	free(search.found);
	free(search.missing);
	if (result < 0) {
		strings_clear(&contents.packages);
		return -1;
	}
	*ret = contents;
	return 0;
}
