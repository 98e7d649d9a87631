#!/usr/bin/env bash
# story-bench.sh: the requests behind the screens' clicks on the demo booted in systemd-nspawn, the first time and after, beside
# the registry alone (the peer), and `hie reset --data`. Root only. The clicks themselves: integration/35-screens prints them.
. "$(dirname "$0")/integration/lib.sh"
need_demo
"$integration/boot-nspawn.sh" $(layers demo) --machine hiebox-story-bench --data "$work/data" --log "$work/log" --until 'login:' --timeout 300 \
	--run "nsenter -t \$MACHINE_LEADER -a hie status --wait 240 >/dev/null && nsenter -t \$MACHINE_LEADER -n python3 tests/bench/story.py \$MACHINE_LEADER" \
	>"$work/inside" 2>&1
sed '/^END$/d' "$work/inside"
grep -q '^END$' "$work/inside"
