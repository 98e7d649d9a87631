/* No text breaks into HTML or XML, and nothing that XML 1.0 forbids comes out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"

static void escapes_to(const char *text, size_t length, const char *expected)
{
	autobuffer struct buffer out = { 0 };
	markup_escape(&out, text, length);
	assert_string_equal(out.data ? out.data : "", expected);
}

static void what_means_something_is_escaped(void **state)
{
	(void)state;
	escapes_to("<a href=\"x\" b='y'>&amp;]]>", 26, "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;amp;]]&gt;");
	escapes_to("é→😀\t\n", 11, "é→😀\t\n");
	escapes_to("", 0, "");
}

static void what_xml_forbids_is_replaced(void **state)
{
	(void)state;
	escapes_to("a\0b", 3, "a\xef\xbf\xbd" "b");
	escapes_to("\x01\x1b[31m\x7f", 7, "\xef\xbf\xbd\xef\xbf\xbd[31m\xef\xbf\xbd");
	escapes_to("\xc2\x9b", 2, "\xef\xbf\xbd");                          /* a control character of Latin-1 */
	escapes_to("\xef\xbf\xbe\xef\xbf\xbf", 6, "\xef\xbf\xbd\xef\xbf\xbd"); /* U+FFFE, U+FFFF */
	escapes_to("\u202e\u2066", 6, "\xef\xbf\xbd\xef\xbf\xbd");            /* what follows would be read backwards */
	escapes_to("a\r\nb\rc", 6, "a\nb\xef\xbf\xbd" "c");
}

static void what_is_no_utf8_is_replaced(void **state)
{
	(void)state;
	escapes_to("\xff\xc0\xaf", 3, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	escapes_to("\xed\xa0\x80", 3, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"); /* half a surrogate pair */
	escapes_to("\xc3", 1, "\xef\xbf\xbd");                              /* the text ends within a character */
	escapes_to("é<", 1, "\xef\xbf\xbd");                                /* so does the part of it */
}

static void elements_are_closed_as_they_were_opened(void **state)
{
	(void)state;
	autobuffer struct buffer out = { 0 };
	struct markup markup = { .out = &out };
	markup_open(&markup, "p", "class", NULL, "title", "\"\n", NULL);
	markup_void(&markup, "br", NULL);
	markup_line(&markup, "em", "x", "a < b");
	markup_text(&markup, NULL);
	markup_close(&markup);
	assert_int_equal(markup.depth, 0);
	assert_string_equal(out.data, "<p title=\"&quot;\n\"><br><em class=\"x\">a &lt; b</em>\n</p>\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_means_something_is_escaped),
		cmocka_unit_test(what_xml_forbids_is_replaced),
		cmocka_unit_test(what_is_no_utf8_is_replaced),
		cmocka_unit_test(elements_are_closed_as_they_were_opened),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
