/* Progress: one calm display of what is being done, how much is left and how fast. Drawn on a terminal
 * only; elsewhere each finished step is one line (and none with quiet). Thread-safe. */
#ifndef HIEBOX_BASE_PROGRESS_H
#define HIEBOX_BASE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum progress_level { PROGRESS_QUIET = 0, PROGRESS_NORMAL = 1, PROGRESS_VERBOSE = 2 };

/* Chooses the display for the whole process; called once by commands/ (the "log level" exception to
 * no mutable globals). Output goes to standard error. */
void progress_configure(enum progress_level level);

/* A step: progress_begin("fetch", "312 packages", total bytes or items, or 0 when unknown);
 * progress_advance() adds; progress_end() prints how long it took, with an optional remark. */
struct progress;
struct progress *progress_begin(const char *verb, const char *what, uint64_t total, bool bytes);
void progress_advance(struct progress *progress, uint64_t amount);
void progress_end(struct progress *progress, const char *remark); /* frees; NULL remark allowed */
/* A line only shown with -v. */
void progress_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A warning line, always shown. */
void progress_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Every ended step's verb, what and seconds in order, for `--timing`; borrowed text until exit. */
struct progress_time {
	const char *verb;
	const char *what;
	double seconds;
};
size_t progress_times(const struct progress_time **ret_times);

/* Seconds of a clock that never goes back. */
double clock_seconds(void);

#endif
