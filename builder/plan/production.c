/* production: what a box for real work may not have, however the recipe says it. Values that are wrong by themselves
 * (training data, nobody who could get in) are refused by the room `recipe`, unsuitable variants in components.c. */
#include "plan/production.h"

#include <string.h>

/* The page's own: it sends everybody on to https. */
#define PAGE_PORT 80

/* The port of an http:// address; 0 when it is another kind of address. */
static unsigned plain_port(const char *url)
{
	const char *host = url && text_starts(url, "http://") ? url + strlen("http://") : NULL;
	int64_t number = 80;

	if (!host)
		return 0;
	size_t length = strcspn(host, "/?#");
	autofree char *authority = text_copy_n(host, length);
	const char *colon = strrchr(authority, ':');
	bool given = colon && !strchr(colon, ']');

	if (given && number_parse(colon + 1, 1, 65535, &number) < 0)
		return 0;
	return (unsigned)number;
}

/* A component says itself, by its probe, that a port of its speaks plain http: passwords and patients would travel
 * in the clear. */
static void check_plain_http(const struct plan *plan, const struct component *component, const struct port *port,
			     struct diagnostics *mistakes)
{
	if (port->audience != FOR_LOCAL_NETWORK || port->number == PAGE_PORT ||
	    !port_in_mode(port, plan->recipe->mode))
		return;
	for node_each(probe, component->health)
		if (plain_port(node_text(probe, "url", NULL)) == port->number)
			diagnostics_add(mistakes, port->place,
					"%s: port %u speaks plain http to the local network, which mode production does "
					"not allow; give it https, `for: services`, or `modes: [training, development]`",
					component->id, port->number);
}

/* What gives away the box to who stands at its start menu's place: a root shell, or no firewall, without a password. */
static void check_arguments(const struct plan *plan, struct diagnostics *mistakes)
{
	static const char *const open_doors[] = { "systemd.debug_shell", "systemd.debug-shell", "systemd.unit", "single",
						  "emergency", "rescue", "systemd.mask", "systemd.run", "break", "debug" };

	for (size_t i = 0; i < plan->recipe->kernel_arguments.count; i++) {
		const struct placed_text *argument = &plan->recipe->kernel_arguments.items[i];
		size_t length = strcspn(argument->text, "=");

		for (size_t k = 0; k < LENGTH(open_doors); k++)
			if (strlen(open_doors[k]) == length && !strncmp(argument->text, open_doors[k], length))
				diagnostics_add(mistakes, argument->place,
						"kernel-arguments[]: %s opens the box to whoever stands in front of it; mode "
						"production does not allow it", open_doors[k]);
	}
}

void production_check(const struct plan *plan, struct diagnostics *mistakes)
{
	if (plan->recipe->mode != MODE_PRODUCTION)
		return;
	check_arguments(plan, mistakes);
	for (size_t i = 0; i < plan->component_count; i++) {
		const struct component *component = plan->components[i].component;

		for (size_t k = 0; k < component->port_count; k++)
			check_plain_http(plan, component, &component->ports[k], mistakes);
	}
}
