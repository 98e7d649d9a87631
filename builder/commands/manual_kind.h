/* Manual pages of the kinds of files. Inside the room. */
#ifndef HIEBOX_COMMANDS_MANUAL_KIND_H
#define HIEBOX_COMMANDS_MANUAL_KIND_H

#include "schema/schema.h"

/* The page of a kind of file, behind its title, on standard output. */
void manual_kind(const struct file_kind *kind);
/* SEE ALSO, without the page of the kind `but` (NULL: of the program). */
void manual_see_also(const char *but);

#endif
