/* The restore step of provisioning: what restore_prepare() made ready takes the old one's place. Nothing here
 * can be refused any more, so a power cut only means that it is done again. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "agent/backup_content.h"
#include "agent/hooks.h"
#include "agent/postgres.h"
#include "agent/restore.h"

bool restore_is_pending(const char *root)
{
	autofree char *path = hie_path(root, "restore");
	return path_exists(path);
}

/* Copies the files of restore/box/var/lib/hie/<relative> to their places. */
static int put_files(const struct provision *provision, const char *relative, size_t *count, struct error *err)
{
	autofree char *staged = hie_path(provision->root, "restore/box/var/lib/hie");
	autofree char *from = path_join(staged, relative), *to = hie_path(provision->root, relative);
	autostrings struct strings names = { 0 };
	if (!path_exists(from))
		return 0;
	if (directory_make(to, 0700, err) < 0 || directory_list(from, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		autofree char *name = relative[0] ? path_join(relative, names.items[i]) : text_copy(names.items[i]);
		autofree char *source = path_join(from, names.items[i]), *goal = path_join(to, names.items[i]);
		autofree char *data = NULL;
		size_t length = 0;
		struct stat st;
		if (lstat(source, &st) < 0)
			return error_set_errno(err, errno, "%s", source);
		if (S_ISDIR(st.st_mode)) {
			if (put_files(provision, name, count, err) < 0)
				return -1;
			continue;
		}
		if (file_read(source, BOX_FILE_MAX, &data, &length, err) < 0
		    || file_write(goal, data, length, st.st_mode & 0777, err) < 0)
			return -1;
		explicit_bzero(data, length);
		++*count;
		provision_boundary(provision, name);
	}
	return 0;
}

/* main -> old, restore -> main; between the two there is no main, and nobody but this step looks for it. */
static int switch_cluster(struct postgres *postgres, struct error *err)
{
	autofree char *aside = path_join(postgres->base, CLUSTER_ASIDE), *old = path_join(postgres->base, CLUSTER_OLD);
	if (!path_exists(aside))
		return 0;
	if (postgres_use_running(postgres))
		return error_set(err, "the database runs: the restore is applied when the box starts again");
	if (path_exists(postgres->data)) {
		if (tree_remove(old, err) < 0)
			return -1;
		if (rename(postgres->data, old) < 0)
			return error_set_errno(err, errno, "cannot rename %s", postgres->data);
		provision_boundary(postgres->provision, "old cluster aside");
	}
	if (rename(aside, postgres->data) < 0)
		return error_set_errno(err, errno, "cannot rename %s", aside);
	provision_boundary(postgres->provision, "restored cluster in place");
	return directory_sync(postgres->base, err);
}

static int put_cluster(const struct provision *provision, struct error *err)
{
	struct postgres postgres = { 0 };
	if (!provision->box->database_count)
		return 0;
	if (postgres_open(provision, &postgres, err) < 0)
		return -1;
	int result = switch_cluster(&postgres, err);
	postgres_close(&postgres);
	return result;
}

static int put_states(const struct provision *provision, struct error *err)
{
	for (size_t i = 0; i < provision->box->backup_count; i++) {
		struct hook hook = { 0 };
		if (hook_open(provision, &provision->box->backups[i], &hook, err) < 0)
			return -1;
		int result = hook_switch(&hook, err);
		hook_close(&hook);
		if (result < 0)
			return -1;
	}
	return 0;
}

/* The database step shall look at its roles again. */
static int forget_marks(const struct provision *provision, struct error *err)
{
	autofree char *steps = hie_path(provision->root, "steps");
	return tree_remove(steps, err) < 0 ? -1 : directory_make(steps, 0700, err);
}

static int finish(const struct provision *provision, struct error *err)
{
	autofree char *pending = hie_path(provision->root, "restore"), *done = hie_path(provision->root, "restore.done");
	autofree char *home = hie_path(provision->root, "");
	if (tree_remove(done, err) < 0)
		return -1;
	if (rename(pending, done) < 0)
		return error_set_errno(err, errno, "cannot rename %s", pending);
	provision_boundary(provision, "restored");
	return directory_sync(home, err);
}

/* The lock of a backup or restore that is at work now: then what lies around is in use. */
static bool is_busy(const struct provision *provision)
{
	autofree char *path = hie_path(provision->root, ".backup.lock");
	autofd int fd = -1;
	struct error ignored = { 0 };
	int taken = path_exists(path) ? lock_take(path, false, &fd, &ignored) : 0;
	error_clear(&ignored);
	return taken == 1;
}

int step_restore(const struct provision *provision, char **ret_remark, struct error *err)
{
	size_t count = 0;
	bool pending = restore_is_pending(provision->root);
	if (pending
	    && (put_files(provision, "", &count, err) < 0 || put_cluster(provision, err) < 0
		|| put_states(provision, err) < 0 || forget_marks(provision, err) < 0 || finish(provision, err) < 0))
		return -1;
	if (!is_busy(provision) || pending) {
		if (restore_forget(provision, err) < 0)
			return -1;
		provision_boundary(provision, "restore tidied up");
	}
	autofree char *number = text_format("%zu", count);
	*ret_remark = pending ? sentence(SAY_RESTORE_IN_PLACE, number, NULL) : sentence(SAY_NOTHING_TO_DO, NULL);
	return 0;
}
