#!/usr/bin/env bash
# validate_reports.sh FOLDER: HAPI's own validator on each *.testreport.json of a folder. Its jars are those of the built
# demo, from the store; running the source file needs a JDK (17 or newer), this machine's or that of the tools root.
# Prints TAP lines; one with SKIP when either is missing.
set -u
store=${XDG_CACHE_HOME:-$HOME/.cache}/hiebox
here=$(dirname "$0")
skip() { echo "ok - TestReports are valid by HAPI's validator # SKIP $1"; exit 0; }

[ -n "$(type -P javac)" ] && java=$(type -P java) || skip "no JDK on this machine"
version=$("$java" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p')
[ "${version:-0}" -ge 17 ] || skip "HAPI needs Java 17, here is ${version:-none}"
[ -n "$(type -P unsquashfs)" ] || skip "unsquashfs is not installed"
layer=$(python3 - build/check/images/demo.raw.json "$store" <<-'PY'
	import json, sys
	try:
	    key = next(layer["key"] for layer in json.load(open(sys.argv[1]))["layers"] if layer["name"] == "apps")
	    print(f"{sys.argv[2]}/layers/{key}/layer.squashfs")
	except (OSError, StopIteration):
	    pass
PY
)
[ -r "$layer" ] || skip "the demo was not built: its layer has the validator"
jars=$(mktemp -d) || exit 1
trap 'rm -rf "$jars"' EXIT
unsquashfs -q -n -f -d "$jars/layer" "$layer" opt/hapi/lib >/dev/null 2>&1
"$java" -cp "$jars/layer/opt/hapi/lib/*" "$here/ValidateReport.java" "$1"/*.testreport.json >"$jars/out" 2>&1
status=$?
grep -E '^(ok|not ok|# )' "$jars/out"
if ! grep -qE '^(ok|not ok)' "$jars/out"; then
	echo "not ok - the validator ended with status $status"
	tail -n 5 "$jars/out" | sed 's/^/#   /'
fi
