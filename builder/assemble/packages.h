/* packages: the .deb files of one set, read and unpacked in parallel into a tree as dpkg would leave them.
 * Private to the room. Source: deb(5), deb-control(5), dpkg's lib/dpkg and src/main/unpack.c. */
#ifndef HIEBOX_ASSEMBLE_PACKAGES_H
#define HIEBOX_ASSEMBLE_PACKAGES_H

#include <sys/types.h>

#include "base/base.h"
#include "fetch/fetch.h"
#include "plan/plan.h"

/* A file of the control member: maintainer script, conffiles, md5sums, … */
struct deb_file {
	const char *name;
	const char *data;          /* NUL-terminated */
	size_t length;
	mode_t mode;
};

/* An entry of the data member, in its order. `path` without leading slash; "" is the root. */
struct deb_path {
	const char *path;
	const char *link;          /* hard link's target, else NULL */
	mode_t mode;               /* with type bits */
	uid_t uid;
	gid_t gid;
	int64_t mtime;
	bool lost;                 /* another package owns this path: not in our list file */
};

struct deb {
	const struct package *package;
	char *blob;
	struct arena *arena;
	const char *label;         /* NAME, or NAME:ARCH when Multi-Arch: same; names the info files */
	const char *control;       /* the stanza, with a newline at its end */
	struct deb_file *files;    /* sorted by name */
	size_t file_count, file_capacity;
	struct deb_path *paths;
	size_t path_count, path_capacity;
	bool late;                 /* its preinst diverts: unpacked after all preinst scripts ran */
	bool by_dpkg;              /* its preinst failed: dpkg itself shall unpack it */
};

struct tools;

/* Same order as the package set. */
struct debs {
	struct deb *items;
	size_t count;
	bool (*unwanted)(const char *path); /* what shall not be unpacked; NULL: everything is */
	const struct tools *tools; /* whose xz decompresses large packages, or NULL */
	const struct store *store; /* where data of large packages is kept unpacked, or NULL: see large_deb.h */
	bool keep;
	struct progress *progress; /* is told of unpacked packages, or NULL */
};

/* What a path was in its package; for times and directory modes at the end. */
struct origin {
	const char *path;
	const struct deb_path *entry;
	struct deb *deb;
};
struct origins_map {
	struct origin *items;      /* sorted by path; one for each path */
	size_t count;
};

/* A diversion: what other packages than `package` ship as `from` goes to `to`. Paths without slash. */
struct diversions {
	struct strings from, to, package;
};

/* Reads the control members of all packages. */
int debs_load(const struct store *store, const struct package_set *set, struct debs *ret_debs,
	      struct error *err);
/* Are the set's .debs in the store still what they were when they came? See blobs_check(). */
int debs_check(const struct store *store, const struct package_set *set, struct error *err);
void debs_clear(struct debs *debs);
#define autodebs __attribute__((cleanup(debs_clear)))

/* Tells the step that it is about unpacking all of them, weighed by their sizes. */
void debs_watch(struct debs *debs, struct progress *progress);
/* Unpacks those whose `late` is as given, the largest first, on all processors. `diversions` may be NULL. */
int debs_unpack(struct debs *debs, const char *tree, bool late, const struct diversions *diversions,
		struct error *err);
/* Decides who owns each path: of a directory, base-files and else the first package; of a file shipped
 * twice, the package that Replaces the other (it is unpacked once more), else that is an error. Gives
 * directories their owner's mode. `ret_map` borrows from the debs; free its items. */
int debs_settle(struct debs *debs, const char *tree, struct origins_map *ret_map, struct error *err);
const struct deb_path *origin_find(const struct origins_map *map, const char *path); /* or NULL */

/* A control file by name, or NULL. */
const struct deb_file *deb_file(const struct deb *deb, const char *name);
/* Is the text of `length` bytes one stanza as dpkg takes it: fields with names, none twice, no second stanza, and none
 * that only dpkg's own database has (Status, Conffiles)? What it says is copied into that database. */
int control_check(const char *stanza, size_t length, struct error *err);
/* A field of a control stanza, folded lines joined by newlines as they stand; NULL when absent. Caller frees. */
char *control_field(const char *stanza, const char *name);
/* Does a relation field ("a (>= 1), b | c") name the package? */
bool relation_names(const char *relations, const char *name);

#endif
