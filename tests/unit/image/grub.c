/* GRUB's texts against golden files, and the rules its readers hold them to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "sample.h"

static void compare_menu(enum layout_kind kind, const char *file)
{
	const char *cases = getenv("HIEBOX_CASES");
	struct sample sample;
	autofree char *path = path_join3(cases ? cases : "tests/cases", "image/grub", file);
	autofree char *expected = NULL;

	sample_fill(&sample, kind);
	autofree char *menu = grub_menu(&sample.disk);
	if (getenv("HIEBOX_GOLDEN"))
		assert_int_equal(file_write_plain(path, menu, strlen(menu), 0644, NULL), 0);
	assert_int_equal(file_read(path, 1 << 16, &expected, NULL, NULL), 0);
	assert_string_equal(menu, expected);
}

static void menu_of_layers(void **state)
{
	(void)state;
	compare_menu(LAYOUT_LAYERS, "layers.cfg");
}

static void menu_of_plain(void **state)
{
	(void)state;
	compare_menu(LAYOUT_PLAIN, "plain.cfg");
}

static void environment_is_a_whole_block(void **state)
{
	autofree char *block = grub_environment("a");

	(void)state;
	assert_int_equal(strlen(block), 1024);
	assert_true(text_starts(block, "# GRUB Environment Block\nhie_slot=a\n###"));
	assert_int_equal(strspn(block + 36, "#"), 1024 - 36);
}

static void quoting_keeps_grub_from_reading_more(void **state)
{
	autofree char *quoted = grub_quoted("a\"b$c\\d");

	(void)state;
	assert_string_equal(quoted, "a\\\"b\\$c\\\\d");
}

static void redirect_names_the_partition(void **state)
{
	autofree char *text = grub_redirect(2);

	(void)state;
	assert_non_null(strstr(text, "--hint=hd0,gpt2 /grub/hie-boot\n"));
	assert_non_null(strstr(text, "configfile ($root)/grub/grub.cfg\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(menu_of_layers),
		cmocka_unit_test(menu_of_plain),
		cmocka_unit_test(environment_is_a_whole_block),
		cmocka_unit_test(quoting_keeps_grub_from_reading_more),
		cmocka_unit_test(redirect_names_the_partition),
	};

	return cmocka_run_group_tests_name("image/grub", tests, NULL, NULL);
}
