/* Private to machine: a root shell inside, over one connection (a virtio-serial port). The other side is channel_server, a
 * shell script that systemd inside runs. Each line and length that comes from there is hostile until proven otherwise.
 *
 *     there   hiebox-shell ready                      when it starts, so also after a restart
 *     here    run ID BYTES SECONDS LIMIT, the script  BYTES of it, its last line CHANNEL_END
 *     there   done ID STATUS BYTES, the output        STATUS 0 to 255, or `late`; at most LIMIT bytes
 *
 * All numbers are decimal. Other lines, and answers with an older ID, are passed over. */
#ifndef HIEBOX_MACHINE_CHANNEL_H
#define HIEBOX_MACHINE_CHANNEL_H

#include <stdbool.h>

#include "base/base.h"

#define CHANNEL_PORT "hiebox"             /* the virtio-serial port's name */
#define CHANNEL_END "# hiebox: the end"
#define CHANNEL_SCRIPT_MAX (1u << 20)
#define CHANNEL_OUTPUT_MAX (16u << 20)    /* also when a buffer would take more */

/* Asked about once a second while something is waited for; -1 with err ends the waiting. */
struct channel_watch {
	int (*look)(void *data, struct error *err);
	void *data;
};

struct channel;
/* Takes over `fd`, a connected stream socket. `watch` is copied. Never NULL. */
struct channel *channel_new(int fd, struct channel_watch watch);
/* Runs a script, as machine_shell(); `seconds` in all. What a script that took too long had printed is in `output`. */
int channel_run(struct channel *channel, const char *script, double seconds, struct buffer *output, struct error *err);
/* The system inside went down: forgets what it was saying; its shell will say that it is ready. */
void channel_reset(struct channel *channel);
/* Waits until the shell inside is ready. -1 when not within `seconds`. */
int channel_wait(struct channel *channel, double seconds, struct error *err);
void channel_free(struct channel *channel); /* NULL allowed */

/* What runs inside, for /bin/sh with coreutils. */
extern const char channel_server[];

#endif
