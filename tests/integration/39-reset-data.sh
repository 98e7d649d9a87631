#!/usr/bin/env bash
# `hie reset --data` on the booted demo: patients as at the first start, the same passwords, an empty record of messages; and
# again when the box is killed in the middle of it.
. "$(dirname "$0")/lib.sh"
need_demo
mkdir -p build/check/log
for part in button cut after; do
	in_box "reset, $part" demo "nsenter -t \$MACHINE_LEADER -n python3 $integration/reset_data.py \$MACHINE_LEADER $part $work" \
		--machine hiebox-reset
	cp "$work/log" "build/check/log/reset-data-$part.log"
done
