/* Private to base: how a tool's call reads in the tool log; no file, no clock but the head's. */
#ifndef HIEBOX_BASE_TOOL_LOG_TEXT_H
#define HIEBOX_BASE_TOOL_LOG_TEXT_H

#include <stdint.h>

#include "base/text.h"
#include "base/tool_log.h"

#define TOOL_LOG_PART ((size_t)8 << 20) /* of a call's output so much from its start and from its end */

/* The output of one call on its way to the log. Several calls run at once, so every line begins with the
 * call's number. */
struct call_text {
	unsigned number;
	uint64_t written;      /* bytes of the first part */
	uint64_t left_out;
	struct buffer line;    /* one that has no end yet */
	char *tail;            /* the last part, a ring; NULL until the first part is full */
	size_t tail_at, tail_length;
};
void call_text_begin(struct call_text *text, unsigned number);
void call_text_clear(struct call_text *text);
/* Each adds whole lines to `lines`. */
void call_text_head(const struct tool_failure *about, struct buffer *lines);
void call_text_output(struct call_text *text, const char *bytes, size_t length, struct buffer *lines);
void call_text_end(struct call_text *text, const struct tool_end *end, double seconds, struct buffer *lines);

/* The line without what looks like a secret: user and password of a URL become three stars. Caller frees. */
char *without_secrets(const char *line, size_t length);

#endif
