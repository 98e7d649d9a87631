/* Layers in the store; see layer.h. */
#define _GNU_SOURCE 1
#include "assemble/layer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "assemble/tar.h"

#define SMALL_FILE (4u << 20)

struct hash *layer_key_begin(const char *name, const struct tools *tools)
{
	struct hash *key = hash_new("sha256");
	hash_text(key, LAYER_FORMAT);
	hash_text(key, ASSEMBLE_SOURCES); /* from the Makefile: a layer that other code made is another layer */
	hash_text(key, tools->key);
	hash_text(key, name);
	return key;
}

char *layer_key_end(struct hash *key)
{
	char hex[HASH_HEX_MAX];
	hash_finish(key, hex);
	return text_copy(hex);
}

int layer_key_file(struct hash *key, const char *path, struct error *err)
{
	struct stat status;
	if (lstat(path, &status))
		return error_set_errno(err, errno, "%s", path);
	char digest[HASH_HEX_MAX] = "";
	if (S_ISLNK(status.st_mode)) {
		char target[4097];
		ssize_t length = readlink(path, target, sizeof target - 1);
		if (length < 0)
			return error_set_errno(err, errno, "%s", path);
		hash_bytes("sha256", target, (size_t)length, digest);
	} else if (S_ISREG(status.st_mode) && hash_file("sha256", path, digest, err)) {
		return -1;
	}
	/* of the mode only what git keeps: the same checkout under another umask is the same input */
	autofree char *mode = text_format("%o %d", (unsigned)(status.st_mode & S_IFMT),
					  S_ISREG(status.st_mode) && status.st_mode & 0100);
	hash_text(key, path_base(path));
	hash_text(key, mode);
	hash_text(key, digest);
	return 0;
}

int layer_key_folder(struct hash *key, const char *folder, struct error *err)
{
	struct strings autostrings names = { 0 };
	if (!folder || !path_is_directory(folder)) {
		hash_text(key, "none");
		return 0;
	}
	if (directory_list(folder, &names, err))
		return -1;
	if (!names.count) { /* git does not keep empty folders: a clone has none */
		hash_text(key, "none");
		return 0;
	}
	hash_text(key, "folder");
	for (size_t i = 0; i < names.count; i++) {
		autofree char *path = path_join(folder, names.items[i]);
		struct stat status;
		if (layer_key_file(key, path, err))
			return -1;
		if (!lstat(path, &status) && S_ISDIR(status.st_mode) && layer_key_folder(key, path, err))
			return -1;
	}
	hash_text(key, "end");
	return 0;
}

char *layer_directory(const struct store *store, const char *key)
{
	return path_join3(store->path, "layers", key);
}

void layer_clear(struct layer *layer)
{
	free(layer->key);
	free(layer->squashfs);
	free(layer->entries);
	*layer = (struct layer){ 0 };
}

/* The small files, which the layers above are made from, are read each time; the filesystem itself when it becomes
 * part of an image (layer_check()). What is damaged goes: it is made again. */
static bool is_sound(const struct store *store, const char *name, const char *directory)
{
	autofree char *record = path_join(directory, STORE_DIGESTS);
	struct store_checked checked = { 0 };
	struct error ignored = { 0 };
	if (store_check(directory, record, SMALL_FILE, &checked, &ignored) == 0 && !checked.bad) {
		free(checked.first_bad);
		return true;
	}
	progress_warn("layer %s in the store is damaged (%s): making it again", name,
		      checked.first_bad ? checked.first_bad : ignored.message ? ignored.message : "?");
	autofree char *away = text_format("%s/damaged.%s", store->work, path_base(directory));
	if (!rename(directory, away))
		tree_remove(away, NULL);
	free(checked.first_bad);
	error_clear(&ignored);
	return false;
}

int layer_check(const char *file, struct error *err)
{
	autofree char *directory = path_directory(file);
	autofree char *record = path_join(directory, STORE_DIGESTS);
	struct store_checked checked = { 0 };
	if (store_check(directory, record, 0, &checked, err))
		return -1;
	autofree char *first = checked.first_bad;
	if (checked.bad)
		return error_set(err, "the store is damaged: %s/%s is not as it was made; `hiebox verify-store` removes "
				 "what is wrong, and the next build makes it again", directory, first);
	return 0;
}

bool layer_find(const struct store *store, const char *name, const char *key, struct layer *ret_layer)
{
	autofree char *directory = layer_directory(store, key);
	autofree char *squashfs = path_join(directory, "layer.squashfs");
	struct stat status;
	if (stat(squashfs, &status))
		return false;
	if (!is_sound(store, name, directory))
		return false;
	*ret_layer = (struct layer){
		.name = name, .key = text_copy(key), .squashfs = steal(squashfs),
		.entries = path_join(directory, "entries"), .size = (uint64_t)status.st_size,
		.cached = true,
	};
	return true;
}

bool layer_any(const struct store *store)
{
	struct strings autostrings names = { 0 };
	autofree char *folder = path_join(store->path, "layers");
	struct error ignored = { 0 };
	bool any = directory_list(folder, &names, &ignored) == 0 && names.count > 0;
	error_clear(&ignored);
	return any;
}

/* On the disk before it has its name: a layer is believed for ever, also after a power cut. Not every one holds
 * a filesystem: the boot files and an initramfs are published in the same way. */
static int write_out(const char *directory, struct error *err)
{
	struct strings autostrings names = { 0 };
	if (directory_list(directory, &names, err))
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		autofree char *path = path_join(directory, names.items[i]);
		autofd int fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || fdatasync(fd))
			return error_set_errno(err, errno, "%s", path);
	}
	return 0;
}

int layer_publish(const struct store *store, const char *directory, const char *key, struct error *err)
{
	autofree char *final = layer_directory(store, key);
	autofree char *above = path_join(store->path, "layers");
	if (directory_make(above, 0755, err) || chmod(directory, 0755))
		return err && err->message ? -1 : error_set_errno(err, errno, "%s", directory);
	autofree char *record = path_join(directory, STORE_DIGESTS);
	if (store_record(directory, record, err) || write_out(directory, err))
		return -1;
	if (!rename(directory, final))
		return 0;
	if (errno != EEXIST && errno != ENOTEMPTY)
		return error_set_errno(err, errno, "%s", final);
	/* there already: by another process, or by an earlier build that --no-cache repeats */
	autofree char *old = text_format("%s/old.%s", store->work, key);
	if (rename(final, old) || rename(directory, final))
		return error_set_errno(err, errno, "%s", final);
	return tree_remove(old, err);
}

struct squash {
	const struct layer_source *source;
	const struct tools *tools;
	int pipe[2];
};

static int run_sqfstar(struct squash *squash, struct error *err)
{
	const struct layer_source *source = squash->source;
	autofree char *level = text_format("%d", source->level);
	autofree char *time = text_format("%lld", (long long)source->timestamp);
	const char *const argv[] = {
		"/usr/bin/sqfstar", "-comp", "zstd", "-Xcompression-level", level, "-root-mode", "0755", "-root-uid", "0", "-root-gid", "0", "-root-time", time,
		"-no-progress", "-quiet", "/run/layer/layer.squashfs", NULL,
	};
	const struct sandbox_bind bind = {
		.from = source->directory, .to = "/run/layer", .writable = true,
	};
	const struct tool_run run = {
		.argv = argv, .binds = &bind, .bind_count = 1, .input_fd = squash->pipe[0],
		.timestamp = source->timestamp, /* sqfstar takes its own time from SOURCE_DATE_EPOCH */
	};
	int answer = tools_run(squash->tools, &run, err);
	/* the last reader is gone: a writer that is still at it gets EPIPE */
	close(squash->pipe[0]);
	return answer;
}

static int squash_work(void *context, size_t index, struct error *err)
{
	struct squash *squash = context;
	if (index == 0)
		return run_sqfstar(squash, err);
	sigset_t broken, before;
	sigemptyset(&broken);
	sigaddset(&broken, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &broken, &before);
	int answer = tar_write(squash->pipe[1], squash->source->tree, squash->source->entries, squash->source->progress, err);
	close(squash->pipe[1]);
	sigtimedwait(&broken, NULL, &(struct timespec){ 0 });
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return answer;
}

int layer_write(const struct layer_source *source, const struct store *store, const struct tools *tools,
		struct layer *ret_layer, struct error *err)
{
	struct squash squash = { .source = source, .tools = tools };
	uint64_t bytes = 0;
	for (size_t i = 0; i < source->entries->count; i++)
		if (S_ISREG(source->entries->items[i].mode) && !source->entries->items[i].hard_link)
			bytes += source->entries->items[i].size;
	progress_total(source->progress, bytes);
	if (pipe2(squash.pipe, O_CLOEXEC))
		return error_set_errno(err, errno, "pipe");
	fcntl(squash.pipe[1], F_SETPIPE_SZ, 1 << 20);
	if (parallel_each(2, 2, squash_work, &squash, err))
		return error_prefix(err, "layer %s", source->name);
	autofree char *text = entries_text(source->entries);
	autofree char *list = path_join(source->directory, "entries");
	if (file_write_plain(list, text, strlen(text), 0644, err) ||
	    layer_publish(store, source->directory, source->key, err))
		return error_prefix(err, "layer %s", source->name);
	if (!layer_find(store, source->name, source->key, ret_layer))
		return error_set(err, "layer %s vanished from the store", source->name);
	ret_layer->cached = false;
	return 0;
}
