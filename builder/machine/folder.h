/* Private to machine: the temporary folder of one machine. It goes when the machine is closed; what a killed process left
 * is removed by the next one. */
#ifndef HIEBOX_MACHINE_FOLDER_H
#define HIEBOX_MACHINE_FOLDER_H

#include "base/base.h"

struct folder {
	char *path; /* absolute; NULL: none */
	int lock;   /* held while its owner lives; child processes that outlive exec do not hold it */
};
#define NO_FOLDER {.lock = -1}

/* Removes what dead processes left, as far as this user may, and makes a folder of mode 0700 in $TMPDIR or /tmp. The
 * guard knows it (guard_remember). */
int folder_open(struct folder *ret_folder, struct error *err);
/* The same in that directory. */
int folder_open_in(const char *parent, struct folder *ret_folder, struct error *err);
/* Removes it with all that is in it, but not what is mounted there. */
void folder_close(struct folder *folder);

#endif
