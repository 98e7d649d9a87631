/* hooks: one state directory of a component, on its way into a backup or back. */
#ifndef HIEBOX_AGENT_HOOKS_H
#define HIEBOX_AGENT_HOOKS_H

#include "agent/provision.h"

/* Inside the state directory (it may be a mount point, which cannot be renamed). */
#define HOOK_ASIDE ".restore"           /* what was loaded */
#define HOOK_READY ".restore-ready"     /* the same, once the old content is out of its way */
#define HOOK_OLD ".restore-old"

struct hook {
	const struct provision *provision;
	const struct box_backup *backup;
	struct owner owner;
	char *state;            /* the directory */
	const char *directory;  /* where programs run */
	int input_fd, output_fd; /* of programs; borrowed, 0: none */
	uint64_t limit;         /* bytes of each file that they write; 0: any */
};

int hook_open(const struct provision *provision, const struct box_backup *backup, struct hook *ret_hook,
	      struct error *err);
void hook_close(struct hook *hook);
/* The directory's content to output_fd, while everything runs. */
int hook_save(const struct hook *hook, struct error *err);
/* From input_fd into HOOK_ASIDE. */
int hook_load(struct hook *hook, struct error *err);
/* HOOK_ASIDE takes the place of the content. Nobody uses it meanwhile; can be repeated after a power cut. */
int hook_switch(const struct hook *hook, struct error *err);
/* Removes all three. */
int hook_forget(const struct hook *hook, struct error *err);

#endif
