/* Help for people who write the files, from the same tables that check them. */
#include "recipe/keys.h"

#include <string.h>

static void add_keys(struct buffer *out, const struct key_entry *keys, unsigned depth);

/* The keys inside a value: of a map, of the maps in a list, of each form a choice may have. */
static void add_inside(struct buffer *out, const struct value_type *type, unsigned depth)
{
	if (type->form == FORM_LIST)
		type = type->item;
	if (type->form == FORM_RECORD)
		add_keys(out, type->keys, depth);
	if (type->form != FORM_CHOICE)
		return;
	for (size_t i = 0; type->choices[i].key; i++) {
		buffer_format(out, "  %*s%s of\n", (int)depth * 2, "", i ? "or" : "each one");
		add_keys(out, type->choices[i].record->keys, depth + 1);
	}
}

/* "list of packages", "training|development|production", "size". */
static void add_type(struct buffer *out, const struct value_type *type)
{
	if (type->form == FORM_LIST) {
		buffer_text(out, "list of ");
		type = type->item;
	}
	if (!type->words) {
		buffer_text(out, type->name);
		return;
	}
	for (size_t i = 0; type->words[i].name; i++)
		buffer_format(out, "%s%s", i ? "|" : "", type->words[i].name);
}

static void add_keys(struct buffer *out, const struct key_entry *keys, unsigned depth)
{
	for (; keys->name; keys++) {
		if (!keys->type)
			continue;
		autobuffer struct buffer kind = { 0 };
		add_type(&kind, keys->type);
		int width = 22 - (int)depth * 2;
		buffer_format(out, "%s %*s%-*s %-26s %s", keys->flags & KEY_REQUIRED ? "*" : " ",
			      (int)depth * 2, "", width, keys->name, kind.data, keys->help);
		if (keys->standard)
			buffer_format(out, " [%s]", keys->standard);
		buffer_text(out, "\n");
		add_inside(out, keys->type, depth + 1);
	}
}

char *recipe_help(const char *kind)
{
	static const struct {
		const char *kind, *file;
		const struct value_type *type;
	} kinds[] = {
		{ "recipe", "recipes/<name>.yaml: what a site edits", &file_recipe },
		{ "board", "recipes/boards/<id>.yaml: a machine that boxes are made for",
		  &file_board },
		{ "component", "recipes/components/<id>/component.yaml: what a contributor adds",
		  &file_component },
	};
	for (size_t i = 0; i < LENGTH(kinds); i++) {
		if (!text_equal(kinds[i].kind, kind))
			continue;
		struct buffer out = { 0 };
		buffer_format(&out, "%s\n* must be given; [what counts without it]\n\n",
			      kinds[i].file);
		add_keys(&out, kinds[i].type->keys, 0);
		return buffer_steal(&out);
	}
	return NULL;
}
