/* Workflows, one after the other, with a line of progress for each. */
#include <string.h>

#include "commands/postman.h"

struct watch {
	struct progress *progress;
	bool unanswered;   /* a step got no answer at all */
};

static bool begins(void *context, const struct workflow_result *result, const struct played_step *step)
{
	struct watch *watch = context;
	autofree char *number = text_format("%s%zu", step->cleanup ? "cleanup " : "step ", step->number);

	(void)result;
	progress_detail(watch->progress, step->step && step->step->id.text ? step->step->id.text : number);
	return !test_interrupted();
}

static void ended(void *context, const struct workflow_result *result, const struct played_step *step)
{
	struct watch *watch = context;

	(void)result;
	if (step->failure_count && !step->skip && step->failures[0].kind == FAILURE_NO_ANSWER)
		watch->unanswered = true;
	if (!step->cleanup)
		progress_advance(watch->progress, 1);
}

static bool stop(void *context)
{
	(void)context;
	return test_interrupted();
}

/* "failed at step 3", "skipped: the exchange has no client-registry". Caller frees. */
static char *remark(const struct workflow_result *result)
{
	const struct played_step *before = &result->before;

	if (before->verdict == VERDICT_SKIPPED) {
		autofree char *why = workflow_skip_text(before, "en");
		return text_format("skipped: %s", why);
	}
	for (size_t i = 0; i < result->workflow->step_count; i++) {
		const struct played_step *step = &result->steps[i];
		if (step->verdict == VERDICT_FAILED)
			return text_format("failed at step %zu%s%s", step->number, step->step->id.text ? ", " : "",
					   step->step->id.text ? step->step->id.text : "");
	}
	return text_copy(result->stopped ? "stopped" : verdict_word(result->verdict));
}

static int play_one(const struct test_play *play, const struct test_workflow *test, struct proof *proof, struct error *err)
{
	const struct workflow *workflow = test->workflow;
	auto_workflow_result struct workflow_result *result = NULL;
	struct watch watch = {.progress = progress_begin("play", workflow->id, workflow->step_count, false)};
	const struct play_observer observer = {.begins = begins, .ended = ended, .stop = stop, .context = &watch};

	int played = test->postman ? postman_play(play->postman, test, &play->settings, &result, err)
				   : workflow_play(workflow, &play->settings, &observer, &result, err);
	if (played < 0) {
		progress_end(watch.progress, "not played");
		return -1;
	}
	autofree char *text = remark(result), *said = text_plain_line(text);
	progress_end(watch.progress, said);
	proof_add_run(proof, workflow_result_json(result, NULL));
	if (play->tell_left)
		proof_left(result, &proof->left);
	bool no_answer = watch.unanswered || (result->before.failure_count && result->before.failures[0].kind == FAILURE_NO_ANSWER);
	return no_answer && !test_interrupted() && play->still_there ? play->still_there(play->context, err) : 0;
}

int test_play_all(const struct test_play *play, struct proof *proof, struct error *err)
{
	for (size_t i = 0; i < play->workflows->count && !test_interrupted(); i++)
		if (play_one(play, &play->workflows->items[i], proof, err) < 0)
			return -1;
	if (!test_interrupted())
		return 0;
	autofree char *why = test_interruption();
	return error_set(err, "%s", why);
}
