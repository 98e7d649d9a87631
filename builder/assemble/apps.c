/* The apps layer; see apps.h. */
#define _GNU_SOURCE 1
#include "assemble/apps.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "assemble/agent_program.h"
#include "assemble/layer.h"
#include "assemble/normalise.h"
#include "assemble/payloads.h"

/* Mostly scripts and jars: a middle level pays, they are small */
#define APPS_LEVEL 6

static int apps_key(const struct build *build, const char *base_key, char **ret_key, struct error *err)
{
	struct hash *key = layer_key_begin("apps", build->tools);
	autofree char *time = text_format("%lld", (long long)build->plan->lock.timestamp);
	hash_text(key, base_key);
	hash_text(key, time);
	int answer = agent_key(key, build, err);
	for (size_t i = 0; !answer && i < build->plan->source_count; i++) {
		hash_text(key, build->plan->sources[i].component->id);
		answer = payloads_key(key, &build->plan->sources[i], err);
	}
	if (answer) {
		hash_free(key);
		return -1;
	}
	*ret_key = layer_key_end(key);
	return 0;
}

/* Nothing in this layer belongs to anybody but root, and nothing has a time of its own. */
static void make_uniform(struct entries *entries)
{
	for (size_t i = 0; i < entries->count; i++) {
		struct entry *entry = &entries->items[i];
		entry->uid = 0;
		entry->gid = 0;
		if (S_ISDIR(entry->mode))
			entry->mode = S_IFDIR | 0755;
	}
}

static int check_payloads(const struct build *build, struct error *err)
{
	autofree struct blob_use *uses = NULL;
	size_t count = 0, capacity = 0;
	for (size_t i = 0; i < build->plan->source_count; i++) {
		const struct planned_source *source = &build->plan->sources[i];
		for (size_t k = 0; k < source->payload_count; k++) {
			uses = array_grow(uses, count, &capacity, sizeof *uses);
			uses[count++] = (struct blob_use){ source->payloads[k].digest,
							    source->payloads[k].location };
		}
	}
	return blobs_check(build->store, uses, count, err);
}

static int build_tree(const struct build *build, const char *tree, struct error *err)
{
	if (check_payloads(build, err) || directory_make(tree, 0755, err) || agent_build(build, tree, err))
		return -1;
	for (size_t i = 0; i < build->plan->source_count; i++)
		if (payloads_build(build, &build->plan->sources[i], tree, err))
			return -1;
	return 0;
}

static bool is_cached(const struct build *build, const char *key, struct layer *ret_layer)
{
	return !build->options->no_cache && layer_find(build->store, "apps", key, ret_layer);
}

int apps_prepare(const struct build *build, const char *base_key, struct error *err)
{
	autofree char *key = NULL, *tree = path_join(build->trees, "apps");
	struct layer layer = { 0 };
	if (apps_key(build, base_key, &key, err))
		return error_prefix(err, "apps layer");
	bool cached = is_cached(build, key, &layer);
	layer_clear(&layer);
	if (!cached && (tree_remove(tree, err) || build_tree(build, tree, err)))
		return error_prefix(err, "apps layer");
	return 0;
}

static int build_layer(const struct build *build, const struct layer_source *wanted, struct layers *layers,
		       struct error *err)
{
	autofree char *tree = path_join(build->trees, "apps");
	autofree char *directory = path_join(build->store->work, "apps-layer");
	struct entries autoentries entries = { 0 };
	int64_t timestamp = build->plan->lock.timestamp;
	/* the workspace is new with every call: a tree that is there is apps_prepare()'s */
	if (!path_is_directory(tree) && build_tree(build, tree, err))
		return -1;
	if (tree_remove(directory, err) || directory_make(directory, 0755, err) || entries_walk(tree, &entries, err) ||
	    normalise_check(tree, &entries, err))
		return -1;
	make_uniform(&entries);
	if (entries_inherit(&entries, layers->items[LAYER_BASE].entries, err))
		return -1;
	normalise_times(&entries, NULL, timestamp);
	const struct layer_source source = {
		.name = "apps", .key = wanted->key, .progress = wanted->progress, .tree = tree, .entries = &entries, .directory = directory,
		.timestamp = timestamp, .level = APPS_LEVEL,
	};
	if (layer_write(&source, build->store, build->tools, &layers->items[LAYER_APPS], err))
		return -1;
	return tree_remove(tree, err);
}

int apps_layer(const struct build *build, struct layers *layers, struct error *err)
{
	autofree char *key = NULL;
	struct layer *layer = &layers->items[LAYER_APPS];
	if (apps_key(build, layers->items[LAYER_BASE].key, &key, err))
		return error_prefix(err, "apps layer");
	if (is_cached(build, key, layer))
		return 0;
	struct progress *progress = progress_begin("apps", "programs and libraries", 0, true);
	const struct layer_source wanted = { .key = key, .progress = progress };
	int answer = build_layer(build, &wanted, layers, err);
	progress_end(progress, answer ? "failed" : NULL);
	return answer ? error_prefix(err, "apps layer") : 0;
}
