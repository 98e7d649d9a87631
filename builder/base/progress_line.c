#include "base/progress_line.h"

#include <stdio.h>
#include <string.h>

#include "base/columns.h"
#include "base/memory.h"
#include "base/text.h"

#define MEASURE_SECONDS 0.5
#define RATE_SECONDS 15.0  /* how far back the rate remembers: packages come in lumps */
#define PULL_SECONDS 8.0   /* how gently the remaining time follows it */
#define SURE_SECONDS 2.0   /* before that, what is left would be a guess */
#define NARROW 60
#define GAP 2
#define BAR_MIN 6
#define BAR_MAX 40

void pace_begin(struct pace *pace, double now)
{
	*pace = (struct pace){.began = now, .seen = now, .left = -1};
}

/* Counted down by the clock, and drawn gently to what the rate says: a jump only when it is far off. */
static void update_left(struct pace *pace, double passed, double target)
{
	double off;

	if (pace->left < 0) {
		pace->left = target;
		return;
	}
	pace->left = pace->left > passed ? pace->left - passed : 0;
	if (pace->left < target / 3)
		pace->left = target / 3; /* "0 s left" for a minute is no calm, either */
	off = target - pace->left;
	pace->left += off * (passed / (passed + PULL_SECONDS));
}

void pace_update(struct pace *pace, double now, uint64_t done, uint64_t total)
{
	double passed = now - pace->seen, measured, weight;

	if (passed < MEASURE_SECONDS)
		return;
	measured = (double)(done - pace->done) / passed;
	weight = passed / (passed + RATE_SECONDS);
	/* at first the mean of all so far: it settles faster than any memory */
	if (now - pace->began < RATE_SECONDS)
		pace->rate = (double)done / (now - pace->began);
	else
		pace->rate += (measured - pace->rate) * weight;
	pace->seen = now;
	pace->done = done;
	if (total <= done || pace->rate <= 0 || now - pace->began < SURE_SECONDS)
		return;
	update_left(pace, passed, (double)(total - done) / pace->rate);
}

char *progress_duration(double seconds)
{
	unsigned whole = (unsigned)(seconds + 0.5);

	if (seconds < 59.95)
		return text_format("%.1f s", seconds);
	if (whole < 3600)
		return text_format("%u min %02u s", whole / 60, whole % 60);
	return text_format("%u h %02u min", whole / 3600, whole / 60 % 60);
}

/* Rounder the longer it takes: nobody wants the seconds of half an hour. */
static char *left_text(double seconds, bool narrow)
{
	unsigned whole = (unsigned)(seconds + 0.5);

	if (whole >= 60 && whole < 600)
		whole = (whole + 2) / 5 * 5;
	else if (whole >= 600)
		whole = (whole + 30) / 60 * 60;
	if (narrow && whole >= 3600)
		return text_format("%uh%02u left", whole / 3600, whole / 60 % 60);
	if (narrow)
		return text_format("%u:%02u left", whole / 60, whole % 60);
	if (whole < 60)
		return text_format("%u s left", whole);
	if (whole < 600)
		return text_format("%u min %02u s left", whole / 60, whole % 60);
	if (whole < 3600)
		return text_format("%u min left", whole / 60);
	return text_format("%u h %02u min left", whole / 3600, whole / 60 % 60);
}

/* "214 of 312 MB": both in the unit of the total, and always as wide. */
static char *bytes_text(uint64_t done, uint64_t total)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
	double unit = 1;
	size_t i = 0;
	char whole[32];

	while (i + 1 < LENGTH(units) && (double)total / unit >= 1000) {
		unit *= 1000;
		i++;
	}
	int digits = (double)total / unit < 10 && i ? 1 : 0;
	snprintf(whole, sizeof whole, "%.*f", digits, (double)total / unit);
	return text_format("%*.*f of %s %s", (int)strlen(whole), digits, (double)done / unit, whole, units[i]);
}

static char *amount_text(const struct progress_view *view)
{
	char whole[32];

	if (view->items_total) {
		snprintf(whole, sizeof whole, "%llu", (unsigned long long)view->items_total);
		return text_format("%*llu of %s", (int)strlen(whole), (unsigned long long)view->items, whole);
	}
	if (view->total && view->bytes)
		return bytes_text(view->done, view->total);
	if (view->total) {
		snprintf(whole, sizeof whole, "%llu", (unsigned long long)view->total);
		return text_format("%*llu of %s", (int)strlen(whole), (unsigned long long)view->done, whole);
	}
	if (!view->done)
		return NULL;
	return view->bytes ? size_text(view->done) : text_format("%llu", (unsigned long long)view->done);
}

/* 0 to 1, or -1 when nobody knows. */
static double fraction(const struct progress_view *view)
{
	uint64_t total = view->total ? view->total : view->items_total;
	uint64_t done = view->total ? view->done : view->items;

	if (!total)
		return -1;
	return done >= total ? 1 : (double)done / (double)total;
}

char *progress_amounts(const struct progress_view *view)
{
	autofree char *amount = amount_text(view);
	double part = fraction(view);

	if (part < 0)
		return text_copy(amount ? amount : "");
	return text_format("%u%%  %s", (unsigned)(100 * part), amount ? amount : "");
}

static void add_coloured(struct buffer *line, const struct progress_view *view, const char *code, const char *text)
{
	if (view->colour && *text)
		buffer_format(line, "\033[%sm%s\033[m", code, text);
	else
		buffer_text(line, text);
}

static char *bar_text(const struct progress_view *view, size_t width)
{
	autobuffer struct buffer full = {0}, rest = {0};
	struct buffer bar = {0};
	size_t halves = (size_t)(fraction(view) * (double)(2 * width));

	for (size_t i = 0; i < halves / 2; i++)
		buffer_text(&full, view->unicode ? "━" : "#");
	if (halves % 2)
		buffer_text(&full, view->unicode ? "╸" : "-");
	for (size_t i = (halves + 1) / 2; i < width; i++)
		buffer_text(&rest, view->unicode ? "─" : ".");
	add_coloured(&bar, view, "32", full.length ? full.data : "");
	add_coloured(&bar, view, "2", rest.length ? rest.data : "");
	return buffer_steal(&bar);
}

/* What may stand behind the step's name, in the order in which it is shown. */
enum part { PART_WHAT, PART_BAR, PART_PERCENT, PART_AMOUNT, PART_RATE, PART_LEFT, PART_COUNT };
struct parts {
	char *text[PART_COUNT];
	size_t width[PART_COUNT]; /* what it may need: room is kept, so that nothing jumps */
	bool shown[PART_COUNT];
};

static void make_parts(const struct progress_view *view, struct parts *parts)
{
	bool narrow = view->columns < NARROW, known = fraction(view) >= 0;
	size_t bar = view->columns / 5 > BAR_MIN + 2 ? view->columns / 5 - 2 : BAR_MIN;

	parts->text[PART_WHAT] = text_copy(view->what);
	parts->width[PART_WHAT] = columns_of(view->what);
	parts->text[PART_AMOUNT] = amount_text(view);
	parts->width[PART_AMOUNT] = parts->text[PART_AMOUNT] ? columns_of(parts->text[PART_AMOUNT]) : 0;
	if (view->bytes && view->pace->rate > 0) {
		autofree char *speed = size_text((uint64_t)view->pace->rate);

		parts->text[PART_RATE] = text_format("%7s/s", speed);
	}
	parts->width[PART_RATE] = view->bytes ? 9 : 0;
	if (known) {
		parts->width[PART_BAR] = bar < BAR_MAX ? bar : BAR_MAX;
		parts->text[PART_BAR] = bar_text(view, parts->width[PART_BAR]);
		parts->text[PART_PERCENT] = text_format("%3u%%", (unsigned)(100 * fraction(view)));
		parts->width[PART_PERCENT] = 4;
		parts->width[PART_LEFT] = narrow ? 10 : 16;
		if (view->pace->left >= 0 && fraction(view) < 1)
			parts->text[PART_LEFT] = left_text(view->pace->left, narrow);
	} else if (view->passed >= 1) {
		parts->text[PART_LEFT] = text_format("%.0f s", view->passed);
		parts->width[PART_LEFT] = 8;
	}
}

/* Takes parts by their worth as long as there is room. Returns the columns that they may need. */
static size_t choose_parts(struct parts *parts, size_t room)
{
	static const enum part worth[] = {PART_PERCENT, PART_LEFT, PART_BAR, PART_AMOUNT, PART_RATE, PART_WHAT};
	size_t used = 0;

	for (size_t i = 0; i < LENGTH(worth); i++) {
		size_t need = parts->width[worth[i]] ? parts->width[worth[i]] + GAP : 0;

		parts->shown[worth[i]] = need && used + need <= room;
		used += parts->shown[worth[i]] ? need : 0;
	}
	return used;
}

static void add_detail(struct buffer *line, const struct progress_view *view, size_t used)
{
	size_t limit = view->columns - 1;

	if (!view->detail || used + GAP + 6 > limit)
		return;
	autofree char *text = columns_cut(view->detail, limit - used - GAP, view->unicode);
	buffer_text(line, "  ");
	add_coloured(line, view, "2", text);
}

char *progress_line(const struct progress_view *view)
{
	autofree char *number = view->of ? text_format("[%u/%u] ", view->number, view->of) : text_copy("");
	size_t limit = view->columns - 1, used;
	autofree char *verb = columns_cut(view->verb, limit - strlen(number), view->unicode);
	struct buffer line = {0};
	struct parts parts = {0};

	add_coloured(&line, view, "2", number);
	add_coloured(&line, view, "1", verb);
	used = strlen(number) + columns_of(verb);
	make_parts(view, &parts);
	size_t wanted = choose_parts(&parts, limit - used);
	/* a long name is better cut than gone, but what the step is at says more */
	if (!view->detail && !parts.shown[PART_WHAT] && parts.width[PART_WHAT] && limit - used > wanted + GAP + 12) {
		char *cut = columns_cut(parts.text[PART_WHAT], limit - used - wanted - GAP, view->unicode);

		free(parts.text[PART_WHAT]);
		parts.text[PART_WHAT] = cut;
		parts.shown[PART_WHAT] = true;
	}
	for (size_t i = 0; i < PART_COUNT; i++) {
		if (parts.shown[i] && parts.text[i]) {
			buffer_format(&line, "  %s", parts.text[i]);
			used += GAP + (i == PART_BAR ? parts.width[i] : columns_of(parts.text[i]));
		}
		free(parts.text[i]);
	}
	add_detail(&line, view, used);
	return buffer_steal(&line);
}
