#!/usr/bin/env bash
# The light disk under UEFI and under UEFI with Secure Boot enforced; the start menu's reset and rescue entries.
. "$(dirname "$0")/lib.sh"
command -v qemu-system-x86_64 >/dev/null || { skip "QEMU" "qemu-system-x86_64 is not installed"; exit 0; }
[ -e "$out/light.raw" ] || { bad "the light image was built"; exit 1; }
# boot NAME INSIDE-TEST [boot-qemu options…]
boot() {
	local name=$1 test=$2; shift 2
	"$integration/boot-qemu.sh" --timeout 600 --log "$work/log" --inside "$integration/inside.sh:$test 400" "$@"
	relay "$name" "$work/log.inside"
	cp "$work/log" "build/check/log/qemu-${name// /-}.log"
}
if [ -e /usr/share/OVMF/OVMF_CODE_4M.fd ]; then
	boot "UEFI" light --disk "$out/light.raw" --firmware uefi
	boot "Secure Boot" light --disk "$out/light.raw" --firmware secure-boot
	try "the kernel says that Secure Boot is enforced" grep -aqiE 'secure boot enabled|Secureboot: enabled|secureboot=on' "$work/log"
else
	skip "UEFI" "package ovmf is not installed"
fi
disk=$work/disk.raw
cp --sparse=always "$out/light.raw" "$disk"
identity() { tr -d '\r' <"$work/log.inside" | sed -n 's/^# machine-id //p'; }
boot "BIOS, two disks with the same image" light --disk "$disk" --second-disk "$out/light.raw" --keep --cut-after-end
first=$(identity)
# the start menu over the serial console: ^N goes down; "start", "rescue", "forget everything" > "no", "yes"
boot "rescue from the start menu" rescue --disk "$disk" --keep --keys '\016\r'
boot "after a power cut" light --disk "$disk" --keep
same "it is the same box" "$first" "$(identity)"
boot "reset from the start menu" light --disk "$disk" --keep --keys '\016\016\r\016\r'
second=$(identity)
same "the reset made another box" "yes" "$([ -n "$first" ] && [ -n "$second" ] && [ "$first" != "$second" ] && echo yes)"
