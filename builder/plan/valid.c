/* valid: see valid.h. */
#include "plan/valid.h"

#include <ctype.h>
#include <string.h>

#include "base/base.h"

static bool only(const char *text, const char *more)
{
	if (!isalnum((unsigned char)*text) || strnlen(text, 256) > 255)
		return false;
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr(more, *text))
			return false;
	return true;
}

bool valid_package_name(const char *text)
{
	return only(text, "+-.");
}

bool valid_version(const char *text)
{
	return only(text, "+-.:~");
}

bool valid_word(const char *text)
{
	for (const char *at = text; *at; at++)
		if (isupper((unsigned char)*at))
			return false;
	return only(text, "-");
}

bool valid_path(const char *text)
{
	if (!path_is_clean(text))
		return false;
	for (; *text; text++)
		if ((unsigned char)*text <= ' ' || *text == 0x7f)
			return false;
	return true;
}
