/* watch: `hie watch` looks at the box all the time, writes what it sees into /run/hie/status.json, and answers
 * the control socket. Three kinds of threads: the loop (sockets, signals of systemd, the watchdog) never waits
 * for anything; the collector asks systemd and the services, and may have to wait; each client of the socket
 * has one for its request. */
#ifndef HIEBOX_AGENT_WATCH_H
#define HIEBOX_AGENT_WATCH_H

#include "agent/box.h"
#include "agent/control_serve.h"
#include "agent/status.h"

#define COLLECT_STARTING 2   /* seconds between collections while something starts */
#define COLLECT_TROUBLE 10   /* while something is wrong */
#define COLLECT_REST 30      /* while all is well */

/* What is done besides, by the collector: at the start, then every `seconds`, and when this box's addresses
 * changed. Failures are logged and nothing else. `root` is "/" on a box. */
struct chore {
	const char *name;
	int64_t seconds;
	bool with_addresses;
	int (*run)(const char *root, const struct box *box, struct error *err);
};

struct collector;
struct collector_settings {
	const char *root;
	const struct box *box;
	const char *unreadable;        /* why box.json cannot be used, or NULL */
	/* Opens the source anew whenever it stopped answering; NULL: none can be had, with err. */
	int (*open)(void *context, struct status_source *ret_source, struct error *err);
	void (*close)(void *context, struct status_source *source);
	void *context;
	double longest;                /* seconds between two collections at most; 0: COLLECT_REST */
	const struct chore *chores;    /* ended by one without a name; or NULL */
};
/* Starts the thread. `ret_fd` becomes readable (an eventfd) after each collection. */
int collector_start(const struct collector_settings *settings, struct collector **ret_collector, int *ret_fd,
		    struct error *err);
/* Collect again soon; `addresses`: this box's addresses changed. */
void collector_poke(struct collector *collector, bool addresses);
/* What the last collection found; false when there was none yet. Texts are for the caller to free. */
struct collected {
	char *json;                    /* as in /run/hie/status.json, English */
	char *sentence;                /* about the box */
	enum health health;
	double finished;               /* clock_seconds() at its end */
};
bool collector_last(struct collector *collector, struct collected *ret_collected);
void collected_clear(struct collected *collected);
/* Ends the thread (waits for its collection) and frees. NULL allowed. */
void collector_stop(struct collector *collector);

/* The real system for control actions; `collector` is told when something was done. */
struct control_system watch_system(struct collector *collector);

/* Runs until SIGTERM. -1: it could not even begin. */
int watch_run(const char *root, const char *box_file, struct error *err);

#endif
