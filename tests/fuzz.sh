#!/usr/bin/env bash
# fuzz.sh: runs the libFuzzer targets over their corpora and ends with a table; status 1 when anything was found.
#   SECONDS_EACH=60   how long each target runs
#   TARGETS="a b"     only these (all)
#   JOBS=1            so many targets at once
# New inputs stay in build/fuzz/found/TARGET/, findings in build/fuzz/found/TARGET-*: one that matters is
# copied into tests/fuzz/corpus/TARGET/ with its mend. A dictionary is taken from tests/fuzz/TARGET.dict.
set -eu
cd "$(dirname "$0")/.."
seconds=${SECONDS_EACH:-60} jobs=${JOBS:-1}
targets=${TARGETS:-$(cd tests/fuzz && ls ./*.c | sed -n 's,^\./\(.*\)\.c$,\1,p' | grep -vx replay)}
make -s -j2 MODE=fuzz tests
# many small files: in memory, where that is possible
scratch=$(mktemp -d /dev/shm/hiebox-fuzz.XXXXXX 2>/dev/null || mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export TMPDIR=$scratch ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1

# one TARGET: runs it; its whole output is in build/fuzz/found/TARGET.log
one() {
	local name=$1 log=build/fuzz/found/$1.log dictionary=() start
	start=$(date +%s)
	mkdir -p "build/fuzz/found/$name"
	rm -f "build/fuzz/found/$name"-*
	[ ! -e "tests/fuzz/$name.dict" ] || dictionary=("-dict=tests/fuzz/$name.dict")
	"build/fuzz/fuzz/$name" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=20 -print_final_stats=1 \
		-close_fd_mask=3 -artifact_prefix="build/fuzz/found/$name-" "${dictionary[@]}" \
		"build/fuzz/found/$name" "tests/fuzz/corpus/$name" >"$log" 2>&1 </dev/null || :
	echo "stat::seconds: $(($(date +%s) - start))" >>"$log"
	report "$name"
}

# stat TARGET NAME: one of libFuzzer's final figures
stat() { sed -n "s/^stat::$2: *//p" "build/fuzz/found/$1.log" | tail -n 1; }

# report TARGET: its line of the table
report() {
	local name=$1 found=() file executions took
	for file in "build/fuzz/found/$name"-*; do
		[ -e "$file" ] && file=${file#"build/fuzz/found/$name-"} && found+=("${file%%-*}")
	done
	executions=$(stat "$name" number_of_executed_units) took=$(stat "$name" seconds)
	# without its final figures it did not come to its end
	[ -n "$executions" ] || found+=(broken)
	printf '%-18s %6d s %11d %9d/s %6d MB  %s\n' "$name" "$took" "${executions:-0}" \
		$((${executions:-0} / (took > 0 ? took : 1))) "$(stat "$name" peak_rss_mb || :)" "${found[*]:-nothing}"
}

echo "fuzzing $(wc -w <<<"$targets") targets, $seconds s each, $jobs at once"
running=0
for name in $targets; do
	if [ $running -ge "$jobs" ]; then
		wait -n || :
		running=$((running - 1))
	fi
	one "$name" &
	running=$((running + 1))
done
wait
echo
printf '%-18s %8s %11s %11s %9s  %s\n' target time executions speed memory findings
for name in $targets; do report "$name"; done | tee "$scratch/table"
! grep -qv ' nothing$' "$scratch/table"
