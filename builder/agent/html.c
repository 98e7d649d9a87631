#include "agent/html.h"

#include <stdarg.h>
#include <string.h>

void html_clear(struct html *html)
{
	buffer_clear(&html->out);
	html->markup.depth = 0;
}

/* A page's copy may lie elsewhere than where it began: the writer learns anew each time where the text goes. */
static struct markup *writer(struct html *html)
{
	html->out.maximum = HTML_MAX;
	html->markup.out = &html->out;
	return &html->markup;
}

void html_open(struct html *html, const char *element, ...)
{
	va_list attributes;
	va_start(attributes, element);
	markup_open_v(writer(html), element, attributes);
	va_end(attributes);
}

void html_void(struct html *html, const char *element, ...)
{
	va_list attributes;
	va_start(attributes, element);
	markup_void_v(writer(html), element, attributes);
	va_end(attributes);
}

void html_close(struct html *html)
{
	markup_close(writer(html));
}

void html_text(struct html *html, const char *text)
{
	markup_text(writer(html), text);
}

void html_line(struct html *html, const char *element, const char *class, const char *text)
{
	markup_line(writer(html), element, class, text);
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
		markup_escape(&html->out, at, length);
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
