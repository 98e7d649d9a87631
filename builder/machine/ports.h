/* Private to machine: TCP ports of this machine's loopback. */
#ifndef HIEBOX_MACHINE_PORTS_H
#define HIEBOX_MACHINE_PORTS_H

#include <stdint.h>

#include "base/base.h"

/* Listens on 127.0.0.1, port `*port`, or any free one when that is 0, which is then set. `*ret_fd` (non-blocking, closed on
 * exec) is the caller's. A port that is taken is an error that says who has it, where that can be seen. */
int port_listen(uint16_t *port, int *ret_fd, struct error *err);
/* "nginx (process 812)", or NULL when nobody is found to listen there: root sees everyone's, others their own.
 * Caller frees. Source: proc_net(5), proc_pid_fd(5). */
char *port_owner(uint16_t port);

#endif
