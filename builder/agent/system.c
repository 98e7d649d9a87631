/* The running system as a source of facts: systemd over its bus (org.freedesktop.systemd1(5)), health
 * addresses over HTTP. */
#include <string.h>
#include <time.h>

#include "agent/bus.h"
#include "agent/status.h"
#include "http/http.h"

#define PROBE_SECONDS 5
#define PROBES 4 /* at once */
#define BUS_MICROSECONDS (25 * UINT64_C(1000000))

struct system_source {
	sd_bus *bus;
	unsigned scale;
};

int bus_error(struct error *err, int result)
{
	autofree char *why = text_copy(strerrordesc_np(-result));
	return sentence_error(err, SAY_NO_BUS, why ? why : "?", NULL);
}

int bus_open(sd_bus **ret_bus, struct error *err)
{
	if (sd_bus_open_system(ret_bus) >= 0)
		return 0;
	sd_bus *bus = NULL;
	int result = sd_bus_new(&bus);
	if (result >= 0)
		result = sd_bus_set_address(bus, "unix:path=/run/systemd/private");
	if (result >= 0)
		result = sd_bus_start(bus);
	if (result < 0) {
		sd_bus_unref(bus);
		return bus_error(err, result);
	}
	*ret_bus = bus;
	return 0;
}

/* A property of a unit object as text; NULL when it has none of that name. */
static char *text_property(sd_bus *bus, const char *object, const char *interface, const char *name)
{
	char *text = NULL;
	sd_bus_get_property_string(bus, BUS_SYSTEMD, object, interface, name, NULL, &text);
	return text;
}

/* A moment that a unit object remembers, in microseconds; 0 when it has none. */
static uint64_t moment(sd_bus *bus, const char *object, const char *name)
{
	uint64_t since = 0;
	sd_bus_get_property_trivial(bus, BUS_SYSTEMD, object, BUS_SYSTEMD ".Unit", name,
				    NULL, 't', &since);
	return since;
}

/* How long the unit has been in its state; -1 when it never was in another. */
static int64_t seconds_since(sd_bus *bus, const char *object)
{
	uint64_t since = moment(bus, object, "StateChangeTimestampMonotonic");
	struct timespec now = { 0 };
	clock_gettime(CLOCK_MONOTONIC, &now);
	return since ? now.tv_sec - (int64_t)(since / 1000000) : -1;
}

static bool has_job(sd_bus *bus, const char *object)
{
	sd_bus_message *reply = NULL;
	uint32_t id = 0;
	const char *path = NULL;
	if (sd_bus_get_property(bus, BUS_SYSTEMD, object, BUS_SYSTEMD ".Unit", "Job",
				NULL, &reply, "(uo)") >= 0)
		sd_bus_message_read(reply, "(uo)", &id, &path);
	sd_bus_message_unref(reply);
	return id != 0;
}

static int unit_state(void *context, const char *name, struct unit_state *ret, struct error *err)
{
	static const char unit[] = BUS_SYSTEMD ".Unit";
	static const char service[] = BUS_SYSTEMD ".Service";
	struct system_source *system = context;
	sd_bus_message *reply = NULL;
	const char *object = NULL;
	int result = sd_bus_call_method(system->bus, BUS_MANAGER, "LoadUnit", NULL, &reply, "s", name);
	if (result >= 0)
		result = sd_bus_message_read(reply, "o", &object);
	if (result < 0) {
		sd_bus_message_unref(reply);
		return bus_error(err, result);
	}
	struct unit_state state = { .seconds = -1 };
	state.load = text_property(system->bus, object, unit, "LoadState");
	state.active = text_property(system->bus, object, unit, "ActiveState");
	state.sub = text_property(system->bus, object, unit, "SubState");
	state.job = has_job(system->bus, object);
	if (text_ends(name, ".service")) {
		state.result = text_property(system->bus, object, service, "Result");
		uint32_t restarts = 0;
		sd_bus_get_property_trivial(system->bus, BUS_SYSTEMD, object, service, "NRestarts",
					    NULL, 'u', &restarts);
		state.restarts = restarts;
	}
	int64_t seconds = seconds_since(system->bus, object);
	state.seconds = seconds < 0 ? -1 : seconds / (int64_t)system->scale;
	state.since = (int64_t)(moment(system->bus, object, "StateChangeTimestamp") / 1000000);
	sd_bus_message_unref(reply);
	*ret = state;
	return 0;
}

/* Does the address name this machine itself? Only then may its certificate go unchecked. */
static bool is_loopback(const char *url)
{
	static const char *const hosts[] = { "127.0.0.1", "localhost", "[::1]" };
	const char *host = strstr(url, "://");
	host = host ? host + 3 : url;
	size_t length = strcspn(host, "/?#");
	if (memchr(host, '@', length))
		return false;
	for (size_t i = 0; i < LENGTH(hosts); i++) {
		size_t size = strlen(hosts[i]);
		if (length >= size && memcmp(host, hosts[i], size) == 0 && (length == size || host[size] == ':'))
			return true;
	}
	return false;
}

static int probe(void *context, const struct box_health *health, struct error *err)
{
	const struct system_source *system = context;
	struct http_settings settings = { .proxy_http = "DIRECT", .proxy_https = "DIRECT",
					  .user_agent = "hie", .tries = 1 };
	struct http_request request = {
		.method = "GET",
		.url = health->url,
		.insecure = is_loopback(health->url),
		.timeout_seconds = PROBE_SECONDS * (long)system->scale,
		.body_max = 4u << 20,
	};
	struct http_response response = { 0 };
	if (http_request(&settings, &request, &response, err) < 0)
		return -1;
	long status = response.status;
	http_response_clear(&response);
	if (status == health->status)
		return 0;
	autofree char *got = text_format("%ld", status);
	autofree char *wanted = text_format("%ld", health->status);
	return sentence_error(err, SAY_PROBE_STATUS, got, wanted, NULL);
}

int system_source_open(unsigned scale, struct system_source **ret_system, struct status_source *ret_source,
		       struct error *err)
{
	sd_bus *bus = NULL;
	if (bus_open(&bus, err) < 0)
		return -1;
	sd_bus_set_method_call_timeout(bus, BUS_MICROSECONDS * scale);
	struct system_source *system = memory_alloc(sizeof *system);
	system->bus = bus;
	system->scale = scale;
	*ret_system = system;
	*ret_source = (struct status_source){ .unit = unit_state, .probe = probe, .context = system,
					       .probes = PROBES };
	return 0;
}

void system_source_close(struct system_source *system)
{
	if (!system)
		return;
	sd_bus_flush_close_unref(system->bus);
	free(system);
}

int system_start_unit(struct system_source *system, const char *unit, struct error *err)
{
	int result = sd_bus_call_method(system->bus, BUS_MANAGER, "StartUnit", NULL, NULL, "ss", unit,
					"replace-irreversibly");
	return result < 0 ? bus_error(err, result) : 0;
}

int system_restart_unit(struct system_source *system, const char *unit, struct error *err)
{
	/* a unit that failed too often is not started again before its count is reset */
	sd_bus_call_method(system->bus, BUS_MANAGER, "ResetFailedUnit", NULL, NULL, "s", unit);
	int result = sd_bus_call_method(system->bus, BUS_MANAGER, "RestartUnit", NULL, NULL, "ss", unit, "replace");
	return result < 0 ? bus_error(err, result) : 0;
}

char *system_unit_path(const char *unit)
{
	char *path = NULL;
	return sd_bus_path_encode("/org/freedesktop/systemd1/unit", unit, &path) < 0 ? text_copy("/") : path;
}
