/* hiebox dev: which files of overlays/ and units/ changed, however an editor writes them. inotify(7) only says that
 * something happened; what happened is found by looking at all of it again, which for a project is a millisecond. So
 * renames, new folders, lost events and an overflowing queue are one case. Inside the room. */
#ifndef HIEBOX_COMMANDS_DEV_WATCH_H
#define HIEBOX_COMMANDS_DEV_WATCH_H

#include "base/base.h"

/* A folder of the project, in the order in which the build lays them down: what is in a later one wins. It may be missing,
 * and be made later. Texts are borrowed and live as long as the watch. */
struct dev_folder {
	const char *path;           /* of units: may be a single unit file */
	const char *owner;          /* "reverse-proxy-nginx", "hie-base", "mode-development", "recipe" */
	bool units;                 /* units/, else overlays/ */
};

struct dev_change {
	char *to;                   /* on the box: "/usr/lib/systemd/system/x.service" */
	char *from;                 /* the file that lies there now; NULL: it is gone, and nothing is below it */
	const char *owner;
	bool unit;
	bool executable, link;      /* as the build would lay it: 0755 or 0644, or a symbolic link */
};
struct dev_changes {
	struct dev_change *items;
	size_t count, capacity;
};
void dev_changes_clear(struct dev_changes *changes);
#define autochanges __attribute__((cleanup(dev_changes_clear)))

struct dev_watch;
/* Looks at everything once. `above`: folders in which one of these may appear (overlays, units); NULL-terminated. Free
 * with dev_watch_close(). */
int dev_watch_open(const struct dev_folder *folders, size_t count, const char *const *above, struct dev_watch **ret_watch,
		   struct error *err);
void dev_watch_close(struct dev_watch *watch); /* NULL allowed */

/* Waits at most `seconds` for a change, and then until nothing has happened for 100 ms (at most a second). Sets
 * `changes` to what is different in bytes, being executable or a link's target since the last call; also when no event
 * told of it. `*ret_began`: when the first event came (clock_seconds()). A signal ends the waiting. -1: the watch broke. */
int dev_watch_wait(struct dev_watch *watch, double seconds, struct dev_changes *changes, double *ret_began,
		   struct error *err);

/* Every file that is there, as if all had changed. */
void dev_watch_all(const struct dev_watch *watch, struct dev_changes *changes);

/* Do editors write such names beside the file itself? */
bool dev_is_temporary(const char *name);

#endif
