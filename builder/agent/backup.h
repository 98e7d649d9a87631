/* backup: everything that makes this box this box, in one file that only a passphrase opens; and back.
 *
 * A backup is `tar` inside `age` with a passphrase (scrypt): `age -d FILE | tar x` opens it on any machine.
 * What is in it, and the order of things in time, is in backup_content.h; who asks whom is here.
 *
 * Two services do the work as root: hie-backup.service and hie-restore.service. Who wants something writes a
 * request (backup_request_write()) and starts the service; how far it is says job_read().
 *
 *   /run/hie/requests/backup.json, restore.json   0600, in a directory 0700; read once and removed at once:
 *       { "format": 1, "action": "save" | "restore" | "find", "target": TARGET, "file": NAME,
 *         "passphrase": TEXT, "keep-identity": BOOLEAN }
 *   /run/hie/jobs/backup.json, restore.json       0644:
 *       { "format": 1, "state": "running" | "done" | "failed", "percent": 0…100, "pid": NUMBER,
 *         "say": SENTENCE, "with": […], "file": NAME }
 *   /run/hie/jobs/backups.json                    0644, what the last "find" found:
 *       { "format": 1, "backups": [ { "file": NAME, "target": TARGET, "size": BYTES, "time": SECONDS } ] }
 *
 * TARGET is "card" (the HIEBOX partition), "stick" (the only one there is), "stick:sdb1", or an absolute
 * directory. Backups are called <name>-<recipe>-<UTC time>.hiebackup. */
#ifndef HIEBOX_AGENT_BACKUP_H
#define HIEBOX_AGENT_BACKUP_H

#include "agent/box.h"
#include "agent/sentences.h"

#define BACKUP_SUFFIX ".hiebackup"
#define PASSPHRASE_LEAST 8u     /* characters: below, a passphrase is no protection */
#define PASSPHRASE_MOST 1000u   /* what fits on one line of a terminal, and more than anybody types */

enum backup_action { BACKUP_SAVE, BACKUP_RESTORE, BACKUP_FIND };

/* What is to be done. All texts are borrowed by what takes a request. */
struct backup_request {
	enum backup_action action;
	char *target;           /* NULL: "card" */
	char *file;             /* restore: the backup's name at the target, or an absolute path */
	char *passphrase;       /* not for BACKUP_FIND */
	bool keep_identity;     /* restore: this box keeps its own name, certificates and host keys */
};

/* Checks the request and writes it where the service of its action finds it: hie-restore.service for
 * BACKUP_RESTORE, hie-backup.service for the others. `root` is "/" on a box. */
int backup_request_write(const char *root, const struct backup_request *request, struct error *err);
/* Takes the request of a service ("backup" or "restore"): it is removed before anything else happens. Free
 * with backup_request_clear(), which wipes the passphrase. */
int backup_request_take(const char *root, const char *service, struct backup_request *ret_request,
			struct error *err);
void backup_request_clear(struct backup_request *request);
/* Is it fit to be a passphrase: one line, long enough? */
int passphrase_check(const char *passphrase, struct error *err);

enum job_state { JOB_NONE, JOB_RUNNING, JOB_DONE, JOB_FAILED };

/* How far a service is. The sentence says what is being done, what was done, or why not. */
struct job {
	enum job_state state;
	unsigned percent;
	struct saying saying;
	char *file;             /* the backup, once it is known; or NULL */
	char *size;             /* of it, for people, or how many were found; not in the file */
};
const char *job_state_name(enum job_state state);
/* Of "backup" or "restore". Nothing there is JOB_NONE; a process that died without a word is JOB_FAILED. */
int job_read(const char *root, const char *name, struct job *ret_job, struct error *err);
int job_write(const char *root, const char *name, const struct job *job, struct error *err);
void job_clear(struct job *job);

/* Where backups can go now, nothing is mounted: [ { "id": "card", "free": BYTES },
 * { "id": "stick:sdb1", "label": TEXT, "kind": "vfat", "size": BYTES } ]. */
struct json *backup_targets(const char *root);

/* The commands `hie backup` and `hie restore`, and what the services run (`--requested`). */
struct backup_command {
	const char *root;
	const struct box *box;
	const char *to;         /* --to, or NULL */
	const char *passphrase_file;
	const char *file;       /* restore: a path, or a name at a target */
	bool stick, card, list, json, requested, yes, keep_identity, no_restart;
};
int backup_command(const struct backup_command *command, struct error *err);
int restore_command(const struct backup_command *command, struct error *err);

#endif
