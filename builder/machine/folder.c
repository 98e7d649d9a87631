#include "machine/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#define PREFIX "hiebox-machine."
#define LOCK_NAME "owner"
/* A folder without its lock file belongs to a process that is between two calls, or was killed there. */
#define UNLOCKED_SECONDS 60

static const char *parent_directory(void)
{
	const char *directory = getenv("TMPDIR");

	return directory && *directory == '/' && path_is_directory(directory) ? directory : "/tmp";
}

/* Is it ours to remove: a directory of this user that nobody has locked? */
static bool is_left(const char *path)
{
	struct stat status;
	autofree char *lock = path_join(path, LOCK_NAME);

	if (lstat(path, &status) < 0 || !S_ISDIR(status.st_mode) || status.st_uid != geteuid())
		return false;
	autofd int fd = open(lock, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT && time(NULL) - status.st_mtime > UNLOCKED_SECONDS;
	return flock(fd, LOCK_EX | LOCK_NB) == 0;
}

static void sweep(const char *parent)
{
	autostrings struct strings names = {0};
	struct error ignored = {0};

	if (directory_list(parent, &names, &ignored) < 0)
		error_clear(&ignored);
	for (size_t i = 0; i < names.count; i++) {
		autofree char *path = path_join(parent, names.items[i]);

		if (!text_starts(names.items[i], PREFIX) || !is_left(path))
			continue;
		if (tree_remove(path, &ignored) < 0)
			error_clear(&ignored); /* the next one tries again */
	}
}

int folder_open(struct folder *ret_folder, struct error *err)
{
	return folder_open_in(parent_directory(), ret_folder, err);
}

int folder_open_in(const char *parent, struct folder *ret_folder, struct error *err)
{
	struct folder folder = NO_FOLDER;

	sweep(parent);
	if (directory_temporary(parent, PREFIX, &folder.path, err) < 0)
		return -1;
	guard_remember(folder.path);
	autofree char *lock = path_join(folder.path, LOCK_NAME);
	folder.lock = open(lock, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (folder.lock < 0 || flock(folder.lock, LOCK_EX | LOCK_NB) < 0) {
		error_set_errno(err, errno, "cannot lock %s", lock);
		folder_close(&folder);
		return -1;
	}
	*ret_folder = folder;
	return 0;
}

void folder_close(struct folder *folder)
{
	struct error ignored = {0};

	if (!folder->path)
		return;
	if (tree_remove(folder->path, &ignored) == 0)
		guard_forget(folder->path);
	error_clear(&ignored);
	cleanup_fd(&folder->lock);
	folder->lock = -1;
	free(folder->path);
	folder->path = NULL;
}
