/* configure: running maintainer scripts and dpkg inside the tree. Private to the room. */
#ifndef HIEBOX_ASSEMBLE_CONFIGURE_H
#define HIEBOX_ASSEMBLE_CONFIGURE_H

#include "assemble/packages.h"
#include "base/base.h"

struct configure {
	const char *tree;
	const char *work;          /* a directory of ours beside the tree */
	int64_t timestamp;
	int status_fd;             /* kept open for the program, or 0 */
};

/* Puts in place what is only there while packages are configured; configure_end() takes it away. */
int configure_begin(const struct configure *configure, struct error *err);
int configure_end(const struct configure *configure, struct error *err);
/* Runs `preinst install` of every package that has one and is `late` or not as given, dependencies by
 * Pre-Depends first. A package whose script fails gets `by_dpkg` set. */
int configure_preinst(const struct configure *configure, struct debs *debs, struct error *err);
/* dpkg --unpack for the packages marked `by_dpkg`. */
int configure_unpack(const struct configure *configure, const struct debs *debs, struct error *err);
/* dpkg --configure -a; `progress`, which may be NULL, hears from dpkg itself which package it is at (dpkg(1),
 * --status-fd). */
int configure_all(const struct configure *configure, struct progress *progress, struct error *err);
/* Applies the presets in `folder` to all units of the tree, by the tree's own systemctl; nothing happens when
 * the tree has none or the folder is missing. */
int configure_presets(const struct configure *configure, const char *folder, struct error *err);
/* Runs a program inside the tree with the environment of maintainer scripts. */
int configure_run(const struct configure *configure, const char *const *argv,
		  const struct sandbox_bind *binds, size_t bind_count, struct error *err);

#endif
