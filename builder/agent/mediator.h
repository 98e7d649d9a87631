/* mediator: a channel and a client in OpenHIM for somebody's program, through OpenHIM's own API and with the box's own
 * login. For the page (action `mediator`) and for who is root here (`hie mediator`). */
#ifndef HIEBOX_AGENT_MEDIATOR_H
#define HIEBOX_AGENT_MEDIATOR_H

#include "agent/box.h"
#include "agent/sentences.h"
#include "base/base.h"

/* What somebody asks for. Borrowed. */
struct mediator_wish {
	const char *name, *host, *path; /* NULL: missing, which is judged */
	const char *port;               /* as typed */
	bool replace;                   /* a channel and a client of just this name are removed first */
};
struct mediator_made {
	char *password;                 /* of the client, which has the wish's name */
	char *address;                  /* where its messages go: "http://{address}:5001/my-mediator" */
};
void mediator_made_clear(struct mediator_made *made); /* the password is overwritten */

/* Nothing that exists is touched but what `replace` says; when the channel cannot be made, the client goes again. -1:
 * `ret_refusal` says what is wrong. */
int mediator_make(const char *root, const struct box *box, const struct mediator_wish *wish,
		  struct mediator_made *ret_made, struct saying *ret_refusal);

#endif
