/* Replays tests/cases/proof/<id>.json: each report of it must be <id>.<suffix> (a page without its style, and the version
 * as VERSION). HIEBOX_UPDATE=1 writes them instead; HIEBOX_REPORTS=DIR writes all reports there as they are, for judges
 * from outside (tests/cli/reports.sh). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../support/proof_case.h"

/* The text with every `from` as `to`; caller frees. */
static char *replaced(const char *text, const char *from, const char *to)
{
	struct buffer out = { .maximum = SIZE_MAX / 4 };
	for (const char *at; (at = strstr(text, from)); text = at + strlen(from)) {
		buffer_add(&out, text, (size_t)(at - text));
		buffer_text(&out, to);
	}
	buffer_text(&out, text);
	return buffer_steal(&out);
}

static char *golden(const char *text)
{
	const char *style = strstr(text, "<style>"), *end = style ? strstr(style, "</style>") : NULL;
	const char *digest = strstr(text, "sha256-");
	const char *rest = digest ? strstr(digest, "&#39;") : NULL;
	autofree char *short_version = replaced(text, "hiebox " HIEBOX_VERSION, "hiebox VERSION");
	autofree char *version = replaced(short_version, "urn:hiebox:" HIEBOX_VERSION, "urn:hiebox:VERSION");
	if (!end || !rest)
		return steal(version);
	autofree char *css = text_copy_n(style, (size_t)(end - style)), *hash = text_copy_n(digest, (size_t)(rest - digest));
	autofree char *plain = replaced(version, css, "<style>");
	return replaced(plain, hash, "sha256-…");
}

static void write_file(const char *folder, const char *name, const char *text)
{
	autofree char *path = path_join(folder, name);
	struct error err = { 0 };
	assert_int_equal(file_write_plain(path, text, strlen(text), 0644, &err), 0);
}

static void one_report(const char *stem, const struct proof *proof, const struct case_report *report)
{
	autobuffer struct buffer out = { 0 };
	autofree char *name = text_format("%s.%s", stem, report->suffix), *expected = NULL;
	struct error err = { 0 };
	report->write(proof, report->language, &out);
	assert_false(out.overflow);
	assert_int_equal(strlen(out.data), out.length);
	autofree char *got = golden(out.data);
	if (getenv("HIEBOX_REPORTS"))
		write_file(getenv("HIEBOX_REPORTS"), name, out.data);
	if (getenv("HIEBOX_UPDATE")) {
		write_file(".", name, got);
		return;
	}
	assert_int_equal(file_read(name, 4u << 20, &expected, NULL, &err), 0);
	if (!text_equal(got, expected))
		fail_msg("%s: expected\n%s\ngot\n%s", name, expected, got);
}

static void one_case(const char *name)
{
	autofree char *stem = text_copy_n(name, strlen(name) - strlen(".json"));
	autodocument struct document *document = document_load_or_null(name);
	autoproof struct proof proof = { 0 };
	if (!document)
		fail_msg("%s cannot be read", name);
	case_load(&proof, document_root(document));
	for (size_t i = 0; i < LENGTH(case_reports); i++)
		one_report(stem, &proof, &case_reports[i]);
}

static void cases_give_their_golden_reports(void **state)
{
	(void)state;
	autostrings struct strings names = { 0 };
	struct error err = { 0 };
	const char *cases = getenv("HIEBOX_CASES");
	autofree char *folder = path_join(cases ? cases : "tests/cases", "proof"), *back = realpath(".", NULL);
	size_t count = 0;
	assert_int_equal(chdir(folder), 0);
	assert_int_equal(directory_list(".", &names, &err), 0);
	for (size_t i = 0; i < names.count; i++) {
		if (!text_ends(names.items[i], ".json") || text_ends(names.items[i], ".testreport.json"))
			continue;
		one_case(names.items[i]);
		count++;
	}
	assert_int_equal(chdir(back), 0);
	assert_true(count >= 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cases_give_their_golden_reports),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
