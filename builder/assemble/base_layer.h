/* base_layer: every Debian package of the plan, configured once. Private to the room. */
#ifndef HIEBOX_ASSEMBLE_BASE_LAYER_H
#define HIEBOX_ASSEMBLE_BASE_LAYER_H

#include "assemble/assemble.h"
#include "base/base.h"

/* What all layers of one call are made from. */
struct build {
	const struct plan *plan;
	const struct store *store;
	const struct tools *tools;
	const struct assemble_options *options;
	char *project;             /* the folder that holds builder/, overlays/, units/ */
	const char *trees;         /* a directory for trees that are gone after the call */
	/* what a processor may do while packages are configured, which keeps one busy; NULL: nothing */
	int (*beside)(const struct build *build, const char *base_key, struct error *err);
};

/* Builds or finds base layer and boot files, and fills both into `layers`. */
int base_layer(const struct build *build, struct layers *layers, struct error *err);

#endif
