/* JSON to a tree and back: places, number texts, refusals, writing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "place.h"

static struct document *parse(const char *text)
{
	return parse_right("f.json", text, document_parse_json);
}

static void expect_place(const struct node *node, unsigned line, unsigned column)
{
	expect_place_in("f.json", node, line, column);
}

static void expect_mistake(const char *text, size_t length, const char *expected)
{
	struct document *document = NULL;
	struct diagnostics mistakes = { 0 };
	assert_int_equal(document_parse_json("f.json", text, length, &document, &mistakes), -1);
	assert_null(document);
	assert_int_equal(mistakes.count, 1);
	assert_string_equal(mistakes.messages[0], expected);
	diagnostics_clear(&mistakes);
}

static void values_have_places(void **state)
{
	(void)state;
	autodocument struct document *document = parse(
		"{\n  \"a\": [1.10, -2e3, \"\\u00e9\\\"x\", {}],\n\t\"ü\" : {\"t\":true,\"f\": "
		"false , \"n\":null},\n\"z\":[ ]}\n");
	const struct node *root = document_root(document);
	expect_place(root, 1, 1);
	const struct node *list = node_get(root, "a");
	expect_place(list, 2, 8);
	assert_int_equal(list->key_place.column, 3);
	assert_int_equal(list->count, 4);
	expect_place(list->first, 2, 9);
	assert_string_equal(list->first->text, "1.10");
	assert_int_equal(list->first->kind, NODE_NUMBER);
	assert_string_equal(list->first->next->text, "-2e3");
	assert_true(list->first->next->number == -2000);
	assert_string_equal(list->first->next->next->text, "é\"x");
	expect_place(list->first->next->next->next, 2, 34);
	const struct node *map = node_get(root, "ü");
	expect_place(map, 3, 8);
	assert_true(node_get(map, "t")->boolean);
	expect_place(node_get(map, "f"), 3, 23);
	assert_int_equal(node_get(map, "n")->kind, NODE_NULL);
	expect_place(node_get(root, "z"), 4, 5);
}

static void any_value_may_stand_alone(void **state)
{
	(void)state;
	autodocument struct document *text = parse("\"x\"");
	assert_string_equal(document_root(text)->text, "x");
	autodocument struct document *number = parse(" 12 ");
	assert_string_equal(document_root(number)->text, "12");
	expect_place(document_root(number), 1, 2);
}

static void mistakes_are_refused(void **state)
{
	(void)state;
	/* jansson alone takes the first of these */
	expect_mistake("[1.10\0, 2]", 10, "f.json:1:6: a NUL byte: this is no JSON text");
	expect_mistake("[\"a\0\"]", 6, "f.json:1:4: a NUL byte: this is no JSON text");
	expect_mistake("{\"a\": 1,\n \"a\": 2}", 17,
		       "f.json:2:4: duplicate object key near '\"a\"'");
	expect_mistake("{\"a\": 1 \"b\": 2}", 15, "f.json:1:11: '}' expected near '\"b\"'");
	expect_mistake("[1,]", 4, "f.json:1:4: unexpected token near ']'");
	expect_mistake("", 0, "f.json:1:1: the file is empty");
	expect_mistake(" \n", 2, "f.json:1:1: the file is empty");
	expect_mistake("1 2", 3, "f.json:1:3: end of file expected near '2'");
	expect_mistake("\"\xff\"", 3, "f.json:1:1: unable to decode byte 0xff near '\"'");
	expect_mistake("12345678901234567890123", 23, "f.json:1:23: too big integer");
	struct diagnostics mistakes = { 0 };
	struct document *document = NULL;
	assert_int_equal(document_parse_json("f", "\"a\\u0000b\"", 10, &document, &mistakes), -1);
	assert_int_equal(document_parse_json("f", "\"a\0b\"", 5, &document, &mistakes), -1);
	assert_int_equal(document_parse_json("f", "nan", 3, &document, &mistakes), -1);
	assert_int_equal(document_parse_json("f", "{\"a\":1", 6, &document, &mistakes), -1);
	assert_int_equal(document_parse_json("f", "\"abc\\", 5, &document, &mistakes), -1);
	assert_int_equal(mistakes.count, 5);
	diagnostics_clear(&mistakes);
}

static void mistakes_may_be_ignored(void **state)
{
	(void)state;
	autofree char *folder = NULL;
	assert_int_equal(directory_temporary("/tmp", "hiebox-json-", &folder, NULL), 0);
	autofree char *good = path_join(folder, "good.json");
	autofree char *bad = path_join(folder, "bad.json");
	assert_int_equal(file_write_plain(good, "{\"a\":\"b\"}", 9, 0600, NULL), 0);
	assert_int_equal(file_write_plain(bad, "{\"a\":", 5, 0600, NULL), 0);
	autodocument struct document *loaded = document_load_or_null(good);
	assert_string_equal(node_text(document_root(loaded), "a", ""), "b");
	assert_null(document_load_or_null(bad));
	assert_null(document_load_or_null(folder));
	assert_int_equal(tree_remove(folder, NULL), 0);
	assert_null(document_load_or_null(good));
	autodocument struct document *parsed = document_json_or_null("{\"a\":\"b\"}, rest", 9);
	assert_string_equal(node_text(document_root(parsed), "a", ""), "b");
	assert_null(document_json_or_null("{\"a\":", 5));
	assert_null(document_json_or_null("", 0));
	assert_null(document_json_or_null(NULL, 0));
}

static void limits_hold(void **state)
{
	(void)state;
	char deep[200];
	memset(deep, '[', sizeof deep);
	expect_mistake(deep, sizeof deep,
		       "f.json:1:65: lists and maps are nested more than 64 deep");
	struct buffer wide = { 0 };
	for (unsigned i = 0; i < 300000; i++)
		buffer_text(&wide, i ? ",1" : "[1");
	buffer_text(&wide, "]");
	expect_mistake(wide.data, wide.length,
		       "f.json:1:400000: more than 200000 values in one file");
	buffer_clear(&wide);
}

static void json_is_written(void **state)
{
	(void)state;
	struct json *object = json_new_object();
	json_set(object, "text", json_new_string("a\"\\\n\t\x01\x7f é \xff."));
	json_set(object, "nothing", json_new_string(NULL));
	json_set(object, "number", json_new_number(-9007199254740993));
	struct json *list = json_new_array();
	json_add(list, json_new_boolean(true));
	json_add(list, json_new_array());
	json_add(list, json_new_object());
	json_set(object, "list", list);
	json_set(object, "number", json_new_number(2));
	json_set(object, "list2", json_new_boolean(false));
	json_set(object, "list2", json_new_boolean(true));
	autofree char *compact = json_write(object, true);
	assert_string_equal(
		compact,
		"{\"text\":\"a\\\"\\\\\\n\\t\\u0001\\u007f é \xef\xbf\xbd.\",\"nothing\":null,"
		"\"number\":2,\"list\":[true,[],{}],\"list2\":true}\n");
	autofree char *indented = json_write(list, false);
	assert_string_equal(indented, "[\n  true,\n  [],\n  {}\n]\n");
	json_release(object);
	json_release(NULL);
}

static void a_tree_survives_the_way_through_json(void **state)
{
	(void)state;
	static const char text[] =
		"a: 1.10\nb: 0755\nc: +3\nd: .5\ne: '12'\nf: true\ng: ~\nh: [x, {i: 2}]\n";
	struct document *yaml = NULL;
	struct diagnostics mistakes = { 0 };
	assert_int_equal(document_parse_yaml("f.yaml", text, strlen(text), &yaml, &mistakes), 0);
	struct json *json = json_from_node(document_root(yaml));
	autofree char *written = json_write(json, true);
	assert_string_equal(
		written,
		"{\"a\":1.10,\"b\":\"0755\",\"c\":\"+3\",\"d\":\".5\",\"e\":\"12\",\"f\":true,"
		"\"g\":null,\"h\":[\"x\",{\"i\":2}]}\n");
	autodocument struct document *again = parse(written);
	for node_each (child, document_root(yaml)) {
		if (child->kind == NODE_STRING || child->kind == NODE_NUMBER)
			assert_string_equal(node_text(document_root(again), child->key, ""),
					    child->text);
	}
	json_release(json);
	document_free(yaml);
	autojson struct json *nothing = json_from_node(NULL);
	autofree char *null = json_write(nothing, true);
	assert_string_equal(null, "null\n");
}

static void quoted_text_is_safe_to_show(void **state)
{
	(void)state;
	autofree char *escape = text_quoted("a\x1b[31m\n\xff\xc2\x9b é");
	assert_string_equal(escape, "\"a\\x1b[31m\\x0a\\xff\\xc2\\x9b é\"");
	autofree char *longer = text_quoted(
		"éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé");
	assert_string_equal(longer,
			    "\"éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé…\"");
}

static void what_was_built_can_be_looked_into(void **state)
{
	(void)state;
	autojson struct json *object = json_new_object();
	struct json *list = json_new_array();
	json_add(list, json_new_number(-7));
	json_add(list, json_new_string(NULL));
	json_set(object, "list", list);
	json_set(object, "yes", json_new_boolean(true));
	json_set(object, "text", json_new_string("é"));
	assert_string_equal(json_text(json_get(object, "text")), "é");
	assert_true(json_is_true(json_get(object, "yes")));
	assert_false(json_is_true(json_get(object, "text")));
	assert_null(json_get(object, "missing"));
	assert_null(json_get(NULL, "missing"));
	assert_null(json_text(NULL));
	assert_int_equal(json_kind(NULL), NODE_NULL);
	assert_int_equal(json_kind(object), NODE_MAP);
	size_t count = 0;
	for json_each (item, json_get(object, "list")) {
		assert_null(json_key(item));
		assert_true(count == 1 || text_equal(json_text(item), "-7"));
		assert_true(count == 0 || json_kind(item) == NODE_NULL);
		count++;
	}
	assert_int_equal(count, 2);
	assert_string_equal(json_key(json_first(object)), "list");
	for json_each (item, NULL)
		fail();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_have_places),
		cmocka_unit_test(any_value_may_stand_alone),
		cmocka_unit_test(mistakes_are_refused),
		cmocka_unit_test(mistakes_may_be_ignored),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(json_is_written),
		cmocka_unit_test(a_tree_survives_the_way_through_json),
		cmocka_unit_test(quoted_text_is_safe_to_show),
		cmocka_unit_test(what_was_built_can_be_looked_into),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
