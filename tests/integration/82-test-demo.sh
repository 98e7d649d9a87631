#!/usr/bin/env bash
# hiebox test on the demo, in systemd-nspawn: it passes; what is broken on purpose is found; and its bad days.
. "$(dirname "$0")/lib.sh"
need_demo
mkdir -p build/check/log
hiebox() { "$hiebox" test "$out/demo.raw" --nspawn "$@"; }
left() { # what a run may not leave: processes, mounts, folders
	pgrep -fc 'systemd-nspawn .*hiebox-machine' || :
	grep -c hiebox-machine /proc/self/mountinfo || :
	find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'hiebox-machine.*' -newer "$work" | wc -l
}
nothing=$'0\n0\n0'

# everything passes, and says so in three forms
hiebox --junit "$work/junit.xml" --testreport "$work/testreport.json" --report "$work/report.html" >"$work/tap" 2>"$work/errors"
same "the demo passes" 0 $?
grep -E '^(not ok|Bail out)' "$work/tap" | sed 's/^/#   /'
cp "$work/tap" build/check/log/test-demo.tap; cp "$work/report.html" build/check/log/test-demo.html; tail -n 3 "$work/errors" | sed 's/^/# /'
for name in 'no unit failed' 'nothing listens' 'the firewall' 'default logins' 'everything runs' 'a restart keeps' 'provisioning again'; do
	same "it looked: $name" 1 "$(grep -c "^ok [0-9]* - $name" "$work/tap")"
done
for workflow in recipes/workflows/*.yaml; do
	name=$(basename "$workflow" .yaml)
	if grep -q "^ok [0-9]* - $name" "$work/tap"; then ok "it played $name"; else bad "it played $name" "no line says so"; fi
done
same "the plan stands at the end" "1..$(grep -cE '^(not )?ok ' "$work/tap")" "$(tail -n 1 "$work/tap")"
try "JUnit's file is XML" python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$work/junit.xml"
try "the TestReport is JSON" python3 -c 'import json, sys; assert json.load(open(sys.argv[1]))["resourceType"] == "Bundle"' "$work/testreport.json"
# four times four characters that are a word of their own: parts of a UUID are none
password="(^|[^a-z0-9-])[a-z2-9]{4}(-[a-z2-9]{4}){3}($|[^a-z0-9-])"
same "no password of the box in the reports" "" "$(grep -ohE "$password" "$work/junit.xml" "$work/testreport.json" "$work/report.html")"
same "nothing is left" "$nothing" "$(left)"

# a workflow that fails
sed -e '0,/status: 201/s//status: 299/' -e 's/^workflow: .*/workflow: broken/' recipes/workflows/clinical-visit.yaml >"$work/broken.yaml"
hiebox --no-restart "$work/broken.yaml" >"$work/tap" 2>&1
same "a workflow that fails fails" 1 $?
same "with step, expectation and what came" 1 "$(grep -c 'broken.yaml:.*status: expected 299, got 201' "$work/tap")"

# Ctrl-C while it boots and while it plays
for seconds in 2 15; do
	rm -f "$work/stopped.xml"
	timeout -s INT "$seconds" "$hiebox" test "$out/demo.raw" --nspawn --junit "$work/stopped.xml" >"$work/tap" 2>&1 </dev/null
	same "interrupted after $seconds s: the report says so" 1 "$(grep -c 'it was interrupted (SIGINT)' "$work/stopped.xml" | sed 's/^[1-9].*/1/')"
	same "and nothing is left" "$nothing" "$(left)"
done
# kill -9: the kernel ends what it started; the folder goes with the next run
timeout -s KILL 10 "$hiebox" test "$out/demo.raw" --nspawn >"$work/tap" 2>&1 </dev/null
sleep 2
same "after kill -9 nothing runs, nothing is mounted" $'0\n0' "$(left | head -n 2)"

# a box that is gone in the middle: its report has the end of its journal all the same
"$hiebox" test "$out/demo.raw" --nspawn --report "$work/dead.html" >"$work/tap" 2>"$work/errors" </dev/null &
running=$!
for _ in $(seq 600); do grep -q '^play' "$work/errors" && break; sleep 0.2; done
kill -KILL $(pgrep -P $running -f systemd-nspawn)
wait $running
status=$?
same "a box that is killed is no success" yes "$(case $status in 1 | 3) echo yes ;; *) echo $status ;; esac)"
same "the report has the end of its journal" 1 "$(grep -c 'The end of its journal' "$work/dead.html" | sed 's/^[1-9].*/1/')"
same "and nothing is left" "$nothing" "$(left)"

# an image that cannot be
head -c 1M /dev/zero >"$work/zero.raw"
"$hiebox" test "$work/zero.raw" --nspawn --junit "$work/zero.xml" >"$work/tap" 2>&1
same "what is no image could not be run" 3 $?
try "and its report says so" grep -q zero.raw "$work/zero.xml"
