/* fetch: everything a plan names is brought, verified, into a content-addressed store. */
#ifndef HIEBOX_FETCH_H
#define HIEBOX_FETCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/base.h"
#include "http/http.h"
#include "plan/plan.h"

/* The store directory (layout: builder/README.md, "store"). */
struct store {
	char *path;
	char *work;       /* this process's own temporary directory inside work/, removed by store_close() */
	int work_lock;
	int in_use, choosing; /* locks that keep `hiebox gc` away: see uses.h */
};
/* Opens or makes the store at `path` (NULL: the user's cache folder). Stale work directories of dead
 * processes are removed. A store that another user owns or that cannot be written is a clear error. */
int store_open(const char *path, struct store *ret_store, struct error *err);
void store_close(struct store *store);
/* The work folder with all that is in it becomes kept/<name>: no build looks there, only gc removes it. */
int store_keep_work(struct store *store, const char *name, struct error *err);

/* What the lock of one recipe holds in the store, as its last build left it. All owned. */
struct store_use {
	char *file;              /* the record's own path; set by store_uses_read() */
	char *lock;              /* absolute path */
	char *lock_digest;       /* sha256 of it then; set by store_use_write() */
	char *recipe;            /* absolute path */
	char *tools;             /* key of the tools root, or NULL */
	struct strings layers;   /* "NAME KEY", bottom to top: the image's own */
	struct strings used;     /* every KEY of layers/ that it was made from */
	struct strings blobs;    /* digests of packages and payloads */
	int64_t when;            /* unix seconds; set by store_uses_read() */
};
void store_use_clear(struct store_use *use);
/* Records it. Without `tools` or layers, those that were recorded with the same lock stay. */
int store_use_write(const struct store *store, struct store_use *use, struct error *err);
/* After it: gc may look at the store again while this process goes on. */
void store_chosen(const struct store *store);
struct store_uses {
	struct store_use *items;
	size_t count;
};
int store_uses_read(const struct store *store, struct store_uses *ret_uses, struct error *err);
void store_uses_clear(struct store_uses *uses);

/* Garbage collection: what of the store nobody needs any more. */
enum gc_kind { GC_DOWNLOADS, GC_UNPACKED, GC_LAYERS, GC_TOOLS, GC_INDEXES, GC_LOGS, GC_KEPT, GC_UNFINISHED, GC_KINDS };
/* Why something stays or goes; the first ones stay. */
enum gc_reason { GC_NAMED, GC_YOUNG, GC_BUSY, GC_NEWEST, GC_RECENT, GC_RESUMABLE, /* go: */ GC_UNNAMED, GC_WANTED,
		 GC_OUTDATED, GC_FAILED, GC_LEFT, GC_REASONS };
struct gc_wish {
	const char *const *keep_locks; /* NULL-terminated paths of further locks whose packages stay */
	bool all;                /* also what locks name */
	int64_t older_than;      /* seconds: only what was not used for so long; 0: anything */
};
struct gc_count {
	size_t things;
	uint64_t bytes;          /* on the disk; of things that go, what is freed (another hard link frees nothing) */
};
struct gc {
	struct gc_count counts[GC_KINDS][GC_REASONS];
	struct gc_count going;
	bool busy;               /* builds are running: layers, tools and indexes stay */
	struct strings locks, gone; /* locks that hold things; recorded ones that are not there any more */
	struct gc_items *items;  /* private */
};
/* Looks at everything and decides. Waits for builds that have just begun, and until store_gc_end() those that
 * begin wait. An error when no lock was ever recorded and none is given, unless `all`: it would take everything. */
int store_gc_begin(struct store *store, const struct gc_wish *wish, struct gc *ret_gc, struct error *err);
/* Removes what was decided. Killed at any moment it leaves a right store. */
int store_gc_remove(const struct store *store, const struct gc *gc, struct error *err);
void store_gc_end(struct store *store, struct gc *gc);

/* Takes the store's lock `name` ("tools-<key>"): what two builds would else make twice is waited for, with a line that
 * says for whom. `purpose` is what this process does with it. `*ret_fd` is closed to release it. */
int store_lock(const struct store *store, const char *name, const char *purpose, int *ret_fd, struct error *err);
/* Path of a blob by "algorithm:hex"; caller frees. The file need not exist. */
char *store_blob(const struct store *store, const char *digest);
bool store_has(const struct store *store, const char *digest);
/* Reads blobs that are about to be used, on all processors, and compares each with its digest. Damaged ones are
 * removed, and the error names them and says what to do. `uses` is borrowed. */
struct blob_use {
	const char *digest; /* "algorithm:hex" */
	const char *name;   /* for people */
};
int blobs_check(const struct store *store, const struct blob_use *uses, size_t count, struct error *err);
/* Reads every download and index and compares with its name, and every layer and tools root and compares with what
 * was recorded when it was published. What is wrong is removed (a layer or tools root as a whole), so that the next
 * build makes or fetches it again. Counts files; error only for I/O. */
struct store_verified {
	size_t good, bad;
	size_t unrecorded; /* layers and tools roots of earlier versions, which recorded nothing */
};
int store_verify(const struct store *store, struct store_verified *ret_verified, struct error *err);

/* The name of a record inside or beside the tree that it is of. */
#define STORE_DIGESTS "digests"
/* Writes the digests of all files and symbolic links below `tree` (but the record itself) into the file `record`. */
int store_record(const char *tree, const char *record, struct error *err);
/* Reads a tree again (files of at most `size_limit` bytes; 0: all) and compares. Error only for I/O. */
struct store_checked {
	size_t good, bad;
	char *first_bad;  /* below the tree, owned; NULL when all is right */
	bool unrecorded;  /* there is no record: nothing was compared */
};
int store_check(const char *tree, const char *record, uint64_t size_limit, struct store_checked *ret_checked,
		struct error *err);

/* What APT is told about the dates of a Release file: apt.conf(5), sources.list(5). Zero: APT's defaults. */
struct index_dates {
	bool ignore_valid_until;  /* Acquire::Check-Valid-Until, or the source's Check-Valid-Until, says no */
	bool ignore_date;         /* Acquire::Check-Date, Check-Date: then no date matters */
	int64_t valid_max;        /* Max-ValidTime, Valid-Until-Max: seconds after Date; 0: not set */
	int64_t valid_min;        /* Min-ValidTime, Valid-Until-Min */
};

/* Where packages and payloads come from; found from the machine's own configuration. All owned. */
struct origins {
	char *debian;            /* mirror of the archive "debian": URL without trailing slash */
	char *debian_security;   /* of "debian-security"; may be NULL when none could be found or derived */
	struct strings debian_others, debian_security_others; /* further mirrors of APT's sources, tried in order */
	char *unusable;          /* what APT's sources name and hiebox cannot fetch from ("cdrom:…"), or NULL */
	char *keyring;           /* file for gpgv */
	char *keyring_security;  /* for debian_security, when it has one of its own; else NULL */
	char *npm;               /* registry base URL, NULL when unknown yet */
	char *npm_authorization; /* header value or NULL */
	char *maven;             /* repository base URL, NULL when unknown yet */
	char *proxy_http, *proxy_https;
	char *ca_file;
	struct index_dates dates, dates_security;
	bool offline;
};
/* Debian: `mirror` option, then $HIEBOX_DEBIAN_MIRROR, then APT's sources (deb822 and one-line, enabled
 * entries whose URI path ends in /debian or whose Release says Origin Debian; -security entries for
 * security; of several the others are kept for when the first fails; a `mirror+file:` list is read; cdrom and
 * the like cannot be used and are named when nothing else is there), proxies by `apt-config dump` when apt-config exists. npm:
 * $npm_config_registry (any case), ~/.npmrc, /etc/npmrc; Maven: ~/.m2/settings.xml mirrors
 * (mirrorOf central or *), /etc/maven/settings.xml. $HIEBOX_DEBIAN_SECURITY_MIRROR ("none": do without),
 * else APT's -security entry, else `<mirror>-security` when only a mirror was given; $HIEBOX_DEBIAN_KEYRING, else
 * a Signed-By of the site's own, else debian-archive-keyring. What is not configured stays NULL: commands/ then
 * asks the clients of the tools root for their own default. `mirror` may be NULL. */
int origins_find(const char *mirror, bool offline, struct origins *ret_origins, struct error *err);
void origins_clear(struct origins *origins);

/* Fetches and verifies the indexes of main for the suite, its -updates and -security (when the mirror
 * has them): InRelease by gpgv (status-fd: at least one VALIDSIG from the keyring, no BADSIG; only
 * gpgv's own output text is used), Valid-Until by APT's setting, hash and size of Packages.xz (by-hash
 * when offered). Falls back to what the store has when offline. `*ret_indexes` lives in the arena. */
struct index_request {
	const struct store *store;
	const struct origins *origins;
	const char *suite, *architecture;
};
struct index_list {
	struct package_index *items;
	size_t count;
	int64_t date; /* of the newest Release file: earlier than that it cannot be now; 0 when none says */
};
int fetch_indexes(const struct index_request *request, struct arena *arena, struct index_list *ret_indexes,
		  struct error *err);

/* Brings all packages of the set into the store as blobs sha256:<hex>. A package gone from the mirror
 * is an error that says which and what to do (`hiebox lock --update`, or a kept store). */
int fetch_packages(const struct store *store, const struct origins *origins, const struct package_set *set,
		   const char *what, struct error *err);
/* Brings all payloads of all sources into the store by their own digests. */
int fetch_payloads(const struct store *store, const struct origins *origins, const struct plan *plan,
		   struct error *err);

#endif
