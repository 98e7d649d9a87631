/* hie restore: find the backup, look at all of it, make everything ready, decide, and start again with it. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/backup_content.h"
#include "agent/restore.h"

static int open_backup(struct work *work, const char *path, struct error *err)
{
	autofd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	if (fd < 0 && errno == ENOENT)
		return work_fail(work, err, SAY_RESTORE_NO_FILE, path_base(path), NULL);
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_set_errno(err, errno, "cannot open %s", path);
	if (!S_ISREG(st.st_mode) || !age_is_file(fd))
		return work_fail(work, err, SAY_RESTORE_NOT_A_BACKUP, path_base(path), NULL);
	return steal_fd(fd);
}

/* What makes this box this box stays: nothing of the backup's takes its place. */
static int drop_identity(const char *staging, struct error *err)
{
	static const char *const names[] = { "tls", "clients", "settings.json" };
	autofree char *box = path_join(staging, "box/var/lib/hie"), *ssh = path_join(box, "ssh");
	autostrings struct strings keys = { 0 };
	for (size_t i = 0; i < LENGTH(names); i++) {
		autofree char *path = path_join(box, names[i]);
		if (tree_remove(path, err) < 0)
			return -1;
	}
	if (path_exists(ssh) && directory_list(ssh, &keys, err) < 0)
		return -1;
	for (size_t i = 0; i < keys.count; i++) {
		autofree char *relative = path_join("ssh", keys.items[i]);
		autofree char *path = path_join(ssh, keys.items[i]);
		if (backup_is_identity(relative) && unlink(path) < 0)
			return error_set_errno(err, errno, "cannot remove %s", path);
	}
	return 0;
}

/* From here on the next start has the restored box: one rename. */
static int decide(const struct provision *provision, const char *staging, struct error *err)
{
	autofree char *pending = hie_path(provision->root, "restore"), *home = hie_path(provision->root, "");
	autofd int fd = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	provision_boundary(provision, "everything ready");
	if (fd < 0 || syncfs(fd) < 0 || rename(staging, pending) < 0 || fsync(fd) < 0)
		return error_set_errno(err, errno, "cannot put the restore in its place");
	provision_boundary(provision, "decided");
	return 0;
}

/* One that was decided upon but not applied yet is given up for the new one. */
static int give_up_pending(const struct provision *provision, struct error *err)
{
	autofree char *pending = hie_path(provision->root, "restore"), *done = hie_path(provision->root, "restore.done");
	if (path_exists(pending) && (tree_remove(done, err) < 0 || rename(pending, done) < 0))
		return err->message ? -1 : error_set_errno(err, errno, "cannot rename %s", pending);
	return restore_forget(provision, err);
}

static int make_ready(struct work *work, int fd, const char *staging, struct error *err)
{
	struct manifest manifest = { 0 };
	autofree char *lock_path = hie_path(work->provision->root, ".provision.lock");
	autofd int lock = -1;
	if (lock_take(lock_path, true, &lock, err) < 0 || give_up_pending(work->provision, err) < 0
	    || directory_make(staging, 0700, err) < 0 || chmod(staging, 0700) < 0)
		return -1;
	if (restore_stage(work, fd, staging, &manifest, err) < 0)
		return -1;
	manifest_clear(&manifest);
	if (work->request->keep_identity && drop_identity(staging, err) < 0)
		return -1;
	if (restore_prepare(work, staging, err) < 0)
		return -1;
	return decide(work->provision, staging, err);
}

int provision_again(struct error *err)
{
	static const char *const again[] = { "systemctl", "restart", "hie-provision.service", NULL };
	static const char *const start[] = { "systemctl", "--no-block", "start", "hie-exchange.target", NULL };
	static const char *const tell[] = { "systemctl", "--no-block", "try-reload-or-restart", "nginx.service",
					    "ssh.service", "hie-watch.service", NULL };
	struct error ignored = { 0 };
	if (process_run(&(struct process){ .argv = again }, NULL, err) < 0)
		return -1;
	if (process_run(&(struct process){ .argv = start }, NULL, err) < 0)
		return -1;
	process_run(&(struct process){ .argv = tell }, NULL, &ignored);
	error_clear(&ignored);
	return 0;
}

static int restore_file(struct work *work, const char *path, struct error *err)
{
	autofree char *staging = hie_path(work->provision->root, "restore.new");
	struct error ignored = { 0 };
	work_progress(work, 5, saying_make(SAY_RESTORE_CHECKING, path_base(path), NULL));
	autofd int fd = open_backup(work, path, err);
	if (fd < 0)
		return -1;
	int result = make_ready(work, fd, staging, err);
	if (result < 0 && !restore_is_pending(work->provision->root)
	    && restore_forget(work->provision, &ignored) < 0)
		fprintf(stderr, "hie: %s\n", ignored.message);
	error_clear(&ignored);
	return result;
}

int restore_run(struct work *work, bool now, struct error *err)
{
	const struct backup_request *request = work->request;
	struct target target = { 0 };
	struct error ignored = { 0 };
	autofd int lock = -1;
	if (work_lock(work, &lock, err) < 0)
		return -1;
	work->job.file = text_copy(path_base(request->file));
	if (request->file[0] != '/' && target_open(work, request->target, false, &target, err) < 0)
		return -1;
	autofree char *path = target.directory ? path_join(target.directory, request->file) : text_copy(request->file);
	int result = restore_file(work, path, err);
	if (target.directory)
		target_close(&target, &ignored);
	error_clear(&ignored);
	if (result < 0 || !now)
		return result;
	cleanup_fd(&lock);
	lock = -1;
	work_progress(work, 90, saying_make(SAY_STEP_RESTORE, NULL));
	if (provision_again(err) == 0)
		return 0;
	autofree char *why = steal(err->message);
	return work_fail(work, err, SAY_RESTORE_NOT_APPLIED, why, NULL);
}
