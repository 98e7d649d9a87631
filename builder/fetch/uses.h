/* uses: who uses the store. Private to fetch; what other rooms need of it stands in the door.
 *
 * Two lock files keep builds and gc apart. locks/use: shared by every process for as long as the store is
 * open; gc asks for it alone and learns whether anybody is there. locks/choose: shared from the opening until
 * the process has recorded what it will need (store_use_write()); gc holds it alone for as long as it removes
 * anything. So what a build found in the store before its record was written is not removed, and one that
 * begins meanwhile waits the seconds that gc takes. */
#ifndef HIEBOX_FETCH_USES_H
#define HIEBOX_FETCH_USES_H

#include "fetch/fetch.h"

/* Called by store_open() and store_close(). */
int store_enter(struct store *store, struct error *err);
void store_leave(struct store *store);
/* gc's side: waits until nobody is choosing, and tells whether somebody is building. */
int store_alone(struct store *store, bool *ret_busy, struct error *err);

#endif
