#!/usr/bin/env bash
# A build that fails: its log, the kept tree, a shell in it, the call repeated; then gc, and a build without a network.
. "$(dirname "$0")/lib.sh"
export LC_ALL=C.UTF-8
own=$work/store project=$work/project

# a store of its own with the downloads of the common one, which it fills when it runs alone
"$hiebox" fetch light --quiet
mkdir -p "$own" "$project/recipes"
cp -al "$store/blobs" "$own/" 2>/dev/null || cp -a "$store/blobs" "$own/"
cp -r recipes/components recipes/boards recipes/light.* "$project/recipes/"
cp -r units overlays builder "$project/"
build() { "$hiebox" build "$project/recipes/light.yaml" --store "$own" --offline -o "$work/images" "$@"; }
# said NAME PATTERN FILE
said() { if grep -qE -- "$2" "$3"; then ok "$1"; else bad "$1" "no /$2/ in:"; sed 's/^/#   /' "$3"; fi; }

sed -i '1i #error broken on purpose' "$project/builder/agent/status.c"
build --keep-failed >"$work/failed" 2>&1
same "a build with a broken source fails" 1 $?
said "the compiler's words are quoted" 'gcc failed with exit status 1:$' "$work/failed"
said "with the mistake itself" '^  agent/status.c:1:2: error: #error broken on purpose' "$work/failed"
log=$(sed -n "s/^every tool's output: *\(.*\.log\) .*/\1/p" "$work/failed")
call=$(sed -n 's/.*(this was call \([0-9]*\))/\1/p' "$work/failed")
said "the log has the call, its place and its end" "^$call  in the sandbox .*/tools/.*/root, in /run/source" "$log"
said "the log has its output" "^$call\| agent/status.c:1:2: error" "$log"
said "the log has its exit status" "^$call  exit status 1, " "$log"
said "the log has what dpkg said" '^[0-9]+\| Setting up ' "$log"
kept=$(basename "$(ls -d "$own"/kept/*-light)")
try "the half-made tree is there" test -s "$own/kept/$kept/trees/base/var/lib/dpkg/status"
same "no layer was published" "" "$(ls "$own"/layers/*/layer.squashfs 2>/dev/null)"

again=$(sed -n 's/^the same call again: *hiebox shell //p' "$work/failed")
eval "\"$hiebox\" shell $again" >"$work/again" 2>&1 </dev/null
same "the same call by hand fails in the same way" 1 $?
said "with the same words" '^agent/status.c:1:2: error: #error broken on purpose' "$work/again"
said "and says that nothing is kept" 'root, no network; nothing done here is kept' "$work/again"
sed -i 1d "$project/builder/agent/status.c"
try "repaired, the same call by hand succeeds" bash -c "'$hiebox' shell $again </dev/null"

try "the next build succeeds" build --timing
said "--timing names steps and their tools" '^ +[0-9.]+ s +[0-9.]+ s +[0-9.]+ [kMG]?B +    dpkg' "$work/try"
"$hiebox" shell light:base --project "$project" --store "$own" -q -- sh -c 'rm -rf /etc; kill -TERM $$' </dev/null
same "a command's death is its exit status" 143 $?
"$hiebox" shell light --project "$project" --store "$own" -q -- sh -c 'ls /etc/hosts && grep -c : /proc/net/dev | grep -qx 1 && exit 7' </dev/null >/dev/null
same "a shell changes nothing, and gives the command's exit status" 7 $?
same "nothing is left in the work folder" "" "$(ls "$own/work")"

"$hiebox" gc --store "$own" >"$work/gc" 2>&1 </dev/null
same "gc" 0 $?
sed 's/^/# /' "$work/gc"
said "gc removes the kept build" '^kept failed builds +go +1 ' "$work/gc"
said "gc keeps what the lock names" '^downloads +stay +[1-9]' "$work/gc"
same "nothing kept is left" "" "$(ls "$own/kept")"
rm -rf "$work/images"
start=$(date +%s.%N)
try "a build without a network takes the layers that stayed" build --locked
echo "# after gc: $(python3 -c "import time; print(round(time.time() - $start, 2))") s"
rm "$project/recipes/light.lock"
"$hiebox" gc --store "$own" >/dev/null 2>&1 </dev/null
same "without its lock everything goes" "" "$(find "$own/blobs" "$own/layers" "$own/tools" -type f | head -3)"
