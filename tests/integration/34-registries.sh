#!/usr/bin/env bash
# The registries as a user sees them, through port 5001 of the demo in systemd-nspawn: client registry (golden records,
# possible matches, PIXm), a person's summary, facilities and health workers, terminology, and who may do what.
. "$(dirname "$0")/lib.sh"
need_root "systemd-nspawn"
[ -e "$out/demo.raw.json" ] || { bad "the demo was built"; exit 1; }
mkdir -p build/check/log
"$integration/boot-nspawn.sh" $(layers demo) --machine hiebox-registries --data "$work/data" --log "$work/log" --until 'login:' \
	--timeout 300 --run "nsenter -t \$MACHINE_LEADER -n python3 $integration/registries.py \$MACHINE_LEADER &&
		nsenter -t \$MACHINE_LEADER -a node - /usr/lib/hie/interoperability-layer-openhim <$integration/channel_table.js" \
	>"$work/inside" 2>&1
relay "registries" "$work/inside"
cp "$work/log" build/check/log/registries.log
