/* setuid: programs that run with rights that their caller does not have. */
#ifndef HIEBOX_ASSEMBLE_SETUID_H
#define HIEBOX_ASSEMBLE_SETUID_H

#include "base/base.h"
#include "plan/plan.h"

/* Does this recipe have a person who may become root? */
bool setuid_sudo_wanted(const struct recipe *recipe);

/* Takes the set-user-id and set-group-id bits from the programs of Debian's that a box has no use for, and records it
 * as dpkg-statoverride(1) would, so that an upgrade on a box with apt keeps it so. `sudo` keeps its bit. */
int setuid_drop(const char *tree, bool sudo, struct error *err);

/* What setuid_drop() does, for a layer's key. */
void setuid_key(struct hash *key, bool sudo);

#endif
