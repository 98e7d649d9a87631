/* status: is the box well? Unit states and health probes become one state and one sentence for each
 * component and for the whole box. */
#ifndef HIEBOX_AGENT_STATUS_H
#define HIEBOX_AGENT_STATUS_H

#include "agent/box.h"
#include "agent/sentences.h"

/* From best to worst. */
enum health { HEALTH_OK, HEALTH_STARTING, HEALTH_DEGRADED, HEALTH_FAILED };
const char *health_name(enum health health);   /* "ok", "starting", "degraded", "failed" */

/* What systemd says about a unit; texts owned, freed with unit_state_clear(). */
struct unit_state {
	char *load, *active, *sub, *result;
	bool job;              /* something is about to be done with it */
	unsigned restarts;
	int64_t active_seconds; /* how long it has been active; -1 when it is not */
};
void unit_state_clear(struct unit_state *state);

/* Where status gets its facts: the system, or a test. */
struct status_source {
	/* Fills `ret`; -1 when it cannot be asked. */
	int (*unit)(void *context, const char *name, struct unit_state *ret, struct error *err);
	/* 0 when the address answers as it should, else -1 with the reason. */
	int (*probe)(void *context, const struct box_health *health, struct error *err);
	void *context;
};

struct component_status {
	const struct box_component *component;
	enum health health;
	char *sentence;
};

struct status {
	const struct box *box;
	enum health health;
	char *sentence;
	char *rescue, *provision; /* why, or NULL */
	struct component_status *components; /* in the order of the box's */
	uint64_t disk_free, disk_size, memory_available, memory_size; /* bytes; 0 unknown */
};

/* Asks everything once. `root` is "/" on a box. A source without answers is a failed component, not an
 * error. Free with status_clear(). */
void status_collect(const char *root, const struct box *box, const struct status_source *source,
		    struct status *ret_status);
void status_clear(struct status *status);
/* For people, or JSON; caller frees. */
char *status_text(const struct status *status, bool json);

/* One unit and its probe (`unanswered`: why the probe failed, or NULL) judged; caller frees `*ret_sentence`.
 * `title` is the component's name, for the sentences that say that all is well. */
enum health status_judge(const char *title, const struct box_health *check, const struct unit_state *state,
			 const char *unanswered, char **ret_sentence);

/* The system as a source: systemd through its bus, probes by http. `scale` multiplies time-outs. */
struct system_source;
int system_source_open(unsigned scale, struct system_source **ret_system, struct status_source *ret_source,
		       struct error *err);
void system_source_close(struct system_source *system);  /* NULL allowed */
/* Starts a unit, e.g. reboot.target. */
int system_start_unit(struct system_source *system, const char *unit, struct error *err);

#endif
