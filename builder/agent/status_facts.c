/* What is measured about the box itself, and what is worth saying about it. */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <time.h>

#include "agent/status.h"

#define TEMPERATURE_HIGH 85  /* where nothing says what is too hot for this machine */
#define DAY INT64_C(86400)
#define CERTIFICATE_DAYS 30
#define FAR_FUTURE (INT64_C(25) * 365 * DAY)

/* A file's text, or NULL when it is not there. */
static char *read_text(const char *root, const char *path)
{
	autofree char *full = path_join(root, path);
	return file_text_or_null(full, 65536);
}

/* "MemTotal:    3000000 kB" in bytes */
static uint64_t memory_line(const struct strings *words, const char *key)
{
	int64_t kilobytes = 0;
	for (size_t i = 0; i + 1 < words->count; i++)
		if (text_equal(words->items[i], key))
			number_parse(words->items[i + 1], 0, INT64_MAX / 1024, &kilobytes);
	return (uint64_t)kilobytes * 1024;
}

static void measure_amounts(const char *root, struct status_facts *facts)
{
	static const char *const places[] = { "/run/hie/data", "/var" };
	for (size_t i = 0; i < LENGTH(places) && !facts->disk_size; i++) {
		autofree char *path = path_join(root, places[i]);
		struct statvfs st;
		if (statvfs(path, &st) < 0)
			continue;
		facts->disk_free = (uint64_t)st.f_bavail * st.f_frsize;
		facts->disk_size = (uint64_t)st.f_blocks * st.f_frsize;
	}
	autofree char *text = read_text(root, "/proc/meminfo");
	autostrings struct strings words = { 0 };
	strings_split(&words, text ? text : "", " \n");
	facts->memory_size = memory_line(&words, "MemTotal:");
	facts->memory_available = memory_line(&words, "MemAvailable:");
	autofree char *uptime = read_text(root, "/proc/uptime");
	facts->uptime = uptime ? strtoll(uptime, NULL, 10) : 0;
	/* adjtimex(2) without a change to make: anybody may ask */
	struct timex clock = { 0 };
	facts->synchronised = adjtimex(&clock) >= 0 && !(clock.status & STA_UNSYNC);
	facts->now = time(NULL);
}

/* A temperature file of the kernel in degrees; INT_MIN when there is none or no sense in it. */
static int degrees(const char *path)
{
	autofree char *text = read_text("/", path);
	char *end = text;
	long value = text ? strtol(text, &end, 10) : 0;
	return text && end > text && value > -40000 && value <= 150000 && value != 0 ? (int)(value / 1000) : INT_MIN;
}

/* Keeps the sensor that is nearest to its own limit. */
static void keep_hottest(struct status_facts *facts, int now, int critical)
{
	int limit = critical != INT_MIN && critical > 50 ? critical - 5 : TEMPERATURE_HIGH;
	if (now == INT_MIN || (facts->temperature != INT_MIN && limit - now >= facts->too_hot - facts->temperature))
		return;
	facts->temperature = now;
	facts->too_hot = limit;
}

/* Of /sys/class/hwmon/hwmonN/temp1_input and /sys/class/thermal/thermal_zoneN/temp. */
static void measure_sensors(const char *directory, bool hwmon, struct status_facts *facts)
{
	autostrings struct strings names = { 0 };
	struct error unread = { 0 };
	if (!path_is_directory(directory) || directory_list(directory, &names, &unread) < 0) {
		error_clear(&unread);
		return;
	}
	for (size_t i = 0; i < names.count && i < 64; i++) {
		autofree char *sensor = path_join(directory, names.items[i]);
		if (hwmon) {
			autofree char *value = path_join(sensor, "temp1_input");
			autofree char *critical = path_join(sensor, "temp1_crit");
			keep_hottest(facts, degrees(value), degrees(critical));
		} else if (text_starts(names.items[i], "thermal_zone")) {
			autofree char *value = path_join(sensor, "temp");
			keep_hottest(facts, degrees(value), INT_MIN);
		}
	}
}

static void measure_temperature(const char *root, struct status_facts *facts)
{
	autofree char *hwmon = path_join(root, "/sys/class/hwmon");
	autofree char *zones = path_join(root, "/sys/class/thermal");
	facts->temperature = INT_MIN;
	facts->too_hot = TEMPERATURE_HIGH;
	measure_sensors(hwmon, true, facts);
	measure_sensors(zones, false, facts);
}

/* How likely an address is the one that others reach the box by: 0 best; -1: not for others. */
static int rank(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET) {
		uint32_t host = ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr);
		return (host & 0xffff0000u) == 0xa9fe0000u ? 2 : 0; /* 169.254/16: link-local (RFC 3927) */
	}
	if (address->sa_family != AF_INET6)
		return -1;
	const struct in6_addr *host = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
	return IN6_IS_ADDR_LINKLOCAL(host) ? -1 : 1;
}

static void measure_addresses(struct status_facts *facts)
{
	struct ifaddrs *all = NULL;
	if (getifaddrs(&all) < 0)
		return;
	for (int wanted = 0; wanted <= 2; wanted++)
		for (const struct ifaddrs *one = all; one; one = one->ifa_next) {
			char text[INET6_ADDRSTRLEN];
			if (!one->ifa_addr || !(one->ifa_flags & IFF_UP) || (one->ifa_flags & IFF_LOOPBACK)
			    || rank(one->ifa_addr) != wanted || facts->addresses.count >= 16)
				continue;
			const void *bytes = one->ifa_addr->sa_family == AF_INET
				? (const void *)&((const struct sockaddr_in *)(const void *)one->ifa_addr)->sin_addr
				: (const void *)&((const struct sockaddr_in6 *)(const void *)one->ifa_addr)->sin6_addr;
			if (inet_ntop(one->ifa_addr->sa_family, bytes, text, sizeof text)
			    && !strings_have(&facts->addresses, text))
				strings_add(&facts->addresses, text);
		}
	freeifaddrs(all);
}

/* The second line of what `hie provision` wrote about the certificate. */
static int64_t certificate_end(const char *root)
{
	autofree char *text = read_text(root, "/var/lib/hie/tls/server.made");
	autostrings struct strings lines = { 0 };
	int64_t end = 0;
	strings_split(&lines, text ? text : "", "\n");
	return lines.count > 1 && number_parse(lines.items[1], 1, INT64_MAX, &end) == 0 ? end : 0;
}

void status_measure(const char *root, struct status_facts *ret_facts)
{
	struct status_facts facts = { 0 };
	measure_amounts(root, &facts);
	measure_temperature(root, &facts);
	measure_addresses(&facts);
	facts.certificate_end = certificate_end(root);
	autofree char *mistakes = read_text(root, "/var/lib/hie/configuration-mistakes");
	strings_split(&facts.mistakes, mistakes ? mistakes : "", "\r\n");
	autofree char *backup = read_text(root, "/var/lib/hie/last-backup");
	if (backup) {
		backup[strcspn(backup, " \r\n")] = '\0';
		number_parse(backup, 1, INT64_MAX, &facts.last_backup);
	}
	*ret_facts = facts;
}

void status_facts_clear(struct status_facts *facts)
{
	strings_clear(&facts->addresses);
	strings_clear(&facts->mistakes);
}

static void note_clock(struct status *status)
{
	const struct status_facts *facts = &status->facts;
	struct tm broken = { 0 };
	time_t seconds = (time_t)facts->now;
	char now[40] = "";
	strftime(now, sizeof now, "%Y-%m-%d %H:%M UTC", gmtime_r(&seconds, &broken));
	if (facts->now < status->box->built || (status->box->built && facts->now > status->box->built + FAR_FUTURE))
		status_add_note(status, HEALTH_DEGRADED, saying_make(SAY_CLOCK_WRONG, now, NULL));
	else if (facts->certificate_end && facts->now > facts->certificate_end)
		status_add_note(status, HEALTH_DEGRADED, saying_make(SAY_CERTIFICATE_OVER, now, NULL));
	else if (facts->certificate_end && facts->now > facts->certificate_end - CERTIFICATE_DAYS * DAY)
		status_add_note(status, HEALTH_OK, saying_make(SAY_CERTIFICATE_SOON, NULL));
}

void status_note_facts(struct status *status)
{
	const struct status_facts *facts = &status->facts;
	autofree char *disk = size_text(facts->disk_free);
	autofree char *memory = size_text(facts->memory_available);
	if (facts->disk_size && facts->disk_free < facts->disk_size / 20)
		status_add_note(status, HEALTH_DEGRADED, saying_make(SAY_DISK_FULL, disk, NULL));
	if (facts->memory_size && facts->memory_available < facts->memory_size / 25)
		status_add_note(status, HEALTH_DEGRADED, saying_make(SAY_MEMORY_LOW, memory, NULL));
	if (facts->temperature != INT_MIN && facts->temperature >= facts->too_hot) {
		autofree char *temperature = text_format("%d", facts->temperature);
		status_add_note(status, HEALTH_DEGRADED, saying_make(SAY_TOO_HOT, temperature, NULL));
	}
	note_clock(status);
	for (size_t i = 0; i < facts->mistakes.count && i < 10; i++)
		status_add_note(status, HEALTH_DEGRADED, saying_make(SAY_CONFIGURATION_MISTAKE, facts->mistakes.items[i], NULL));
}
