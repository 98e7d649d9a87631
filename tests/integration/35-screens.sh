#!/usr/bin/env bash
# The screens of the clinics and the hospital in headless Chromium: against a small exchange, and on the booted demo, where each
# click goes through nginx and OpenHIM to the registries (build/check/pictures/screens-*).
. "$(dirname "$0")/lib.sh"
command -v node >/dev/null || { skip "screens" "no node"; exit 0; }
python3 "$integration/screens_check.py" mock >"$work/mock" 2>&1
relay "screens, small exchange" "$work/mock"
need_root "systemd-nspawn"
[ -e "$out/demo.raw.json" ] || { bad "the demo was built"; exit 1; }
"$integration/boot-nspawn.sh" $(layers demo) --data "$work/data" --log "$work/log" --until 'login:' --timeout 300 \
	--machine hiebox-screens-test --run "nsenter -t \$MACHINE_LEADER -n python3 $integration/screens_check.py \$MACHINE_LEADER" >"$work/inside" 2>&1
relay "screens" "$work/inside"
