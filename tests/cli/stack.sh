#!/usr/bin/env bash
# What the initramfs decides about a data partition, on plain directories: new, used, damaged, reset, and a
# power cut at every step of a reset. Runs the box's own functions under every shell at hand.
cd "$(dirname "$0")/../.." || exit 1
if [ "${1:-}" != inside ]; then
	count=0
	for shell in dash bash "busybox sh"; do
		command -v "${shell%% *}" >/dev/null || continue
		count=$((count + 1))
		$shell "$0" inside "$shell" || exit 1
	done
	[ $count -gt 0 ]
	exit
fi

shell=$2 failed=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
data=$work/data hie_run=$work/run
hie_say() { :; }
hie_fail() { echo "not ok - $shell: $*"; exit 1; }
sync() { :; }
. overlays/boot/etc/initramfs-tools/scripts/hie-stack

# is NAME EXPECTED ACTUAL
is() {
	if [ "$2" = "$3" ]; then
		echo "ok - $shell: $1"
	else
		echo "not ok - $shell: $1: expected \"$2\", got \"$3\""
		failed=1
	fi
}
# a partition as the builder makes it
fresh() {
	rm -rf "$data"
	mkdir -p "$data/state" "$data/lost+found"
	echo new >"$data/.hiebox-data"
}
# one that a box has used: somebody's record is in it
used() {
	fresh
	hie_state "$data"
	echo Ada >"$data/state/var/upper/record"
}
holds() { ls "$data" | tr '\n' ' '; cat "$data/.hiebox-data" 2>/dev/null; }
record() { cat "$data/state/var/upper/record" 2>/dev/null || echo none; }

fresh; hie_state "$data"
is "a new partition is used without a word" "" "$hie_reason"
is "its directories are made" "etc plain var " "$(ls "$data/state" | tr '\n' ' ')"
is "and marked as used" "lost+found state used" "$(holds)"
echo Ada >"$data/state/var/upper/record"
hie_state "$data"
is "a used one keeps what it holds" Ada "$(record)"

lost="The data partition was damaged and what it held is lost."
part="The data partition was damaged and part of what it held is lost."
used; rm -rf "$data/state" "$data/.hiebox-data"; hie_state "$data"
is "an emptied partition is no new one" "$lost" "$hie_reason"
used; rm "$data/.hiebox-data"; hie_state "$data"
is "nor is one without the marker" "$lost" "$hie_reason"
used; : >"$data/.hiebox-data"; hie_state "$data"
is "nor one with an empty marker" "$lost" "$hie_reason"
for part_lost in state state/etc/upper state/var/upper state/plain; do
	used; rm -rf "${data:?}/$part_lost"; hie_state "$data"
	is "a used one without $part_lost is damaged" "$part" "$hie_reason"
	is "and is left as it is" yes "$([ -e "$data/$part_lost" ] && echo no || echo yes)"
done
hie_state "$data" reset
is "a reset makes it good again" ".none" "$hie_reason.$(record)"

used; hie_state "$data" reset
is "a reset forgets" none "$(record)"
is "and leaves nothing behind" "lost+found state used" "$(holds)"
used; echo >"$data/reset-requested"; hie_state "$data"
is "the page's request does the same" "none lost+found state used" "$(record) $(holds)"
rm -rf "$data"; mkdir "$data"; hie_state "$data" reset
is "a reset of an emptied partition makes it new" ". state used" "$hie_reason. $(holds)"

# power cuts: after the rename; after the marker; in the middle of deleting; while the new state is made
used; mv "$data/state" "$data/old.0"; hie_state "$data"
is "cut after the rename: goes on" ". none lost+found state used" "$hie_reason. $(record) $(holds)"
used; mv "$data/state" "$data/old.0"; echo >"$data/reset-requested"; hie_state "$data"
is "cut before the request was taken away: goes on" "none lost+found state used" "$(record) $(holds)"
used; mv "$data/state" "$data/old.0"; mkdir "$data/state"; echo new >"$data/.hiebox-data"; rm -r "$data/old.0/etc"
hie_state "$data"
is "cut while deleting: goes on" ". none lost+found state used" "$hie_reason. $(record) $(holds)"
fresh; mkdir -p "$data/state/etc/upper"; hie_state "$data"
is "cut while the first directories were made: goes on" ". lost+found state used" "$hie_reason. $(holds)"
used; echo new >"$data/.hiebox-data.new"; hie_state "$data"
is "cut while the marker was written: the old one counts" "Ada" "$(record)"

mkdir -p "$work/tree/etc"
printf 'root:x:0:0::/:\npostgres:x:117:125::/:\n' >"$work/tree/etc/passwd"
is "a user's number" 117 "$(hie_number "$work/tree/etc/passwd" postgres)"
is "a number is itself" 1000 "$(hie_number "$work/tree/etc/passwd" 1000)"
is "nobody has none" "" "$(hie_number "$work/tree/etc/passwd" post)"
exit $failed
