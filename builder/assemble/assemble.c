/* The room's door: all layers of a plan, bottom to top. */
#include "assemble/assemble.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "assemble/agent_program.h"
#include "assemble/apps.h"
#include "assemble/base_layer.h"
#include "assemble/layer.h"
#include "assemble/plain.h"
#include "assemble/seed.h"
#include "assemble/site.h"
#include "assemble/workspace.h"

static int build_all(const struct build *build, struct layers *layers, struct error *err)
{
	if (base_layer(build, layers, err) || apps_layer(build, layers, err) || seed_make(build, layers, err) ||
	    site_layer(build, layers, err))
		return -1;
	for (size_t i = 0; i < LAYER_COUNT; i++)
		strings_add(&layers->used, layers->items[i].key);
	autofree char *boot = path_directory(layers->kernel);
	strings_add(&layers->used, path_base(boot));
	if (layers->seed)
		strings_add(&layers->used, path_base(layers->seed));
	autofree char *agent = NULL;
	if (agent_layer_key(build, &agent, err))
		return -1;
	strings_add(&layers->used, agent);
	if (build->plan->recipe->layout == LAYOUT_PLAIN)
		return plain_tree(build, layers, err);
	return 0;
}

/* What the trees of all layers take, roughly: payloads are compressed two to four times. */
static uint64_t estimate(const struct plan *plan)
{
	uint64_t bytes = 0;
	for (size_t i = 0; i < plan->lock.image.count; i++)
		bytes += plan->lock.image.items[i].installed_kib * 1024;
	for (size_t i = 0; i < plan->source_count; i++)
		for (size_t k = 0; k < plan->sources[i].payload_count; k++)
			bytes += 4 * plan->sources[i].payloads[k].size;
	return bytes;
}

/* No room is left, and it is not the store that has none. */
static bool ran_out_of_memory(const struct store *store, const struct plan *plan, const struct error *err)
{
	struct error full = { 0 };
	if (!err || !err->message || !strstr(err->message, strerror(ENOSPC)))
		return false;
	bool store_is_full = space_check(store->path, estimate(plan), "", "", &full) < 0;
	error_clear(&full);
	return !store_is_full;
}

int assemble_layers(const struct plan *plan, const struct assemble_options *options,
		    struct layers *ret_layers, struct error *err)
{
	struct layers layers = { 0 };
	struct build build = {
		.plan = plan, .store = options->store, .tools = options->tools, .options = options,
		.project = path_directory(options->agent_source), .beside = apps_prepare,
	};
	/* modes in the layers come from packages and from us, never from the person who builds */
	mode_t before = umask(022);
	struct workspace workspace = { 0 };
	/* memory would be gone with this process, and a tree that may be kept must not be */
	uint64_t bytes = options->keep_failed ? UINT64_MAX : estimate(plan);
	int answer = workspace_open(options->store->work, bytes, &workspace, err);
	build.trees = workspace.path;
	if (!answer)
		answer = build_all(&build, &layers, err);
	if (answer && workspace.in_memory && ran_out_of_memory(options->store, plan, err)) {
		progress_warn("the trees did not fit into memory: once more, on the disk");
		layers_clear(&layers);
		error_clear(err);
		workspace_close(&workspace);
		answer = workspace_open(options->store->work, UINT64_MAX, &workspace, err);
		build.trees = workspace.path;
		if (!answer)
			answer = build_all(&build, &layers, err);
	}
	if (answer && options->keep_failed)
		workspace_leave(&workspace);
	else
		workspace_close(&workspace);
	umask(before);
	free(build.project);
	if (answer) {
		layers_clear(&layers);
		return -1;
	}
	*ret_layers = layers;
	return 0;
}

void layers_clear(struct layers *layers)
{
	for (size_t i = 0; i < LAYER_COUNT; i++)
		layer_clear(&layers->items[i]);
	free(layers->kernel);
	free(layers->initramfs);
	free(layers->kernel_release);
	free(layers->boot_files);
	free(layers->seed);
	free(layers->plain_tree);
	strings_clear(&layers->used);
	*layers = (struct layers){ 0 };
}
