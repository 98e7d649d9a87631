/* backup_content: what is in a backup, and the steps of making one and of going back to it. See backup.h.
 *
 * The tar archive inside holds regular files only, in this order:
 *   manifest.json            what this is, where it comes from, and each further file with size and SHA-256
 *   box/var/lib/hie/…        passwords, certificates, host keys, settings: as on the box
 *   state/<name>             what a component's `save` printed about a state directory
 *   database/<name>.dump     pg_dump's custom format (pg_restore reads it)
 * State comes before databases: whatever a log tells of is in the databases that are dumped after it.
 *
 * Making one: everything is put together in /var/lib/hie/backup.new, then written as NAME.part beside its
 * place, fsync, rename.
 *
 * Going back: the whole backup is read and compared into /var/lib/hie/restore.new; databases are loaded into
 * a cluster of their own (<cluster>/../restore), components load theirs into <state directory>/.restore.
 * Until then the box runs on and nothing of it was touched. Renaming restore.new to `restore` decides: the
 * restore step of the next provisioning only renames and copies, and does so again after every power cut. */
#ifndef HIEBOX_AGENT_BACKUP_CONTENT_H
#define HIEBOX_AGENT_BACKUP_CONTENT_H

#include "agent/backup.h"
#include "agent/provision.h"

#define BACKUP_FORMAT 1
#define MANIFEST_NAME "manifest.json"
#define MANIFEST_MAX (4u << 20)         /* bytes: a backup of 20000 members */
#define MEMBERS_MAX 20000u
#define MEMBER_NAME_MAX 1000u           /* characters of a member's path */
#define BOX_FILE_MAX (16u << 20)        /* bytes of one file of /var/lib/hie */
#define BOX_DEPTH_MAX 8u                /* directories below /var/lib/hie */
#define SPACE_RESERVE (64u << 20)       /* bytes that stay free for the running databases */

/* One file of a backup. */
struct member {
	char *path;
	uint64_t size;
	mode_t mode;            /* of box/ files */
	char sha256[65];
	bool seen;              /* while reading */
};
struct backup_database {
	char *name;
	char schema[65];        /* SHA-256 of the SQL that made its tables; "" when none did */
	uint64_t size;          /* on the disk of the old box */
};
struct manifest {
	char *name, *recipe, *builder;
	int64_t made, built;    /* seconds since 1970: the backup, and the image of its box */
	long postgres;          /* PostgreSQL's major version, 0 without databases */
	struct strings components;
	struct backup_database *databases;
	size_t database_count, database_capacity;
	struct member *members;
	size_t member_count, member_capacity;
};
void manifest_clear(struct manifest *manifest);
/* By path, of a manifest that was parsed; or NULL. */
struct member *manifest_member(const struct manifest *manifest, const char *path);
/* `image`: the box's own /usr/lib/hie/manifest.json, of which a part is told too; may be NULL. */
char *manifest_text(const struct manifest *manifest, const struct node *image);
/* Checks every name, number and limit; `why` is one English clause. */
int manifest_parse(const char *text, size_t length, struct manifest *ret_manifest, struct error *err);

/* A backup or restore at work. `failure` is set together with `err` wherever a person gets a better
 * sentence than the error itself. */
struct work {
	const struct provision *provision;
	const struct backup_request *request;
	struct job job;
	const char *job_name;   /* "backup", "restore" */
	struct saying failure;
	bool failed;            /* `failure` is set */
	bool talk;              /* say on standard output what is being done */
};
/* Sets failure and error; -1. */
int work_fail(struct work *work, struct error *err, enum sentence which, ...) __attribute__((sentinel));
/* Says how far it is; takes the saying over. A job file that cannot be written holds nothing up. */
void work_progress(struct work *work, unsigned percent, struct saying saying);
/* The end: the saying of success (taken over), or with `err` that of failure in `frame` (one argument). */
int work_end(struct work *work, int result, struct saying done, enum sentence frame, const struct error *err);
/* Only one backup or restore at a time; close the fd to let go. */
int work_lock(struct work *work, int *ret_fd, struct error *err);

/* A file that a person asked for, or its directory. Mounted sticks are let go by target_close(). */
struct target {
	char *directory;        /* where backups lie */
	char *name;             /* for people */
	char *mounted;          /* the mount point, or NULL */
};
int target_open(struct work *work, const char *target, bool write, struct target *ret_target, struct error *err);
int target_close(struct target *target, struct error *err);

/* A stick that could be mounted. */
struct stick {
	char *name;             /* "sdb1" */
	char *label, *kind;     /* "" when it has none; vfat, exfat, ntfs, ext4 */
	uint64_t size;
};
struct sticks {
	struct stick *items;
	size_t count, capacity;
};
int sticks_find(const char *root, struct sticks *ret_sticks, struct error *err);
void sticks_clear(struct sticks *sticks);

/* age with a passphrase, which it gets through a terminal of its own. Set the first three. */
struct age {
	bool encrypt;
	int input_fd, output_fd; /* borrowed until it is started */
	pid_t pid;
	int terminal;
};
int age_start(struct age *age, const char *passphrase, struct error *err);
int age_wait(struct age *age, struct error *err);
bool age_is_wrong_passphrase(const struct error *err);
bool age_is_file(int fd);       /* does it begin as age's files do? Its offset is 0 before and after */

/* A tar archive of regular files (POSIX ustar and GNU's longer names and sizes), hostile until proven otherwise. */
struct tar_entry {
	char *path;             /* clean and relative */
	uint64_t size;
	mode_t mode;            /* 0…0777 */
};
struct tar_reader {
	/* Called for each file; it must take exactly entry->size bytes with tar_read(). */
	int (*file)(void *context, struct tar_reader *reader, const struct tar_entry *entry, struct error *err);
	void *context;
	int fd;
	uint64_t left;          /* of the entry at hand */
	size_t entries;
};
int tar_walk(struct tar_reader *reader, struct error *err);
/* Up to `length` bytes of the entry at hand; 0 at its end. */
ssize_t tar_read(struct tar_reader *reader, void *data, size_t length, struct error *err);

/* The steps. */
int backup_save(struct work *work, struct error *err);
int restore_run(struct work *work, bool now, struct error *err);
int backup_find(struct work *work, struct error *err);
/* As in /run/hie/jobs/backups.json: of one place, or of all (NULL). */
struct json *backup_list(struct work *work, const char *target);
/* The whole backup `fd` into `staging`, compared; the manifest is given back. */
int restore_stage(struct work *work, int fd, const char *staging, struct manifest *ret_manifest,
		  struct error *err);
/* Can this box take it? */
int restore_judge(struct work *work, const struct manifest *manifest, struct error *err);
/* Databases and state directories made ready aside. */
int restore_prepare(struct work *work, const char *staging, struct error *err);

/* What of /var/lib/hie is no part of a backup; `relative` to it. */
bool backup_leaves_out(const char *relative);
bool backup_is_identity(const char *relative);
/* Free bytes for root's programs at a path; 0 when unknown. */
uint64_t space_free(const char *path);

#endif
