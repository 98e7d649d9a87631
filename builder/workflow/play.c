/* A run: the workflow's needs and questions, its steps, and in any case its cleanup. */
#include "workflow/player.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define QUESTION_TIME_OUT 30000u
#define NAP 0.2 /* seconds between two looks at who may say stop */

const char *workflow_text(const struct entry_list *texts, const char *language)
{
	const char *english = NULL;
	for (size_t i = 0; i < texts->count; i++) {
		const struct map_entry *entry = &texts->items[i];
		if (text_equal(entry->key.text, language))
			return entry->value->text;
		if (text_equal(entry->key.text, "en"))
			english = entry->value->text;
	}
	return english ? english : texts->count ? texts->items[0].value->text : NULL;
}

const char *workflow_missing(const struct workflow *workflow, const char *const *roles)
{
	for (size_t i = 0; roles && i < workflow->needs.count; i++) {
		size_t n = 0;
		while (roles[n] && !text_equal(roles[n], workflow->needs.items[i].text))
			n++;
		if (!roles[n])
			return workflow->needs.items[i].text;
	}
	return NULL;
}

/* ---- an answer ---- */

/* Reads the body when somebody looks into it; an OperationOutcome is read in any case. */
static struct document *read_body(struct judged *judged)
{
	const struct http_response *answer = judged->answer;
	struct diagnostics mistakes = { 0 };
	struct document *document = NULL;
	const char *type = header_value(answer, "content-type", 0);
	if (!answer->body_length) {
		judged->no_json = text_copy("it has no body");
		return NULL;
	}
	if (document_parse_json("answer", answer->body, answer->body_length, &document, &mistakes) < 0) {
		autofree char *begin = text_quoted(answer->body);
		judged->no_json = text_format("%s (%s%s%s)", mistakes.messages[0], type ? type : "",
					      type ? ": " : "", begin);
	}
	diagnostics_clear(&mistakes);
	return document;
}

/* One try. Failures of an earlier one are forgotten. */
static void try_once(struct player *player, const struct question *question, const struct expectation *expect,
		     struct played_step *played)
{
	struct http_response answer = { 0 };
	struct judged judged = { .player = player, .played = played, .answer = &answer };
	failures_clear(played);
	strings_clear(&played->kept);
	free(played->diagnostics);
	played->diagnostics = NULL;
	if (player_send(player, question, played, &answer) < 0)
		return;
	autodocument struct document *document = read_body(&judged);
	judged.root = document_root(document);
	judge_answer(&judged, expect);
	if (played->failure_count)
		played->diagnostics = outcome_text(judged.root);
	else if (played->step && question->request == &played->step->request)
		judge_keep(player, &judged, played->step);
	free(judged.no_json);
	http_response_clear(&answer);
}

/* False: somebody said stop. */
static bool wait_seconds(struct player *player, double seconds)
{
	for (double end = play_clock() + seconds; play_clock() < end;) {
		double left = end - play_clock(), nap = left < NAP ? left : NAP;
		struct timespec time = { 0, (long)(nap * 1e9) };
		if (player_stops(player))
			return false;
		nanosleep(&time, NULL);
	}
	return true;
}

/* Failures that no second try mends. */
static bool is_hopeless(const struct played_step *played)
{
	return played->failure_count && (played->failures[0].kind == FAILURE_CREDENTIAL ||
					 played->failures[0].kind == FAILURE_REQUEST);
}

static void try_until_right(struct player *player, struct played_step *played)
{
	const struct step *step = played->step;
	const struct question question = { &step->request, &step->as, step->time_out };
	double end = play_clock() + step->retry.within / 1000.0;
	for (;;) {
		try_once(player, &question, &step->expect, played);
		if (!played->failure_count || is_hopeless(played) || !step->retry.within)
			return;
		double pause = step->retry.every / 1000.0;
		if (play_clock() + pause > end || !wait_seconds(player, pause))
			return;
	}
}

/* ---- questions ---- */

/* Could the question not be put or was there no answer? A server that is broken (not one that says 501, "I do not do
 * that") does not say what it lacks. */
static bool is_unanswered(const struct played_step *played)
{
	long status = played->exchange.status;
	return !status || (status >= 500 && status != 501) || is_hopeless(played) ||
	       (played->failure_count && played->failures[0].kind <= FAILURE_TOO_LARGE);
}

/* True: everything that is required holds, or there are no questions. Else the verdict is set. */
static bool ask_requirements(struct player *player, struct played_step *played,
			     const struct requirement *requires, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct question question = { &requires[i].request, &requires[i].as, QUESTION_TIME_OUT };
		try_once(player, &question, &requires[i].expect, played);
		if (!played->failure_count)
			continue;
		if (is_unanswered(played)) {
			played->verdict = VERDICT_FAILED;
			return false;
		}
		played->verdict = VERDICT_SKIPPED;
		played->skip = SKIP_REQUIRES;
		played->otherwise = &requires[i].otherwise;
		return false;
	}
	played->exchange.tries = 0;
	return true;
}

/* The variable's name, as the workflow has it: it lives as long as the result. */
static const char *variable_of(const struct workflow *workflow, const char *name)
{
	for (size_t i = 0; i < workflow->step_count; i++)
		for (size_t k = 0; k < workflow->steps[i].keep_count; k++)
			if (text_equal(workflow->steps[i].keep[k].name.text, name))
				return workflow->steps[i].keep[k].name.text;
	return "";
}

static void play_step(struct player *player, struct played_step *played)
{
	const struct step *step = played->step;
	char unknown[64] = "";
	if (player_unknown(player, step, unknown)) {
		played->verdict = VERDICT_SKIPPED;
		played->skip = SKIP_VARIABLE;
		played->missing = variable_of(player->workflow, unknown);
		return;
	}
	if (!ask_requirements(player, played, step->requires, step->requires_count))
		return;
	try_until_right(player, played);
	played->verdict = played->failure_count ? VERDICT_FAILED : VERDICT_PASSED;
}

/* ---- the run ---- */

static bool tell_begin(const struct player *player, const struct played_step *played)
{
	const struct play_observer *observer = player->observer;
	return !observer || !observer->begins || observer->begins(observer->context, player->result, played);
}

static void tell_end(const struct player *player, const struct played_step *played)
{
	const struct play_observer *observer = player->observer;
	player->result->milliseconds = (play_clock() - player->began) * 1000;
	if (observer && observer->ended)
		observer->ended(observer->context, player->result, played);
}

static void play_before(struct player *player)
{
	struct played_step *before = &player->result->before;
	const struct workflow *workflow = player->workflow;
	double began = play_clock();
	const struct workflow_request *writing = player->settings->only_read ? workflow_writes(workflow) : NULL;
	const char *const *known = player->settings->known;
	const char *unknown = known ? workflow_unknown_credential(workflow, known) : NULL;
	before->verdict = VERDICT_PASSED;
	before->missing = workflow_missing(workflow, player->settings->roles);
	if (!before->missing && player->settings->operations)
		player->result->operation = workflow_unknown_operation(workflow, player->settings->operations);
	if (before->missing) {
		before->verdict = VERDICT_SKIPPED;
		before->skip = SKIP_NEEDS;
	} else if (player->result->operation) {
		before->verdict = VERDICT_SKIPPED;
		before->skip = SKIP_OPERATION;
		before->missing = player->result->operation;
	} else if (writing) {
		before->verdict = VERDICT_SKIPPED;
		before->skip = SKIP_WRITES;
		before->missing = writing->method.text;
	} else if (unknown) {
		before->verdict = VERDICT_SKIPPED;
		before->skip = SKIP_CREDENTIAL;
		before->missing = unknown;
	} else {
		ask_requirements(player, before, workflow->requires, workflow->requires_count);
	}
	before->milliseconds = (play_clock() - began) * 1000;
}

static void play_steps(struct player *player)
{
	struct workflow_result *result = player->result;
	for (size_t i = 0; i < player->workflow->step_count; i++) {
		struct played_step *played = &result->steps[i];
		if (!tell_begin(player, played))
			result->stopped = true;
		if (player_stops(player))
			return;
		double began = play_clock();
		play_step(player, played);
		played->milliseconds = (play_clock() - began) * 1000;
		/* what was cut off says nothing about who was asked */
		if (played->verdict == VERDICT_FAILED && result->stopped)
			played->verdict = VERDICT_NOT_PLAYED;
		tell_end(player, played);
		if (played->verdict == VERDICT_FAILED || result->stopped)
			return;
	}
}

/* In any case, also after a stop: so for as long as it lasts there is none. */
static void play_cleanup(struct player *player)
{
	struct workflow_result *result = player->result;
	static const struct play_observer nobody;
	const struct play_observer *observer = player->observer;
	bool stopped = result->stopped;
	const struct play_observer deaf = { observer ? observer->begins : NULL, observer ? observer->ended : NULL,
					    NULL, observer ? observer->context : NULL };
	player->observer = observer ? &deaf : &nobody;
	player->end = play_clock() + PLAY_RUN_SECONDS;
	result->stopped = false;
	for (size_t i = 0; player->sent && i < player->workflow->cleanup_count; i++) {
		struct played_step *played = &result->cleanup[i];
		double began = play_clock();
		tell_begin(player, played);
		play_step(player, played);
		played->milliseconds = (play_clock() - began) * 1000;
		tell_end(player, played);
	}
	player->observer = observer;
	result->stopped = stopped;
}

static enum verdict verdict_of(const struct workflow_result *result)
{
	const struct workflow *workflow = result->workflow;
	size_t counts[4] = { 0 }, failed_cleanup = 0;
	if (result->before.verdict != VERDICT_PASSED)
		return result->before.verdict;
	for (size_t i = 0; i < workflow->step_count; i++)
		counts[result->steps[i].verdict]++;
	for (size_t i = 0; i < workflow->cleanup_count; i++)
		failed_cleanup += result->cleanup[i].verdict == VERDICT_FAILED;
	if (counts[VERDICT_FAILED] || (failed_cleanup && !result->stopped))
		return VERDICT_FAILED;
	if (counts[VERDICT_NOT_PLAYED])
		return VERDICT_NOT_PLAYED;
	return counts[VERDICT_PASSED] ? VERDICT_PASSED : VERDICT_SKIPPED;
}

static struct workflow_result *new_result(const struct workflow *workflow, const struct play_settings *settings)
{
	struct workflow_result *result = memory_alloc(sizeof *result);
	size_t length = strlen(settings->base);
	while (length > 0 && settings->base[length - 1] == '/')
		length--;
	result->workflow = workflow;
	result->base = text_copy_n(settings->base, length);
	result->began = settings->now ? settings->now : time(NULL);
	result->steps = memory_alloc((workflow->step_count + 1) * sizeof *result->steps);
	result->cleanup = memory_alloc((workflow->cleanup_count + 1) * sizeof *result->cleanup);
	for (size_t i = 0; i < workflow->step_count; i++)
		result->steps[i] = (struct played_step){ .step = &workflow->steps[i], .number = i + 1 };
	for (size_t i = 0; i < workflow->cleanup_count; i++)
		result->cleanup[i] = (struct played_step){ .step = &workflow->cleanup[i],
							   .cleanup = true,
							   .number = i + 1 };
	return result;
}

static int check_settings(const struct play_settings *settings, struct error *err)
{
	const char *base = settings->base ? settings->base : "";
	const char *host = strncasecmp(base, "https://", 8) == 0  ? base + 8
			   : strncasecmp(base, "http://", 7) == 0 ? base + 7
								  : "";
	if (!*host || *host == '/' || has_control(base) || strpbrk(base, " ?#\"<>\\^`{}|"))
		return error_set(err, "expected an address such as https://127.0.0.1:5000, got \"%s\"", base);
	if (memchr(host, '@', strcspn(host, "/")))
		return error_set(err, "the address may not hold a name or password: credentials are given apart");
	return 0;
}

int workflow_play(const struct workflow *workflow, const struct play_settings *settings,
		  const struct play_observer *observer, struct workflow_result **ret_result, struct error *err)
{
	if (check_settings(settings, err) < 0)
		return -1;
	struct player player = { .workflow = workflow,
				 .settings = settings,
				 .observer = observer,
				 .result = new_result(workflow, settings),
				 .session = http_session_new(),
				 .random = settings->seed,
				 .began = play_clock() };
	player.end = player.began + PLAY_RUN_SECONDS;
	player_make_values(&player);
	play_before(&player);
	if (player.result->before.verdict == VERDICT_PASSED) {
		player.sent = false; /* questions leave nothing behind */
		play_steps(&player);
		play_cleanup(&player);
	}
	player.result->verdict = verdict_of(player.result);
	player.result->milliseconds = (play_clock() - player.began) * 1000;
	http_session_free(player.session);
	strings_clear(&player.variables);
	*ret_result = player.result;
	return 0;
}

static void played_clear(struct played_step *played)
{
	exchange_clear(&played->exchange);
	failures_clear(played);
	free(played->diagnostics);
	strings_clear(&played->kept);
}

void workflow_result_free(struct workflow_result *result)
{
	if (!result)
		return;
	played_clear(&result->before);
	for (size_t i = 0; i < result->workflow->step_count; i++)
		played_clear(&result->steps[i]);
	for (size_t i = 0; i < result->workflow->cleanup_count; i++)
		played_clear(&result->cleanup[i]);
	free(result->steps);
	free(result->cleanup);
	free(result->base);
	free(result->operation);
	free(result);
}

void cleanup_workflow_result(struct workflow_result **result)
{
	workflow_result_free(*result);
}
