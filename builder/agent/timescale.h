/* timescale: on an emulated machine everything takes 10 to 20 times as long. `hie.timescale=N` on the
 * kernel command line multiplies the time-outs of the box's services and of the agent itself. */
#ifndef HIEBOX_AGENT_TIMESCALE_H
#define HIEBOX_AGENT_TIMESCALE_H

#include <stdint.h>

#include "agent/box.h"

/* N of hie.timescale=N in <root>/proc/cmdline, 1 to 100; 1 when absent or not a number. */
unsigned timescale_read(const char *root);

/* A time span as in systemd.time(7) ("90", "5min 20s", "infinity") in microseconds; UINT64_MAX for
 * infinity. 0, or -1 when it is none. */
int timespan_parse(const char *text, uint64_t *ret_microseconds);

/* systemd.generator(7): writes <directory>/<unit>.d/90-hie-timescale.conf for the services that the box
 * checks and for the agent's own, with their time-outs multiplied. Nothing to do with a scale of 1. */
int timescale_generate(const char *root, const struct box *box, const char *directory, struct error *err);

#endif
