#!/usr/bin/env bash
# The whole demo disk in QEMU under SeaBIOS, on a larger medium than it was made for: first boot in 3 GB, growth, the
# acceptance test, a power cut while three clinics write; every patient that was acknowledged must be there.
# (Restart, reset and rescue of the whole stack: 30-nspawn.sh, which needs no emulation.)
. "$(dirname "$0")/lib.sh"
command -v qemu-system-x86_64 >/dev/null || { skip "QEMU" "qemu-system-x86_64 is not installed"; exit 0; }
[ -e "$out/demo.raw" ] || { bad "the demo was built"; exit 1; }
disk=$work/disk.raw
cp --sparse=always "$out/demo.raw" "$disk"
truncate -s +1G "$disk"
read -r _ size < <(partition demo data)
"$integration/boot-qemu.sh" --disk "$disk" --keep --memory 3G --timeout 2600 --log "$work/log" \
	--inside "$integration/inside.sh:writing 2400" --cut-at '^ACK ([6-9][0-9]|[1-9][0-9]{2,})$'
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
# What stands on the partition now goes on in a container: the same layers over the same data, without emulation.
acknowledged=$(tr -d '\r' <"$work/log.inside" | sed -n 's/^ACK \([0-9]*\)$/\1/p' | sort -n | paste -sd,)
try "patients were acknowledged before the cut" test "$(echo "$acknowledged" | tr , '\n' | wc -l)" -ge 50
if [ "$(id -u)" = 0 ] && mkdir "$work/mounted" && mount -o loop "$work/data" "$work/mounted"; then
	in_box "after the power cut" demo "$(inside_command inside.sh written "$acknowledged")" --data "$work/mounted" --machine hiebox-cut
	umount -l "$work/mounted"
else
	skip "after the power cut" "needs root and a loop device"
fi
