/* Requests to the backup services, and how far these are: two small files below /run/hie. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "agent/backup.h"

#define FILE_MAX 65536u

static const char *const actions[] = { [BACKUP_SAVE] = "save", [BACKUP_RESTORE] = "restore", [BACKUP_FIND] = "find" };
static const char *const states[] = { [JOB_NONE] = "none", [JOB_RUNNING] = "running", [JOB_DONE] = "done",
				      [JOB_FAILED] = "failed" };

static char *run_path(const char *root, const char *directory, const char *name)
{
	autofree char *base = path_join3(root, "/run/hie", directory);
	autofree char *file = text_format("%s.json", name);
	return path_join(base, file);
}

int passphrase_check(const char *passphrase, struct error *err)
{
	size_t length = passphrase ? strlen(passphrase) : 0;
	autofree char *least = text_format("%u", PASSPHRASE_LEAST);
	if (length < PASSPHRASE_LEAST)
		return sentence_error(err, SAY_PASSPHRASE_SHORT, least, NULL);
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)passphrase[i] < ' ' || passphrase[i] == 0x7f || length > PASSPHRASE_MOST)
			return sentence_error(err, SAY_PASSPHRASE_BAD, NULL);
	return 0;
}

/* "card", "stick", "stick:<name of a partition>" or an absolute directory. */
static bool is_target(const char *target)
{
	if (text_equal(target, "card") || text_equal(target, "stick") || (target[0] == '/' && strlen(target) < 4096))
		return true;
	const char *name = target + strlen("stick:");
	return text_starts(target, "stick:") && name[0] && strlen(name) < 64
		&& strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789") == strlen(name);
}

/* A name at the target, or an absolute path: nothing that leads out of the target by itself. */
static bool is_file(const char *file)
{
	return file[0] == '/' ? strlen(file) < 4096 : path_is_clean(file) && !strchr(file, '/');
}

static int check(const struct backup_request *request, struct error *err)
{
	if (request->target && !is_target(request->target))
		return error_set(err, "there is no such place for backups: %s", request->target);
	if (request->action == BACKUP_RESTORE && (!request->file || !is_file(request->file)))
		return error_set(err, "a restore needs the name of a backup");
	return request->action == BACKUP_FIND ? 0 : passphrase_check(request->passphrase, err);
}

static const char *service_of(enum backup_action action)
{
	return action == BACKUP_RESTORE ? "restore" : "backup";
}

int backup_request_write(const char *root, const struct backup_request *request, struct error *err)
{
	if (check(request, err) < 0)
		return -1;
	autofree char *path = run_path(root, "requests", service_of(request->action));
	autofree char *directory = path_directory(path);
	autojson struct json *json = json_new_object();
	json_set(json, "format", json_new_number(1));
	json_set(json, "action", json_new_string(actions[request->action]));
	json_set(json, "target", json_new_string(request->target ? request->target : "card"));
	json_set(json, "file", json_new_string(request->file));
	json_set(json, "passphrase", json_new_string(request->passphrase));
	json_set(json, "keep-identity", json_new_boolean(request->keep_identity));
	autofree char *text = json_write(json, false);
	int result = directory_make(directory, 0700, err);
	if (result == 0)
		result = file_write(path, text, strlen(text), 0600, err);
	explicit_bzero(text, strlen(text));
	return result;
}

static int parse_request(const char *text, struct backup_request *request, struct error *err)
{
	autodocument struct document *document = NULL;
	struct diagnostics mistakes = { 0 };
	if (document_parse_json("request", text, strlen(text), &document, &mistakes) < 0) {
		diagnostics_to_error(&mistakes, err);
		diagnostics_clear(&mistakes);
		return -1;
	}
	const struct node *root = document_root(document), *keep = node_get(root, "keep-identity");
	const char *action = node_text(root, "action", "");
	while (request->action < BACKUP_FIND && !text_equal(actions[request->action], action))
		request->action++;
	if (!text_equal(actions[request->action], action))
		return error_set(err, "the request asks for nothing that is known here");
	request->target = text_copy(node_text(root, "target", "card"));
	request->file = text_copy(node_text(root, "file", NULL));
	request->passphrase = text_copy(node_text(root, "passphrase", NULL));
	request->keep_identity = keep && keep->kind == NODE_BOOLEAN && keep->boolean;
	return check(request, err);
}

int backup_request_take(const char *root, const char *service, struct backup_request *ret_request,
			struct error *err)
{
	autofree char *path = run_path(root, "requests", service);
	autofree char *text = NULL;
	struct backup_request request = { 0 };
	int read = file_read(path, FILE_MAX, &text, NULL, err);
	if (unlink(path) < 0 && read == 0)
		return error_set_errno(err, errno, "cannot remove %s", path);
	if (read < 0)
		return -1;
	int result = parse_request(text, &request, err);
	explicit_bzero(text, strlen(text));
	if (result < 0 || !text_equal(service_of(request.action), service)) {
		backup_request_clear(&request);
		return result < 0 ? -1 : error_set(err, "the request is for another service");
	}
	*ret_request = request;
	return 0;
}

void backup_request_clear(struct backup_request *request)
{
	if (request->passphrase)
		explicit_bzero(request->passphrase, strlen(request->passphrase));
	free(request->passphrase);
	free(request->target);
	free(request->file);
	memset(request, 0, sizeof *request);
}

const char *job_state_name(enum job_state state)
{
	return states[state];
}

int job_write(const char *root, const char *name, const struct job *job, struct error *err)
{
	autofree char *path = run_path(root, "jobs", name);
	autofree char *directory = path_directory(path);
	autojson struct json *json = saying_json(&job->saying);
	json_set(json, "format", json_new_number(1));
	json_set(json, "state", json_new_string(states[job->state]));
	json_set(json, "percent", json_new_number(job->percent));
	json_set(json, "pid", json_new_number(getpid()));
	json_set(json, "file", json_new_string(job->file));
	autofree char *text = json_write(json, false);
	if (directory_make(directory, 0755, err) < 0)
		return -1;
	return file_write(path, text, strlen(text), 0644, err);
}

/* Fills in what the file says; a process that is gone cannot still be running. */
static int read_job(const struct node *root, struct job *job)
{
	const char *state = node_text(root, "state", "");
	const struct node *percent = node_get(root, "percent"), *pid = node_get(root, "pid");
	while (job->state < JOB_FAILED && !text_equal(states[job->state], state))
		job->state++;
	if (!text_equal(states[job->state], state) || saying_read(root, &job->saying) < 0)
		return -1;
	job->percent = percent && percent->number >= 0 && percent->number <= 100 ? (unsigned)percent->number : 0;
	job->file = text_copy(node_text(root, "file", NULL));
	bool alive = pid && pid->number >= 1 && pid->number < 1e7
		&& (kill((pid_t)pid->number, 0) == 0 || errno == EPERM);
	if (job->state == JOB_RUNNING && !alive) {
		saying_clear(&job->saying);
		job->state = JOB_FAILED;
		job->saying = saying_make(SAY_JOB_VANISHED, NULL);
	}
	return 0;
}

int job_read(const char *root, const char *name, struct job *ret_job, struct error *err)
{
	autofree char *path = run_path(root, "jobs", name);
	autodocument struct document *document = NULL;
	struct diagnostics mistakes = { 0 };
	struct job job = { 0 };
	if (!path_exists(path)) {
		*ret_job = job;
		return 0;
	}
	if (document_load(path, &document, &mistakes) < 0) {
		diagnostics_to_error(&mistakes, err);
		diagnostics_clear(&mistakes);
		return -1;
	}
	if (read_job(document_root(document), &job) < 0) {
		job_clear(&job);
		return error_set(err, "%s does not say how far it is", path);
	}
	*ret_job = job;
	return 0;
}

void job_clear(struct job *job)
{
	saying_clear(&job->saying);
	free(job->file);
	free(job->size);
	memset(job, 0, sizeof *job);
}
