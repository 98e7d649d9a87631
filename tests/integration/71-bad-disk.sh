#!/usr/bin/env bash
# Disks that are full, small, read-only or rotten, and two builds at once: one clear sentence, nothing lost, nothing half
# made, and success once there is room. By hand: FLIPS=100 tests/integration/71-bad-disk.sh spoils more bytes.
if [ -z "${HIEBOX_OWN_MOUNTS:-}" ] && [ "$(id -u)" = 0 ]; then
	HIEBOX_OWN_MOUNTS=1 exec unshare -m --propagation private "$0" "$@"
fi
. "$(dirname "$0")/lib.sh"
need_root "bad disks"
trap 'umount -R "$work"/disk "$work"/out 2>/dev/null; rm -rf --one-file-system "$work"' EXIT
mkdir "$work/disk" "$work/out"
small_mirror
mirror=file://$work/mirror/debian
own=$work/disk/store
# build NAME [OPTION…]: in the background, its words in $work/NAME
build() { local name=$1; shift; "$hiebox" build "$work/small.yaml" --project . --store "$own" --mirror "$mirror" -o "$work/out" "$@" >"$work/$name" 2>&1; }
clean() { # clean WHAT: the store holds nothing wrong
	if "$hiebox" verify-store --store "$own" 2>&1 | tee "$work/verify" | grep -q ' 0 wrong and removed$'; then ok "$1: the store is clean"
	else bad "$1: the store is clean" "$(tail -n 2 "$work/verify")"; fi
}
# fails NAME PATTERN STATUS: exit 1, one sentence with the pattern, no image, no hidden file
fails() {
	if [ "$3" = 1 ] && grep -qE "$2" "$work/$1"; then ok "$1: one sentence"; else bad "$1: one sentence" "status $3, $(grep -v ' s$' "$work/$1" | tail -n 3)"; fi
	[ -z "$(ls -A "$work/out" | grep -v '^small.raw')" ] || bad "$1: nothing half made" "$(ls -A "$work/out")"
}
# when WORD NAME COMMAND…: as soon as the build's words have it
when() {
	local word=$1 name=$2 i; shift 2
	for i in $(seq 1200); do grep "^$word " "$work/$name" 2>/dev/null | grep -qv " so far" && break; sleep 0.05; done
	"$@"
}
# shrink DIRECTORY [KIB]: room for so much more; again when a build has written more than that since we looked
shrink() {
	local i
	for i in $(seq 50); do
		mount -o "remount,size=$(($(df --output=used -k "$1" | tail -1) + ${2:-64}))k" "$1" 2>/dev/null && return
	done
	echo "$1 could not be made smaller"
}

# --- too small from the beginning: told before anything is fetched
mount -t tmpfs -o size=20M disk "$work/disk"
mount -t tmpfs -o size=4G out "$work/out"
for size in 20 60 120 200 300 400 500 600 700 800 900 1000; do
	mount -o "remount,size=${size}M" "$work/disk"
	build small-disk; status=$?
	[ $status = 1 ] && grep -q "$own has room for .*needs about .*--store" "$work/small-disk" && continue
	bad "a store of $size MB" "status $status, $(tail -n 2 "$work/small-disk")"
done
[ "$(ls "$own/tools" "$own/layers" | grep -c '[0-9a-f]\{64\}')" = 0 ] && ok "twelve small disks: told before the work"
clean "twelve small disks"

# --- filled by somebody else in the middle of a step
mount -o remount,size=4G "$work/disk"
build full-tools & pid=$!
when fetch full-tools shrink "$work/disk" 30000
wait $pid; fails full-tools "$own (is full|has room for)|No space left" $?
clean "full while the tools root is unpacked"
mount -o remount,size=4G "$work/disk"
build full-layer & pid=$!
when configure full-layer shrink "$work/disk" 2000
wait $pid; fails full-layer "$own (is full|has room for)|No space left" $?
clean "full while a layer is compressed"
mount -o remount,size=4G "$work/disk"

# --- room again; the memory for trees is taken away: on the disk then
build undisturbed & pid=$!
# the subshell's child is the guard, the guard's child works, and mounts memory for the trees where it sees it alone
trees=
while kill -0 $pid 2>/dev/null && [ -z "$trees" ]; do
	worker=$(pgrep -P "$(pgrep -P $pid | head -1)" 2>/dev/null | head -1)
	trees=$(awk '$5 ~ /trees$/ { print $5; exit }' "/proc/${worker:-none}/mountinfo" 2>/dev/null)
	[ -n "$trees" ] || sleep 0.05
done
if [ -n "$trees" ] && nsenter -t "$worker" -m mount -o remount,size=50M "$trees" 2>"$work/nsenter"; then
	wait $pid; same "memory too small for the trees: success" 0 $?
	grep -q "did not fit into memory: once more, on the disk" "$work/undisturbed" && ok "the trees went to the disk" || bad "the trees went to the disk" "$(tail -n 3 "$work/undisturbed")"
else
	wait $pid; skip "memory too small for the trees" "no trees in memory here"
fi
clean "the undisturbed build"
reference=$(sha256sum <"$work/out/small.raw")

# --- the output folder
rm -f "$work"/out/*; mount -o remount,size=20M "$work/out"
build small-out; fails small-out "$work/out has room for .*needs about .* with -o" $?
mount -o remount,size=4G "$work/out"; (ulimit -f 100000; build limited); fails limited "files may not become large enough" $?
mount -o remount,ro "$work/out"; build read-only-out; fails read-only-out "cannot be written there; choose another place with -o: Read-only" $?
mount -o remount,rw "$work/out"; mount -o remount,ro "$work/disk"
build read-only-store; fails read-only-store "the store $own cannot be written: .*Read-only file system" $?
mount -o remount,rw "$work/disk"
build again; same "room again: success" "0 $reference" "$? $(sha256sum <"$work/out/small.raw")"

# --- two and three at once
rm -rf "$own"/layers/* "$work"/out/*
build first & first=$!
when unpack first true
build second & second=$!
build third & third=$!
sleep 1.5
kill -INT $third 2>/dev/null; kill -TERM $third; wait $third; status=$?
case $status in 130 | 143) ok "interrupted while it waits" ;; *) bad "interrupted while it waits" "status $status" ;; esac
try "lock while another builds" "$hiebox" lock "$work/small.yaml" --project . --store "$own" --offline
if grep -qE "waiting for process [0-9]+, which is building small" "$work/second"; then ok "the second says for whom it waits"; else bad "the second says for whom it waits" "$(cat "$work/second")"; fi
kill -9 $first; wait $first 2>/dev/null
wait $second; same "the first dies, the second goes on" "0 $reference" "$? $(sha256sum <"$work/out/small.raw")"
clean "three at once"

# --- rot: one byte of one file
python3 tests/support/rot.py "$hiebox" "$own" "${FLIPS:-8}"
rm -f "$work"/out/*
squashfs=$(find "$own/layers" -name layer.squashfs -size +20M | head -1)
printf x | dd of="$squashfs" bs=1 seek=1000000 conv=notrunc status=none
build rotten-layer; fails rotten-layer "the store is damaged: .*layer.squashfs is not as it was made; .hiebox verify-store. removes" $?
"$hiebox" verify-store --store "$own" >"$work/verify" 2>&1
grep -q ' 1 wrong and removed' "$work/verify" && ok "verify-store removes the rotten layer" || bad "verify-store removes the rotten layer" "$(cat "$work/verify")"

# --- the clock, and another build after the damage: the same bytes
if command -v faketime >/dev/null; then
	faketime '1990-01-02 03:04:05' "$hiebox" build "$work/small.yaml" --project . --store "$own" --mirror "$mirror" -o "$work/out" >"$work/past" 2>&1
	same "a build in 1990 after the damage: the same bytes" "0 $reference" "$? $(sha256sum <"$work/out/small.raw")"
	cp -r "$store/indexes" "$own/" 2>/dev/null
	sed "s/^recipe: small/recipe: other/" "$work/small.yaml" >"$work/other.yaml"
	faketime '1990-01-02 03:04:05' "$hiebox" lock "$work/other.yaml" --project . --store "$own" --offline >"$work/past" 2>&1
	grep -q "this machine's clock says 1990-01-02.*set the clock.*accepted, because this is offline" "$work/past" && ok "1990: the warning" || bad "1990: the warning" "$(cat "$work/past")"
	stamp=$(sed -n 's/^timestamp //p' "$work/other.lock")
	[ "${stamp:-0}" -gt 1700000000 ] && ok "1990: the lock's time is not before its indexes'" || bad "1990: the lock's time" "$stamp"
	faketime '2040-01-02 03:04:05' "$hiebox" build "$work/small.yaml" --project . --store "$own" --mirror "$mirror" -o "$work/out" >"$work/future" 2>&1
	same "a build in 2040: the same bytes" "0 $reference" "$? $(sha256sum <"$work/out/small.raw")"
	faketime '2040-01-02 03:04:05' "$hiebox" lock "$work/other.yaml" --update --project . --store "$own" --offline >"$work/future" 2>&1
	grep -q "expired.*this machine's clock says 2040-01-02" "$work/future" && ok "2040: the warning" || bad "2040: the warning" "$(cat "$work/future")"
else
	skip "a wrong clock" "faketime is not installed"
fi

# --- a file system without locks, a link as store, another user's store
if printf '#include <errno.h>\nint flock(int f,int o){(void)f;(void)o;errno=EOPNOTSUPP;return -1;}\n' | ${CC:-cc} -shared -fPIC -x c - -o "$work/noflock.so" 2>/dev/null; then
	LD_PRELOAD=$work/noflock.so timeout 20 "$hiebox" verify-store --store "$work/unlocked" >"$work/unlocked.log" 2>&1
	[ $? = 1 ] && grep -q "locks (flock)" "$work/unlocked.log" && ok "a file system without locks" || bad "a file system without locks" "$(tail -n 2 "$work/unlocked.log")"
fi
ln -s "$own" "$work/link"; rm -f "$work"/out/small.raw
"$hiebox" build "$work/small.yaml" --project . --store "$work/link" --offline -o "$work/out" >"$work/linked" 2>&1
same "a store behind a symbolic link" "0 $reference" "$? $(sha256sum <"$work/out/small.raw")"
mkdir "$work/theirs"; chown 12345 "$work/theirs"
"$hiebox" build "$work/small.yaml" --project . --store "$work/theirs" --offline -o "$work/out" >"$work/foreign" 2>&1
fails foreign "belongs to another user \(id 12345\): choose one of your own with --store" $?
