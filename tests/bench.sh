#!/usr/bin/env bash
# bench.sh: seconds, peak memory and ratios of hiebox beside mmdebstrap + mksquashfs, in the same run and for the
# same packages from the same downloads, squashfs at the same level. Prints a table; judges nothing. As root. RECIPE names the recipe (bench: the packages of the peers).
set -eu
cd "$(dirname "$0")/.."
recipe=${RECIPE:-tests/bench/bench.yaml}
name=$(basename "$recipe" .yaml)
[ "$(id -u)" = 0 ] || { echo "bench.sh: mmdebstrap is run as root here, so that both are alike: sudo make bench"; exit 1; }
work=build/bench; mkdir -p "$work"
make -s build/hiebox
export XDG_CACHE_HOME=$PWD/$work/cache

# measure NAME COMMAND…: wall seconds and peak memory of the largest process, into $work/NAME
measure() {
	local label=$1; shift
	/usr/bin/env python3 - "$work/$label" "$@" <<'PY'
import resource, subprocess, sys, time
start = time.monotonic()
status = subprocess.run(sys.argv[2:], stdout=open(sys.argv[1] + ".log", "wb"), stderr=subprocess.STDOUT).returncode
seconds = time.monotonic() - start
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
open(sys.argv[1], "w").write(f"{seconds:.2f} {usage.ru_utime + usage.ru_stime:.2f} {usage.ru_maxrss // 1024} {status}\n")
PY
	read -r seconds cpu memory status <"$work/$label"
	printf '%-44s %8.2f s wall %8.2f s cpu %6d MB peak%s\n' "$label" "$seconds" "$cpu" "$memory" \
		"$([ "$status" = 0 ] || echo "   FAILED, see $work/$label.log")"
}
ratio() { # LABEL ours theirs
	python3 -c 'import sys
ours, theirs = (float(open(f"{sys.argv[1]}/{n}").read().split()[0]) for n in sys.argv[2:4])
print(f"ratio {sys.argv[2]} / {sys.argv[3]}: {ours / theirs:.2f}")' "$work" "$1" "$2"
}

build/hiebox build "$recipe" -o "$work/images" -q            # fills the store: downloads are not measured
rm -rf "$XDG_CACHE_HOME/hiebox/layers" "$work/images"
measure cold build/hiebox build "$recipe" -o "$work/images" --timing --offline
measure nothing-changed build/hiebox build "$recipe" -o "$work/images" --offline
date >tests/bench/overlay/etc/bench-changed                   # ignored by git
measure one-overlay-file build/hiebox build "$recipe" -o "$work/images" --offline
rm -f tests/bench/overlay/etc/bench-changed
measure plan build/hiebox plan "$recipe" --offline

mirror=$(build/hiebox doctor --json | sed -n 's/.*packages from \([^,]*\),.*/\1/p')
# the peer takes the same verified .debs from this disk, as we do: nothing is downloaded while it is measured
mkdir -p "$work/debs"
sed -n 's/^image //p' "${recipe%.yaml}.lock" | while read -r name version architecture _ _ sha256 _; do
	ln -sf "$XDG_CACHE_HOME/hiebox/blobs/sha256/${sha256:0:2}/$sha256" "$work/debs/${name}_${version//:/%3a}_$architecture.deb"
done
packages=$(sed -n 's/^image \([^ ]*\) \([^ ]*\) .*/\1=\2/p' "${recipe%.yaml}.lock" | paste -sd,)
peer() {
	mmdebstrap --variant=custom --mode=root --include="$packages" --aptopt='Acquire::Check-Valid-Until "false"' \
		--skip=download/empty \
		--setup-hook="mkdir -p \"\$1/var/cache/apt/archives\" && cp -L $PWD/$work/debs/*.deb \"\$1/var/cache/apt/archives/\"" trixie "$work/peer" "deb $mirror trixie main" "deb $mirror trixie-updates main" \
		"deb $mirror-security trixie-security main" && mksquashfs "$work/peer" "$work/peer.squashfs" -comp zstd -Xcompression-level 3 -noappend -quiet
	rm -rf "$work/peer" "$work/peer.squashfs"
}
export -f peer; export work packages mirror
measure mmdebstrap-and-mksquashfs bash -c peer
ratio cold mmdebstrap-and-mksquashfs
sed -n '/ s  /p' "$work/cold.log"
