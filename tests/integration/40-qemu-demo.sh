#!/usr/bin/env bash
# The whole demo disk in QEMU under SeaBIOS: first boot with growth to a larger medium, a power cut, second boot.
. "$(dirname "$0")/lib.sh"
command -v qemu-system-x86_64 >/dev/null || { skip "QEMU" "qemu-system-x86_64 is not installed"; exit 0; }
[ -e "$out/demo.raw" ] || { bad "the demo was built"; exit 1; }
disk=$work/disk.raw
cp --sparse=always "$out/demo.raw" "$disk"
truncate -s +1G "$disk"
# boot NAME INSIDE-TEST [boot-qemu options…]
boot() {
	local name=$1 test=$2; shift 2
	"$integration/boot-qemu.sh" --disk "$disk" --keep --memory 3G --timeout 1500 --log "$work/log" \
		--inside "$integration/inside.sh:$test 1400" "$@"
	relay "$name" "$work/log.inside"
	cp "$work/log" "build/check/log/qemu-${name// /-}.log"
}
read -r _ size < <(partition demo data)
boot "first boot" exchange --cut-after-end
sfdisk --verify "$disk" >"$work/verify" 2>&1
try "the table was moved to the larger medium's end without errors" grep -q 'No errors detected' "$work/verify"
grown=$(sfdisk -J "$disk" | python3 -c 'import json, sys
print([p["size"] * 512 for p in json.load(sys.stdin)["partitiontable"]["partitions"] if p["name"] == "data"][0])')
try "data grew: $size to $grown" test "$grown" -gt $((size + 900000000))
boot "after a power cut" again
try "the journal was replayed" grep -aqE 'recovering journal|clean, ' "$work/log"
