/* Private to base: the child's side of process.c, from fork to exec. */
#ifndef HIEBOX_BASE_PROCESS_CHILD_H
#define HIEBOX_BASE_PROCESS_CHILD_H

#include "base/process.h"

/* What becomes the child's standard streams, and where it reports that it could not exec. */
struct process_streams {
	int input;
	int output;
	int errors;
	int report; /* close-on-exec: the parent reads its end as "the program runs" */
	pid_t parent;
};

/* The report: an errno of exec, or the text of what failed before. Nothing when all went well. */
enum process_report { REPORT_EXEC = 'x', REPORT_TEXT = 't' };

/* The file that will be executed: the override, or the name as it is. Borrowed. */
const char *process_program(const char *name);

/* Called in the child. `program` is what process_program() gave before the fork. */
_Noreturn void process_child(const struct process *process, const char *program,
			     const struct process_streams *streams);

#endif
