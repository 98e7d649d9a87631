/* A new workflow file from a few answers: what `hiebox workflow new` writes. Inside the room. */
#ifndef HIEBOX_COMMANDS_WORKFLOW_NEW_H
#define HIEBOX_COMMANDS_WORKFLOW_NEW_H

#include "base/base.h"
#include "commands/workflow_names.h"

/* What a person said. NULL: not yet; then workflow_compose() takes what is likely. Texts are owned. */
struct workflow_answers {
	char *id, *title, *from, *to, *as, *method, *path, *tell, *status, *shows;
	struct strings expect;      /* "/pointer=value" */
};
void workflow_answers_clear(struct workflow_answers *answers);
#define autoanswers __attribute__((cleanup(workflow_answers_clear)))

/* Sets what is still NULL but for `id` and `path` to what is likely: the registry that the path leads to, the
 * statuses of the method, a sentence, and no requirements (`shows` is "CRF-1, CRWF-4" or empty). */
void workflow_guess(struct workflow_answers *answers);

/* The text of the file, with comments where a person may want another key; caller frees. Nothing may be NULL. A
 * request that writes gets an identifier that is new in each run, and a cleanup. */
char *workflow_compose(const struct workflow_answers *answers);

/* The same, read back as `hiebox check` does. Nothing may be NULL. 0, or -1 with every mistake in err, a line each. */
int workflow_judge(const struct workflow_answers *answers, const struct workflow_names *names, char **ret_text,
		   struct error *err);

#endif
