/* Who uses the store: the processes of now by two locks, the locks of recipes by a record for each. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fetch/uses.h"

#define FIRST_LINE "# hiebox use 1\n"
#define RECORD_MAX (16u << 20)

/* Takes a lock of the folder locks/. Returns its descriptor; -1 with err, or -2 when it is held otherwise. */
static int take(const struct store *store, const char *name, int how, struct error *err)
{
	autofree char *path = path_join3(store->path, "locks", name);
	autofd int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);

	if (fd < 0)
		return error_set_errno(err, errno, "cannot open the lock file %s", path);
	while (flock(fd, how) < 0) {
		if (errno == EWOULDBLOCK)
			return -2;
		if (errno == EOPNOTSUPP || errno == ENOLCK || errno == ENOSYS)
			return error_set(err, "the file system knows no locks (flock); choose another place with --store");
		if (errno != EINTR)
			return error_set_errno(err, errno, "cannot lock %s", path);
	}
	return steal_fd(fd);
}

/* With a word when somebody has to wait. */
static int take_patiently(const struct store *store, const char *name, int how, const char *whom, struct error *err)
{
	int fd = take(store, name, how | LOCK_NB, err);

	if (fd != -2)
		return fd;
	struct progress *progress = progress_begin("wait", whom, 0, false);
	fd = take(store, name, how, err);
	progress_end(progress, fd < 0 ? "failed" : NULL);
	return fd;
}

int store_enter(struct store *store, struct error *err)
{
	store->choosing = take_patiently(store, "choose", LOCK_SH, "for hiebox gc to end", err);
	if (store->choosing < 0)
		return -1;
	store->in_use = take(store, "use", LOCK_SH, err);
	return store->in_use < 0 ? -1 : 0;
}

void store_chosen(const struct store *store)
{
	if (store->choosing >= 0)
		flock(store->choosing, LOCK_UN);
}

void store_leave(struct store *store)
{
	cleanup_fd(&store->choosing);
	cleanup_fd(&store->in_use);
	store->choosing = store->in_use = -1;
}

int store_alone(struct store *store, bool *ret_busy, struct error *err)
{
	store_leave(store);
	store->choosing = take_patiently(store, "choose", LOCK_EX, "for a build that has just begun", err);
	if (store->choosing < 0)
		return -1;
	store->in_use = take(store, "use", LOCK_EX | LOCK_NB, err);
	*ret_busy = store->in_use == -2;
	if (*ret_busy)
		store->in_use = take(store, "use", LOCK_SH, err);
	return store->in_use < 0 ? -1 : 0;
}

void store_use_clear(struct store_use *use)
{
	free(use->file);
	free(use->lock);
	free(use->lock_digest);
	free(use->recipe);
	free(use->tools);
	strings_clear(&use->layers);
	strings_clear(&use->used);
	strings_clear(&use->blobs);
	*use = (struct store_use){0};
}

void store_uses_clear(struct store_uses *uses)
{
	for (size_t i = 0; i < uses->count; i++)
		store_use_clear(&uses->items[i]);
	free(uses->items);
	*uses = (struct store_uses){0};
}

static void read_line(struct store_use *use, const char *line)
{
	const char *value = strchr(line, ' ');
	size_t length = value ? (size_t)(value - line) : 0;
	const struct {
		const char *key;
		char **text;
		struct strings *list;
	} keys[] = {{"lock", &use->lock, NULL}, {"lock-digest", &use->lock_digest, NULL},
		    {"recipe", &use->recipe, NULL}, {"tools", &use->tools, NULL}, {"layer", NULL, &use->layers},
		    {"used", NULL, &use->used}, {"blob", NULL, &use->blobs}};

	for (size_t i = 0; value && i < LENGTH(keys); i++) {
		if (strlen(keys[i].key) != length || strncmp(line, keys[i].key, length) != 0)
			continue;
		if (keys[i].list) {
			strings_add(keys[i].list, value + 1);
		} else {
			free(*keys[i].text);
			*keys[i].text = text_copy(value + 1);
		}
	}
}

/* False: this is no record. */
static bool read_use(const char *path, struct store_use *ret_use)
{
	autofree char *text = file_text_or_null(path, RECORD_MAX);
	autostrings struct strings lines = {0};
	struct store_use use = {0};
	struct stat about;

	if (!text || stat(path, &about) < 0 || !text_starts(text, FIRST_LINE))
		return false;
	strings_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.count; i++)
		read_line(&use, lines.items[i]);
	use.when = about.st_mtim.tv_sec;
	use.file = text_copy(path);
	if (use.lock && use.lock_digest && use.recipe) {
		*ret_use = use;
		return true;
	}
	store_use_clear(&use);
	return false;
}

int store_uses_read(const struct store *store, struct store_uses *ret_uses, struct error *err)
{
	autofree char *folder = path_join(store->path, "uses");
	autostrings struct strings names = {0};
	struct store_uses uses = {0};
	size_t capacity = 0;

	if (directory_list(folder, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		autofree char *path = path_join(folder, names.items[i]);

		uses.items = array_grow(uses.items, uses.count, &capacity, sizeof *uses.items);
		uses.count += read_use(path, &uses.items[uses.count]);
	}
	*ret_uses = uses;
	return 0;
}

static void add_all(struct buffer *text, const char *key, const struct strings *values)
{
	for (size_t i = 0; i < values->count; i++)
		buffer_format(text, "%s %s\n", key, values->items[i]);
}

/* A build that has only begun knows no layers yet: those of the same lock are still held. */
static void inherit(const char *path, struct store_use *use)
{
	struct store_use before = {0};

	if (!read_use(path, &before))
		return;
	if (text_equal(before.lock_digest, use->lock_digest)) {
		if (!use->tools)
			use->tools = steal(before.tools);
		if (!use->used.count && before.used.count)
			strings_add_all(&use->used, (const char *const *)before.used.items);
		if (!use->layers.count && before.layers.count)
			strings_add_all(&use->layers, (const char *const *)before.layers.items);
	}
	store_use_clear(&before);
}

int store_use_write(const struct store *store, struct store_use *use, struct error *err)
{
	autobuffer struct buffer text = {0};
	autofree char *both = text_format("%s\n%s", use->lock, use->recipe);
	char hex[HASH_HEX_MAX], digest[HASH_HEX_MAX];

	if (hash_file("sha256", use->lock, digest, err) < 0)
		return -1;
	free(use->lock_digest);
	use->lock_digest = text_copy(digest);
	hash_bytes("sha256", both, strlen(both), hex);
	autofree char *path = text_format("%s/uses/%.32s", store->path, hex);
	inherit(path, use);
	buffer_format(&text, FIRST_LINE "lock %s\nlock-digest %s\nrecipe %s\n", use->lock, digest, use->recipe);
	if (use->tools)
		buffer_format(&text, "tools %s\n", use->tools);
	add_all(&text, "layer", &use->layers);
	add_all(&text, "used", &use->used);
	add_all(&text, "blob", &use->blobs);
	if (file_has(path, text.data, text.length))
		return utimensat(AT_FDCWD, path, NULL, 0) < 0 ? error_set_errno(err, errno, "%s", path) : 0;
	return file_write(path, text.data, text.length, 0644, err);
}

int store_keep_work(struct store *store, const char *name, struct error *err)
{
	autofree char *kept = path_join3(store->path, "kept", name);

	if (rename(store->work, kept) < 0)
		return error_set_errno(err, errno, "cannot rename %s to %s", store->work, kept);
	return 0;
}
