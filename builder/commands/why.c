/* hiebox why: from anything in the image back to the line of the recipe, and the reason. */
#include "commands/why.h"

#include <stdio.h>
#include <string.h>

#include "commands/project.h"
#include "image/image.h"

struct finding *finding_begin(struct why *why, const char *kind, const char *name, const char *headline)
{
	why->findings = array_grow(why->findings, why->count, &why->capacity, sizeof *why->findings);
	struct finding *finding = &why->findings[why->count++];

	*finding = (struct finding){.json = json_new_object(), .lines = json_new_array()};
	json_set(finding->json, "kind", json_new_string(kind));
	json_set(finding->json, "name", json_new_string(name));
	json_set(finding->json, "text", json_new_string(headline));
	json_set(finding->json, "lines", finding->lines);
	buffer_format(&finding->text, "%s\n", headline);
	return finding;
}

void finding_line(struct finding *finding, const char *about, const char *format, ...)
{
	struct json *line = json_new_object();
	va_list arguments;

	va_start(arguments, format);
	autofree char *text = text_format_v(format, arguments);
	va_end(arguments);
	buffer_format(&finding->text, "  %s\n", text);
	json_set(line, "about", json_new_string(about));
	json_set(line, "text", json_new_string(text));
	json_add(finding->lines, line);
}

void finding_steps(struct finding *finding, const char *key, const struct why_steps *steps)
{
	struct json *list = json_new_array();

	for (size_t i = 0; i < steps->count; i++) {
		const struct why_step *step = &steps->items[i];
		struct json *object = json_new_object();

		buffer_format(&finding->text, "  %s\n", step->text);
		json_set(object, "text", json_new_string(step->text));
		json_set(object, "name", json_new_string(step->name));
		json_set(object, "field", json_new_string(step->field));
		json_set(object, "relation", json_new_string(step->relation));
		json_set(object, "by", json_new_string(step->by));
		json_set(object, "file", json_new_string(step->place.file));
		json_set(object, "line", json_new_number(step->place.line));
		json_set(object, "column", json_new_number(step->place.column));
		json_add(list, object);
	}
	json_set(finding->json, key, list);
}

void finding_component(struct why *why, struct finding *finding, const char *id)
{
	struct why_steps steps;

	plan_why_component(&why->session->plan, id, why->arena, &steps);
	finding_steps(finding, "chain", &steps);
}

int finding_package(struct why *why, struct finding *finding, const char *name, struct error *err)
{
	const struct why_question question = {&why->session->plan, &why->indexes, name};
	struct why_package package;

	if (plan_why_package(&question, why->arena, &package, err) < 0)
		return -1;
	finding_steps(finding, "chain", &package.chain);
	if (!package.fields_known)
		finding_line(finding, "note", "(this version is not in the package lists of the store: told from the lock)");
	if (why->verbose && package.reasons.count > 0) {
		buffer_text(&finding->text, "  all direct reasons:\n");
		finding_steps(finding, "reasons", &package.reasons);
	}
	return 0;
}

static int why_package(struct why *why, const char *name, struct error *err)
{
	const struct package_set *set = &why->session->plan.lock.image;

	for (size_t i = 0; i < set->count; i++) {
		const struct package *package = &set->items[i];

		if (!text_equal(package->name, name))
			continue;
		autofree char *size = size_text(package->installed_kib * 1024);
		autofree char *headline = text_format("%s: package %s %s, %s when unpacked", name, package->version,
						      package->architecture, size);
		return finding_package(why, finding_begin(why, "package", name, headline), name, err) < 0 ? -1 : 1;
	}
	return 0;
}

static int why_component(struct why *why, const char *name)
{
	const struct plan *plan = &why->session->plan;

	for (size_t i = 0; i < plan->component_count; i++) {
		const struct planned_component *planned = &plan->components[i];

		if (!text_equal(planned->component->id, name))
			continue;
		autofree char *headline = text_format("%s: component, variant %s", name, planned->variant->name);
		struct finding *finding = finding_begin(why, "component", name, headline);

		finding_component(why, finding, name);
		if (planned->reason)
			finding_line(finding, "variant", "%s", planned->reason);
		return 1;
	}
	return 0;
}

static const char *const port_readers[] = {
	[FOR_BOX] = "within the box: the firewall lets nobody in",
	[FOR_SERVICES] = "within the box, and there for the services that need it",
	[FOR_DEVELOPER] = "open to a developer",
	[FOR_LOCAL_NETWORK] = "open to the local network",
};

static int why_port(struct why *why, int64_t number)
{
	const struct plan *plan = &why->session->plan;
	int found = 0;

	for (size_t i = 0; i < plan->component_count; i++) {
		const struct component *component = plan->components[i].component;

		for (size_t j = 0; j < component->port_count; j++) {
			const struct port *port = &component->ports[j];

			if ((int64_t)port->number != number)
				continue;
			autofree char *name = text_format("%u/%s", port->number, port->protocol);
			autofree char *headline = text_format("%s: %s", name, port->summary ? port->summary : "a port");
			struct finding *finding = finding_begin(why, "port", name, headline);

			finding_line(finding, "for", "%s", port_readers[port->audience]);
			finding_line(finding, "opened", "opened by component %s (%s:%u:%u)", component->id,
				     port->place.file, port->place.line, port->place.column);
			finding_component(why, finding, component->id);
			found = 1;
		}
	}
	return found;
}

static int why_user(struct why *why, const char *name)
{
	const struct plan *plan = &why->session->plan;
	const struct recipe *recipe = plan->recipe;

	for (size_t i = 0; i < recipe->user_count; i++) {
		const struct login_user *user = &recipe->users[i];

		if (!text_equal(user->name, name))
			continue;
		autofree char *headline = text_format("%s: a person's user", name);
		struct finding *finding = finding_begin(why, "user", name, headline);

		finding_line(finding, "asked", "named by the recipe (%s:%u:%u)", user->place.file, user->place.line,
			     user->place.column);
		return 1;
	}
	for (size_t i = 0; i < plan->component_count; i++) {
		const struct component *component = plan->components[i].component;

		for (size_t j = 0; j < component->user_count; j++) {
			const struct box_user *user = &component->users[j];

			if (!text_equal(user->name, name))
				continue;
			autofree char *headline = text_format("%s: a system user, home %s", name,
							      user->home ? user->home : "/");
			struct finding *finding = finding_begin(why, "user", name, headline);

			finding_line(finding, "asked", "runs component %s (%s:%u:%u)", component->id, user->place.file,
				     user->place.line, user->place.column);
			for (size_t k = 0; k < component->state_count; k++)
				if (text_equal(component->state[k].user, name))
					finding_line(finding, "owns", "owns %s, where the component keeps its state",
						     component->state[k].path);
			finding_component(why, finding, component->id);
			return 1;
		}
	}
	return 0;
}

static bool is_unit(const char *name)
{
	static const char *const suffixes[] = {".service", ".socket", ".target", ".timer", ".mount", ".path", ".slice",
					       ".automount", ".swap", ".container", ".network", ".volume"};

	for (size_t i = 0; i < LENGTH(suffixes); i++)
		if (text_ends(name, suffixes[i]) && !strchr(name, '/'))
			return true;
	return false;
}

/* Nothing of that name is in the image: what is near, and what would bring it. */
static void why_not(struct why *why, const char *name, bool port)
{
	autofree char *headline = text_format("%s: not in this image", name);
	struct finding *finding = finding_begin(why, "nothing", name, headline);
	const struct package_set *set = &why->session->plan.lock.image;
	const struct plan *plan = &why->session->plan;
	const char **names = arena_alloc(why->arena, (set->count + plan->component_count + 1) * sizeof *names);
	size_t count = 0;

	if (port) {
		autobuffer struct buffer ports = {0};

		for (size_t i = 0; i < plan->port_count; i++)
			buffer_format(&ports, "%s%u", i ? ", " : "", plan->ports[i].number);
		finding_line(finding, "nearest", "no component opens it; the ports are %s", ports.data ? ports.data : "none");
		return;
	}
	for (size_t i = 0; i < set->count; i++)
		names[count++] = set->items[i].name;
	for (size_t i = 0; i < plan->component_count; i++)
		names[count++] = plan->components[i].component->id;
	const char *nearest = nearest_name(name, names);

	if (nearest)
		finding_line(finding, "nearest", "the nearest name in it: %s", nearest);
	if (why->indexes.index_count > 0 && !strchr(name, '/') && !is_unit(name)) {
		const struct why_question question = {plan, &why->indexes, name};

		finding_line(finding, "would-bring", "%s", plan_why_not(&question, why->arena));
	}
}

/* One thing, of whatever kind it is: a name may be a package's and a user's too. */
static int why_thing(struct why *why, const char *thing, struct error *err)
{
	size_t digits = strspn(thing, "0123456789");
	int64_t number;
	int found = 0, result;

	if (digits > 0 && (!thing[digits] || text_equal(thing + digits, "/tcp") || text_equal(thing + digits, "/udp"))) {
		autofree char *text = text_copy_n(thing, digits);

		if (number_parse(text, 1, 65535, &number) < 0) {
			error_set(err, "%s: a port is a number from 1 to 65535", thing);
			return -2;
		}
		if (!why_port(why, number))
			why_not(why, thing, true);
		return 0;
	}
	if (*thing == '/') {
		if ((result = why_file(why, thing, err)) < 0)
			return -1;
		return 0;
	}
	if ((result = why_package(why, thing, err)) < 0)
		return -1;
	found += result + why_component(why, thing) + why_user(why, thing);
	if (is_unit(thing)) {
		if ((result = why_unit(why, thing, err)) < 0)
			return -1;
		found += result;
	}
	if (found == 0)
		why_not(why, thing, false);
	return 0;
}

/* The package lists that the store has: for the fields of dependencies, never worth a download. */
static void open_indexes(struct why *why)
{
	struct session *session = why->session;
	struct origins origins = session->origins;
	struct index_list indexes = {0};
	struct error ignored = {0};

	origins.offline = true;
	const struct index_request request = {.store = &session->store, .origins = &origins,
					      .suite = session->plan.recipe->suite,
					      .architecture = session->plan.recipe->architecture};

	if (fetch_indexes(&request, why->arena, &indexes, &ignored) < 0)
		error_clear(&ignored);
	autofree char *cache = path_join(session->store.path, "indexes");

	why->indexes = (struct solve_input){.indexes = indexes.items, .index_count = indexes.count,
					    .architecture = session->plan.recipe->architecture,
					    .cache = arena_string(why->arena, cache)};
}

/* The layers that the store remembers of this recipe's last build. */
static void layers_of_recipe(struct why *why)
{
	struct store_uses uses = {0};
	struct error ignored = {0};
	autofree char *recipe = realpath(why->session->plan.recipe->file, NULL);

	if (store_uses_read(&why->session->store, &uses, &ignored) < 0)
		error_clear(&ignored);
	for (size_t i = 0; i < uses.count; i++)
		if (text_equal(uses.items[i].recipe, recipe))
			why_read_layers(why, &uses.items[i].layers);
	store_uses_clear(&uses);
}

/* An image instead of a recipe: its manifest names the recipe and the layers. Returns 1 when it is one. */
static int read_image(const char *path, char **ret_recipe, struct strings *layers, struct error *err)
{
	autojson struct json *description = NULL;
	autodocument struct document *document = NULL;
	struct diagnostics mistakes = {0};

	if (!text_ends(path, ".raw"))
		return 0;
	if (image_inspect(path, &description, err) < 0)
		return -1;
	autofree char *text = json_write(description, true);

	if (document_parse_json(path, text, strlen(text), &document, &mistakes) < 0)
		diagnostics_clear(&mistakes);
	const struct node *manifest = document ? node_get(document_root(document), "manifest") : NULL;
	const char *recipe = node_text(manifest, "recipe", NULL);

	if (!recipe)
		return error_set(err, "%s: no disk that hiebox made", path);
	*ret_recipe = text_copy(recipe);
	for node_each(layer, node_get(manifest, "layers"))
		strings_format(layers, "%s %s", node_text(layer, "name", "?"), node_text(layer, "key", "?"));
	return 1;
}

static void print(struct why *why)
{
	if (!option_given(why->session->options, "json")) {
		for (size_t i = 0; i < why->count; i++)
			printf("%s%s", i ? "\n" : "", why->findings[i].text.data);
		return;
	}
	autojson struct json *root = json_new_object();
	struct json *list = json_new_array();

	for (size_t i = 0; i < why->count; i++)
		json_add(list, steal(why->findings[i].json));
	json_set(root, "format", json_new_number(1));
	json_set(root, "recipe", json_new_string(why->session->plan.recipe->name));
	json_set(root, "layers-known", json_new_boolean(why->layer_count > 0));
	json_set(root, "found", list);
	autofree char *text = json_write(root, false);
	fputs(text, stdout);
}

static void why_clear(struct why *why)
{
	for (size_t i = 0; i < why->count; i++) {
		buffer_clear(&why->findings[i].text);
		json_release(why->findings[i].json);
	}
	for (size_t i = 0; i < why->layer_count; i++)
		free(why->layers[i].entries);
	free(why->findings);
}
#define autowhy __attribute__((cleanup(why_clear)))

int command_why(const struct parsed_options *options, struct error *err)
{
	autosession struct session session = {0};
	autowhy struct why why = {.session = &session, .verbose = option_given(options, "verbose")};
	autofree char *recipe = NULL;
	autostrings struct strings layers = {0};
	struct parsed_options one = *options;
	char *first[] = {options->arguments.items[0], NULL};
	int image = read_image(first[0], &recipe, &layers, err);

	if (image < 0)
		return -1;
	if (image)
		first[0] = recipe;
	one.arguments.items = first;
	one.arguments.count = 1;
	if (session_open(&one, &session, err) < 0 || session_open_store(&session, err) < 0 ||
	    session_lock(&session, LOCK_SHOW, err) < 0)
		return -1;
	why.arena = session.arena;
	open_indexes(&why);
	if (image)
		why_read_layers(&why, &layers);
	else
		layers_of_recipe(&why);
	for (size_t i = 1; i < options->arguments.count; i++) {
		int result = why_thing(&why, options->arguments.items[i], err);

		if (result < 0)
			return result;
	}
	print(&why);
	return 0;
}
