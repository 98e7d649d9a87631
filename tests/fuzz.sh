#!/usr/bin/env bash
# fuzz.sh: runs every libFuzzer target for SECONDS_EACH seconds (60) over its corpus. New findings stay in
# build/fuzz/; a finding that matters is copied into tests/fuzz/corpus/ by hand, with its mend.
set -eu
cd "$(dirname "$0")/.."
seconds=${SECONDS_EACH:-60}
make -s -j2 MODE=fuzz tests
for source in tests/fuzz/*.c; do
	name=$(basename "$source" .c)
	[ "$name" != replay ] || continue
	mkdir -p "build/fuzz/found/$name"
	echo "== $name, $seconds s"
	"build/fuzz/fuzz/$name" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=20 -print_final_stats=1 \
		-artifact_prefix="build/fuzz/found/$name-" "build/fuzz/found/$name" "tests/fuzz/corpus/$name" 2>&1 |
		grep -E 'SUMMARY|stat::number_of_executed_units|stat::peak_rss_mb|Test unit written' || :
done
