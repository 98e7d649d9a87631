/* Text as man(7) source; see roff.h. Escapes are those of groff_char(7) that mandoc_char(7) knows too. */
#include "commands/roff.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/base.h"

#define SOURCE_WIDTH 68 /* escapes make lines longer than they look */

/* The code point at `*text`, which is moved behind it. What is no UTF-8 counts as one byte each. */
static unsigned next_character(const char **text)
{
	const unsigned char *c = (const unsigned char *)*text;
	unsigned length = c[0] >= 0xf0 ? 4 : c[0] >= 0xe0 ? 3 : c[0] >= 0xc0 ? 2 : 1;
	unsigned code = length == 1 ? c[0] : c[0] & (0x7fu >> length);

	for (unsigned i = 1; i < length; i++) {
		if ((c[i] & 0xc0) != 0x80) {
			length = 1;
			code = c[0];
			break;
		}
		code = code << 6 | (c[i] & 0x3fu);
	}
	*text += length;
	return code;
}

/* `literal`: words to type, in which a hyphen must stay what the key types. */
static void put_characters(const char *text, size_t length, bool literal)
{
	const char *end = text + length;

	while (text < end) {
		unsigned code = next_character(&text);
		if (code == 0x2026) /* … */
			fputs("\\&...", stdout);
		else if (code >= 0x80)
			printf("\\[u%04X]", code);
		else if (code == '\\')
			fputs("\\e", stdout);
		else if (code == '-' && literal)
			fputs("\\-", stdout);
		else if (code == '\'' && literal)
			fputs("\\(aq", stdout);
		else if (code == '~' || code == '^' || code == '`')
			printf("\\(%s", code == '~' ? "ti" : code == '^' ? "ha" : "ga");
		else
			putchar((int)code);
	}
}

static void put(const char *text, bool literal)
{
	put_characters(text, strlen(text), literal);
}

/* Words to type are told by their look, where no backquotes say it: options, and pages of the manual. */
static bool is_literal(const char *word)
{
	return word[0] == '-' && word[1] == '-';
}

/* A control character at the start of a line would be a request. */
static void guard(const char *word)
{
	if (word[0] == '.' || word[0] == '\'')
		fputs("\\&", stdout);
}

/* One word of running text; backquotes switch to bold and back, also over several words. */
static void put_word(const char *word, bool *bold)
{
	while (*word) {
		size_t length = strcspn(word, "`");
		put_characters(word, length, *bold || is_literal(word));
		word += length;
		if (*word != '`')
			break;
		*bold = !*bold;
		fputs(*bold ? "\\fB" : "\\fR", stdout);
		word++;
	}
}

/* A sentence ends a line, so that the formatter knows it as one; so does a line that would get too long. */
static void put_paragraph(const char *text)
{
	autostrings struct strings words = {0};
	bool bold = false, ended = true;
	size_t column = 0;

	strings_split(&words, text, " \n");
	for (size_t i = 0; i < words.count; i++) {
		const char *word = words.items[i];
		size_t length = strlen(word);
		bool breaks = (ended && isupper((unsigned char)word[0])) || column + 1 + length > SOURCE_WIDTH;
		if (i > 0)
			putchar(breaks ? '\n' : ' ');
		if (i == 0 || breaks)
			guard(word);
		column = i == 0 || breaks ? 0 : column + 1;
		put_word(word, &bold);
		column += length;
		ended = !bold && length > 1 && strchr(".?!", word[length - 1]);
	}
	putchar('\n');
}

/* Paragraphs, `macro` standing between them, and before the first when `begin`. */
static void put_paragraphs(const char *text, const char *macro, bool begin)
{
	for (bool first = true; *text; first = false) {
		const char *end = strstr(text, "\n\n");
		autofree char *paragraph = text_copy_n(text, end ? (size_t)(end - text) : strlen(text));
		if (begin || !first)
			puts(macro);
		put_paragraph(paragraph);
		text = end ? end + 2 : text + strlen(text);
	}
}

void roff_title(const char *name, int section, const char *date)
{
	fputs(".\\\" made by hiebox manual\n.TH ", stdout);
	for (; *name; name++)
		if (*name == '-')
			fputs("\\-", stdout);
		else
			putchar(toupper((unsigned char)*name));
	printf(" %d %s \"hiebox %s\" \"hiebox\"\n", section, date, HIEBOX_VERSION);
}

void roff_section(const char *title)
{
	printf(".SH %s\n", title);
}

void roff_text(const char *text)
{
	put_paragraphs(text, ".PP", false);
}

void roff_more(const char *text)
{
	put_paragraphs(text, ".IP", true);
}

void roff_paragraph(const char *text)
{
	put_paragraphs(text, ".PP", true);
}

void roff_literal(const char *text)
{
	puts(".nf");
	while (*text) {
		size_t length = strcspn(text, "\n");
		guard(text);
		put_characters(text, length, true);
		putchar('\n');
		text += length + (text[length] == '\n');
	}
	puts(".fi");
}

void roff_bold(const char *text)
{
	fputs("\\fB", stdout);
	put(text, true);
	fputs("\\fR\n", stdout);
}

void roff_term(const char *bold, const char *between, const char *value)
{
	fputs(".TP\n\\fB", stdout);
	put(bold, true);
	fputs("\\fR", stdout);
	put(between ? between : "", true);
	if (value) {
		fputs("\\fI", stdout);
		put(value, true);
		fputs("\\fR", stdout);
	}
	putchar('\n');
}

void roff_indent(bool deeper)
{
	puts(deeper ? ".RS" : ".RE");
}
