#include "agent/html.h"

#include <stdarg.h>
#include <string.h>

void html_clear(struct html *html)
{
	buffer_clear(&html->out);
	html->depth = 0;
}

/* Bytes that HTML forbids (control characters) become U+FFFD, so that no name from outside can hide any. */
static void escape(struct buffer *out, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)text[i];
		if (byte == '&')
			buffer_text(out, "&amp;");
		else if (byte == '<')
			buffer_text(out, "&lt;");
		else if (byte == '>')
			buffer_text(out, "&gt;");
		else if (byte == '"')
			buffer_text(out, "&quot;");
		else if (byte == '\'')
			buffer_text(out, "&#39;");
		else if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f)
			buffer_text(out, "\xef\xbf\xbd");
		else
			buffer_add(out, text + i, 1);
	}
}

/* A name that the program did not write itself would be a mistake of ours, not of a visitor. */
static void add_name(struct buffer *out, const char *name)
{
	if (!name[0] || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(name))
		abort();
	buffer_text(out, name);
}

static void add_start(struct html *html, const char *element, va_list attributes)
{
	html->out.maximum = HTML_MAX;
	buffer_text(&html->out, "<");
	add_name(&html->out, element);
	for (const char *name; (name = va_arg(attributes, const char *));) {
		const char *value = va_arg(attributes, const char *);
		if (!value)
			continue;
		buffer_text(&html->out, " ");
		add_name(&html->out, name);
		buffer_text(&html->out, "=\"");
		escape(&html->out, value, strlen(value));
		buffer_text(&html->out, "\"");
	}
	buffer_text(&html->out, ">");
}

void html_open(struct html *html, const char *element, ...)
{
	va_list attributes;
	if (html->depth == HTML_DEPTH)
		abort();
	html->open[html->depth++] = element;
	va_start(attributes, element);
	add_start(html, element, attributes);
	va_end(attributes);
}

void html_void(struct html *html, const char *element, ...)
{
	va_list attributes;
	va_start(attributes, element);
	add_start(html, element, attributes);
	va_end(attributes);
}

void html_close(struct html *html)
{
	if (!html->depth)
		abort();
	buffer_text(&html->out, "</");
	buffer_text(&html->out, html->open[--html->depth]);
	buffer_text(&html->out, html->depth < 4 ? ">\n" : ">");
}

void html_text(struct html *html, const char *text)
{
	if (text)
		escape(&html->out, text, strlen(text));
}

void html_line(struct html *html, const char *element, const char *class, const char *text)
{
	html_open(html, element, "class", class, NULL);
	html_text(html, text);
	html_close(html);
}

void html_words(struct html *html, enum sentence which, ...)
{
	va_list arguments;
	va_start(arguments, which);
	autofree char *text = sentence_in_v(html->language, which, arguments);
	va_end(arguments);
	html_text(html, text);
}

void html_say(struct html *html, const char *element, const char *class, enum sentence which, ...)
{
	va_list arguments;
	va_start(arguments, which);
	autofree char *text = sentence_in_v(html->language, which, arguments);
	va_end(arguments);
	html_line(html, element, class, text);
}

void html_say_code(struct html *html, const char *element, enum sentence which, ...)
{
	autostrings struct strings with = { 0 };
	va_list arguments;
	va_start(arguments, which);
	sentence_arguments(&with, arguments);
	va_end(arguments);
	html_open(html, element, NULL);
	for (const char *at = language_sentence(html->language, which); *at;) {
		bool place = at[0] == '{' && at[1] >= '1' && at[1] <= '9' && at[2] == '}';
		if (place && (size_t)(at[1] - '1') < with.count) {
			html_line(html, "code", NULL, with.items[at[1] - '1']);
			at += 3;
			continue;
		}
		size_t length = 1 + strcspn(at + 1, "{");
		escape(&html->out, at, length);
		at += length;
	}
	html_close(html);
}

void html_link(struct html *html, const char *class, const char *address, enum sentence which)
{
	html_open(html, "a", "href", address, "class", class, NULL);
	html_text(html, language_sentence(html->language, which));
	html_close(html);
}

void html_heads(struct html *html, const enum sentence *heads, size_t count)
{
	html_open(html, "thead", NULL);
	html_open(html, "tr", NULL);
	for (size_t i = 0; i < count; i++) {
		html_open(html, "th", "scope", "col", NULL);
		html_words(html, heads[i], NULL);
		html_close(html);
	}
	html_close(html);
	html_close(html);
}
