# cli.sh: what the command line's tests share. Sourced by tests/cli/*.sh, which stand in the project's root afterwards.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
hiebox=$PWD/build/check/hiebox
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
number=0

# expect NAME STATUS PATTERN COMMAND…: exit status (a pattern, too) and a pattern in what was printed
expect() {
	local name=$1 status=$2 pattern=$3 got
	shift 3
	number=$((number + 1))
	"$@" >"$work/out" 2>&1 </dev/null
	got=$?
	# shellcheck disable=SC2053
	if [[ $got == $status ]] && grep -qE -- "$pattern" "$work/out"; then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name: status $got (expected $status), wanted /$pattern/ in:"
		head -n 20 "$work/out" | sed 's/^/#   /'
	fi
}
