/* Private to base: collecting what a process writes, and quoting the end of it in an error. */
#ifndef HIEBOX_BASE_PROCESS_OUTPUT_H
#define HIEBOX_BASE_PROCESS_OUTPUT_H

#include <stddef.h>
#include <sys/types.h>

#include "base/text.h"

#define OUTPUT_QUOTED 4096 /* how many bytes an error quotes */
#define OUTPUT_QUOTED_LINES 20

/* The last bytes of a stream of any length. Zero-initialise. */
struct tail {
	char bytes[2 * OUTPUT_QUOTED];
	size_t length;
};

struct tool_call;

/* One pipe to read: into the buffer, the tail, the tool log, or all. fd -1: nothing to do. */
struct output_stream {
	int fd;
	struct buffer *buffer;
	struct tail *tail;
	struct tool_call *call;
};

/* Reads all streams until their ends, or until the process behind `pidfd` has ended and nothing is
 * left to read (a daemon that it left behind may hold the pipes open for ever). pidfd -1: unknown.
 */
void output_collect(struct output_stream *streams, size_t count, int pidfd);

/* Adds ":" and the tail's last lines, each indented on its own line, without control characters; nothing
 * when it is empty. */
void output_quote(struct buffer *text, const struct tail *tail);
/* The same with the end of a file. */
void output_quote_file(struct buffer *text, int fd);

#endif
