/* lines: where libyaml sees lines end. Private to the room: reading by parts and wiping must count alike. */
#ifndef HIEBOX_CARD_LINES_H
#define HIEBOX_CARD_LINES_H

#include <stddef.h>

/* Bytes of the line break at `at`, with `left` bytes there; 0: none. CR LF, LF, CR, NEL, LS and PS (YAML 1.1, which
 * libyaml reads). */
size_t line_break(const char *at, size_t left);

#endif
