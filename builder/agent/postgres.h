/* postgres: a database server that only this program reaches, to make and change what is in a cluster. */
#ifndef HIEBOX_AGENT_POSTGRES_H
#define HIEBOX_AGENT_POSTGRES_H

#include "agent/provision.h"

struct postgres {
	const struct provision *provision;
	char *programs;        /* directory of initdb, postgres and psql */
	char *version;         /* "17" */
	char *base;            /* directory of the clusters of this version */
	char *data;            /* the finished cluster, <base>/main */
	char *socket;          /* directory of the private socket while the server runs */
	char *superuser;       /* the role's name under which peer authentication lets that user in */
	struct owner owner;    /* of the cluster's files, and the user its programs run as */
	pid_t pid;             /* of the running server, 0 when none */
	/* While a restore is prepared: secrets that count instead of the box's own, and dumps that count instead
	 * of `load`, <dumps>/<database>.dump; both may be NULL. */
	const char *secrets, *dumps;
};

/* Finds the newest installed server and where the box keeps its cluster. Free with postgres_close(). */
int postgres_open(const struct provision *provision, struct postgres *ret_postgres, struct error *err);
void postgres_close(struct postgres *postgres);

/* Runs one of PostgreSQL's programs as the cluster's user and waits. argv[0] is its plain name; at most
 * 24 arguments. `input` (may be NULL) becomes standard input; `output` (may be NULL) takes what it
 * prints. When this process dies, so does the program. */
int postgres_run(const struct postgres *postgres, const char *const *argv, const char *input,
		 struct buffer *output, struct error *err);
/* The same with files as standard input and output (0: none), and at most `limit` bytes (0: any) in each file
 * that it writes. */
struct postgres_files {
	int input_fd, output_fd;
	uint64_t limit;
};
int postgres_run_files(const struct postgres *postgres, const char *const *argv, const struct postgres_files *files,
		       struct error *err);
/* A new cluster in `data` (which must not exist). Not on the disk yet: see postgres_sync(). */
int postgres_init(const struct postgres *postgres, const char *data, struct error *err);
int postgres_sync(const struct postgres *postgres, const char *data, struct error *err);
/* Starts a server on `data`, reachable by the private socket alone, and waits until it answers.
 * `careless`: nothing needs to survive a power cut (the cluster is still being made). */
int postgres_start(struct postgres *postgres, const char *data, bool careless, struct error *err);
/* 1 when the box's own server runs already (provisioning was called again by hand): it is then used by
 * its own socket, and nothing needs to be started or stopped. 0 when not. */
int postgres_use_running(struct postgres *postgres);
/* Stops it in the way that writes everything down. */
int postgres_stop(struct postgres *postgres, struct error *err);

/* Writes one database to files->output_fd, in pg_dump's custom format: one moment of it, while it runs. */
int postgres_dump(const struct postgres *postgres, const char *database, const struct postgres_files *files,
		  struct error *err);
/* How much of the disk a database takes. */
int postgres_size(const struct postgres *postgres, const char *database, uint64_t *ret_bytes, struct error *err);
/* Whoever may open the private socket of this cluster (root and its owner) is let in as any role. */
int postgres_trust(const struct postgres *postgres, const char *data, bool trust, struct error *err);

/* Makes role and database, or gives the role its password when the database is there. A database
 * appears under its name with everything loaded or not at all. */
int postgres_apply(const struct postgres *postgres, const struct box_database *database, struct error *err);

#endif
