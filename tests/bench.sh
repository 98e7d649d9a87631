#!/usr/bin/env bash
# bench.sh: seconds, memory and ratios of hiebox beside its peers, in the same run, for the same packages from
# the same downloads, squashfs at the same level. Prints tables; judges nothing. As root, on a quiet machine.
#   RECIPE=FILE     the recipe (tests/bench/bench.yaml: the packages of the peers)
#   RUNS=N          runs of each of our figures and of mmdebstrap; the ratios take the fastest of each (1)
#   PEER_BENCH=FILE shared/tools/peer-bench/peer-bench (found beside the project): mkosi is measured too
#   PEER_WORK=DIR   its folder (/var/tmp/peer-bench)
set -eu
cd "$(dirname "$0")/.."
recipe=${RECIPE:-tests/bench/bench.yaml} runs=${RUNS:-1}
work=build/bench
[ "$(id -u)" = 0 ] || { echo "bench.sh: mmdebstrap is run as root here, so that both are alike: sudo make bench"; exit 1; }
rm -rf "$work/out"; mkdir -p "$work/out"
make -s build/hiebox
export XDG_CACHE_HOME=$PWD/$work/cache
store=$XDG_CACHE_HOME/hiebox
trap 'rm -f tests/bench/overlay/etc/bench-changed' EXIT

measure() { python3 tests/support/measure.py "$work/out" "$@"; }
hiebox() { local name=$1; shift; measure "$name" build/hiebox "$@" --offline; }
# the fastest run's seconds of a figure
best() { cat "$work/out/$1" "$work/out/$1".[0-9]* 2>/dev/null | sort -n | head -1 | cut -d' ' -f1; }
ratio() { python3 -c "print(f'ratio {\"$1\":<26} / {\"$2\":<28} {$(best "$1") / $(best "$2"):6.3f}')"; }
each_run() { local i; for i in $(seq "$runs"); do "$1" "$([ "$i" = 1 ] || echo ".$i")"; done; }

echo "== hiebox: $recipe"
# fills the store, indexes too: downloads are not measured
build/hiebox lock "$recipe" --update -q
build/hiebox build "$recipe" -o "$work/images" -q
hiebox solve lock "$recipe" --update
cold() {
	rm -rf "$store/layers" "$store/unpacked" "$work/images"
	hiebox "cold$1" build "$recipe" -o "$work/images" --timing
}
unpacked() { # layers are gone, what the packages hold is not: another list of packages
	rm -rf "$store/layers" "$work/images"; mkdir -p "$store/layers/earlier"
	[ -d "$store/unpacked" ] || build/hiebox build "$recipe" -o "$work/images" -q --offline
	rm -rf "$store/layers" "$work/images"
	hiebox "warm-unpacked$1" build "$recipe" -o "$work/images" --timing
}
nothing() { hiebox "nothing-changed$1" build "$recipe" -o "$work/images"; }
overlay() {
	date +%N >tests/bench/overlay/etc/bench-changed               # ignored by git
	hiebox "one-overlay-file$1" build "$recipe" -o "$work/images"
	rm -f tests/bench/overlay/etc/bench-changed
}
each_run cold
build/hiebox build "$recipe" -o "$work/images" -q --offline
each_run nothing
each_run overlay
each_run unpacked
hiebox plan plan "$recipe"
variants() { # twenty sticks: one recipe, another name in each
	rm -rf "$store/layers" "$work/images"
	{ echo "name,site.name"; for i in $(seq -w 20); do echo "clinic-$i,clinic-$i"; done; } >"$work/clinics.csv"
	hiebox "twenty-variants$1" build "$recipe" --each "$work/clinics.csv" -o "$work/images"
	rm -rf "$work/images"
}
rm -rf "$store/unpacked"
each_run variants
echo "== mmdebstrap + mksquashfs: no kernel stage, no disk"
mirror=$(build/hiebox doctor --json | sed -n 's/.*packages from \([^,]*\),.*/\1/p')
# the peer takes the same verified .debs from this disk, as we do: nothing is downloaded while it is measured
mkdir -p "$work/debs"
sed -n 's/^image //p' "${recipe%.yaml}.lock" | while read -r name version architecture _ _ sha256 _; do
	ln -sf "$store/blobs/sha256/${sha256:0:2}/$sha256" "$work/debs/${name}_${version//:/%3a}_$architecture.deb"
done
packages=$(sed -n 's/^image \([^ ]*\) \([^ ]*\) .*/\1=\2/p' "${recipe%.yaml}.lock" | paste -sd,)
peer() {
	mmdebstrap --variant=custom --mode=root --include="$packages" --aptopt='Acquire::Check-Valid-Until "false"' \
		--skip=download/empty \
		--setup-hook="mkdir -p \"\$1/var/cache/apt/archives\" && cp -L $PWD/$work/debs/*.deb \"\$1/var/cache/apt/archives/\"" \
		trixie "$work/peer" "deb $mirror trixie main" "deb $mirror trixie-updates main" \
		"deb $mirror-security trixie-security main" &&
		mksquashfs "$work/peer" "$work/peer.squashfs" -comp zstd -Xcompression-level 3 -noappend -quiet
}
export -f peer; export work packages mirror
mmdebstrap_run() { rm -rf "$work/peer" "$work/peer.squashfs"; measure "mmdebstrap-mksquashfs$1" bash -c peer; }
each_run mmdebstrap_run
rm -rf "$work/peer" "$work/peer.squashfs"

peer_bench=${PEER_BENCH:-$(ls ../shared/tools/peer-bench/peer-bench 2>/dev/null || :)}
if [ -x "$peer_bench" ]; then
	echo "== mkosi, by peer-bench (its own package list: the same names)"
	"$peer_bench" --work "${PEER_WORK:-/var/tmp/peer-bench}" --runs "$runs" --jobs mkosi --mkosi lean >"$work/out/mkosi.log" 2>&1 ||
		{ tail -5 "$work/out/mkosi.log"; echo "peer-bench failed"; }
	sed -n '/BEGIN-FIGURES/,$p' "$work/out/mkosi.log" | tail -n +2 | while read -r flavour job seconds _; do
		echo "$seconds" >"$work/out/$flavour-$job"
		printf '%-36s %8.2f s\n' "$flavour-$job" "$seconds"
	done
else
	echo "== mkosi: not measured, peer-bench is not there (PEER_BENCH=FILE)"
fi

echo "== ratios, ours / theirs"
ratio cold mmdebstrap-mksquashfs
ratio warm-unpacked mmdebstrap-mksquashfs
if [ -e "$work/out/mkosi-lean-full" ]; then
	ratio cold mkosi-lean-full
	ratio one-overlay-file mkosi-lean-incr-etc
	ratio nothing-changed mkosi-lean-incr-same
fi
python3 -c "print(f'each of twenty variants, beyond one cold build: {($(best twenty-variants) - $(best cold)) / 19:.2f} s')"
echo "== where the time of cold goes"
sed -n "/wall .*processor/,\$p" "$work/out/cold.log"
