/* bus: how the agent reaches systemd. */
#ifndef HIEBOX_AGENT_BUS_H
#define HIEBOX_AGENT_BUS_H

#include <systemd/sd-bus.h>

#include "base/base.h"

#define BUS_SYSTEMD "org.freedesktop.systemd1"
#define BUS_MANAGER BUS_SYSTEMD, "/org/freedesktop/systemd1", BUS_SYSTEMD ".Manager"

/* The message bus; where it is absent (early, or rescue) root talks to PID 1 directly, as systemctl does.
 * Free with sd_bus_flush_close_unref(). */
int bus_open(sd_bus **ret_bus, struct error *err);
/* `result` of an sd-bus function as an error; returns -1. */
int bus_error(struct error *err, int result);

#endif
