/* YAML text to a tree, over libyaml's event parser. The dialect is small on purpose: what a recipe
 * cannot say (anchors, aliases, tags, merge keys, directives, several documents) is a mistake. */
#include "document/tree.h"

#include <string.h>
#include <yaml.h>

struct yaml_source {
	const char *text;
	size_t length;
	struct tree tree;
	size_t documents;
};

static struct place place_of(const struct yaml_source *source, yaml_mark_t mark)
{
	return tree_place(&source->tree, (unsigned)mark.line + 1, (unsigned)mark.column + 1);
}

/* The byte at a place, found by counting: libyaml's marks count characters, not bytes. */
static char character_at(const struct yaml_source *source, yaml_mark_t mark)
{
	size_t line = 0, column = 0;
	for (size_t i = 0; i < source->length; i++) {
		unsigned char byte = (unsigned char)source->text[i];
		if ((byte & 0xc0) == 0x80)
			continue;
		if (line == mark.line && column == mark.column)
			return (char)byte;
		column++;
		if (byte == '\n') {
			line++;
			column = 0;
		}
	}
	return 0;
}

/* What a person most likely did when libyaml says one of its general sentences. */
static const char *hint(const struct yaml_source *source, const yaml_parser_t *parser)
{
	const char *problem = parser->problem;
	if (text_equal(problem, "found character that cannot start any token")) {
		switch (character_at(source, parser->problem_mark)) {
		case '\t': return " (a tab: YAML is indented with spaces)";
		case '@': return " (text that begins with @ needs quotes)";
		case '`': return " (text that begins with a backtick needs quotes)";
		case '%': return " (text that begins with % needs quotes)";
		default: return "";
		}
	}
	if (text_equal(problem, "mapping values are not allowed in this context"))
		return " (is the line indented too far, or does text that holds \": \" need "
		       "quotes?)";
	if (text_equal(problem, "could not find expected ':'"))
		return " (a key needs a colon and a space behind it)";
	return "";
}

/* libyaml stops at its first syntax error. */
static void note_syntax_error(struct yaml_source *source, const yaml_parser_t *parser)
{
	struct diagnostics *mistakes = source->tree.mistakes;
	if (parser->error == YAML_READER_ERROR) {
		struct place at = tree_place_at(&source->tree, source->text, source->length,
						parser->problem_offset);
		if (text_equal(parser->problem, "control characters are not allowed"))
			diagnostics_add(mistakes, at, "the control character 0x%02x is not allowed",
					(unsigned)parser->problem_value);
		else
			diagnostics_add(mistakes, at, "not UTF-8 text (%s)", parser->problem);
		return;
	}
	struct place at = place_of(source, parser->problem_mark);
	const char *problem = parser->problem ? parser->problem : "cannot be parsed";
	if (parser->context && text_starts(parser->context, "while parsing a"))
		diagnostics_add(mistakes, at, "%s%s, %s that began at line %zu", problem,
				hint(source, parser), parser->context,
				parser->context_mark.line + 1);
	else if (parser->context && parser->context_mark.line != parser->problem_mark.line)
		diagnostics_add(mistakes, at, "%s%s, %s (line %zu)", problem, hint(source, parser),
				parser->context, parser->context_mark.line + 1);
	else
		diagnostics_add(mistakes, at, "%s%s", problem, hint(source, parser));
}

static void refuse_extras(struct yaml_source *source, struct place at, const yaml_char_t *anchor,
			  const yaml_char_t *tag)
{
	if (anchor)
		diagnostics_add(source->tree.mistakes, at,
				"anchors (&%.40s) are not part of this dialect",
				(const char *)anchor);
	if (tag)
		diagnostics_add(source->tree.mistakes, at,
				"tags (%.40s) are not part of this dialect", (const char *)tag);
}

static void take_key(struct yaml_source *source, const char *text, bool plain, struct place at)
{
	if (plain && text_equal(text, "<<"))
		diagnostics_add(source->tree.mistakes, at,
				"merge keys (<<) are not part of this dialect");
	else if (!*text)
		diagnostics_add(source->tree.mistakes, at, "a key is missing before the colon");
	tree_key(&source->tree, text, at);
}

static int take_scalar(struct yaml_source *source, const yaml_event_t *event)
{
	struct place at = place_of(source, event->start_mark);
	const char *value = (const char *)event->data.scalar.value;
	size_t length = event->data.scalar.length;
	bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	refuse_extras(source, at, event->data.scalar.anchor, event->data.scalar.tag);
	if (memchr(value, 0, length))
		diagnostics_add(source->tree.mistakes, at, "text must not hold a NUL character");
	const char *text = arena_string_n(source->tree.document->arena, value, length);
	if (tree_wants_key(&source->tree)) {
		take_key(source, text, plain, at);
		return 0;
	}
	struct node *node = tree_node(&source->tree, NODE_STRING, at);
	if (!node)
		return -1;
	node->text = text;
	if (plain)
		node_resolve_plain(node);
	return 0;
}

static int take_alias(struct yaml_source *source, const yaml_event_t *event)
{
	struct place at = place_of(source, event->start_mark);
	diagnostics_add(source->tree.mistakes, at,
			"aliases (*%.40s) are not part of this dialect; put text that begins with "
			"* in quotes",
			(const char *)event->data.alias.anchor);
	if (tree_wants_key(&source->tree)) {
		tree_key(&source->tree, "*", at);
		return 0;
	}
	return tree_node(&source->tree, NODE_NULL, at) ? 0 : -1;
}

static int take_start(struct yaml_source *source, const yaml_event_t *event)
{
	struct place at = place_of(source, event->start_mark);
	bool map = event->type == YAML_MAPPING_START_EVENT;
	if (map)
		refuse_extras(source, at, event->data.mapping_start.anchor,
			      event->data.mapping_start.tag);
	else
		refuse_extras(source, at, event->data.sequence_start.anchor,
			      event->data.sequence_start.tag);
	struct node *node = tree_node(&source->tree, map ? NODE_MAP : NODE_LIST, at);
	return node ? tree_enter(&source->tree, node) : -1;
}

/* Takes one event. 1 at the end of the stream, -1 when going on is useless (a mistake was noted). */
static int take_event(struct yaml_source *source, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_STREAM_END_EVENT: return 1;
	case YAML_DOCUMENT_START_EVENT:
		if (source->documents++)
			return diagnostics_add(source->tree.mistakes,
					       place_of(source, event->start_mark),
					       "a second document begins here; one file holds one");
		return 0;
	case YAML_SCALAR_EVENT: return take_scalar(source, event);
	case YAML_ALIAS_EVENT: return take_alias(source, event);
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT: return take_start(source, event);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT: tree_leave(&source->tree); return 0;
	default: return 0;
	}
}

static void parse_events(struct yaml_source *source, yaml_parser_t *parser)
{
	int state = 0;
	while (state == 0) {
		yaml_event_t event;
		if (!yaml_parser_parse(parser, &event)) {
			note_syntax_error(source, parser);
			return;
		}
		state = take_event(source, &event);
		yaml_event_delete(&event);
	}
	if (state == 1 && !source->documents)
		diagnostics_add(source->tree.mistakes, tree_place(&source->tree, 1, 1),
				"the file is empty");
}

/* libyaml compares each %TAG directive with all before it, so a file of them would take hours. */
static bool refuse_directives(struct yaml_source *source)
{
	for (size_t i = 0; i < source->length; i++) {
		if (source->text[i] != '%' ||
		    (i && source->text[i - 1] != '\n' && source->text[i - 1] != '\r'))
			continue;
		diagnostics_add(
			source->tree.mistakes,
			tree_place_at(&source->tree, source->text, source->length, i),
			"a line that begins with %% (a directive) is not part of this dialect");
		return true;
	}
	return false;
}

static void parse_text(struct yaml_source *source)
{
	static const char byte_order_mark[] = "\xef\xbb\xbf";
	if (source->length > DOCUMENT_MAX_BYTES) {
		diagnostics_add(source->tree.mistakes, tree_place(&source->tree, 1, 1),
				"longer than %u bytes", DOCUMENT_MAX_BYTES);
		return;
	}
	if (source->length >= 3 && !memcmp(source->text, byte_order_mark, 3)) {
		source->text += 3;
		source->length -= 3;
	}
	if (!source->length) {
		diagnostics_add(source->tree.mistakes, tree_place(&source->tree, 1, 1),
				"the file is empty");
		return;
	}
	if (refuse_directives(source))
		return;
	yaml_parser_t parser;
	if (!yaml_parser_initialize(&parser))
		abort(); /* out of memory, as memory_alloc() does */
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)source->text, source->length);
	parse_events(source, &parser);
	yaml_parser_delete(&parser);
}

int document_parse_yaml(const char *name, const char *text, size_t length,
			struct document **ret_document, struct diagnostics *mistakes)
{
	autodocument struct document *document = document_new(name);
	struct yaml_source source = {
		.text = text,
		.length = length,
		.tree = { .document = document, .mistakes = mistakes },
	};
	size_t before = mistakes->count + mistakes->dropped;
	parse_text(&source);
	if (mistakes->count + mistakes->dropped != before)
		return -1;
	*ret_document = steal(document);
	return 0;
}
