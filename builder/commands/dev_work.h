/* hiebox dev: what a change asks for on the box, beyond lying there. Inside the room. */
#ifndef HIEBOX_COMMANDS_DEV_WORK_H
#define HIEBOX_COMMANDS_DEV_WORK_H

#include "commands/dev_watch.h"
#include "plan/plan.h"

struct dev_work {
	struct strings verify;      /* units to be checked before anything of them is laid down */
	struct strings restart;     /* units, when they run or failed */
	struct strings start;       /* units that changed themselves: restarted, or started when something enables them */
	struct strings reload;      /* units that read the files anew without a restart */
	struct strings run;         /* lines of shell */
	struct strings notes;       /* sentences: what cannot be done while it runs */
	bool provision;             /* a template changed: `hie provision` fills it in again */
	bool units;                 /* systemd reads its units anew */
};
void dev_work_clear(struct dev_work *work);
#define autowork __attribute__((cleanup(dev_work_clear)))

/* Goes by where a file lies, then by whose it is: a component's own services read what is its own. `plan`'s units are read
 * from its folders now. Every list without repetitions. */
void dev_work_find(const struct plan *plan, const struct dev_changes *changes, struct dev_work *work);

/* "x.service" of a unit's file and of what is in its folder of additions; caller frees. */
char *dev_unit_of(const struct dev_change *change);

#endif
