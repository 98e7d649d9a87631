/* apps: npm, Maven, Java, files, and the agent: one layer of programs over the base. Private to the room. */
#ifndef HIEBOX_ASSEMBLE_APPS_H
#define HIEBOX_ASSEMBLE_APPS_H

#include "assemble/base_layer.h"

/* Makes the layer's tree ahead of apps_layer(), while the base layer whose key is given is still being made:
 * nothing in it depends on the base. Nothing happens when the layer is there already. */
int apps_prepare(const struct build *build, const char *base_key, struct error *err);
/* Builds or finds the layer and fills it in. */
int apps_layer(const struct build *build, struct layers *layers, struct error *err);

#endif
