/* control_serve: the answering side of the control socket (control.h). Each client has a thread of its own
 * for its one request, so that an action may take its time; nothing here ever waits in the watcher's loop. */
#ifndef HIEBOX_AGENT_CONTROL_SERVE_H
#define HIEBOX_AGENT_CONTROL_SERVE_H

#include <stdatomic.h>
#include <sys/types.h>

#include "agent/box.h"
#include "agent/control.h"
#include "agent/sentences.h"
#include "agent/sessions.h"

#define CONTROL_CLIENTS 16u   /* at once; one more is told to try again */

/* What actions do to the system, or to a test. All but `now` may be called from several threads at once. */
struct control_system {
	char *(*status)(void *context);   /* as in /run/hie/status.json; caller frees; NULL: not known yet */
	/* `restart` false: start. */
	int (*unit)(void *context, const char *unit, bool restart, struct error *err);
	int (*clock)(void *context, int64_t seconds, struct error *err);
	int (*log)(void *context, const struct strings *units, unsigned lines, struct buffer *ret, struct error *err);
	void (*record)(void *context, const char *line);  /* into the journal */
	void (*changed)(void *context);   /* something was done: look at the box again soon */
	double (*now)(void *context);     /* seconds that only go forward */
	void *context;
};

struct control {
	const char *root;             /* "/" on a box */
	const struct box *box;
	struct control_system system;
	uid_t users[2];               /* who is answered, besides root */
	size_t user_count;
	struct sessions sessions;     /* sessions_init() first */
	atomic_uint clients;
	pthread_mutex_t password;     /* one change at a time */
};

void control_init(struct control *control);
/* Waits for the clients that are still there, CONTROL_SECONDS at most; then frees. */
void control_clear(struct control *control);

/* The answer to a request's bytes, as JSON text; caller frees. Any bytes are fine. */
char *control_answer(struct control *control, const char *text, size_t length);
/* A listening socket at `path`, 0660 (systemd gives a better one, see hie-control.socket). -1: err. */
int control_listen(const char *path, struct error *err);
/* Takes one waiting client of the (non-blocking) listening socket and serves it in a thread. */
void control_accept(struct control *control, int listener);

/* One request, for actions. */
struct request {
	struct control *control;
	const struct node *root;      /* its map */
	const char *token;            /* of a session, or NULL */
	struct session session;       /* when the action needs one */
	char from[SESSION_FROM];      /* the client's address, "" when it did not say */
	char *note;                   /* what the journal says besides; freed by the caller; never a secret */
};

/* Adds to `answer` and returns 0; or -1 with why not in `*ret_refusal`. */
typedef int action_run(struct request *request, struct json *answer, struct saying *ret_refusal);

enum action_for { ACTION_ANYBODY, ACTION_SESSION, ACTION_SESSION_UNLESS_TRAINING };
struct action {
	const char *name;
	enum action_for allowed;
	bool logged;
	action_run *run;
};
/* NULL: no such action. */
const struct action *action_find(const char *name);

/* A text of the request: NULL when it is missing, no text, or longer than `maximum` bytes. */
const char *request_text(const struct request *request, const char *key, size_t maximum);
/* A whole number of the request within [low, high]; -1 when it is none. */
int request_number(const struct request *request, const char *key, int64_t low, int64_t high, int64_t *ret_number);
/* Sets the refusal; returns -1. */
#define refuse(ret_refusal, ...) (*(ret_refusal) = saying_make(__VA_ARGS__, NULL), -1)

/* actions.c */
action_run action_status, action_clock, action_restart, action_log, action_reset;
/* actions_backup.c */
action_run action_targets, action_backup, action_backups, action_restore, action_job;
/* actions_workflow.c */
action_run action_workflow;
/* map_message.c */
action_run action_message;
/* mediator.c */
action_run action_mediator;
/* actions_login.c */
action_run action_credentials, action_login, action_session, action_logout, action_password;

#endif
