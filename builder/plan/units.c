/* units: the systemd units that components and recipe bring, as far as a plan speaks of them: what they are,
 * in which order they start (After=, Before=; else dependencies first, then by name), who enables them. A folder
 * that cannot be read has no units. Source: systemd.unit(5). */
#include "plan/plan.h"

#include <stdlib.h>
#include <string.h>

#define MAXIMUM_UNIT (1u << 20)

struct finder {
	struct arena *arena;
	const struct component *component;   /* whose units are being read; NULL: the recipe's */
	struct planned_unit *items;
	size_t count, capacity;
};

/* Adds the words of a value to the text, once each. */
static const char *add_words(struct arena *arena, const char *before, const char *value)
{
	autostrings struct strings words = { 0 };

	strings_split(&words, before ? before : "", " \t");
	autofree char *given = text_copy(value);
	autostrings struct strings more = { 0 };

	strings_split(&more, given, " \t");
	for (size_t i = 0; i < more.count; i++)
		if (!strings_have(&words, more.items[i]))
			strings_add(&words, more.items[i]);
	autofree char *joined = strings_join(&words, " ");

	return arena_string(arena, joined);
}

static void take_setting(struct finder *finder, struct planned_unit *unit, const char *line)
{
	static const char *const keys[] = { "After=", "Before=", "Requires=", "Wants=", "WantedBy=", "RequiredBy=" };
	const char **values[] = { &unit->after, &unit->before, &unit->requires, &unit->wants, &unit->wanted_by,
				  &unit->wanted_by };

	if (text_starts(line, "Description=") && !unit->description)
		unit->description = arena_string(finder->arena, line + strlen("Description="));
	for (size_t i = 0; i < LENGTH(keys); i++)
		if (text_starts(line, keys[i]))
			*values[i] = add_words(finder->arena, *values[i], line + strlen(keys[i]));
}

static void read_unit(struct finder *finder, struct planned_unit *unit, const char *path)
{
	autofree char *text = file_text_or_null(path, MAXIMUM_UNIT);
	autostrings struct strings lines = { 0 };

	if (!text)
		return;
	strings_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.count; i++)
		take_setting(finder, unit, lines.items[i]);
}

static void read_additions(struct finder *finder, struct planned_unit *unit, const char *folder)
{
	autostrings struct strings names = { 0 };

	if (directory_list(folder, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		autofree char *path = path_join(folder, names.items[i]);

		read_unit(finder, unit, path);
	}
}

/* One entry of a folder of units: a unit file, or a folder of additions. */
static void add_unit(struct finder *finder, const char *path)
{
	const char *name = path_base(path);
	bool additions = text_ends(name, ".d") && path_is_directory(path);
	struct planned_unit unit = { .component = finder->component, .additions = additions,
				     .path = arena_string(finder->arena, path) };

	unit.name = arena_string_n(finder->arena, name, strlen(name) - (additions ? 2 : 0));
	if (additions)
		read_additions(finder, &unit, path);
	else
		read_unit(finder, &unit, path);
	finder->items = array_grow(finder->items, finder->count, &finder->capacity, sizeof *finder->items);
	finder->items[finder->count++] = unit;
}

static void add_folder(struct finder *finder, const char *folder)
{
	autostrings struct strings names = { 0 };

	if (!folder || directory_list(folder, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		autofree char *path = path_join(folder, names.items[i]);

		add_unit(finder, path);
	}
}

static bool has_word(const char *words, const char *word)
{
	autostrings struct strings list = { 0 };

	strings_split(&list, words ? words : "", " ");
	return strings_have(&list, word);
}

/* Must `unit` wait for `other`? */
static bool waits_for(const struct planned_unit *unit, const struct planned_unit *other)
{
	return has_word(unit->after, other->name) || has_word(other->before, unit->name);
}

/* Moves the first unit that waits for none of those left to its place; a ring keeps the order found. */
static void sort_units(struct planned_unit *units, size_t count)
{
	for (size_t done = 0; done < count; done++) {
		size_t next = done;

		for (size_t i = done; i < count; i++) {
			bool free_to_go = true;

			for (size_t j = done; j < count && free_to_go; j++)
				free_to_go = i == j || !waits_for(&units[i], &units[j]);
			if (free_to_go) {
				next = i;
				break;
			}
		}
		struct planned_unit unit = units[next];

		memmove(&units[done + 1], &units[done], (next - done) * sizeof *units);
		units[done] = unit;
	}
}

size_t plan_units(const struct plan *plan, struct arena *arena, struct planned_unit **ret_units)
{
	struct finder finder = { .arena = arena };

	for (size_t i = 0; i < plan->component_count; i++) {
		finder.component = plan->components[i].component;
		add_folder(&finder, finder.component->units_folder);
	}
	finder.component = NULL;
	for (size_t i = 0; i < plan->recipe->units.count; i++) {
		const char *path = plan->recipe->units.items[i].text;

		if (path_is_directory(path) && !text_ends(path, ".d"))
			add_folder(&finder, path);
		else
			add_unit(&finder, path);
	}
	sort_units(finder.items, finder.count);
	*ret_units = arena_alloc(arena, (finder.count + 1) * sizeof **ret_units);
	if (finder.count > 0)
		memcpy(*ret_units, finder.items, finder.count * sizeof **ret_units);
	free(finder.items);
	return finder.count;
}
