/* Limits of what is read from outside: just below it is taken, just above it the error names the limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plan/payloads.h"
#include "plan/plan.h"

#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define STANZA(name, more) "Package: " name "\nVersion: 1\nArchitecture: amd64\nFilename: p\nSize: 1\nSHA256: " DIGEST \
	"\n" more "\n"
#define LINE_MAXIMUM (4u << 20)
#define RECORDS_MAXIMUM 300000u
#define PROVISIONS_MAXIMUM 1000000u
#define ITEMS_MAXIMUM 20000u
#define LOCK_MAXIMUM (16u << 20)

static char *write_file(const struct buffer *text)
{
	char *path = text_copy("/tmp/hiebox-limits-XXXXXX");
	autofd int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, text->data, text->length, NULL), 0);
	return path;
}

/* Solves for "app" in an index of this text, which is cleared; "" or the error's text. */
static char *solve(struct buffer *text)
{
	autoarena struct arena *arena = arena_new();
	autofree char *path = write_file(text);
	const struct package_index index = { path, "debian", "trixie", "sha256:x" };
	const struct package_request request = { .name = "app", .asked_by = "recipe.yaml:1:1" };
	const struct solve_input input = { &index, 1, "amd64", &request, 1, NULL };
	struct package_set set;
	struct error err = { 0 };
	int result = plan_solve(&input, arena, &set, &err);

	buffer_clear(text);
	unlink(path);
	assert_int_equal(result < 0, err.message != NULL);
	return err.message ? err.message : text_copy("");
}

static void expect(const char *error, const char *words)
{
	if (*words ? !strstr(error, words) : *error)
		fail_msg("expected \"%s\", got \"%s\"", words, error);
}

static void lines_of_indexes(void **state)
{
	autofree char *long_line = memory_alloc(LINE_MAXIMUM + 1);

	(void)state;
	memset(long_line, 'x', LINE_MAXIMUM);
	memcpy(long_line, "Description: ", 13);
	for (int more = 0; more < 2; more++) {
		struct buffer text = { 0 };

		buffer_text(&text, STANZA("app", ""));
		buffer_add(&text, long_line, LINE_MAXIMUM);
		buffer_text(&text, more ? "x\n" : "\n");
		autofree char *error = solve(&text);
		expect(error, more ? "line 8 is longer than 4194304 bytes" : "");
	}
	/* a last line without an end, and a NUL */
	struct buffer text = { 0 };
	buffer_text(&text, "Package: app\nVersion: 1\nArchitecture: amd64\nFilename: p\nSize: 1\nSHA256: " DIGEST);
	autofree char *open = solve(&text);
	expect(open, "");
	buffer_text(&text, STANZA("app", ""));
	buffer_add(&text, "Section: a\0b\n", 13);
	autofree char *nul = solve(&text);
	expect(nul, "line 8 holds a NUL");
}

static void packages_of_indexes(void **state)
{
	(void)state;
	for (unsigned count = RECORDS_MAXIMUM; count <= RECORDS_MAXIMUM + 1; count++) {
		struct buffer text = { .maximum = 256u << 20 };

		buffer_text(&text, STANZA("app", ""));
		for (unsigned i = 1; i < count; i++)
			buffer_format(&text, STANZA("a%u", ""), i);
		autofree char *error = solve(&text);
		expect(error, count == RECORDS_MAXIMUM ? "" : "more than 300000 packages");
	}
}

static void provided_names(void **state)
{
	(void)state;
	for (unsigned count = PROVISIONS_MAXIMUM; count <= PROVISIONS_MAXIMUM + 1; count++) {
		struct buffer text = { 0 };

		buffer_text(&text, "Provides: aa");
		for (unsigned i = 1; i < count; i++)
			buffer_text(&text, ",aa");
		buffer_text(&text, "\n" STANZA("app", ""));
		autofree char *error = solve(&text);
		expect(error, count == PROVISIONS_MAXIMUM ? "" : "more than 1000000 names that packages provide");
	}
}

static char *read_lock(struct buffer *text)
{
	autoarena struct arena *arena = arena_new();
	autofree char *path = write_file(text);
	struct lock lock;
	struct error err = { 0 };
	int result = lock_read(path, arena, &lock, &err);

	buffer_clear(text);
	unlink(path);
	assert_int_equal(result < 0, err.message != NULL);
	return err.message ? err.message : text_copy("");
}

static void packages_of_locks(void **state)
{
	(void)state;
	for (unsigned count = ITEMS_MAXIMUM; count <= ITEMS_MAXIMUM + 1; count++) {
		struct buffer text = { 0 };

		buffer_text(&text, "# hiebox lock 1\nsuite trixie\narchitecture amd64\nseed " DIGEST
				   "\ntimestamp 1700000000\nrequests " DIGEST "\n");
		for (unsigned i = 0; i < count; i++)
			buffer_format(&text, "image a%06u 1 amd64 debian 1 " DIGEST " 1 - pool/a.deb why\n", i);
		autofree char *error = read_lock(&text);
		expect(error, count == ITEMS_MAXIMUM ? "" : "20000 packages");
	}
	struct buffer large = { .maximum = 32u << 20 };
	autofree char *blanks = memory_alloc(LOCK_MAXIMUM + 1);
	memset(blanks, ' ', LOCK_MAXIMUM + 1);
	buffer_add(&large, blanks, LOCK_MAXIMUM + 1);
	autofree char *error = read_lock(&large);
	expect(error, "is larger than 16777216 bytes");
}

static void payloads_of_locks(void **state)
{
	(void)state;
	for (unsigned count = ITEMS_MAXIMUM; count <= ITEMS_MAXIMUM + 1; count++) {
		autoarena struct arena *arena = arena_new();
		struct diagnostics mistakes = { 0 };
		struct buffer text = { 0 };

		buffer_text(&text, "# hiebox maven lock 1\n");
		for (unsigned i = 0; i < count; i++)
			buffer_format(&text, DIGEST " 1 org/a%06u/1/a%06u-1.jar\n", i, i);
		autofree char *path = write_file(&text);
		const struct source source = { .kind = SOURCE_MAVEN, .lock = path };
		struct planned_source planned = { .source = &source };
		int result = plan_payloads(&planned, arena, &mistakes);
		unlink(path);
		buffer_clear(&text);
		assert_int_equal(result, count == ITEMS_MAXIMUM ? 0 : -1);
		if (result < 0)
			expect(mistakes.messages[0], "at most 20000 lines");
		diagnostics_clear(&mistakes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_indexes),
		cmocka_unit_test(packages_of_indexes),
		cmocka_unit_test(provided_names),
		cmocka_unit_test(packages_of_locks),
		cmocka_unit_test(payloads_of_locks),
	};

	return cmocka_run_group_tests_name("plan/limits", tests, NULL, NULL);
}
