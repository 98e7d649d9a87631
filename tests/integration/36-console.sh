#!/usr/bin/env bash
# The exchange console on the booted demo, in systemd-nspawn: a trainer's round through a browser (role, client, channel,
# message, rerun, switching off, refusals, audits), bad days, 20,000 messages; pictures go to build/check/pictures.
. "$(dirname "$0")/lib.sh"
need_demo
in_box "console" demo "nsenter -t \$MACHINE_LEADER -n python3 $integration/console_check.py \$MACHINE_LEADER" \
	--machine hiebox-console-test
