/* What the control socket's actions do to the real system. */
#include <stdio.h>
#include <string.h>

#include "agent/clock.h"
#include "agent/watch.h"

static char *give_status(void *context)
{
	struct collected last;
	if (!collector_last(context, &last)) {
		collected_clear(&last);
		return NULL;
	}
	char *json = steal(last.json);
	collected_clear(&last);
	return json;
}

/* A connection of its own: those of sd-bus belong to one thread. */
static int act_on_unit(void *context, const char *unit, bool restart, struct error *err)
{
	struct system_source *system = NULL;
	struct status_source source;
	(void)context;
	if (system_source_open(1, &system, &source, err) < 0)
		return -1;
	int result = restart ? system_restart_unit(system, unit, err) : system_start_unit(system, unit, err);
	system_source_close(system);
	return result;
}

static int set_clock(void *context, int64_t seconds, struct error *err)
{
	(void)context;
	return clock_set("/", seconds, err);
}

static int read_log(void *context, const struct strings *units, unsigned lines, struct buffer *ret, struct error *err)
{
	autostrings struct strings argv = { 0 };
	(void)context;
	strings_add_all(&argv, (const char *const[]){ "journalctl", "--quiet", "--no-pager", "--output=short-iso", NULL });
	strings_format(&argv, "--lines=%u", lines);
	for (size_t i = 0; i < units->count; i++)
		strings_format(&argv, "--unit=%s", units->items[i]);
	return process_run(&(struct process){ .argv = (const char *const *)argv.items, .output = ret }, NULL, err);
}

static void record(void *context, const char *line)
{
	(void)context;
	fprintf(stderr, "hie: %s\n", line);
}

static void changed(void *context)
{
	collector_poke(context, false);
}

static double now(void *context)
{
	(void)context;
	return clock_seconds();
}

struct control_system watch_system(struct collector *collector)
{
	return (struct control_system){ .status = give_status, .unit = act_on_unit, .clock = set_clock,
					.log = read_log, .record = record, .changed = changed, .now = now,
					.context = collector };
}
