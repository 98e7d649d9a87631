#!/usr/bin/env bash
# The exchange map on the booted demo, in systemd-nspawn: what passes is seen within seconds, what is refused is red, what
# breaks breaks at its box; in a browser at a phone's and a projector's width (build/check/pictures), and what it costs.
. "$(dirname "$0")/lib.sh"
need_root "systemd-nspawn"
[ -e "$out/demo.raw.json" ] || { bad "the demo was built"; exit 1; }
"$integration/boot-nspawn.sh" $(layers demo) --data "$work/data" --log "$work/log" --until 'login:' --timeout 300 \
	--machine hiebox-map-test --run "nsenter -t \$MACHINE_LEADER -n python3 $integration/map_check.py \$MACHINE_LEADER map" \
	>"$work/inside" 2>&1
relay "map" "$work/inside"
