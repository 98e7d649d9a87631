/* accounts: users and groups of components and people, merged over the base's. Private to the room. */
#ifndef HIEBOX_ASSEMBLE_ACCOUNTS_H
#define HIEBOX_ASSEMBLE_ACCOUNTS_H

#include "assemble/base_layer.h"

/* Writes sysusers.d files into the site tree, copies the base's account files into it and lets the tools
 * root's systemd-sysusers add to them. Passwords stay locked. `base_facts` is the base layer's facts
 * directory. Ids come from the names, so that an account keeps its number (and its files on the data
 * partition) when others come and go. */
int accounts_write(const struct build *build, const char *base_facts, const char *tree, struct error *err);
/* Homes, authorized_keys and sudo rules of people, once the accounts have their numbers. */
int accounts_people(const struct build *build, const char *tree, struct error *err);

#endif
