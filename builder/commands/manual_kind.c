/* Manual pages of the kinds of files, from the key tables that check them; see manual_kind.h. */
#include "commands/manual_kind.h"

#include <stdio.h>
#include <string.h>

#include "commands/roff.h"
#include "commands/table.h"

#define TYPES_MAXIMUM 64

/* What was told already: the keys of a record, which may stand at several places, are explained once. */
struct told {
	const struct value_type *records[TYPES_MAXIMUM], *scalars[TYPES_MAXIMUM];
	size_t record_count, scalar_count;
};

static void print_keys(struct told *told, const struct key_entry *keys);

static bool was_told(struct told *told, const struct value_type *record)
{
	for (size_t i = 0; i < told->record_count; i++)
		if (told->records[i] == record)
			return true;
	if (told->record_count < TYPES_MAXIMUM)
		told->records[told->record_count++] = record;
	return false;
}

/* Scalars of which more is to be said than their name: what is expected of them stands at the page's end. */
static void remember(struct told *told, const struct value_type *type)
{
	if (type->form != FORM_SCALAR || type->words || !type->expected || told->scalar_count == TYPES_MAXIMUM)
		return;
	for (size_t i = 0; i < told->scalar_count; i++)
		if (text_equal(told->scalars[i]->expected, type->expected))
			return;
	told->scalars[told->scalar_count++] = type;
}

/* The keys inside a value: of a map, of the maps in a list, of each form that a choice may have. */
static void print_inside(struct told *told, const struct value_type *type)
{
	if (type->form == FORM_MAP)
		remember(told, type->key_type);
	while (type->form == FORM_LIST || type->form == FORM_MAP)
		type = type->item;
	remember(told, type);
	if ((type->form != FORM_RECORD || !type->keys) && type->form != FORM_CHOICE)
		return;
	if (was_told(told, type)) {
		roff_more("Its keys are explained above.");
		return;
	}
	if (type->short_key) {
		autofree char *lone = text_format("A lone value means `%s`; else it is a map:", type->short_key);
		roff_more(lone);
	}
	roff_indent(true);
	if (type->form == FORM_RECORD)
		print_keys(told, type->keys);
	for (size_t i = 0; type->form == FORM_CHOICE && type->choices[i].key; i++) {
		autofree char *which = text_format("%s `%s`:", i ? "Or with" : "With", type->choices[i].key);
		roff_paragraph(which);
		print_keys(told, type->choices[i].record->keys);
	}
	roff_indent(false);
}

static void print_keys(struct told *told, const struct key_entry *keys)
{
	for (; keys->name; keys++) {
		if (!keys->type)
			continue;
		autofree char *type = schema_type_text(keys->type);
		roff_term(keys->name, ": ", type);
		autofree char *help = text_format("%s%s%s%s%s", keys->help,
						  keys->flags & KEY_REQUIRED ? " (must be given)" : "",
						  keys->standard ? " (without it: " : "",
						  keys->standard ? keys->standard : "", keys->standard ? ")" : "");
		roff_text(help);
		print_inside(told, keys->type);
	}
}

void manual_kind(const struct file_kind *kind)
{
	struct told told = {0};

	roff_section("NAME");
	printf("hiebox\\-%s \\-\n", kind->name);
	roff_text(kind->summary);
	roff_section("SYNOPSIS");
	roff_bold(kind->where);
	roff_section("DESCRIPTION");
	roff_text("A YAML file with these keys. Unknown keys, wrong types, values out of range and names that do not exist "
		  "are mistakes, and `hiebox check` tells all of them with line and column.");
	roff_section("KEYS");
	print_keys(&told, kind->type->keys);
	roff_section("VALUES");
	for (size_t i = 0; i < told.scalar_count; i++) {
		roff_term(told.scalars[i]->name, NULL, NULL);
		roff_text(told.scalars[i]->expected);
	}
	if (kind->more) {
		roff_section("NOTES");
		roff_literal(kind->more);
	}
	roff_section("EXAMPLES");
	roff_literal(kind->example);
	manual_see_also(kind->name);
}

void manual_see_also(const char *but)
{
	autobuffer struct buffer list = {0};

	if (but)
		buffer_text(&list, "hiebox(1), ");
	for (size_t i = 0; hiebox_kinds[i]; i++)
		if (!text_equal(hiebox_kinds[i]->name, but))
			buffer_format(&list, "hiebox-%s(5), ", hiebox_kinds[i]->name);
	buffer_text(&list, but ? "hiebox help KIND" : "subuid(5), sources.list(5), qemu-system-x86_64(1)");
	roff_section("SEE ALSO");
	roff_text(list.data);
}
