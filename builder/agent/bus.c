/* What a running system is told after a setting changed. On a box without a bus (early, or in a test) nothing
 * happens, and the next start does it. */
#include <errno.h>
#include <systemd/sd-bus.h>

#include "agent/settings.h"

#define SYSTEMD "org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager"
#define HOSTNAMED "org.freedesktop.hostname1", "/org/freedesktop/hostname1", "org.freedesktop.hostname1"
#define NETWORKD "org.freedesktop.network1", "/org/freedesktop/network1", "org.freedesktop.network1.Manager"

static void report(const char *what, int result)
{
	if (result < 0 && result != -ENOENT) /* a unit that this box does not have */
		fprintf(stderr, "hie: %s counts from the next start on: %s\n", what, strerrordesc_np(-result));
}

void bus_set_host_name(const char *name)
{
	sd_bus *bus = NULL;
	int result = sd_bus_open_system(&bus);
	if (result >= 0)
		result = sd_bus_call_method(bus, HOSTNAMED, "SetStaticHostname", NULL, NULL, "sb", name, 0);
	report("the name", result);
	sd_bus_flush_close_unref(bus);
}

void bus_reload_network(void)
{
	sd_bus *bus = NULL;
	int result = sd_bus_open_system(&bus);
	if (result >= 0)
		result = sd_bus_call_method(bus, NETWORKD, "Reload", NULL, NULL, NULL);
	report("the address", result);
	sd_bus_flush_close_unref(bus);
}

void bus_unit(const char *verb, const char *unit)
{
	sd_bus *bus = NULL;
	int result = sd_bus_open_system(&bus);
	if (result >= 0)
		result = sd_bus_call_method(bus, SYSTEMD, verb, NULL, NULL, "ss", unit, "replace");
	report(unit, result);
	sd_bus_flush_close_unref(bus);
}
