/* The console: what is kept of it, and what a report shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#include "machine/console.h"

static void assert_clean(const char *text, size_t lines, const char *expected)
{
	autofree char *clean = console_clean(text, strlen(text), lines);

	assert_string_equal(clean, expected);
}

static void only_text_is_shown(void **state)
{
	(void)state;
	assert_clean("", 5, "");
	assert_clean("a\nb\nc\n", 0, "");
	assert_clean("a\r\nb\r\nc\r\n\r\n", 2, "b\nc");
	assert_clean("a\nb", 9, "a\nb");
	assert_clean("\x1b[2J\x1b[1;31mred\x1b[0m\x1b(B plain\x1b]0;title\x07.", 9, "red plain.");
	assert_clean("\x1b]8;;file\x1b\\link\x1b", 9, "link");
	assert_clean("[ ***  ] waiting\r\x1b[K[  OK  ] done\r\n", 9, "[  OK  ] done");
	assert_clean("one\r\r\ntwo\r", 9, "one\ntwo");
	assert_clean("caf\xc3\xa9 \xff\xc3. \xed\xa0\x80 \xc2\x9b" "31m \x08\x7f", 9, "caf\xc3\xa9 ??. ??? ??31m");
	assert_clean("\x1b[", 9, "");
	assert_clean("\x1b[12;", 9, "");
	assert_clean("\x1b(", 9, "");
	assert_clean("\x1b]", 9, "");
	assert_clean("a\tb", 9, "a\tb");
}

static struct console *attached(const char *log, int *ret_box)
{
	struct console *console = NULL;
	struct error err = {0};
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(console_open(log, false, &console, &err), 0);
	assert_int_equal(console_attach(console, ends[0], &err), 0);
	*ret_box = ends[1];
	return console;
}

static void its_end_is_kept_and_all_is_logged(void **state)
{
	autofree char *folder = NULL, *log = NULL, *text = NULL, *tail = NULL, *line = memory_alloc(102);
	struct console *console;
	size_t length = 0;
	int box;

	(void)state;
	assert_int_equal(directory_temporary("/tmp", "hiebox-console-", &folder, NULL), 0);
	log = path_join(folder, "log");
	console = attached(log, &box);
	memset(line, 'x', 100);
	line[100] = '\n';
	for (size_t i = 0; i < 5000; i++) /* more than is kept */
		assert_int_equal(fd_write_all(box, line, 101, NULL), 0);
	assert_int_equal(fd_write_all(box, "before\nthe end\n", 15, NULL), 0);
	close(box);
	console_drain(console);
	tail = console_tail(console, 2);
	assert_string_equal(tail, "before\nthe end");
	free(tail);
	tail = console_tail(console, 1000000);
	assert_in_range(strlen(tail), CONSOLE_KEPT - 200, CONSOLE_KEPT);
	console_close(console);
	assert_int_equal(file_read(log, 10 << 20, &text, &length, NULL), 0);
	assert_int_equal(length, 5000 * 101 + 15);
	assert_int_equal(tree_remove(folder, NULL), 0);
}

static void keys_go_in_and_a_restart_attaches_anew(void **state)
{
	struct console *console;
	char key[8] = "";
	autofree char *tail = NULL;
	int box, ends[2];

	(void)state;
	console = attached(NULL, &box);
	console_type(console, "ab\r", 3);
	assert_int_equal(read(box, key, sizeof key), 3);
	assert_string_equal(key, "ab\r");
	assert_int_equal(fd_write_all(box, "first\n", 6, NULL), 0);
	close(box);
	console_drain(console);
	console_type(console, "nobody", 6); /* nobody is there: no harm */
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(console_attach(console, ends[0], NULL), 0);
	assert_int_equal(fd_write_all(ends[1], "second\n", 7, NULL), 0);
	close(ends[1]);
	console_drain(console);
	tail = console_tail(console, 5);
	assert_string_equal(tail, "first\nsecond");
	console_close(console);
}

static void a_box_that_takes_no_keys_does_not_hold_us(void **state)
{
	struct console *console;
	autofree char *keys = memory_alloc(4 << 20);
	double start = clock_seconds();
	int box;

	(void)state;
	console = attached(NULL, &box);
	console_type(console, keys, 4 << 20);
	assert_true(clock_seconds() - start < 5);
	console_close(console);
	close(box);
}

static void a_log_that_cannot_be_is_an_error(void **state)
{
	struct console *console = NULL;
	struct error err = {0};

	(void)state;
	assert_int_equal(console_open("/nowhere/at/all", false, &console, &err), -1);
	assert_non_null(strstr(err.message, "/nowhere/at/all"));
	assert_null(console);
	error_clear(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_text_is_shown),
		cmocka_unit_test(its_end_is_kept_and_all_is_logged),
		cmocka_unit_test(keys_go_in_and_a_restart_attaches_anew),
		cmocka_unit_test(a_box_that_takes_no_keys_does_not_hold_us),
		cmocka_unit_test(a_log_that_cannot_be_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
