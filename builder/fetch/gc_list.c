/* Everything that lies in the store, with its size on the disk. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fetch/gc.h"

static void add_bytes(struct gc_items *items, size_t item, const struct stat *about)
{
	uint64_t bytes = (uint64_t)about->st_blocks * 512; /* holes take no room */

	if (about->st_nlink < 2 || S_ISDIR(about->st_mode)) {
		items->items[item].bytes += bytes;
		return;
	}
	items->links = array_grow(items->links, items->link_count, &items->link_capacity, sizeof *items->links);
	items->links[items->link_count++] = (struct gc_link){
		.device = about->st_dev, .inode = about->st_ino, .links = about->st_nlink, .bytes = bytes, .item = item};
}

static struct gc_item *add_item(struct gc_items *items, enum gc_kind kind, const char *folder, const char *name)
{
	items->items = array_grow(items->items, items->count, &items->capacity, sizeof *items->items);
	struct gc_item *item = &items->items[items->count++];
	*item = (struct gc_item){.kind = kind, .reason = kind == GC_UNFINISHED ? GC_LEFT : GC_UNNAMED,
				 .path = arena_format(items->arena, "%s/%s", folder, name)};
	item->name = strrchr(item->path, '/') + 1;
	return item;
}

/* Everything below a directory, without leaving its filesystem. */
static void add_tree(struct gc_items *items, size_t item)
{
	char *const roots[] = {items->items[item].path, NULL};
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);

	for (FTSENT *entry; walk && (entry = fts_read(walk));)
		if (entry->fts_info != FTS_DP && entry->fts_info != FTS_NS && entry->fts_info != FTS_DNR)
			add_bytes(items, item, entry->fts_statp);
	if (walk)
		fts_close(walk);
}

/* What listing one folder needs to know. */
struct listing {
	struct gc_items *items;
	const char *folder;
	enum gc_kind kind;
	const char *algorithm; /* of blobs */
	const char *not;       /* a name that is passed over, or NULL */
};

/* "<hex>.part" and other temporary names are no blobs yet. */
static struct gc_item *add_named(const struct listing *listing, const char *name)
{
	const char *algorithm = listing->algorithm;

	if (!algorithm)
		return add_item(listing->items, listing->kind, listing->folder, name);
	size_t length = strcspn(name, ".");
	autofree char *hex = text_copy_n(name, length);
	bool whole = listing->kind == GC_UNPACKED ? text_ends(name, ".tar.zst") || text_ends(name, ".digest") : !name[length];
	struct gc_item *item = add_item(listing->items, whole && hash_is_hex(algorithm, hex) ? listing->kind : GC_UNFINISHED,
					listing->folder, name);
	item->name = arena_format(listing->items->arena, "%s:%s", algorithm, hex);
	if (item->kind == GC_UNFINISHED && text_ends(name, ".part"))
		item->reason = GC_RESUMABLE;
	return item;
}

static int list_folder(const struct listing *listing, struct error *err)
{
	autodir DIR *directory = opendir(listing->folder);
	struct dirent *entry;

	if (!directory)
		return errno == ENOENT || errno == ENOTDIR ? 0 : error_set_errno(err, errno, "%s", listing->folder);
	while ((entry = readdir(directory))) {
		struct stat about;

		if (text_equal(entry->d_name, ".") || text_equal(entry->d_name, "..") ||
		    (listing->not && text_starts(entry->d_name, listing->not)))
			continue;
		if (fstatat(dirfd(directory), entry->d_name, &about, AT_SYMLINK_NOFOLLOW) < 0)
			continue; /* gone meanwhile */
		struct gc_item *item = add_named(listing, entry->d_name);
		item->used = about.st_mtim.tv_sec;
		if (S_ISDIR(about.st_mode))
			add_tree(listing->items, listing->items->count - 1);
		else
			add_bytes(listing->items, listing->items->count - 1, &about);
	}
	return 0;
}

static int list_blobs(const struct store *store, struct gc_items *items, struct error *err)
{
	static const char *const algorithms[] = {"sha256", "sha512", "sha1"};

	for (size_t i = 0; i < LENGTH(algorithms); i++) {
		autofree char *folder = path_join3(store->path, "blobs", algorithms[i]);
		autostrings struct strings twos = {0};

		if (path_is_directory(folder) && directory_list(folder, &twos, err) < 0)
			return -1;
		for (size_t k = 0; k < twos.count; k++) {
			autofree char *sub = path_join(folder, twos.items[k]);
			const struct listing listing = {items, sub, GC_DOWNLOADS, algorithms[i], NULL};

			if (list_folder(&listing, err) < 0)
				return -1;
		}
	}
	return 0;
}

/* store_open() removed what dead runs left with a lock beside it; a folder without one is nobody's. */
static int list_work(const struct store *store, struct gc_items *items, struct error *err)
{
	autofree char *folder = path_join(store->path, "work");
	size_t first = items->count, kept = first;
	const struct listing listing = {items, folder, GC_UNFINISHED, NULL, path_base(store->work)};

	if (list_folder(&listing, err) < 0)
		return -1;
	for (size_t i = first; i < items->count; i++) {
		autofree char *lock = text_format("%s.lock", items->items[i].path);

		if (!text_ends(items->items[i].path, ".lock") && !path_exists(lock))
			items->items[kept++] = items->items[i];
	}
	/* links of those that were dropped belong to nobody here */
	for (size_t i = 0; kept < items->count && i < items->link_count; i++)
		if (items->links[i].item >= first)
			items->links[i].links = 0;
	items->count = kept;
	return 0;
}

int gc_list(const struct store *store, struct gc_items *items, struct error *err)
{
	static const struct {
		const char *folder;
		enum gc_kind kind;
		const char *algorithm;
	} folders[] = {{"unpacked", GC_UNPACKED, "sha256"}, {"layers", GC_LAYERS, NULL}, {"tools", GC_TOOLS, NULL},
		       {"indexes", GC_INDEXES, NULL}, {"logs", GC_LOGS, NULL}, {"kept", GC_KEPT, NULL}};

	items->arena = arena_new();
	if (list_blobs(store, items, err) < 0)
		return -1;
	for (size_t i = 0; i < LENGTH(folders); i++) {
		autofree char *folder = path_join(store->path, folders[i].folder);
		const struct listing listing = {items, folder, folders[i].kind, folders[i].algorithm, NULL};

		if (list_folder(&listing, err) < 0)
			return -1;
	}
	return list_work(store, items, err);
}

static int by_inode(const void *left, const void *right)
{
	const struct gc_link *a = left, *b = right;

	if (a->device != b->device)
		return a->device < b->device ? -1 : 1;
	if (a->inode != b->inode)
		return a->inode < b->inode ? -1 : 1;
	return a->item < b->item ? -1 : a->item > b->item;
}

/* The bytes of a file with several links count once: where it stays, or, when every link of it goes, where it
 * goes; nowhere when it has links outside of the store only. */
static void count_links(const struct gc_items *items, struct gc *gc)
{
	const struct gc_link *links = items->links;

	if (items->link_count)
		qsort(items->links, items->link_count, sizeof *links, by_inode);
	for (size_t i = 0, end; i < items->link_count; i = end) {
		const struct gc_item *stays = NULL, *goes = NULL;

		for (end = i; end < items->link_count && links[end].device == links[i].device &&
			      links[end].inode == links[i].inode; end++) {
			const struct gc_item *item = links[end].links ? &items->items[links[end].item] : NULL;

			if (item && gc_goes(item->reason))
				goes = item;
			else if (item)
				stays = item;
		}
		if (stays)
			gc->counts[stays->kind][stays->reason].bytes += links[i].bytes;
		else if (goes && links[i].links == end - i)
			gc->counts[goes->kind][goes->reason].bytes += links[i].bytes;
	}
}

void gc_count(const struct gc_items *items, struct gc *gc)
{
	for (size_t i = 0; i < items->count; i++) {
		struct gc_count *count = &gc->counts[items->items[i].kind][items->items[i].reason];

		count->things++;
		count->bytes += items->items[i].bytes;
	}
	count_links(items, gc);
	for (size_t kind = 0; kind < GC_KINDS; kind++)
		for (size_t reason = GC_UNNAMED; reason < GC_REASONS; reason++) {
			gc->going.things += gc->counts[kind][reason].things;
			gc->going.bytes += gc->counts[kind][reason].bytes;
		}
}
