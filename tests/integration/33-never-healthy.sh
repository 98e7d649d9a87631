#!/usr/bin/env bash
# The demo with one part that never gets healthy.
. "$(dirname "$0")/lib.sh"
need_root "systemd-nspawn"
[ -e "$out/demo.raw.json" ] || { bad "the demo was built"; exit 1; }
"$integration/boot-nspawn.sh" $(layers demo) --machine hiebox-never --data "$work/data" --log "$work/log" --until 'login:' \
	--timeout 300 --run "nsenter -t \$MACHINE_LEADER -a /bin/sh -s <$integration/never.sh" >"$work/inside" 2>&1
cp "$work/log" build/check/log/never-console.log 2>/dev/null
relay "never healthy" "$work/inside"
