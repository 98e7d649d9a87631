/* Private to machine: a person's terminal and signals, while the machine runs. */
#ifndef HIEBOX_MACHINE_RELAY_H
#define HIEBOX_MACHINE_RELAY_H

#include <signal.h>
#include <stdbool.h>
#include <termios.h>

#include "base/base.h"
#include "machine/kind.h"

struct relay {
	struct console *console; /* NULL when nothing is typed: headless, or no terminal */
	int signals;             /* signalfd of SIGINT, SIGTERM and, unless it was ignored, SIGHUP */
	sigset_t mask;           /* as it was */
	struct termios terminal; /* as it was, with `raw` */
	bool raw;
};
enum relay_event { RELAY_NOTICE, RELAY_SIGNAL, RELAY_AGAIN };

/* Takes the signals, and, when standard input is a terminal and the console is shown, the terminal: each key goes into
 * the box but for Ctrl-C, which stays a signal. relay_end() gives both back. */
int relay_begin(struct relay *relay, struct console *console, struct error *err);
/* Waits for a signal, for the machine's end or a notice of it, or, with RELAY_AGAIN, for so many seconds (< 0: for
 * ever), relaying keys meanwhile. */
enum relay_event relay_until(struct relay *relay, const struct machine *machine, double seconds);
void relay_end(struct relay *relay);

#endif
