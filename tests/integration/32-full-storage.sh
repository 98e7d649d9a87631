#!/usr/bin/env bash
# The demo on a small data partition that gets full: what still works, and does it all go on afterwards?
# in a mount namespace of its own: another test's would hold the partition
[ "$(id -u)" != 0 ] || [ "${HIEBOX_ALONE:-}" ] || HIEBOX_ALONE=y exec unshare --mount --propagation private bash "$0"
. "$(dirname "$0")/lib.sh"
need_root "systemd-nspawn"
[ -e "$out/demo.raw.json" ] || { bad "the demo was built"; exit 1; }
truncate -s 640M "$work/data.ext4"
# as the builder makes it (image/ext4.c)
mke2fs -q -F -t ext4 -m 2 -J size=32 "$work/data.ext4"
mkdir "$work/data"
mount -o loop,nodev,nosuid "$work/data.ext4" "$work/data" || { skip "a full storage" "no loop devices"; exit 0; }
trap 'mountpoint -q "$work/data" && umount "$work/data"; rm -rf --one-file-system "$work"' EXIT
rmdir "$work/data/lost+found"
"$integration/boot-nspawn.sh" $(layers demo) --machine hiebox-full --data "$work/data" --log "$work/log" --until 'login:' \
	--timeout 300 --run "nsenter -t \$MACHINE_LEADER -a /bin/sh -s <$integration/full.sh" >"$work/inside" 2>&1
cp "$work/log" build/check/log/full-console.log 2>/dev/null
relay "full storage" "$work/inside"
umount "$work/data"
# the box's own mount namespace goes a moment after its first process
for _ in $(seq 50); do [ "$(losetup -j "$work/data.ext4")" ] || break; sleep 0.2; done
same "nothing holds the partition any more" "" "$(losetup -j "$work/data.ext4")"
e2fsck -fp "$work/data.ext4" >"$work/fsck" 2>&1
same "the journal alone makes it whole" yes "$([ $? -le 1 ] && echo yes)"
try "and there is nothing left to say" e2fsck -fn "$work/data.ext4"
