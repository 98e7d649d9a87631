/* Private to base: where hiebox runs, and what to type when that keeps it from building. Every message has
 * the reason in its first line and the one command (as root, or how to start the container) below. */
#ifndef HIEBOX_BASE_SANDBOX_ADVICE_H
#define HIEBOX_BASE_SANDBOX_ADVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/sandbox_ids.h"
#include "base/text.h"

/* What of this system decides about namespaces. Zero-initialise; free with surroundings_clear(). */
struct surroundings {
	char *container;       /* "docker", "podman", "lxc", "systemd-nspawn", …; NULL: none that is known */
	bool chroot;           /* the root folder is no mount point */
	bool no_new_privileges; /* prctl(2): set-user-ID programs have no effect */
	bool filtered;         /* by seccomp(2) */
	uint64_t capabilities; /* effective, bit N is capability N of capabilities(7) */
	uint64_t bounding;     /* what set-user-ID programs can have at most */
	char *maps[2];         /* /proc/self/uid_map and gid_map */
	char *setting;         /* the sysctl "name=value" that would let ordinary users; NULL: they may */
	char *limit;           /* the same about a number of namespaces that is 0 now */
};

/* Reads them from below `root` ("" or a folder that stands for /: for tests). What cannot be read counts
 * as allowed. */
void surroundings_read(const char *root, struct surroundings *ret_surroundings);
void surroundings_clear(struct surroundings *surroundings);
#define autosurroundings __attribute__((cleanup(surroundings_clear)))

/* Are there all capabilities that the sandbox uses, so that no user namespace is needed? */
bool surroundings_are_enough(const struct surroundings *surroundings);

/* Do all ids that a built system uses exist here? Returns 0, or -1 with what to type. */
int surroundings_check_ids(const struct surroundings *surroundings, struct error *err);

/* May root make a namespace with all ids of this one? Returns 0, or -1 with what to type. */
int surroundings_check_root(const struct surroundings *surroundings, struct error *err);

/* Why unshare(2) (or what it should have allowed) failed with `errnum`, and what to type. Returns -1. */
int explain_namespaces(const struct surroundings *surroundings, int errnum, struct error *err);

/* sethostname(2) failed with `errnum`, and the host is not called `name`. Returns -1. */
int explain_host_name(const struct surroundings *surroundings, const char *name, int errnum, struct error *err);

/* One of the two kinds of ids and everything that differs between them. */
struct id_kind {
	const char *file;   /* /etc/subuid */
	const char *map;    /* uid_map, in /proc/PID */
	const char *tool;   /* newuidmap */
	const char *option; /* of usermod(8) */
	const char *what;   /* "user" */
};
extern const struct id_kind id_kinds[2];

/* Checks what an ordinary user needs: both tools, and enough subordinate ids of both kinds in the contents
 * `texts` of both files. Sets the ranges; returns 0, or -1 with the one line that brings all that is missing. */
struct subordinate {
	const char *user;
	unsigned ids[2];      /* the user's own id and group */
	const char *texts[2]; /* of /etc/subuid and /etc/subgid */
	bool tools;           /* newuidmap and newgidmap are there */
};
int check_subordinate(const struct surroundings *surroundings, const struct subordinate *subordinate,
		      struct id_ranges ret_ranges[2], struct error *err);

/* Why newuidmap(1), found at `path`, has no power, and what to type; NULL when that cannot be seen. Caller
 * frees. */
char *explain_tool(const struct surroundings *surroundings, const char *path);

#endif
