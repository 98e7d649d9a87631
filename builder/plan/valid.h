/* valid: is a text what a Debian index, a lock or a payload lock may say? Private to plan. */
#ifndef HIEBOX_PLAN_VALID_H
#define HIEBOX_PLAN_VALID_H

#include <stdbool.h>

/* Debian Policy 5.6.1, with capitals too, as the archive has had. */
bool valid_package_name(const char *text);
/* Debian Policy 5.6.12. */
bool valid_version(const char *text);
/* A word of lower-case letters, digits and dashes: suites, architectures, archives. */
bool valid_word(const char *text);
/* A clean relative path without white space and control characters. */
bool valid_path(const char *text);

#endif
