/* Private to base: what the display says, as text; no clock, no terminal. */
#ifndef HIEBOX_BASE_PROGRESS_LINE_H
#define HIEBOX_BASE_PROGRESS_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How fast a step is, smoothed: a rate that follows slowly, and a remaining time that runs down with the
 * clock and is only drawn towards what the rate says. Zero-initialise. */
struct pace {
	double began, seen; /* when the step began; when it was looked at last */
	uint64_t done;      /* what was done then */
	double rate;        /* per second; 0: not known yet */
	double left;        /* seconds; below 0: not known yet */
};
void pace_begin(struct pace *pace, double now);
/* Call it as often as is convenient; it takes a measure at most twice a second. `total` 0: unknown. */
void pace_update(struct pace *pace, double now, uint64_t done, uint64_t total);

/* One moment of one step. Borrowed. */
struct progress_view {
	unsigned number, of;     /* step 3 of 8; of 0: not known */
	const char *verb, *what;
	const char *detail;      /* what it is at just now, or NULL */
	uint64_t done, total;    /* total 0: not known */
	uint64_t items, items_total; /* when known, shown instead of amounts */
	bool bytes;              /* done and total are bytes */
	double passed;           /* seconds since it began */
	const struct pace *pace;
	size_t columns;          /* of the terminal */
	bool unicode, colour;
};
/* The line of a running step, at most columns - 1 wide; when there is no room for everything, first the
 * detail goes, then what is done, rate, amount, bar. Caller frees. */
char *progress_line(const struct progress_view *view);
/* "60%  142 of 237", for a line without a terminal; "" when nothing is known. Caller frees. */
char *progress_amounts(const struct progress_view *view);
/* "4.2 s", "3 min 05 s", "1 h 02 min". Caller frees. */
char *progress_duration(double seconds);

#endif
