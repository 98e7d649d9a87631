/* plain: the layers laid over each other into one tree, for a root filesystem that is written to.
 * Private to the room. */
#ifndef HIEBOX_ASSEMBLE_PLAIN_H
#define HIEBOX_ASSEMBLE_PLAIN_H

#include "assemble/base_layer.h"

int plain_tree(const struct build *build, struct layers *layers, struct error *err);

#endif
