/* Making a backup: see backup_content.h for what is in it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <time.h>

#include "agent/backup_content.h"
#include "agent/hooks.h"
#include "agent/postgres.h"

#ifndef HIEBOX_VERSION
#define HIEBOX_VERSION "unknown"
#endif

#define FAT 0x4d44
#define FAT_FILE_MAX ((UINT64_C(1) << 32) - 1)
#define TAR_OVERHEAD 1024u      /* of a member: its header, and what fills its last block */
#define TAR_END 20480u

struct save {
	struct work *work;
	const char *staging;
	struct manifest manifest;
	uint64_t limit;         /* of each file in staging */
};

static int open_new(const char *path, struct error *err)
{
	autofree char *directory = path_directory(path);
	if (directory_make(directory, 0700, err) < 0)
		return -1;
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd < 0 ? error_set_errno(err, errno, "cannot make %s", path) : fd;
}

/* Adds a finished file of the staging directory to the manifest. */
static int add_member(struct save *save, const char *name, mode_t mode, struct error *err)
{
	struct manifest *manifest = &save->manifest;
	autofree char *path = path_join(save->staging, name);
	char hex[HASH_HEX_MAX];
	struct stat st;
	if (manifest->member_count >= MEMBERS_MAX)
		return error_set(err, "a backup holds at most %u files", MEMBERS_MAX);
	if (lstat(path, &st) < 0)
		return error_set_errno(err, errno, "%s", path);
	if (hash_file("sha256", path, hex, err) < 0)
		return -1;
	manifest->members = array_grow(manifest->members, manifest->member_count, &manifest->member_capacity,
				       sizeof *manifest->members);
	struct member *member = &manifest->members[manifest->member_count++];
	*member = (struct member){ .path = text_copy(name), .size = (uint64_t)st.st_size, .mode = mode & 0777 };
	memcpy(member->sha256, hex, sizeof member->sha256);
	return 0;
}

static int copy_box_file(struct save *save, const char *relative, mode_t mode, struct error *err)
{
	autofree char *from = hie_path(save->work->provision->root, relative);
	autofree char *name = path_join("box/var/lib/hie", relative);
	autofree char *to = path_join(save->staging, name);
	autofree char *data = NULL;
	size_t length = 0;
	if (file_read(from, BOX_FILE_MAX, &data, &length, err) < 0)
		return -1;
	int fd = open_new(to, err);
	int result = fd < 0 ? -1 : fd_write_all(fd, data, length, err);
	cleanup_fd(&fd);
	explicit_bzero(data, length);
	return result < 0 ? -1 : add_member(save, name, mode, err);
}

/* Regular files below /var/lib/hie; links and the like are nobody's settings. */
static int copy_box(struct save *save, const char *relative, unsigned depth, struct error *err)
{
	autofree char *directory = hie_path(save->work->provision->root, relative);
	autostrings struct strings names = { 0 };
	if (depth > BOX_DEPTH_MAX)
		return error_set(err, "%s: too many folders in one another", directory);
	if (directory_list(directory, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		autofree char *name = relative[0] ? path_join(relative, names.items[i]) : text_copy(names.items[i]);
		autofree char *path = path_join(directory, names.items[i]);
		struct stat st;
		if (backup_leaves_out(name) || names.items[i][0] == '.' || lstat(path, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode) && copy_box(save, name, depth + 1, err) < 0)
			return -1;
		if (S_ISREG(st.st_mode) && copy_box_file(save, name, st.st_mode, err) < 0)
			return -1;
	}
	return 0;
}

static struct saying collecting(const struct box *box, size_t component)
{
	autofree char *id = text_format("@%s", box->components[component].id);
	return saying_make(SAY_BACKUP_COLLECTING, id, NULL);
}

static int save_state(struct save *save, const struct box_backup *backup, struct error *err)
{
	autofree char *name = path_join("state", backup->state);
	autofree char *path = path_join(save->staging, name);
	struct hook hook = { 0 };
	autofd int fd = open_new(path, err);
	if (fd < 0 || hook_open(save->work->provision, backup, &hook, err) < 0)
		return -1;
	hook.output_fd = fd;
	hook.limit = save->limit;
	int result = hook_save(&hook, err);
	hook_close(&hook);
	return result < 0 ? -1 : add_member(save, name, 0600, err);
}

static int save_states(struct save *save, struct error *err)
{
	const struct box *box = save->work->provision->box;
	for (size_t i = 0; i < box->backup_count; i++) {
		work_progress(save->work, 5 + (unsigned)(15 * i / box->backup_count),
			      collecting(box, box->backups[i].component));
		if (save_state(save, &box->backups[i], err) < 0)
			return -1;
	}
	return 0;
}

static int save_database(struct save *save, const struct postgres *postgres, const struct box_database *database,
			 struct error *err)
{
	struct manifest *manifest = &save->manifest;
	autofree char *name = text_format("database/%s.dump", database->name);
	autofree char *path = path_join(save->staging, name);
	manifest->databases = array_grow(manifest->databases, manifest->database_count, &manifest->database_capacity,
					 sizeof *manifest->databases);
	struct backup_database *told = &manifest->databases[manifest->database_count++];
	*told = (struct backup_database){ .name = text_copy(database->name) };
	if (database->load) {
		autofree char *schema = path_join(save->work->provision->root, database->load);
		char hex[HASH_HEX_MAX];
		if (hash_file("sha256", schema, hex, err) < 0)
			return -1;
		memcpy(told->schema, hex, sizeof told->schema);
	}
	autofd int fd = open_new(path, err);
	if (fd < 0 || postgres_size(postgres, database->name, &told->size, err) < 0
	    || postgres_dump(postgres, database->name,
			     &(struct postgres_files){ .output_fd = fd, .limit = save->limit }, err) < 0)
		return -1;
	return add_member(save, name, 0600, err);
}

/* By the box's own server, or when the exchange is stopped, by one that only we reach. */
static int save_databases(struct save *save, struct error *err)
{
	const struct box *box = save->work->provision->box;
	struct postgres postgres = { 0 };
	if (!box->database_count)
		return 0;
	if (postgres_open(save->work->provision, &postgres, err) < 0)
		return -1;
	save->manifest.postgres = strtol(postgres.version, NULL, 10);
	bool running = postgres_use_running(&postgres);
	int result = running ? 0 : postgres_start(&postgres, postgres.data, false, err);
	for (size_t i = 0; result == 0 && i < box->database_count; i++) {
		work_progress(save->work, 20 + (unsigned)(25 * i / box->database_count),
			      collecting(box, box->databases[i].component));
		result = save_database(save, &postgres, &box->databases[i], err);
	}
	if (result == 0 && !running)
		result = postgres_stop(&postgres, err);
	postgres_close(&postgres);
	return result;
}

static int write_manifest(struct save *save, struct error *err)
{
	const struct provision *provision = save->work->provision;
	struct manifest *manifest = &save->manifest;
	autofree char *image_path = path_join(provision->root, "/usr/lib/hie/manifest.json");
	autofree char *path = path_join(save->staging, MANIFEST_NAME);
	autodocument struct document *image = document_load_or_null(image_path);
	manifest->name = text_copy(provision->box->name);
	manifest->recipe = text_copy(provision->box->recipe);
	manifest->builder = text_copy(HIEBOX_VERSION);
	manifest->built = provision->box->built;
	for (size_t i = 0; i < provision->box->component_count; i++)
		strings_add(&manifest->components, provision->box->components[i].id);
	autofree char *text = manifest_text(manifest, document_root(image));
	if (strlen(text) > MANIFEST_MAX)
		return error_set(err, "the manifest of the backup is too large");
	return file_write_plain(path, text, strlen(text), 0600, err);
}

static int collect(struct save *save, struct error *err)
{
	autofree char *home = path_directory(save->staging);
	uint64_t room = space_free(home);
	save->limit = room > SPACE_RESERVE ? room - SPACE_RESERVE : 1;
	work_progress(save->work, 1, collecting(save->work->provision->box, 0));
	if (copy_box(save, "", 0, err) < 0 || save_states(save, err) < 0 || save_databases(save, err) < 0)
		return -1;
	return write_manifest(save, err);
}

/* The names of all members for tar, each ended by a NUL, as an unnamed file. */
static int list_of_members(const struct save *save, struct error *err)
{
	autofd int fd = memfd_create("hie-members", MFD_CLOEXEC);
	if (fd < 0 || fd_write_all(fd, MANIFEST_NAME, sizeof MANIFEST_NAME, err) < 0)
		return err->message ? -1 : error_set_errno(err, errno, "cannot make an unnamed file");
	for (size_t i = 0; i < save->manifest.member_count; i++) {
		const char *path = save->manifest.members[i].path;
		if (fd_write_all(fd, path, strlen(path) + 1, err) < 0)
			return -1;
	}
	if (lseek(fd, 0, SEEK_SET) < 0)
		return error_set_errno(err, errno, "cannot read an unnamed file");
	return steal_fd(fd);
}

static int start_tar(const struct save *save, int output_fd, pid_t *ret_pid, struct error *err)
{
	autofree char *time = text_format("--mtime=@%" PRId64, save->manifest.made);
	const char *argv[] = { "tar", "--format=gnu", "--owner=root:0", "--group=root:0", "--numeric-owner",
			       "--mode=0600", time, "--no-recursion", "-C", save->staging, "--null", "--verbatim-files-from",
			       "-T", "-", "-cf", "/dev/fd/1", NULL };
	static const char *const environment[] = { "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC", NULL };
	autofd int list = list_of_members(save, err);
	if (list < 0)
		return -1;
	struct process process = { .argv = argv, .environment = environment, .input_fd = list, .output_fd = output_fd };
	return process_start(&process, ret_pid, err);
}

/* tar | age > fd */
static int write_archive(const struct save *save, int fd, struct error *err)
{
	int ends[2];
	pid_t tar = 0;
	struct age age = { .encrypt = true, .output_fd = fd };
	struct error other = { 0 };
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_set_errno(err, errno, "cannot make a pipe");
	int result = start_tar(save, ends[1], &tar, err);
	age.input_fd = ends[0];
	if (result == 0)
		result = age_start(&age, save->work->request->passphrase, err);
	close(ends[0]);
	close(ends[1]);
	if (tar && process_wait(tar, "tar", NULL, &other) < 0 && result == 0)
		result = -1;
	/* when age could not write, tar died of it: age knows why */
	if (age.pid && age_wait(&age, err) < 0)
		result = -1;
	else if (result < 0 && !err->message && other.message)
		error_set(err, "%s", other.message);
	error_clear(&other);
	return result < 0 ? -1 : fsync(fd) < 0 ? error_set_errno(err, errno, "cannot save the backup") : 0;
}

static uint64_t size_needed(const struct save *save)
{
	uint64_t sum = TAR_END + MANIFEST_MAX / 4;
	for (size_t i = 0; i < save->manifest.member_count; i++)
		sum += save->manifest.members[i].size + TAR_OVERHEAD;
	return sum + sum / 1024 + 4096; /* age: 16 bytes for each 64 KiB, and its header */
}

static int check_room(const struct save *save, const struct target *target, struct error *err)
{
	uint64_t need = size_needed(save), room = space_free(target->directory);
	autofree char *need_text = size_text(need), *room_text = size_text(room);
	struct statfs kind;
	if (room < need)
		return work_fail(save->work, err, SAY_BACKUP_NO_ROOM, need_text, room_text, target->name, NULL);
	if (statfs(target->directory, &kind) == 0 && kind.f_type == FAT && need > FAT_FILE_MAX)
		return work_fail(save->work, err, SAY_BACKUP_FAT_LIMIT, need_text, NULL);
	return 0;
}

/* What a killed run left at the target. Finished backups are never touched. */
static void remove_parts(const char *directory)
{
	autostrings struct strings names = { 0 };
	struct error ignored = { 0 };
	if (directory_list(directory, &names, &ignored) == 0)
		for (size_t i = 0; i < names.count; i++) {
			autofree char *path = path_join(directory, names.items[i]);
			if (text_ends(names.items[i], BACKUP_SUFFIX ".part"))
				unlink(path);
		}
	error_clear(&ignored);
}

/* Reads the whole file back from its medium, as a restore would. */
static int read_back(struct save *save, int fd, struct error *err)
{
	struct manifest manifest = { 0 };
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	if (lseek(fd, 0, SEEK_SET) < 0)
		return error_set_errno(err, errno, "cannot read the backup");
	int result = restore_stage(save->work, fd, NULL, &manifest, err);
	manifest_clear(&manifest);
	return result;
}

static int publish(const char *part, const char *path, const char *directory, struct error *err)
{
	autofd int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (rename(part, path) < 0)
		return error_set_errno(err, errno, "cannot name the backup");
	if (fd >= 0 && fsync(fd) < 0 && errno != EINVAL)
		return error_set_errno(err, errno, "cannot save the backup's name");
	return 0;
}

/* <name>-<recipe>-<UTC time>.hiebackup, of characters that every filesystem takes; a second one of the same second
 * gets a number. */
static char *backup_name(const struct manifest *manifest, const char *directory)
{
	char time[40] = "";
	struct tm broken = { 0 };
	time_t made = (time_t)manifest->made;
	strftime(time, sizeof time, "%Y%m%dT%H%M%SZ", gmtime_r(&made, &broken));
	autofree char *stem = text_format("%.60s-%.60s-%s", manifest->name, manifest->recipe, time);
	for (char *at = stem; *at; at++)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.", *at))
			*at = '-';
	for (unsigned number = 1;; number++) {
		autofree char *name = number == 1 ? text_format("%s" BACKUP_SUFFIX, stem)
			: text_format("%s-%u" BACKUP_SUFFIX, stem, number);
		autofree char *path = path_join(directory, name);
		if (!path_exists(path))
			return steal(name);
	}
}

static int write_backup(struct save *save, const struct target *target, struct error *err)
{
	autofree char *name = backup_name(&save->manifest, target->directory);
	autofree char *path = path_join(target->directory, name);
	autofree char *part = text_format("%s.part", path);
	remove_parts(target->directory);
	if (check_room(save, target, err) < 0)
		return -1;
	autofd int fd = open_new(part, err);
	if (fd < 0)
		return -1;
	work_progress(save->work, 50, saying_make(SAY_BACKUP_WRITING, name, NULL));
	int result = write_archive(save, fd, err);
	if (result == 0) {
		work_progress(save->work, 75, saying_make(SAY_RESTORE_CHECKING, name, NULL));
		result = read_back(save, fd, err);
	}
	if (result == 0)
		result = publish(part, path, target->directory, err);
	struct stat st;
	if (result < 0) {
		unlink(part);
		return -1;
	}
	save->work->job.size = fstat(fd, &st) == 0 ? size_text((uint64_t)st.st_size) : NULL;
	save->work->job.file = steal(name);
	return 0;
}

static bool is_full(const struct error *err)
{
	return err->message && (strcasestr(err->message, "no space left") || strcasestr(err->message, "file too large")
				|| strcasestr(err->message, "file size limit"));
}

/* A full disk in one sentence, whoever met it. */
static void explain(struct save *save, const char *place, const char *path, struct error *err)
{
	uint64_t need = size_needed(save);
	autofree char *need_text = size_text(need), *room_text = size_text(space_free(path));
	if (save->work->failed || !is_full(err))
		return;
	error_clear(err);
	work_fail(save->work, err, SAY_BACKUP_NO_ROOM, need_text, room_text, place, NULL);
}

static int save_to(struct save *save, const struct target *target, struct error *err)
{
	if (collect(save, err) < 0) {
		autofree char *home = path_directory(save->staging);
		explain(save, home, home, err);
		return -1;
	}
	if (write_backup(save, target, err) < 0) {
		explain(save, target->name, target->directory, err);
		return -1;
	}
	return 0;
}

/* For the page, which says how old the last one is. */
static void remember(const struct save *save)
{
	autofree char *path = hie_path(save->work->provision->root, "last-backup");
	autofree char *text = text_format("%" PRId64 "\n", save->manifest.made);
	struct error unwritten = { 0 };
	if (file_write(path, text, strlen(text), 0644, &unwritten) < 0)
		fprintf(stderr, "hie: %s\n", unwritten.message);
	error_clear(&unwritten);
}

int backup_save(struct work *work, struct error *err)
{
	autofree char *staging = hie_path(work->provision->root, "backup.new");
	struct save save = { .work = work, .staging = staging, .manifest = { .made = time(NULL) } };
	struct target target = { 0 };
	struct error ignored = { 0 };
	autofd int lock = -1;
	if (work_lock(work, &lock, err) < 0 || tree_remove(staging, err) < 0
	    || directory_make(staging, 0700, err) < 0)
		return -1;
	int result = target_open(work, work->request->target, true, &target, err);
	if (result == 0)
		result = save_to(&save, &target, err);
	if (target.directory && target_close(&target, result == 0 ? err : &ignored) < 0)
		result = -1;
	error_clear(&ignored);
	if (result == 0)
		remember(&save);
	if (tree_remove(staging, &ignored) < 0)
		fprintf(stderr, "hie: %s\n", ignored.message);
	error_clear(&ignored);
	manifest_clear(&save.manifest);
	return result;
}
