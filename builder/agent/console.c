#include "agent/console.h"

#include <fcntl.h>
#include <qrencode.h>
#include <stdio.h>
#include <string.h>

#include "agent/provision.h"

#define MARGIN 2          /* modules around a QR code; four by the standard, two are enough for phones on a screen */
#define GAP 3             /* columns between text and QR code */
#define LEAST_TEXT 38     /* columns beside a QR code that text needs to stay readable */
#define PEOPLE_MAX 4

/* Two modules of a QR code, one above the other, in black on white. */
static const char *half_block(const QRcode *code, int x, int y)
{
	static const char *const blocks[] = { " ", "\u2580", "\u2584", "\u2588" };
	unsigned dark = 0;
	for (int i = 0; i < 2; i++)
		if (x >= 0 && y + i >= 0 && x < code->width && y + i < code->width
		    && code->data[(y + i) * code->width + x] & 1)
			dark |= 1u << i;
	return blocks[dark];
}

int console_qr(const char *text, struct strings *ret_lines, unsigned *ret_width)
{
	QRcode *code = strlen(text) < 256 ? QRcode_encodeString8bit(text, 0, QR_ECLEVEL_L) : NULL;
	if (!code)
		return -1;
	for (int y = -MARGIN; y < code->width + MARGIN; y += 2) {
		autobuffer struct buffer line = { 0 };
		buffer_text(&line, "\033[30;47m");
		for (int x = -MARGIN; x < code->width + MARGIN; x++)
			buffer_text(&line, half_block(code, x, y));
		buffer_text(&line, "\033[0m");
		strings_add(ret_lines, line.data);
	}
	*ret_width = (unsigned)code->width + 2 * MARGIN;
	QRcode_free(code);
	return 0;
}

/* Around what is to be seen first; write_line() knows them, and drops every other control character. */
#define BOLD "\001"
#define PLAIN "\002"

/* Columns that a text takes: one for each character of UTF-8, none for control characters. */
static unsigned width_of(const char *text)
{
	unsigned width = 0;
	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80 && (unsigned char)*text >= ' ';
	return width;
}

/* Adds a text in lines of at most `width` columns, broken at spaces; all but the first begin with `indent`. */
static void add_wrapped(struct strings *lines, const char *text, unsigned width, const char *indent)
{
	autostrings struct strings words = { 0 };
	autobuffer struct buffer line = { 0 };
	strings_split(&words, text, " \n\t\r");
	for (size_t i = 0; i < words.count; i++) {
		if (line.length && width_of(line.data) + 1 + width_of(words.items[i]) > width) {
			strings_add(lines, line.data);
			buffer_clear(&line);
			buffer_text(&line, indent);
		} else if (line.length) {
			buffer_text(&line, " ");
		}
		buffer_text(&line, words.items[i]);
	}
	strings_add(lines, line.data ? line.data : "");
}

static void say_wrapped(const struct console *console, struct strings *lines, const struct saying *saying,
			unsigned width)
{
	autofree char *text = saying_text(saying, console->language, console->status->box);
	add_wrapped(lines, text, width, "  ");
}

/* The page's address that most likely works from a phone: by number, because few phones know .local names.
 * NULL when the box has no address. Caller frees. */
static char *page_url(const struct console *console)
{
	const struct strings *addresses = &console->status->facts.addresses;
	const char *scheme = box_is_training(console->status->box) ? "http" : "https";
	if (!addresses->count)
		return NULL;
	bool six = strchr(addresses->items[0], ':') != NULL;
	return text_format("%s://%s%s%s/", scheme, six ? "[" : "", addresses->items[0], six ? "]" : "");
}

static void add_page(const struct console *console, struct strings *lines, const char *url, unsigned width)
{
	const struct box *box = console->status->box;
	strings_add(lines, "");
	autofree char *say = sentence_in(console->language, url ? SAY_CONSOLE_PAGE : SAY_CONSOLE_NO_NETWORK, NULL);
	add_wrapped(lines, say, width, "");
	if (!url)
		return;
	strings_format(lines, "  " BOLD "%s" PLAIN, url);
	strings_format(lines, "  %s://%s.local/", box_is_training(box) ? "http" : "https", box->name);
	for (size_t i = 1; i < console->status->facts.addresses.count && i < 4; i++)
		strings_format(lines, "  %s", console->status->facts.addresses.items[i]);
}

/* While training: persons and their passwords. */
static void add_people(const struct console *console, struct strings *lines, unsigned width)
{
	const struct box *box = console->status->box;
	size_t shown = 0;
	if (!box_is_training(box))
		return;
	for (size_t i = 0; i < box->secret_count && shown < PEOPLE_MAX; i++) {
		const struct box_secret *secret = &box->secrets[i];
		autofree char *password = NULL;
		struct error unread = { 0 };
		if (!secret->person || secret_read(console->root, secret->name, &password, &unread) < 0) {
			error_clear(&unread);
			continue;
		}
		if (!shown++)
			strings_add(lines, "");
		add_wrapped(lines, box_translation(secret->titles, language_code(console->language), secret->title), width, "");
		strings_format(lines, "  %s  " BOLD "%s" PLAIN, secret->user ? secret->user : secret->name, password);
	}
}

/* The text beside or above the QR code. */
static void add_text(const struct console *console, struct strings *lines, const char *url, unsigned width)
{
	const struct status *status = console->status;
	autofree char *title = text_format(BOLD "%s" PLAIN "  %s", status->box->name, status->box->summary);
	add_wrapped(lines, title, width, "");
	strings_add(lines, "");
	say_wrapped(console, lines, &status->saying, width);
	autofree char *rescue = sentence_in(console->language, SAY_CONSOLE_RESCUE, NULL);
	if (status->rescue)
		add_wrapped(lines, rescue, width, "");
	for (size_t i = 0; i < status->box->component_count && !status->rescue; i++)
		if (status->components[i].health >= HEALTH_DEGRADED)
			say_wrapped(console, lines, &status->components[i].saying, width);
	add_page(console, lines, url, width);
	add_people(console, lines, width);
}

/* What code page 437 does not have, by what it has. */
static void write_old_font(struct buffer *out, const char *text)
{
	static const struct {
		const char *from, *to;
	} table[] = {
		{ "\u2019", "'" }, { "\u2018", "'" }, { "\u201c", "\"" }, { "\u201d", "\"" }, { "\u2026", "..." },
		{ "\u2013", "-" }, { "\u2014", "-" }, { "\u00a0", " " }, { "\u202f", " " }, { "\u0153", "oe" },
		{ "\u0152", "OE" }, { "\u00c0", "A" }, { "\u00c8", "E" }, { "\u00ca", "E" }, { "\u00d4", "O" },
	};
	while (*text) {
		size_t i = 0;
		while (i < LENGTH(table) && !text_starts(text, table[i].from))
			i++;
		if (i < LENGTH(table)) {
			buffer_text(out, table[i].to);
			text += strlen(table[i].from);
		} else {
			buffer_add(out, text++, 1);
		}
	}
}

/* In an issue file a backslash begins an instruction; control characters have no business there. */
static void write_line(const struct console *console, struct buffer *out, const char *line)
{
	autobuffer struct buffer safe = { 0 };
	for (; *line; line++) {
		if (*line == '\\')
			buffer_text(&safe, "\\\\");
		else if (*line == *BOLD || *line == *PLAIN)
			buffer_text(&safe, *line == *BOLD ? "\033[1m" : "\033[0m");
		else if ((unsigned char)*line >= ' ')
			buffer_add(&safe, line, 1);
	}
	if (console->old_font)
		write_old_font(out, safe.data ? safe.data : "");
	else
		buffer_text(out, safe.data ? safe.data : "");
}

char *console_text(const struct console *console)
{
	autofree char *url = page_url(console);
	autostrings struct strings text = { 0 }, code = { 0 };
	struct buffer out = { 0 };
	unsigned code_width = 0;
	if (url)
		console_qr(url, &code, &code_width);
	bool beside = console->lines && code_width && console->columns >= LEAST_TEXT + GAP + code_width;
	unsigned width = (beside ? console->columns - GAP - code_width : console->columns) - 1;
	add_text(console, &text, url, width);
	if (console->lines)
		buffer_text(&out, CONSOLE_CLEAR);
	/* below the text only where there is room: a code that is cut off is worse than none */
	if (!beside && ((console->lines && text.count + code.count + 1 > console->lines) || code_width > console->columns))
		strings_clear(&code);
	size_t count = beside && code.count > text.count ? code.count : text.count;
	for (size_t i = 0; i < count && (!console->lines || i < console->lines); i++) {
		const char *line = i < text.count ? text.items[i] : "";
		write_line(console, &out, line);
		if (beside && i < code.count) {
			buffer_format(&out, "%*s", (int)(width > width_of(line) ? width - width_of(line) : 0) + GAP, "");
			buffer_text(&out, code.items[i]);
		}
		buffer_text(&out, "\n");
	}
	for (size_t i = 0; i < code.count && !beside; i++)
		buffer_format(&out, "%s%s\n", i ? "" : "\n", code.items[i]);
	return buffer_steal(&out);
}

/* True when it was written. */
static bool write_one(const char *root, const char *file, const char *text, char **last)
{
	autofree char *path = path_join(root, file);
	struct error unwritten = { 0 };
	if (text_equal(text, *last) && path_exists(path))
		return false;
	int result = file_write(path, text, strlen(text), 0600, &unwritten);
	if (result < 0)
		fprintf(stderr, "hie: %s\n", unwritten.message);
	error_clear(&unwritten);
	if (result < 0)
		return false;
	free(*last);
	*last = text_copy(text);
	return true;
}

void console_write(struct console_files *files, const char *root, const struct status *status,
		   const struct language *language)
{
	struct console console = { .root = root, .status = status, .language = language, .columns = 80, .lines = 21,
				   .old_font = true };
	autofree char *screen = console_text(&console);
	console = (struct console){ .root = root, .status = status, .language = language, .columns = 72 };
	autofree char *serial = console_text(&console);
	autofree char *reload = path_join(root, CONSOLE_RELOAD);
	bool changed = write_one(root, CONSOLE_SCREEN, screen, &files->screen);
	if (!files->serial || clock_seconds() - files->serial_written > CONSOLE_SERIAL_SECONDS) {
		if (write_one(root, CONSOLE_SERIAL, serial, &files->serial)) {
			files->serial_written = clock_seconds();
			changed = true;
		}
	}
	/* as `agetty --reload` does */
	autofd int fd = changed ? open(reload, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) : -1;
	if (fd >= 0 && futimens(fd, NULL) < 0)
		fprintf(stderr, "hie: the consoles are not told\n");
}

void console_files_clear(struct console_files *files)
{
	free(files->screen);
	free(files->serial);
	memset(files, 0, sizeof *files);
}
