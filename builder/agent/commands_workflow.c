/* `hie workflow`: list what can be played, and play it: on a terminal as a story, for machines as JSON and TAP,
 * for the page (hie-workflow@.service) as a file that grows. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <errno.h>
#include <sys/stat.h>

#include "agent/command.h"
#include "agent/language.h"
#include "agent/provision.h"
#include "agent/workflows.h"

const struct option_entry workflow_options[] = {
	{ "json", 0, "FILE", "run: write the result there as JSON (a list, when several are played)", false },
	{ "tap", 0, NULL, "run: say it in the Test Anything Protocol", false },
	{ "base", 0, "URL", "run: the exchange's address (" WORKFLOWS_BASE ")", false },
	{ "language", 0, "CODE", "of the story (the box's)", false },
	{ "for-page", 0, NULL, "run: for the box's page, with the credentials that `hand-over` left (hie-workflow@.service)",
	  false },
	{ 0 },
};

#define HANDED "/run/hie-workflow" /* /<id>/credentials.json, of the unit alone */

struct stage {
	const char *root;
	const struct box *box;
	const struct language *language;
	const char *code;
	bool tap, page;
	struct document *handed;       /* credentials, when they do not come from /var/lib/hie/secrets */
};

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	(void)number;
	interrupted = 1;
}

static bool is_interrupted(void *context)
{
	(void)context;
	return interrupted;
}

/* ---- credentials ---- */

static int handed_credential(const struct stage *stage, const char *name, struct play_login *ret_login,
			     struct error *err)
{
	const struct node *one = node_get(document_root(stage->handed), name);
	if (!one)
		return error_set(err, "it was not handed over");
	ret_login->user = text_copy(node_text(one, "user", ""));
	ret_login->password = text_copy(node_text(one, "password", ""));
	return 0;
}

/* Only what systems talk to the interoperability layer with; never who administers it, the box or a database. */
static int find_credential(void *context, const char *name, struct play_login *ret_login, struct error *err)
{
	const struct stage *stage = context;
	if (stage->handed)
		return handed_credential(stage, name, ret_login, err);
	const struct box_secret *secret = box_secret(stage->box, name);
	if (!secret || !box_secret_is_client(stage->box, secret))
		return error_set(err, "no client of this box's interoperability layer has that name");
	if (secret_read(stage->root, name, &ret_login->password, err) < 0)
		return -1;
	ret_login->user = text_copy(secret->user);
	return 0;
}

static void add_credential(const struct stage *stage, const char *name, struct json *list)
{
	struct play_login login = { 0 };
	struct error none = { 0 };
	if (!name || find_credential((void *)stage, name, &login, &none) < 0) {
		error_clear(&none); /* said by the step that wants it */
		return;
	}
	struct json *one = json_new_object();
	json_set(one, "user", json_new_string(login.user));
	json_set(one, "password", json_new_string(login.password));
	json_set(list, name, one);
	play_login_clear(&login);
}

static void add_credentials(const struct stage *stage, const struct step *steps, size_t count, struct json *list)
{
	for (size_t i = 0; i < count; i++) {
		add_credential(stage, steps[i].as.text, list);
		for (size_t k = 0; k < steps[i].requires_count; k++)
			add_credential(stage, steps[i].requires[k].as.text, list);
	}
}

/* As root, before the unit's own user runs: just what this workflow names, into its private folder. */
static int hand_over(const struct stage *stage, const struct workflow *workflow, struct error *err)
{
	autofree char *folder = path_join3(stage->root, HANDED, workflow->id);
	autofree char *path = path_join(folder, "credentials.json");
	autojson struct json *list = json_new_object();
	struct stat about;
	add_credentials(stage, workflow->steps, workflow->step_count, list);
	add_credentials(stage, workflow->cleanup, workflow->cleanup_count, list);
	for (size_t i = 0; i < workflow->requires_count; i++)
		add_credential(stage, workflow->requires[i].as.text, list);
	autofree char *text = json_write(list, true);
	int result = stat(folder, &about) < 0 ? error_set_errno(err, errno, "%s", folder)
					      : file_write(path, text, strlen(text), 0400, err);
	if (result == 0 && lchown(path, about.st_uid, about.st_gid) < 0)
		result = error_set_errno(err, errno, "%s", path);
	explicit_bzero(text, strlen(text));
	return result;
}

/* ---- telling ---- */

static void tell(const char *text)
{
	/* what a server said must not move the cursor */
	for (; *text; text++)
		putchar((unsigned char)*text < 0x20 || *text == 0x7f ? ' ' : *text);
}

static const char *actor_name(const struct placed_text *name)
{
	return name->text ? name->text : "?";
}

static void tell_step(const struct stage *stage, const struct played_step *played)
{
	static const enum sentence verdicts[] = { SAY_PLAY_VERDICT_NOT_PLAYED, SAY_PLAY_VERDICT_PASSED,
						  SAY_PLAY_VERDICT_FAILED, SAY_PLAY_VERDICT_SKIPPED };
	autofree char *verdict = sentence_in(stage->language, verdicts[played->verdict], NULL);
	autofree char *took = text_format("%.0f", played->milliseconds);
	const struct step *step = played->step;
	if (step && !played->cleanup) {
		autofree char *number = text_format("%zu", played->number);
		autofree char *head = sentence_in(stage->language, SAY_PLAY_STEP, number, NULL);
		autofree char *who = sentence_in(stage->language, step->via.text ? SAY_PLAY_WHO_VIA : SAY_PLAY_WHO,
						 actor_name(&step->from), actor_name(&step->to),
						 actor_name(&step->via), NULL);
		const char *said = workflow_text(&step->tell, stage->code);
		printf("  %s  %s\n    %s%s%s: %s (%s ms)\n", head, said ? said : "", who,
		       step->transaction.text ? ", " : "", step->transaction.text ? step->transaction.text : "", verdict,
		       took);
	} else if (played->verdict == VERDICT_FAILED) {
		printf("  %s\n", verdict);
	}
	if (played->skip) {
		autofree char *why = workflow_skip_text(played, stage->code);
		printf("    %s\n", why);
	}
	for (size_t i = 0; i < played->failure_count && !played->skip; i++) {
		printf("    ");
		tell(played->failures[i].message);
		printf("\n");
	}
	fflush(stdout);
}

static bool step_begins(void *context, const struct workflow_result *result, const struct played_step *step)
{
	const struct stage *stage = context;
	struct error err = { 0 };
	if (stage->page && workflow_result_write(stage->root, result, step, &err) < 0) {
		fprintf(stderr, "hie: %s\n", err.message);
		error_clear(&err);
	}
	return !interrupted;
}

static void step_ended(void *context, const struct workflow_result *result, const struct played_step *step)
{
	const struct stage *stage = context;
	(void)result;
	if (!stage->tap && !stage->page)
		tell_step(stage, step);
}

/* ---- running ---- */

struct run {
	const struct parsed_options *options;
	struct stage *stage;
	struct json *results;          /* a list, or the one result when one is played */
	struct buffer tap;
	unsigned number;
	bool failed;
};

static int play_one(struct run *run, const struct workflow *workflow, struct error *err)
{
	struct stage *stage = run->stage;
	const char *base = option_value(run->options, "base");
	bool secure = !base && text_equal(stage->box->mode, "production");
	autofree char *authority = secure ? hie_path(stage->root, "tls/ca.crt") : NULL;
	auto_workflow_result struct workflow_result *result = NULL;
	autofree const char **roles = base ? NULL : box_roles(stage->box);
	const struct play_settings settings = { .base = base ? base : secure ? WORKFLOWS_SECURE_BASE : WORKFLOWS_BASE,
						.ca_file = authority,
						.roles = roles,
						.credential = find_credential,
						.context = stage };
	const struct play_observer observer = { .begins = step_begins, .ended = step_ended, .stop = is_interrupted,
						.context = stage };
	if (!stage->tap && !stage->page)
		printf("%s\n", workflow_text(&workflow->title, stage->code));
	if (workflow_play(workflow, &settings, &observer, &result, err) < 0)
		return -2;
	if (!stage->tap && !stage->page && result->before.verdict != VERDICT_PASSED)
		tell_step(stage, &result->before);
	run->failed = run->failed || (result->verdict != VERDICT_PASSED && result->verdict != VERDICT_SKIPPED);
	workflow_result_tap(result, stage->code, &run->number, &run->tap);
	struct json *json = workflow_result_json(result, NULL);
	if (run->results)
		json_add(run->results, json);
	else
		run->results = json;
	return stage->page ? workflow_result_write(stage->root, result, NULL, err) : 0;
}

/* With `run` each by its id; a wrong file or name is 2, as it could not be played. */
static int play_named(struct run *run, const char *id, bool only_hand_over, struct error *err)
{
	struct box_workflow read;
	if (box_workflow_read(run->stage->root, id, &read) < 0) {
		error_set(err, "there is no workflow \"%s\": `hie workflow list` says which there are", id);
		return -2;
	}
	int result = read.workflow ? 0 : -2;
	if (result < 0)
		diagnostics_to_error(&read.mistakes, err);
	else if (only_hand_over)
		result = hand_over(run->stage, read.workflow, err);
	else
		result = play_one(run, read.workflow, err);
	box_workflow_clear(&read);
	return result;
}

static int write_results(const struct run *run, struct error *err)
{
	const char *file = option_value(run->options, "json");
	if (run->stage->tap)
		printf("TAP version 14\n%s1..%u\n", run->tap.data ? run->tap.data : "", run->number);
	if (!file || !run->results)
		return 0;
	autofree char *text = json_write(run->results, false);
	return file_write(file, text, strlen(text), 0600, err);
}

/* One at a time: who comes later waits, and that can be seen. */
static int wait_for_turn(const struct stage *stage, const char *id, int *ret_fd, struct error *err)
{
	static const char waits[] = "{\"format\":1,\"verdict\":\"not-played\",\"state\":\"playing\"}\n";
	autofree char *path = path_join3(stage->root, WORKFLOWS_RESULTS, ".turn");
	autofree char *result = workflow_is_id(id) ? workflow_result_path(stage->root, id) : NULL;
	if (result && file_write(result, waits, sizeof waits - 1, 0640, err) < 0)
		return -1;
	return lock_take(path, true, ret_fd, err);
}

static int read_handed(struct stage *stage, const char *id, struct error *err)
{
	autofree char *folder = path_join3(stage->root, HANDED, id ? id : "");
	autofree char *path = path_join(folder, "credentials.json");
	stage->handed = document_load_or_null(path);
	return stage->handed ? 0 : error_set(err, "%s cannot be read", path);
}

static int run_all(const struct parsed_options *options, struct stage *stage, struct error *err)
{
	const struct strings *words = &options->arguments;
	bool only_hand_over = text_equal(words->items[0], "hand-over");
	struct run run = { .options = options, .stage = stage, .results = words->count > 2 ? json_new_array() : NULL };
	autofd int turn = -1;
	int result = 0;
	if (stage->page && (read_handed(stage, words->items[1], err) < 0 || wait_for_turn(stage, words->items[1], &turn, err) < 0))
		result = -1;
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	for (size_t i = 1; i < words->count && result == 0 && !interrupted; i++)
		result = play_named(&run, words->items[i], only_hand_over, err);
	if (result == 0 && !only_hand_over)
		result = write_results(&run, err);
	json_release(run.results);
	buffer_clear(&run.tap);
	document_free(stage->handed);
	return result ? result : run.failed || interrupted;
}

/* ---- listing ---- */

static void list_all(const struct stage *stage)
{
	struct listed_workflows list;
	box_workflow_read_list(stage->root, stage->box, stage->language, stage->code, &list);
	for (size_t i = 0; i < list.count; i++) {
		const struct listed_workflow *one = &list.items[i];
		autofree char *verdict = one->obstacle
			? sentence_in(stage->language, SAY_PLAY_NOT_PLAYABLE, one->obstacle, NULL)
			: sentence_in(stage->language, SAY_PLAY_PLAYABLE, NULL);
		printf("%s\n  %s\n  %s\n", one->id, one->title ? one->title : "?", verdict);
	}
	autofree char *none = sentence_in(stage->language, SAY_PLAY_NONE, NULL);
	if (!list.count)
		printf("%s\n", none);
	listed_workflows_clear(&list);
}

int command_workflow(const struct parsed_options *options, struct error *err)
{
	const char *verb = options->arguments.items[0], *code = option_value(options, "language");
	struct languages languages = { 0 };
	struct diagnostics mistakes = { 0 };
	autobox struct box *box = NULL;
	bool run = text_equal(verb, "run") || text_equal(verb, "hand-over"), settle = text_equal(verb, "settle");
	if ((!run && !settle && !text_equal(verb, "list")) || ((run || settle) && options->arguments.count < 2)) {
		error_set(err, "workflow: expected `list`, or `run` and the ids of workflows");
		return -2;
	}
	if (settle) /* hie-workflow@.service, when it has ended */
		return workflow_result_settle(root_of(options), options->arguments.items[1], err);
	if (load_box(options, &box, err) < 0)
		return -1;
	if (run && !option_given(options, "for-page") && need_root(options, err) < 0)
		return -1;
	languages_load(root_of(options), &languages, &mistakes);
	diagnostics_clear(&mistakes);
	code = code ? code : box->language;
	struct stage stage = { .root = root_of(options), .box = box, .code = code,
			       .language = languages_find(&languages, code), .tap = option_given(options, "tap"),
			       .page = option_given(options, "for-page") };
	int result = 0;
	if (run)
		result = run_all(options, &stage, err);
	else
		list_all(&stage);
	languages_clear(&languages);
	return result;
}
