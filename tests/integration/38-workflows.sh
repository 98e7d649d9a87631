#!/usr/bin/env bash
# Every shipped workflow on the demo in systemd-nspawn, through port 5001: twice, two at once, and each exercise broken and mended.
. "$(dirname "$0")/lib.sh"
need_demo
mkdir -p build/check/log
in_box "workflows" demo "nsenter -t \$MACHINE_LEADER -n python3 $integration/workflows.py \$MACHINE_LEADER" --machine hiebox-workflows
cp "$work/log" build/check/log/workflows.log 2>/dev/null
