/* text: the plan for people, one section per question they have. */
#include "plan/summary.h"

#include <string.h>

struct writer {
	struct buffer text;
	const struct plan *plan;
	plan_present *present;
	void *context;
};

static void section(struct writer *writer, const char *title)
{
	buffer_format(&writer->text, "\n%s\n", title);
}

static void write_recipe(struct writer *writer)
{
	const struct recipe *recipe = writer->plan->recipe;
	const struct board *board = writer->plan->board;

	buffer_format(&writer->text, "recipe %s: %s\n", recipe->name, recipe->summary ? recipe->summary : "");
	buffer_format(&writer->text, "  for %s, on %s (%s), from Debian %s %s, %s\n", mode_name(recipe->mode), board->id,
		      board->summary ? board->summary : "", recipe->suite, recipe->architecture,
		      recipe->layout == LAYOUT_PLAIN ? "one plain file system" : "in layers");
}

static void write_components(struct writer *writer)
{
	const struct plan *plan = writer->plan;

	section(writer, "components");
	for (size_t i = 0; i < plan->component_count; i++) {
		const struct planned_component *planned = &plan->components[i];

		buffer_format(&writer->text, "  %-34s %-10s %s\n", planned->component->id, planned->variant->name,
			      planned->component->summary ? planned->component->summary : "");
		if (planned->reason)
			buffer_format(&writer->text, "      %s\n", planned->reason);
	}
}

static void write_amount(struct writer *writer, const struct amount *amount, const char *what)
{
	autofree char *bytes = size_text(amount->bytes - amount->present_bytes);

	buffer_format(&writer->text, "%zu %s", amount->count, what);
	if (amount->present == amount->count)
		buffer_text(&writer->text, amount->count > 0 ? ", all in the store" : "");
	else if (amount->bytes == 0)
		buffer_format(&writer->text, ", %zu to fetch", amount->count - amount->present);
	else
		buffer_format(&writer->text, ", %zu to fetch (%s)", amount->count - amount->present, bytes);
}

static void write_packages(struct writer *writer)
{
	const struct lock *lock = &writer->plan->lock;
	struct amount image = summary_packages(&lock->image, writer->present, writer->context);
	struct amount tools = summary_packages(&lock->tools, writer->present, writer->context);
	autofree char *installed = size_text(lock->image.installed_bytes);

	section(writer, "packages");
	buffer_text(&writer->text, "  image  ");
	write_amount(writer, &image, "packages");
	buffer_format(&writer->text, "; %s when unpacked\n  tools  ", installed);
	write_amount(writer, &tools, "packages");
	buffer_text(&writer->text, "\n");
}

static void write_payloads(struct writer *writer)
{
	static const char *const kinds[] = { "npm", "maven", "java", "extract", "file" };
	const struct plan *plan = writer->plan;

	if (plan->source_count == 0)
		return;
	section(writer, "payloads");
	for (size_t i = 0; i < plan->source_count; i++) {
		const struct planned_source *planned = &plan->sources[i];
		const struct source *source = planned->source;
		struct amount amount = summary_payloads(planned, writer->present, writer->context);

		buffer_format(&writer->text, "  %-34s %-8s %s to %s", planned->component->id, kinds[source->kind],
			      summary_source_name(source), source->into ? source->into : source->to);
		if (planned->payload_count > 0) {
			buffer_text(&writer->text, ": ");
			write_amount(writer, &amount, amount.count == 1 ? "file" : "files");
		}
		buffer_text(&writer->text, "\n");
	}
}

static void write_ports(struct writer *writer)
{
	const struct plan *plan = writer->plan;

	section(writer, "ports");
	for (size_t i = 0; i < plan->port_count; i++) {
		const struct port *port = &plan->ports[i];

		buffer_format(&writer->text, "  %5u/%s  %-14s %s (%s)\n", port->number, port->protocol,
			      audience_name(port->audience), port->summary ? port->summary : "",
			      summary_port_owner(plan, port));
	}
}

static void write_memory_line(struct writer *writer, const char *name, uint64_t bytes)
{
	buffer_format(&writer->text, "  %-34s %6.0f MiB\n", name, (double)bytes / (1 << 20));
}

static void write_memory(struct writer *writer)
{
	const struct plan *plan = writer->plan;
	uint64_t system = plan->memory;

	section(writer, "memory");
	for (size_t i = 0; i < plan->component_count; i++) {
		const struct component *component = plan->components[i].component;

		system -= component->memory;
		if (component->memory > 0)
			write_memory_line(writer, component->id, component->memory);
	}
	write_memory_line(writer, "the system itself", system);
	buffer_format(&writer->text, "  %-34s %6.0f MiB of the %.0f MiB of board %s\n", "together",
		      (double)plan->memory / (1 << 20), (double)plan->board->memory / (1 << 20), plan->board->id);
}

static void write_disk(struct writer *writer)
{
	struct layout layout;
	uint64_t estimate = plan_estimate(writer->plan);
	autofree char *system = size_text(estimate);

	plan_layout(writer->plan, estimate, &layout);
	autofree char *whole = size_text(layout.disk_size);

	section(writer, "disk");
	for (size_t i = 0; i < layout.count; i++) {
		const struct partition *partition = &layout.partitions[i];

		buffer_format(&writer->text, "  %zu %-9s %8.0f MiB  %s\n", i + 1, partition->name,
			      (double)partition->size / (1 << 20), partition->uuid);
	}
	buffer_format(&writer->text, "  together %s; the system is estimated at %s%s\n", whole, system,
		      writer->plan->recipe->data_grow ? "; data grows to the medium's end on first boot" : "");
}

static void write_secrets(struct writer *writer)
{
	const struct plan *plan = writer->plan;
	bool any = false;

	for (size_t i = 0; i < plan->component_count; i++) {
		for node_each(secret, plan->components[i].component->secrets) {
			if (!any)
				section(writer, "secrets, made by the box on first boot, never in the image");
			any = true;
			buffer_format(&writer->text, "  %-20s for a %s (%s)\n", node_text(secret, "name", "?"),
				      node_text(secret, "for", "service"), plan->components[i].component->id);
		}
	}
}

char *plan_text(const struct plan *plan, plan_present *present, void *context)
{
	struct writer writer = { .plan = plan, .present = present, .context = context };

	write_recipe(&writer);
	write_components(&writer);
	write_packages(&writer);
	write_payloads(&writer);
	write_ports(&writer);
	write_memory(&writer);
	write_disk(&writer);
	write_secrets(&writer);
	return buffer_steal(&writer.text);
}
