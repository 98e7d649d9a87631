#include "base/markup.h"

#include <stdlib.h>
#include <string.h>

/* A character that is not as it stands in the text: what is written instead; NULL: it stands. */
static const char *instead(const char *at, size_t bytes)
{
	static const char none[] = "\xef\xbf\xbd"; /* U+FFFD */
	const unsigned char *byte = (const unsigned char *)at;
	if (at[0] == '\r' && at[1] == '\n')
		return "";
	if (!bytes || utf8_steers(at, bytes) || (bytes == 3 && byte[0] == 0xef && byte[1] == 0xbf && byte[2] >= 0xbe))
		return none;
	switch (at[0]) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\'': return "&#39;";
	default: return NULL;
	}
}

void markup_escape(struct buffer *out, const char *text, size_t length)
{
	size_t plain = 0, at = 0;
	while (at < length) {
		size_t bytes = utf8_length(text + at);
		if (bytes > length - at)
			bytes = 0; /* the text is cut within a character */
		const char *other = instead(text + at, bytes);
		if (other) {
			buffer_add(out, text + plain, at - plain);
			buffer_text(out, other);
		}
		at += bytes ? bytes : 1;
		if (other)
			plain = at;
	}
	buffer_add(out, text + plain, length - plain);
}

static void add_name(struct buffer *out, const char *name)
{
	if (!name[0] || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(name))
		abort();
	buffer_text(out, name);
}

void markup_void_v(struct markup *markup, const char *element, va_list attributes)
{
	buffer_text(markup->out, "<");
	add_name(markup->out, element);
	for (const char *name; (name = va_arg(attributes, const char *));) {
		const char *value = va_arg(attributes, const char *);
		if (!value)
			continue;
		buffer_text(markup->out, " ");
		add_name(markup->out, name);
		buffer_text(markup->out, "=\"");
		markup_escape(markup->out, value, strlen(value));
		buffer_text(markup->out, "\"");
	}
	buffer_text(markup->out, ">");
}

void markup_open_v(struct markup *markup, const char *element, va_list attributes)
{
	if (markup->depth == MARKUP_DEPTH)
		abort();
	markup->open[markup->depth++] = element;
	markup_void_v(markup, element, attributes);
}

void markup_open(struct markup *markup, const char *element, ...)
{
	va_list attributes;
	va_start(attributes, element);
	markup_open_v(markup, element, attributes);
	va_end(attributes);
}

void markup_void(struct markup *markup, const char *element, ...)
{
	va_list attributes;
	va_start(attributes, element);
	markup_void_v(markup, element, attributes);
	va_end(attributes);
}

void markup_close(struct markup *markup)
{
	if (!markup->depth)
		abort();
	buffer_text(markup->out, "</");
	buffer_text(markup->out, markup->open[--markup->depth]);
	buffer_text(markup->out, markup->depth < 4 ? ">\n" : ">");
}

void markup_text(struct markup *markup, const char *text)
{
	if (text)
		markup_escape(markup->out, text, strlen(text));
}

void markup_line(struct markup *markup, const char *element, const char *class, const char *text)
{
	markup_open(markup, element, "class", class, NULL);
	markup_text(markup, text);
	markup_close(markup);
}
