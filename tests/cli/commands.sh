#!/usr/bin/env bash
# commands.sh: exit statuses, help and error texts of the program, as a person meets them.
. "$(dirname "$0")/../support/cli.sh"

expect "no command is wrong use" 2 'build' "$hiebox"
expect "help lists the commands" 0 'verify-store' "$hiebox" help
expect "--help works" 0 'doctor' "$hiebox" --help
expect "help of a command" 0 'no-cache' "$hiebox" help build
expect "help of a file kind" 0 'components' "$hiebox" help recipe
expect "help of the component file" 0 'variants' "$hiebox" help component
expect "help of something unknown" 2 'nothing-such' "$hiebox" help nothing-such
expect "version" 0 '^hiebox [0-9]' "$hiebox" version
expect "unknown command names the nearest" 2 'build' "$hiebox" biuld
expect "unknown option names the nearest" 2 'no-cache' "$hiebox" build recipes/demo.yaml --no-cahce
expect "missing argument is wrong use" 2 'build needs an argument' "$hiebox" build
expect "too many arguments are wrong use" 2 'unexpected argument "b"' "$hiebox" plan a b
expect "an option that wants a value" 2 '--store needs a value' "$hiebox" plan demo --store
expect "-q and -v before the command" 0 '' "$hiebox" -q -v version
expect "unknown format is wrong use" 2 'raw' "$hiebox" build recipes/demo.yaml --format floppy --store "$work/s"
expect "a recipe that is not there" 1 'recipes/none.yaml' "$hiebox" check recipes/none.yaml
expect "the demo has no mistakes" 0 'no mistakes' "$hiebox" check recipes/demo.yaml recipes/light.yaml
expect "the short name of a recipe" 0 '^demo: no mistakes' "$hiebox" check demo
expect "the short name, from elsewhere" 0 '^light: no mistakes' bash -c "cd / && '$hiebox' check light --project '$PWD'"
expect "an absolute path, from elsewhere" 0 'no mistakes' bash -c "cd / && '$hiebox' check '$PWD/recipes/light.yaml'"
expect "a recipe outside any project" 1 'no project' bash -c "printf 'recipe: x\n' >'$work/x.yaml' && '$hiebox' check '$work/x.yaml'"
expect "quiet says nothing when all is right" 0 '^$' bash -c "'$hiebox' check -q demo && echo"
expect "list components" 0 'interoperability-layer-openhim' "$hiebox" list
expect "list components as JSON" 0 '"fhir-datastore-hapi-fhir"' "$hiebox" list --json
expect "list recipes" 0 'demo.yaml' "$hiebox" list recipes
expect "list boards" 0 'pc.yaml' "$hiebox" list boards
expect "list something unknown" 2 'boards' "$hiebox" list bords
expect "inspect something that is no disk" 1 'README.md' "$hiebox" inspect README.md
printf 'recipe: broken\nsummary: x\nboard: pc\nmode: trainning\ncomponents: [nothing]\ndata: { size: 4 gigs }\n' >"$work/broken.yaml"
expect "all mistakes at once: mode" 1 'broken.yaml:4:7: mode: .*training' "$hiebox" check --project . "$work/broken.yaml"
expect "all mistakes at once: component" 1 'broken.yaml:5:1[0-9]: ' "$hiebox" check --project . "$work/broken.yaml"
expect "all mistakes at once: size" 1 'broken.yaml:6:[0-9]*: data.size: .*4G.*4 gigs' "$hiebox" check --project . "$work/broken.yaml"
printf 'recipe: tiny\nsummary: x\nboard: pc\nmode: training\ncomponents: [hie-base]\n' >"$work/tiny.yaml"
expect "a store that is a file" 1 'store' "$hiebox" verify-store --store README.md
expect "an empty store is right" 0 '0 files right' "$hiebox" verify-store --store "$work/store"
expect "offline with an empty store says what to do" 1 'offline: .*run once with a network' \
	"$hiebox" lock "$work/tiny.yaml" --project . --offline --store "$work/store"
expect "and leaves no lock behind" 0 '^none$' bash -c "[ -e '$work/tiny.lock' ] || echo none"
expect "a mirror that is no URL" 1 'mirror: expected a URL' "$hiebox" plan demo --mirror floppy --store "$work/store"
expect "--locked without a lock" 1 'there is no lock; .hiebox lock' "$hiebox" build "$work/tiny.yaml" --project . --locked --offline --store "$work/store"
# a board with a wireless card, in a project of its own
mkdir -p "$work/radio/recipes/boards"
ln -s "$PWD/recipes/components" "$work/radio/recipes/components"
ln -s "$PWD/units" "$PWD/overlays" "$work/radio/"
{ sed 's/^board: .*/board: radio/' recipes/boards/pc.yaml; echo 'wireless: true'; } >"$work/radio/recipes/boards/radio.yaml"
{ sed 's/^board: .*/board: radio/' "$work/tiny.yaml"; echo 'site: { access-point: true }'; } >"$work/radio/recipes/tiny.yaml"
expect "what has no effect yet is said" 1 'access-point has no effect yet' "$hiebox" build "$work/radio/recipes/tiny.yaml" --offline --store "$work/store"
echo 'site: { access-point: true }' >>"$work/tiny.yaml"
expect "no access point without a card" 1 'tiny.yaml:6:23: site.access-point: board pc has no wireless' "$hiebox" check "$work/tiny.yaml" --project .
sed -i '/^site:/d' "$work/tiny.yaml"
expect "nothing is left in the store's work folder" 0 '^0$' bash -c "ls '$work/store/work' | wc -l"
expect "doctor says what it found" '[01]' '^(ok|WRONG) +store +store .* free$' "$hiebox" doctor --store "$work/store"
expect "why needs something to ask about" 2 'why needs' "$hiebox" why demo
expect "why without a lock and offline says what to do" 1 'offline: .*run once with a network' \
	"$hiebox" why "$work/tiny.yaml" --project . --offline --store "$work/store" libc6
expect "why of an image that is none" 1 'none.raw' "$hiebox" why none.raw libc6
expect "help of why shows what can be asked" 0 '/usr/lib/systemd/system/hapi-fhir.service' "$hiebox" help why
echo "1..$number"
