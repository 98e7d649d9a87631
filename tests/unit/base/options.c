/* Command tables: parsing, suggestions, help. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/base.h"

static const struct option_entry globals[] = {
	{"store", 's', "DIR",
	 "where downloads and layers are kept, instead of the cache directory of this user", false},
	{"quiet", 'q', NULL, "print warnings and errors only", false},
	{"verbose", 'v', NULL, "print more", true},
	{"help", 'h', NULL, "this help", false},
	{"version", 0, NULL, "print the version", false},
	{NULL, 0, NULL, NULL, false},
};
static const struct option_entry build_options[] = {
	{"output", 'o', "DIR", "where images go", false},
	{"component", 0, "ID", "only these", true},
	{NULL, 0, NULL, NULL, false},
};
static const struct command_entry commands[] = {
	{"build", "RECIPE", "make an image", build_options, 1, 1, .more = "First line\nof one paragraph, with `words`.\n\nSecond one.",
	 .examples = "hiebox build demo # make the demo\nhiebox build x -o /y # elsewhere\n"},
	{"list", NULL, "list recipes and components", NULL, 0, 0, .run = NULL},
	{"test", "IMAGE [WORKFLOW …]", "try workflows on an image", NULL, 2, SIZE_MAX, .run = NULL},
	{0},
};

/* Splits the line at spaces and parses it. `*words` must live as long as the result. */
static int parse(const char *line, struct strings *words, struct parsed_options *ret,
		 struct error *err)
{
	strings_add(words, "hiebox");
	strings_split(words, line, " ");
	return options_parse(words->items, commands, globals, ret, err);
}

static void good_lines(void **state)
{
	static const struct {
		const char *line;
		const char *expected;
	} cases[] = {
		{"build demo.yaml", "build [demo.yaml]"},
		{"build --output=out demo.yaml", "build output=out [demo.yaml]"},
		{"build demo.yaml --output out -q", "build output=out quiet [demo.yaml]"},
		{"-q build -oout demo.yaml -s /x", "build quiet output=out store=/x [demo.yaml]"},
		{"build -qvvo out demo.yaml", "build quiet verbose verbose output=out [demo.yaml]"},
		{"build --output= x", "build output= [x]"},
		{"build --component a --component b x", "build component=a component=b [x]"},
		{"build -- --output", "build [--output]"},
		{"build -", "build [-]"},
		{"build -q -q x", "build quiet quiet [x]"},
		{"list", "list"},
		{"test a b c d", "test [a] [b] [c] [d]"},
		{"build --help", "build help"},
		{"--help", "nothing help"},
		{"--version", "nothing version"},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct parsed_options options = {0};
		autostrings struct strings words = {0};
		autobuffer struct buffer got = {0};
		struct error err = {0};

		if (parse(cases[i].line, &words, &options, &err) < 0)
			fail_msg("%s: %s", cases[i].line, err.message);
		buffer_text(&got, options.command ? options.command->name : "nothing");
		for (size_t k = 0; k < options.count; k++)
			buffer_format(&got, " %s%s%s", options.values[k].entry->name,
				      options.values[k].value ? "=" : "",
				      options.values[k].value ? options.values[k].value : "");
		for (size_t k = 0; k < options.arguments.count; k++)
			buffer_format(&got, " [%s]", options.arguments.items[k]);
		assert_string_equal(got.data, cases[i].expected);
		options_clear(&options);
	}
}

static void bad_lines(void **state)
{
	static const struct {
		const char *line;
		const char *expected;
	} cases[] = {
		{"", "no command given"},
		{"-q", "no command given"},
		{"biuld x", "unknown command \"biuld\"; did you mean \"build\"?"},
		{"frobnicate", "unknown command \"frobnicate\""},
		{"build --ouptut=x y", "unknown option --ouptut; did you mean --output?"},
		{"list --output x", "unknown option --output"},
		{"list --stoer", "unknown option --stoer; did you mean --store?"},
		{"build -x", "unknown option -x"},
		{"build -o", "option --output needs a value: --output DIR"},
		{"build x --store", "option --store needs a value: --store DIR"},
		{"build --quiet=yes x", "option --quiet takes no value"},
		{"build -o a --output b x", "option --output is given twice"},
		{"build", "build needs an argument: build RECIPE"},
		{"test a", "test needs more arguments: test IMAGE [WORKFLOW …]"},
		{"build a b", "build: unexpected argument \"b\""},
		{"list x", "list: unexpected argument \"x\""},
		{"build --version", "build needs an argument: build RECIPE"},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct parsed_options options = {0};
		autostrings struct strings words = {0};
		struct error err = {0};

		assert_int_equal(parse(cases[i].line, &words, &options, &err), -1);
		assert_string_equal(err.message, cases[i].expected);
		error_clear(&err);
		options_clear(&options);
	}
}

static void values_are_found(void **state)
{
	struct parsed_options options = {0};
	autostrings struct strings words = {0};

	(void)state;
	assert_int_equal(parse("build x --component a --component b -q", &words, &options, NULL),
			 0);
	assert_true(option_given(&options, "quiet"));
	assert_false(option_given(&options, "store"));
	assert_string_equal(option_value(&options, "component"), "b");
	assert_null(option_value(&options, "quiet"));
	assert_null(option_value(&options, "store"));
	options_clear(&options);
}

static char *help_of(const struct command_entry *command)
{
	char *text = NULL;
	size_t length = 0;
	FILE *to = open_memstream(&text, &length);

	if (command)
		options_command_help(to, "hiebox", command, globals);
	else
		options_help(to, "hiebox", commands, globals);
	fclose(to);
	return text;
}

static void help_comes_from_the_tables(void **state)
{
	autofree char *all = help_of(NULL);
	autofree char *build = help_of(&commands[0]);
	autofree char *list = help_of(&commands[1]);

	(void)state;
	assert_string_equal(
		all,
		"Usage: hiebox COMMAND [OPTION …] [ARGUMENT …]\n"
		"\n"
		"Commands:\n"
		"  build            make an image\n"
		"  list             list recipes and components\n"
		"  test             try workflows on an image\n"
		"\n"
		"Options:\n"
		"  -s, --store=DIR  where downloads and layers are kept, instead of the cache\n"
		"                   directory of this user\n"
		"  -q, --quiet      print warnings and errors only\n"
		"  -v, --verbose    print more\n"
		"  -h, --help       this help\n"
		"      --version    print the version\n"
		"\n"
		"\"hiebox COMMAND --help\" tells more about one command.\n");
	assert_true(text_starts(
		build, "Usage: hiebox build [OPTION …] RECIPE\n\nmake an image\n\n"
		       "First line of one paragraph, with `words`.\n\nSecond one.\n\nOptions:\n"
		       "  -o, --output=DIR    where images go\n"
		       "      --component=ID  only these\n\nOptions of every command:\n"));
	assert_true(text_ends(build, "\nExamples:\n  make the demo\n      hiebox build demo\n"
				     "  elsewhere\n      hiebox build x -o /y\n"));
	assert_true(text_starts(list, "Usage: hiebox list\n\nlist recipes and components\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_lines),
		cmocka_unit_test(bad_lines),
		cmocka_unit_test(values_are_found),
		cmocka_unit_test(help_comes_from_the_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
