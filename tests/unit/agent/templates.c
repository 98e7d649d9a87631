/* Templates and secrets: what is filled in, and how a mistake is named. */
#include "tree.h"

#include "agent/provision.h"

static void test_render(void **state)
{
	(void)state;
	static const struct {
		const char *text, *expected; /* an expected text that begins with "!" is an error */
	} cases[] = {
		{ "", "" },
		{ "plain { } }} text\n", "plain { } }} text\n" },
		{ "a={{secret:database}};", "a=se\"cret;" },
		{ "\"{{json-secret:database}}\"", "\"se\\\"cret\"" },
		{ "{{box:name}}/{{box:mode}}", "testbox/training" },
		{ "{{file:/etc/lines}}", "one\ntwo\n" },
		{ "{{json-file:/etc/lines}}", "one\\ntwo\\n" },
		{ "\n\n{{nonsense}}", "!t.in:3: unknown placeholder {{nonsense}}" },
		{ "{{}}", "!t.in:1: unknown placeholder {{}}" },
		{ "x\n{{secret:database\n}}", "!t.in:2: {{ without }}" },
		{ "{{secret:database}", "!t.in:1: {{ without }}" },
		{ "{{secret:other}}", "!t.in:1: no component of this box declares a secret other" },
		{ "{{secret:../../../etc/lines}}", "!t.in:1: no component" },
		{ "{{secret:admin}}", "!t.in:1: " },
		{ "{{box:secrets}}", "!t.in:1: the box has no property secrets" },
		{ "{{file:/etc/../etc/lines}}", "!t.in:1: /etc/../etc/lines is not an absolute path" },
		{ "{{file:etc/lines}}", "!t.in:1: etc/lines is not an absolute path" },
		{ "{{file:/etc/none}}", "!t.in:1: " },
		{ "{{json-json-secret:database}}", "!t.in:1: unknown placeholder" },
	};
	char *root = tree_new();
	autobox struct box *box = tree_load(root);
	struct provision provision = { .root = root, .box = box };
	tree_write(root, "/var/lib/hie/secrets/database", "se\"cret\n", 0600);
	tree_write(root, "/etc/lines", "one\ntwo\n", 0600);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		autofree char *text = NULL;
		struct error err = { 0 };
		int result = template_render(&provision, "t.in", cases[i].text, &text, &err);
		if (cases[i].expected[0] == '!') {
			assert_int_equal(result, -1);
			if (!text_starts(err.message, cases[i].expected + 1))
				fail_msg("%s: got: %s", cases[i].text, err.message);
		} else {
			assert_int_equal(result, 0);
			assert_string_equal(text, cases[i].expected);
		}
		error_clear(&err);
	}
	tree_free(root);
}

/* 31 characters, none of which looks like another, in 4 groups: 79 bits. */
static void test_secrets(void **state)
{
	(void)state;
	for (int i = 0; i < 200; i++) {
		autofree char *one = secret_new(SECRET_PASSWORD), *two = secret_new(SECRET_PASSWORD);
		assert_int_equal(strlen(one), 19);
		assert_int_equal(strspn(one, "abcdefghjkmnpqrstuvwxyz23456789-"), 19);
		assert_true(one[4] == '-' && one[9] == '-' && one[14] == '-');
		assert_string_not_equal(one, two);
	}
	autofree char *token = secret_new(SECRET_TOKEN), *hex = secret_new(SECRET_HEX);
	assert_int_equal(strlen(token), 40);
	assert_int_equal(strlen(hex), 64);
	assert_int_equal(strspn(hex, "0123456789abcdef"), 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_render),
		cmocka_unit_test(test_secrets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
