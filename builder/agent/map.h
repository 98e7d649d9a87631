/* map: what the exchange map knows of messages: reads what OpenHIM tells (/run/openhim/events, see events.js), and says
 * in words what a message was and where it went. The file is another program's: any bytes are fine. */
#ifndef HIEBOX_AGENT_MAP_H
#define HIEBOX_AGENT_MAP_H

#include "agent/sentences.h"
#include "base/base.h"
#include "document/document.h"

#define MAP_EVENTS "/run/openhim/events"
#define MAP_READ_MAX (320u << 10)  /* of a longer file the end counts */
#define MAP_LINE_MAX 1024u         /* a longer line is none */
#define MAP_SHOWN 50u
#define MAP_ID_LENGTH 24u          /* of OpenHIM's transactions */

/* The boxes of the OpenHIE architecture behind the interoperability layer, and one for everything else. */
enum map_place {
	MAP_TERMINOLOGY, MAP_CLIENTS, MAP_RECORDS, MAP_FACILITIES, MAP_WORKERS,
	MAP_PRODUCTS, MAP_MANAGEMENT, MAP_LOGISTICS, MAP_FINANCE, MAP_OTHER, MAP_PLACES,
};
/* What a component provides that plays this role ("client-registry"), and how people call it. */
const char *map_place_id(enum map_place place);
enum sentence map_place_name(enum map_place place);

enum map_outcome { OUTCOME_PASSED, OUTCOME_DECLINED, OUTCOME_REFUSED, OUTCOME_FAILED };
const char *map_outcome_name(enum map_outcome outcome);
int map_outcome_find(const char *name, enum map_outcome *ret_outcome);

/* One message whose answer was given. */
struct map_event {
	int64_t id;                    /* grows */
	int64_t time;                  /* seconds since 1970 */
	char transaction[MAP_ID_LENGTH + 1]; /* "" when OpenHIM recorded none (it was refused) */
	char client[65], channel[65];  /* "" unknown */
	char method[17], path[257];    /* the path's shape, without ids */
	unsigned status, milliseconds;
	enum map_outcome outcome;
	enum sentence why;             /* of what was refused or failed; arguments: the client, the place */
};

enum map_source { MAP_READ, MAP_MISSING, MAP_UNREADABLE };
struct map_events {
	struct map_event items[MAP_SHOWN]; /* the oldest first */
	size_t count;
	size_t skipped;                /* newer than `after`, but more than are shown */
	int64_t newest;                /* id; 0: none */
	bool again;                    /* `after` is of another time: this is all there is */
	enum map_source source;
};

/* What is newer than `after` (an id; 0: all). Never fails: `source` says whether there was a
 * file. `path` is the events' file, of which at most MAP_READ_MAX bytes are read. */
void map_events_read(const char *path, int64_t after, struct map_events *ret_events);
/* The event of that id (of the same part of the file); -1: none. */
int map_events_find(const char *path, int64_t id, struct map_event *ret_event);
/* One line, without its end; -1: it is none. */
int map_event_parse(const char *line, size_t length, struct map_event *ret_event);

/* What people are shown of a transaction as OpenHIM's API gives it (NULL: nothing of it is known): without what proves who
 * somebody is, its bodies cut at 64 KiB. Caller releases. */
struct json *map_message_json(const struct node *transaction);

/* What kind of message it is. */
struct map_kind {
	enum map_place place;
	enum sentence words;           /* arguments: who asks, the place */
	const char *transaction;       /* IHE's name, e.g. "ITI-78", or NULL */
};
struct map_kind map_kind_of(const char *method, const char *path);
/* The shape of an address as OpenHIM tells it: ids away. Caller frees. */
char *map_shape(const char *path);

#endif
