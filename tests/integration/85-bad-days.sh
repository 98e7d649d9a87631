#!/usr/bin/env bash
# Bad days of machines: disks that do not start, kernels that panic, QEMU that is killed, temporary folders of odd names, and
# kill -9 in the first moments. Each time a sentence, the right exit status, a report with what happened last, nothing left.
. "$(dirname "$0")/lib.sh"
command -v qemu-system-x86_64 >/dev/null || { skip "QEMU" "qemu-system-x86_64 is not installed"; exit 0; }
[ -e "$out/light.raw" ] || { bad "the light image was built"; exit 1; }
mkdir "$work/tmp"
export TMPDIR=$work/tmp MTOOLS_SKIP_CHECK=1
efi=$(partition light efi | cut -d ' ' -f 1)
# says NAME STATUS PATTERN COMMAND…: its exit status and what it says, and that nothing is left
says() {
	local name=$1 status=$2 pattern=$3 got
	shift 3
	timeout -k 5 300 "$@" >"$work/said" 2>&1 </dev/null
	got=$?
	if [ $got = "$status" ] && grep -qE -- "$pattern" "$work/said"; then ok "$name"; else
		bad "$name" "status $got"; tail -n 15 "$work/said" | cut -c 1-300 | sed 's/^/#   /'
	fi
	same "$name: nothing is left" "" "$(ls -A "$work/tmp"; pgrep -f "qemu-system.*$work")"
}
copy() { cp --sparse=always "$out/light.raw" "$work/$1.raw"; }
# grub NAME EXPRESSION: a copy with another kernel command line
grub() {
	copy "$1"
	mcopy -i "$work/$1.raw@@$efi" ::/grub/grub.cfg - | sed "$2" >"$work/grub.cfg"
	mcopy -o -i "$work/$1.raw@@$efi" "$work/grub.cfg" ::/grub/grub.cfg
}

# told before anything starts
copy spoiled
truncate -s 500M "$work/spoiled.raw"
says "cut short" 3 'spoiled.raw: it is cut short: it has 524 MB' "$hiebox" test "$work/spoiled.raw" --project .
copy spoiled
dd if=/dev/zero of="$work/spoiled.raw" bs=1M seek=1 count=1 conv=notrunc status=none
says "without its boot loader" 1 'partition 1 \(bios\), where the boot loader should be' "$hiebox" run "$work/spoiled.raw" --project .
copy spoiled
dd if=/dev/zero of="$work/spoiled.raw" bs=1M seek=$((efi >> 20)) count=1 conv=notrunc status=none
says "without its kernel" 3 'partition 2 \(efi\), where the kernel should be' "$hiebox" test "$work/spoiled.raw" --project .
rm "$work/spoiled.raw"
says "nowhere for what is written" 1 "TMPDIR: $work/none is no folder that may be written" \
	env TMPDIR="$work/none" "$hiebox" run "$out/light.raw" --project . --headless

# a kernel that panics: the report has its last words
grub panic 's/ro panic=10/ro panic=0 rdinit=\/none/'
says "a kernel that panics" 3 'the kernel inside panicked' \
	"$hiebox" test "$work/panic.raw" --project . --junit "$work/panic.xml" --report "$work/panic.html"
try "JUnit's file says so" grep -q 'the kernel inside panicked' "$work/panic.xml"
try "the page has the kernel's last words" grep -q 'end Kernel panic' "$work/panic.html"
# and one that starts over and over
grub loop 's/ro panic=10/ro panic=-1 rdinit=\/none/; s/set timeout=3/set timeout=0/'
says "one that starts over and over" 3 'restarted [0-9]+ times by itself and does not come up' "$hiebox" test "$work/loop.raw" --project .

copy start
# begin [WORD…]: hiebox run in the background; its number in $running
disk=start
begin() { "$@" "$hiebox" run "$work/$disk.raw" --project . --headless --ssh >"$work/said" 2>&1 </dev/null & running=$!; }
begins() { for _ in $(seq 200); do grep -q '^Ctrl-C' "$work/said" && return; sleep 0.1; done; bad "it starts"; cat "$work/said"; }
for moment in 0.05 0.1 0.15 0.2 0.3 0.5 1; do
	begin
	sleep $moment
	kill -KILL $running
	wait $running 2>/dev/null
done
begin
begins
kill -KILL "$(pgrep -P $running -x qemu-system-x86)"
wait $running
same "QEMU that is killed is a failure" 1 $?
try "which says so" grep -q 'the machine ended: .*killed by signal 9' "$work/said"
same "nothing is left of this and of seven that were killed early" "" "$(ls -A "$work/tmp"; pgrep -f "qemu-system.*$work")"
begin nohup
begins
kill -HUP $running
sleep 1
try "with nohup the terminal's end does not end it" kill -0 $running
kill -TERM $running
sleep 0.5
kill -TERM $running
wait $running
same "ended at once by a second signal" 1 $?
same "and nothing is left" "" "$(ls -A "$work/tmp"; pgrep -f "qemu-system.*$work")"

# who runs it without its console is told, too
disk=panic
begin
for _ in $(seq 600); do grep -q '^It does not come up' "$work/said" && break; sleep 0.1; done
try "a kernel that panics, without its console" grep -q '^It does not come up: the kernel inside panicked' "$work/said"
kill -TERM $running
sleep 0.5
kill -TERM $running
wait $running

# overlayfs and systemd-nspawn have uses of their own for these
if [ "$(id -u)" = 0 ] && command -v systemd-nspawn >/dev/null; then
	mkdir "$work/tmp/a:b,c \\d'\$"
	TMPDIR="$work/tmp/a:b,c \\d'\$" "$hiebox" test "$out/light.raw" --project . --nspawn --no-restart >"$work/said" 2>&1 </dev/null
	same "a container in a folder of an odd name" 0 $?
	same "which is empty afterwards" "" "$(ls -A "$work/tmp"/*)"
else
	skip "a container in a folder of an odd name" "needs root and systemd-nspawn"
fi
echo "1..$number"
