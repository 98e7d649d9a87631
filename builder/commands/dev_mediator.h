/* hiebox dev --mediator: a program beside the editor answers what comes to the box's OpenHIM. Inside the room. */
#ifndef HIEBOX_COMMANDS_DEV_MEDIATOR_H
#define HIEBOX_COMMANDS_DEV_MEDIATOR_H

#include "commands/run.h"

struct dev_mediator {
	const char *name;           /* NULL: none was asked for. Of channel and client */
	const char *path;           /* of the box's addresses: "/my-mediator" */
	char host[256];
	uint16_t port;
};

/* --mediator HOST:PORT and --path. -2: wrong use. */
int dev_mediator_read(const struct parsed_options *options, struct dev_mediator *mediator, struct error *err);

/* Lets the box make the channel and a client, by `hie mediator`, as soon as its OpenHIM answers. */
int dev_mediator_begin(const struct dev_mediator *mediator, const struct run *run, struct machine *machine,
		       struct error *err);
/* Are they there? 1: yes, and a request to try was printed; 0: not yet; -1: they cannot be made, or the box is gone. */
int dev_mediator_look(const struct dev_mediator *mediator, const struct run *run, struct machine *machine,
		      struct error *err);

#endif
