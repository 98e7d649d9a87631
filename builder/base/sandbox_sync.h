/* A sandbox in which nothing waits for the disk. Private to base. */
#ifndef HIEBOX_BASE_SANDBOX_SYNC_H
#define HIEBOX_BASE_SANDBOX_SYNC_H

/* From here on fsync(2) and its kin succeed without doing anything, in this process and all it starts.
 * Without the right to filter system calls nothing happens. */
void sandbox_ignore_sync(void);

#endif
