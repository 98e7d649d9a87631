/* Between a backup that is good and a box that is changed: everything that can fail is done aside, while the
 * box runs on. See backup_content.h. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "agent/backup_content.h"
#include "agent/hooks.h"
#include "agent/postgres.h"
#include "agent/restore.h"

static struct saying preparing(const struct box *box, size_t component)
{
	autofree char *id = text_format("@%s", box->components[component].id);
	return saying_make(SAY_RESTORE_PREPARING, id, NULL);
}

/* All databases of this box: those of the backup from their dumps, others as new. */
static int fill_cluster(struct work *work, struct postgres *postgres, const char *data, struct error *err)
{
	const struct box *box = work->provision->box;
	if (postgres_trust(postgres, data, true, err) < 0 || postgres_start(postgres, data, true, err) < 0)
		return -1;
	for (size_t i = 0; i < box->database_count; i++) {
		work_progress(work, 40 + (unsigned)(35 * i / box->database_count),
			      preparing(box, box->databases[i].component));
		if (postgres_apply(postgres, &box->databases[i], err) < 0)
			return -1;
	}
	if (postgres_stop(postgres, err) < 0 || postgres_trust(postgres, data, false, err) < 0)
		return -1;
	return postgres_sync(postgres, data, err);
}

static int prepare_cluster(struct work *work, const char *staging, struct error *err)
{
	struct postgres postgres = { 0 };
	if (!work->provision->box->database_count)
		return 0;
	if (postgres_open(work->provision, &postgres, err) < 0)
		return -1;
	autofree char *secrets = path_join(staging, "box"), *dumps = path_join(staging, "database");
	autofree char *data = path_join(postgres.base, CLUSTER_ASIDE);
	postgres.secrets = secrets;
	postgres.dumps = dumps;
	int result = tree_remove(data, err);
	if (result == 0)
		result = owner_directory(postgres.base, postgres.owner, 0755, err);
	if (result == 0)
		result = postgres_init(&postgres, data, err);
	if (result == 0)
		result = fill_cluster(work, &postgres, data, err);
	postgres_close(&postgres);
	return result;
}

static int prepare_state(struct work *work, const char *staging, const struct box_backup *backup,
			 struct error *err)
{
	autofree char *path = path_join3(staging, "state", backup->state);
	struct hook hook = { 0 };
	if (!path_exists(path))
		return 0;
	autofd int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_set_errno(err, errno, "cannot open %s", path);
	if (hook_open(work->provision, backup, &hook, err) < 0)
		return -1;
	hook.input_fd = fd;
	int result = hook_load(&hook, err);
	hook_close(&hook);
	return result;
}

int restore_prepare(struct work *work, const char *staging, struct error *err)
{
	const struct box *box = work->provision->box;
	if (prepare_cluster(work, staging, err) < 0)
		return -1;
	for (size_t i = 0; i < box->backup_count; i++) {
		work_progress(work, 75 + (unsigned)(10 * i / box->backup_count),
			      preparing(box, box->backups[i].component));
		if (prepare_state(work, staging, &box->backups[i], err) < 0)
			return -1;
	}
	return 0;
}

int restore_forget(const struct provision *provision, struct error *err)
{
	static const char *const own[] = { "backup.new", "restore.new", "restore.done" };
	for (size_t i = 0; i < LENGTH(own); i++) {
		autofree char *path = hie_path(provision->root, own[i]);
		if (tree_remove(path, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < provision->box->backup_count; i++) {
		struct hook hook = { 0 };
		if (hook_open(provision, &provision->box->backups[i], &hook, err) < 0)
			return -1;
		int result = hook_forget(&hook, err);
		hook_close(&hook);
		if (result < 0)
			return -1;
	}
	struct postgres postgres = { 0 };
	if (!provision->box->database_count || postgres_open(provision, &postgres, NULL) < 0)
		return 0; /* the database step says what is wrong with it */
	autofree char *aside = path_join(postgres.base, CLUSTER_ASIDE), *old = path_join(postgres.base, CLUSTER_OLD);
	postgres_close(&postgres);
	return tree_remove(aside, err) < 0 ? -1 : tree_remove(old, err);
}
