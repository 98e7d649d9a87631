/* A backup that is to be restored is read to its end and compared before anything else happens. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "agent/backup_content.h"
#include "agent/postgres.h"

#define BLOCK 65536u

struct stage {
	struct work *work;
	const char *staging;    /* NULL: only compare */
	struct manifest manifest;
	bool begun;             /* the manifest was read */
	char block[BLOCK];
};

static int judge_image(struct work *work, const struct manifest *manifest, struct error *err)
{
	const struct box *box = work->provision->box;
	char theirs[16] = "", ours[16] = "";
	struct tm broken = { 0 };
	time_t made = (time_t)manifest->built, own = (time_t)box->built;
	if (manifest->built <= box->built)
		return 0;
	strftime(theirs, sizeof theirs, "%Y-%m-%d", gmtime_r(&made, &broken));
	strftime(ours, sizeof ours, "%Y-%m-%d", gmtime_r(&own, &broken));
	return work_fail(work, err, SAY_RESTORE_NEWER_BOX, theirs, ours, NULL);
}

static int judge_database(struct work *work, const struct backup_database *database, struct error *err)
{
	const struct box *box = work->provision->box;
	const struct box_database *own = NULL;
	char hex[HASH_HEX_MAX] = "";
	for (size_t i = 0; i < box->database_count; i++)
		if (text_equal(box->databases[i].name, database->name))
			own = &box->databases[i];
	if (!own)
		return work_fail(work, err, SAY_RESTORE_NO_COMPONENT, database->name, NULL);
	autofree char *schema = own->load ? path_join(work->provision->root, own->load) : NULL;
	if (schema && hash_file("sha256", schema, hex, err) < 0)
		return -1;
	if (!text_equal(hex, database->schema))
		return work_fail(work, err, SAY_RESTORE_OTHER_SCHEMA, database->name, NULL);
	return 0;
}

static int judge_postgres(struct work *work, const struct manifest *manifest, struct error *err)
{
	struct postgres postgres = { 0 };
	if (!manifest->database_count)
		return 0;
	if (postgres_open(work->provision, &postgres, err) < 0)
		return -1;
	long own = strtol(postgres.version, NULL, 10);
	autofree char *theirs = text_format("%ld", manifest->postgres), *ours = text_copy(postgres.version);
	postgres_close(&postgres);
	return own < manifest->postgres ? work_fail(work, err, SAY_RESTORE_OLD_POSTGRES, theirs, ours, NULL) : 0;
}

static bool keeps_state(const struct box *box, const char *state)
{
	for (size_t i = 0; i < box->backup_count; i++)
		if (text_equal(box->backups[i].state, state))
			return true;
	return false;
}

int restore_judge(struct work *work, const struct manifest *manifest, struct error *err)
{
	if (judge_image(work, manifest, err) < 0)
		return -1;
	for (size_t i = 0; i < manifest->member_count; i++) {
		const char *path = manifest->members[i].path;
		if (text_starts(path, "state/") && !keeps_state(work->provision->box, path + strlen("state/")))
			return work_fail(work, err, SAY_RESTORE_NO_COMPONENT, path + strlen("state/"), NULL);
	}
	for (size_t i = 0; i < manifest->database_count; i++)
		if (judge_database(work, &manifest->databases[i], err) < 0)
			return -1;
	return judge_postgres(work, manifest, err);
}

/* Room for what is staged and for what it becomes: databases grow to the size that they had, state at least
 * to its own. */
static int judge_room(struct stage *stage, struct error *err)
{
	uint64_t need = SPACE_RESERVE, room = space_free(stage->staging);
	const struct manifest *manifest = &stage->manifest;
	for (size_t i = 0; i < manifest->member_count; i++) {
		need += manifest->members[i].size + 4096;
		if (text_starts(manifest->members[i].path, "state/"))
			need += manifest->members[i].size;
	}
	for (size_t i = 0; i < manifest->database_count; i++)
		need += manifest->databases[i].size;
	autofree char *need_text = size_text(need), *room_text = size_text(room);
	autofree char *home = path_directory(stage->staging);
	return room < need ? work_fail(stage->work, err, SAY_BACKUP_NO_ROOM, need_text, room_text, home, NULL) : 0;
}

static int take_manifest(struct stage *stage, struct tar_reader *reader, const struct tar_entry *entry,
			 struct error *err)
{
	if (!text_equal(entry->path, MANIFEST_NAME) || entry->size > MANIFEST_MAX)
		return error_set(err, "it does not begin with a manifest");
	autofree char *text = memory_alloc((size_t)entry->size + 1);
	ssize_t got = entry->size ? tar_read(reader, text, (size_t)entry->size, err) : 0;
	if (got < 0 || manifest_parse(text, (size_t)entry->size, &stage->manifest, err) < 0) {
		autofree char *newer = sentence(SAY_RESTORE_NEWER_FORMAT, NULL);
		if (!text_equal(err->message, newer))
			return -1;
		error_clear(err);
		return work_fail(stage->work, err, SAY_RESTORE_NEWER_FORMAT, NULL);
	}
	stage->begun = true;
	if (restore_judge(stage->work, &stage->manifest, err) < 0)
		return -1;
	return stage->staging ? judge_room(stage, err) : 0;
}

static int open_member(const struct stage *stage, const struct member *member, struct error *err)
{
	autofree char *path = path_join(stage->staging, member->path);
	autofree char *directory = path_directory(path);
	mode_t mode = text_starts(member->path, "box/") ? member->mode : 0600;
	if (directory_make(directory, 0700, err) < 0)
		return -1;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || fchmod(fd, mode) < 0) {
		cleanup_fd(&fd);
		return error_set_errno(err, errno, "cannot make %s", path);
	}
	return fd;
}

static int take_bytes(struct stage *stage, struct tar_reader *reader, const struct member *member, int fd,
		      struct error *err)
{
	struct hash *hash = hash_new("sha256");
	char hex[HASH_HEX_MAX];
	ssize_t got;
	while ((got = tar_read(reader, stage->block, sizeof stage->block, err)) > 0) {
		hash_add(hash, stage->block, (size_t)got);
		if (fd >= 0 && fd_write_all(fd, stage->block, (size_t)got, err) < 0)
			break;
	}
	if (got != 0) {
		hash_free(hash);
		return -1;
	}
	hash_finish(hash, hex);
	return text_equal(hex, member->sha256) ? 0 : error_set(err, "%s is not what the manifest says", member->path);
}

static int take_file(void *context, struct tar_reader *reader, const struct tar_entry *entry, struct error *err)
{
	struct stage *stage = context;
	if (!stage->begun)
		return take_manifest(stage, reader, entry, err);
	struct member *member = manifest_member(&stage->manifest, entry->path);
	if (!member || member->seen || member->size != entry->size) {
		autofree char *shown = text_quoted(entry->path);
		return error_set(err, "%s is not what the manifest says", shown);
	}
	member->seen = true;
	autofd int fd = -1;
	if (stage->staging && (fd = open_member(stage, member, err)) < 0)
		return -1;
	return take_bytes(stage, reader, member, fd, err);
}

static int walk(struct stage *stage, int fd, struct error *err)
{
	struct tar_reader reader = { .file = take_file, .context = stage, .fd = fd };
	if (tar_walk(&reader, err) < 0)
		return -1;
	if (!stage->begun)
		return error_set(err, "it is empty");
	for (size_t i = 0; i < stage->manifest.member_count; i++)
		if (!stage->manifest.members[i].seen)
			return error_set(err, "%s is missing in it", stage->manifest.members[i].path);
	return 0;
}

/* age fd | walk */
static int decrypt(struct stage *stage, int fd, struct error *err)
{
	int ends[2];
	struct age age = { .input_fd = fd };
	struct error other = { 0 };
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_set_errno(err, errno, "cannot make a pipe");
	age.output_fd = ends[1];
	int result = age_start(&age, stage->work->request->passphrase, err);
	close(ends[1]);
	bool started = result == 0;
	if (started)
		result = walk(stage, ends[0], err);
	close(ends[0]);
	if (started && age_wait(&age, &other) < 0) {
		if (age_is_wrong_passphrase(&other) && !stage->begun) {
			error_clear(err);
			work_fail(stage->work, err, SAY_RESTORE_WRONG_PASSPHRASE, NULL);
		} else if (result == 0) {
			error_set(err, "its end was changed");
		}
		result = -1;
	}
	error_clear(&other);
	return result;
}

int restore_stage(struct work *work, int fd, const char *staging, struct manifest *ret_manifest,
		  struct error *err)
{
	struct stage *stage = memory_alloc(sizeof *stage);
	stage->work = work;
	stage->staging = staging;
	int result = decrypt(stage, fd, err);
	if (result < 0 && !work->failed) {
		autofree char *why = steal(err->message);
		result = work_fail(work, err, SAY_RESTORE_CORRUPT, why ? why : "?", NULL);
	}
	if (result < 0)
		manifest_clear(&stage->manifest);
	else
		*ret_manifest = stage->manifest;
	free(stage);
	return result;
}
