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

const char *const summary_source_kinds[] = { "npm", "maven", "java", "extract", "file", "class-archive" };
const char *const summary_fetch_names[FETCH_KINDS] = { "Debian packages of the image", "Debian packages of the tools",
							"npm packages", "Maven files", "single files" };

static void add_amount(struct amount *sum, const struct amount *more)
{
	sum->count += more->count;
	sum->present += more->present;
	sum->bytes += more->bytes;
	sum->present_bytes += more->present_bytes;
}

struct amount summary_fetch(const struct plan *plan, enum fetch_kind kind, plan_present *present, void *context)
{
	static const enum payload_kind payloads[] = { [FETCH_NPM] = PAYLOAD_NPM, [FETCH_MAVEN] = PAYLOAD_MAVEN,
						      [FETCH_FILE] = PAYLOAD_FILE };
	struct amount sum = { 0 };

	if (kind == FETCH_IMAGE)
		return summary_packages(&plan->lock.image, present, context);
	if (kind == FETCH_TOOLS)
		return summary_packages(&plan->lock.tools, present, context);
	for (size_t i = 0; i < plan->source_count; i++) {
		const struct planned_source *source = &plan->sources[i];

		if (source->payload_count == 0 || source->payloads[0].kind != payloads[kind])
			continue;
		struct amount amount = summary_payloads(source, present, context);

		add_amount(&sum, &amount);
	}
	return sum;
}

uint64_t summary_system_memory(const struct plan *plan)
{
	uint64_t system = plan->memory;

	for (size_t i = 0; i < plan->component_count; i++)
		system -= plan->components[i].component->memory;
	return system;
}

size_t summary_users(const struct plan *plan, struct arena *arena, struct summary_user **ret_users)
{
	size_t most = plan->recipe->user_count, count = 0;

	for (size_t i = 0; i < plan->component_count; i++)
		most += plan->components[i].component->user_count;
	struct summary_user *users = arena_alloc(arena, (most + 1) * sizeof *users);

	for (size_t i = 0; i < plan->component_count; i++) {
		const struct component *component = plan->components[i].component;

		for (size_t j = 0; j < component->user_count; j++)
			users[count++] = (struct summary_user){ .name = component->users[j].name,
								.home = component->users[j].home,
								.component = component->id };
	}
	for (size_t i = 0; i < plan->recipe->user_count; i++)
		users[count++] = (struct summary_user){ .name = plan->recipe->users[i].name,
							.shell = plan->recipe->users[i].shell,
							.person = &plan->recipe->users[i] };
	*ret_users = users;
	return count;
}

static bool makes_seed(const struct plan *plan)
{
	for (size_t i = 0; i < plan->component_count; i++)
		if (plan_seeds(plan, plan->components[i].component))
			return true;
	return false;
}

void plan_without_effect(const struct plan *plan, struct strings *lines)
{
	const struct recipe *recipe = plan->recipe;

	if (recipe->access_point)
		strings_add(lines, "site.access-point has no effect yet: the box opens no wireless network");
	if (recipe->seed.text && !makes_seed(plan))
		strings_format(lines, "data.seed has no effect yet: the box starts without the data set %s",
			       recipe->seed.text);
	for (size_t i = 0; i < recipe->outputs.count; i++)
		if (!text_equal(recipe->outputs.items[i].text, "raw"))
			strings_format(lines, "output %s cannot be made yet: only raw is",
				       recipe->outputs.items[i].text);
}
