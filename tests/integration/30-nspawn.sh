#!/usr/bin/env bash
# The demo's layers in systemd-nspawn: first boot, restart, power cut, reset, rescue; the acceptance test each time.
. "$(dirname "$0")/lib.sh"
need_root "systemd-nspawn"
[ -e "$out/demo.raw.json" ] || { bad "the demo was built"; exit 1; }
data=$work/data
# boot NAME INSIDE-TEST [boot-nspawn options…]
boot() {
	local name=$1 test=$2; shift 2
	"$integration/boot-nspawn.sh" $(layers demo) --data "$data" --log "$work/log" --until 'login:' --timeout 300 \
		--run "nsenter -t \$MACHINE_LEADER -a /bin/sh -s $test 300 <$integration/inside.sh" "$@" >"$work/inside" 2>&1
	relay "$name" "$work/inside"
	cp "$work/log" "build/check/log/nspawn-${name// /-}.log" 2>/dev/null
}
boot "first boot" exchange
# boot-nspawn.sh ends a box by SIGKILL to its first process: to the box that is a power cut without the disk's part
boot "after a power cut" again
boot "watch" watch
boot "after a reset" fresh --reset
boot "rescue" rescue --rescue
boot "after the rescue" exchange
