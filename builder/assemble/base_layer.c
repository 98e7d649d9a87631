/* The base layer; see base_layer.h. Design section 3, facts (h). */
#define _GNU_SOURCE 1
#include "assemble/base_layer.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "assemble/boot.h"
#include "assemble/configure.h"
#include "assemble/dpkg.h"
#include "assemble/large_deb.h"
#include "assemble/layer.h"
#include "assemble/normalise.h"
#include "assemble/packages.h"
#include "assemble/setuid.h"

/* zstd's level. Of the demo's base (928 MB): level 3 gives 394 MB in 4.6 s of processor time, 6 gives 377 MB in
 * 9.7 s, 15 gives 356 MB in 100 s. */
#define BASE_LEVEL 3

/* Which of Debian's own units start is decided here too: a layer above could only mask them. */
#define PRESETS "overlays/hie-base/usr/lib/systemd/system-preset"

struct base_build {
	const struct build *build;
	const char *key;
	char *tree, *work, *facts, *directory, *overlay, *presets;
	struct debs debs;
	struct origins_map map;
	struct configure configure;
	struct boot boot;
	struct progress *progress;      /* of the phase that runs */
	bool failed;
};

static int base_key(const struct build *build, const char *presets, char **ret_key, struct error *err)
{
	struct hash *key = layer_key_begin("base", build->tools);
	const struct lock *lock = &build->plan->lock;
	autofree char *time = text_format("%lld", (long long)lock->timestamp);
	hash_text(key, lock->architecture);
	hash_text(key, time);
	for (size_t i = 0; i < lock->image.count; i++) {
		hash_text(key, lock->image.items[i].name);
		hash_text(key, lock->image.items[i].sha256);
		hash_text(key, lock->image.items[i].automatic ? "automatic" : "asked for");
	}
	setuid_key(key, setuid_sudo_wanted(build->plan->recipe));
	if (layer_key_folder(key, presets, err)) {
		hash_free(key);
		return -1;
	}
	*ret_key = layer_key_end(key);
	return 0;
}

/* A phase with its line of progress. */
static int phase(struct base_build *base, const char *verb, const char *what,
		 int (*run)(struct base_build *, struct error *), struct error *err)
{
	base->progress = progress_begin(verb, what, 0, false);
	int answer = run(base, err);
	base->debs.progress = NULL;
	progress_end(base->progress, answer ? "failed" : NULL);
	return answer;
}

static int unpack(struct base_build *base, struct error *err)
{
	const struct lock *lock = &base->build->plan->lock;
	if (directory_make(base->tree, 0755, err) || directory_make(base->work, 0755, err) ||
	    directory_make(base->facts, 0755, err))
		return -1;
	if (debs_check(base->build->store, &lock->image, err) ||
	    debs_load(base->build->store, &lock->image, &base->debs, err) ||
	    dpkg_prepare(base->tree, lock->architecture, err))
		return -1;
	if (large_deb_pays(lock->architecture))
		base->debs.tools = base->build->tools;
	if (!base->build->options->no_cache)
		base->debs.store = base->build->store;
	base->debs.keep = layer_any(base->build->store);
	debs_watch(&base->debs, base->progress);
	return debs_unpack(&base->debs, base->tree, false, NULL, err);
}

/* Scripts that run before unpacking, the packages that waited for them, and the final database. */
static int settle(struct base_build *base, struct error *err)
{
	struct diversions diversions = { 0 };
	if (configure_begin(&base->configure, err) || dpkg_write(base->tree, &base->debs, err) ||
	    configure_preinst(&base->configure, &base->debs, err) ||
	    dpkg_diversions(base->tree, &diversions, err))
		return -1;
	int answer = debs_unpack(&base->debs, base->tree, true, &diversions, err);
	diversions_clear(&diversions);
	if (answer || debs_settle(&base->debs, base->tree, &base->map, err) ||
	    dpkg_write(base->tree, &base->debs, err) ||
	    dpkg_write_automatic(base->tree, &base->debs, err))
		return -1;
	return configure_unpack(&base->configure, &base->debs, err);
}

/* Jobs that need one processor each, the longest first. */
static int configure_or_boot(void *context, size_t index, struct error *err)
{
	struct base_build *base = context;
	const struct build *build = base->build;
	if (index == 0)
		return configure_all(&base->configure, base->progress, err) ? error_prefix(err, "dpkg --configure") : 0;
	if (index == 1)
		return boot_initramfs(&base->boot, err);
	return build->beside ? build->beside(build, base->key, err) : 0;
}

static int configure(struct base_build *base, struct error *err)
{
	progress_items(base->progress, base->debs.count);
	if (boot_find_kernel(base->tree, &base->boot.release, err) ||
	    parallel_each(3, processor_count() > 2 ? 3 : 2, configure_or_boot, base, err) ||
	    configure_presets(&base->configure, base->presets, err))
		return -1;
	return configure_end(&base->configure, err);
}

/* What later layers must know of this one without unpacking it. */
static int write_facts(const struct base_build *base, struct error *err)
{
	static const char *const files[] = { "etc/passwd", "etc/group", "etc/shadow", "etc/gshadow",
					     "etc/subuid", "etc/subgid", "var/lib/dpkg/status",
					     "etc/locale.gen", "usr/lib/os-release" };
	for (size_t i = 0; i < LENGTH(files); i++) {
		autofree char *from = path_join(base->tree, files[i]);
		autofree char *to = path_join(base->facts, path_base(files[i]));
		if (path_exists(from) && file_copy(from, to, 0600, err))
			return -1;
	}
	return 0;
}

/* For another initramfs over the same base: the kernel is not in the layer itself. */
static int keep_kernel(const struct base_build *base, struct error *err)
{
	autofree char *kernel = text_format("%s/boot/vmlinuz-%s", base->tree, base->boot.release);
	autofree char *kept = path_join(base->directory, "vmlinuz");
	return file_copy(kernel, kept, 0644, err);
}

static int write_layer(struct base_build *base, struct layer *ret_layer, struct error *err)
{
	struct entries autoentries entries = { 0 };
	int64_t timestamp = base->build->plan->lock.timestamp;
	if (keep_kernel(base, err) ||
	    setuid_drop(base->tree, setuid_sudo_wanted(base->build->plan->recipe), err) ||
	    normalise_tree(base->tree, timestamp, err) || write_facts(base, err) ||
	    entries_walk(base->tree, &entries, err) || normalise_check(base->tree, &entries, err))
		return -1;
	normalise_times(&entries, &base->map, timestamp);
	const struct layer_source source = {
		.name = "base", .key = base->key, .tree = base->tree, .entries = &entries,
		.directory = base->directory, .timestamp = timestamp, .level = BASE_LEVEL,
		.progress = base->progress,
	};
	return layer_write(&source, base->build->store, base->build->tools, ret_layer, err);
}

static void base_clear(struct base_build *base)
{
	/* a large tree: not left until the store is closed, the disk may be small */
	bool kept = base->failed && base->build->options->keep_failed;
	if (base->tree && !kept)
		tree_remove(base->tree, NULL);
	if (base->work && !kept)
		tree_remove(base->work, NULL);
	debs_clear(&base->debs);
	free(base->map.items);
	free(base->boot.release);
	free(base->tree);
	free(base->work);
	free(base->facts);
	free(base->directory);
	free(base->overlay);
	free(base->presets);
}

static void base_begin(struct base_build *base, const struct build *build)
{
	const char *work = build->store->work;
	base->build = build;
	base->tree = path_join(build->trees, "base");
	base->work = path_join(work, "base-work");
	base->directory = path_join(work, "base-layer");
	base->facts = path_join(base->directory, "facts");
	base->overlay = path_join(build->project, "overlays/boot");
	base->presets = path_join(build->project, PRESETS);
	base->configure = (struct configure){
		.tree = base->tree, .work = base->work,
		.timestamp = build->plan->lock.timestamp,
	};
	base->boot = (struct boot){
		.plan = build->plan, .store = build->store, .tools = build->tools, .tree = base->tree,
		.overlay = base->overlay, .work = base->work,
	};
}

/* Nothing may be left of an earlier try in the same work directory. */
static int base_fresh(struct base_build *base, struct error *err)
{
	if (tree_remove(base->tree, err) || tree_remove(base->work, err))
		return -1;
	return tree_remove(base->directory, err);
}

/* The tree, unless it is in memory, and the layer with its boot files, which is a third of it. */
static int check_space(const struct build *build, struct error *err)
{
	uint64_t bytes = 0;
	struct stat trees, store;
	for (size_t i = 0; i < build->plan->lock.image.count; i++)
		bytes += build->plan->lock.image.items[i].installed_kib * 1024;
	bool in_memory = !stat(build->trees, &trees) && !stat(build->store->path, &store) && trees.st_dev != store.st_dev;
	return space_check(build->store->path, bytes / 3 + (in_memory ? 0 : bytes), "the base layer", "--store", err);
}

static int build_base(struct base_build *base, const char *key, const char *boot, struct layers *layers,
		      struct error *err)
{
	const struct build *build = base->build;
	base->key = key;
	autofree char *what = text_format("%zu packages", build->plan->lock.image.count);
	if (check_space(build, err) || base_fresh(base, err) || phase(base, "unpack", what, unpack, err) || phase(base, "settle", "scripts and owners", settle, err) ||
	    phase(base, "configure", "packages, initramfs, programs", configure, err))
		return -1;
	autofree char *kernel = text_format("%s/boot/vmlinuz-%s", base->tree, base->boot.release);
	if (boot_publish(&base->boot, kernel, boot, err))
		return -1;
	base->progress = progress_begin("compress", "base layer", 0, true);
	int answer = write_layer(base, &layers->items[LAYER_BASE], err);
	progress_end(base->progress, answer ? "failed" : NULL);
	return answer;
}

int layer_unsquash(const struct tools *tools, const char *squashfs, const char *tree, struct error *err)
{
	static const char *const argv[] = { "/usr/bin/unsquashfs", "-no-progress", "-quiet", "-force",
					    "-dest", "/run/tree", "/run/layer.squashfs", NULL };
	const struct sandbox_bind binds[] = { { tree, "/run/tree", true },
					      { squashfs, "/run/layer.squashfs", false } };
	struct buffer autobuffer output = { 0 };
	const struct tool_run run = { .argv = argv, .binds = binds, .bind_count = 2, .output = &output };
	if (directory_make(tree, 0755, err) || layer_check(squashfs, err))
		return -1;
	return tools_run(tools, &run, err);
}

/* The base is there, its initramfs is not (another board, another script): from the layer's own tree. */
static int build_boot(struct base_build *base, const char *key, const struct layer *layer, struct error *err)
{
	const struct build *build = base->build;
	autofree char *folder = path_directory(layer->squashfs), *kernel = path_join(folder, "vmlinuz");
	if (directory_make(base->work, 0755, err) ||
	    layer_unsquash(build->tools, layer->squashfs, base->tree, err))
		return -1;
	autofree char *modules = path_join(base->tree, "usr/lib/modules");
	struct strings autostrings releases = { 0 };
	if (directory_list(modules, &releases, err) || !releases.count)
		return err->message ? -1 : error_set(err, "the base layer holds no kernel modules");
	base->boot.release = text_copy(releases.items[0]);
	if (boot_initramfs(&base->boot, err))
		return -1;
	return boot_publish(&base->boot, kernel, key, err);
}

int base_layer(const struct build *build, struct layers *layers, struct error *err)
{
	struct base_build base = { 0 };
	struct layer *layer = &layers->items[LAYER_BASE];
	autofree char *key = NULL, *boot = NULL;
	base_begin(&base, build);
	int answer = base_key(build, base.presets, &key, err);
	if (!answer)
		answer = boot_key(&base.boot, key, &boot, err);
	bool cached = !build->options->no_cache;
	bool have = !answer && cached && layer_find(build->store, "base", key, layer);
	autofd int alone = -1;
	if (!answer && cached && !have) { /* another build makes the same one: wait for it */
		autofree char *lock_name = text_format("layer-%s", key);
		answer = store_lock(build->store, lock_name, "making the same base layer", &alone, err);
		have = !answer && layer_find(build->store, "base", key, layer);
	}
	if (!answer && !have)
		answer = build_base(&base, key, boot, layers, err);
	if (!answer && (!cached || !boot_find(build->store, boot, layers))) {
		if (have)
			answer = build_boot(&base, boot, layer, err);
		if (!answer && !boot_find(build->store, boot, layers))
			answer = error_set(err, "the boot files vanished from the store");
	}
	base.failed = answer;
	base_clear(&base);
	return answer ? error_prefix(err, "base layer") : 0;
}
