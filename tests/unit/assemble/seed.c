/* A data set in the image: who starts with it, where its SQL goes, and what the box is told. */
#include "archives.h"

#include "assemble/seed.h"
#include "assemble/settings.h"
#include "document/document.h"

/* A component with two databases, of which one starts with the data set; and one that has nothing to do with it. */
struct set {
	struct placed_text sets[2];
	struct component component, other;
	struct planned_component planned[2];
	struct recipe recipe;
	struct plan plan;
	struct document *document;
};

static void set_up(struct set *set)
{
	static const char text[] = "- { name: records, owner: r, secret: s, load: /schema.sql }\n"
				   "- { name: other, owner: r, secret: s, load: /other.sql }\n";
	struct diagnostics mistakes = { 0 };
	*set = (struct set){ .sets = { { .text = "many" }, { .text = "two-clinics" } } };
	assert_int_equal(document_parse_yaml("databases", text, sizeof text - 1, &set->document, &mistakes), 0);
	set->component = (struct component){
		.id = "records", .summary = "x", .seeds = { set->sets, 2 }, .seed_run = "/make", .seed_database = "records",
		.seed_to = "/usr/lib/hie/records/seed.sql", .databases = document_root(set->document),
	};
	set->other = (struct component){ .id = "page", .summary = "x" };
	set->planned[0] = (struct planned_component){ .component = &set->other };
	set->planned[1] = (struct planned_component){ .component = &set->component };
	set->recipe = (struct recipe){ .name = "x", .summary = "x", .mode = MODE_TRAINING, .seed = { .text = "two-clinics" },
				       .seed_folder = "/seeds/two-clinics" };
	set->plan = (struct plan){ .recipe = &set->recipe, .components = set->planned, .component_count = 2 };
	memset(set->plan.lock.seed, '0', 64);
}

static void who_starts_with_it(void **state)
{
	struct set set;
	(void)state;
	set_up(&set);
	assert_true(plan_seeds(&set.plan, &set.component));
	assert_false(plan_seeds(&set.plan, &set.other));
	set.recipe.seed.text = "three-clinics";
	assert_false(plan_seeds(&set.plan, &set.component));
	set.recipe.seed.text = NULL;
	assert_false(plan_seeds(&set.plan, &set.component));
	set.recipe.seed.text = "many";
	set.component.seed_run = NULL;
	assert_false(plan_seeds(&set.plan, &set.component));
	document_free(set.document);
}

/* box.json's text with this recipe; caller frees. */
static char *box(const struct set *set, const char *tree)
{
	struct tools tools = { .key = (char *)"tools" };
	struct build build = { .plan = &set->plan, .tools = &tools };
	struct layers layers = { 0 };
	struct error err = { 0 };
	autofree char *path = path_join(tree, "usr/lib/hie/box.json");
	if (describe_write(&build, &layers, at(tree), &err))
		fail_msg("%s", err.message);
	return got(path);
}

static void the_box_loads_it_instead_of_the_schema(void **state)
{
	struct set set;
	(void)state;
	set_up(&set);
	autofree char *with = box(&set, "with");
	assert_non_null(strstr(with, "/usr/lib/hie/records/seed.sql"));
	assert_null(strstr(with, "/schema.sql"));
	assert_non_null(strstr(with, "/other.sql"));
	set.recipe.seed.text = NULL;
	autofree char *without = box(&set, "without");
	assert_null(strstr(without, "seed.sql"));
	assert_non_null(strstr(without, "/schema.sql"));
	document_free(set.document);
}

static void it_is_put_where_the_component_says(void **state)
{
	struct set set;
	struct layers layers = { 0 };
	struct error err = { 0 };
	(void)state;
	set_up(&set);
	const struct build build = { .plan = &set.plan };
	assert_int_equal(seed_put(&build, &layers, at("tree"), &err), 0);
	assert_false(path_exists(at("tree/usr/lib/hie/records/seed.sql")));
	put("made/records.sql", "SELECT 1;\n");
	layers.seed = text_copy(at("made"));
	assert_int_equal(seed_put(&build, &layers, at("tree"), &err), 0);
	autofree char *there = got("tree/usr/lib/hie/records/seed.sql");
	assert_string_equal(there, "SELECT 1;\n");
	assert_int_equal(unlink(at("made/records.sql")), 0);
	assert_int_equal(seed_put(&build, &layers, at("tree"), &err), -1);
	assert_non_null(strstr(err.message, "records.sql"));
	error_clear(&err);
	free(layers.seed);
	document_free(set.document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_starts_with_it),
		cmocka_unit_test(the_box_loads_it_instead_of_the_schema),
		cmocka_unit_test(it_is_put_where_the_component_says),
	};
	return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
