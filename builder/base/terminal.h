/* Private to base: the terminal on standard error, of which the last line is ours while a step runs. */
#ifndef HIEBOX_BASE_TERMINAL_H
#define HIEBOX_BASE_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/* Is standard error a terminal that understands a carriage return? */
bool terminal_usable(void);
size_t terminal_columns(void);
/* Does the locale of the environment say UTF-8? */
bool terminal_unicode(void);
bool terminal_colour(void); /* NO_COLOR is not set */

/* Draws `line` in place of the one before, in one write. The cursor is hidden and stands at the line's
 * beginning: whatever the terminal does to wrapped lines when its width changes, all of the old line lies
 * behind it. SIGINT, SIGTERM, SIGHUP, SIGQUIT and SIGTSTP, when nobody handles them, give the line
 * and the cursor back before they do what they always do. */
void terminal_draw(const char *line);
/* Erases our line and prints `text`, whole lines, in its place, in one write; "" only erases. The cursor
 * is shown again. Not called with a line on display, it only prints. */
void terminal_print(const char *text);
/* Was the program stopped and continued since the last call? Then the line must be drawn again. */
bool terminal_was_stopped(void);

#endif
