#!/usr/bin/env bash
# solve-against-apt.sh: plan_solve() must find the very set that the suite's own apt finds for Essential packages
# and a list (tests/cases/plan/apt/lists), on an empty system without Recommends. Apt itself is run twice: on the
# recorded indexes, where it must still give the recorded answers that `make unit` compares with, and on the
# indexes in the store, today's when there is a network. Debian 13's apt runs from its packages by the loader of
# the tools root when this machine's own is older.
set -u
export LC_ALL=C
. "$(dirname "$0")/lib.sh"
cases=tests/cases/plan/apt
library=build/release/libhiebox.a
give_up() { skip "the same sets as apt" "$1"; echo "1..$number"; exit 0; }
[ "$(uname -m)" = x86_64 ] || give_up "the recorded lists are for amd64"
[ -e $library ] || give_up "$library is not built"

# the plain recipe asks for apt: its lock names apt's packages, and fetch brings them and the tools root
cp tests/recipes/plain.yaml "$work/plain.yaml"
cp -r tests/recipes/overlay tests/recipes/units "$work"
"$hiebox" lock "$work/plain.yaml" --update -q --project . >"$work/lock.log" 2>&1 ||
	"$hiebox" lock "$work/plain.yaml" -q --project . --offline >>"$work/lock.log" 2>&1 ||
	give_up "there are no package lists: $(tail -n 1 "$work/lock.log")"
version=$(apt-get --version 2>/dev/null | awk 'NR == 1 { print $2 }')
if [[ $version != 3.* ]]; then
	"$hiebox" fetch "$work/plain.yaml" -q --project . >"$work/fetch.log" 2>&1 ||
		give_up "apt's packages cannot be fetched: $(tail -n 1 "$work/fetch.log")"
	command -v dpkg-deb >/dev/null || give_up "there is no dpkg-deb to unpack apt with"
	while read -r sum; do
		dpkg-deb -x "$store/blobs/sha256/${sum:0:2}/$sum" "$work/apt" || give_up "apt cannot be unpacked"
	done < <(awk '$1 == "image" && ($2 == "apt" || $2 ~ /^libapt-pkg/) { print $7 }' "$work/plain.lock")
	HIEBOX_TOOLS_ROOT=$(ls -td "$store"/tools/*/root | head -n 1)
	export HIEBOX_APT_ROOT=$work/apt HIEBOX_TOOLS_ROOT
fi
try "apt gives the recorded answers on the recorded indexes" python3 tests/support/apt.py check $cases

indexes=()
for release in trixie trixie-updates trixie-security; do
	sum=$(awk '$3 == "main/binary-amd64/Packages.xz" && length($1) == 64 { print $1; exit }' \
		"$store/indexes/$release.InRelease" 2>/dev/null)
	file=$store/indexes/$sum.Packages.xz
	[ -n "$sum" ] && [ -e "$file" ] && indexes+=("$file")
done
[ ${#indexes[@]} = 3 ] || give_up "the store has not all three package lists of trixie"
${CC:-cc} -std=gnu17 -O2 -Ibuilder -D_GNU_SOURCE -o "$work/solve" tests/support/solve.c $library \
	$(pkg-config --libs libsolv libcrypto yaml-0.1 jansson) -lsolvext -lsolv -lpthread ||
	{ bad "tests/support/solve.c compiles"; echo "1..$number"; exit 1; }
python3 tests/support/apt.py solve "${indexes[@]}" <$cases/lists >"$work/answers" 2>"$work/apt.err" ||
	{ bad "apt runs on the package lists of today" "$(tail -n 1 "$work/apt.err")"; echo "1..$number"; exit 1; }
"$work/solve" "$work/table" amd64 "${indexes[@]}" -- systemd-sysv >/dev/null 2>&1   # makes the table

while IFS=: read -r name packages; do
	awk -v name="$name" '/^# / { on = $2 == name; if (on && $3 == "refused") print "refused"; next } on' \
		"$work/answers" | sort >"$work/apt.set"
	# shellcheck disable=SC2086
	if "$work/solve" "$work/table" amd64 "${indexes[@]}" -- $packages >"$work/our.out" 2>"$work/our.err"; then
		sort "$work/our.out" >"$work/our.set"
	else
		echo refused >"$work/our.set"
	fi
	if cmp -s "$work/apt.set" "$work/our.set" && grep -q '^refused$' "$work/our.set"; then
		ok "today, $name: both refuse"
	elif cmp -s "$work/apt.set" "$work/our.set"; then
		ok "today, $name: $(wc -l <"$work/our.set") packages in $(tail -n 1 "$work/our.err") s"
	else
		bad "today, $name"
		diff "$work/apt.set" "$work/our.set" | grep '^[<>]' | sed 's/^</# only apt:/; s/^>/# only we:/' | head -n 30
	fi
done < <(grep -v '^#' $cases/lists)
echo "1..$number"
