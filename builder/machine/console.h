/* Private to machine: the box's console. A thread takes what comes, so the box never waits for a reader: into a file, into
 * memory (its end), onto the terminal. */
#ifndef HIEBOX_MACHINE_CONSOLE_H
#define HIEBOX_MACHINE_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/base.h"

#define CONSOLE_KEPT (256u << 10) /* bytes of its end that stay in memory */

struct console;

/* `log`: file that receives the text (made anew; in the form in which it comes), or NULL. `shown`: on standard output,
 * too. */
int console_open(const char *log, bool shown, struct console **ret_console, struct error *err);
/* The console's other end: a socket or the master of a pseudo-terminal, taken over (closed also on failure). Called again
 * after a restart it takes the place of the one before. */
int console_attach(struct console *console, int fd, struct error *err);
bool console_is_shown(const struct console *console);
/* What a person types, to the box; what a box does not take within a second is lost. */
void console_type(struct console *console, const void *bytes, size_t length);
/* Has nothing at all come so far? */
bool console_is_silent(struct console *console);
/* As machine_console(). */
char *console_tail(struct console *console, size_t lines);
/* Waits up to half a second for what is still on its way from a box that ended. */
void console_drain(struct console *console);
void console_close(struct console *console); /* NULL allowed */

/* The last `lines` lines of `text` without control characters, escape sequences and what is no UTF-8: for reports.
 * Caller frees, never NULL. */
char *console_clean(const char *text, size_t length, size_t lines);

#endif
