#include "base/terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/files.h"
#include "base/memory.h"
#include "base/text.h"

#define HIDE "\033[?25l"
#define SHOW "\033[?25h"
#define ERASE "\r\033[J"

static const int deadly[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

/* What signal handlers must know: there is one terminal. */
static volatile sig_atomic_t drawn, stopped, watching;

bool terminal_usable(void)
{
	return isatty(STDERR_FILENO) && !text_equal(getenv("TERM"), "dumb");
}

size_t terminal_columns(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col < 20 ? 20 : size.ws_col;
	return 80;
}

bool terminal_unicode(void)
{
	static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};

	for (size_t i = 0; i < LENGTH(variables); i++) {
		const char *value = getenv(variables[i]);

		if (value && *value)
			return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
	}
	return false;
}

bool terminal_colour(void)
{
	const char *no = getenv("NO_COLOR");

	return !no || !*no;
}

static void give_back(void)
{
	static const char text[] = ERASE SHOW;
	int before = errno;

	if (drawn && write(STDERR_FILENO, text, sizeof text - 1) < 0)
		stopped = 0; /* there is nothing to be done about a terminal that is gone */
	drawn = 0;
	errno = before;
}

/* Blocked while it is handled: the second one ends the process as soon as this returns. */
static void end_by(int number)
{
	give_back();
	signal(number, SIG_DFL);
	raise(number);
}

static void stop_by(int number)
{
	(void)number;
	give_back();
	stopped = 1;
	raise(SIGSTOP);
}

/* Only where nobody else has plans: nohup ignores SIGHUP. */
static void watch(int number, void (*handler)(int))
{
	struct sigaction now, action = {.sa_flags = SA_RESTART};

	sigemptyset(&action.sa_mask);
	action.sa_handler = handler;
	if (sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
		sigaction(number, &action, NULL);
}

static void watch_all(void)
{
	if (watching)
		return;
	watching = 1;
	for (size_t i = 0; i < LENGTH(deadly); i++)
		watch(deadly[i], end_by);
	watch(SIGTSTP, stop_by);
	atexit(give_back);
}

void terminal_draw(const char *line)
{
	autofree char *text = text_format("%s\r%s\033[m\033[J\r", drawn ? "" : HIDE, line);

	watch_all();
	drawn = 1; /* before the write: a signal in between gives back too much rather than too little */
	fd_write_all(STDERR_FILENO, text, strlen(text), NULL);
}

void terminal_print(const char *text)
{
	autofree char *whole = text_format("%s%s%s", drawn ? ERASE : "", text, drawn ? SHOW : "");

	if (*whole)
		fd_write_all(STDERR_FILENO, whole, strlen(whole), NULL);
	drawn = 0;
}

bool terminal_was_stopped(void)
{
	bool answer = stopped;

	stopped = 0;
	return answer;
}
