/* box.json: what a builder writes is read; what nobody may write is refused with a place. */
#include "tree.h"

static void load_text(const char *text, struct box **ret_box, struct error *err)
{
	char *root = tree_new();
	tree_write(root, "/usr/lib/hie/box.json", text, 0644);
	autofree char *path = tree_path(root, "/usr/lib/hie/box.json");
	int result = box_load(path, ret_box, err);
	assert_int_equal(result == 0, err->message == NULL);
	tree_free(root);
}

static void test_good(void **state)
{
	(void)state;
	autobox struct box *box = NULL;
	struct error err = { 0 };
	load_text(tree_box, &box, &err);
	assert_non_null(box);
	assert_string_equal(box->name, "testbox");
	assert_string_equal(box->language, "en");
	assert_int_equal(box->built, 1700000000);
	assert_int_equal(box->component_count, 2);
	assert_string_equal(box->components[0].title, "FHIR store");
	assert_int_equal(box->secret_count, 3);
	assert_true(box->secrets[1].person);
	assert_int_equal(box->secrets[2].kind, SECRET_HEX);
	assert_int_equal(box->templates[0].mode, 0400);
	assert_int_equal(box->state[0].mode, 0755);
	assert_int_equal(box->health[0].status, 200);
	assert_true(box_is_training(box));
	assert_null(box_secret(box, "other"));
}

#define COMPONENT(text) "{\"format\": 1, \"components\": [ {\"id\": \"a\", " text "} ] }"

static const struct {
	const char *text, *expected;
} bad[] = {
	{ "", "" },
	{ "[]", "expected a map" },
	{ "{\"format\": 2}", "format: expected 1" },
	{ "{\"format\": 1, \"components\": {}}", "components: expected a list" },
	{ "{\"format\": 1, \"components\": [7]}", "expected a map" },
	{ "{\"format\": 1, \"site\": {\"name\": \"a\\nb\"}}", "name: cannot be used" },
	{ "{\"format\": 1, \"site\": {\"name\": \"a = b\"}}", "name: cannot be used" },
	{ "{\"format\": 1, \"components\": [{\"id\": \"../x\"}]}", "id: cannot be used" },
	{ "{\"format\": 1, \"components\": [{}]}", "id: is missing" },
	{ COMPONENT("\"secrets\": [{\"name\": \"../../etc/shadow\"}]"), "name: cannot be used" },
	{ COMPONENT("\"secrets\": [{\"name\": \".x\"}]"), "name: cannot be used" },
	{ COMPONENT("\"secrets\": [{\"name\": \"x\", \"kind\": \"sword\"}]"), "kind: expected" },
	{ COMPONENT("\"secrets\": [{\"name\": \"x\", \"for\": \"all\"}]"), "for: expected" },
	{ COMPONENT("\"secrets\": [{\"name\": \"x\"}, {\"name\": \"x\", \"kind\": \"hex\"}]"), "declared twice" },
	{ COMPONENT("\"templates\": [{\"from\": \"/a/../b\", \"to\": \"x\"}]"), "from: cannot be used" },
	{ COMPONENT("\"templates\": [{\"from\": \"a\", \"to\": \"x\"}]"), "from: cannot be used" },
	{ COMPONENT("\"templates\": [{\"from\": \"/a\", \"to\": \"../x\"}]"), "to: cannot be used" },
	{ COMPONENT("\"templates\": [{\"from\": \"/a\", \"to\": \"/x\"}]"), "to: cannot be used" },
	{ COMPONENT("\"templates\": [{\"from\": \"/a\", \"to\": \"x\", \"mode\": \"0888\"}]"), "mode: expected" },
	{ COMPONENT("\"templates\": [{\"from\": \"/a\", \"to\": \"x\", \"mode\": 493}]"), "mode: expected" },
	{ COMPONENT("\"state\": [{\"name\": \"x\", \"path\": \"/\"}]"), "path: cannot be used" },
	{ COMPONENT("\"databases\": [{\"name\": \"x\", \"secret\": \"y\"}]"), "no component declares the secret y" },
	{ COMPONENT("\"secrets\": [{\"name\": \"y\"}], \"databases\": [{\"name\": \"x\\\"; DROP\", \"secret\": \"y\"}]"),
	  "name: cannot be used" },
	{ COMPONENT("\"secrets\": [{\"name\": \"y\"}], \"databases\": [{\"name\": \"postgres\", \"secret\": \"y\"}]"),
	  "belongs to PostgreSQL" },
	{ COMPONENT("\"secrets\": [{\"name\": \"y\"}], \"databases\": [{\"name\": \"x\", \"secret\": \"y\"},"
		    "{\"name\": \"x\", \"secret\": \"y\"}]"), "two databases" },
	{ COMPONENT("\"secrets\": [{\"name\": \"y\"}, {\"name\": \"z\"}], \"databases\": ["
		    "{\"name\": \"x\", \"owner\": \"o\", \"secret\": \"y\"},"
		    "{\"name\": \"w\", \"owner\": \"o\", \"secret\": \"z\"}]"), "one owner, two passwords" },
	{ COMPONENT("\"health\": [{\"unit\": \"../x.service\"}]"), "unit: cannot be used" },
	{ COMPONENT("\"health\": [{\"unit\": \"x\"}]"), "unit: cannot be used" },
	{ COMPONENT("\"health\": [{\"unit\": \"x.service\", \"url\": \"file:///etc/shadow\"}]"), "url: cannot be used" },
	{ COMPONENT("\"health\": [{\"unit\": \"x.service\", \"status\": -1}]"), "status: expected a number" },
	{ COMPONENT("\"page\": {\"path\": \"javascript:x\"}"), "path: cannot be used" },
};

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(bad); i++) {
		struct box *box = NULL;
		struct error err = { 0 };
		load_text(bad[i].text, &box, &err);
		assert_null(box);
		assert_non_null(err.message);
		if (!strstr(err.message, bad[i].expected))
			fail_msg("%s: got: %s", bad[i].text, err.message);
		error_clear(&err);
	}
}

/* Missing parts have defaults; a page's title falls back to the component's. */
static void test_defaults(void **state)
{
	(void)state;
	autobox struct box *box = NULL;
	struct error err = { 0 };
	load_text(COMPONENT("\"page\": {\"path\": \"/a/\"}, \"secrets\": [{\"name\": \"x\"}]"), &box, &err);
	assert_non_null(box);
	assert_string_equal(box->name, "hiebox");
	assert_string_equal(box->mode, "production");
	assert_false(box_is_training(box));
	assert_string_equal(box->components[0].page_title, "a");
	assert_int_equal(box->secrets[0].kind, SECRET_PASSWORD);
	assert_false(box->secrets[0].person);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_defaults),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
