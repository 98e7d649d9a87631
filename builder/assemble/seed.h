/* seed: a data set (recipes/seeds/<id>) becomes SQL when the image is built, made by the components' own programs
 * on the finished base and apps layers, so that a first boot only loads it. Private to the room. */
#ifndef HIEBOX_ASSEMBLE_SEED_H
#define HIEBOX_ASSEMBLE_SEED_H

#include "assemble/base_layer.h"

/* Finds or makes it: layers->seed. Nothing to do when the recipe names no data set, or nobody makes one.
 *
 * For each component with plan_seeds(), its program `seed: run:` is called as root in the sandbox of base/sandbox.h:
 * no network but loopback, the root is the component's overlay over apps over base, whatever is written there is
 * forgotten. It finds the data set read-only in /run/seed/set and writes /run/seed/made/sql: the same bytes from the
 * same inputs. SOURCE_DATE_EPOCH is the lock's time. It waits for what it starts with limits of its own. */
int seed_make(const struct build *build, struct layers *layers, struct error *err);
/* Puts what was made where the components' `seed: to:` say. */
int seed_put(const struct build *build, const struct layers *layers, const char *tree, struct error *err);

#endif
