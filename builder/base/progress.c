#include "base/progress.h"

#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "base/progress_line.h"
#include "base/progress_usage.h"
#include "base/terminal.h"
#include "base/text.h"

#define REDRAW_SECONDS 0.1
#define TICK_SECONDS 0.5    /* the clock runs also when nothing is told */
#define REPORT_SECONDS 30.0 /* without a terminal */

struct progress {
	char *verb;
	char *what;
	char *detail;
	uint64_t total, done;
	uint64_t items_total, items;
	bool bytes;
	bool nested;
	double begun, reported;
	unsigned number;
	struct pace pace;
	struct usage usage;
	struct progress_tool *tools;
	size_t tool_count, tool_capacity;
	struct progress *below; /* steps that began before and still run */
};

/* The display of the whole process: the one mutable global, because there is one terminal. Quiet
 * until commands/ says otherwise, so that rooms under test print nothing. */
static struct {
	pthread_mutex_t mutex;
	enum progress_level level;
	bool terminal, unicode, colour;
	double drawn_at;
	char *line; /* what stands there; NULL: nothing */
	struct progress *top; /* the step that is shown */
	const char *const *plan;
	unsigned planned, reached; /* of the plan's steps, the one that is running */
	struct progress_time *times;
	size_t count, capacity;
	pthread_t ticker;
	bool ticking, stop;
	pthread_cond_t wake;
} display = {.mutex = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};

double clock_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* What follows is called with the mutex held. */

static struct progress_view view_of(const struct progress *step)
{
	return (struct progress_view){
		.number = step->number, .of = display.planned, .verb = step->verb, .what = step->what,
		.detail = step->detail, .done = step->done, .total = step->total, .items = step->items,
		.items_total = step->items_total, .bytes = step->bytes,
		.passed = clock_seconds() - step->begun, .pace = &step->pace,
		.columns = display.terminal ? terminal_columns() : 80,
		.unicode = display.unicode, .colour = display.colour,
	};
}

/* `calmly`: not when the line was drawn just now. */
static void draw(bool calmly)
{
	struct progress *step = display.top;
	double now = clock_seconds();

	if (!display.terminal || display.level == PROGRESS_QUIET || !step)
		return;
	if (calmly && now - display.drawn_at < REDRAW_SECONDS)
		return;
	pace_update(&step->pace, now, step->total ? step->done : step->items,
		    step->total ? step->total : step->items_total);
	display.drawn_at = now;
	struct progress_view view = view_of(step);
	char *line = progress_line(&view);
	if (terminal_was_stopped() || !text_equal(line, display.line))
		terminal_draw(line);
	free(display.line);
	display.line = line;
}

static void erase(void)
{
	if (display.line)
		terminal_print("");
	free(display.line);
	display.line = NULL;
}

/* One whole line, with the redrawn one put back under it. */
static void print_line(const char *prefix, const char *line)
{
	autofree char *text = text_format("%s%s\n", prefix, line);

	fflush(stderr);
	terminal_print(text);
	free(display.line);
	display.line = NULL;
	draw(false);
}

/* Without a terminal a long step says now and then that it is alive. */
static void report(void)
{
	struct progress *step = display.top;
	double now = clock_seconds();

	if (!step || now - step->reported < REPORT_SECONDS)
		return;
	step->reported = now;
	struct progress_view view = view_of(step);
	autofree char *amounts = progress_amounts(&view);
	autofree char *passed = progress_duration(now - step->begun);
	autofree char *line = text_format("%-9s %s  %s so far%s%s%s%s", step->verb, step->what, passed,
					  *amounts ? ": " : "", amounts, step->detail ? ", " : "",
					  step->detail ? step->detail : "");
	print_line("", line);
}

static void *tick(void *unused)
{
	(void)unused;
	pthread_mutex_lock(&display.mutex);
	while (!display.stop) {
		struct timespec until;

		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += (long)(TICK_SECONDS * 1e9);
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		if (display.top)
			pthread_cond_timedwait(&display.wake, &display.mutex, &until);
		else
			pthread_cond_wait(&display.wake, &display.mutex);
		if (display.stop)
			break;
		if (display.terminal)
			draw(true);
		else
			report();
	}
	pthread_mutex_unlock(&display.mutex);
	return NULL;
}

/* It sleeps while no step runs, and takes no signal: those are for the first thread. */
static void start_ticking(void)
{
	sigset_t all, before;

	if (display.level == PROGRESS_QUIET)
		return;
	if (display.ticking) {
		pthread_cond_signal(&display.wake);
		return;
	}
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	display.stop = false;
	display.ticking = pthread_create(&display.ticker, NULL, tick, NULL) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* The number of the next step in the plan that has this verb; else the one that is reached. */
static unsigned number_of(const char *verb)
{
	for (unsigned i = display.reached; i < display.planned; i++)
		if (text_equal(display.plan[i], verb)) {
			display.reached = i + 1;
			break;
		}
	return display.reached;
}

static void unlink_step(struct progress *step)
{
	struct progress **at = &display.top;

	while (*at && *at != step)
		at = &(*at)->below;
	if (*at)
		*at = step->below;
}

static void remember_time(struct progress *step, double seconds)
{
	struct usage used = usage_since(&step->usage);
	uint64_t peak = used.peak_bytes;

	for (size_t i = 0; i < step->tool_count; i++)
		if (step->tools[i].peak_bytes > peak)
			peak = step->tools[i].peak_bytes;
	display.times =
		array_grow(display.times, display.count, &display.capacity, sizeof *display.times);
	display.times[display.count++] = (struct progress_time){
		.verb = text_copy(step->verb), .what = text_copy(step->what), .seconds = seconds,
		.cpu_seconds = used.cpu_seconds, .peak_bytes = peak, .nested = step->nested,
		.tools = step->tools, .tool_count = step->tool_count,
	};
}

/* What follows takes the mutex itself. */

static void stop_ticking(void)
{
	pthread_t ticker;
	bool ticking;

	pthread_mutex_lock(&display.mutex);
	ticking = display.ticking;
	ticker = display.ticker;
	display.ticking = false;
	display.stop = true;
	pthread_cond_signal(&display.wake);
	pthread_mutex_unlock(&display.mutex);
	if (ticking)
		pthread_join(ticker, NULL);
}

void progress_configure(enum progress_level level)
{
	stop_ticking();
	pthread_mutex_lock(&display.mutex);
	erase();
	display.level = level;
	display.terminal = terminal_usable();
	display.unicode = terminal_unicode();
	display.colour = display.terminal && terminal_colour();
	pthread_mutex_unlock(&display.mutex);
}

void progress_plan(const char *const *verbs)
{
	pthread_mutex_lock(&display.mutex);
	display.plan = verbs;
	display.reached = display.planned = 0;
	while (verbs && verbs[display.planned])
		display.planned++;
	pthread_mutex_unlock(&display.mutex);
}

void progress_finish(void)
{
	stop_ticking();
	pthread_mutex_lock(&display.mutex);
	erase();
	pthread_mutex_unlock(&display.mutex);
}

struct progress *progress_begin(const char *verb, const char *what, uint64_t total, bool bytes)
{
	struct progress *step = memory_alloc(sizeof *step);

	step->verb = text_copy(verb);
	step->what = text_copy(what);
	step->total = total;
	step->bytes = bytes;
	step->begun = step->reported = clock_seconds();
	usage_begin(&step->usage);
	pace_begin(&step->pace, step->begun);
	pthread_mutex_lock(&display.mutex);
	step->number = number_of(verb);
	step->nested = display.top != NULL;
	step->below = display.top;
	display.top = step;
	draw(false);
	start_ticking();
	pthread_mutex_unlock(&display.mutex);
	return step;
}

void progress_advance(struct progress *progress, uint64_t amount)
{
	if (!progress)
		return;
	pthread_mutex_lock(&display.mutex);
	progress->done += amount;
	draw(true);
	pthread_mutex_unlock(&display.mutex);
}

void progress_total(struct progress *progress, uint64_t total)
{
	if (!progress)
		return;
	pthread_mutex_lock(&display.mutex);
	progress->total = total;
	pthread_mutex_unlock(&display.mutex);
}

void progress_items(struct progress *progress, uint64_t total)
{
	if (!progress)
		return;
	pthread_mutex_lock(&display.mutex);
	progress->items_total = total;
	pthread_mutex_unlock(&display.mutex);
}

void progress_item(struct progress *progress)
{
	if (!progress)
		return;
	pthread_mutex_lock(&display.mutex);
	progress->items++;
	draw(true);
	pthread_mutex_unlock(&display.mutex);
}

void progress_detail(struct progress *progress, const char *detail)
{
	if (!progress)
		return;
	pthread_mutex_lock(&display.mutex);
	free(progress->detail);
	progress->detail = text_copy(detail);
	draw(true);
	pthread_mutex_unlock(&display.mutex);
}

void progress_end(struct progress *progress, const char *remark)
{
	double seconds = clock_seconds() - progress->begun;
	autofree char *duration = progress_duration(seconds);
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
	free(progress->detail);
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
	print_line(display.colour && display.level != PROGRESS_QUIET ? "\033[1;33mwarning:\033[m " : "warning: ",
		   line);
	pthread_mutex_unlock(&display.mutex);
}

void progress_tool(const struct progress_tool *run)
{
	struct progress *step;
	size_t i = 0;

	pthread_mutex_lock(&display.mutex);
	step = display.top;
	while (step && i < step->tool_count && !text_equal(step->tools[i].name, run->name))
		i++;
	if (step && i == step->tool_count) {
		step->tools = array_grow(step->tools, step->tool_count, &step->tool_capacity,
					 sizeof *step->tools);
		step->tools[step->tool_count++] = (struct progress_tool){.name = text_copy(run->name)};
	}
	if (step) {
		step->tools[i].runs++;
		step->tools[i].seconds += run->seconds;
		step->tools[i].cpu_seconds += run->cpu_seconds;
		if (run->peak_bytes > step->tools[i].peak_bytes)
			step->tools[i].peak_bytes = run->peak_bytes;
	}
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

char *progress_step(void)
{
	char *text;

	pthread_mutex_lock(&display.mutex);
	text = display.top ? text_format("%s %s", display.top->verb, display.top->what) : text_copy("");
	pthread_mutex_unlock(&display.mutex);
	return text;
}
