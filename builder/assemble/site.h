/* site: units, overlays, accounts and generated settings: what makes this box of all boxes. Under a second,
 * without the base's tree. Private to the room. */
#ifndef HIEBOX_ASSEMBLE_SITE_H
#define HIEBOX_ASSEMBLE_SITE_H

#include "assemble/base_layer.h"

int site_layer(const struct build *build, struct layers *layers, struct error *err);

#endif
