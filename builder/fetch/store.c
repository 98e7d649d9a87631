#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fetch/fetch.h"
#include "fetch/uses.h"

static const char *const FOLDERS[] = {
	"blobs",  "blobs/sha256", "blobs/sha512", "blobs/sha1", "indexes",
	"layers", "tools",        "work",         "locks",
	"logs",   "kept",         "uses",
};

static int make_folders(const char *path, struct error *err)
{
	struct stat about;

	if (directory_make(path, 0755, err) < 0)
		return error_prefix(err, "the store %s cannot be made", path);
	if (stat(path, &about) < 0)
		return error_set_errno(err, errno, "the store %s cannot be read", path);
	if (about.st_uid != geteuid())
		return error_set(
			err,
			"the store %s belongs to another user (id %u): choose one of your own with "
			"--store",
			path, (unsigned)about.st_uid);
	for (size_t i = 0; i < LENGTH(FOLDERS); i++) {
		autofree char *folder = path_join(path, FOLDERS[i]);

		if (directory_make(folder, 0755, err) < 0)
			return error_prefix(err, "the store %s cannot be written", path);
	}
	return 0;
}

/* Removes what a process that died left behind: `work/<name>` and its lock. Whoever holds the lock
 * file's flock owns both, so taking it proves that nobody is there. Failures leave the folder for
 * the next time (files of subordinate ids can only be removed inside the user namespace). */
static void remove_stale(const char *folder, const char *lock_name)
{
	autofree char *lock_path = path_join(folder, lock_name);
	autofree char *name = text_copy_n(lock_name, strlen(lock_name) - strlen(".lock"));
	autofree char *tree = path_join(folder, name);
	struct error ignored = {0};
	autofd int fd = open(lock_path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return;
	if (tree_remove(tree, &ignored) == 0)
		unlink(lock_path);
	else
		progress_note("%s could not be removed: %s", tree, ignored.message);
	error_clear(&ignored);
}

static void remove_all_stale(const char *folder)
{
	autostrings struct strings names = {0};
	struct error ignored = {0};

	if (directory_list(folder, &names, &ignored) < 0)
		progress_note("%s", ignored.message);
	error_clear(&ignored);
	for (size_t i = 0; i < names.count; i++)
		if (text_ends(names.items[i], ".lock"))
			remove_stale(folder, names.items[i]);
}

/* The lock file comes first, then the folder: so a folder without one is never somebody's. */
static int make_work(const char *folder, struct store *store, struct error *err)
{
	for (unsigned i = 0;; i++) {
		struct stat mine;
		autofree char *path = text_format("%s/%ld-%u", folder, (long)getpid(), i);
		autofree char *lock_path = text_format("%s.lock", path);
		autofd int fd = open(lock_path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

		if (fd < 0 && errno == EEXIST && i < 10000)
			continue;
		if (fd < 0)
			return error_set_errno(err, errno, "cannot write %s", lock_path);
		guard_remember(path);
		guard_remember(lock_path);
		int taken = flock(fd, LOCK_EX | LOCK_NB);
		if (taken < 0 && errno != EWOULDBLOCK && errno != EINTR) {
			int errnum = errno;

			unlink(lock_path);
			return error_set_errno(err, errnum, "the file system knows no locks (flock); choose another "
					       "place with --store");
		}
		if (taken < 0 || fstat(fd, &mine) < 0 || mine.st_nlink == 0)
			continue; /* another process took it for a stale one just now */
		if (mkdir(path, 0755) < 0) {
			int errnum = errno;

			unlink(lock_path);
			if (errnum == EEXIST && i < 10000)
				continue;
			return error_set_errno(err, errnum, "cannot make %s", path);
		}
		store->work = steal(path);
		store->work_lock = steal_fd(fd);
		return 0;
	}
}

int store_open(const char *path, struct store *ret_store, struct error *err)
{
	struct store store = {.work_lock = -1, .in_use = -1, .choosing = -1};

	store.path = path ? text_copy(path) : cache_directory("hiebox");
	if (!store.path)
		return error_set(err, "no place for the store: HOME and XDG_CACHE_HOME are not set "
				      "(or give --store)");
	if (make_folders(store.path, err) < 0) {
		store_close(&store);
		return -1;
	}
	autofree char *absolute = realpath(store.path, NULL);
	if (absolute) { /* tools get paths of the store while they stand elsewhere */
		free(store.path);
		store.path = steal(absolute);
	}
	autofree char *folder = path_join(store.path, "work");
	remove_all_stale(folder);
	if (store_enter(&store, err) < 0 || make_work(folder, &store, err) < 0) {
		error_prefix(err, "the store %s cannot be written", store.path);
		store_close(&store);
		return -1;
	}
	*ret_store = store;
	return 0;
}

int store_lock(const struct store *store, const char *name, const char *purpose, int *ret_fd, struct error *err)
{
	autofree char *path = path_join3(store->path, "locks", name);

	return lock_wait(path, purpose, ret_fd, err);
}

void store_close(struct store *store)
{
	struct error ignored = {0};

	if (store->work) {
		autofree char *lock_path = text_format("%s.lock", store->work);

		if (tree_remove(store->work, &ignored) == 0)
			unlink(lock_path);
		guard_forget(store->work);
		guard_forget(lock_path);
		error_clear(&ignored); /* the next store_open() tries again */
	}
	if (store->work_lock >= 0)
		close(store->work_lock);
	store_leave(store);
	free(store->path);
	free(store->work);
	*store = (struct store){.work_lock = -1, .in_use = -1, .choosing = -1};
}
