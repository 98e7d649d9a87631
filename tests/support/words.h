/* A message must hold these words; both are shown when it does not. Include it behind cmocka.h. */
#ifndef HIEBOX_TESTS_WORDS_H
#define HIEBOX_TESTS_WORDS_H

#include <string.h>

static inline void assert_has(const char *text, const char *words)
{
	if (!text || !strstr(text, words)) {
		print_message("no \"%s\" in: %s\n", words, text ? text : "nothing");
		fail();
	}
}

#endif
