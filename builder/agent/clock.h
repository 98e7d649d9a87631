/* clock: a machine without a battery starts in 1970, and certificates made then are refused by everybody. The
 * least that is right: the time that the image was made, and the last time that this box knew. */
#ifndef HIEBOX_AGENT_CLOCK_H
#define HIEBOX_AGENT_CLOCK_H

#include <stdint.h>

#include "agent/provision.h"

/* Writes the time of now down in /var/lib/hie/clock: hourly, at the end, and when a certificate was made. What was
 * there before does not count: a clock that somebody set back stays set back. */
int clock_remember(const char *root, struct error *err);
/* No right clock shows less (seconds since 1970). What was remembered counts up to 30 years from the image's. */
int64_t clock_least(const char *root, const struct box *box);

/* Sets the machine's clock (when `root` is "/"), and its battery clock if it has one, and remembers the time. chrony
 * sees the jump by itself and starts over with its sources. Needs CAP_SYS_TIME. */
int clock_set(const char *root, int64_t seconds, struct error *err);
/* "2026-03-01T10:15:00Z" (RFC 3339, in UTC) or seconds since 1970. 0, or -1 when it is neither. */
int clock_parse(const char *text, int64_t *ret_seconds);

/* Tells chrony the time servers that DHCP named (networkd keeps them in /run/systemd/netif/state). */
int clock_sources(const char *root, struct error *err);

#endif
