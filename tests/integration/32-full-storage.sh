#!/usr/bin/env bash
# The demo on a small data partition that gets full: what still works, and does it all go on afterwards?
# in a mount namespace of its own: another test's would hold the partition
[ "$(id -u)" != 0 ] || [ "${HIEBOX_ALONE:-}" ] || HIEBOX_ALONE=y exec unshare --mount --propagation private bash "$0"
. "$(dirname "$0")/lib.sh"
need_demo
truncate -s 640M "$work/data.ext4"
# as the builder makes it (image/ext4.c)
mke2fs -q -F -t ext4 -m 2 -J size=32 "$work/data.ext4"
mkdir "$work/data"
mount -o loop,nodev,nosuid "$work/data.ext4" "$work/data" || { skip "a full storage" "no loop devices"; exit 0; }
trap 'mountpoint -q "$work/data" && umount "$work/data"; rm -rf --one-file-system "$work"' EXIT
rmdir "$work/data/lost+found"
in_box "full storage" demo "$(inside_command full.sh)" --machine hiebox-full
cp "$work/log" build/check/log/full-console.log 2>/dev/null
umount "$work/data"
# the box's own mount namespace goes a moment after its first process
for _ in $(seq 50); do [ "$(losetup -j "$work/data.ext4")" ] || break; sleep 0.2; done
same "nothing holds the partition any more" "" "$(losetup -j "$work/data.ext4")"
e2fsck -fp "$work/data.ext4" >"$work/fsck" 2>&1
same "the journal alone makes it whole" yes "$([ $? -le 1 ] && echo yes)"
try "and there is nothing left to say" e2fsck -fn "$work/data.ext4"
