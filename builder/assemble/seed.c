/* Data sets; see seed.h. What is made lies in the store like a layer, layers/<key>/<component>.sql. */
#define _GNU_SOURCE 1
#include "assemble/seed.h"

#include <string.h>
#include <sys/stat.h>

#include "assemble/layer.h"

static size_t count_makers(const struct plan *plan)
{
	size_t count = 0;
	for (size_t i = 0; i < plan->component_count; i++)
		count += plan_seeds(plan, plan->components[i].component);
	return count;
}

static char *file_of(const char *folder, const struct component *component)
{
	autofree char *name = text_format("%s.sql", component->id);
	return path_join(folder, name);
}

static int seed_key(const struct build *build, const struct layers *layers, char **ret_key, struct error *err)
{
	const struct plan *plan = build->plan;
	struct hash *key = layer_key_begin("seed", build->tools);
	autofree char *time = text_format("%lld", (long long)plan->lock.timestamp);
	hash_text(key, layers->items[LAYER_BASE].key);
	hash_text(key, layers->items[LAYER_APPS].key);
	hash_text(key, time);
	int answer = layer_key_folder(key, plan->recipe->seed_folder, err);
	for (size_t i = 0; !answer && i < plan->component_count; i++) {
		const struct component *component = plan->components[i].component;
		if (!plan_seeds(plan, component))
			continue;
		hash_text(key, component->id);
		hash_text(key, component->seed_run);
		answer = layer_key_folder(key, component->overlay_folder, err);
	}
	if (answer) {
		hash_free(key);
		return -1;
	}
	*ret_key = layer_key_end(key);
	return 0;
}

/* Is it in the store, whole? */
static bool find(const struct build *build, const char *key, struct layers *layers)
{
	autofree char *directory = layer_directory(build->store, key), *record = path_join(directory, STORE_DIGESTS);
	struct store_checked checked = { 0 };
	struct error ignored = { 0 };
	if (build->options->no_cache || !path_exists(record))
		return false;
	bool whole = store_check(directory, record, 0, &checked, &ignored) == 0 && !checked.bad;
	free(checked.first_bad);
	error_clear(&ignored);
	if (whole)
		layers->seed = steal(directory);
	return whole;
}

/* The trees that the programs run on; both are there when this very build made the layers. */
static int unpack(const struct build *build, const struct layers *layers, const char *trees[2], struct error *err)
{
	static const enum layer_kind kinds[2] = { LAYER_APPS, LAYER_BASE };
	for (size_t i = 0; i < 2; i++)
		if (tree_remove(trees[i], err) || layer_unsquash(build->tools, layers->items[kinds[i]].squashfs, trees[i], err))
			return -1;
	return 0;
}

struct maker {
	const struct component *component;
	const char *const *trees; /* apps, base */
	const char *made;         /* folder that gets `sql` */
};

static int run(const struct build *build, const struct maker *maker, struct error *err)
{
	autofree char *time = text_format("SOURCE_DATE_EPOCH=%lld", (long long)build->plan->lock.timestamp);
	const char *const argv[] = { maker->component->seed_run, NULL };
	const char *const environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC", "HOME=/tmp", time,
					    NULL };
	const char *const lower[] = { maker->component->overlay_folder, maker->trees[0], maker->trees[1], NULL };
	const struct sandbox_bind binds[] = {
		{ .from = build->plan->recipe->seed_folder, .to = "/run/seed/set" },
		{ .from = maker->made, .to = "/run/seed/made", .writable = true },
	};
	const struct sandbox sandbox = { .lower = lower, .binds = binds, .bind_count = LENGTH(binds), .no_sync = true };
	const struct process process = { .argv = argv, .environment = environment, .sandbox = &sandbox };
	return process_run(&process, NULL, err);
}

static int make_one(const struct build *build, const struct maker *maker, const char *directory, struct error *err)
{
	autofree char *sql = path_join(maker->made, "sql"), *to = file_of(directory, maker->component);
	struct stat status;
	if (tree_remove(maker->made, err) || directory_make(maker->made, 0755, err) || run(build, maker, err))
		return error_prefix(err, "%s", maker->component->id);
	if (lstat(sql, &status) || !S_ISREG(status.st_mode) || !status.st_size)
		return error_set(err, "%s: %s made no /run/seed/made/sql", maker->component->id, maker->component->seed_run);
	return file_copy(sql, to, 0644, err);
}

static int make_all(const struct build *build, const struct layers *layers, const char *key, struct error *err)
{
	autofree char *apps = path_join(build->trees, "seed-apps"), *base = path_join(build->trees, "seed-base");
	autofree char *made = path_join(build->trees, "seed-made"), *directory = path_join(build->store->work, "seed");
	const char *trees[2] = { apps, base };
	if (tree_remove(directory, err) || directory_make(directory, 0755, err) || unpack(build, layers, trees, err))
		return -1;
	for (size_t i = 0; i < build->plan->component_count; i++) {
		const struct maker maker = { build->plan->components[i].component, trees, made };
		if (plan_seeds(build->plan, maker.component) && make_one(build, &maker, directory, err))
			return -1;
	}
	if (tree_remove(made, err) || tree_remove(apps, err) || tree_remove(base, err))
		return -1;
	return layer_publish(build->store, directory, key, err);
}

int seed_make(const struct build *build, struct layers *layers, struct error *err)
{
	autofree char *key = NULL;
	if (!count_makers(build->plan))
		return 0;
	if (seed_key(build, layers, &key, err))
		return error_prefix(err, "data set %s", build->plan->recipe->seed.text);
	if (find(build, key, layers))
		return 0;
	struct progress *progress = progress_begin("seed", "people and records to start with", 0, true);
	int answer = make_all(build, layers, key, err);
	progress_end(progress, answer ? "failed" : NULL);
	if (answer)
		return error_prefix(err, "data set %s", build->plan->recipe->seed.text);
	layers->seed = layer_directory(build->store, key);
	return 0;
}

int seed_put(const struct build *build, const struct layers *layers, const char *tree, struct error *err)
{
	for (size_t i = 0; layers->seed && i < build->plan->component_count; i++) {
		const struct component *component = build->plan->components[i].component;
		if (!plan_seeds(build->plan, component))
			continue;
		autofree char *from = file_of(layers->seed, component), *to = path_join(tree, component->seed_to);
		autofree char *folder = path_directory(to);
		if (directory_make(folder, 0755, err) || file_copy(from, to, 0644, err))
			return -1;
	}
	return 0;
}
