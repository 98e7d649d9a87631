#!/usr/bin/env bash
# Workflows on the booted demo, in systemd-nspawn: played in a shell and on the page, with and without JavaScript, seen on
# the map, failing where the exchange broke; in production for the administrator alone.
. "$(dirname "$0")/lib.sh"
need_demo
in_box "workflows" demo "nsenter -t \$MACHINE_LEADER -n python3 $integration/workflows_check.py \$MACHINE_LEADER workflows" \
	--machine hiebox-workflows-test
