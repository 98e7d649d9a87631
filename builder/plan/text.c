/* text: the plan for people, one section per question they have, in 80 columns. */
#include "plan/summary.h"

#include <string.h>

#define COLUMNS 80

struct writer {
	struct buffer text;
	const struct plan *plan;
	plan_present *present;
	void *context;
	struct arena *arena;
};

static void section(struct writer *writer, const char *title)
{
	buffer_format(&writer->text, "\n%s\n", title);
}

/* How many columns a text takes: UTF-8's continuation bytes take none. */
static size_t width(const char *text, size_t length)
{
	size_t columns = 0;

	for (size_t i = 0; i < length; i++)
		columns += ((unsigned char)text[i] & 0xc0) != 0x80;
	return columns;
}

/* Goes on with a line that is `at` columns wide, breaks it between words at column 80, and ends it; what
 * follows a break is indented. */
static void wrap(struct writer *writer, size_t at, size_t indent, const char *text)
{
	bool first = true;

	for (const char *word = text + strspn(text, " "); *word; word += strspn(word, " ")) {
		size_t length = strcspn(word, " "), columns = width(word, length);

		if (!first && at + 1 + columns > COLUMNS) {
			buffer_format(&writer->text, "\n%*s", (int)indent, "");
			at = indent;
			first = true;
		}
		if (!first)
			buffer_text(&writer->text, " ");
		buffer_add(&writer->text, word, length);
		at += columns + !first;
		first = false;
		word += length;
	}
	buffer_text(&writer->text, "\n");
}

/* A line that starts with formatted columns and goes on with wrapped text below where that began. */
static void line(struct writer *writer, const char *text, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void line(struct writer *writer, const char *text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	autofree char *start = text_format_v(format, arguments);
	va_end(arguments);
	size_t columns = width(start, strlen(start));

	buffer_text(&writer->text, start);
	wrap(writer, columns, columns < 44 ? columns : 6, text ? text : "");
}

static void write_recipe(struct writer *writer)
{
	const struct recipe *recipe = writer->plan->recipe;
	const struct board *board = writer->plan->board;
	autofree char *more = text_format("for %s, on board %s (%s), from Debian %s %s, %s", mode_name(recipe->mode),
					  board->id, board->summary ? board->summary : "", recipe->suite,
					  recipe->architecture, recipe->layout == LAYOUT_PLAIN ?
					  "one plain file system" : "in layers");

	line(writer, recipe->summary, "recipe %s: ", recipe->name);
	line(writer, more, "  ");
}

static void write_components(struct writer *writer)
{
	const struct plan *plan = writer->plan;

	section(writer, "components");
	for (size_t i = 0; i < plan->component_count; i++) {
		const struct planned_component *planned = &plan->components[i];

		buffer_format(&writer->text, "  %s, %s\n", planned->component->id, planned->variant->name);
		line(writer, planned->component->summary, "      ");
		if (planned->reason)
			line(writer, planned->reason, "      ");
	}
}

static void write_fetch(struct writer *writer)
{
	struct amount sum = { 0 };

	section(writer, writer->present ? "to fetch                            files  in store  to fetch"
					: "to fetch                            files      size");
	for (enum fetch_kind kind = 0; kind < FETCH_KINDS; kind++) {
		struct amount amount = summary_fetch(writer->plan, kind, writer->present, writer->context);
		uint64_t missing = amount.bytes - amount.present_bytes;
		autofree char *size = size_text(missing);
		bool unknown = missing == 0 && amount.present < amount.count;

		if (amount.count == 0)
			continue;
		buffer_format(&writer->text, "  %-32s %6zu", summary_fetch_names[kind], amount.count);
		if (writer->present)
			buffer_format(&writer->text, "  %8zu", amount.present);
		if (amount.present == amount.count)
			buffer_text(&writer->text, "   nothing\n");
		else
			buffer_format(&writer->text, "  %8s\n", unknown ? "?" : size);
		sum.bytes += unknown ? (amount.count - amount.present) * UINT64_C(20000) : missing;
	}
	autofree char *size = size_text(sum.bytes);

	if (sum.bytes > 0)
		line(writer, size, "  together about ");
}

static void write_sources(struct writer *writer)
{
	const struct plan *plan = writer->plan;

	if (plan->source_count == 0)
		return;
	section(writer, "payloads of components");
	for (size_t i = 0; i < plan->source_count; i++) {
		const struct planned_source *planned = &plan->sources[i];
		const struct source *source = planned->source;
		autofree char *files = planned->payload_count > 1 ? text_format(", %zu files", planned->payload_count)
								  : text_copy("");
		autofree char *text = text_format("%s to %s%s (%s)", summary_source_name(source),
						  source->into ? source->into : source->to, files,
						  planned->component->id);

		line(writer, text, "  %-8s ", summary_source_kinds[source->kind]);
	}
}

static void write_disk(struct writer *writer)
{
	const struct plan *plan = writer->plan;
	struct layout layout;
	uint64_t estimate = plan_estimate(plan);

	plan_layout(plan, estimate, &layout);
	autofree char *installed = size_text(plan->lock.image.installed_bytes);
	autofree char *system = size_text(estimate), *used = size_text(plan_estimate_used(plan));
	autofree char *whole = size_text(layout.disk_size);

	section(writer, "disk");
	for (size_t i = 0; i < layout.count; i++) {
		const struct partition *partition = &layout.partitions[i];

		buffer_format(&writer->text, "  %zu %-9s %8.0f MiB  %s\n", i + 1, partition->name,
			      (double)partition->size / (1 << 20), partition->uuid);
	}
	autofree char *layers = text_format(
		"%s in all%s. The packages are %s when unpacked; the layers take about %s, the image file about %s "
		"(estimated; the file has holes).", whole,
		plan->recipe->data_grow ? ", and data grows to the medium's end on first boot" : "", installed, system,
		used);
	autofree char *plain = text_format(
		"%s in all%s. The packages are %s when unpacked; the image file takes about %s (estimated; the file "
		"has holes).", whole, plan->recipe->data_grow ? ", and it grows to the medium's end on first boot" : "",
		installed, used);

	line(writer, plan->recipe->layout == LAYOUT_PLAIN ? plain : layers, "  ");
}

static void write_memory_line(struct writer *writer, const char *name, uint64_t bytes)
{
	buffer_format(&writer->text, "  %-44s %6.0f MiB\n", name, (double)bytes / (1 << 20));
}

static void write_memory(struct writer *writer)
{
	const struct plan *plan = writer->plan;
	uint64_t board = plan->board->memory;

	section(writer, "memory");
	for (size_t i = 0; i < plan->component_count; i++) {
		const struct component *component = plan->components[i].component;

		if (component->memory > 0)
			write_memory_line(writer, component->id, component->memory);
	}
	write_memory_line(writer, "the system itself", summary_system_memory(plan));
	write_memory_line(writer, "together", plan->memory);
	autofree char *has = text_format("board %s has", plan->board->id);

	write_memory_line(writer, has, board);
	/* More than the board has is a mistake of the recipe, found long before. */
	write_memory_line(writer, "left for files in memory and peaks", board - plan->memory);
}

static void write_ports(struct writer *writer)
{
	static const char *const titles[] = { [FOR_LOCAL_NETWORK] = "ports open to the local network",
					      [FOR_DEVELOPER] = "ports open to a developer",
					      [FOR_SERVICES] = "ports within the box, for the services that need them",
					      [FOR_BOX] = "ports within the box (the firewall lets nobody in)" };
	static const enum audience order[] = { FOR_LOCAL_NETWORK, FOR_DEVELOPER, FOR_SERVICES, FOR_BOX };
	const struct plan *plan = writer->plan;

	for (size_t k = 0; k < LENGTH(order); k++) {
		bool any = false;

		for (size_t i = 0; i < plan->port_count; i++) {
			const struct port *port = &plan->ports[i];
			autofree char *text = text_format("%s (%s)", port->summary ? port->summary : "",
							  summary_port_owner(plan, port));

			if (port->audience != order[k])
				continue;
			if (!any)
				section(writer, titles[order[k]]);
			any = true;
			line(writer, text, "  %5u/%s  ", port->number, port->protocol);
		}
	}
}

static void write_units(struct writer *writer)
{
	struct planned_unit *units;
	size_t count = plan_units(writer->plan, writer->arena, &units);

	if (count == 0)
		return;
	section(writer, "units, in the order in which they start");
	for (size_t i = 0; i < count; i++) {
		const struct planned_unit *unit = &units[i];
		const char *from = unit->component ? unit->component->id : "the recipe";
		autofree char *text = unit->additions ? text_format("changes to a package's unit (%s)", from)
						      : text_format("%s (%s)", unit->description ? unit->description
												 : "", from);

		line(writer, text, "  %2zu %-25s ", i + 1, unit->name);
	}
}

static void write_secrets(struct writer *writer)
{
	const struct plan *plan = writer->plan;
	bool any = false;

	for (size_t i = 0; i < plan->component_count; i++) {
		for node_each(secret, plan->components[i].component->secrets) {
			const char *kind = node_text(secret, "kind", "password"), *user = node_text(secret, "user", NULL);
			const char *title = node_text(node_get(secret, "title"), "en", "");
			const char *by = node_text(secret, "for", "service");
			autofree char *text = text_format("%s%s%s for a %s%s%s (%s)", kind, user ? " of " : "",
							  user ? user : "", by, *title ? ": " : "", title,
							  plan->components[i].component->id);

			if (!any)
				section(writer, "credentials, made by the box on first boot, never in the image");
			any = true;
			line(writer, text, "  %-18s ", node_text(secret, "name", "?"));
		}
	}
}

static void write_users(struct writer *writer)
{
	struct summary_user *users;
	size_t count = summary_users(writer->plan, writer->arena, &users);

	if (count > 0)
		section(writer, "users (each with a group of its name)");
	for (size_t i = 0; i < count; i++) {
		const struct summary_user *user = &users[i];
		autobuffer struct buffer text = { 0 };

		if (user->component) {
			buffer_format(&text, "runs %s; home %s", user->component, user->home ? user->home : "/");
		} else {
			buffer_format(&text, "a person: shell %s", user->shell ? user->shell : "/bin/bash");
			for (size_t j = 0; j < user->person->groups.count; j++)
				buffer_format(&text, "%s%s", j ? ", " : "; groups ", user->person->groups.items[j].text);
			buffer_format(&text, "; %zu SSH keys, no password%s", user->person->ssh_keys.count,
				      user->person->sudo ? "; may become root with sudo" : "");
		}
		line(writer, text.data, "  %-18s ", user->name);
	}
}

static void write_without_effect(struct writer *writer)
{
	autostrings struct strings lines = { 0 };

	plan_without_effect(writer->plan, &lines);
	if (lines.count > 0)
		section(writer, "without effect");
	for (size_t i = 0; i < lines.count; i++)
		line(writer, lines.items[i], "  ");
}

char *plan_text(const struct plan *plan, plan_present *present, void *context)
{
	autoarena struct arena *arena = arena_new();
	struct writer writer = { .plan = plan, .present = present, .context = context, .arena = arena };

	write_recipe(&writer);
	write_components(&writer);
	write_fetch(&writer);
	write_sources(&writer);
	write_disk(&writer);
	write_memory(&writer);
	write_ports(&writer);
	write_units(&writer);
	write_secrets(&writer);
	write_users(&writer);
	write_without_effect(&writer);
	return buffer_steal(&writer.text);
}
