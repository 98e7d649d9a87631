#!/usr/bin/env bash
# check.sh [unit]: runs every test and ends with "N passed, N failed, N skipped". Each test prints lines in
# the Test Anything Protocol (ok / not ok / ok … # SKIP reason); its whole output is in build/check/log/.
set -u
cd "$(dirname "$0")/.."
export HIEBOX_CASES=$PWD/tests/cases CMOCKA_MESSAGE_OUTPUT=TAP
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=print_stacktrace=1
log=build/check/log
rm -rf "$log"; mkdir -p "$log"
only=${1:-all}
mkdir "$log/counts"

# run NAME SECONDS COMMAND…: one test program; counts its TAP lines
run() {
	local name=$1 limit=$2 file start rc p f s
	shift 2
	file=$log/${name//\//-}.log
	start=$(date +%s)
	timeout -k 20 "$limit" "$@" >"$file" 2>&1 </dev/null
	rc=$?
	p=$(grep -cE '^ok ' "$file"); s=$(grep -cE '^ok .*# SKIP' "$file"); f=$(grep -cE '^not ok ' "$file")
	p=$((p - s))
	if [ $rc -ne 0 ] && [ "$f" = 0 ]; then
		f=1
		[ $rc = 124 ] && echo "not ok - $name ran longer than $limit s" >>"$file"
		[ $rc = 124 ] || echo "not ok - $name ended with status $rc" >>"$file"
	elif [ $rc = 0 ] && [ $((p + f + s)) = 0 ]; then
		f=1; echo "not ok - $name printed no test result" >>"$file"
	fi
	echo "$p $f $s" >"$log/counts/${name//\//-}"
	{ # one after the other, for two lanes print
		flock 8
		printf '%-44s %4d passed %3d failed %3d skipped %5d s\n' "$name" "$p" "$f" "$s" $(($(date +%s) - start))
		if [ "$f" != 0 ]; then grep -E -B3 -A12 '^not ok |ERROR: |runtime error' "$file" | head -60; tail -n 15 "$file"; fi
		grep -E '^ok .*# SKIP' "$file" | sed 's/^ok [0-9]* *-* */    skipped: /'
	} 8>"$log/.printing"
}

# "N passed, N failed, N skipped" over everything so far, and one failure more if asked for
sums() { cat /dev/null "$log"/counts/* | awk -v more="${1:-0}" '{p += $1; f += $2; s += $3} END {printf "%d passed, %d failed, %d skipped\n", p, f + more, s}'; }

# a step that must succeed before tests make sense
need() {
	local name=$1; shift
	if ! "$@" >"$log/$name.log" 2>&1; then
		tail -n 60 "$log/$name.log"
		echo "not ok - $name"
		sums 1
		exit 1
	fi
}

lint() { python3 tests/lint.py && echo "ok - lint"; }

start=$(date +%s)
need build make -s -j2 MODE=check build/check/libhiebox.a build/check/hiebox build/check/hie
need tests make -s -j2 MODE=check tests
need clang make -s -j2 MODE=check CC=clang BUILD=build/check-clang build/check-clang/libhiebox.a
export -f lint
run lint 60 bash -c lint
for program in build/check/unit/*/*; do
	[ -x "$program" ] && [ -f "$program" ] && [[ $program != *.d ]] || continue
	run "${program#build/check/}" 300 "$program"
done
for program in build/check/fuzz/*; do
	[ -x "$program" ] && [ -f "$program" ] && [[ $program != *.d ]] || continue
	corpus=tests/fuzz/corpus/$(basename "$program")
	run "fuzz/$(basename "$program")" 120 bash -c '"$0" "$1" && echo "ok - corpus replayed"' "$program" "$corpus"
done
for script in tests/cli/*.sh; do
	[ -e "$script" ] && run "cli/$(basename "$script" .sh)" 300 bash "$script"
done
# integration NAME…: those scripts, in this order
integration() {
	local script
	for script; do
		run "integration/$(basename "$script" .sh)" 3000 bash "$script"
	done
}
if [ "$only" = all ]; then
	need release make -s -j2 build/hiebox
	# What builds the images comes first. Then two lanes: emulated machines, which wait for one another inside, and all
	# else; both only read the images.
	first=() emulated=() others=()
	for script in tests/integration/[0-9]*.sh; do
		case $script in
		*/10-*) first+=("$script") ;;
		*/4?-* | */60-* | */80-machine-qemu.sh | */84-test-disk.sh | */85-bad-days.sh) emulated+=("$script") ;;
		*) others+=("$script") ;;
		esac
	done
	integration "${first[@]}"
	integration "${emulated[@]}" &
	integration "${others[@]}"
	wait
	for script in tests/integration/[0-9]*.sh; do # a lane that broke off must not look like one that passed
		name=integration-$(basename "$script" .sh)
		[ -e "$log/counts/$name" ] || { echo "not ok - $name did not run to its end"; echo "0 1 0" >"$log/counts/$name"; }
	done
fi
echo "checked in $(($(date +%s) - start)) s; logs in $log"
sums
case $(sums) in *", 0 failed,"*) ;; *) exit 1 ;; esac
