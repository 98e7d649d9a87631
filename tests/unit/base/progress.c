/* What is shown, on a terminal and elsewhere. Standard error is replaced by a file or a terminal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/base.h"

/* Runs `draw` with standard error going to `fd`. */
static void with_errors_to(int fd, enum progress_level level, void (*draw)(void))
{
	int before = dup(STDERR_FILENO);

	assert_true(dup2(fd, STDERR_FILENO) >= 0);
	progress_configure(level);
	draw();
	fflush(stderr);
	progress_configure(PROGRESS_QUIET);
	assert_true(dup2(before, STDERR_FILENO) >= 0);
	close(before);
}

/* How long a step takes depends on the machine: "0.1 s" becomes "T s". */
static void hide_durations(char *text)
{
	char *to = text;

	for (const char *from = text; *from;) {
		size_t whole = strspn(from, "0123456789");

		if (whole && from[whole] == '.' && from[whole + 1] &&
		    text_starts(from + whole + 2, " s")) {
			*to++ = 'T';
			from += whole + 2;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
}

/* What `draw` prints to a file; the caller frees it. */
static char *printed(enum progress_level level, void (*draw)(void))
{
	char path[] = "/tmp/hiebox-progress-XXXXXX";
	autofd int fd = mkostemp(path, O_CLOEXEC);
	char *text = NULL;

	with_errors_to(fd, level, draw);
	assert_int_equal(file_read(path, 100000, &text, NULL, NULL), 0);
	unlink(path);
	hide_durations(text);
	return text;
}

static void some_steps(void)
{
	struct progress *outer = progress_begin("fetch", "2 packages", 2000, true);
	struct progress *inner = progress_begin("unpack", "one", 0, false);

	progress_advance(outer, 500);
	progress_note("a note of %d", 1);
	progress_advance(inner, 1);
	progress_warn("a warning of %d", 2);
	progress_end(inner, "from the store");
	progress_advance(outer, 1500);
	progress_end(outer, NULL);
}

static void lines_without_a_terminal(void **state)
{
	autofree char *normal = printed(PROGRESS_NORMAL, some_steps);
	autofree char *verbose = printed(PROGRESS_VERBOSE, some_steps);
	autofree char *quiet = printed(PROGRESS_QUIET, some_steps);

	(void)state;
	assert_string_equal(normal, "warning: a warning of 2\n"
				    "unpack    one  T s  (from the store)\n"
				    "fetch     2 packages  T s\n");
	assert_string_equal(verbose, "a note of 1\n"
				     "warning: a warning of 2\n"
				     "unpack    one  T s  (from the store)\n"
				     "fetch     2 packages  T s\n");
	assert_string_equal(quiet, "warning: a warning of 2\n");
}

static void times_are_remembered(void **state)
{
	const struct progress_time *times;
	size_t before = progress_times(&times), count;

	(void)state;
	free(printed(PROGRESS_QUIET, some_steps));
	count = progress_times(&times);
	assert_int_equal(count, before + 2);
	assert_string_equal(times[count - 2].verb, "unpack");
	assert_string_equal(times[count - 1].what, "2 packages");
	assert_true(times[count - 1].seconds >= 0 && times[count - 1].seconds < 10);
}

static void fast_steps(void)
{
	struct progress *step = progress_begin("fetch", "many small things", 1000, false);

	for (unsigned i = 0; i < 1000; i++)
		progress_advance(step, 1);
	progress_end(step, NULL);
}

static void slow_step(void)
{
	const struct timespec pause = {0, 550000000};
	struct progress *step = progress_begin("fetch",
					       "things with a name so long that it does not fit "
					       "into the eighty columns of this terminal ééé",
					       1000, false);

	nanosleep(&pause, NULL);
	progress_advance(step, 250);
	nanosleep(&pause, NULL);
	progress_advance(step, 250);
	progress_end(step, NULL);
	step = progress_begin("write", "disk", 4000000, true);
	nanosleep(&pause, NULL);
	progress_advance(step, 1);
	nanosleep(&pause, NULL);
	progress_advance(step, 999999);
	progress_end(step, NULL);
}

/* What `draw` prints to a terminal. */
static void drawn(char *text, size_t size, void (*draw)(void))
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	size_t length = 0;
	ssize_t got;
	int slave;

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		skip();
	slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		skip();
	setenv("TERM", "xterm", 1);
	with_errors_to(slave, PROGRESS_NORMAL, draw);
	close(slave);
	/* In several pieces, and then an error, because nobody has the other side open. */
	while ((got = read(master, text + length, size - 1 - length)) > 0)
		length += (size_t)got;
	text[length] = '\0';
	hide_durations(text);
	close(master);
}

static void the_line_is_redrawn_seldom(void **state)
{
	char text[4096];
	unsigned redrawn = 0;

	(void)state;
	drawn(text, sizeof text, fast_steps);
	for (const char *at = text; (at = strstr(at, "\r\033[K")); at++)
		redrawn++;
	assert_true(redrawn <= 30);
	assert_true(text_starts(text, "fetch     many small things  0 of 1000  0%"));
	assert_true(text_ends(text, "\r\033[Kfetch     many small things  T s\r\n"));
}

static void rate_and_time_left(void **state)
{
	char text[4096];

	(void)state;
	drawn(text, sizeof text, slow_step);
	assert_non_null(strstr(
		text, "fetch     things with a name so long that it does not fit into t  0 of "
		      "1000  0%\r\033[K"));
	assert_non_null(strstr(text, "write     disk  1.00 MB of 4.00 MB  25%  "));
	assert_non_null(strstr(text, " kB/s  T s left"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_without_a_terminal),
		cmocka_unit_test(times_are_remembered),
		cmocka_unit_test(the_line_is_redrawn_seldom),
		cmocka_unit_test(rate_and_time_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
