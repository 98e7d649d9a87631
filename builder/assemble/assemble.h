/* assemble: a plan and a store become layers: sorted lists of entries, compressed into read-only
 * filesystems by the tools root's sqfstar. The only room that names libarchive. */
#ifndef HIEBOX_ASSEMBLE_H
#define HIEBOX_ASSEMBLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "fetch/fetch.h"
#include "plan/plan.h"

/* The tools root: locked packages of the target suite, unpacked once into the store. */
struct tools {
	char *root;        /* directory to use as sandbox root, read-only */
	char *key;         /* sha256 of what it was made of: part of every layer's key */
};
/* Finds or makes it from the lock's `tools` packages (their blobs must be in the store). */
int tools_open(const struct store *store, const struct lock *lock, struct tools *ret_tools, struct error *err);
void tools_close(struct tools *tools);
/* Was it made already? */
bool tools_are_there(const struct store *store, const struct lock *lock);
/* Runs a tool inside the tools root with binds; `argv[0]` is an absolute path inside. SOURCE_DATE_EPOCH,
 * LC_ALL=C, TZ=UTC and a fixed PATH are set. `output` may be NULL. */
struct tool_run {
	const char *const *argv;
	const struct sandbox_bind *binds;
	size_t bind_count;
	int input_fd, output_fd;
	struct buffer *output;
	int64_t timestamp;             /* SOURCE_DATE_EPOCH */
	const char *const *environment; /* more "A=b", NULL-terminated, or NULL */
	const char *directory;
};
int tools_run(const struct tools *tools, const struct tool_run *run, struct error *err);
/* The default npm registry and Maven repository that the tools root's own clients know, for what
 * origins_find() left NULL. */
int tools_default_origins(const struct tools *tools, struct origins *origins, struct error *err);

enum layer_kind { LAYER_BASE, LAYER_APPS, LAYER_SITE, LAYER_COUNT };

/* One finished layer in the store. All paths owned. */
struct layer {
	const char *name;          /* "base", "apps", "site" */
	char *key;
	char *squashfs;            /* path of layer.squashfs */
	char *entries;             /* path of the text list: one line per entry `type mode uid gid size sha256-or-target path`, sorted bytewise by path */
	uint64_t size;             /* bytes of the squashfs */
	bool cached;               /* was in the store already */
};
struct layers {
	struct layer items[LAYER_COUNT]; /* bottom to top */
	char *kernel, *initramfs;        /* the boot layer's two files */
	char *kernel_release;
	char *boot_files;                /* directory with shimx64.efi.signed, grubx64.efi.signed, mmx64.efi.signed, boot.img, core.img (BIOS) as the board's firmware asks */
	char *seed;                      /* directory with <component>.sql for each that starts with the data set; NULL: none */
	char *plain_tree;                /* layout plain: the tree (in the store's work directory), else NULL */
	struct strings used;             /* every folder of the store's layers/ that this is made from */
};
struct assemble_options {
	const struct store *store;
	const struct tools *tools;
	bool no_cache;             /* build every layer anew */
	bool keep_failed;          /* after a failure, leave the half-made trees in the store's work folder */
	const char *agent_source;  /* a builder/ folder: the agent is compiled from it in the tools root;
	                            * overlays/ and units/ of what every box has stand beside it */
};
/* Builds or finds all layers of the plan. */
int assemble_layers(const struct plan *plan, const struct assemble_options *options,
		    struct layers *ret_layers, struct error *err);
/* Reads the whole layer that `file` (its squashfs, kernel …) belongs to and compares it with what was recorded when it
 * was made: storage rots. */
int layer_check(const char *file, struct error *err);
void layers_clear(struct layers *layers);
/* Unpacks a finished layer over `tree` (made when missing) by the tools root's unsquashfs. */
int layer_unsquash(const struct tools *tools, const char *squashfs, const char *tree, struct error *err);

/* Unpacks the plan's sources (npm, maven, file), whose blobs are in the store, below `tree`: for programs that run on this
 * machine. Of the plan only its sources and the lock's timestamp count. */
int assemble_sources(const struct store *store, const struct plan *plan, const char *tree, struct error *err);

/* Which packages of the set ship a path, from their .deb files in the store. */
struct contents {
	struct strings packages; /* names; more than one when a package replaces files of another */
	size_t missing;          /* packages whose .deb is not in the store: not looked into */
};
struct contents_query {
	const struct package_set *set;
	const char *path;        /* without its leading slash, /usr merged ("usr/bin/ls") */
	bool links;              /* look for links too when it is no file: all data members are decompressed, which
	                          * takes seconds, where a file is found in less than one */
};
/* Directories are nobody's. The caller clears `ret->packages`. */
int contents_find(const struct store *store, const struct contents_query *query, struct contents *ret,
		  struct error *err);

#endif
