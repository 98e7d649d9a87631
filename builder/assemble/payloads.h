/* payloads: the sources of the chosen variants become files of the apps tree. Private to the room. */
#ifndef HIEBOX_ASSEMBLE_PAYLOADS_H
#define HIEBOX_ASSEMBLE_PAYLOADS_H

#include "assemble/base_layer.h"

/* Adds everything that decides what a source gives to the key. */
int payloads_key(struct hash *key, const struct planned_source *source, struct error *err);
/* Unpacks, copies, compiles or extracts one source into `tree`. Sources come in the plan's order, so that
 * one may use what an earlier one of its component made. */
int payloads_build(const struct build *build, const struct planned_source *source, const char *tree,
		   struct error *err);

#endif
