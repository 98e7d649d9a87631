/* restore: the names that preparing and applying a restore share. */
#ifndef HIEBOX_AGENT_RESTORE_H
#define HIEBOX_AGENT_RESTORE_H

#include "agent/provision.h"

/* Beside the box's cluster. */
#define CLUSTER_ASIDE "restore"
#define CLUSTER_OLD "old"

/* Removes what a backup or restore left that did not come to its end. Not while one is at work, nor while a
 * restore waits to be applied. */
int restore_forget(const struct provision *provision, struct error *err);
/* Is there a restore to be applied? */
bool restore_is_pending(const char *root);

/* Everything that needs provisioning is stopped, provisioning runs again with what it finds to do, and all of it
 * starts again: systemd knows the order. Who only reads keys is told. Waits until provisioning is done, not for the
 * services. -1: it failed, or systemd did not answer; what is asked of it stays asked. */
int provision_again(struct error *err);

#endif
