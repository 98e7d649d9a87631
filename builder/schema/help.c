/* Help for people who write the files, from the same tables that check them. */
#include "schema/store.h"

#include <string.h>

#define WIDTH 80

/* Scalars that the keys mentioned, in order, for the list at the end. */
struct help {
	struct buffer out;
	const struct value_type *told[64]; /* records whose keys stand above */
	size_t told_count;
	const struct value_type *seen[64];
	size_t count;
};

static void add_keys(struct help *help, const struct key_entry *keys, unsigned depth);

/* Columns of UTF-8 text. */
static size_t text_columns(const char *text)
{
	size_t columns = 0;
	for (; *text; text++)
		columns += ((unsigned char)*text & 0xc0) != 0x80;
	return columns;
}

/* `text` behind `lead` with line breaks, further lines indented by `indent` columns. */
static void add_wrapped(struct buffer *out, const char *lead, unsigned indent, const char *text)
{
	buffer_text(out, lead);
	size_t column = text_columns(lead);
	bool begun = false;
	while (*text) {
		size_t length = strcspn(text, " ");
		autofree char *word = text_copy_n(text, length);
		size_t columns = text_columns(word);
		if (begun && column + 1 + columns > WIDTH) {
			buffer_format(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (begun) {
			buffer_text(out, " ");
			column++;
		}
		buffer_text(out, word);
		column += columns;
		begun = true;
		text += length;
		text += strspn(text, " ");
	}
	buffer_text(out, "\n");
}

static void remember(struct help *help, const struct value_type *type)
{
	for (size_t i = 0; i < help->count; i++) {
		if (help->seen[i] == type || (type->expected && text_equal(help->seen[i]->expected,
									   type->expected)))
			return;
	}
	if (type->form == FORM_SCALAR && (type->valid || type->words) &&
	    help->count < LENGTH(help->seen))
		help->seen[help->count++] = type;
}

/* "list of packages", "training | development | production", "size from 64M to 16T". */
static void add_type(struct help *help, struct buffer *out, const struct value_type *type)
{
	if (!type->words)
		remember(help, type);
	if (type->form == FORM_LIST) {
		if (type->lone) {
			add_type(help, out, type->item);
			buffer_text(out, ", or ");
		}
		buffer_text(out, "list of ");
		add_type(help, out, type->item);
	} else if (type->form == FORM_MAP) {
		remember(help, type->key_type);
		remember(help, type->item);
		buffer_format(out, "map of %s to %s", type->key_type->name, type->item->name);
	} else if (type->words) {
		for (size_t i = 0; type->words[i].name; i++)
			buffer_format(out, "%s%s", i ? " | " : "", type->words[i].name);
	} else {
		autofree char *range = range_text(type);
		buffer_format(out, "%s%s", type->name, range);
	}
}

static bool was_told(struct help *help, const struct value_type *type)
{
	if (type->form != FORM_RECORD)
		return false;
	for (size_t i = 0; i < help->told_count; i++) {
		if (help->told[i] == type)
			return true;
	}
	if (help->told_count < LENGTH(help->told))
		help->told[help->told_count++] = type;
	return false;
}

/* The keys inside a value: of a map, of the maps in a list, of each form a choice may have. */
static void add_inside(struct help *help, const struct value_type *type, unsigned depth)
{
	while (type->form == FORM_LIST || type->form == FORM_MAP)
		type = type->item;
	if (was_told(help, type)) {
		buffer_format(&help->out, "%*s(its keys stand above)\n", (int)depth * 4 + 2, "");
		return;
	}
	if (type->short_key)
		buffer_format(&help->out, "%*sa lone value means `%s`; else a map:\n",
			      (int)depth * 4, "", type->short_key);
	if (type->form == FORM_RECORD)
		add_keys(help, type->keys, depth);
	if (type->form != FORM_CHOICE)
		return;
	for (size_t i = 0; type->choices[i].key; i++) {
		buffer_format(&help->out, "%*s%s\n", (int)depth * 4, "",
			      i ? "or" : "each one of these:");
		add_keys(help, type->choices[i].record->keys, depth);
	}
}

static void add_keys(struct help *help, const struct key_entry *keys, unsigned depth)
{
	unsigned margin = depth * 4;
	for (; keys->name; keys++) {
		if (!keys->type)
			continue;
		autobuffer struct buffer kind = { 0 };
		autofree char *lead = text_format("%*s%s %s: ", (int)margin, "",
						  keys->flags & KEY_REQUIRED ? "*" : " ",
						  keys->name);
		autofree char *indent = text_format("%*s", (int)margin + 6, "");
		autofree char *standard = keys->standard ? text_format(" [%s]", keys->standard)
							 : text_copy("");
		add_type(help, &kind, keys->type);
		buffer_text(&kind, standard);
		add_wrapped(&help->out, lead, margin + 6, kind.data);
		add_wrapped(&help->out, indent, margin + 6, keys->help);
		add_inside(help, keys->type, depth + 1);
	}
}

char *schema_help(const struct file_kind *kind)
{
	struct help help = { 0 };
	autofree char *title = text_format("%s: ", kind->name);
	autofree char *rest = text_format("%s (%s)", kind->summary, kind->where);
	add_wrapped(&help.out, title, 6, rest);
	buffer_text(&help.out, "\n* must be given. [What counts when a key is absent.]\n\n");
	add_keys(&help, kind->type->keys, 0);
	buffer_text(&help.out, "\nValues\n");
	for (size_t i = 0; i < help.count; i++) {
		autofree char *lead = text_format("  %s: ", help.seen[i]->name);
		autofree char *words = help.seen[i]->words ? words_text(help.seen[i]->words)
							   : text_copy(help.seen[i]->expected);
		add_wrapped(&help.out, lead, 6, words);
	}
	if (kind->more)
		buffer_format(&help.out, "\n%s", kind->more);
	buffer_format(&help.out, "\nExample\n\n%s", kind->example);
	return buffer_steal(&help.out);
}

char *schema_type_text(const struct value_type *type)
{
	struct help help = { 0 };
	struct buffer out = { 0 };
	add_type(&help, &out, type);
	return buffer_steal(&out);
}
