/* The sandbox: a tool runs in mount, pid, ipc, uts and network namespaces with another root. Loopback
 * is up, nothing else answers; /dev holds null, zero, full, random, urandom and tty by bind mounts; a
 * fresh /proc; a private tmpfs on /tmp and /run unless bound otherwise. It needs uid 0, real or in the
 * user namespace that sandbox_enter_user_namespace() made. */
#ifndef HIEBOX_BASE_SANDBOX_H
#define HIEBOX_BASE_SANDBOX_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

struct sandbox_bind {
	const char *from;   /* outside path */
	const char *to;     /* absolute path inside; created as empty file or directory when missing (in the overlay or tree) */
	bool writable;
};

/* What the kernel asks for: with `lower` in a user namespace, no tree may hold mounts of its own (so "/"
 * cannot be one); `upper` may not lie on an overlayfs itself (a container's root) and may serve one
 * sandbox at a time. Directories that are mounted on (/dev, /proc, /sys, /tmp, /run, binds) are made in
 * the tree when missing, read-only or not.
 * Zero-initialise. Pointers are borrowed. `lower` is a NULL-terminated list, topmost first. */
struct sandbox {
	const char *root;                /* a tree to use as / ; or, with `lower`, NULL */
	bool root_writable;              /* false: root is bound read-only */
	const char *const *lower;        /* trees stacked read-only by overlayfs, topmost first */
	const char *upper;               /* where writes over `lower` go; NULL: a tmpfs, forgotten afterwards */
	const char *work;                /* overlayfs work directory on the same filesystem as upper */
	const struct sandbox_bind *binds;
	size_t bind_count;
	const char *host_name;           /* inside; NULL: "hiebox" */
	bool no_tmpfs;                   /* do not mount fresh tmpfs on /tmp and /run (package configuration wants the tree's own) */
	uid_t user;                      /* run the program as this user and group inside, without a way back; 0: root */
	gid_t group;
	bool no_sync;                    /* fsync(2) and its kin do nothing inside: for trees that a failure throws away */
	bool keep_network;               /* false: own network namespace, lo only. Nothing that makes bytes of an image sets it */
};

/* Called in the child between fork and exec, by process_run(): enters the namespaces and the root.
 * On failure sets err. The caller is single-threaded at that point. The pid namespace's init is a
 * small reaper forked here; the exec happens in its child, exit status or death by a signal is passed
 * on (the calling process ends in the same way), and when the outer process dies everything inside is
 * killed; so it is with what the program leaves behind when it ends. Returns only in the process that shall exec. */
int sandbox_enter(const struct sandbox *sandbox, struct error *err);

/* Makes this process root of a user namespace that has the ids 0 to 65534 and all capabilities. Root with
 * all that it takes: nothing is done. Root without (in a container): every id stays what it is. An ordinary
 * user: 0 is mapped to the caller, the others to the subordinate ids (newuidmap, newgidmap). Must be called
 * before any thread starts. The calling process stays as parent: it waits for the continuing child, passes
 * SIGINT, SIGTERM, SIGHUP on, and exits with its status. Returns 0 in the process that goes on, -1 when
 * something is missing: the first line of the message says what, the lines below what to type. */
int sandbox_enter_user_namespace(struct error *err);

/* Is this process in a user namespace that is not the first one? */
bool sandbox_in_user_namespace(void);

/* Makes a private mount namespace for this process, so that its mounts vanish with it. Fails like
 * sandbox_enter_user_namespace(). */
int sandbox_private_mounts(struct error *err);

/* Runs a program in a sandbox, with all its mounts: can tools run here? After sandbox_private_mounts().
 * Fails like sandbox_enter_user_namespace(). */
int sandbox_try(struct error *err);

/* Can `folder` hold the files of a whole system: every owner, set-id bits, file capabilities, links, names
 * that differ in case, programs to run? Tried with files that are removed again; messages call it `name`. Called in the namespace of
 * sandbox_enter_user_namespace(), and fails like it. */
int sandbox_try_folder(const char *folder, const char *name, struct error *err);

#endif
