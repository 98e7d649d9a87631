/* Private to machine: TCP between this machine and a network namespace. Ports of the box are listened on here, on
 * 127.0.0.1; addresses out here are listened on inside, on the box's own loopback. A process of its own does it, which
 * ends with the thread that started it. Sockets belong to the namespace that they were made in: it changes over to make
 * one (setns(2), network_namespaces(7)). */
#ifndef HIEBOX_MACHINE_FORWARD_H
#define HIEBOX_MACHINE_FORWARD_H

#include "base/base.h"
#include "machine/machine.h"

#define FORWARD_CONNECTIONS 512u /* at once; more wait in the listeners' queues */
/* Where the first of `reaches` is listened on inside; the next ones follow. Above the ports that the kernel gives out. */
#define FORWARD_FIRST_REACH 61000u

#define FORWARD_GATES 255u        /* ports and addresses together */

struct forward;

/* Listens for all ports and looks up what `settings` wants reached; fills in `local`, `inside_host`, `inside_port`. Until
 * forward_enter() every connection is dropped. -1: a port is taken, a name is unknown. */
int forward_open(const struct machine_settings *settings, struct forward **ret_forward, struct error *err);
/* From now on inside is the namespace that `network` (an open /proc/PID/ns/net, borrowed) stands for; what was open
 * before is dropped. -1: no namespace any more. For tests: FORWARD_HERE, this one. */
#define FORWARD_HERE (-2)
int forward_enter(struct forward *forward, int network, struct error *err);
void forward_close(struct forward *forward); /* NULL allowed */

#endif
