/* What of the store nobody needs any more: marked from the locks that used it, by age, or all. */
#include "fetch/gc.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fetch/uses.h"

#define RELEASE_MAX (16u << 20)

static int compare(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Names of locks: digests of blobs, keys of layers and tools roots, sorted; no name is of two kinds. */
static bool is_held(const struct strings *sorted, const char *name)
{
	return sorted->count && bsearch(&name, sorted->items, sorted->count, sizeof name, compare);
}

static void hold_use(const struct store_use *use, struct strings *names)
{
	strings_add_all(names, (const char *const *)(use->blobs.items ? use->blobs.items : (char *[]){NULL}));
	strings_add_all(names, (const char *const *)(use->used.items ? use->used.items : (char *[]){NULL}));
	if (use->tools)
		strings_add(names, use->tools);
}

/* Packages of a lock as it is now. */
static int hold_lock(const char *path, struct strings *names, struct error *err)
{
	autoarena struct arena *arena = arena_new();
	struct lock lock = {0};

	if (lock_read(path, arena, &lock, err) < 0)
		return -1;
	for (size_t i = 0; i < lock.image.count; i++)
		strings_format(names, "sha256:%s", lock.image.items[i].sha256);
	for (size_t i = 0; i < lock.tools.count; i++)
		strings_format(names, "sha256:%s", lock.tools.items[i].sha256);
	return 0;
}

/* A lock that changed since the last build holds what was recorded and what it names now. */
static void hold_record(const struct store_use *use, struct strings *names, struct gc *gc)
{
	char digest[HASH_HEX_MAX] = "";
	struct error problem = {0};

	if (!path_exists(use->lock)) {
		strings_add(&gc->gone, use->lock);
		return;
	}
	if (!strings_have(&gc->locks, use->lock))
		strings_add(&gc->locks, use->lock);
	hold_use(use, names);
	if (hash_file("sha256", use->lock, digest, &problem) < 0 ||
	    (!text_equal(digest, use->lock_digest) && hold_lock(use->lock, names, &problem) < 0))
		progress_warn("%s: what its last build used stays", problem.message);
	error_clear(&problem);
}

static int hold_all(const struct store_uses *uses, const struct gc_wish *wish, struct strings *names, struct gc *gc,
		    struct error *err)
{
	for (size_t i = 0; i < uses->count; i++)
		hold_record(&uses->items[i], names, gc);
	for (size_t i = 0; wish->keep_locks && wish->keep_locks[i]; i++) {
		if (hold_lock(wish->keep_locks[i], names, err) < 0)
			return -1;
		strings_add(&gc->locks, wish->keep_locks[i]);
	}
	strings_sort(names);
	return 0;
}

/* Of the indexes stay: the InRelease files, what they name, and the newest table of the solver's. */
static void judge_indexes(struct gc_items *items)
{
	autobuffer struct buffer releases = {0};
	struct gc_item *newest = NULL;

	for (size_t i = 0; i < items->count; i++) {
		autofree char *text = NULL;
		struct gc_item *item = &items->items[i];

		if (item->kind != GC_INDEXES)
			continue;
		if (text_ends(item->name, ".InRelease") && (text = file_text_or_null(item->path, RELEASE_MAX)))
			buffer_text(&releases, text);
		if (text_ends(item->name, ".table") && (!newest || item->used > newest->used))
			newest = item;
	}
	for (size_t i = 0; i < items->count; i++) {
		struct gc_item *item = &items->items[i];
		autofree char *digest = text_copy_n(item->name, strcspn(item->name, "."));

		if (item->kind != GC_INDEXES)
			continue;
		bool named = strlen(digest) == 64 && releases.length && strstr(releases.data, digest);
		item->reason = named || item == newest || text_ends(item->name, ".InRelease") ? GC_NEWEST : GC_OUTDATED;
	}
}

/* What may be in the hands of a running build. */
static bool may_be_in_use(const struct gc_item *item)
{
	return item->kind == GC_LAYERS || item->kind == GC_TOOLS || item->kind == GC_INDEXES || item->kind == GC_KEPT ||
	       item->kind == GC_UNPACKED || item->kind == GC_UNFINISHED || item->kind == GC_LOGS;
}

struct judge {
	const struct gc_wish *wish;
	const struct strings *held;
	bool busy;
	int64_t now;
};

static enum gc_reason judge_item(const struct judge *judge, const struct gc_item *item)
{
	bool named = is_held(judge->held, item->name);

	if (item->reason == GC_RESUMABLE && !named)
		return judge->busy ? GC_BUSY : GC_LEFT;
	if (item->kind == GC_UNFINISHED)
		return item->reason == GC_LEFT && judge->busy ? GC_BUSY : item->reason;
	/* blobs of a running build are named by its record, which not even --all passes over */
	if (judge->busy && (may_be_in_use(item) || named))
		return GC_BUSY;
	if (judge->wish->older_than && judge->now - item->used < judge->wish->older_than)
		return GC_YOUNG;
	if (judge->wish->all)
		return GC_WANTED;
	if (named)
		return GC_NAMED;
	if (item->kind == GC_LOGS)
		return judge->wish->older_than ? GC_OUTDATED : GC_RECENT;
	return item->kind == GC_KEPT ? GC_FAILED : item->reason;
}

/* Things that a record names were used when it was last written, also when its lock is gone since. */
static void date_items(const struct store_uses *uses, struct gc_items *items)
{
	for (size_t i = 0; i < uses->count; i++) {
		autostrings struct strings names = {0};

		hold_use(&uses->items[i], &names);
		strings_sort(&names);
		for (size_t k = 0; k < items->count; k++)
			if (items->items[k].used < uses->items[i].when && is_held(&names, items->items[k].name))
				items->items[k].used = uses->items[i].when;
	}
}

static int decide(const struct store *store, const struct gc_wish *wish, struct gc *gc, struct error *err)
{
	struct store_uses uses = {0};
	autostrings struct strings names = {0};
	struct judge judge = {.wish = wish, .held = &names, .busy = gc->busy, .now = time(NULL)};

	if (store_uses_read(store, &uses, err) < 0)
		return -1;
	int result = hold_all(&uses, wish, &names, gc, err);
	if (result == 0)
		result = gc_list(store, gc->items, err);
	if (result == 0 && gc->items->count && !wish->all && !uses.count && !wish->keep_locks)
		result = error_set(err, "no build has recorded its lock in %s yet, so everything would go: build your recipes "
					"once, or say --keep-lock FILE or --all", store->path);
	if (result == 0) {
		date_items(&uses, gc->items);
		judge_indexes(gc->items);
		for (size_t i = 0; i < gc->items->count; i++) {
			struct gc_item *item = &gc->items->items[i];

			if (item->kind != GC_INDEXES || wish->all || gc->busy || gc_goes(item->reason))
				item->reason = judge_item(&judge, item);
		}
		gc_count(gc->items, gc);
	}
	store_uses_clear(&uses);
	return result;
}

int store_gc_begin(struct store *store, const struct gc_wish *wish, struct gc *ret_gc, struct error *err)
{
	struct gc gc = {.items = memory_alloc(sizeof *gc.items)};

	if (store_alone(store, &gc.busy, err) < 0 || decide(store, wish, &gc, err) < 0) {
		store_gc_end(store, &gc);
		return -1;
	}
	*ret_gc = gc;
	return 0;
}

/* A folder loses its name in one step; what is left of it after a kill lies in work/, which is emptied by the
 * next process. */
static int remove_item(const struct store *store, const struct gc_item *item, size_t number, struct error *err)
{
	struct stat about;

	if (lstat(item->path, &about) < 0)
		return 0;
	if (!S_ISDIR(about.st_mode))
		return unlink(item->path) == 0 || errno == ENOENT ? 0 : error_set_errno(err, errno, "%s", item->path);
	autofree char *away = text_format("%s/gc-%zu", store->work, number);
	if (rename(item->path, away) < 0)
		return error_set_errno(err, errno, "%s", item->path);
	return tree_remove(away, err);
}

int store_gc_remove(const struct store *store, const struct gc *gc, struct error *err)
{
	struct progress *progress = progress_begin("remove", "what nobody needs", 0, false);
	struct store_uses uses = {0};
	int result = 0;

	progress_items(progress, gc->going.things);
	for (size_t i = 0; result == 0 && i < gc->items->count; i++) {
		if (!gc_goes(gc->items->items[i].reason))
			continue;
		result = remove_item(store, &gc->items->items[i], i, err);
		progress_item(progress);
	}
	if (result == 0)
		result = store_uses_read(store, &uses, err);
	for (size_t i = 0; result == 0 && i < uses.count; i++)
		if (strings_have(&gc->gone, uses.items[i].lock) && unlink(uses.items[i].file) < 0)
			result = error_set_errno(err, errno, "%s", uses.items[i].file);
	store_uses_clear(&uses);
	progress_end(progress, result < 0 ? "failed" : NULL);
	return result;
}

void store_gc_end(struct store *store, struct gc *gc)
{
	store_leave(store);
	strings_clear(&gc->locks);
	strings_clear(&gc->gone);
	if (gc->items) {
		arena_free(gc->items->arena);
		free(gc->items->items);
		free(gc->items->links);
		free(gc->items);
	}
	*gc = (struct gc){0};
}
