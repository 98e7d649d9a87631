/* console: what stands on the box's own screen and on its serial line: name, state, the page's address with a
 * QR code, and while training who can log in. The watcher writes it as an issue file; agetty(8) shows that, and
 * shows it anew when it changed (/run/agetty.reload), so that no process of ours sits on a console. */
#ifndef HIEBOX_AGENT_CONSOLE_H
#define HIEBOX_AGENT_CONSOLE_H

#include "agent/language.h"
#include "agent/status.h"

/* The files, below /run/hie. They hold passwords while training: 0600. */
#define CONSOLE_SCREEN "/run/hie/screen.issue"
#define CONSOLE_SERIAL "/run/hie/serial.issue"
#define CONSOLE_RELOAD "/run/agetty.reload"
#define CONSOLE_CLEAR "\033[H\033[2J" /* in front of a screen's text: agetty itself writes below what was there */
#define CONSOLE_SERIAL_SECONDS 30 /* the serial line is told no more often: somebody may keep it as a log */

struct console {
	const char *root;             /* "/" on a box */
	const struct status *status;
	const struct language *language;
	unsigned columns, lines;      /* lines 0: no limit; then the QR code stands below the text, else beside it */
	bool old_font;                /* the kernel's own font (code page 437) */
};

/* An issue file's text for one console; caller frees. */
char *console_text(const struct console *console);
/* The QR code of a text as lines of half blocks, black on white, with a margin of two modules; `*ret_width` is
 * its width in columns. -1: the text is too long. */
int console_qr(const char *text, struct strings *ret_lines, unsigned *ret_width);

/* Writes both files where they changed, and tells agetty. Zero-initialise; one for all calls. */
struct console_files {
	char *screen, *serial;        /* as they were written last */
	double serial_written;
};
void console_write(struct console_files *files, const char *root, const struct status *status,
		   const struct language *language);
void console_files_clear(struct console_files *files);

#endif
