/* card_mount: the partition HIEBOX of the disk that this box runs from, mounted at /run/hie/hiebox. Only of
 * that disk: another stick that happens to be plugged in must not tell the box its passwords. */
#ifndef HIEBOX_AGENT_CARD_MOUNT_H
#define HIEBOX_AGENT_CARD_MOUNT_H

#include "base/base.h"

/* systemd.generator(7): writes <directory>/run-hie-hiebox.mount and what makes it start. The disk is that of the
 * data partition (/run/systemd/volatile-root, from the initramfs), else of the root filesystem. No such disk, as
 * in a container or in rescue mode, or no such partition is no error, and nothing is written. */
int card_mount_generate(const char *root, const char *directory, struct error *err);

#endif
