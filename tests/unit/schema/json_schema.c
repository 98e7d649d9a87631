/* The JSON Schemas, judged by a real validator (tests/support/validate.py): each right document of the key
 * tables and each file of the tree is valid, each wrong one invalid, but what no JSON Schema can see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../support/mistakes.h"

struct collection {
	struct buffer lines;
	size_t files;
};

static void add_document(struct collection *collection, const struct mistake_case *one,
			 const struct node *root)
{
	autojson struct json *line = json_new_object();
	autofree char *name = text_format("%s, %s", one->key, one->name);
	json_set(line, "kind", json_new_string(one->kind->name));
	json_set(line, "name", json_new_string(name));
	json_set(line, "right", json_new_boolean(one->right));
	json_set(line, "document", json_from_node(root));
	autofree char *text = json_write(line, true);
	buffer_text(&collection->lines, text);
}

static void one_case(void *context, const struct mistake_case *one)
{
	struct diagnostics mistakes = { 0 };
	autodocument struct document *document = NULL;
	if (!one->beyond && document_parse_yaml("f", one->text, strlen(one->text), &document,
						&mistakes) == 0)
		add_document(context, one, document_root(document));
	diagnostics_clear(&mistakes);
}

/* Every file of the tree, by its first key. */
static void add_files(struct collection *collection, const char *folder)
{
	autostrings struct strings names = { 0 };
	struct error err = { 0 };
	assert_int_equal(directory_list(folder, &names, &err), 0);
	for (size_t i = 0; i < names.count; i++) {
		autofree char *path = path_join(folder, names.items[i]);
		if (path_is_directory(path) && !text_equal(names.items[i], "overlay")) {
			add_files(collection, path);
			continue;
		}
		struct diagnostics mistakes = { 0 };
		autodocument struct document *document = NULL;
		if (!text_ends(path, ".yaml"))
			continue;
		assert_int_equal(document_load(path, &document, &mistakes), 0);
		const struct node *root = document_root(document);
		for (size_t k = 0; k < LENGTH(all_kinds); k++) {
			if (!text_equal(root->first->key, all_kinds[k]->name))
				continue;
			const struct mistake_case one = { all_kinds[k], path, "of the tree", NULL,
							  true, false };
			add_document(collection, &one, root);
			collection->files++;
		}
	}
}

static void add_examples(struct collection *collection)
{
	for (size_t k = 0; k < LENGTH(all_kinds); k++) {
		struct diagnostics mistakes = { 0 };
		autodocument struct document *document = NULL;
		const char *text = all_kinds[k]->example;
		const struct mistake_case one = { all_kinds[k], "example", "of help", NULL, true,
						  false };
		assert_int_equal(document_parse_yaml("f", text, strlen(text), &document, &mistakes),
				 0);
		add_document(collection, &one, document_root(document));
	}
}

static void write_schema(const char *folder, const char *name, const struct file_kind *const *kinds,
			 size_t count)
{
	autojson struct json *schema = schema_json(kinds, count);
	autofree char *text = json_write(schema, true);
	autofree char *file = text_format("%s.schema", name);
	autofree char *path = path_join(folder, file);
	struct error err = { 0 };
	assert_int_equal(file_write_plain(path, text, strlen(text), 0644, &err), 0);
}

static bool have_validator(void)
{
	static const char *const argv[] = { "python3", "-c", "import jsonschema", NULL };
	struct error err = { 0 };
	autobuffer struct buffer ignored = { 0 };
	bool have = process_run(&(struct process){ .argv = argv, .errors = &ignored }, NULL,
				&err) == 0;
	error_clear(&err);
	return have;
}

static void a_validator_agrees(void **state)
{
	(void)state;
	if (!have_validator())
		skip();
	struct collection collection = { .lines.maximum = 64u << 20 };
	struct error err = { 0 };
	char *folder = NULL;
	const char *cases = getenv("HIEBOX_CASES");
	autofree char *tests = path_join(cases ? cases : "tests/cases", "..");
	assert_int_equal(directory_temporary("/tmp", "hiebox-schema-", &folder, &err), 0);
	for (size_t k = 0; k < LENGTH(all_kinds); k++) {
		mistakes_visit(all_kinds[k], one_case, &collection);
		write_schema(folder, all_kinds[k]->name, &all_kinds[k], 1);
	}
	write_schema(folder, "all", all_kinds, LENGTH(all_kinds));
	add_examples(&collection);
	autofree char *recipes = path_join(tests, "../recipes");
	autofree char *sites = path_join(tests, "recipes");
	add_files(&collection, recipes);
	add_files(&collection, sites);
	assert_true(collection.files >= 10);
	autofree char *documents = path_join(folder, "documents");
	assert_false(collection.lines.overflow);
	assert_int_equal(file_write_plain(documents, collection.lines.data,
					  collection.lines.length, 0644, &err),
			 0);
	autofree char *script = path_join(tests, "support/validate.py");
	const char *const argv[] = { "python3", script, folder, NULL };
	autobuffer struct buffer said = { 0 };
	int status = 0;
	struct error ignored = { 0 };
	assert_int_equal(process_run(&(struct process){ .argv = argv, .output = &said }, &status,
				     &err),
			 0);
	tree_remove(folder, &ignored);
	free(folder);
	buffer_clear(&collection.lines);
	if (status)
		fail_msg("%s", said.data);
	print_message("# %s", said.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(a_validator_agrees) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
