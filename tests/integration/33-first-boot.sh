#!/usr/bin/env bash
# First boot with a card: hiebox.conf on the real FAT partition of a disk whose clock says 1970, and in a container
# by its boot-nspawn.sh --card; what it says becomes so, and no password is left anywhere on the partition.
. "$(dirname "$0")/lib.sh"
try "light was built" "$hiebox" build recipes/light.yaml -o "$out"
[ -e "$out/light.raw" ] || exit 1
cat >"$work/hiebox.conf" <<-'CONF'
	name: clinic-07
	language: fr
	time-zone: Africa/Kampala
	wifi: { name: Arua, password: "secret-waves-7", country: UG }
	ssh-keys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIN4H9Rrnd1dpTb2xYtRh3PBWQtZKRNbN1DkQmhUiZoYJ me]
	passwords:
	  admin: "correct-horse-7"
	  admni: "wrong-password"
CONF
sed -i 's/$/\r/' "$work/hiebox.conf" # Notepad
same "hiebox check finds its only mistakes on the box" "$work/hiebox.conf: no mistakes" "$("$hiebox" check "$work/hiebox.conf" 2>&1)"

if [ "$(id -u)" = 0 ]; then
	mkdir "$work/card"
	cp "$work/hiebox.conf" "$work/card/"
	for start in first again; do
		in_box "container, $start" light "$(inside_command inside.sh card 300)" --machine hiebox-card --card "$work/card"
	done
fi

# the disk itself: mtools writes the file, QEMU starts it in 1970
read -r start size <<<"$(partition light HIEBOX)"
cp --sparse=always "$out/light.raw" "$work/disk.raw"
try "hiebox.conf is put on the card" mcopy -o -i "$work/disk.raw@@$start" "$work/hiebox.conf" ::hiebox.conf
is_on_card() { dd if="$work/disk.raw" bs=1M iflag=skip_bytes,count_bytes skip="$start" count="$size" status=none | grep -ac "$1"; }
same "before the start the password is on the card" 1 "$(is_on_card correct-horse-7)"
try "the disk starts in 1970" "$integration/boot-qemu.sh" --disk "$work/disk.raw" --keep --clock 1970-01-01T00:00:10 --memory 1G \
	--log "$work/qemu" --timeout 2400 --inside "$integration/inside.sh:clock 900"
relay "disk, in 1970" "$work/qemu.inside"
cp "$work/qemu" build/check/log/first-boot.log 2>/dev/null
same "no password is left on the card" "0 0" "$(is_on_card correct-horse-7) $(is_on_card secret-waves-7)"
same "a wrong one is" 1 "$(is_on_card wrong-password)"
mcopy -i "$work/disk.raw@@$start" ::hiebox.conf.mistakes.txt "$work/mistakes"
same "the card says what is wrong" 1 "$(grep -c 'hiebox.conf:8:3: passwords.admni: this box has no such password' "$work/mistakes")"
