/* The action that plays a workflow: a unit without rights does it (hie-workflow@.service). */
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "agent/control_serve.h"
#include "agent/workflows.h"

#define BEGIN_NAPS 30u

/* How many others have begun or wait. A file that nobody touched for as long as a run may take is of one that died. */
static size_t waiting(const char *root, const char *but)
{
	autostrings struct strings ids = { 0 };
	size_t count = 0;
	box_workflow_list(root, &ids);
	for (size_t i = 0; i < ids.count; i++) {
		struct stat about;
		autofree char *path = workflow_result_path(root, ids.items[i]);
		if (text_equal(ids.items[i], but) || stat(path, &about) < 0
		    || time(NULL) - about.st_mtime > (time_t)PLAY_RUN_SECONDS)
			continue;
		autodocument struct document *result = document_load_or_null(path);
		count += text_equal(node_text(document_root(result), "state", ""), "playing");
	}
	return count;
}

/* Waits until the unit has said that it begins, so that the page which is shown next knows it. */
static void wait_for_begin(const char *path, const struct stat *before)
{
	const struct timespec nap = { 0, 50000000 };
	for (unsigned i = 0; i < BEGIN_NAPS; i++) {
		struct stat now = { 0 };
		if (stat(path, &now) == 0 && (now.st_ino != before->st_ino || now.st_mtime != before->st_mtime))
			return;
		nanosleep(&nap, NULL);
	}
}

int action_workflow(struct request *request, struct json *answer, struct saying *ret_refusal)
{
	const struct control *control = request->control;
	const char *id = request_text(request, "workflow", 64);
	struct box_workflow one;
	struct error err = { 0 };
	(void)answer;
	if (!id || box_workflow_read(control->root, id, &one) < 0)
		return refuse(ret_refusal, SAY_PLAY_UNKNOWN);
	request->note = text_copy(id);
	autofree const char **roles = box_roles(control->box);
	bool right = one.workflow != NULL;
	autofree char *mistake = text_copy(right ? workflow_missing(one.workflow, roles) : one.mistakes.messages[0]);
	box_workflow_clear(&one);
	if (mistake)
		return refuse(ret_refusal, right ? SAY_PLAY_NEEDS : SAY_PLAY_WRONG_FILE, mistake);
	size_t before = waiting(control->root, id);
	if (before > WORKFLOWS_WAITING) { /* one plays, the others wait */
		autofree char *count = text_format("%zu", before);
		return refuse(ret_refusal, SAY_PLAY_BUSY, count);
	}
	autofree char *unit = text_format("hie-workflow@%s.service", id);
	autofree char *result = workflow_result_path(control->root, id);
	struct stat about = { 0 };
	if (stat(result, &about) < 0)
		memset(&about, 0, sizeof about);
	if (control->system.unit(control->system.context, unit, false, &err) == 0) {
		wait_for_begin(result, &about);
		return 0;
	}
	*ret_refusal = saying_make(SAY_ACTION_FAILED, err.message ? err.message : "?", NULL);
	error_clear(&err);
	return -1;
}
