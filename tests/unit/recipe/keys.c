/* For every key of every table, without naming any: a value of the wrong kind, an unknown neighbour and
 * its absence are found, at the right place and under the right name; help and defaults hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "recipe/tables.h"

static const struct value_type *const kinds[] = { &file_recipe, &file_board, &file_component };

/* Walks `text` as a record of that type (nothing is stored) and gives all messages joined. */
static char *messages_of(const struct value_type *type, const char *text)
{
	struct diagnostics mistakes = { 0 };
	autodocument struct document *document = NULL;
	autoarena struct arena *arena = arena_new();
	struct error err = { 0 };
	if (document_parse_yaml("f", text, strlen(text), &document, &mistakes) == 0) {
		const struct walk walk = { arena, &mistakes };
		walk_file(&walk, type, document_root(document), NULL);
	}
	diagnostics_to_error(&mistakes, &err);
	diagnostics_clear(&mistakes);
	return err.message ? err.message : text_copy("");
}

static void expect_message(const struct value_type *type, const char *text, const char *wanted)
{
	autofree char *messages = messages_of(type, text);
	if (!strstr(messages, wanted))
		fail_msg("%s gave\n%s\nwithout %s", text, messages, wanted);
}

typedef void check_key(const struct value_type *record, const struct key_entry *key, size_t *count);

/* Calls `check` for every key of the record and of all records inside it. */
static void each_key(const struct value_type *type, check_key *check, size_t *count)
{
	if (type->form == FORM_LIST)
		each_key(type->item, check, count);
	for (const struct choice *choice = type->choices; choice && choice->key; choice++)
		each_key(choice->record, check, count);
	if (type->form != FORM_RECORD)
		return;
	for (const struct key_entry *key = type->keys; key->name; key++) {
		check(type, key, count);
		if (key->type)
			each_key(key->type, check, count);
	}
}

static size_t for_all(check_key *check)
{
	size_t count = 0;
	for (size_t i = 0; i < LENGTH(kinds); i++)
		each_key(kinds[i], check, &count);
	return count;
}

static void check_wrong_kinds(const struct value_type *record, const struct key_entry *key,
			      size_t *count)
{
	static const char *const wrong[] = { "[[x]]", "{ \"?\": x }", "~", "\"\\x01\\n\"" };
	if (!key->type)
		return;
	for (size_t i = 0; i < LENGTH(wrong); i++) {
		bool map = wrong[i][0] == '{';
		bool allowed = (key->type->form == FORM_LIST && wrong[i][0] == '[') ||
			       (map && (key->type->form == FORM_RECORD ||
					key->type->form == FORM_MAP)) ||
			       (key->type->store == STORE_PLACED && wrong[i][0] == '"');
		autofree char *text = text_format("%s: %s\n", key->name, wrong[i]);
		autofree char *at = text_format("f:1:%zu: %s: expected ", strlen(key->name) + 3,
						key->name);
		if (!allowed) {
			expect_message(record, text, at);
		} else {
			autofree char *messages = messages_of(record, text);
			if (!strstr(messages, key->name) && key->type->store != STORE_PLACED)
				fail_msg("%s is taken without a word", text);
		}
	}
	(*count)++;
}

static void every_key_refuses_other_kinds(void **state)
{
	(void)state;
	assert_true(for_all(check_wrong_kinds) > 90);
}

static void check_misspelled(const struct value_type *record, const struct key_entry *key,
			     size_t *count)
{
	if (!key->type || strlen(key->name) < 4)
		return;
	/* two letters change places */
	autofree char *wrong = text_copy(key->name);
	char first = wrong[1];
	wrong[1] = wrong[2];
	wrong[2] = first;
	if (wrong[1] == wrong[2])
		return;
	autofree char *text = text_format("%s: x\n", wrong);
	autofree char *wanted = text_format("f:1:1: unknown key \"%s\"; did you mean \"%s\"?",
					    wrong, key->name);
	autofree char *missing = text_format("the key \"%s\" is missing", key->name);
	expect_message(record, text, wanted);
	autofree char *messages = messages_of(record, text);
	assert_null(strstr(messages, missing));
	(*count)++;
}

static void every_misspelled_key_finds_its_name(void **state)
{
	(void)state;
	assert_true(for_all(check_misspelled) > 60);
}

static void check_missing(const struct value_type *record, const struct key_entry *key,
			  size_t *count)
{
	if (!(key->flags & KEY_REQUIRED))
		return;
	autofree char *wanted = text_format("f:1:1: the key \"%s\" is missing: ", key->name);
	expect_message(record, "{}\n", wanted);
	(*count)++;
}

static void every_required_key_is_missed(void **state)
{
	(void)state;
	assert_true(for_all(check_missing) > 40);
}

static void check_explained(const struct value_type *record, const struct key_entry *key,
			    size_t *count)
{
	(void)record;
	assert_non_null(key->help);
	assert_true(strlen(key->help) > 5 && strlen(key->help) < 100);
	if (key->standard) {
		/* a default must pass the check of its own key */
		const struct value_type *type = key->type->form == FORM_LIST ? key->type->item
									     : key->type;
		const struct node text = { .kind = type->store == STORE_BOOLEAN ? NODE_BOOLEAN
										: NODE_STRING,
					   .text = key->standard };
		autofree char *complaint = scalar_complaint(type, &text);
		if (complaint && !text_equal(key->standard, "/nonexistent"))
			fail_msg("the default of %s: %s", key->name, complaint);
	}
	(*count)++;
}

static void every_key_is_explained_and_its_default_is_right(void **state)
{
	(void)state;
	assert_true(for_all(check_explained) > 100);
}

/* The text with every run of blanks and line breaks as one blank. Caller frees. */
static char *on_one_line(char *text)
{
	autostrings struct strings words = { 0 };
	strings_split(&words, text, " \n");
	free(text);
	return strings_join(&words, " ");
}

static void check_in_help(const struct value_type *record, const struct key_entry *key,
			  size_t *count)
{
	static const struct file_kind *const help_kinds[] = { &kind_recipe, &kind_board,
							      &kind_component };
	(void)record;
	if (!key->type)
		return;
	for (size_t i = 0; i < LENGTH(help_kinds); i++) {
		autofree char *help = on_one_line(schema_help(help_kinds[i]));
		*count += strstr(help, key->help) != NULL;
	}
}

static void help_shows_every_key(void **state)
{
	(void)state;
	assert_true(for_all(check_in_help) >= 100);
	autofree char *help = schema_help(&kind_recipe);
	assert_non_null(strstr(help, "\n* recipe: id\n"));
	assert_non_null(strstr(help, "\n      size: size 256M to 16T [4G]\n"
				     "          size of the data partition in the image\n"));
	assert_non_null(strstr(help, "`extends: other.yaml`"));
}

static void secrets_are_refused_with_a_reason(void **state)
{
	(void)state;
	expect_message(&file_recipe, "admin-password: x\n",
		       "passwords and keys never stand in these files");
	expect_message(&file_recipe, "site: { token: x }\n",
		       "f:1:9: site: unknown key \"token\": passwords and keys never");
}

static void limits_are_inclusive(void **state)
{
	(void)state;
	static const struct {
		const char *text, *mistake; /* NULL: none */
	} cases[] = {
		{ "data: { size: 256M }\n", NULL },
		{ "data: { size: 16T }\n", NULL },
		{ "data: { size: 268435455 }\n",
		  "data.size: expected a size from 256M to 16T, got \"268435455\"" },
		{ "data: { size: 17T }\n",
		  "data.size: expected a size from 256M to 16T, got \"17T\"" },
		{ "data: { size: -1 }\n", "data.size: expected a size such as 4G, got \"-1\"" },
		{ "data: { size: 99999999999999T }\n",
		  "data.size: expected a size such as 4G, got \"99999999999999T\"" },
	};
	for (size_t i = 0; i < LENGTH(cases); i++) {
		autofree char *messages = messages_of(&file_recipe, cases[i].text);
		if (cases[i].mistake)
			assert_non_null(strstr(messages, cases[i].mistake));
		else
			assert_null(strstr(messages, "data"));
	}
}

static void a_large_list_is_checked_quickly(void **state)
{
	(void)state;
	struct buffer text = { 0 };
	buffer_text(&text, "packages:\n");
	for (unsigned i = 0; i < 100000; i++)
		buffer_format(&text, "- package-%u\n", i);
	buffer_text(&text, "- package-5\n");
	double start = clock_seconds();
	expect_message(
		&file_recipe, text.data,
		"f:100002:3: packages: \"package-5\" stands here again; it is already in line 7");
	assert_true(clock_seconds() - start < 20);
	buffer_clear(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_refuses_other_kinds),
		cmocka_unit_test(every_misspelled_key_finds_its_name),
		cmocka_unit_test(every_required_key_is_missed),
		cmocka_unit_test(every_key_is_explained_and_its_default_is_right),
		cmocka_unit_test(help_shows_every_key),
		cmocka_unit_test(secrets_are_refused_with_a_reason),
		cmocka_unit_test(limits_are_inclusive),
		cmocka_unit_test(a_large_list_is_checked_quickly),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
