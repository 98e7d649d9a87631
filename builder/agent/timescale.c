#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "agent/timescale.h"

#define SECOND UINT64_C(1000000)
#define DEFAULT_TIMEOUT (90 * SECOND)   /* systemd's own DefaultTimeoutStartSec and -StopSec */
#define UNIT_MAX (1u << 20)

/* A whole number from 1 to 100, or 1: a typing mistake must not break a boot. */
static unsigned scale_from(const char *text)
{
	int64_t scale;
	return number_parse(text, 1, 100, &scale) == 0 ? (unsigned)scale : 1;
}

/* A virtual machine's owner gives it without touching the disk: a system credential hie.timescale
 * (systemd.system-credentials(7)), which PID 1 has imported before generators run. */
static unsigned scale_of_credential(const char *root)
{
	autofree char *path = path_join(root, "/run/credentials/@system/hie.timescale");
	autofree char *text = file_text_or_null(path, 64);
	if (!text)
		return 1;
	text[strcspn(text, " \t\r\n")] = '\0';
	return scale_from(text);
}

unsigned timescale_read(const char *root)
{
	autofree char *path = path_join(root, "/proc/cmdline");
	autofree char *line = file_text_or_null(path, 65536);
	unsigned scale = scale_of_credential(root);
	if (line) {
		autostrings struct strings words = { 0 };
		strings_split(&words, line, " \t\r\n");
		for (size_t i = 0; i < words.count; i++)
			if (text_starts(words.items[i], "hie.timescale="))
				scale = scale_from(words.items[i] + strlen("hie.timescale="));
	}
	return scale;
}

static const struct {
	const char *name;
	uint64_t microseconds;
} units[] = {
	{ "us", 1 }, { "usec", 1 }, { "ms", 1000 }, { "msec", 1000 },
	{ "", SECOND }, { "s", SECOND }, { "sec", SECOND }, { "second", SECOND }, { "seconds", SECOND },
	{ "m", 60 * SECOND }, { "min", 60 * SECOND }, { "minute", 60 * SECOND }, { "minutes", 60 * SECOND },
	{ "h", 3600 * SECOND }, { "hr", 3600 * SECOND }, { "hour", 3600 * SECOND }, { "hours", 3600 * SECOND },
	{ "d", 86400 * SECOND }, { "day", 86400 * SECOND }, { "days", 86400 * SECOND },
};

/* The length of a unit of time that fills exactly `length` bytes; 0 when there is none. */
static uint64_t unit_length(const char *name, size_t length)
{
	for (size_t i = 0; i < LENGTH(units); i++)
		if (strlen(units[i].name) == length && memcmp(units[i].name, name, length) == 0)
			return units[i].microseconds;
	return 0;
}

int timespan_parse(const char *text, uint64_t *ret_microseconds)
{
	double sum = 0;
	text += strspn(text, " \t");
	if (text_equal(text, "infinity")) {
		*ret_microseconds = UINT64_MAX;
		return 0;
	}
	if (!*text)
		return -1;
	while (*text) {
		size_t digits = strspn(text, "0123456789.");
		char *end;
		if (!digits || text[0] == '.' || digits > 15)
			return -1;
		double number = strtod(text, &end);
		if (end != text + digits)
			return -1;
		text = end + strspn(end, " \t");
		size_t letters = strspn(text, "abcdefghijklmnopqrstuvwxyz");
		uint64_t length = unit_length(text, letters);
		if (!length)
			return -1;
		sum += number * (double)length;
		text += letters;
		text += strspn(text, " \t");
	}
	if (sum > 1e15)
		return -1;
	*ret_microseconds = (uint64_t)sum;
	return 0;
}

struct timeouts {
	uint64_t start, stop;  /* microseconds; UINT64_MAX: infinity */
	uint64_t watchdog;     /* 0: none */
	bool start_given;
	bool oneshot;
};

static void take_line(struct timeouts *timeouts, const char *line)
{
	static const struct {
		const char *key;
		bool start, stop;
	} keys[] = { { "TimeoutStartSec=", true, false }, { "TimeoutStopSec=", false, true },
		     { "TimeoutSec=", true, true } };
	uint64_t watchdog;
	if (text_starts(line, "WatchdogSec=") && timespan_parse(line + strlen("WatchdogSec="), &watchdog) == 0)
		timeouts->watchdog = watchdog == UINT64_MAX ? 0 : watchdog;
	if (text_starts(line, "Type="))
		timeouts->oneshot = text_equal(line, "Type=oneshot");
	for (size_t i = 0; i < LENGTH(keys); i++) {
		uint64_t span;
		if (!text_starts(line, keys[i].key) || timespan_parse(line + strlen(keys[i].key), &span) < 0)
			continue;
		span = span ? span : UINT64_MAX; /* systemd.service(5): 0 turns the limit off */
		if (keys[i].start) {
			timeouts->start = span;
			timeouts->start_given = true;
		}
		if (keys[i].stop)
			timeouts->stop = span;
	}
}

/* Takes the [Service] lines of one unit file or drop-in; false when there is no such file. */
static bool take_file(struct timeouts *timeouts, const char *path)
{
	autofree char *text = file_text_or_null(path, UNIT_MAX);
	if (!text)
		return false;
	autostrings struct strings lines = { 0 };
	strings_split(&lines, text, "\r\n");
	bool service = false;
	for (size_t i = 0; i < lines.count; i++) {
		if (lines.items[i][0] == '[')
			service = text_starts(lines.items[i], "[Service]");
		else if (service)
			take_line(timeouts, lines.items[i]);
	}
	return true;
}

/* What the unit's files say, in systemd's order: the file (in /etc, else in /usr), then drop-ins. */
static struct timeouts read_timeouts(const char *root, const char *unit, bool *ret_found)
{
	static const char *const directories[] = { "/usr/lib/systemd/system", "/etc/systemd/system" };
	struct timeouts timeouts = { .start = DEFAULT_TIMEOUT, .stop = DEFAULT_TIMEOUT };
	*ret_found = false;
	for (size_t i = LENGTH(directories); i-- && !*ret_found;) {
		autofree char *directory = path_join(root, directories[i]);
		autofree char *path = path_join(directory, unit);
		*ret_found = take_file(&timeouts, path);
	}
	for (size_t i = 0; i < LENGTH(directories); i++) {
		autofree char *directory = path_join(root, directories[i]);
		autofree char *dropins = text_format("%s/%s.d", directory, unit);
		autostrings struct strings names = { 0 };
		struct error unread = { 0 };
		if (path_is_directory(dropins) && directory_list(dropins, &names, &unread) == 0) {
			for (size_t k = 0; k < names.count; k++) {
				autofree char *path = path_join(dropins, names.items[k]);
				if (text_ends(path, ".conf"))
					take_file(&timeouts, path);
			}
		}
		error_clear(&unread);
	}
	if (timeouts.oneshot && !timeouts.start_given)
		timeouts.start = UINT64_MAX; /* systemd.service(5): oneshot has no limit unless given */
	return timeouts;
}

static int write_dropin(const char *directory, const char *unit, const struct timeouts *timeouts,
			unsigned scale, struct error *err)
{
	autobuffer struct buffer out = { 0 };
	buffer_text(&out, "# hie.timescale\n[Service]\n");
	if (timeouts->start != UINT64_MAX)
		buffer_format(&out, "TimeoutStartSec=%" PRIu64 "us\n", timeouts->start * scale);
	if (timeouts->stop != UINT64_MAX)
		buffer_format(&out, "TimeoutStopSec=%" PRIu64 "us\n", timeouts->stop * scale);
	if (timeouts->watchdog)
		buffer_format(&out, "WatchdogSec=%" PRIu64 "us\n", timeouts->watchdog * scale);
	autofree char *folder = text_format("%s/%s.d", directory, unit);
	autofree char *path = path_join(folder, "90-hie-timescale.conf");
	if (directory_make(folder, 0755, err) < 0)
		return -1;
	return file_write_plain(path, out.data, out.length, 0644, err);
}

/* The services that the box checks, and those that are its own by their names. */
static void find_units(const char *root, const struct box *box, struct strings *units_found)
{
	for (size_t i = 0; i < box->health_count; i++)
		strings_add(units_found, box->health[i].unit);
	autofree char *directory = path_join(root, "/usr/lib/systemd/system");
	autostrings struct strings names = { 0 };
	struct error unread = { 0 };
	if (directory_list(directory, &names, &unread) == 0)
		for (size_t i = 0; i < names.count; i++)
			if (text_starts(names.items[i], "hie-"))
				strings_add(units_found, names.items[i]);
	error_clear(&unread);
	strings_sort(units_found);
	strings_unique(units_found);
}

int timescale_generate(const char *root, const struct box *box, const char *directory, struct error *err)
{
	unsigned scale = timescale_read(root);
	if (scale == 1)
		return 0;
	autostrings struct strings names = { 0 };
	find_units(root, box, &names);
	for (size_t i = 0; i < names.count; i++) {
		bool found = false;
		if (!text_ends(names.items[i], ".service"))
			continue;
		struct timeouts timeouts = read_timeouts(root, names.items[i], &found);
		if (found && write_dropin(directory, names.items[i], &timeouts, scale, err) < 0)
			return -1;
	}
	return 0;
}
