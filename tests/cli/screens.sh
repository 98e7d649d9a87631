#!/usr/bin/env bash
# screens.sh: the modules of the point-of-service screens in node, without a browser: texts, what is sent, what is read, the
# queue; then whole stories against a small exchange, in a document that knows just enough.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
command -v node >/dev/null || { echo "ok 1 - the screens' modules # SKIP no node"; exit 0; }
number=0
for test in tests/screens/pure.js tests/screens/stories.js; do
	while read -r line; do
		number=$((number + 1))
		echo "${line/ - / $number - }"
	done < <(node --experimental-default-type=module "$test" 2>&1 | sed 's/^Error/not ok - Error/'; [ "${PIPESTATUS[0]}" = 0 ] || echo "not ok - $test ended badly")
done
