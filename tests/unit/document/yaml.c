/* YAML to a tree: scalars, places, refusals, limits, hostile input. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "place.h"

/* Parses and expects exactly these messages (joined by newlines). */
static void expect_mistakes(const char *text, size_t length, const char *expected)
{
	struct document *document = NULL;
	struct diagnostics mistakes = { 0 };
	struct error err = { 0 };
	assert_int_equal(document_parse_yaml("f.yaml", text, length, &document, &mistakes), -1);
	assert_null(document);
	diagnostics_sort(&mistakes);
	diagnostics_to_error(&mistakes, &err);
	assert_string_equal(err.message, expected);
	error_clear(&err);
	diagnostics_clear(&mistakes);
}

static struct document *parse(const char *text)
{
	return parse_right("f.yaml", text, document_parse_yaml);
}

static void expect_place(const struct node *node, unsigned line, unsigned column)
{
	expect_place_in("f.yaml", node, line, column);
}

static void scalars_follow_the_core_schema(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum node_kind kind;
	} cases[] = {
		{ "true", NODE_BOOLEAN },
		{ "False", NODE_BOOLEAN },
		{ "yes", NODE_STRING },
		{ "no", NODE_STRING },
		{ "on", NODE_STRING },
		{ "null", NODE_NULL },
		{ "~", NODE_NULL },
		{ "", NODE_NULL },
		{ "12", NODE_NUMBER },
		{ "-3", NODE_NUMBER },
		{ "+3", NODE_NUMBER },
		{ "0755", NODE_NUMBER },
		{ "1.5", NODE_NUMBER },
		{ ".5", NODE_NUMBER },
		{ "5.", NODE_NUMBER },
		{ "1e3", NODE_NUMBER },
		{ "1e", NODE_STRING },
		{ "1e999", NODE_STRING },
		{ "0x1f", NODE_STRING },
		{ "1_000", NODE_STRING },
		{ ".", NODE_STRING },
		{ "-x", NODE_STRING },
		{ "1.2.3", NODE_STRING },
		{ "'12'", NODE_STRING },
		{ "\"true\"", NODE_STRING },
		{ "12:30", NODE_STRING },
		{ "2026-01-01", NODE_STRING },
		{ ".inf", NODE_STRING },
		{ "4G", NODE_STRING },
		{ "tRue", NODE_STRING },
	};
	for (size_t i = 0; i < LENGTH(cases); i++) {
		autofree char *text = text_format("k: %s\n", cases[i].text);
		autodocument struct document *document = parse(text);
		const struct node *node = node_get(document_root(document), "k");
		if (node->kind != cases[i].kind)
			fail_msg("%s is %s", cases[i].text, node_kind_name(node->kind));
	}
}

static void values_are_kept(void **state)
{
	(void)state;
	autodocument struct document *document = parse(
		"a: 0755\nb: 1.5\nc: TRUE\nd: \"x\\ty\"\ne: |\n  1\n  2\nf: >\n  1\n  2\n");
	const struct node *root = document_root(document);
	assert_int_equal(root->count, 6);
	assert_string_equal(node_text(root, "a", ""), "0755");
	assert_true(node_get(root, "a")->number == 755);
	assert_true(node_get(root, "b")->number == 1.5);
	assert_true(node_get(root, "c")->boolean);
	assert_string_equal(node_text(root, "c", ""), "TRUE");
	assert_string_equal(node_text(root, "d", ""), "x\ty");
	assert_string_equal(node_text(root, "e", ""), "1\n2\n");
	assert_string_equal(node_text(root, "f", ""), "1 2\n");
	assert_string_equal(node_text(root, "g", "fallback"), "fallback");
	assert_null(node_get(NULL, "a"));
	assert_null(node_get(node_get(root, "a"), "a"));
}

static void places_count_characters_from_one(void **state)
{
	(void)state;
	autodocument struct document *document = parse(
		"# comment\nsite:\n  name: x\n  empty:\n  list: [1, {é: ü, b: c}]\nlast:\n- 1\n-   "
		"2\n");
	const struct node *root = document_root(document);
	expect_place(root, 2, 1);
	const struct node *site = node_get(root, "site");
	expect_place(site, 3, 3);
	assert_int_equal(site->key_place.line, 2);
	assert_int_equal(site->key_place.column, 1);
	expect_place(node_find(root, "site", "name", NULL), 3, 9);
	const struct node *list = node_find(root, "site", "list", NULL);
	expect_place(list, 5, 9);
	expect_place(list->first, 5, 10);
	expect_place(list->first->next, 5, 13);
	expect_place(node_get(list->first->next, "b"), 5, 23);
	assert_int_equal(node_get(list->first->next, "b")->key_place.column, 20);
	expect_place(node_get(root, "last")->first->next, 8, 5);
	assert_null(node_find(root, "site", "name", "deeper", NULL));
}

static void a_byte_order_mark_is_skipped(void **state)
{
	(void)state;
	autodocument struct document *document = parse("\xef\xbb\xbf"
						       "a: 1\n");
	expect_place(node_get(document_root(document), "a"), 1, 4);
}

static void what_the_dialect_leaves_out_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{ "a: &x 1\nb: *x\n", "f.yaml:1:4: anchors (&x) are not part of this dialect\n"
				      "f.yaml:2:4: aliases (*x) are not part of this dialect; put "
				      "text that begins with * in quotes" },
		{ "a: !!str 1\n",
		  "f.yaml:1:4: tags (tag:yaml.org,2002:str) are not part of this dialect" },
		{ "a: ! x\n", "f.yaml:1:4: tags (!) are not part of this dialect" },
		{ "a: !x {}\nb: &y []\n", "f.yaml:1:4: tags (!x) are not part of this dialect\n"
					  "f.yaml:2:4: anchors (&y) are not part of this dialect" },
		{ "a: 1\n<<: 2\n", "f.yaml:2:1: merge keys (<<) are not part of this dialect" },
		{ "%YAML 1.1\n---\na: 1\n", "f.yaml:1:1: a line that begins with % (a directive) "
					    "is not part of this dialect" },
		{ "a: 1\n---\nb: 1\n",
		  "f.yaml:2:1: a second document begins here; one file holds one" },
		{ "a: {{x}}\n",
		  "f.yaml:1:5: a key must be text; put a text that begins with { or [ in quotes" },
		{ "[a]: 1\n",
		  "f.yaml:1:1: a key must be text; put a text that begins with { or [ in quotes" },
		{ "\"\": 1\n", "f.yaml:1:1: a key is missing before the colon" },
		{ "", "f.yaml:1:1: the file is empty" },
		{ "# only words\n", "f.yaml:1:1: the file is empty" },
		{ "a: 1\nb: {c: 1, d: 2, c: 3}\na: 2\n",
		  "f.yaml:2:17: the key \"c\" stands here again; it is already in line 2\n"
		  "f.yaml:3:1: the key \"a\" stands here again; it is already in line 1" },
		{ "a: 1\n\"a\": 2\na: 3\n",
		  "f.yaml:2:1: the key \"a\" stands here again; it is already in line 1\n"
		  "f.yaml:3:1: the key \"a\" stands here again; it is already in line 1" },
	};
	for (size_t i = 0; i < LENGTH(cases); i++)
		expect_mistakes(cases[i].text, strlen(cases[i].text), cases[i].expected);
}

static void syntax_errors_can_be_read(void **state)
{
	(void)state;
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{ "a:\n  b: 1\n c: 2\n", "f.yaml:3:2: did not find expected key, while parsing a "
					 "block mapping that began at line 1" },
		{ "a: [1, 2\nb: 3\n", "f.yaml:2:2: did not find expected ',' or ']', while parsing "
				      "a flow sequence that began at line 1" },
		{ "a:\n\t- x\n", "f.yaml:2:1: found character that cannot start any token (a tab: "
				 "YAML is indented with spaces)" },
		{ "a: @x\n", "f.yaml:1:4: found character that cannot start any token (text that "
			     "begins with @ needs quotes)" },
		{ "a: b: c\n", "f.yaml:1:5: mapping values are not allowed in this context (is the "
			       "line indented too far, or "
			       "does text that holds \": \" need quotes?)" },
		{ "a: \"x\n\nb: 1\n", "f.yaml:4:1: found unexpected end of stream, while scanning "
				      "a quoted scalar (line 1)" },
		{ "a: 1\nbcd\ne: 2\n", "f.yaml:3:1: could not find expected ':' (a key needs a "
				       "colon and a space behind it), "
				       "while scanning a simple key (line 2)" },
	};
	for (size_t i = 0; i < LENGTH(cases); i++)
		expect_mistakes(cases[i].text, strlen(cases[i].text), cases[i].expected);
}

static void broken_bytes_are_clean_errors(void **state)
{
	(void)state;
	expect_mistakes("a: \xff\n", 5, "f.yaml:1:4: not UTF-8 text (invalid leading UTF-8 octet)");
	expect_mistakes("a: 1\nb: \xc3", 9,
			"f.yaml:2:4: not UTF-8 text (incomplete UTF-8 octet sequence)");
	expect_mistakes("a: \x01\n", 5, "f.yaml:1:4: the control character 0x01 is not allowed");
	expect_mistakes("a: b\0c\n", 7, "f.yaml:1:5: the control character 0x00 is not allowed");
	expect_mistakes("a: \"b\\0c\"\n", 10, "f.yaml:1:4: text must not hold a NUL character");
	expect_mistakes("\xff\xfe"
			"a\0:\0",
			6, "f.yaml:1:1: not UTF-8 text (invalid leading UTF-8 octet)");
}

/* `count` times `piece`, and `end`. */
static char *repeated(const char *piece, size_t count, const char *end)
{
	struct buffer text = { 0 };
	for (size_t i = 0; i < count; i++)
		buffer_text(&text, piece);
	buffer_text(&text, end);
	return buffer_steal(&text);
}

static void limits_hold(void **state)
{
	(void)state;
	autofree char *deep = repeated("[", 1000, "\n");
	expect_mistakes(deep, strlen(deep),
			"f.yaml:1:65: lists and maps are nested more than 64 deep");
	autofree char *block = repeated("- ", 1000, "x\n");
	expect_mistakes(block, strlen(block),
			"f.yaml:1:129: lists and maps are nested more than 64 deep");
	autofree char *right = repeated("[", 64, "");
	autofree char *closed = repeated("]", 64, "\n");
	autofree char *both = text_format("%s%s", right, closed);
	document_free(parse(both));
	autofree char *wide = repeated("- \n", 200000, "\n");
	expect_mistakes(wide, strlen(wide), "f.yaml:200000:2: more than 200000 values in one file");
	autofree char *large = memory_alloc(DOCUMENT_MAX_BYTES + 1);
	memset(large, ' ', DOCUMENT_MAX_BYTES + 1);
	expect_mistakes(large, DOCUMENT_MAX_BYTES + 1, "f.yaml:1:1: longer than 4194304 bytes");
	autofree char *directives = repeated("%TAG !a! b\n", 300000, "---\n");
	expect_mistakes(
		directives, strlen(directives),
		"f.yaml:1:1: a line that begins with % (a directive) is not part of this dialect");
}

static void a_big_map_is_checked_quickly(void **state)
{
	(void)state;
	struct buffer text = { 0 };
	for (unsigned i = 0; i < 150000; i++)
		buffer_format(&text, "key-%u: 1\n", i);
	buffer_text(&text, "key-7: 2\n");
	autofree char *keys = buffer_steal(&text);
	double start = clock_seconds();
	expect_mistakes(
		keys, strlen(keys),
		"f.yaml:150001:1: the key \"key-7\" stands here again; it is already in line 8");
	assert_true(clock_seconds() - start < 20); /* seconds; comparing all pairs takes minutes */
}

static void a_missing_file_is_a_mistake_without_a_line(void **state)
{
	(void)state;
	struct document *document = NULL;
	struct diagnostics mistakes = { 0 };
	assert_int_equal(document_load("/nowhere/x.yaml", &document, &mistakes), -1);
	assert_int_equal(mistakes.count, 1);
	assert_true(text_starts(mistakes.messages[0], "/nowhere/x.yaml: cannot be read: "));
	diagnostics_clear(&mistakes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scalars_follow_the_core_schema),
		cmocka_unit_test(values_are_kept),
		cmocka_unit_test(places_count_characters_from_one),
		cmocka_unit_test(a_byte_order_mark_is_skipped),
		cmocka_unit_test(what_the_dialect_leaves_out_is_refused),
		cmocka_unit_test(syntax_errors_can_be_read),
		cmocka_unit_test(broken_bytes_are_clean_errors),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(a_big_map_is_checked_quickly),
		cmocka_unit_test(a_missing_file_is_a_mistake_without_a_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
