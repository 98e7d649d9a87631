#!/usr/bin/env bash
# The box's page on the booted demo, in systemd-nspawn: as a beginner reads it, as a developer and an administrator use
# it, as an attacker tries it, and in a browser at a phone's and a projector's width (build/check/pictures).
. "$(dirname "$0")/lib.sh"
need_demo
# page NAME WHAT [boot-nspawn options…]
page() {
	local name=$1 what=$2; shift 2
	in_box "$name" demo "nsenter -t \$MACHINE_LEADER -n python3 $integration/page_check.py \$MACHINE_LEADER $what" \
		--machine hiebox-page-test "$@"
}
mkdir "$work/card"
page "page" demo --card "$work/card"
page "page in rescue mode" rescue --rescue
