/* agent_program: /usr/bin/hie, compiled from the project's own source in the tools root. Private to the room. */
#ifndef HIEBOX_ASSEMBLE_AGENT_PROGRAM_H
#define HIEBOX_ASSEMBLE_AGENT_PROGRAM_H

#include "assemble/base_layer.h"

int agent_key(struct hash *key, const struct build *build, struct error *err);
/* The key of the program's own layer; caller frees. */
int agent_layer_key(const struct build *build, char **ret_key, struct error *err);
/* Compiles and links into `tree`/usr/bin/hie, or takes what an earlier build made of the same sources with the
 * same tools: lies in the store as layers/<key>/hie. */
int agent_build(const struct build *build, const char *tree, struct error *err);

#endif
