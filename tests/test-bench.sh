#!/usr/bin/env bash
# test-bench.sh [WORKFLOW]: `hiebox test demo --nspawn`, from a built recipe to the first workflow's first step. Its peer is the box's
# own slowest service in the same run: no test can begin before that is ready. Root only.
#   SLACK=3   seconds beyond the slowest service's own start; more is `not ok`
set -u
workflow=${1:-no-credentials}
. "$(dirname "$0")/integration/lib.sh"
need_root "systemd-nspawn"
[ -e "$out/demo.raw.json" ] || { bad "the demo was built"; exit 1; }
stamped() { while IFS= read -r line; do printf '%s %s\n' "$(date +%s.%N)" "$line"; done; }
began=$(date +%s.%N)
"$hiebox" -v test "$out/demo.raw" "$workflow" --nspawn --no-restart >"$work/tap" 2> >(stamped >"$work/errors") </dev/null
status=$?
sleep 0.2
same "the workflow passes" 0 $status
waited=$(awk '$2 == "wait" { print $1 }' "$work/errors")
read -r unit own < <(sed -n 's/.*the slowest, \([^ ]*\), took \([0-9.]*\) s.*/\1 \2/p' "$work/errors")
[ -n "$waited" ] && [ -n "${own:-}" ] || { bad "it says when it waited, and for whom"; sed 's/^/#   /' "$work/errors"; exit 1; }
awk -v a="$began" -v b="$waited" -v own="$own" -v unit="$unit" -v load="$(cut -d' ' -f1 /proc/loadavg)" 'BEGIN {
	printf "# from the command to the first step: %.1f s, load %s; the slowest service, %s: %.1f s (ratio %.2f)\n", b - a, load, unit, own, (b - a) / own }'
if awk "BEGIN { exit !($waited - $began <= $own + ${SLACK:-3}) }"; then ok "the first step at most ${SLACK:-3} s after the slowest service"; else
	bad "the first step at most ${SLACK:-3} s after the slowest service" "$(awk "BEGIN { print $waited - $began - $own }") s"; fi
echo "1..$number"
