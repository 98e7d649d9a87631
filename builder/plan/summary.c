/* summary: see summary.h. */
#include "plan/summary.h"

#include <string.h>

static void count(struct amount *amount, uint64_t size, bool have)
{
	amount->count++;
	amount->bytes += size;
	amount->present += have;
	amount->present_bytes += have ? size : 0;
}

struct amount summary_packages(const struct package_set *set, plan_present *present, void *context)
{
	struct amount amount = { 0 };

	for (size_t i = 0; i < set->count; i++) {
		autofree char *digest = text_format("sha256:%s", set->items[i].sha256);

		count(&amount, set->items[i].size, present && present(context, digest));
	}
	return amount;
}

struct amount summary_payloads(const struct planned_source *source, plan_present *present, void *context)
{
	struct amount amount = { 0 };

	for (size_t i = 0; i < source->payload_count; i++)
		count(&amount, source->payloads[i].size, present && present(context, source->payloads[i].digest));
	return amount;
}

const char *summary_source_name(const struct source *source)
{
	if (source->kind == SOURCE_EXTRACT)
		return path_base(source->archive);
	return source->lock ? path_base(source->lock) : path_base(source->to);
}

const char *summary_port_owner(const struct plan *plan, const struct port *port)
{
	for (size_t i = 0; i < plan->component_count; i++) {
		const struct component *component = plan->components[i].component;

		for (size_t j = 0; j < component->port_count; j++)
			if (component->ports[j].number == port->number &&
			    strcmp(component->ports[j].protocol, port->protocol) == 0)
				return component->id;
	}
	return "?";
}
