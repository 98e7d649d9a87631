/* provision: what `hie provision` does at every boot: steps that each look whether they are done, do
 * what is missing, and can be cut off by a power loss at any moment: a file appears under its own name
 * complete or not at all (written aside, fsync, rename), a database likewise. */
#ifndef HIEBOX_AGENT_PROVISION_H
#define HIEBOX_AGENT_PROVISION_H

#include <stdbool.h>
#include <sys/types.h>

#include "agent/box.h"
#include "agent/sentences.h"

/* Zero-initialise and set root and box. All pointers are borrowed. */
struct provision {
	const char *root;       /* "/" on a box; a directory in tests */
	const struct box *box;  /* the step `card` may change what it says: later steps get it read anew */
	const char *box_path;   /* of box.json; NULL: the usual one below root */
	bool owners;            /* files can be given away: this is root */
	bool on_box;            /* root is "/": the machine's clock is ours */
	bool rescue;            /* no lasting storage: only keys, certificates and secrets of the moment */
	unsigned timescale;     /* multiplies how long we wait for tools; at least 1 */
	/* Called at every moment where a power cut could leave something behind; NULL outside tests. */
	void (*boundary)(void *context, const char *where);
	void *context;
};

/* One step. `run` does what is missing and gives a short remark about it (caller frees). */
struct provision_step {
	const char *name;
	enum sentence doing;
	bool needed;            /* its failure ends provisioning */
	bool in_rescue;         /* runs in rescue mode too */
	int (*run)(const struct provision *provision, char **ret_remark, struct error *err);
};

/* Sets owners, on_box, rescue and timescale from the surroundings of `root`. */
void provision_look_around(struct provision *provision);
/* Runs all steps; one line per step on standard error, STATUS= to systemd. On failure the sentence is
 * also in /var/lib/hie/provision-error, which a successful run removes. */
int provision_run(const struct provision *provision, struct error *err);

/* A file below /var/lib/hie: the step `database` is to begin with all data as at first start (hie reset --data). */
#define FRESH_DATA "fresh-data"
/* Put into each state directory but the database's then: a component that finds it forgets its records of people before it
 * serves anybody, and removes it last. */
#define FRESH_STATE ".fresh-data"

/* The steps, in this order. */
int step_clock(const struct provision *provision, char **ret_remark, struct error *err);
int step_directories(const struct provision *provision, char **ret_remark, struct error *err);
int step_card(const struct provision *provision, char **ret_remark, struct error *err);
int step_settings(const struct provision *provision, char **ret_remark, struct error *err);
/* Puts a restored backup in place, if there is one; see backup_content.h. */
int step_restore(const struct provision *provision, char **ret_remark, struct error *err);
int step_secrets(const struct provision *provision, char **ret_remark, struct error *err);
int step_ssh_keys(const struct provision *provision, char **ret_remark, struct error *err);
int step_ssh_wanted(const struct provision *provision, char **ret_remark, struct error *err);
int step_certificate(const struct provision *provision, char **ret_remark, struct error *err);
int step_database(const struct provision *provision, char **ret_remark, struct error *err);
int step_templates(const struct provision *provision, char **ret_remark, struct error *err);
int step_credentials(const struct provision *provision, char **ret_remark, struct error *err);

/* The step `certificate` on a box that runs (address change, every minute). Takes provisioning's lock; when it is taken
 * and `wait` is false, nothing is done. When a certificate was made, nginx and OpenHIM take it up. */
int certificate_renew(const struct provision *provision, bool wait, char **ret_remark, struct error *err);

/* What the steps share. Paths are for the caller to free. */
char *hie_path(const char *root, const char *relative);  /* below <root>/var/lib/hie */
void provision_boundary(const struct provision *provision, const char *where);
/* Whose a file is: numeric, (uid_t)-1 and (gid_t)-1 keep what is. */
struct owner {
	uid_t user;
	gid_t group;
};
struct owner_names {
	const char *user;
	const char *group;      /* NULL: the user's own */
	const char *what;       /* what they are for, for the error */
};
/* Looks names up in <root>/etc/passwd and group. Without `owners` nothing is looked up, and all is kept. */
int owner_find(const struct provision *provision, const struct owner_names *names, struct owner *ret_owner,
	       struct error *err);
/* Gives `path` owner and mode where they differ. Never follows a link. */
int owner_apply(const char *path, struct owner owner, mode_t mode, struct error *err);
/* Makes a directory (its missing parents with 0755) and gives it owner and mode. */
int owner_directory(const char *path, struct owner owner, mode_t mode, struct error *err);
/* The value of a secret in <root>/var/lib/hie/secrets; caller frees. */
int secret_read(const char *root, const char *name, char **ret_value, struct error *err);
/* A fresh value of a kind from the kernel's random source; caller frees. */
char *secret_new(enum secret_kind kind);
/* Fills in the placeholders of a template's text; `name` is for errors. Caller frees `*ret_text`. */
int template_render(const struct provision *provision, const char *name, const char *text, char **ret_text,
		    struct error *err);
/* The page of passwords as text or JSON; caller frees. */
int credentials_text(const char *root, const struct box *box, bool json, char **ret_text, struct error *err);

#endif
