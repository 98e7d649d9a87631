#!/usr/bin/env bash
# hiebox test on the demo's disk, in QEMU: to health, one workflow, and what it says of the box; nothing is written to the disk.
. "$(dirname "$0")/lib.sh"
command -v qemu-system-x86_64 >/dev/null || { skip "QEMU" "qemu-system-x86_64 is not installed"; exit 0; }
[ -e "$out/demo.raw" ] || { bad "the demo was built"; exit 1; }
mkdir -p build/check/log "$work/tmp"
export TMPDIR=$work/tmp
identity() { stat -Lc '%Y %Z %s %b' "$out/demo.raw"; }
before=$(identity)
timeout 2400 "$hiebox" test "$out/demo.raw" clinical-visit --no-restart --junit "$work/junit.xml" --report "$work/report.html" \
	>"$work/tap" 2>"$work/errors" </dev/null
same "the disk passes" 0 $?
grep -E '^(not ok|Bail out)' "$work/tap" | sed 's/^/#   /'
tail -n 8 "$work/errors" | sed 's/^/# /'
cp "$work/tap" build/check/log/test-disk.tap; cp "$work/report.html" build/check/log/test-disk.html
try "in QEMU" grep -qE '^start .*QEMU, (KVM|emulated)' "$work/errors"
same "the workflow's steps passed" yes "$([ "$(grep -c '^ok [0-9]* - clinical-visit/' "$work/tap")" -gt 3 ] && echo yes)"
for name in 'no unit failed' 'nothing listens' 'the firewall' 'default logins' 'everything runs'; do
	same "it looked: $name" 1 "$(grep -c "^ok [0-9]* - $name" "$work/tap")"
done
same "the disk is as it was" "$before" "$(identity)"
same "nothing is left in the temporary folder" "" "$(ls -A "$work/tmp")"
same "no QEMU is left" 0 "$(pgrep -fc "qemu-system.*$work" || :)"
echo "1..$number"
