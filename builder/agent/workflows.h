/* workflows: the stories that a box can play, and how their results are kept for its page. */
#ifndef HIEBOX_AGENT_WORKFLOWS_H
#define HIEBOX_AGENT_WORKFLOWS_H

#include "agent/box.h"
#include "agent/language.h"
#include "workflow/workflow.h"

#define WORKFLOWS_FOLDER "/usr/share/hie/workflows"
#define WORKFLOWS_RESULTS "/run/hie/workflows"      /* <id>.json, as workflow_result_json() writes it */
#define WORKFLOWS_BASE "http://127.0.0.1:5001"      /* the interoperability layer's door */
#define WORKFLOWS_SECURE_BASE "https://127.0.0.1:5000" /* production has no other */
#define WORKFLOWS_MAX 200u
#define WORKFLOWS_WAITING 4u                        /* asked for on the page and not begun yet */

/* One file, read. */
struct box_workflow {
	char *id;
	struct document *document;
	struct arena *arena;
	const struct workflow *workflow; /* NULL: `mistakes` says why */
	struct diagnostics mistakes;
};
/* Is it such a name that a file can have? Nothing else is looked for. */
bool workflow_is_id(const char *id);
/* -1: there is no such file. Mistakes in it are no failure. Free with box_workflow_clear(). */
int box_workflow_read(const char *root, const char *id, struct box_workflow *ret_workflow);
void box_workflow_clear(struct box_workflow *workflow);
/* Why this box cannot play it, a sentence in that language; NULL when it can. Caller frees. */
char *box_workflow_obstacle(const struct box *box, const struct language *language, const struct box_workflow *workflow);
/* The ids of all files, sorted; at most WORKFLOWS_MAX. No file is read. */
void box_workflow_list(const char *root, struct strings *ret_ids);

/* What a list says of one of them. Texts are owned. */
struct listed_workflow {
	char *id;
	char *title, *summary;      /* in the language `code`; NULL: the file is wrong, or has none */
	char *obstacle;             /* as box_workflow_obstacle() says it */
	unsigned order;             /* the file's; the usual one when the file is wrong */
};
struct listed_workflows {
	struct listed_workflow *items;
	size_t count;
};
/* Reads every file, one after the other, for a list: by `order`, then by id. Free with listed_workflows_clear(). */
void box_workflow_read_list(const char *root, const struct box *box, const struct language *language, const char *code,
			    struct listed_workflows *ret_list);
void listed_workflows_clear(struct listed_workflows *list);

/* What the box has: its components and the roles they provide. Caller frees the array, not what it names. */
const char **box_roles(const struct box *box);

/* The result's path; caller frees. */
char *workflow_result_path(const char *root, const char *id);
/* Writes it, for the page; `playing` is the step under way, NULL: the run has ended. */
int workflow_result_write(const char *root, const struct workflow_result *result, const struct played_step *playing,
			  struct error *err);
/* A player that was killed has no last word: its result, which says that it plays, is made to say that it was stopped.
 * 0 also when there is nothing to mend. */
int workflow_result_settle(const char *root, const char *id, struct error *err);

#endif
