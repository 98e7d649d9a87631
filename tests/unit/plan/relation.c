/* Versions and relations of Debian packages: the order that dpkg --compare-versions gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plan/relation.h"

/* Each is older than the next; said by dpkg --compare-versions A lt B. */
static const char *const ascending[] = {
	"0~~", "0~~a", "0~", "0", "0.0~beta1", "0.0", "1.0~rc1-1", "1.0~rc1-1+b1", "1.0-1~bpo13+1", "1.0-1",
	"1.0-1+b1", "1.0-1+deb13u1", "1.0-1+deb13u2", "1.0-1.1", "1.0-2", "1.0-10", "1.0a-1",
	"1.0+dfsg-1", "1.0.1-1", "1.1", "1.9", "1.10", "2:0.1", "2:0.2", "10:0",
};

static void test_versions(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(ascending); i++) {
		for (size_t j = 0; j < LENGTH(ascending); j++) {
			int got = version_compare(ascending[i], ascending[j]);

			if ((i < j && got >= 0) || (i > j && got <= 0) || (i == j && got != 0))
				fail_msg("%s against %s: %d", ascending[i], ascending[j], got);
		}
	}
	assert_int_equal(version_compare("1.0", "1.0-0"), 0);
	assert_int_equal(version_compare("0:1.0", "1.0"), 0);
	assert_int_equal(version_compare("1.01", "1.1"), 0);
	assert_int_equal(version_compare("00001.0", "1.0"), 0);
	assert_true(version_compare("", "0~") > 0);
}

static void test_parse(void **state)
{
	(void)state;
	autoarena struct arena *arena = arena_new();
	struct relation_list list = relation_parse(arena, "a (>= 1:2.0-1) | b:any, c [amd64 !arm64] <!nocheck>,\n"
						   " d(<<3),e ( = 4 ), , |f, g (>= 1");

	assert_int_equal(list.count, 5);
	assert_int_equal(list.groups[0].count, 2);
	assert_string_equal(relation_group_text(arena, &list.groups[0]), "a (>= 1:2.0-1) or b");
	assert_string_equal(list.groups[0].alternatives[1].qualifier, "any");
	assert_string_equal(relation_group_text(arena, &list.groups[1]), "c");
	assert_string_equal(relation_group_text(arena, &list.groups[2]), "d (<< 3)");
	assert_string_equal(relation_group_text(arena, &list.groups[3]), "e (= 4)");
	assert_string_equal(relation_group_text(arena, &list.groups[4]), "f");
	assert_int_equal(relation_parse(arena, "").count, 0);
	assert_int_equal(relation_parse(arena, NULL).count, 0);
}

static void test_accepts(void **state)
{
	(void)state;
	static const struct {
		const char *relation, *version;
		bool accepted;
	} cases[] = {
		{ "a", "1", true },	    { "a (= 1)", "1", true },	 { "a (= 1)", "1-1", false },
		{ "a (>= 1)", "1", true },  { "a (>= 1)", "1~rc", false }, { "a (>> 1)", "1", false },
		{ "a (>> 1)", "1+b1", true }, { "a (<= 1)", "1", true }, { "a (<< 1)", "1", false },
		{ "a (<< 1)", "1~", true }, { "a (< 1)", "1", true },	 { "a (> 1)", "1", true },
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		autoarena struct arena *arena = arena_new();
		struct relation_list list = relation_parse(arena, cases[i].relation);

		assert_int_equal(list.count, 1);
		if (relation_accepts(&list.groups[0].alternatives[0], cases[i].version) != cases[i].accepted)
			fail_msg("%s by %s", cases[i].relation, cases[i].version);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_accepts),
	};

	return cmocka_run_group_tests_name("plan/relation", tests, NULL, NULL);
}
