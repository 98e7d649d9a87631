#!/usr/bin/env bash
# The exchange console on the booted demo, in systemd-nspawn: a trainer's round through a browser (role, client, channel,
# message, rerun, switching off, refusals, audits), bad days, 20,000 messages; pictures go to build/check/pictures.
. "$(dirname "$0")/lib.sh"
need_root "systemd-nspawn"
[ -e "$out/demo.raw.json" ] || { bad "the demo was built"; exit 1; }
"$integration/boot-nspawn.sh" $(layers demo) --data "$work/data" --log "$work/log" --until 'login:' --timeout 300 \
	--machine hiebox-console-test --run "nsenter -t \$MACHINE_LEADER -n python3 $integration/console_check.py \$MACHINE_LEADER" \
	>"$work/inside" 2>&1
relay "console" "$work/inside"
