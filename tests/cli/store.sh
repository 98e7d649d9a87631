#!/usr/bin/env bash
# store.sh: gc and shell as a person meets them, on a store made of files by hand.
. "$(dirname "$0")/../support/cli.sh"
store=$work/store

a=$(printf 'a%.0s' $(seq 64)) b=$(printf 'b%.0s' $(seq 64))
expect "gc of a new store has nothing to do" 0 'together +go +0 +0 B' "$hiebox" gc --store "$store"
mkdir -p "$store/blobs/sha256/aa" "$store/blobs/sha256/bb" "$store/layers/$a" "$store/kept/20260101-000000-box/trees"
echo a >"$store/blobs/sha256/aa/$a"; echo b >"$store/blobs/sha256/bb/$b"
expect "gc takes nothing when no lock was ever recorded" 1 'build your recipes once, or say --keep-lock' "$hiebox" gc --store "$store"
echo lock >"$work/box.lock"
printf '# hiebox use 1\nlock %s\nlock-digest %s\nrecipe %s\nused %s\nblob sha256:%s\n' "$work/box.lock" \
	"$(sha256sum <"$work/box.lock" | cut -d' ' -f1)" "$work/box.yaml" "$a" "$a" >"$store/uses/1"
expect "gc --dry-run says why" 0 '^downloads +stay +1 +.* a lock names them' "$hiebox" gc --dry-run --store "$store"
expect "and what would go" 0 '^ +go +1 .* no lock names them' "$hiebox" gc -n --store "$store"
expect "and which locks hold" 0 "^locks: +$work/box.lock" "$hiebox" gc -n --store "$store"
expect "and removes nothing" 0 "$b" ls "$store/blobs/sha256/bb"
expect "an age that is none" 2 'older-than: expected a time such as 30d' "$hiebox" gc --older-than soon --store "$store"
expect "nothing is so old" 0 'together +go +0' "$hiebox" gc --older-than 1h --store "$store"
expect "a lock that is not there" 1 'none.lock' "$hiebox" gc --keep-lock "$work/none.lock" --store "$store"
expect "gc asks nothing without a terminal" 0 'together +go +2 ' "$hiebox" gc --store "$store"
expect "what the lock names is there" 0 "$a" ls "$store/blobs/sha256/aa" "$store/layers"
expect "what nobody names is gone" 0 '^0$' bash -c "ls '$store/blobs/sha256/bb' '$store/kept' | grep -c '[b2]\{4\}' ; true"
rm "$work/box.lock"
expect "without the lock the rest goes" 0 'gone: +.*/box.lock' "$hiebox" gc --store "$store"
expect "quietly, it says nothing" 0 '^0$' bash -c "'$hiebox' gc -q --store '$store' | wc -c"
expect "shell without an argument is wrong use" 2 'shell needs an argument' "$hiebox" shell --store "$store"
expect "shell of something unknown" 1 'there is no recipe, layer or kept build "nothing"' "$hiebox" shell nothing --store "$store"
expect "shell of a recipe that was not built" 1 'demo.yaml was not built with this store yet' "$hiebox" shell demo --store "$store"
echo "1..$number"
