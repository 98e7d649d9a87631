/* The running system as a source of facts: systemd over its bus (org.freedesktop.systemd1(5)), health
 * addresses over HTTP. */
#include <string.h>
#include <systemd/sd-bus.h>
#include <time.h>

#include "agent/status.h"
#include "http/http.h"

#define MANAGER "org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager"
#define PROBE_SECONDS 5
#define BUS_MICROSECONDS (25 * UINT64_C(1000000))

struct system_source {
	sd_bus *bus;
	unsigned scale;
};

static int bus_error(struct error *err, int result)
{
	autofree char *why = text_copy(strerrordesc_np(-result));
	return sentence_error(err, SAY_NO_BUS, why ? why : "?", NULL);
}

/* The message bus; where it is absent (early, or rescue) root talks to PID 1 directly, as systemctl does. */
static int open_bus(sd_bus **ret_bus, struct error *err)
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
	sd_bus_get_property_string(bus, "org.freedesktop.systemd1", object, interface, name, NULL, &text);
	return text;
}

static int64_t seconds_since(sd_bus *bus, const char *object)
{
	uint64_t since = 0;
	struct timespec now = { 0 };
	if (sd_bus_get_property_trivial(bus, "org.freedesktop.systemd1", object, "org.freedesktop.systemd1.Unit",
					"ActiveEnterTimestampMonotonic", NULL, 't', &since) < 0 || !since)
		return -1;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - (int64_t)(since / 1000000);
}

static bool has_job(sd_bus *bus, const char *object)
{
	sd_bus_message *reply = NULL;
	uint32_t id = 0;
	const char *path = NULL;
	if (sd_bus_get_property(bus, "org.freedesktop.systemd1", object, "org.freedesktop.systemd1.Unit", "Job",
				NULL, &reply, "(uo)") >= 0)
		sd_bus_message_read(reply, "(uo)", &id, &path);
	sd_bus_message_unref(reply);
	return id != 0;
}

static int unit_state(void *context, const char *name, struct unit_state *ret, struct error *err)
{
	static const char unit[] = "org.freedesktop.systemd1.Unit";
	static const char service[] = "org.freedesktop.systemd1.Service";
	struct system_source *system = context;
	sd_bus_message *reply = NULL;
	const char *object = NULL;
	int result = sd_bus_call_method(system->bus, MANAGER, "LoadUnit", NULL, &reply, "s", name);
	if (result >= 0)
		result = sd_bus_message_read(reply, "o", &object);
	if (result < 0) {
		sd_bus_message_unref(reply);
		return bus_error(err, result);
	}
	struct unit_state state = { .active_seconds = -1 };
	state.load = text_property(system->bus, object, unit, "LoadState");
	state.active = text_property(system->bus, object, unit, "ActiveState");
	state.sub = text_property(system->bus, object, unit, "SubState");
	state.job = has_job(system->bus, object);
	if (text_ends(name, ".service")) {
		state.result = text_property(system->bus, object, service, "Result");
		uint32_t restarts = 0;
		sd_bus_get_property_trivial(system->bus, "org.freedesktop.systemd1", object, service, "NRestarts",
					    NULL, 'u', &restarts);
		state.restarts = restarts;
	}
	if (text_equal(state.active, "active"))
		state.active_seconds = seconds_since(system->bus, object) / (int64_t)system->scale;
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
	if (open_bus(&bus, err) < 0)
		return -1;
	sd_bus_set_method_call_timeout(bus, BUS_MICROSECONDS * scale);
	struct system_source *system = memory_alloc(sizeof *system);
	system->bus = bus;
	system->scale = scale;
	*ret_system = system;
	*ret_source = (struct status_source){ .unit = unit_state, .probe = probe, .context = system };
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
	int result = sd_bus_call_method(system->bus, MANAGER, "StartUnit", NULL, NULL, "ss", unit,
					"replace-irreversibly");
	return result < 0 ? bus_error(err, result) : 0;
}
