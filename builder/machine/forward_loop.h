/* Private to forward: the process that passes bytes on. */
#ifndef HIEBOX_MACHINE_FORWARD_LOOP_H
#define HIEBOX_MACHINE_FORWARD_LOOP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/* Where connections come in, and where they go. */
struct forward_gate {
	int listener;                    /* -1: none (yet) */
	bool outward;                    /* listens inside, connects out here */
	struct sockaddr_in inside;       /* to connect to, or to listen on when `outward` */
	struct sockaddr_storage outside; /* to connect to when `outward` */
	socklen_t outside_length;
};

/* What comes by `control`: a byte of this, with the namespace as SCM_RIGHTS for FORWARD_ENTER. Each is answered with a
 * text, "ok" when all is well. */
enum forward_order { FORWARD_LEAVE = 'l', FORWARD_ENTER = 'e', FORWARD_STAY = 's' };
#define FORWARD_ANSWER_MAX 512

/* Until `control` (a SOCK_SEQPACKET socket) is closed on its other side. */
void forward_loop(struct forward_gate *gates, size_t count, int control);

#endif
