/* Progress: one calm display of what is being done, how much is left and how fast. On a terminal it is one
 * line, redrawn at most ten times a second; elsewhere each finished step is one line, and one that takes
 * long says every 30 seconds how far it is. With quiet only warnings are shown. Thread-safe. */
#ifndef HIEBOX_BASE_PROGRESS_H
#define HIEBOX_BASE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum progress_level { PROGRESS_QUIET = 0, PROGRESS_NORMAL = 1, PROGRESS_VERBOSE = 2 };

/* Chooses the display for the whole process; called once by commands/ (the "log level" exception to
 * no mutable globals). Output goes to standard error. TERM=dumb is no terminal; NO_COLOR (no-color.org)
 * gives a display without colours, a locale that is not UTF-8 one in ASCII. */
void progress_configure(enum progress_level level);
/* The verbs of the steps that may come, in order, ended by NULL; borrowed for ever. Steps are then
 * numbered by it: [3/8]. One that is not needed (it was in the store) is passed over. */
void progress_plan(const char *const *verbs);
/* Takes the display away and gives the terminal back as it was: before an error is printed, or another
 * program takes the terminal. The next step brings it back. */
void progress_finish(void);

/* A step: progress_begin("fetch", "312 packages", total bytes or items, or 0 when unknown);
 * progress_advance() adds; progress_end() prints how long it took, with an optional remark. All but
 * progress_end() take NULL for `progress`: then nobody watches. */
struct progress;
struct progress *progress_begin(const char *verb, const char *what, uint64_t total, bool bytes);
void progress_advance(struct progress *progress, uint64_t amount);
void progress_end(struct progress *progress, const char *remark); /* frees; NULL remark allowed */
/* The total when it is only known later. */
void progress_total(struct progress *progress, uint64_t total);
/* How many things the step is about when `total` only weighs them; each done is told by progress_item(). */
void progress_items(struct progress *progress, uint64_t total);
void progress_item(struct progress *progress);
/* What the step is at just now ("postgresql-17"), or NULL; copied. */
void progress_detail(struct progress *progress, const char *detail);
/* A line only shown with -v. */
void progress_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A warning line, always shown. */
void progress_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A tool's use of the machine, summed over its runs. */
struct progress_tool {
	const char *name;
	unsigned runs;
	double seconds;      /* wall clock; of tools that ran beside each other, the sum */
	double cpu_seconds;
	uint64_t peak_bytes; /* of the largest run */
};
/* Adds one run of a tool to the step that is shown; called by process_run(). */
void progress_tool(const struct progress_tool *run);

/* Every ended step in order, for `--timing`; borrowed until exit. */
struct progress_time {
	const char *verb;
	const char *what;
	double seconds;
	double cpu_seconds;   /* of this process and of the tools */
	uint64_t peak_bytes;  /* of this process or its largest tool, whichever was more */
	bool nested;          /* it ran while another step did: in that one's figures already */
	const struct progress_tool *tools;
	size_t tool_count;
};
size_t progress_times(const struct progress_time **ret_times);
/* The verb and name of the step that is shown, "" without one; caller frees. */
char *progress_step(void);

/* Seconds of a clock that never goes back. */
double clock_seconds(void);

#endif
