/* State directories into backups and back: a component's own programs, or tar. They run as the directory's
 * user, with the data on standard output and input. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "agent/hooks.h"

#define DEPTH_MAX 32u
#define TRIES 3

static const char *const tar_save[] = { "tar", "--format=gnu", "--numeric-owner", "--exclude=./.restore*", "-cf", "-",
					 ".", NULL };
static const char *const tar_load[] = { "tar", "--no-same-owner", "-xpf", "-", NULL };
static const char *const environment[] = { "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC", NULL };

static int run(const struct hook *hook, const char *program, const char *const *otherwise, struct error *err)
{
	autostrings struct strings argv = { 0 };
	if (hook->limit) {
		strings_add(&argv, "prlimit");
		strings_format(&argv, "--fsize=%" PRIu64, hook->limit);
	}
	strings_add_all(&argv, (const char *const[]){ "setpriv", "--pdeathsig", "KILL", NULL });
	if (hook->owner.user != (uid_t)-1) {
		strings_format(&argv, "--reuid=%u", (unsigned)hook->owner.user);
		strings_format(&argv, "--regid=%u", (unsigned)hook->owner.group);
		strings_add_all(&argv, (const char *const[]){ "--clear-groups", "--no-new-privs", NULL });
	}
	strings_add(&argv, "--");
	if (program)
		strings_take(&argv, path_join(hook->provision->root, program));
	else
		strings_add_all(&argv, otherwise);
	struct process process = {
		.argv = (const char *const *)argv.items,
		.environment = environment,
		.directory = hook->directory,
		.input_fd = hook->input_fd,
		.output_fd = hook->output_fd,
	};
	return process_run(&process, NULL, err);
}

int hook_open(const struct provision *provision, const struct box_backup *backup, struct hook *ret_hook,
	      struct error *err)
{
	const struct box_state *state = box_state(provision->box, backup->state);
	struct hook hook = { .provision = provision, .backup = backup };
	struct owner_names names = { state->user, state->group, state->path };
	if (owner_find(provision, &names, &hook.owner, err) < 0)
		return -1;
	hook.state = path_join(provision->root, state->path);
	hook.directory = hook.state;
	*ret_hook = hook;
	return 0;
}

void hook_close(struct hook *hook)
{
	free(hook->state);
	memset(hook, 0, sizeof *hook);
}

/* tar ends with an error when a file changed while it was read: then again. */
int hook_save(const struct hook *hook, struct error *err)
{
	int tries = hook->backup->save ? 1 : TRIES;
	while (run(hook, hook->backup->save, tar_save, err) < 0) {
		if (--tries == 0)
			return error_prefix(err, "%s", hook->backup->state);
		error_clear(err);
		if (ftruncate(hook->output_fd, 0) < 0 || lseek(hook->output_fd, 0, SEEK_SET) < 0)
			return error_set_errno(err, errno, "%s", hook->backup->state);
	}
	return 0;
}

/* What was loaded is regular files and directories, without special rights. */
static int check_tree(int parent, const char *name, unsigned depth, struct error *err)
{
	autofd int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	autodir DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	if (!directory)
		return error_set_errno(err, errno, "%s", name);
	int own = steal_fd(fd);
	if (depth > DEPTH_MAX)
		return error_set(err, "%s: more than %u folders deep", name, DEPTH_MAX);
	for (struct dirent *entry; (entry = readdir(directory));) {
		struct stat st;
		if (text_equal(entry->d_name, ".") || text_equal(entry->d_name, ".."))
			continue;
		if (fstatat(own, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return error_set_errno(err, errno, "%s", entry->d_name);
		if (!(S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) || st.st_mode & (S_ISUID | S_ISGID)
		    || (S_ISREG(st.st_mode) && st.st_nlink != 1))
			return error_set(err, "%s is no plain file", entry->d_name);
		if (S_ISDIR(st.st_mode) && check_tree(own, entry->d_name, depth + 1, err) < 0)
			return -1;
	}
	return 0;
}

int hook_load(struct hook *hook, struct error *err)
{
	autofree char *aside = path_join(hook->state, HOOK_ASIDE);
	if (hook_forget(hook, err) < 0 || owner_directory(aside, hook->owner, 0700, err) < 0)
		return -1;
	hook->directory = aside;
	int result = run(hook, hook->backup->load, tar_load, err);
	hook->directory = hook->state;
	if (result == 0)
		result = check_tree(AT_FDCWD, aside, 0, err);
	return result < 0 ? error_prefix(err, "%s", hook->backup->state) : 0;
}

int hook_forget(const struct hook *hook, struct error *err)
{
	static const char *const names[] = { HOOK_ASIDE, HOOK_READY, HOOK_OLD };
	for (size_t i = 0; i < LENGTH(names); i++) {
		autofree char *path = path_join(hook->state, names[i]);
		if (tree_remove(path, err) < 0)
			return -1;
	}
	return 0;
}

/* Moves everything but our own three names from one directory to another. */
static int move_all(const struct hook *hook, const char *from, const char *to, struct error *err)
{
	autostrings struct strings names = { 0 };
	if (directory_list(from, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		if (text_equal(names.items[i], HOOK_ASIDE) || text_equal(names.items[i], HOOK_READY)
		    || text_equal(names.items[i], HOOK_OLD))
			continue;
		autofree char *source = path_join(from, names.items[i]);
		autofree char *goal = path_join(to, names.items[i]);
		if (rename(source, goal) < 0)
			return error_set_errno(err, errno, "cannot rename %s", source);
		provision_boundary(hook->provision, "state moved");
	}
	return directory_sync(from, err) < 0 ? -1 : directory_sync(to, err);
}

/* .restore: the old content moves to .restore-old; then it is called .restore-ready: its content moves up. */
int hook_switch(const struct hook *hook, struct error *err)
{
	autofree char *aside = path_join(hook->state, HOOK_ASIDE);
	autofree char *ready = path_join(hook->state, HOOK_READY);
	autofree char *old = path_join(hook->state, HOOK_OLD);
	if (path_exists(aside)) {
		if (directory_make(old, 0700, err) < 0 || move_all(hook, hook->state, old, err) < 0)
			return -1;
		if (rename(aside, ready) < 0 || directory_sync(hook->state, err) < 0)
			return err->message ? -1 : error_set_errno(err, errno, "cannot rename %s", aside);
		provision_boundary(hook->provision, "state ready");
	}
	if (!path_exists(ready))
		return 0;
	if (move_all(hook, ready, hook->state, err) < 0)
		return -1;
	provision_boundary(hook->provision, "state in place");
	return tree_remove(ready, err);
}
