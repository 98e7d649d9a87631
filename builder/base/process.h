/* Processes: every external tool runs through here, with an argument array, never a shell string. */
#ifndef HIEBOX_BASE_PROCESS_H
#define HIEBOX_BASE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/text.h"

struct sandbox;

/* What to run. Zero-initialise and set what matters. All pointers are borrowed for the call.
 * argv[0] is the tool's plain name or path; the environment variable HIEBOX_TOOL_<NAME> (upper case,
 * other characters than letters and digits become _) overrides it when no sandbox is given. */
struct process {
	const char *const *argv;        /* NULL-terminated */
	const char *const *environment; /* NULL-terminated "A=b"; NULL: inherit (outside) or a fixed minimum (in a sandbox) */
	const char *directory;          /* working directory; NULL: unchanged, or / in a sandbox */
	const struct sandbox *sandbox;  /* run inside it; NULL: outside */
	int input_fd;                   /* 0 means /dev/null; else this fd becomes standard input */
	int output_fd;                  /* 0 means the tool log; else this fd becomes standard output */
	struct buffer *output;          /* when set: standard output is collected here; more than its maximum is an error */
	struct buffer *errors;          /* when set: standard error is collected here; else it goes to the tool log */
	bool interactive;               /* standard streams are the caller's own: for a shell; nothing is
	                                 * collected, and death by signal N counts as exit status 128 + N */
	int extra_fds[4];               /* further fds to keep open, 0 = none */
	bool own_group;                 /* a process group of its own: what is typed at the terminal (Ctrl-C) reaches
	                                 * the caller alone. It must not use the terminal */
	int terminal_fd;                /* when set: this terminal becomes /dev/tty of the program, in a session
	                                 * of its own: for programs that ask a person */
};

/* Runs and waits, and tells the tool log (tool_log.h). Exit status 0 gives 0. Otherwise -1 with one of three
 * different messages: the tool is missing, it exited with status N, it was killed by signal N; with the end of
 * its output quoted (of standard error, and of standard output when nobody takes it).
 * With `ret_status` not NULL an exit status other than 0 is no error: 0 is returned and it is set. */
int process_run(const struct process *process, int *ret_status, struct error *err);

/* Starts without waiting; `*ret_pid` is then given to process_wait() (which behaves as process_run).
 * When this returns 0 the program was found and runs. `output` and `errors` must be NULL. Every started
 * process must be waited for, and the thread that started it must live until then: the kernel kills
 * the process when that thread ends. It is not in the tool log. Writers to its input_fd should ignore SIGPIPE. */
int process_start(const struct process *process, pid_t *ret_pid, struct error *err);
int process_wait(pid_t pid, const char *name, int *ret_status, struct error *err);

/* Where the tool is (override, path or PATH), or NULL; caller frees. */
char *process_find(const char *name);

/* Is it found? */
bool process_available(const char *name);

/* Number of processors this process may use, at least 1. */
unsigned processor_count(void);

#endif
