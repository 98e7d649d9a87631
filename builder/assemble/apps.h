/* apps: npm, Maven, Java, files, and the agent: one layer of programs over the base. Private to the room. */
#ifndef HIEBOX_ASSEMBLE_APPS_H
#define HIEBOX_ASSEMBLE_APPS_H

#include "assemble/base_layer.h"

/* Builds or finds the layer and fills it in. */
int apps_layer(const struct build *build, struct layers *layers, struct error *err);

#endif
