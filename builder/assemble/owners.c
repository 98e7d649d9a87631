/* Who owns each path of the unpacked packages; see debs_settle() in packages.h. */
#define _GNU_SOURCE 1
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "assemble/archive.h"
#include "assemble/packages.h"

static int by_path(const void *a, const void *b)
{
	const struct origin *x = a, *y = b;
	int order = strcmp(x->path, y->path);
	if (order)
		return order;
	/* base-files decides on directories, then the order of the package set */
	bool x_base = text_equal(x->deb->package->name, "base-files");
	bool y_base = text_equal(y->deb->package->name, "base-files");
	if (x_base != y_base)
		return x_base ? -1 : 1;
	if (x->deb != y->deb)
		return x->deb < y->deb ? -1 : 1;
	return x->entry < y->entry ? -1 : x->entry > y->entry;
}

const struct deb_path *origin_find(const struct origins_map *map, const char *path)
{
	size_t low = 0, high = map->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(path, map->items[middle].path);
		if (order == 0)
			return map->items[middle].entry;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static bool replaces(const struct deb *deb, const struct deb *other)
{
	autofree char *relations = control_field(deb->control, "Replaces");
	return relations && relation_names(relations, other->package->name);
}

struct again {
	const char *path;
	struct unpack unpack;
};

static int visit_again(void *context, struct archive *archive, struct archive_entry *entry,
		       struct error *err)
{
	struct again *again = context;
	autofree char *path = unpack_name(archive_entry_pathname(entry), NULL);
	if (!text_equal(path, again->path))
		return 0;
	const struct unpack_item item = {
		.path = path,
		.meta = { .mode = archive_entry_perm(entry), .uid = (uid_t)archive_entry_uid(entry),
			  .gid = (gid_t)archive_entry_gid(entry), .mtime = archive_entry_mtime(entry) },
	};
	return archive_unpack(archive, entry, &again->unpack, &item, err) ? -1 : 1;
}

/* Two packages ship one file: the one that replaces the other wins, whoever was unpacked first. */
static int settle_file(struct origin *winner, struct origin *loser, const char *tree, struct error *err)
{
	if (replaces(loser->deb, winner->deb)) {
		struct origin other = *winner;
		*winner = *loser;
		*loser = other;
	} else if (!replaces(winner->deb, loser->deb)) {
		return error_set(err, "packages %s and %s both ship /%s", winner->deb->package->name,
				 loser->deb->package->name, winner->path);
	}
	((struct deb_path *)loser->entry)->lost = true;
	struct again again = { .path = winner->path };
	if (unpack_open(tree, UINT64_MAX, UINT64_MAX, &again.unpack, err))
		return -1;
	const struct archive_input input = { winner->deb->blob, INPUT_DATA, UINT64_MAX }; /* it was unpacked before */
	int answer = archive_each(&input, visit_again, &again, err);
	unpack_close(&again.unpack);
	return answer;
}

/* Drops all but one origin of each path. */
static int settle_all(struct origins_map *map, const char *tree, struct error *err)
{
	size_t kept = 0;
	for (size_t i = 0; i < map->count; i++) {
		if (!kept || strcmp(map->items[kept - 1].path, map->items[i].path)) {
			map->items[kept++] = map->items[i];
			continue;
		}
		struct origin *first = &map->items[kept - 1];
		/* twice in one package: the later entry counts, as with dpkg */
		if (first->deb == map->items[i].deb) {
			((struct deb_path *)first->entry)->lost = true;
			*first = map->items[i];
			continue;
		}
		if (S_ISDIR(first->entry->mode) && S_ISDIR(map->items[i].entry->mode))
			continue;
		if (settle_file(first, &map->items[i], tree, err))
			return -1;
	}
	map->count = kept;
	return 0;
}

static int set_directories(const struct origins_map *map, const char *tree, struct error *err)
{
	autofd int root = open(tree, O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < map->count; i++) {
		const struct deb_path *entry = map->items[i].entry;
		struct stat status;
		if (!S_ISDIR(entry->mode) || !*entry->path)
			continue;
		/* a merged /usr: where a symbolic link stands, the directory has its own owner */
		if (fstatat(root, entry->path, &status, AT_SYMLINK_NOFOLLOW) || !S_ISDIR(status.st_mode))
			continue;
		if (fchownat(root, entry->path, entry->uid, entry->gid, AT_SYMLINK_NOFOLLOW) ||
		    fchmodat(root, entry->path, entry->mode & 07777, 0))
			return error_set_errno(err, errno, "%s", entry->path);
	}
	return 0;
}

int debs_settle(struct debs *debs, const char *tree, struct origins_map *ret_map, struct error *err)
{
	struct origins_map map = { 0 };
	size_t capacity = 0;
	for (size_t i = 0; i < debs->count; i++) {
		struct deb *deb = &debs->items[i];
		for (size_t k = 0; k < deb->path_count; k++) {
			map.items = array_grow(map.items, map.count, &capacity, sizeof *map.items);
			map.items[map.count++] = (struct origin){
				.path = deb->paths[k].path, .entry = &deb->paths[k], .deb = deb,
			};
		}
	}
	if (map.count)
		qsort(map.items, map.count, sizeof *map.items, by_path);
	if (settle_all(&map, tree, err) || set_directories(&map, tree, err)) {
		free(map.items);
		return -1;
	}
	*ret_map = map;
	return 0;
}
