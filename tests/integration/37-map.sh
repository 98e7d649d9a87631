#!/usr/bin/env bash
# The exchange map on the booted demo, in systemd-nspawn: what passes is seen within seconds, what is refused is red, what
# breaks breaks at its box; in a browser at a phone's and a projector's width (build/check/pictures), and what it costs.
. "$(dirname "$0")/lib.sh"
need_demo
in_box "map" demo "nsenter -t \$MACHINE_LEADER -n python3 $integration/map_check.py \$MACHINE_LEADER map" \
	--machine hiebox-map-test
