/* hie backup, hie restore: for a person at a terminal, and for the services, whose requests come by file. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <termios.h>
#include <time.h>

#include "agent/backup_content.h"

#define PASSPHRASE_FILE_MAX 8192u

/* One line from the terminal without showing it. */
static int ask(enum sentence question, char **ret_line, struct error *err)
{
	autofile FILE *terminal = fopen("/dev/tty", "r+e");
	struct termios before, quiet;
	if (!terminal || tcgetattr(fileno(terminal), &before) < 0)
		return error_set(err, "there is no terminal to ask for the passphrase: use --passphrase-file");
	autofree char *text = sentence(question, NULL);
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	fputs(text, terminal);
	fflush(terminal);
	tcsetattr(fileno(terminal), TCSAFLUSH, &quiet);
	char *line = NULL;
	size_t size = 0;
	ssize_t length = getline(&line, &size, terminal);
	tcsetattr(fileno(terminal), TCSAFLUSH, &before);
	fputs("\n", terminal);
	if (length <= 0) {
		free(line);
		return error_set(err, "no passphrase was typed");
	}
	line[strcspn(line, "\n")] = '\0';
	*ret_line = line;
	return 0;
}

static void wipe(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

/* From the file (its first line), or asked for: twice when a backup will depend on it. */
static int get_passphrase(const char *file, bool twice, char **ret_passphrase, struct error *err)
{
	char *first = NULL, *second = NULL;
	int result = file ? file_read(file, PASSPHRASE_FILE_MAX, &first, NULL, err) : ask(SAY_PASSPHRASE_ASK, &first, err);
	if (result == 0 && file)
		first[strcspn(first, "\r\n")] = '\0';
	if (result == 0)
		result = passphrase_check(first, err);
	if (result == 0 && !file && twice)
		result = ask(SAY_PASSPHRASE_AGAIN, &second, err);
	if (result == 0 && second && !text_equal(first, second))
		result = sentence_error(err, SAY_PASSPHRASE_DIFFERS, NULL);
	wipe(second);
	if (result < 0)
		wipe(first);
	else
		*ret_passphrase = first;
	return result;
}

/* The card where there is one, as the page does; else the only stick. */
static char *choose_target(const struct backup_command *command)
{
	char *path = command->to ? realpath(command->to, NULL) : NULL;
	if (command->to)
		return path ? path : text_copy(command->to);
	return text_copy(command->stick ? "stick" : "card");
}

static void print_list(const struct json *all)
{
	autofree char *text = json_write(all, true);
	autodocument struct document *document = document_json_or_null(text, strlen(text));
	size_t count = 0;
	if (!document)
		return;
	for node_each(one, node_get(document_root(document), "backups")) {
		const struct node *size = node_get(one, "size"), *made = node_get(one, "time");
		char when[40] = "?";
		struct tm broken = { 0 };
		time_t seconds = made ? (time_t)made->number : 0;
		if (seconds)
			strftime(when, sizeof when, "%Y-%m-%d %H:%M UTC", gmtime_r(&seconds, &broken));
		autofree char *large = size_text(size ? (uint64_t)size->number : 0);
		autofree char *line = sentence(SAY_BACKUP_LINE, node_text(one, "target", "?"), large, when,
					       node_text(one, "file", "?"), NULL);
		printf("%s\n", line);
		count++;
	}
	autofree char *none = sentence(SAY_BACKUP_NONE, NULL);
	if (!count)
		printf("%s\n", none);
}

static int list(struct work *work, const struct backup_command *command)
{
	autofree char *target = command->to || command->stick || command->card ? choose_target(command) : NULL;
	autojson struct json *all = backup_list(work, target);
	autofree char *text = json_write(all, false);
	if (command->json)
		fputs(text, stdout);
	else
		print_list(all);
	return 0;
}

static struct saying backup_done(const struct work *work, const struct backup_request *request)
{
	if (request->action == BACKUP_FIND)
		return saying_make(SAY_BACKUP_FOUND, work->job.size ? work->job.size : "0", NULL);
	return saying_make(SAY_BACKUP_DONE, work->job.file ? work->job.file : "", work->job.size ? work->job.size : "?",
			   NULL);
}

/* Does what the request asks for, tells the job file, and prints the end. */
static int perform(struct work *work, bool now, struct error *err)
{
	const struct backup_request *request = work->request;
	enum sentence frame = request->action == BACKUP_RESTORE ? SAY_RESTORE_FAILED : SAY_BACKUP_FAILED;
	struct saying done;
	int result;
	if (request->action == BACKUP_RESTORE) {
		result = restore_run(work, now, err);
		done = saying_make(now ? SAY_RESTORE_DONE : SAY_RESTORE_READY, path_base(request->file), NULL);
	} else {
		result = request->action == BACKUP_FIND ? backup_find(work, err) : backup_save(work, err);
		done = backup_done(work, request);
	}
	result = work_end(work, result, done, frame, err);
	autofree char *text = saying_text(&work->job.saying, NULL, work->provision->box);
	if (result == 0 && work->talk)
		printf("%s\n", text);
	if (result < 0) {
		error_clear(err);
		error_set(err, "%s", text);
	}
	return result;
}

/* A service: the request is gone before anything happens. */
static int perform_request(struct work *work, bool now, struct error *err)
{
	struct backup_request request = { 0 };
	if (backup_request_take(work->provision->root, work->job_name, &request, err) < 0)
		return work_end(work, -1, saying_make(SAY_NOTHING_TO_DO, NULL), SAY_BACKUP_FAILED, err);
	work->request = &request;
	int result = perform(work, now, err);
	backup_request_clear(&request);
	work->request = NULL;
	return result;
}

static int perform_command(struct work *work, const struct backup_command *command, bool now, struct error *err)
{
	struct backup_request request = { .action = command->file ? BACKUP_RESTORE : BACKUP_SAVE,
					  .keep_identity = command->keep_identity };
	if (get_passphrase(command->passphrase_file, !command->file, &request.passphrase, err) < 0)
		return -1;
	request.target = choose_target(command);
	char *path = command->file ? realpath(command->file, NULL) : NULL;
	request.file = path ? path : text_copy(command->file);
	work->request = &request;
	work->talk = true;
	int result = perform(work, now, err);
	backup_request_clear(&request);
	work->request = NULL;
	return result;
}

static int run(const char *name, const struct backup_command *command, bool now, struct error *err)
{
	struct provision provision = { .root = command->root, .box = command->box };
	provision_look_around(&provision);
	struct work work = { .provision = &provision, .job_name = name };
	int result;
	if (command->list)
		result = list(&work, command);
	else if (command->requested)
		result = perform_request(&work, now, err);
	else
		result = perform_command(&work, command, now, err);
	job_clear(&work.job);
	saying_clear(&work.failure);
	return result;
}

int backup_command(const struct backup_command *command, struct error *err)
{
	return run("backup", command, false, err);
}

static bool confirmed(const char *file)
{
	char answer[16] = "";
	autofree char *question = sentence(SAY_RESTORE_ASK, path_base(file), NULL);
	fputs(question, stdout);
	fflush(stdout);
	return fgets(answer, sizeof answer, stdin) && text_equal(answer, "yes\n");
}

int restore_command(const struct backup_command *command, struct error *err)
{
	autofree char *kept = sentence(SAY_RESET_KEPT, NULL);
	bool on_box = text_equal(command->root, "/");
	if (!command->requested && !command->yes && !confirmed(command->file)) {
		printf("%s\n", kept);
		return 1;
	}
	return run("restore", command, on_box && !command->no_restart, err);
}
