#!/usr/bin/env bash
# doctor.sh: systems that do not let hiebox build, made with namespaces: doctor and build say the same sentence, and
# both end with status 1. The whole texts are in tests/unit/base/advice.c.
cd "$(dirname "$0")/../.." || exit 1
hiebox=$PWD/build/check/hiebox
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
number=0
export ASAN_OPTIONS=detect_leaks=0 # the leak check cannot look into a process of another namespace

say() { number=$((number + 1)); echo "$1 $number - $2"; }
skip() { say ok "$1 # SKIP $2"; }
# refused NAME PATTERN COMMAND…: the command is put before both; the sentence is what build prints first
refused() {
	local name=$1 pattern=$2 built asked sentence; shift 2
	"$@" "$hiebox" build recipes/light.yaml --project . --offline --store "${store:-$work/store}" -o "$work/out" >"$work/build" 2>&1 </dev/null; built=$?
	"$@" "$hiebox" doctor --store "${store:-$work/store}" >"$work/doctor" 2>&1 </dev/null; asked=$?
	sentence=$(grep -m1 -E -- "$pattern" "$work/build" | sed 's/^hiebox: //')
	if [ "$built $asked" = "1 1" ] && [ "$sentence" ] && grep -qF -- "$sentence" "$work/doctor" && [ ! -e "$work/out" ]; then
		say ok "$name"
	else
		say "not ok" "$name: statuses $built and $asked, wanted /$pattern/ in both"
		sed 's/^/#   /' "$work/build" "$work/doctor" | head -40
	fi
}
root() { [ "$(id -u)" = 0 ]; }
# an ordinary user who may: the first of /etc/subuid, or the caller
ordinary=$(id -un); root && ordinary=$(sed -n '1s/:.*//p' /etc/subuid)
as_user() { if root; then setpriv --reuid="$ordinary" --regid="$(id -g "$ordinary")" --clear-groups "$@"; else "$@"; fi; }
export -f as_user root; export ordinary
# root may read what only the tests' folder of a person shows to others
readable() { as_user test -x "$hiebox" -a -r recipes/light.yaml; }

if unshare -r true 2>/dev/null; then
	refused "a namespace of one id" 'only 1 user ids exist' unshare -r
else skip "a namespace of one id" "user namespaces are switched off"; fi
if root; then
	mkdir "$work/mount"
	here() { unshare --mount --propagation private bash -c 'eval "$0"; exec "$@"' "$@"; }
	store=$work/mount/store
	if unshare -m true 2>/dev/null; then
		# the sentence about a folder comes before tools are unpacked, but after the packages: of doctor alone
		here "mount -t tmpfs -o noexec m '$work/mount'" "$hiebox" doctor --store "$store" >"$work/doctor" 2>&1; rc=$?
		[ $rc = 1 ] && grep -q 'mount -o remount,exec' "$work/doctor" && say ok "a store where nothing may run" || say "not ok" "a store where nothing may run: $(cat "$work/doctor")"
		here "mount -t ramfs m '$work/mount'" "$hiebox" doctor --store "$store" >"$work/doctor" 2>&1; rc=$?
		[ $rc = 1 ] && grep -q 'does not keep file capabilities' "$work/doctor" && say ok "a store without attributes" || say "not ok" "a store without attributes: $(cat "$work/doctor")"
	fi
	store=
	refused "root without capabilities" 'root is without CAP_SETUID,CAP_SETGID,CAP_SETFCAP' setpriv --bounding-set=-all --inh-caps=-all
	limited() { # the limit belongs to the namespace: 0 there, untouched here
		unshare --user sleep 30 & local inner=$!; sleep 0.3
		echo "0 0 4294967295" >"/proc/$inner/uid_map"; echo "0 0 4294967295" >"/proc/$inner/gid_map"
		nsenter --user --target $inner bash -c 'echo 0 >/proc/sys/user/max_user_namespaces; as_user "$@"' limited "$@"
		local rc=$?; kill $inner; return $rc
	}
	if ! unshare --user true 2>/dev/null; then skip "user namespaces switched off" "they are"
	elif ! readable; then skip "user namespaces switched off" "$ordinary may not read this folder"
	else refused "user namespaces switched off" 'namespaces are switched off here .user.max_user_namespaces.' limited; fi
fi
if ! readable || [ ! "$ordinary" ]; then skip "an ordinary user" "who has subordinate ids and may read this folder"
else
	refused "no newuidmap" 'cannot build without root yet: newuidmap and newgidmap are missing' as_user env HIEBOX_TOOL_NEWUIDMAP=/nonexistent
	refused "set-user-ID programs without power" 'no_new_privs' as_user setpriv --no-new-privs
fi
"$hiebox" doctor --json --store "$work/store" 2>/dev/null | python3 -c 'import json, sys
for item in json.load(sys.stdin):
    assert set(item) == {"check", "ok", "state", "found", "advice"} and item["found"] and (item["advice"] or item["ok"]), item' &&
	say ok "doctor --json" || say "not ok" "doctor --json"
# a caller that ignores the end of children (some daemons do)
sandbox() { "$@" doctor --store "$work/store" 2>&1 | grep ' sandbox '; }
ignoring='import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])'
[ "$(sandbox "$hiebox")" = "$(sandbox python3 -c "$ignoring" "$hiebox")" ] &&
	say ok "a caller that ignores SIGCHLD" || say "not ok" "a caller that ignores SIGCHLD"
echo "1..$number"
