/* claims: see claims.h. Two units on one port or two services in one directory fail late and far away,
 * on the box; here they fail with file and line. */
#include "plan/claims.h"

#include <string.h>

#include "plan/payloads.h"

struct claim {
	const char *kind;                    /* "port", "user", …: said in the mistake */
	const char *key;
	const struct component *component;
	struct place place;
};

struct claims {
	struct claim *items;
	size_t count, capacity;
	struct arena *arena;
	struct diagnostics *mistakes;
};

/* Is one path the other, or below it? */
static bool paths_overlap(const char *a, const char *b)
{
	size_t length = strlen(a) < strlen(b) ? strlen(a) : strlen(b);

	return strncmp(a, b, length) == 0 &&
	       (a[length] == '\0' || a[length] == '/') && (b[length] == '\0' || b[length] == '/');
}

static bool same(const struct claim *a, const struct claim *b)
{
	if (strcmp(a->kind, b->kind) != 0)
		return false;
	if (strcmp(a->kind, "state directory") == 0)
		return paths_overlap(a->key, b->key);
	return strcmp(a->key, b->key) == 0;
}

static void claim(struct claims *claims, const struct claim *new)
{
	if (!new->key)
		return;
	for (size_t i = 0; i < claims->count; i++) {
		const struct claim *old = &claims->items[i];

		if (!same(old, new))
			continue;
		diagnostics_add(claims->mistakes, new->place, "%s %s of %s is taken by %s already (%s:%u)",
				new->kind, new->key, new->component->id, old->component->id,
				old->place.file ? payloads_short_path(old->place.file) : "?", old->place.line);
		return;
	}
	claims->items = array_grow(claims->items, claims->count, &claims->capacity, sizeof *claims->items);
	claims->items[claims->count++] = *new;
}

/* Claims the text `key` of each item of a list in a component file. */
static void claim_nodes(struct claims *claims, const struct component *component, const char *kind,
			const struct node *list, const char *key)
{
	for node_each(item, list) {
		const struct node *value = node_get(item, key);

		if (value && value->text)
			claim(claims, &(struct claim){ kind, value->text, component, value->place });
	}
}

static void claim_typed(struct claims *claims, const struct component *component)
{
	for (size_t i = 0; i < component->port_count; i++) {
		const struct port *port = &component->ports[i];
		const char *key = arena_format(claims->arena, "%u/%s", port->number, port->protocol);

		claim(claims, &(struct claim){ "port", key, component, port->place });
	}
	for (size_t i = 0; i < component->user_count; i++)
		claim(claims, &(struct claim){ "user", component->users[i].name, component,
					       component->users[i].place });
	for (size_t i = 0; i < component->state_count; i++) {
		const struct state_directory *state = &component->state[i];

		claim(claims, &(struct claim){ "state name", state->name, component, state->place });
		claim(claims, &(struct claim){ "state directory", state->path, component, state->place });
	}
}

static void claim_sources(struct claims *claims, const struct planned_component *planned)
{
	for (size_t i = 0; i < planned->variant->source_count; i++) {
		const struct source *source = &planned->variant->sources[i];

		claim(claims, &(struct claim){ "file", source->to, planned->component, source->place });
	}
}

/* A directory may be filled by several sources of one component, but not by two components. */
static void claim_directories(struct claims *claims, const struct planned_component *planned)
{
	for (size_t i = 0; i < planned->variant->source_count; i++) {
		const struct source *source = &planned->variant->sources[i];
		bool own = false;

		for (size_t j = 0; j < i; j++)
			own = own || text_equal(planned->variant->sources[j].into, source->into);
		if (!own)
			claim(claims, &(struct claim){ "directory", source->into, planned->component,
						       source->place });
	}
}

/* Every file below `folder` (overlays/<id>, units/<id>) is claimed by its path in it. */
static void claim_tree(struct claims *claims, const struct claim *model, const char *folder, const char *inside)
{
	autostrings struct strings names = { 0 };

	if (!folder || strlen(inside) > 1024 || directory_list(folder, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		autofree char *path = path_join(folder, names.items[i]);
		const char *below = arena_format(claims->arena, "%s/%s", inside, names.items[i]);
		struct claim file = *model;
		struct stat status;

		if (lstat(path, &status) < 0)
			continue;
		file.key = below;
		if (S_ISDIR(status.st_mode))
			claim_tree(claims, model, path, below);
		else
			claim(claims, &file);
	}
}

static void claim_folders(struct claims *claims, const struct component *component)
{
	const struct claim file = { "file", NULL, component, component->place };
	const struct claim unit = { "unit", NULL, component, component->place };

	claim_tree(claims, &file, component->overlay_folder, "");
	claim_tree(claims, &unit, component->units_folder, "");
}

/* A person's account must not be a service's. */
static void claim_people(struct claims *claims, const struct recipe *recipe)
{
	for (size_t i = 0; i < recipe->user_count; i++) {
		const struct login_user *person = &recipe->users[i];

		for (size_t k = 0; k < claims->count; k++)
			if (strcmp(claims->items[k].kind, "user") == 0 &&
			    text_equal(claims->items[k].key, person->name))
				diagnostics_add(claims->mistakes, person->place,
						"users[].name: %s is the user that %s runs as (%s:%u); choose another name",
						person->name, claims->items[k].component->id,
						payloads_short_path(claims->items[k].place.file),
						claims->items[k].place.line);
	}
}

bool plan_seeds(const struct plan *plan, const struct component *component)
{
	const struct recipe *recipe = plan->recipe;

	if (!recipe->seed.text || !recipe->seed_folder || !component->seed_run)
		return false;
	for (size_t i = 0; i < component->seeds.count; i++)
		if (text_equal(component->seeds.items[i].text, recipe->seed.text))
			return true;
	return false;
}

/* A data set needs a component of this very recipe that has it. */
static void check_seed(const struct plan *plan, struct diagnostics *mistakes)
{
	const struct placed_text *seed = &plan->recipe->seed;
	const struct component *const *all;
	size_t count = catalogue_components(plan->catalogue, &all);
	autobuffer struct buffer owners = { 0 };

	if (!seed->text)
		return;
	for (size_t i = 0; i < plan->component_count; i++)
		for (size_t s = 0; s < plan->components[i].component->seeds.count; s++)
			if (text_equal(plan->components[i].component->seeds.items[s].text, seed->text))
				return;
	for (size_t i = 0; i < count; i++)
		for (size_t s = 0; s < all[i]->seeds.count; s++)
			if (text_equal(all[i]->seeds.items[s].text, seed->text))
				buffer_format(&owners, "%s%s", owners.length ? ", " : "", all[i]->id);
	diagnostics_add(mistakes, seed->place, "data.seed: no component of this recipe has the data set %s; %s has it",
			seed->text, owners.data ? owners.data : "none at all");
}

/* Said here and not with the board: the board's file is right, but its disk cannot be made. */
static void check_table(const struct plan *plan, struct diagnostics *mistakes)
{
	if (plan->board && text_equal(plan->board->partition_table, "mbr"))
		diagnostics_add(mistakes, plan->recipe->board_id.place,
				"board: %s wants a disk with an MBR, which cannot be made yet; only boards with a GPT can be built for",
				plan->board->id);
}

void claims_check(const struct plan *plan, struct diagnostics *mistakes)
{
	autoarena struct arena *arena = arena_new();
	struct claims claims = { .arena = arena, .mistakes = mistakes };

	for (size_t i = 0; i < plan->component_count; i++) {
		const struct component *component = plan->components[i].component;

		claim_typed(&claims, component);
		claim_folders(&claims, component);
		claim_sources(&claims, &plan->components[i]);
		claim_directories(&claims, &plan->components[i]);
		claim_nodes(&claims, component, "secret", component->secrets, "name");
		claim_nodes(&claims, component, "database", component->databases, "name");
		claim_nodes(&claims, component, "template", component->templates, "to");
		if (component->page) {
			const struct node *path = node_get(component->page, "path");

			if (path)
				claim(&claims, &(struct claim){ "page", path->text, component, path->place });
		}
	}
	claim_people(&claims, plan->recipe);
	check_seed(plan, mistakes);
	check_table(plan, mistakes);
	free(claims.items);
}
