/* Every mistake at every key of every file kind, as the key tables allow them (tests/support/mistakes.h),
 * against the golden text tests/cases/schema/<kind>: the broken line, and what the person reads. A new key
 * fails until its mistakes were read. HIEBOX_UPDATE=1 writes the golden text (look at the difference). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../support/mistakes.h"

struct golden {
	struct buffer out;
	size_t keys, mistakes;
	struct strings wrong; /* cases that do not keep the rules */
};

/* All messages, and their number. */
static char *messages_of(const struct mistake_case *one, size_t *ret_count)
{
	struct diagnostics mistakes = { 0 };
	autodocument struct document *document = NULL;
	autoarena struct arena *arena = arena_new();
	struct error err = { 0 };
	autofree char *name = text_format("%s.yaml", one->kind->name);
	if (document_parse_yaml(name, one->text, strlen(one->text), &document, &mistakes) == 0)
		walk_file(&(struct walk){ arena, &mistakes }, one->kind->type,
			  document_root(document), NULL);
	*ret_count = mistakes.count;
	diagnostics_to_error(&mistakes, &err);
	diagnostics_clear(&mistakes);
	return err.message ? err.message : text_copy("");
}

/* The line that the message names. Caller frees. */
static char *line_of(const char *text, const char *message)
{
	const char *colon = strchr(message, ':');
	unsigned long line = colon ? strtoul(colon + 1, NULL, 10) : 1;
	for (; line > 1 && strchr(text, '\n'); line--)
		text = strchr(text, '\n') + 1;
	return text_copy_n(text, strcspn(text, "\n"));
}

static void one_case(void *context, const struct mistake_case *one)
{
	struct golden *golden = context;
	size_t count;
	autofree char *messages = messages_of(one, &count);
	if (one->right) {
		golden->keys++;
		if (count)
			strings_format(&golden->wrong, "%s is right:\n%s%s", one->key, one->text,
				       messages);
		return;
	}
	golden->mistakes++;
	if (count != 1)
		strings_format(&golden->wrong, "%s, %s: expected one message:\n%s%s", one->key,
			       one->name, one->text, messages);
	autofree char *line = line_of(one->text, messages);
	buffer_format(&golden->out, "# %s: %s\n    %s\n%s\n", one->key, one->name, line, messages);
}

static void check_golden(const struct file_kind *kind, const struct golden *golden)
{
	const char *cases = getenv("HIEBOX_CASES");
	autofree char *folder = path_join(cases ? cases : "tests/cases", "schema");
	autofree char *path = path_join(folder, kind->name);
	autofree char *old = NULL;
	struct error err = { 0 };
	if (getenv("HIEBOX_UPDATE")) {
		assert_int_equal(file_write_plain(path, golden->out.data, golden->out.length, 0644,
						  &err),
				 0);
		return;
	}
	if (file_read(path, 8u << 20, &old, NULL, &err) < 0)
		fail_msg("%s", err.message);
	const char *a = old, *b = golden->out.data;
	unsigned line = 1;
	for (; *a && *a == *b; a++, b++)
		line += *a == '\n';
	if (*a || *b)
		fail_msg("%s:%u: expected\n%.*s\ngot\n%.*s", path, line, (int)strcspn(a, "\n"), a,
			 (int)strcspn(b, "\n"), b);
}

static void every_mistake_is_told(void **state)
{
	const struct file_kind *kind = *state;
	struct golden golden = { 0 };
	mistakes_visit(kind, one_case, &golden);
	autofree char *wrong = strings_join(&golden.wrong, "\n\n");
	print_message("# %s: %zu keys, %zu mistakes\n", kind->name, golden.keys, golden.mistakes);
	if (golden.wrong.count)
		fail_msg("%s", wrong);
	assert_true(golden.keys > 10 && golden.mistakes > 6 * golden.keys);
	check_golden(kind, &golden);
	buffer_clear(&golden.out);
	strings_clear(&golden.wrong);
}

int main(void)
{
	struct CMUnitTest tests[LENGTH(all_kinds)];
	for (size_t i = 0; i < LENGTH(all_kinds); i++)
		tests[i] = (struct CMUnitTest){ .name = all_kinds[i]->name,
						.test_func = every_mistake_is_told,
						.initial_state = (void *)all_kinds[i] };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
