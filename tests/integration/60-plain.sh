#!/usr/bin/env bash
# All that a recipe alone can ask for, in both layouts: the plain disk in QEMU under SeaBIOS, on a larger medium than
# it was made for; the same wishes on layers in systemd-nspawn.
. "$(dirname "$0")/lib.sh"
layout_plain() {
	command -v qemu-system-x86_64 >/dev/null || { skip "QEMU" "qemu-system-x86_64 is not installed"; return; }
	[ -e "$out/plain.raw" ] || { bad "the plain image was built"; return; }
	disk=$work/disk.raw
	cp --sparse=always "$out/plain.raw" "$disk"
	truncate -s +1G "$disk"
	"$integration/boot-qemu.sh" --disk "$disk" --keep --timeout 900 --log "$work/log" --inside "$integration/inside.sh:plain 600"
	relay "plain" "$work/log.inside"
	cp "$work/log" build/check/log/qemu-plain.log
	try "the table has no errors on the larger medium" bash -c "sfdisk --verify $disk 2>&1 | tee /dev/stderr | grep -q 'No errors detected'"
	read -r names start size < <(sfdisk -J "$disk" | python3 -c 'import json, sys
table = json.load(sys.stdin)["partitiontable"]["partitions"]
print(",".join(p["name"] for p in table), table[-1]["start"] * 512, table[-1]["size"] * 512)')
	same "no new partition" bios,efi,HIEBOX,root "$names"
	dd if="$disk" of="$work/root" bs=1M skip=$((start >> 20)) count=$(((size + 1048575) >> 20)) conv=sparse status=none
	try "e2fsck has nothing to say about the grown root" e2fsck -fn "$work/root"
}
layout_layers() {
	try "build site" "$hiebox" build tests/recipes/site.yaml --project . -o "$out"
	[ -e "$out/site.raw.json" ] || return
	unsquashfs -l "$(layer_file site site)" >"$work/list" 2>/dev/null
	same "data that shall not grow: nothing grows it" "" "$(grep -E 'repart\.d/|hie-grow-data' "$work/list")"
	try "the recipe's unit is in the layer" grep -q 'systemd/system/site-note.service$' "$work/list"
	[ "$(id -u)" = 0 ] || { skip "systemd-nspawn" "needs root"; return; }
	command -v systemd-nspawn >/dev/null || { skip "systemd-nspawn" "it is not installed"; return; }
	in_box "site" site "$(inside_command inside.sh site 300)"
	cp "$work/log" build/check/log/nspawn-site.log 2>/dev/null
}
layout_layers
layout_plain
