/* What a person needs when a tool failed: the log, the half-made tree, and the call to repeat. Inside the room. */
#ifndef HIEBOX_COMMANDS_FAILURE_H
#define HIEBOX_COMMANDS_FAILURE_H

#include "commands/session.h"

/* How many builds' logs stay in the store. */
#define LOGS_KEPT 30u
/* What a kept folder of the store (kept/NAME) says of itself. */
#define KEPT_FILE "failed.json"

/* Opens the tool log of this build. */
void failure_watch(const struct session *session);
/* Adds to the error of a failed build where the log is and how to look into it. With --keep-failed the store's
 * work folder becomes kept/TIME-RECIPE with a description that `hiebox shell` reads. Ends the tool log. */
void failure_explain(struct session *session, struct error *err);

#endif
