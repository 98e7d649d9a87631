/* components: the closure of what the recipe names, one variant each, checked against each other, the
 * mode and the board. */
#include "plan/plan.h"

#include <stdlib.h>
#include <string.h>

#include "plan/claims.h"
#include "plan/payloads.h"
#include "plan/production.h"

/* systemd, journal, udev, page cache enough to breathe: measured on the demo, idle. */
#define SYSTEM_MEMORY (UINT64_C(256) << 20)

enum state { UNSEEN, OPEN, DONE };

struct closure {
	const struct recipe *recipe;
	const struct catalogue *catalogue;
	const struct component *const *all;
	enum state *states;                  /* by index in `all` */
	size_t count;
	struct plan *plan;
	struct arena *arena;
	struct diagnostics *mistakes;
};

static size_t index_of(const struct closure *closure, const struct component *component)
{
	size_t i = 0;

	while (i < closure->count && closure->all[i] != component)
		i++;
	return i;
}

static bool plays(const struct component *component, const char *role)
{
	for (size_t i = 0; i < component->provides.count; i++)
		if (text_equal(component->provides.items[i].text, role))
			return true;
	return text_equal(component->id, role);
}

/* Who fulfils a need: the component of that name, one that the recipe chose for the role, or the
 * catalogue's first. */
static const struct component *find_provider(const struct closure *closure, const char *role)
{
	const struct component *component = catalogue_component(closure->catalogue, role);

	for (size_t i = 0; !component && i < closure->recipe->component_count; i++) {
		const char *id = closure->recipe->components[i].id;
		const struct component *chosen = id ? catalogue_component(closure->catalogue, id) : NULL;

		if (chosen && plays(chosen, role))
			component = chosen;
	}
	return component ? component : catalogue_provider(closure->catalogue, role);
}

static const struct component_choice *find_choice(const struct closure *closure, const struct component *component)
{
	for (size_t i = 0; i < closure->recipe->component_count; i++)
		if (text_equal(closure->recipe->components[i].id, component->id))
			return &closure->recipe->components[i];
	return NULL;
}

/* Why this variant cannot be taken for the mode; NULL when it can. */
static const char *unfit(const struct closure *closure, const struct variant *variant)
{
	if (variant->described_only)
		return "is only described, it cannot be built yet";
	if (!(variant->suitable & (unsigned)closure->recipe->mode))
		return arena_format(closure->arena, "is not suitable for %s", mode_name(closure->recipe->mode));
	return NULL;
}

static const struct variant *take_named(struct closure *closure, const struct component *component,
					const struct component_choice *choice, const char **ret_reason)
{
	for (size_t i = 0; i < component->variant_count; i++) {
		const struct variant *variant = &component->variants[i];

		if (!text_equal(variant->name, choice->variant))
			continue;
		const char *why = unfit(closure, variant);

		if (why && (variant->described_only || closure->recipe->mode == MODE_PRODUCTION)) {
			diagnostics_add(closure->mistakes, choice->place, "%s: variant %s %s", component->id,
					variant->name, why);
			return NULL;
		}
		if (why)
			*ret_reason = arena_format(closure->arena, "variant %s was named by the recipe, though it %s",
						   variant->name, why);
		else if (i > 0)
			*ret_reason = arena_format(closure->arena, "variant %s was named by the recipe",
						   variant->name);
		return variant;
	}
	diagnostics_add(closure->mistakes, choice->place, "%s has no variant %s", component->id, choice->variant);
	return NULL;
}

/* The first variant that fits, with the reason why those before it do not. */
static const struct variant *take_first(struct closure *closure, const struct component *component,
					struct place asked, const char **ret_reason)
{
	autobuffer struct buffer skipped = { 0 };

	for (size_t i = 0; i < component->variant_count; i++) {
		const struct variant *variant = &component->variants[i];
		const char *why = unfit(closure, variant);

		if (!why) {
			if (i > 0)
				*ret_reason = arena_format(closure->arena, "variant %s was taken: %s",
							   variant->name, skipped.data);
			return variant;
		}
		buffer_format(&skipped, "%svariant %s %s", i > 0 ? "; " : "", variant->name, why);
	}
	diagnostics_add(closure->mistakes, asked, "%s has no variant for mode %s: %s", component->id,
			mode_name(closure->recipe->mode), skipped.data ? skipped.data : "it has none at all");
	return NULL;
}

static void take_component(struct closure *closure, const struct component *component, struct place asked)
{
	const struct component_choice *choice = find_choice(closure, component);
	struct planned_component planned = { .component = component };

	if (choice && choice->variant)
		planned.variant = take_named(closure, component, choice, &planned.reason);
	else
		planned.variant = take_first(closure, component, choice ? choice->place : asked, &planned.reason);
	if (planned.variant)
		closure->plan->components[closure->plan->component_count++] = planned;
}

/* Depth first, so that what is needed comes before who needs it. */
static void visit(struct closure *closure, const struct component *component, struct place asked)
{
	size_t index = index_of(closure, component);

	if (index == closure->count || closure->states[index] == DONE)
		return;
	if (closure->states[index] == OPEN) {
		diagnostics_add(closure->mistakes, asked, "%s needs itself, by way of this", component->id);
		return;
	}
	closure->states[index] = OPEN;
	for (size_t i = 0; i < component->needs.count; i++) {
		const struct placed_text *need = &component->needs.items[i];
		const struct component *provider = find_provider(closure, need->text);

		if (provider)
			visit(closure, provider, need->place);
		else
			diagnostics_add(closure->mistakes, need->place, "%s needs %s, which no component is or provides",
					component->id, need->text);
	}
	closure->states[index] = DONE;
	take_component(closure, component, asked);
}

static void add_sources(struct plan *plan, struct arena *arena, struct diagnostics *mistakes)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->component_count; i++)
		count += plan->components[i].variant->source_count;
	plan->sources = arena_alloc(arena, (count + 1) * sizeof *plan->sources);
	for (size_t i = 0; i < plan->component_count; i++) {
		const struct planned_component *planned = &plan->components[i];

		for (size_t j = 0; j < planned->variant->source_count; j++) {
			struct planned_source *source = &plan->sources[plan->source_count++];

			source->component = planned->component;
			source->source = &planned->variant->sources[j];
			plan_payloads(source, arena, mistakes);
		}
	}
}

static int compare_ports(const void *a, const void *b)
{
	const struct port *first = a, *second = b;

	if (first->number != second->number)
		return first->number < second->number ? -1 : 1;
	return strcmp(first->protocol, second->protocol);
}

static void add_ports(struct plan *plan, struct arena *arena)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->component_count; i++)
		count += plan->components[i].component->port_count;
	plan->ports = arena_alloc(arena, (count + 1) * sizeof *plan->ports);
	for (size_t i = 0; i < plan->component_count; i++) {
		const struct component *component = plan->components[i].component;

		for (size_t j = 0; j < component->port_count; j++)
			if (port_in_mode(&component->ports[j], plan->recipe->mode))
				plan->ports[plan->port_count++] = component->ports[j];
	}
	if (plan->port_count > 0)
		qsort(plan->ports, plan->port_count, sizeof *plan->ports, compare_ports);
}

/* In the unit that recipes and components are written in. */
static unsigned long mebibytes(uint64_t bytes)
{
	return (unsigned long)((bytes + (1 << 20) - 1) >> 20);
}

static void add_memory(struct plan *plan, struct diagnostics *mistakes)
{
	autobuffer struct buffer parts = { 0 };

	plan->memory = SYSTEM_MEMORY;
	for (size_t i = 0; i < plan->component_count; i++) {
		const struct component *component = plan->components[i].component;

		plan->memory += component->memory;
		if (component->memory > 0)
			buffer_format(&parts, "%s %lu, ", component->id, mebibytes(component->memory));
	}
	if (!plan->board || plan->memory <= plan->board->memory)
		return;
	diagnostics_add(mistakes, plan->recipe->board_id.place,
			"board %s has %lu MiB of memory, but the components need %lu MiB (%sthe system itself %lu)",
			plan->board->id, mebibytes(plan->board->memory), mebibytes(plan->memory),
			parts.data ? parts.data : "", mebibytes(SYSTEM_MEMORY));
}

int plan_components(const struct catalogue *catalogue, struct arena *arena, struct plan *ret_plan,
		    struct diagnostics *mistakes)
{
	struct plan plan = { .recipe = catalogue_recipe(catalogue), .board = catalogue_board(catalogue),
			     .catalogue = catalogue };
	struct closure closure = { .recipe = plan.recipe, .catalogue = catalogue, .plan = &plan,
				   .arena = arena, .mistakes = mistakes };
	size_t before = mistakes->count + mistakes->dropped;

	closure.count = catalogue_components(catalogue, &closure.all);
	closure.states = arena_alloc(arena, (closure.count + 1) * sizeof *closure.states);
	plan.components = arena_alloc(arena, (closure.count + 1) * sizeof *plan.components);
	for (size_t i = 0; i < plan.recipe->component_count; i++) {
		const struct component_choice *choice = &plan.recipe->components[i];
		const struct component *component = catalogue_component(catalogue, choice->id);

		if (component)
			visit(&closure, component, choice->place);
		else
			diagnostics_add(mistakes, choice->place, "there is no component %s", choice->id);
	}
	add_sources(&plan, arena, mistakes);
	add_ports(&plan, arena);
	add_memory(&plan, mistakes);
	claims_check(&plan, mistakes);
	production_check(&plan, mistakes);
	if (mistakes->count + mistakes->dropped > before)
		return -1;
	*ret_plan = plan;
	return 0;
}
