#include "base/progress.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "base/memory.h"
#include "base/text.h"

#define REDRAW_SECONDS 0.1
#define RATE_AFTER_SECONDS 1.0 /* earlier a rate would only flicker */

struct progress {
	char *verb;
	char *what;
	uint64_t total;
	uint64_t done;
	bool bytes;
	double begun;
	struct progress *below; /* steps that began before and still run */
};

/* The display of the whole process: the one mutable global, because there is one terminal. Quiet
 * until commands/ says otherwise, so that rooms under test print nothing. */
static struct {
	pthread_mutex_t mutex;
	enum progress_level level;
	bool terminal;
	bool drawn; /* an unfinished line stands on the terminal */
	double drawn_at;
	struct progress *top; /* the step that is shown */
	struct progress_time *times;
	size_t count, capacity;
} display = {.mutex = PTHREAD_MUTEX_INITIALIZER};

double clock_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void progress_configure(enum progress_level level)
{
	const char *terminal = getenv("TERM");

	pthread_mutex_lock(&display.mutex);
	display.level = level;
	display.terminal = isatty(STDERR_FILENO) && !text_equal(terminal, "dumb");
	pthread_mutex_unlock(&display.mutex);
}

static size_t terminal_columns(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20)
		return size.ws_col;
	return 80;
}

/* Cuts UTF-8 text to `columns` characters: a line that wraps could not be redrawn. Returns how many
 * characters are left. */
static size_t cut_to_columns(char *text, size_t columns)
{
	size_t used = 0;

	for (; *text; text++) {
		if (((unsigned char)*text & 0xc0) != 0x80 && used++ == columns) {
			*text = '\0';
			return columns;
		}
	}
	return used;
}

static char *duration_text(double seconds)
{
	unsigned whole = (unsigned)(seconds + 0.5);

	if (seconds < 59.95)
		return text_format("%.1f s", seconds);
	if (whole < 3600)
		return text_format("%u min %02u s", whole / 60, whole % 60);
	return text_format("%u h %02u min", whole / 3600, whole / 60 % 60);
}

static char *amount_text(const struct progress *step, uint64_t amount)
{
	return step->bytes ? size_text(amount) : text_format("%llu", (unsigned long long)amount);
}

/* "  14 MB of 312 MB  4%  2.1 MB/s  2 min 20 s left" */
static char *amounts_text(const struct progress *step, double passed)
{
	autobuffer struct buffer line = {0};
	autofree char *done = amount_text(step, step->done);
	double rate = passed >= RATE_AFTER_SECONDS ? (double)step->done / passed : 0;

	if (step->total) {
		autofree char *total = amount_text(step, step->total);

		buffer_format(&line, "  %s of %s  %u%%", done, total,
			      (unsigned)(100.0 * (double)step->done / (double)step->total));
	} else if (step->done) {
		buffer_format(&line, "  %s", done);
	}
	if (rate > 0 && step->bytes) {
		autofree char *speed = size_text((uint64_t)rate);

		buffer_format(&line, "  %s/s", speed);
	}
	if (rate > 0 && step->total > step->done) {
		autofree char *left = duration_text((double)(step->total - step->done) / rate);

		buffer_format(&line, "  %s left", left);
	}
	return buffer_steal(&line);
}

/* The line of a running step. When it is too long, what is done is cut, not how far it is. */
static char *step_line(const struct progress *step, double now, size_t columns)
{
	autofree char *what = text_format("%-9s %s", step->verb, step->what);
	autofree char *amounts = amounts_text(step, now - step->begun);
	size_t used = cut_to_columns(amounts, columns);

	cut_to_columns(what, columns - used);
	return text_format("%s%s", what, amounts);
}

/* What follows is called with the mutex held. */

static void erase_line(void)
{
	if (display.drawn)
		fputs("\r\033[K", stderr);
	display.drawn = false;
}

/* `calmly`: not now when the line was just drawn. */
static void draw(bool calmly)
{
	autofree char *line = NULL;
	double now = clock_seconds();

	if (!display.terminal || display.level == PROGRESS_QUIET)
		return;
	if (calmly && now - display.drawn_at < REDRAW_SECONDS)
		return;
	erase_line();
	display.drawn_at = now;
	if (!display.top)
		return;
	line = step_line(display.top, now, terminal_columns() - 1);
	fputs(line, stderr);
	fflush(stderr);
	display.drawn = true;
}

/* One whole line, with the redrawn one put back under it. */
static void print_line(const char *prefix, const char *line)
{
	erase_line();
	fprintf(stderr, "%s%s\n", prefix, line);
	if (display.top)
		draw(false);
}

static void remember_time(const struct progress *step, double seconds)
{
	display.times =
		array_grow(display.times, display.count, &display.capacity, sizeof *display.times);
	display.times[display.count++] =
		(struct progress_time){text_copy(step->verb), text_copy(step->what), seconds};
}

static void unlink_step(struct progress *step)
{
	struct progress **at = &display.top;

	while (*at && *at != step)
		at = &(*at)->below;
	if (*at)
		*at = step->below;
}

/* What follows takes the mutex itself. */

struct progress *progress_begin(const char *verb, const char *what, uint64_t total, bool bytes)
{
	struct progress *step = memory_alloc(sizeof *step);

	step->verb = text_copy(verb);
	step->what = text_copy(what);
	step->total = total;
	step->bytes = bytes;
	step->begun = clock_seconds();
	pthread_mutex_lock(&display.mutex);
	step->below = display.top;
	display.top = step;
	draw(false);
	pthread_mutex_unlock(&display.mutex);
	return step;
}

void progress_advance(struct progress *progress, uint64_t amount)
{
	pthread_mutex_lock(&display.mutex);
	progress->done += amount;
	draw(true);
	pthread_mutex_unlock(&display.mutex);
}

void progress_end(struct progress *progress, const char *remark)
{
	double seconds = clock_seconds() - progress->begun;
	autofree char *duration = duration_text(seconds);
	autofree char *line =
		text_format("%-9s %s  %s%s%s%s", progress->verb, progress->what, duration,
			    remark ? "  (" : "", remark ? remark : "", remark ? ")" : "");

	pthread_mutex_lock(&display.mutex);
	unlink_step(progress);
	remember_time(progress, seconds);
	if (display.level != PROGRESS_QUIET)
		print_line("", line);
	pthread_mutex_unlock(&display.mutex);
	free(progress->verb);
	free(progress->what);
	free(progress);
}

void progress_note(const char *format, ...)
{
	autofree char *line = NULL;
	va_list arguments;

	va_start(arguments, format);
	line = text_format_v(format, arguments);
	va_end(arguments);
	pthread_mutex_lock(&display.mutex);
	if (display.level == PROGRESS_VERBOSE)
		print_line("", line);
	pthread_mutex_unlock(&display.mutex);
}

void progress_warn(const char *format, ...)
{
	autofree char *line = NULL;
	va_list arguments;

	va_start(arguments, format);
	line = text_format_v(format, arguments);
	va_end(arguments);
	pthread_mutex_lock(&display.mutex);
	print_line("warning: ", line);
	pthread_mutex_unlock(&display.mutex);
}

size_t progress_times(const struct progress_time **ret_times)
{
	size_t count;

	pthread_mutex_lock(&display.mutex);
	*ret_times = display.times;
	count = display.count;
	pthread_mutex_unlock(&display.mutex);
	return count;
}
