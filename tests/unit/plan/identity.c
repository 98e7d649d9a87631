/* Ids of images: the same words give the same ids, and variants of one lock have ids of their own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plan/plan.h"

static struct placed_text both[] = { { .text = "site.name=a" }, { .text = "data.size=1G" } };
static struct placed_text turned[] = { { .text = "data.size=1G" }, { .text = "site.name=a" } };

static void identity(const char *name, const char *base, struct text_list settings, char ret[HASH_HEX_MAX])
{
	const struct recipe recipe = { .name = name, .base = base, .settings = settings };
	const struct plan plan = { .recipe = &recipe, .lock = { .seed = "00ff" } };
	plan_identity(&plan, ret);
}

static void a_recipe_has_the_seed_of_its_lock(void **state)
{
	char got[HASH_HEX_MAX];
	(void)state;
	identity("demo", NULL, (struct text_list){ 0 }, got);
	assert_string_equal(got, "00ff");
}

static void variants_of_one_lock_differ(void **state)
{
	char of[5][HASH_HEX_MAX];
	(void)state;
	identity("demo", NULL, (struct text_list){ 0 }, of[0]);
	identity("clinic-1", "demo.yaml", (struct text_list){ 0 }, of[1]);
	identity("clinic-2", "demo.yaml", (struct text_list){ 0 }, of[2]);
	identity("demo", NULL, (struct text_list){ both, 1 }, of[3]);
	identity("demo", NULL, (struct text_list){ both, 2 }, of[4]);
	for (size_t i = 0; i < LENGTH(of); i++)
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(of[i], of[j]);
	assert_int_equal(strlen(of[4]), 64);
}

static void the_order_of_settings_does_not_matter(void **state)
{
	char one[HASH_HEX_MAX], other[HASH_HEX_MAX];
	(void)state;
	identity("demo", NULL, (struct text_list){ both, 2 }, one);
	identity("demo", NULL, (struct text_list){ turned, 2 }, other);
	assert_string_equal(one, other);
}

static void the_disk_has_the_identity(void **state)
{
	struct board board = { .efi_size = 1 << 20, .exchange_size = 1 << 20 };
	struct recipe recipe = { .name = "demo", .data_size = 1 << 20 };
	struct plan plan = { .recipe = &recipe, .board = &board, .lock = { .seed = "00ff" } };
	struct layout plain, set;
	(void)state;
	plan_layout(&plan, 1 << 20, &plain);
	recipe.settings = (struct text_list){ both, 1 };
	plan_layout(&plan, 1 << 20, &set);
	assert_int_equal(plain.disk_size, set.disk_size);
	assert_string_not_equal(plain.disk_uuid, set.disk_uuid);
	for (size_t i = 0; i < set.count; i++)
		assert_string_not_equal(plain.partitions[i].uuid, set.partitions[i].uuid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_recipe_has_the_seed_of_its_lock),
		cmocka_unit_test(variants_of_one_lock_differ),
		cmocka_unit_test(the_order_of_settings_does_not_matter),
		cmocka_unit_test(the_disk_has_the_identity),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
