#!/usr/bin/env bash
# The demo's layers in systemd-nspawn: first boot, restart, power cut, reset, rescue; the acceptance test each time.
. "$(dirname "$0")/lib.sh"
need_demo
# boot NAME INSIDE-TEST [boot-nspawn options…]
boot() {
	local name=$1 test=$2; shift 2
	in_box "$name" demo "$(inside_command inside.sh "$test" 300)" "$@"
	cp "$work/log" "build/check/log/nspawn-${name// /-}.log" 2>/dev/null
}
boot "first boot" exchange
# boot-nspawn.sh ends a box by SIGKILL to its first process: to the box that is a power cut without the disk's part
boot "after a power cut" again
boot "watch" watch
boot "after a reset" fresh --reset
boot "rescue" rescue --rescue
boot "after the rescue" exchange
