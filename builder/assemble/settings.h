/* settings: the files that a recipe's few words turn into: names, time zone, keyboard, firewall, and what
 * the agent and a curious person read about the box. Private to the room. */
#ifndef HIEBOX_ASSEMBLE_SETTINGS_H
#define HIEBOX_ASSEMBLE_SETTINGS_H

#include "assemble/base_layer.h"

/* hostname, hosts, locale, time zone, keyboard, resolv.conf, machine-id. */
int settings_write(const struct build *build, const char *tree, struct error *err);
/* /etc/nftables.conf from the plan's ports. */
int settings_firewall(const struct build *build, const char *tree, struct error *err);
/* Text of the firewall; caller frees. */
char *settings_firewall_text(const struct plan *plan);
/* box.json, plain-directories, manifest, lock and recipe. `layers` holds base and apps. */
int describe_write(const struct build *build, const struct layers *layers, const char *tree,
		   struct error *err);
/* What only a writable root has: fstab, apt's template, initramfs settings. Nothing for layers. */
int settings_plain(const struct build *build, const char *tree, struct error *err);
/* Leaves in the tree, which has the overlays and units already, what grows the last partition of this
 * layout: all, a part or nothing of it, as the recipe asks. */
int settings_growth(const struct build *build, const char *tree, struct error *err);
/* Writes text as a file of the tree, making its directory. */
int settings_file(const char *tree, const char *path, const char *text, struct error *err);

#endif
