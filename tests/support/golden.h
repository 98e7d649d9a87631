/* A text must be exactly what the golden file holds; HIEBOX_UPDATE=1 writes the file instead (look at the difference
 * before you commit it). Include it behind cmocka.h. */
#ifndef HIEBOX_TESTS_GOLDEN_H
#define HIEBOX_TESTS_GOLDEN_H

#include <stdlib.h>
#include <string.h>

#include "base/base.h"

static inline void assert_golden(const char *path, const char *got)
{
	struct error err = { 0 };
	autofree char *expected = NULL;
	if (getenv("HIEBOX_UPDATE")) {
		if (file_write_plain(path, got, strlen(got), 0644, &err) < 0)
			fail_msg("%s", err.message);
		return;
	}
	if (file_read(path, 1u << 20, &expected, NULL, &err) < 0)
		fail_msg("%s", err.message);
	if (!text_equal(got, expected))
		fail_msg("%s: expected\n%s\ngot\n%s", path, expected, got);
}

#endif
