/* Help for people who write the files, from the same tables that check them. */
#include "schema/schema.h"

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

char *schema_help(const struct file_kind *kind)
{
	struct buffer out = { 0 };
	buffer_format(&out, "%s\n* must be given; [what counts without it]\n\n", kind->where);
	add_keys(&out, kind->type->keys, 0);
	if (kind->more)
		buffer_format(&out, "\n%s", kind->more);
	return buffer_steal(&out);
}

char *schema_type_text(const struct value_type *type)
{
	struct buffer out = { 0 };
	add_type(&out, type);
	return buffer_steal(&out);
}
