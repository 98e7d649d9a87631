#!/usr/bin/env bash
# The exchange console's modules, in node: log-in, filters, rules, texts, and its views over a document of ours.
cd "$(dirname "$0")/../.." || exit 1
node=$(command -v node) || { echo "ok 1 - the exchange console # SKIP no node"; exit 0; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cp overlays/interoperability-layer-openhim/usr/share/hie/console/*.js tests/web/*.mjs "$work"
mkdir "$work/box"
cp overlays/interoperability-layer-openhim/usr/lib/hie/interoperability-layer-openhim/channels.js "$work/box"
echo '{"type":"commonjs"}' >"$work/box/package.json"
echo '{"type":"module"}' >"$work/package.json"
"$node" "$work/console.mjs"
