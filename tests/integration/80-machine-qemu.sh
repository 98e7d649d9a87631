#!/usr/bin/env bash
# The room `machine` with QEMU: the light disk through the door's own functions (tests/support/machine.c). A shell inside, a
# shared folder, ssh with a throw-away key, a program out here, a restart, an orderly end; the image stays as it was.
. "$(dirname "$0")/lib.sh"
command -v qemu-system-x86_64 >/dev/null || { skip "QEMU" "qemu-system-x86_64 is not installed"; exit 0; }
[ -e "$out/light.raw" ] || { bad "the light image was built"; exit 1; }
make -s MODE=release build/release/libhiebox.a >"$work/make" 2>&1 || { bad "libhiebox is built"; cat "$work/make"; exit 1; }
${CC:-cc} -std=gnu17 -O2 -Ibuilder -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -o "$work/machine" tests/support/machine.c \
	build/release/libhiebox.a $(pkg-config --libs libcrypto yaml-0.1 jansson) -lpthread -lm ||
	{ bad "tests/support/machine.c compiles"; exit 1; }
mkdir "$work/share" "$work/tmp"
echo "from out here" | tee "$work/share/file" >"$work/share/page"
ssh-keygen -q -t ed25519 -N '' -f "$work/key"
python3 -u -m http.server 0 --bind 127.0.0.1 --directory "$work/share" >"$work/http" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null; rm -rf --one-file-system "$work"' EXIT
until web=$(sed -n 's/^Serving .* port \([0-9]*\).*/\1/p' "$work/http") && [ -n "$web" ]; do sleep 0.1; done
export TMPDIR=$work/tmp
identity() { sha256sum <"$out/light.raw"; stat -Lc '%Y %Z %s %b' "$out/light.raw"; }
before=$(identity)

cat >"$work/look" <<SCRIPT
count=0
until systemctl is-active -q ssh.service && systemctl is-active -q nginx.service && systemctl is-active -q run-hie-share.mount; do
	count=\$((count + 1))
	[ \$count -lt 150 ] || { systemctl --no-pager status ssh nginx run-hie-share.mount; exit 1; }
	sleep 5
done
echo "user \$(id -u)"
cat /run/hie/share/file
touch /run/hie/share/no 2>/dev/null || echo "it cannot be written"
[ "\$(curl -s -m 600 --retry 20 --retry-delay 3 --retry-all-errors http://10.0.2.2:$web/page)" = "from out here" ] &&
	echo "the program out here answers"
echo mark >/var/lib/hie/mark
sync
SCRIPT
ssh="ssh -n -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ConnectTimeout=300 -o BatchMode=yes -i $work/key"
timeout 2000 "$work/machine" "$out/light.raw" memory=2G share="$work/share" ssh-key="$work/key.pub" port=443 port=22 reach="$web" \
	console="$work/console" \
	shell 60 "$(cat "$work/look")" \
	shell 60 'exit 7' \
	here "$ssh -p \$PORT2 root@127.0.0.1 'echo by ssh \$(id -u)'" \
	here 'echo "page $(curl -sk -m 300 -o /dev/null -w "%{http_code}" https://127.0.0.1:$PORT/)"' \
	restart 120 \
	shell 60 'echo "after: $(cat /var/lib/hie/mark)"; [ -e /run/hiebox-shell ] && systemctl is-active hiebox-shell.service' \
	off 60 >"$work/said" 2>&1
sed 's/^/# /' "$work/said"
cp "$work/console" build/check/log/machine-qemu.log 2>/dev/null
said() { try "$1" grep -qxF -- "$2" "$work/said"; }
try "it says how" grep -qE '^how QEMU, (KVM|emulated \(no KVM: .+\))$' "$work/said"
said "the script inside is root" "user 0"
said "its status comes back" "status 7"
said "the shared folder is there" "from out here"
said "and cannot be written" "it cannot be written"
said "programs inside reach ours" "the program out here answers"
said "ssh with the throw-away key" "by ssh 0"
try "a forwarded port" grep -qE '^page [1-5][0-9][0-9]$' "$work/said"
said "the same data after a restart" "after: mark"
said "switched off in order" "END"
same "the image is as it was" "$before" "$(identity)"
same "nothing is left in the temporary folder" "" "$(ls -A "$work/tmp")"

# Secure Boot, whose variables are forgotten; and kill -9 of whoever started it
if [ -e /usr/share/OVMF/OVMF_CODE_4M.secboot.fd ]; then
	variables=$(sha256sum /usr/share/OVMF/OVMF_VARS_4M.ms.fd)
	"$work/machine" "$out/light.raw" firmware=secure shell 60 'dmesg | grep -i "secure boot" | head -n 3' here "touch $work/there" wait \
		>"$work/secure" 2>&1 &
	machine=$!
	count=0
	until [ -e "$work/there" ] || ! kill -0 $machine 2>/dev/null || [ $count -gt 1200 ]; do sleep 0.5; count=$((count + 1)); done
	try "Secure Boot is enforced" grep -qi "secure boot enabled" "$work/secure"
	qemu=$(pgrep -P $machine -x qemu-system-x86)
	same "QEMU runs" yes "$([ -n "$qemu" ] && kill -0 "$qemu" && echo yes)"
	kill -KILL $machine
	wait $machine 2>/dev/null
	for _ in $(seq 100); do kill -0 "${qemu:-1}" 2>/dev/null || break; sleep 0.1; done
	same "and is gone with who started it" gone "$(kill -0 "${qemu:-1}" 2>/dev/null || echo gone)"
	same "the firmware's variables are as they were" "$variables" "$(sha256sum /usr/share/OVMF/OVMF_VARS_4M.ms.fd)"
	same "nothing is left in the temporary folder" "" "$(ls -A "$work/tmp")"
else
	skip "Secure Boot" "package ovmf is not installed"
fi
echo "1..$number"
