/* hiebox dev: a change is laid over the running box. Inside the room. */
#ifndef HIEBOX_COMMANDS_DEV_APPLY_H
#define HIEBOX_COMMANDS_DEV_APPLY_H

#include "commands/dev_work.h"
#include "machine/machine.h"

#define DEV_FILE_MAX (16u << 20) /* a larger file wants a new build */

struct dev_unit {
	char *name, *state;         /* "active", "activating", "failed", "inactive": as systemctl says it */
	bool reloaded;              /* it was told to read its files anew, and went on */
};
struct dev_result {
	bool fresh;                 /* the box has started anew: what was laid over it before is gone */
	size_t laid;                /* files that lie there now */
	struct strings refused;     /* units with mistakes: the old ones stay */
	struct dev_unit *units;     /* those that were restarted */
	size_t unit_count;
	struct strings said;        /* lines of tools, and what could not be done */
};
void dev_result_clear(struct dev_result *result);
#define autoresult __attribute__((cleanup(dev_result_clear)))

/* Makes /usr writable in memory, for this run of the box; the layers stay as they are. Does nothing when it is. Sets
 * *ret_fresh when it was not. */
int dev_prepare(struct machine *machine, bool *ret_fresh, struct error *err);

/* Lays down what changed, as the build does it (owner root, 0755 or 0644; each file is whole or the old one), after
 * systemd has judged changed units, and does the work. Waits about a second for units. -1: the box does not answer,
 * or a file cannot be read here. */
int dev_apply(struct machine *machine, const struct dev_changes *changes, const struct dev_work *work,
	      struct dev_result *result, struct error *err);

/* What became of units that were still starting; adds them to the result, with what those that failed
 * wrote in the last `seconds`. `names`: unit names. */
int dev_look(struct machine *machine, const struct strings *names, unsigned seconds, struct dev_result *result,
	     struct error *err);

#endif
