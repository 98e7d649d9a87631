/* Interruptions that are answered with a report. */
#include <signal.h>
#include <string.h>
#include <time.h>

#include "commands/test.h"

#define SAME_SECONDS 1 /* timeout(1) and others tell a process, and then its group */

static volatile sig_atomic_t interrupted;
static time_t first;

static void on_signal(int number)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (interrupted && now.tv_sec > first + SAME_SECONDS) { /* somebody means it */
		signal(number, SIG_DFL);
		raise(number);
	}
	if (!interrupted)
		first = now.tv_sec;
	interrupted = number;
}

void test_signals_begin(void)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = on_signal}, old;

	for (size_t i = 0; i < LENGTH(numbers); i++)
		if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(numbers[i], &action, NULL); /* without SA_RESTART: who waits is woken */
}

bool test_interrupted(void)
{
	return interrupted;
}

char *test_interruption(void)
{
	const char *name = sigabbrev_np(interrupted);

	return text_format("it was interrupted (SIG%s)", name ? name : "?");
}
