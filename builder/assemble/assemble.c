/* The room's door: all layers of a plan, bottom to top. */
#include "assemble/assemble.h"

#include <sys/stat.h>

#include "assemble/apps.h"
#include "assemble/base_layer.h"
#include "assemble/layer.h"
#include "assemble/plain.h"
#include "assemble/site.h"

static int build_all(const struct build *build, struct layers *layers, struct error *err)
{
	if (base_layer(build, layers, err) || apps_layer(build, layers, err) || site_layer(build, layers, err))
		return -1;
	if (build->plan->recipe->layout == LAYOUT_PLAIN)
		return plain_tree(build, layers, err);
	return 0;
}

int assemble_layers(const struct plan *plan, const struct assemble_options *options,
		    struct layers *ret_layers, struct error *err)
{
	struct layers layers = { 0 };
	struct build build = {
		.plan = plan, .store = options->store, .tools = options->tools, .options = options,
		.project = path_directory(options->agent_source),
	};
	/* modes in the layers come from packages and from us, never from the person who builds */
	mode_t before = umask(022);
	int answer = build_all(&build, &layers, err);
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
	free(layers->plain_tree);
	*layers = (struct layers){ 0 };
}
