/* What is shown, on a terminal and elsewhere. Standard error is replaced by a file or a terminal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

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

/* A terminal of one's own: what a person would see of what was written to it. It knows what the display uses:
 * carriage return, line feed, "erase to the end of the screen", hide and show the cursor; colours are skipped. */
struct screen {
	char rows[40][256];
	size_t row, column, columns;
	bool hidden, ever_hidden;
	unsigned draws; /* carriage returns that begin a line anew */
};

/* One character cell a byte: the tests that look here write ASCII. */
static void show(struct screen *screen, const char *text)
{
	for (; *text; text++) {
		char *row = screen->rows[screen->row];

		if (text_starts(text, "\033[J")) {
			memset(row + screen->column, 0, 256 - screen->column);
			for (size_t i = screen->row + 1; i < LENGTH(screen->rows); i++)
				memset(screen->rows[i], 0, 256);
			text += 2;
		} else if (text_starts(text, "\033[?25")) {
			screen->hidden = text[5] == 'l';
			screen->ever_hidden |= screen->hidden;
			text += 5;
		} else if (*text == '\033') {
			text += strcspn(text, "m");
		} else if (*text == '\r') {
			screen->draws += screen->column > 0;
			screen->column = 0;
		} else if (*text == '\n') {
			assert_true(++screen->row < LENGTH(screen->rows));
		} else {
			assert_true(screen->column < screen->columns); /* it would wrap */
			row[screen->column++] = *text;
		}
	}
}

static void fast_steps(void)
{
	struct progress *step = progress_begin("fetch", "many small things", 1000, false);

	for (unsigned i = 0; i < 1000; i++)
		progress_advance(step, 1);
	progress_end(step, NULL);
}

static void pause_for(double seconds)
{
	nanosleep(&(struct timespec){(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)}, NULL);
}

static const char *const plan[] = {"solve", "fetch", "unpack", "configure", NULL};

static void planned_steps(void)
{
	progress_plan(plan);
	struct progress *step = progress_begin("fetch", "packages", 4000000, true);
	pause_for(0.6);
	progress_advance(step, 1000000);
	progress_end(step, NULL);
	step = progress_begin("configure", "things with a long name", 0, false);
	progress_items(step, 8);
	for (unsigned i = 0; i < 2; i++)
		progress_item(step);
	progress_detail(step, "libc6");
	pause_for(0.15);
	progress_warn("the mirror is slow");
	pause_for(0.15);
	/* it stays: the last thing on the screen is a running step */
}

static void end_all(void)
{
	planned_steps();
	progress_finish();
}

/* Everything that `draw` writes to a terminal of so many columns; the caller frees it. */
static char *written(unsigned short columns, void (*draw)(void))
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), slave;
	struct winsize size = {.ws_row = 24, .ws_col = columns};
	char *text = memory_alloc(65536);
	size_t length = 0;
	ssize_t got;

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		skip();
	slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || ioctl(slave, TIOCSWINSZ, &size) < 0)
		skip();
	setenv("TERM", "xterm", 1);
	setenv("LC_ALL", "C", 1);
	pid_t child = fork(); /* what it leaves running ends with it */
	if (child == 0) {
		dup2(slave, STDERR_FILENO);
		progress_configure(PROGRESS_NORMAL);
		draw();
		_exit(0);
	}
	close(slave);
	while (length < 65535 && (got = read(master, text + length, 65535 - length)) > 0)
		length += (size_t)got;
	waitpid(child, NULL, 0);
	hide_durations(text);
	close(master);
	return text;
}

static void the_line_is_redrawn_seldom(void **state)
{
	autofree char *text = written(80, fast_steps);
	struct screen screen = {.columns = 80};

	(void)state;
	show(&screen, text);
	assert_true(screen.draws <= 30);
	assert_string_equal(screen.rows[0], "fetch     many small things  T s");
	assert_string_equal(screen.rows[1], "");
	assert_true(screen.ever_hidden && !screen.hidden);
}

static void a_warning_stands_above_the_line(void **state)
{
	autofree char *text = written(80, planned_steps);
	struct screen screen = {.columns = 80};

	(void)state;
	show(&screen, text);
	assert_string_equal(screen.rows[0], "fetch     packages  T s");
	assert_string_equal(screen.rows[1], "warning: the mirror is slow");
	assert_string_equal(screen.rows[2], "[4/4] configure  ###-..........   25%  2 of 8  libc6");
	assert_string_equal(screen.rows[3], "");
	assert_true(screen.hidden);
}

static void nothing_is_left_of_the_line(void **state)
{
	autofree char *text = written(40, end_all);
	struct screen screen = {.columns = 40};

	(void)state;
	show(&screen, text);
	assert_non_null(strstr(text, "\033[1mfetch\033[m"));
	assert_string_equal(screen.rows[2], "");
	assert_false(screen.hidden);
}

static void killed_while_drawn(void)
{
	planned_steps();
	raise(SIGTERM);
}

static void the_cursor_comes_back(void **state)
{
	autofree char *text = written(80, killed_while_drawn);
	struct screen screen = {.columns = 80};

	(void)state;
	show(&screen, text);
	assert_string_equal(screen.rows[2], "");
	assert_true(screen.ever_hidden && !screen.hidden);
}

static void no_colour_is_respected(void **state)
{
	unsetenv("NO_COLOR");
	autofree char *colours = written(80, end_all);
	setenv("NO_COLOR", "1", 1);
	autofree char *plain = written(80, end_all);

	(void)state;
	unsetenv("NO_COLOR");
	assert_non_null(strstr(colours, "\033[32m"));
	assert_non_null(strstr(colours, "\033[1;33mwarning:"));
	assert_null(strstr(plain, "\033[32m"));
	assert_null(strstr(plain, "\033[1"));
}

static void a_dumb_terminal_gets_lines(void **state)
{
	char *text;

	(void)state;
	setenv("TERM", "dumb", 1);
	text = printed(PROGRESS_NORMAL, end_all);
	setenv("TERM", "xterm", 1);
	assert_string_equal(text, "fetch     packages  T s\nwarning: the mirror is slow\n");
	free(text);
}

static void tools_are_counted_to_their_step(void **state)
{
	const struct progress_time *times;
	struct progress *step = progress_begin("configure", "x", 0, false);
	const struct progress_tool run = {.name = "dpkg", .seconds = 1.5, .cpu_seconds = 0.5,
					  .peak_bytes = (uint64_t)1 << 40};

	(void)state;
	progress_tool(&run);
	progress_tool(&run);
	progress_end(step, NULL);
	size_t count = progress_times(&times);
	const struct progress_time *last = &times[count - 1];
	assert_int_equal(last->tool_count, 1);
	assert_int_equal(last->tools[0].runs, 2);
	assert_true(last->tools[0].seconds > 2.9 && last->tools[0].cpu_seconds > 0.9);
	assert_true(last->peak_bytes == (uint64_t)1 << 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_without_a_terminal),
		cmocka_unit_test(times_are_remembered),
		cmocka_unit_test(tools_are_counted_to_their_step),
		cmocka_unit_test(the_line_is_redrawn_seldom),
		cmocka_unit_test(a_warning_stands_above_the_line),
		cmocka_unit_test(nothing_is_left_of_the_line),
		cmocka_unit_test(the_cursor_comes_back),
		cmocka_unit_test(no_colour_is_respected),
		cmocka_unit_test(a_dumb_terminal_gets_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
