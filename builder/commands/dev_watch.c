/* Which files changed; see dev_watch.h. */
#include "commands/dev_watch.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define QUIET_MS 100
#define BURST_SECONDS 1.0
#define FILES_MAX 20000
#define DEPTH_MAX 32
#define EVENTS (IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB | IN_MODIFY | IN_DELETE_SELF | \
		IN_MOVE_SELF)

struct file {
	char *to, *from;
	size_t folder;
	bool executable, link;
	struct stat facts;          /* as long as they stay, so does the digest */
	char digest[HASH_HEX_MAX];  /* of the bytes or the link's target */
};
struct files {
	struct file *items;         /* by `to`, then by folder: the last of equal ones counts */
	size_t count, capacity;
};

struct dev_watch {
	int fd;
	const struct dev_folder *folders;
	size_t folder_count;
	struct strings above;
	struct files now;
};

static void files_clear(struct files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		free(files->items[i].to);
		free(files->items[i].from);
	}
	free(files->items);
	*files = (struct files){0};
}

void dev_changes_clear(struct dev_changes *changes)
{
	for (size_t i = 0; i < changes->count; i++) {
		free(changes->items[i].to);
		free(changes->items[i].from);
	}
	free(changes->items);
	*changes = (struct dev_changes){0};
}

bool dev_is_temporary(const char *name)
{
	static const char *const ends[] = {"~", ".swp", ".swo", ".swx", ".swpx", ".tmp", ".orig", ".rej", "___jb_tmp___",
					   "___jb_old___", ".kate-swp"};
	size_t length = strlen(name);

	for (size_t i = 0; i < LENGTH(ends); i++)
		if (text_ends(name, ends[i]))
			return true;
	/* emacs: #name# and .#name; vim: 4913; GNOME: .goutputstream-XXXXXX; sed -i: sedXXXXXX is renamed at once */
	return text_starts(name, ".#") || text_starts(name, ".goutputstream-") || text_equal(name, "4913") ||
	       text_equal(name, ".DS_Store") || (length > 1 && name[0] == '#' && name[length - 1] == '#');
}

/* ---- looking ---- */

/* One look at everything. */
struct look {
	struct dev_watch *watch;
	size_t folder;
	struct files found;
	struct error *err;
};

static int compare_files(const void *first, const void *second)
{
	const struct file *a = first, *b = second;
	int order = strcmp(a->to, b->to);

	return order ? order : a->folder < b->folder ? -1 : a->folder > b->folder;
}

static bool same_facts(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* Of a file that is gone again or cannot be read, false. */
static bool digest(const struct look *look, struct file *file)
{
	const struct files *before = &look->watch->now;
	const struct file *known = before->count ? bsearch(file, before->items, before->count, sizeof *before->items,
							   compare_files) : NULL;
	char target[4097];

	if (known && same_facts(&known->facts, &file->facts) && text_equal(known->from, file->from)) {
		memcpy(file->digest, known->digest, sizeof file->digest);
		return true;
	}
	if (!file->link)
		return hash_file("sha256", file->from, file->digest, NULL) == 0;
	ssize_t length = readlink(file->from, target, sizeof target);
	if (length < 0)
		return false;
	hash_bytes("sha256", target, (size_t)length, file->digest);
	return true;
}

static int add_file(struct look *look, const char *from, const char *to, const struct stat *facts)
{
	struct file file = {.to = text_copy(to), .from = text_copy(from), .folder = look->folder, .facts = *facts,
			    .link = S_ISLNK(facts->st_mode), .executable = S_ISREG(facts->st_mode) && facts->st_mode & 0100};

	if (look->found.count == FILES_MAX || !digest(look, &file)) {
		free(file.to);
		free(file.from);
		return look->found.count < FILES_MAX ? 0 :
		       error_set(look->err, "overlays and units hold more than %d files: too many to watch", FILES_MAX);
	}
	look->found.items = array_grow(look->found.items, look->found.count, &look->found.capacity, sizeof file);
	look->found.items[look->found.count++] = file;
	return 0;
}

/* A folder that is gone meanwhile is no mistake. The same folder again gives the same watch. */
static int watch_folder(const struct look *look, const char *path)
{
	if (inotify_add_watch(look->watch->fd, path, EVENTS | IN_ONLYDIR | IN_EXCL_UNLINK) >= 0)
		return 0;
	if (errno == ENOSPC)
		return error_set(look->err, "%s cannot be watched: this user watches too many folders already; "
				 "`sudo sysctl fs.inotify.max_user_watches=524288` allows more", path);
	return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? 0 : error_set_errno(look->err, errno, "%s", path);
}

static int look_into(struct look *look, const char *from, const char *to, unsigned depth)
{
	autostrings struct strings names = {0};

	if (depth > DEPTH_MAX)
		return error_set(look->err, "%s: too many folders inside each other", from);
	/* watched before it is read: what comes later is told */
	if (watch_folder(look, from) < 0)
		return -1;
	if (directory_list(from, &names, NULL) < 0)
		return 0;
	for (size_t i = 0; i < names.count; i++) {
		autofree char *inside = path_join(from, names.items[i]), *on_box = path_join(to, names.items[i]);
		struct stat facts;
		int result = 0;
		if (dev_is_temporary(names.items[i]) || lstat(inside, &facts) < 0)
			continue;
		if (S_ISDIR(facts.st_mode))
			result = look_into(look, inside, on_box, depth + 1);
		else if (S_ISREG(facts.st_mode) || S_ISLNK(facts.st_mode))
			result = add_file(look, inside, on_box, &facts);
		if (result < 0)
			return -1;
	}
	return 0;
}

/* A unit file or a folder of additions to one. Quadlets become units when the box starts: they want a new build. */
static bool is_unit(const char *name)
{
	static const char *const kinds[] = {".service", ".socket", ".target", ".timer", ".path", ".mount", ".automount",
					    ".slice", ".swap", ".device", ".scope"};
	autofree char *plain = text_ends(name, ".d") ? text_copy_n(name, strlen(name) - 2) : text_copy(name);

	for (size_t i = 0; i < LENGTH(kinds); i++)
		if (text_ends(plain, kinds[i]))
			return true;
	return false;
}

static int look_at_unit(struct look *look, const char *path)
{
	const char *name = path_base(path);
	autofree char *to = text_format("/usr/lib/systemd/system/%s", name);
	struct stat facts;

	if (dev_is_temporary(name) || !is_unit(name) || lstat(path, &facts) < 0)
		return 0;
	if (S_ISDIR(facts.st_mode))
		return look_into(look, path, to, 1);
	return S_ISREG(facts.st_mode) || S_ISLNK(facts.st_mode) ? add_file(look, path, to, &facts) : 0;
}

static int look_at_units(struct look *look, const char *folder)
{
	autostrings struct strings names = {0};

	if (watch_folder(look, folder) < 0)
		return -1;
	if (directory_list(folder, &names, NULL) < 0)
		return 0;
	for (size_t i = 0; i < names.count; i++) {
		autofree char *path = path_join(folder, names.items[i]);
		if (look_at_unit(look, path) < 0)
			return -1;
	}
	return 0;
}

static int look_at_all(struct dev_watch *watch, struct files *ret, struct error *err)
{
	struct look look = {.watch = watch, .err = err};
	int result = 0;

	for (size_t i = 0; i < watch->above.count && result == 0; i++)
		result = watch_folder(&look, watch->above.items[i]);
	for (size_t i = 0; i < watch->folder_count && result == 0; i++) {
		const struct dev_folder *folder = &watch->folders[i];
		look.folder = i;
		if (folder->units && !path_is_directory(folder->path)) {
			autofree char *around = path_directory(folder->path);
			result = watch_folder(&look, around);
			if (result == 0)
				result = look_at_unit(&look, folder->path);
		} else if (folder->units) {
			result = look_at_units(&look, folder->path);
		} else {
			result = look_into(&look, folder->path, "/", 0);
		}
	}
	if (result < 0) {
		files_clear(&look.found);
		return -1;
	}
	if (look.found.count)
		qsort(look.found.items, look.found.count, sizeof *look.found.items, compare_files);
	*ret = look.found;
	return 0;
}

/* ---- comparing ---- */

/* The one that counts of those at the same place; `*at` goes behind them. */
static const struct file *next_effective(const struct files *files, size_t *at)
{
	if (*at == files->count)
		return NULL;
	while (*at + 1 < files->count && text_equal(files->items[*at].to, files->items[*at + 1].to))
		(*at)++;
	return &files->items[(*at)++];
}

static void add_change(const struct dev_watch *watch, struct dev_changes *changes, const struct file *file, bool gone)
{
	changes->items = array_grow(changes->items, changes->count, &changes->capacity, sizeof *changes->items);
	changes->items[changes->count++] = (struct dev_change){
		.to = text_copy(file->to), .from = gone ? NULL : text_copy(file->from),
		.owner = watch->folders[file->folder].owner, .unit = watch->folders[file->folder].units,
		.executable = file->executable, .link = file->link};
}

static void compare(const struct dev_watch *watch, const struct files *now, struct dev_changes *changes)
{
	size_t old_at = 0, new_at = 0;
	const struct file *old = next_effective(&watch->now, &old_at), *new = next_effective(now, &new_at);

	while (old || new) {
		int order = !old ? 1 : !new ? -1 : strcmp(old->to, new->to);
		if (order < 0)
			add_change(watch, changes, old, true);
		else if (order > 0)
			add_change(watch, changes, new, false);
		else if (!text_equal(old->digest, new->digest) || old->link != new->link ||
			 old->executable != new->executable)
			add_change(watch, changes, new, false);
		if (order <= 0)
			old = next_effective(&watch->now, &old_at);
		if (order >= 0)
			new = next_effective(now, &new_at);
	}
}

void dev_watch_all(const struct dev_watch *watch, struct dev_changes *changes)
{
	const struct file *file;

	for (size_t at = 0; (file = next_effective(&watch->now, &at));)
		add_change(watch, changes, file, false);
}

/* ---- waiting ---- */

int dev_watch_open(const struct dev_folder *folders, size_t count, const char *const *above, struct dev_watch **ret_watch,
		   struct error *err)
{
	struct dev_watch *watch = memory_alloc(sizeof *watch);

	watch->folders = folders;
	watch->folder_count = count;
	strings_add_all(&watch->above, above);
	watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch->fd < 0)
		error_set_errno(err, errno, "files cannot be watched");
	if (watch->fd < 0 || look_at_all(watch, &watch->now, err) < 0) {
		dev_watch_close(watch);
		return -1;
	}
	*ret_watch = watch;
	return 0;
}

void dev_watch_close(struct dev_watch *watch)
{
	if (!watch)
		return;
	if (watch->fd >= 0)
		close(watch->fd);
	strings_clear(&watch->above);
	files_clear(&watch->now);
	free(watch);
}

/* True when something was there to read: which files it names does not matter. */
static bool drain(int fd)
{
	char events[4096] __attribute__((aligned(8)));
	bool any = false;

	while (read(fd, events, sizeof events) > 0)
		any = true;
	return any;
}

static bool wait_for_event(int fd, int milliseconds)
{
	struct pollfd wanted = {.fd = fd, .events = POLLIN};

	return poll(&wanted, 1, milliseconds) > 0 && drain(fd);
}

int dev_watch_wait(struct dev_watch *watch, double seconds, struct dev_changes *changes, double *ret_began,
		   struct error *err)
{
	struct files now = {0};
	bool told = wait_for_event(watch->fd, (int)(seconds * 1000));

	*ret_began = clock_seconds();
	while (told && clock_seconds() - *ret_began < BURST_SECONDS && wait_for_event(watch->fd, QUIET_MS))
		;
	if (look_at_all(watch, &now, err) < 0)
		return -1;
	compare(watch, &now, changes);
	files_clear(&watch->now);
	watch->now = now;
	return 0;
}
