/* Languages: every file says every sentence, with the same places; a browser gets the best there is. */
#include "tree.h"

#include "agent/language.h"

#define SHIPPED "overlays/hie-base"

static void test_shipped_are_complete(void **state)
{
	(void)state;
	struct diagnostics mistakes = { 0 };
	struct languages all;
	struct error err = { 0 };
	languages_load(SHIPPED, &all, &mistakes);
	assert_int_equal(diagnostics_to_error(&mistakes, &err), 0);
	assert_non_null(languages_find(&all, "fr"));
	for (size_t i = 0; i < all.count; i++)
		for (size_t k = 0; k < SENTENCE_COUNT; k++) {
			assert_non_null(sentence_english((enum sentence)k));
			if (!language_has(all.items[i], (enum sentence)k))
				fail_msg("%s has no %s", language_code(all.items[i]), sentence_name((enum sentence)k));
		}
	languages_clear(&all);
	diagnostics_clear(&mistakes);
}

static void test_mistakes(void **state)
{
	(void)state;
	char *root = tree_new();
	struct diagnostics mistakes = { 0 };
	struct languages all;
	struct error err = { 0 };
	tree_write(root, "/usr/share/hie/languages/sw.yaml",
		   "name: Kiswahili\nsentences:\n  STARTING: inaanza\n  NO_SUCH: x\n  STOPPING:\n  WAITING: \"{1} a\"\n", 0644);
	tree_write(root, "/usr/share/hie/languages/xx.yaml", "sentences: [\n", 0644);
	languages_load(root, &all, &mistakes);
	assert_int_equal(diagnostics_to_error(&mistakes, &err), -1);
	assert_non_null(strstr(err.message, "sw.yaml:3:13: STARTING: expected the same {1}, {2}, … as in \"{1} is starting.\""));
	assert_non_null(strstr(err.message, "sw.yaml:4:3: NO_SUCH: there is no sentence of this name"));
	assert_non_null(strstr(err.message, "STOPPING: expected text"));
	assert_non_null(strstr(err.message, "xx.yaml:"));
	const struct language *swahili = languages_find(&all, "sw");
	assert_string_equal(language_name(swahili), "Kiswahili");
	assert_string_equal(language_sentence(swahili, SAY_WAITING), "{1} a");
	assert_string_equal(language_sentence(swahili, SAY_STARTING), "{1} is starting.");
	error_clear(&err);
	languages_clear(&all);
	diagnostics_clear(&mistakes);
	tree_free(root);
}

static void test_choose(void **state)
{
	(void)state;
	static const struct {
		const char *accept, *standard, *expected;
	} cases[] = {
		{ NULL, "en", "en" }, { NULL, "fr", "fr" }, { "", "fr", "fr" }, { "fr", "en", "fr" },
		{ "fr-CA,fr;q=0.9,en;q=0.8", "en", "fr" }, { "de, en;q=0.5 , fr; q=0.7", "en", "fr" },
		{ "en;q=0.9,fr;q=0.1", "fr", "en" }, { "de,es", "fr", "fr" }, { "fr;q=x,;;q,,", "en", "en" },
		{ "fr;q=0", "en", "en" }, { "*", "fr", "fr" }, { "de", "zz", "en" },
	};
	struct diagnostics mistakes = { 0 };
	struct languages all;
	languages_load(SHIPPED, &all, &mistakes);
	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_string_equal(language_code(languages_choose(&all, cases[i].accept, cases[i].standard)),
				    cases[i].expected);
	languages_clear(&all);
	diagnostics_clear(&mistakes);
}

/* A saying goes from one process to another and is said in two languages, titles too. */
static void test_saying(void **state)
{
	(void)state;
	char *root = tree_new();
	autobox struct box *box = tree_load(root);
	struct diagnostics mistakes = { 0 };
	struct languages all;
	languages_load(SHIPPED, &all, &mistakes);
	struct saying said = saying_make(SAY_BOX_FAILED, "@store,tools", NULL), read = { 0 };
	autojson struct json *json = saying_json(&said);
	autofree char *text = json_write(json, true);
	autodocument struct document *document = NULL;
	assert_int_equal(document_parse_json("said", text, strlen(text), &document, &mistakes), 0);
	assert_int_equal(saying_read(document_root(document), &read), 0);
	autofree char *english = saying_text(&read, NULL, box);
	autofree char *french = saying_text(&read, languages_find(&all, "fr"), box);
	assert_string_equal(english, "Something does not run: FHIR store, Tools.");
	assert_string_equal(french, "Quelque chose ne fonctionne pas : Entrepôt, Tools.");
	saying_clear(&said);
	saying_clear(&read);
	assert_int_equal(saying_read(NULL, &read), -1);
	languages_clear(&all);
	diagnostics_clear(&mistakes);
	tree_free(root);
}

/* Every reason that the initramfs can give for rescue mode is a sentence, so that it is said in the reader's language. */
static void test_rescue_reasons(void **state)
{
	(void)state;
	static const char *const scripts[] = { "hie", "hie-stack" };
	struct diagnostics mistakes = { 0 };
	struct languages all;
	size_t found = 0;
	languages_load(SHIPPED, &all, &mistakes);
	for (size_t i = 0; i < LENGTH(scripts); i++) {
		autofree char *text = tree_read("overlays/boot/etc/initramfs-tools/scripts", scripts[i]);
		assert_non_null(text);
		for (char *at = text; (at = strstr(at, "hie_reason=\""));) {
			at += strlen("hie_reason=\"");
			autofree char *reason = text_copy_n(at, strcspn(at, "\""));
			struct saying saying = saying_make(SAY_BOX_RESCUE, reason, NULL);
			autofree char *english = saying_text(&saying, NULL, NULL);
			autofree char *french = saying_text(&saying, languages_find(&all, "fr"), NULL);
			saying_clear(&saying);
			assert_non_null(strstr(english, reason));
			if (strstr(french, reason))
				fail_msg("%s: no sentence, or no French", reason);
			found++;
		}
	}
	assert_true(found >= 7);
	languages_clear(&all);
	diagnostics_clear(&mistakes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shipped_are_complete),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_choose),
		cmocka_unit_test(test_saying),
		cmocka_unit_test(test_rescue_reasons),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
