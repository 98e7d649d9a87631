#include "agent/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/rtc.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "schema/schema.h"

#define AHEAD_MAX (INT64_C(30) * 365 * 86400)
#define STATE_MAX (1u << 20)
#define SERVERS_MAX 16u

int clock_remember(const char *root, struct error *err)
{
	autofree char *path = hie_path(root, "clock");
	autofree char *text = text_format("%" PRId64 "\n", (int64_t)time(NULL));
	return file_write(path, text, strlen(text), 0644, err);
}

int64_t clock_least(const char *root, const struct box *box)
{
	autofree char *path = hie_path(root, "clock");
	autofree char *text = file_line_or_null(path, 64);
	int64_t known = 0;
	if (!text || number_parse(text, 0, box->built + AHEAD_MAX, &known) < 0)
		known = 0;
	return known > box->built ? known : box->built;
}

static char *time_text(int64_t seconds)
{
	struct tm broken = { 0 };
	char text[40] = "";
	time_t when = (time_t)seconds;
	strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", gmtime_r(&when, &broken));
	return text_copy(text);
}

int step_clock(const struct provision *provision, char **ret_remark, struct error *err)
{
	int64_t least = clock_least(provision->root, provision->box);
	struct timespec now = { 0 }, then = { .tv_sec = (time_t)least };
	if (!provision->on_box) {
		*ret_remark = sentence(SAY_CLOCK_NOT_OURS, NULL);
		return 0;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	if (now.tv_sec >= least) {
		*ret_remark = sentence(SAY_CLOCK_RIGHT, NULL);
		return 0;
	}
	if (clock_settime(CLOCK_REALTIME, &then) < 0)
		return error_set_errno(err, errno, "cannot set the clock");
	autofree char *text = time_text(least);
	*ret_remark = sentence(SAY_CLOCK_SET, text, NULL);
	return 0;
}

/* The battery clock, in UTC as on every Linux machine; without one the box remembers by itself. rtc(4). */
static void set_battery_clock(int64_t seconds)
{
	autofd int fd = open("/dev/rtc0", O_WRONLY | O_CLOEXEC);
	struct tm broken = { 0 };
	time_t when = (time_t)seconds;
	if (fd < 0 || !gmtime_r(&when, &broken))
		return;
	struct rtc_time rtc = { .tm_sec = broken.tm_sec, .tm_min = broken.tm_min, .tm_hour = broken.tm_hour,
				.tm_mday = broken.tm_mday, .tm_mon = broken.tm_mon, .tm_year = broken.tm_year };
	if (ioctl(fd, RTC_SET_TIME, &rtc) < 0)
		fprintf(stderr, "hie: the battery clock keeps its time: %s\n", strerrordesc_np(errno));
}

int clock_set(const char *root, int64_t seconds, struct error *err)
{
	struct timespec then = { .tv_sec = (time_t)seconds };
	if (text_equal(root, "/")) {
		if (clock_settime(CLOCK_REALTIME, &then) < 0)
			return error_set_errno(err, errno, "cannot set the clock");
		set_battery_clock(seconds);
	}
	return clock_remember(root, err);
}

int clock_parse(const char *text, int64_t *ret_seconds)
{
	struct tm broken = { 0 };
	if (number_parse(text, 0, INT64_C(253402300799), ret_seconds) == 0)
		return 0;
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &broken);
	if (!end || !text_equal(end, "Z"))
		return -1;
	*ret_seconds = (int64_t)timegm(&broken);
	return 0;
}

/* chrony.conf(5): a line for each name or address. What does not look like one is left out. */
static void add_servers(struct buffer *out, const char *words)
{
	autostrings struct strings servers = { 0 };
	strings_split(&servers, words, " ");
	for (size_t i = 0; i < servers.count && i < SERVERS_MAX; i++)
		if (made_of(servers.items[i], LOWER UPPER DIGITS ".:-", 2, 253) && servers.items[i][0] != '-')
			buffer_format(out, "server %s iburst\n", servers.items[i]);
}

int clock_sources(const char *root, struct error *err)
{
	autofree char *state = path_join(root, "/run/systemd/netif/state");
	autofree char *path = path_join(root, "/run/chrony-dhcp/hie.sources");
	autofree char *text = file_text_or_null(state, STATE_MAX);
	autostrings struct strings lines = { 0 };
	autobuffer struct buffer wanted = { 0 };
	buffer_text(&wanted, "# From the network, by DHCP.\n");
	if (text)
		strings_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.count; i++)
		if (text_starts(lines.items[i], "NTP="))
			add_servers(&wanted, lines.items[i] + strlen("NTP="));
	if (file_has(path, wanted.data, wanted.length))
		return 0;
	if (file_write(path, wanted.data, wanted.length, 0644, err) < 0)
		return -1;
	static const char *const reload[] = { "chronyc", "reload", "sources", NULL };
	return text_equal(root, "/") ? process_run(&(struct process){ .argv = reload }, NULL, err) : 0;
}
