/* Actions about backups. The work itself is done by hie-backup.service and hie-restore.service (backup.h): here
 * a request is written, the service started, and told how far it is. */
#include <string.h>
#include <time.h>

#include "agent/backup.h"
#include "agent/control_serve.h"
#include "agent/language.h"

#define FIND_SECONDS 7          /* the client waits CONTROL_SECONDS */
#define FILE_MAX 4096
#define LIST_MAX (512u << 10)

static int refuse_error(struct saying *ret_refusal, struct error *err)
{
	*ret_refusal = saying_make(SAY_ACTION_FAILED, err->message ? err->message : "?", NULL);
	error_clear(err);
	return -1;
}

static enum job_state state_of(const char *root, const char *name)
{
	struct job job = { 0 };
	struct error unread = { 0 };
	enum job_state state = job_read(root, name, &job, &unread) == 0 ? job.state : JOB_NONE;
	error_clear(&unread);
	job_clear(&job);
	return state;
}

/* Writes the request and starts its service. The job says at once that it runs, so that nobody takes the end of
 * the one before for this one's. */
static int begin(const struct request *request, const struct backup_request *wanted, struct saying *ret_refusal)
{
	const struct control *control = request->control;
	const char *name = wanted->action == BACKUP_RESTORE ? "restore" : "backup";
	autofree char *unit = text_format("hie-%s.service", name);
	struct job job = { .state = JOB_RUNNING, .saying = saying_make(SAY_JOB_BEGINS, NULL) };
	struct error err = { 0 };
	int result = -1;
	if (state_of(control->root, "backup") == JOB_RUNNING || state_of(control->root, "restore") == JOB_RUNNING) {
		*ret_refusal = saying_make(SAY_BACKUP_BUSY, NULL);
	} else if (backup_request_write(control->root, wanted, &err) < 0 || job_write(control->root, name, &job, &err) < 0) {
		refuse_error(ret_refusal, &err);
	} else if (control->system.unit(control->system.context, unit, false, &err) < 0) {
		job.state = JOB_FAILED;
		job_write(control->root, name, &job, NULL);
		refuse_error(ret_refusal, &err);
	} else {
		result = 0;
	}
	job_clear(&job);
	return result;
}

/* The passphrase of a request, fit to be one; NULL with the refusal. */
static const char *passphrase_of(const struct request *request, struct saying *ret_refusal)
{
	const char *passphrase = request_text(request, "passphrase", PASSPHRASE_MOST);
	autofree char *least = text_format("%u", PASSPHRASE_LEAST);
	struct error unfit = { 0 };
	int result = passphrase_check(passphrase, &unfit);
	error_clear(&unfit);
	if (result == 0)
		return passphrase;
	bool is_short = !passphrase || strlen(passphrase) < PASSPHRASE_LEAST;
	*ret_refusal = is_short ? saying_make(SAY_PASSPHRASE_SHORT, least, NULL) : saying_make(SAY_PASSPHRASE_BAD, NULL);
	return NULL;
}

/* Only what backup_targets() names: the page must not choose folders of the box. */
static bool is_target(const char *target)
{
	return target && (text_equal(target, "card") || text_starts(target, "stick:"));
}

static int begin_with_passphrase(struct request *request, enum backup_action action, struct json *answer,
				 struct saying *ret_refusal)
{
	const char *target = request_text(request, "target", 128), *file = request_text(request, "file", 256);
	const char *passphrase = passphrase_of(request, ret_refusal);
	if (!passphrase)
		return -1;
	if (!is_target(target) || (action == BACKUP_RESTORE && (!file || !path_is_clean(file) || strchr(file, '/'))))
		return refuse(ret_refusal, SAY_CONTROL_UNKNOWN);
	request->note = file ? text_format("%s from %s", "a backup", target) : text_format("to %s", target);
	struct backup_request wanted = { .action = action, .target = text_copy(target), .file = text_copy(file),
					 .passphrase = text_copy(passphrase) };
	int result = begin(request, &wanted, ret_refusal);
	backup_request_clear(&wanted);
	if (result == 0)
		json_set(answer, "job", json_new_string(action == BACKUP_RESTORE ? "restore" : "backup"));
	return result;
}

int action_backup(struct request *request, struct json *answer, struct saying *ret_refusal)
{
	return begin_with_passphrase(request, BACKUP_SAVE, answer, ret_refusal);
}

int action_restore(struct request *request, struct json *answer, struct saying *ret_refusal)
{
	return begin_with_passphrase(request, BACKUP_RESTORE, answer, ret_refusal);
}

int action_job(struct request *request, struct json *answer, struct saying *ret_refusal)
{
	const char *name = request_text(request, "job", 64);
	struct job job = { 0 };
	struct error err = { 0 };
	if (!text_equal(name, "backup") && !text_equal(name, "restore"))
		return refuse(ret_refusal, SAY_CONTROL_UNKNOWN);
	if (job_read(request->control->root, name, &job, &err) < 0)
		return refuse_error(ret_refusal, &err);
	struct json *with = json_new_array();
	for (size_t i = 0; i < job.saying.with.count; i++)
		json_add(with, json_new_string(job.saying.with.items[i]));
	json_set(answer, "state", json_new_string(job_state_name(job.state)));
	json_set(answer, "percent", json_new_number(job.percent));
	json_set(answer, "say", json_new_string(sentence_name(job.saying.which)));
	json_set(answer, "with", with);
	json_set(answer, "file", json_new_string(job.file));
	job_clear(&job);
	return 0;
}

/* Lets the service look for backups, waits a little, and gives what was found last. */
int action_backups(struct request *request, struct json *answer, struct saying *ret_refusal)
{
	const struct control *control = request->control;
	const struct backup_request wanted = { .action = BACKUP_FIND };
	autofree char *path = path_join(control->root, "/run/hie/jobs/backups.json");
	double end = control->system.now(control->system.context) + FIND_SECONDS;
	/* while a backup is written, what was found before has to do */
	if (begin(request, &wanted, ret_refusal) < 0 && ret_refusal->which != SAY_BACKUP_BUSY)
		return -1;
	bool busy = ret_refusal->which == SAY_BACKUP_BUSY;
	saying_clear(ret_refusal);
	while (!busy && state_of(control->root, "backup") == JOB_RUNNING
	       && control->system.now(control->system.context) < end)
		nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
	autofree char *text = file_text_or_null(path, LIST_MAX);
	autodocument struct document *document = document_json_or_null(text, text ? strlen(text) : 0);
	const struct node *list = node_get(document_root(document), "backups");
	json_set(answer, "backups", list ? json_from_node(list) : json_new_array());
	return 0;
}

/* A target's title in every language of the box. */
static struct json *title_of(const struct node *target, const struct languages *all)
{
	struct json *titles = json_new_object();
	const char *id = node_text(target, "id", "");
	const char *label = node_text(target, "label", "");
	const struct node *bytes = node_get(target, "size");
	autofree char *size = size_text(bytes && bytes->kind == NODE_NUMBER && bytes->number > 0 ? (uint64_t)bytes->number : 0);
	for (size_t i = 0; i < all->count; i++) {
		autofree char *text = text_starts(id, "stick:")
			? sentence_in(all->items[i], SAY_BACKUP_STICK, id + strlen("stick:"),
				      label[0] ? label : node_text(target, "kind", "?"), size, NULL)
			: sentence_in(all->items[i], SAY_BACKUP_CARD, NULL);
		json_set(titles, language_code(all->items[i]), json_new_string(text));
	}
	return titles;
}

int action_targets(struct request *request, struct json *answer, struct saying *ret_refusal)
{
	struct languages all;
	struct diagnostics mistakes = { 0 };
	(void)ret_refusal;
	autojson struct json *found = backup_targets(request->control->root);
	autofree char *text = json_write(found, true);
	autodocument struct document *document = document_json_or_null(text, strlen(text));
	languages_load(request->control->root, &all, &mistakes);
	struct json *targets = json_new_array();
	for node_each(target, document_root(document)) {
		struct json *one = json_from_node(target);
		json_set(one, "title", title_of(target, &all));
		json_add(targets, one);
	}
	json_set(answer, "targets", targets);
	languages_clear(&all);
	diagnostics_clear(&mistakes);
	return 0;
}
