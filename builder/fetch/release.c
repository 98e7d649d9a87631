#include "fetch/release.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define INDEX_LINE_MAX 1024 /* digest, size and path of one index: longer ones are none of ours */
#define FUTURE_SECONDS 3600 /* clocks of small machines are off by a little */

int64_t release_date(const char *text)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct tm when = {0};
	char month[4], zone[4];

	/* not strptime(): that reads month names in the user's language */
	if (sscanf(text, "%*3s, %2d %3s %4d %2d:%2d:%2d %3s", &when.tm_mday, month, &when.tm_year,
		   &when.tm_hour, &when.tm_min, &when.tm_sec, zone) != 7)
		return -1;
	const char *found = strstr(months, month);
	if (!found || strlen(month) != 3 || (found - months) % 3 != 0)
		return -1;
	if (!text_equal(zone, "UTC") && !text_equal(zone, "GMT"))
		return -1;
	when.tm_mon = (int)((found - months) / 3);
	when.tm_year -= 1900;
	return timegm(&when);
}

/* The value of a field when `line` is "Name: value"; borrowed, up to the line's end. */
static const char *field(const char *line, const char *name)
{
	size_t length = strlen(name);

	if (strncasecmp(line, name, length) != 0 || line[length] != ':')
		return NULL;
	return line + length + 1 + strspn(line + length + 1, " \t");
}

static char *line_value(const char *value)
{
	size_t length = strcspn(value, "\r\n");

	while (length > 0 && (value[length - 1] == ' ' || value[length - 1] == '\t'))
		length--;
	return text_copy_n(value, length);
}

static void take_text(char **target, const char *line, const char *name)
{
	const char *value = field(line, name);

	if (value && !*target)
		*target = line_value(value);
}

/* The line alone: sscanf(3) looks for the end of the whole text each time. */
static int take_date(int64_t *target, const char *line, const char *name, struct error *err)
{
	const char *value = field(line, name);
	autofree char *text = value ? line_value(value) : NULL;

	if (!text)
		return 0;
	*target = release_date(text);
	return *target < 0 ? error_set(err, "%s: \"%.80s\" is no date", name, text) : 0;
}

static const char *next_line(const char *line)
{
	const char *end = strchr(line, '\n');

	return end ? end + 1 : NULL;
}

int release_parse(char *text, struct release *ret_release, struct error *err)
{
	struct release release = {.text = text};

	for (const char *line = text; line && *line; line = next_line(line)) {
		const char *by_hash = field(line, "Acquire-By-Hash");

		take_text(&release.suite, line, "Suite");
		take_text(&release.codename, line, "Codename");
		if (by_hash)
			release.by_hash = strncasecmp(by_hash, "yes", 3) == 0;
		if (take_date(&release.date, line, "Date", err) < 0 ||
		    take_date(&release.valid_until, line, "Valid-Until", err) < 0) {
			release_clear(&release);
			return -1;
		}
	}
	*ret_release = release;
	return 0;
}

void release_clear(struct release *release)
{
	free(release->text);
	free(release->suite);
	free(release->codename);
	*release = (struct release){0};
}

int release_find(const struct release *release, const char *path, char ret_sha256[65],
		 uint64_t *ret_size)
{
	bool inside = false;
	size_t length = strlen(path);

	for (const char *line = release->text; line && *line; line = next_line(line)) {
		char hex[65];
		unsigned long long size;
		int name = 0;
		char start[INDEX_LINE_MAX + 1];
		size_t whole = strcspn(line, "\r\n");

		if (*line != ' ' && *line != '\t') {
			inside = field(line, "SHA256") != NULL;
			continue;
		}
		if (!inside || whole > INDEX_LINE_MAX)
			continue;
		memcpy(start, line, whole);
		start[whole] = '\0';
		if (sscanf(start, " %64s %19llu %n", hex, &size, &name) != 2 || name == 0)
			continue;
		if (strncmp(start + name, path, length) != 0 || start[name + length] != '\0')
			continue;
		if (!hash_is_hex("sha256", hex))
			return -1;
		memcpy(ret_sha256, hex, sizeof hex);
		*ret_size = size;
		return 0;
	}
	return -1;
}

/* Offline what was verified when it was fetched does not become wrong by age; and a site may have told APT
 * that dates do not matter to it (an archive that is kept as it was, a box without a clock). */
static int date_is_wrong(const struct release_wish *wish, bool ignored, const char *message, struct error *err)
{
	if (!ignored && !wish->offline)
		return error_set(err, "%s", message);
	progress_warn("%s; accepted, because %s", message,
		      wish->offline ? "this is offline" : "APT's settings say not to check (Check-Valid-Until, Check-Date)");
	return 0;
}

static char *day(int64_t when)
{
	time_t seconds = (time_t)when;
	struct tm parts;
	char text[32] = "?";

	if (gmtime_r(&seconds, &parts))
		strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &parts);
	return text_copy(text);
}

int64_t release_expiry(const struct release *release, const struct index_dates *dates)
{
	int64_t expiry = release->valid_until;

	if (release->date == 0)
		return expiry;
	if (dates->valid_min && expiry && expiry < release->date + dates->valid_min)
		expiry = release->date + dates->valid_min;
	if (dates->valid_max && (!expiry || expiry > release->date + dates->valid_max))
		expiry = release->date + dates->valid_max;
	return expiry;
}

static int check_made(const struct release *release, const struct release_wish *wish, struct error *err)
{
	if (release->date <= wish->now + FUTURE_SECONDS)
		return 0;
	autofree char *today = day(wish->now), *made = day(release->date);
	autofree char *message =
		text_format("%s: this machine's clock says %s; the mirror's file was made on %s: set the clock "
			    "(sudo timedatectl set-ntp true, or sudo date -u -s 'YYYY-MM-DD HH:MM')",
			    wish->name, today, made);
	return date_is_wrong(wish, wish->dates.ignore_date, message, err);
}

static int check_expiry(const struct release *release, const struct release_wish *wish, struct error *err)
{
	int64_t expiry = release_expiry(release, &wish->dates);

	if (expiry == 0 || expiry >= wish->now)
		return 0;
	autofree char *today = day(wish->now), *end = day(expiry);
	autofree char *message =
		text_format("%s expired on %s, and this machine's clock says %s: the mirror is not kept up to date "
			    "(choose another one), or the clock is wrong (sudo timedatectl set-ntp true)",
			    wish->name, end, today);
	return date_is_wrong(wish, wish->dates.ignore_date || wish->dates.ignore_valid_until, message, err);
}

int release_check(const struct release *release, const struct release_wish *wish, struct error *err)
{
	if (!text_equal(release->suite, wish->suite) && !text_equal(release->codename, wish->suite))
		return error_set(err, "%s: expected suite %s, found suite %s, codename %s", wish->name,
				 wish->suite, release->suite ? release->suite : "none",
				 release->codename ? release->codename : "none");
	if (check_made(release, wish, err) < 0)
		return -1;
	return check_expiry(release, wish, err);
}
