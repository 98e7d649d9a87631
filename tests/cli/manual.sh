#!/usr/bin/env bash
# manual.sh: the manual pages. mandoc and groff have nothing to say against them, and no command or option is missing.
cd "$(dirname "$0")/../.."
hiebox=$PWD/build/check/hiebox
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
export SOURCE_DATE_EPOCH=1700000000 LC_ALL=C.UTF-8
number=0
result() { # STATUS NAME FILE
	number=$((number + 1))
	if [ "$1" = 0 ]; then echo "ok $number - $2"; else echo "not ok $number - $2"; head -n 20 "$3" | sed 's/^/#   /'; fi
}
for tool in mandoc man; do
	command -v $tool >/dev/null || { echo "not ok - $tool is not installed: make setup-check"; exit 1; }
done
pages=$("$hiebox" complete -- hiebox manual "" | cut -f 1)
[[ $pages == *hiebox-recipe* && $pages == *hiebox-component* && $pages == *hiebox-board* ]]
result $? "a page for every kind of file" /dev/null
for page in $pages; do
	"$hiebox" manual "$page" >"$work/$page" 2>"$work/out"
	result $? "$page is made" "$work/out"
	mandoc -T lint -W style <"$work/$page" >"$work/out" 2>&1
	result $? "$page: mandoc has nothing to say" "$work/out"
	man --warnings -l "$work/$page" 2>"$work/out" >"$work/$page.txt"
	[ -s "$work/$page.txt" ] && [ ! -s "$work/out" ]
	result $? "$page: groff has nothing to say" "$work/out"
done
# Help says what is there: every command, every option and every key must stand in its page.
tr -s ' \n' ' ' <"$work/hiebox.txt" >"$work/flat"
missing=
for command in $("$hiebox" complete -- hiebox "" | cut -f 1); do
	grep -qF "hiebox $command " "$work/flat" || missing+=" $command"
	for option in $("$hiebox" complete -- hiebox "$command" - | cut -f 1); do
		grep -q -e "$option[ =,]" "$work/flat" || missing+=" $command $option"
	done
	# what a command does is more than one line
	[ "$command" = version ] || [ "$("$hiebox" help "$command" | sed '/^Options/,$d' | wc -l)" -gt 4 ] || missing+=" more-of:$command"
done
[ -z "$missing" ]; result $? "every command and option is explained" <(echo "$missing")
for page in $pages; do
	[ "$page" != hiebox ] || continue
	missing=
	keys=$("$hiebox" help "${page#hiebox-}" | sed -n '/^Values/,$d; s/^ *[* ] \([a-z][a-z-]*\): .*/\1/p')
	[ "$(wc -w <<<"$keys")" -ge 10 ] || missing=" help lists hardly any key"
	for key in $keys; do
		grep -qE "^ +$key: " "$work/$page.txt" || missing+=" $key"
	done
	[ -z "$missing" ]; result $? "$page: every key" <(echo "$missing")
done
[ "$(sed -n 's/^\.TH .* \(20[0-9-]*\) .*/\1/p' "$work/hiebox")" = 2023-11-14 ]
result $? "the date is SOURCE_DATE_EPOCH's" "$work/hiebox"
"$hiebox" manual hiebox-nothing >"$work/out" 2>&1; [ $? = 2 ] && grep -q 'hiebox-recipe' "$work/out"
result $? "an unknown page is wrong use" "$work/out"
echo "1..$number"
