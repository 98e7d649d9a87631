/* sessions: who has logged in as the administrator, and how often somebody guessed wrongly. All in memory:
 * a restart of the watcher ends every session. Safe to call from several threads. */
#ifndef HIEBOX_AGENT_SESSIONS_H
#define HIEBOX_AGENT_SESSIONS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/base.h"

#define SESSIONS_MAX 32u          /* when one more is begun, the one unused for longest ends */
#define SESSION_IDLE (30 * 60)    /* seconds without a request */
#define SESSION_LIFE (8 * 3600)   /* seconds from the login on */
#define SESSION_TOKEN 65          /* 256 bits in hex, and the NUL */
#define SESSION_FROM 46           /* INET6_ADDRSTRLEN */

#define GUESSES_FREE 5u           /* wrong passwords in a row from one address before it must wait */
#define GUESSES_FREE_BOX 20u      /* from all addresses that never logged in, together */
#define GUESSES_WAIT_MAX (15 * 60)
#define GUESSERS_MAX 64u

struct session {
	char digest[HASH_HEX_MAX]; /* of the token, which only its owner has; "" is a free place */
	char csrf[SESSION_TOKEN];
	char from[SESSION_FROM];
	double began, used;
};

/* One address, or all together. */
struct guesser {
	char from[SESSION_FROM];
	unsigned wrong;            /* in a row */
	double until;              /* no try before this moment */
	double last;
	bool known;                /* has logged in before: others' guesses do not hold it up */
};

struct sessions {
	pthread_mutex_t lock;
	struct session items[SESSIONS_MAX];
	struct guesser guessers[GUESSERS_MAX], box;
};

void sessions_init(struct sessions *sessions);
void sessions_clear(struct sessions *sessions);

/* All times are seconds of one clock that only goes forward. */

/* Begins a session for the address; both texts go to the client, and only there. */
void sessions_begin(struct sessions *sessions, const char *from, double now, char ret_token[SESSION_TOKEN],
		    char ret_csrf[SESSION_TOKEN]);
/* Does the token (NULL allowed) belong to a session that is not over? Then it counts as used now, and a copy
 * of it is in `*ret_session`. */
bool sessions_use(struct sessions *sessions, const char *token, double now, struct session *ret_session);
void sessions_end(struct sessions *sessions, const char *token);
/* Ends all but the one with this token (NULL: all): after a change of the password. */
void sessions_end_others(struct sessions *sessions, const char *token);

/* Seconds that this address has to wait before a password of its is looked at; 0: it may try now. */
unsigned sessions_wait(struct sessions *sessions, const char *from, double now);
/* What came of a try. */
void sessions_tried(struct sessions *sessions, const char *from, bool right, double now);

/* Same text? Takes as long whatever differs. */
bool secret_equal(const char *a, const char *b);

#endif
