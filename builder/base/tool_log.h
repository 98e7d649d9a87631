/* The tool log: every external tool that runs, with its arguments, environment, folder, output and end, in
 * one text file for each build. Thread-safe; one log at a time for the process, as there is one build. */
#ifndef HIEBOX_BASE_TOOL_LOG_H
#define HIEBOX_BASE_TOOL_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/process.h"
#include "base/text.h"

/* From now on tools are written to `<folder>/<UTC time>-<name>-<process>.log`, which is made when the first
 * tool runs, mode 0600. Older logs are removed so that `kept` stay. What looks like a secret (a password in
 * a URL, a variable whose name says so) is written as "***". */
void tool_log_open(const char *folder, const char *name, unsigned kept);
/* The file's path, or NULL while no tool ran; borrowed until tool_log_close(). */
const char *tool_log_path(void);
void tool_log_close(void);

/* For process.c. begin() gives NULL only when there is no log and nobody wants to know. */
struct tool_call;
struct tool_call *tool_log_begin(const struct process *process);
/* Output in pieces of any size: written line by line as it comes, the first and the last 8 MiB of it. */
void tool_log_output(struct tool_call *call, const char *bytes, size_t length);
struct tool_end {
	const char *failure; /* the error's text when the caller takes it for a failure, else NULL */
	int status;          /* of wait(2); of no meaning when it never started */
	bool started;
	double cpu_seconds;
	uint64_t peak_bytes;
};
/* Ends and frees the call; tells the step that is shown as well (progress_tool()). */
void tool_log_end(struct tool_call *call, const struct tool_end *end);

/* A tool that failed, with all that is needed to run it again. */
struct tool_failure {
	unsigned number;          /* of the call in the log */
	char *summary;            /* "dpkg failed with exit status 1" */
	char *step;               /* the step that was running */
	struct strings argv;
	struct strings environment; /* empty: the sandbox's own minimum */
	char *directory;          /* or NULL */
	bool had_input;           /* it read from a pipe or file of ours */
	int extra_fds[4];         /* descriptors that were open in it, 0: none */
	bool sandboxed;
	char *root;               /* of the sandbox, outside path */
	bool root_writable, no_tmpfs;
	struct strings bind_from, bind_to; /* of the same index */
	bool *bind_writable;
};
/* The failure that the message tells of (its text holds the summary), the last one if there are more; or
 * NULL. Borrowed until tool_log_close(). */
const struct tool_failure *tool_log_failure(const char *message);

/* "a 'b c' d": arguments as a shell reads them. Caller frees. */
char *arguments_text(const char *const *argv);

#endif
