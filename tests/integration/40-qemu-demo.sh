#!/usr/bin/env bash
# The whole demo disk in QEMU under SeaBIOS, on a larger medium than it was made for: first boot, growth, the
# acceptance test, power cut. (Restart, reset and rescue of the whole stack: 30-nspawn.sh, which needs no emulation.)
. "$(dirname "$0")/lib.sh"
command -v qemu-system-x86_64 >/dev/null || { skip "QEMU" "qemu-system-x86_64 is not installed"; exit 0; }
[ -e "$out/demo.raw" ] || { bad "the demo was built"; exit 1; }
disk=$work/disk.raw
cp --sparse=always "$out/demo.raw" "$disk"
truncate -s +1G "$disk"
read -r _ size < <(partition demo data)
"$integration/boot-qemu.sh" --disk "$disk" --keep --memory 3G --timeout 2600 --log "$work/log" \
	--inside "$integration/inside.sh:exchange 2400" --cut-after-end
relay "first boot" "$work/log.inside"
cp "$work/log" build/check/log/qemu-demo.log
sfdisk --verify "$disk" >"$work/verify" 2>&1
try "the table was moved to the larger medium's end without errors" grep -q 'No errors detected' "$work/verify"
grown=$(sfdisk -J "$disk" | python3 -c 'import json, sys
print([p["size"] * 512 for p in json.load(sys.stdin)["partitiontable"]["partitions"] if p["name"] == "data"][0])')
try "data grew: $size to $grown" test "$grown" -gt $((size + 900000000))
# what the power cut left: the journal makes it whole, as the box's own e2fsck -p does at its next start
start=$(sfdisk -J "$disk" | python3 -c 'import json, sys
print([p["start"] * 512 for p in json.load(sys.stdin)["partitiontable"]["partitions"] if p["name"] == "data"][0])')
dd if="$disk" of="$work/data" bs=1M skip=$((start >> 20)) count=$((grown >> 20)) conv=sparse status=none
e2fsck -p "$work/data" >"$work/fsck" 2>&1
same "after the power cut e2fsck -p needs no person" yes "$([ $? -le 1 ] && echo yes)"
# a whole pass: the journal's replay leaves the mark of the orphan file, which -fp clears without a question
e2fsck -fp "$work/data" >"$work/fsck" 2>&1
same "a whole pass needs no person either" yes "$([ $? -le 1 ] && echo yes)"
try "and then there is nothing left to say" e2fsck -fn "$work/data"
