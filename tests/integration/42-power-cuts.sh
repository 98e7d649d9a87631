#!/usr/bin/env bash
# Power cuts at random moments of the light disk's first starts in QEMU: whatever was cut, the box must come up
# whole at its next undisturbed start. CUTS=10 SEED=7 tests/integration/42-power-cuts.sh for more of them.
. "$(dirname "$0")/lib.sh"
command -v qemu-system-x86_64 >/dev/null || { skip "QEMU" "qemu-system-x86_64 is not installed"; exit 0; }
[ -e "$out/light.raw" ] || { bad "the light image was built"; exit 1; }
cuts=${CUTS:-2} a_disk=3
RANDOM=${SEED:-$(($$ % 32768))}
echo "# seed ${SEED:-$(($$ % 32768))}"
disk=$work/disk.raw
fresh() { cp --sparse=always "$out/light.raw" "$disk"; }

# How long an undisturbed first start takes on this machine, now: cuts fall somewhere in it.
fresh
begin=$(date +%s%N)
"$integration/boot-qemu.sh" --disk "$disk" --keep --timeout 900 --log "$work/log" --inside "$integration/inside.sh:light 400" --cut-after-end
whole=$((($(date +%s%N) - begin) / 1000000))
relay "undisturbed" "$work/log.inside"
echo "# the first start took $whole ms"

done_cuts=0
while [ $done_cuts -lt "$cuts" ]; do
	fresh
	for _ in $(seq $a_disk); do
		[ $done_cuts -lt "$cuts" ] || break
		# from the firmware's end to a little beyond the last step
		moment=$((whole / 8 + (RANDOM * 32768 + RANDOM) % whole))
		"$integration/boot-qemu.sh" --disk "$disk" --keep --timeout 900 --log "$work/log" \
			--cut-after "$(printf '%d.%03d' $((moment / 1000)) $((moment % 1000)))"
		done_cuts=$((done_cuts + 1))
		echo "# cut $done_cuts after $moment ms: $(grep -aoE 'hie: [a-z].*|Reached target [^.]*' "$work/log" | tail -1 | tr -d '\r')"
	done
	"$integration/boot-qemu.sh" --disk "$disk" --keep --timeout 900 --log "$work/log" --inside "$integration/inside.sh:light 400"
	relay "after $done_cuts cuts" "$work/log.inside"
	cp "$work/log" "build/check/log/qemu-cuts-$done_cuts.log" 2>/dev/null
	try "the data partition needs no person" bash -c "
		start=\$(sfdisk -J '$disk' | python3 -c 'import json, sys
print([p[\"start\"] // 2048 for p in json.load(sys.stdin)[\"partitiontable\"][\"partitions\"] if p[\"name\"] == \"data\"][0])')
		dd if='$disk' of='$work/data' bs=1M skip=\$start conv=sparse status=none
		e2fsck -fp '$work/data'; [ \$? -le 1 ]"
done
