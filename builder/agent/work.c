/* What making a backup and going back share: how far it is, why not, one at a time, where there is room. */
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>

#include "agent/backup_content.h"

int work_fail(struct work *work, struct error *err, enum sentence which, ...)
{
	va_list arguments;
	saying_clear(&work->failure);
	work->failure = (struct saying){ .which = which };
	va_start(arguments, which);
	sentence_arguments(&work->failure.with, arguments);
	va_end(arguments);
	work->failed = true;
	autofree char *text = saying_text(&work->failure, NULL, work->provision->box);
	return error_set(err, "%s", text);
}

static void write_job(struct work *work)
{
	struct error unwritten = { 0 };
	if (work->job_name && job_write(work->provision->root, work->job_name, &work->job, &unwritten) < 0)
		fprintf(stderr, "hie: %s\n", unwritten.message);
	error_clear(&unwritten);
}

void work_progress(struct work *work, unsigned percent, struct saying saying)
{
	saying_clear(&work->job.saying);
	work->job.state = JOB_RUNNING;
	work->job.percent = percent;
	work->job.saying = saying;
	write_job(work);
	autofree char *text = saying_text(&saying, NULL, work->provision->box);
	if (work->talk)
		printf("%s …\n", text);
	fflush(stdout);
	provision_boundary(work->provision, text);
}

int work_end(struct work *work, int result, struct saying done, enum sentence frame, const struct error *err)
{
	saying_clear(&work->job.saying);
	if (result == 0) {
		work->job.saying = done;
		work->job.percent = 100;
	} else {
		saying_clear(&done);
		if (work->failed) {
			work->job.saying = work->failure;
			memset(&work->failure, 0, sizeof work->failure);
		} else {
			work->job.saying = saying_make(frame, err->message ? err->message : "?", NULL);
		}
	}
	work->job.state = result == 0 ? JOB_DONE : JOB_FAILED;
	write_job(work);
	return result;
}

int work_lock(struct work *work, int *ret_fd, struct error *err)
{
	autofree char *path = hie_path(work->provision->root, ".backup.lock");
	autofree char *directory = path_directory(path);
	if (directory_make(directory, 0755, err) < 0)
		return -1;
	int taken = lock_take(path, false, ret_fd, err);
	return taken == 1 ? work_fail(work, err, SAY_BACKUP_BUSY, NULL) : taken;
}

uint64_t space_free(const char *path)
{
	struct statvfs room;
	return statvfs(path, &room) == 0 ? (uint64_t)room.f_bavail * room.f_frsize : 0;
}

/* What every box makes for itself again, and what is in the making. */
bool backup_leaves_out(const char *relative)
{
	static const char *const names[] = { "rendered", "steps", "credentials.json", "provision-error",
					     "settings-mistakes", "last-backup", "backup.new", "restore.new", "restore",
					     "restore.done", "fresh-data" };
	size_t length = strcspn(relative, "/");
	if (relative[0] == '.')
		return true;
	for (size_t i = 0; i < LENGTH(names); i++)
		if (strlen(names[i]) == length && strncmp(names[i], relative, length) == 0)
			return true;
	return false;
}

bool backup_is_identity(const char *relative)
{
	static const char *const names[] = { "tls/", "clients/", "ssh/ssh_host_", "settings.json" };
	for (size_t i = 0; i < LENGTH(names); i++)
		if (text_starts(relative, names[i]))
			return true;
	return false;
}
