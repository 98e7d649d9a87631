/* status: is the box well? Unit states, health probes and measures become one state and one sentence for each
 * component and for the whole box. Sentences are kept as facts (struct saying): each reader says them in a
 * language of theirs. */
#ifndef HIEBOX_AGENT_STATUS_H
#define HIEBOX_AGENT_STATUS_H

#include "agent/box.h"
#include "agent/sentences.h"

#define STATUS_FILE "/run/hie/status.json"

/* From best to worst. */
enum health { HEALTH_OK, HEALTH_STARTING, HEALTH_DEGRADED, HEALTH_FAILED };
const char *health_name(enum health health);   /* "ok", "starting", "degraded", "failed" */

/* What systemd says about a unit; texts owned, freed with unit_state_clear(). */
struct unit_state {
	char *load, *active, *sub, *result;
	bool job;              /* something is about to be done with it */
	unsigned restarts;
	int64_t seconds;       /* how long it has been in this state; -1 unknown. On a slow machine
	                        * (hie.timescale) fewer than the clock says */
	int64_t since;         /* the same as seconds since 1970; 0 unknown */
};
void unit_state_clear(struct unit_state *state);

/* Where status gets its facts: the system, or a test. */
struct status_source {
	/* Fills `ret`; -1 when it cannot be asked. */
	int (*unit)(void *context, const char *name, struct unit_state *ret, struct error *err);
	/* 0 when the address answers as it should, else -1 with the reason. */
	int (*probe)(void *context, const struct box_health *health, struct error *err);
	void *context;
	unsigned probes;       /* at once, each in a thread of its own; 0 and 1: one after the other, in the caller's */
};

struct component_status {
	const struct box_component *component;
	enum health health;
	struct saying saying;
	int64_t since;         /* seconds since 1970 in this state, as far as is known; 0 unknown */
};

/* What is measured; 0, -1 or NULL is unknown. */
struct status_facts {
	uint64_t disk_free, disk_size, memory_available, memory_size; /* bytes */
	int64_t now, uptime;   /* seconds since 1970, since switch-on */
	bool synchronised;     /* the clock follows another one */
	int temperature, too_hot; /* degrees Celsius; INT_MIN unknown */
	struct strings addresses; /* this box's, the likeliest to be reached first; no loopback */
	struct strings mistakes;  /* of hiebox.conf */
	int64_t certificate_end;  /* seconds since 1970 */
	int64_t last_backup;
};

/* More to know about the box than how its components are; the worst first. */
struct status_note {
	enum health health;
	struct saying saying;
};

struct status {
	const struct box *box;
	enum health health;
	struct saying saying;
	char *rescue, *provision; /* why, or NULL */
	char *unreadable;         /* why box.json cannot be used, or NULL */
	struct component_status *components; /* in the order of the box's */
	struct status_note *notes;
	size_t note_count;
	struct status_facts facts;
};

/* Asks everything once. `root` is "/" on a box. A source without answers is a failed component, not an
 * error. `unreadable` (or NULL) says why there is only a box_unknown(). Free with status_clear(). */
void status_collect(const char *root, const struct box *box, const struct status_source *source,
		    const char *unreadable, struct status *ret_status);
void status_clear(struct status *status);

/* For people, in a language (NULL: English); caller frees. */
char *status_text(const struct status *status, const struct language *language);
/* For programs, as in /run/hie/status.json; caller frees. With `lasting` without what changes by itself
 * (the time), and amounts coarsely: equal texts mean that nothing happened. */
char *status_json(const struct status *status, const struct language *language, bool lasting);

/* One unit and its probe (`unanswered`: why the probe failed, or NULL) judged. `id` is the component's. */
enum health status_judge(const char *id, const struct box_health *check, const struct unit_state *state,
			 const char *unanswered, struct saying *ret_saying);

/* status_facts.c */
void status_measure(const char *root, struct status_facts *ret_facts);
void status_facts_clear(struct status_facts *facts);
/* Adds the notes that the facts ask for. */
void status_note_facts(struct status *status);
void status_add_note(struct status *status, enum health health, struct saying saying);

/* The system as a source: systemd through its bus, probes by http. `scale` multiplies time-outs. */
struct system_source;
int system_source_open(unsigned scale, struct system_source **ret_system, struct status_source *ret_source,
		       struct error *err);
void system_source_close(struct system_source *system);  /* NULL allowed */
/* Starts a unit, e.g. reboot.target; or restarts it. Does not wait until that is done. */
int system_start_unit(struct system_source *system, const char *unit, struct error *err);
int system_restart_unit(struct system_source *system, const char *unit, struct error *err);
/* The path of a unit's object on the bus; caller frees. */
char *system_unit_path(const char *unit);

#endif
