#!/usr/bin/env bash
# variants.sh: recipes that extend others, --set, and many images in one run, as far as no image is needed.
. "$(dirname "$0")/../support/cli.sh"

mkdir -p "$work/p/recipes/sub"
cp -r recipes/components recipes/boards recipes/light.yaml "$work/p/recipes/"
cp -r overlays units "$work/p/"
cd "$work/p"
recipe() { printf 'recipe: %s\nextends: %s\n%s\n' "$(basename "$1" .yaml)" "$2" "$3" >"recipes/$1"; }
recipe clinic-1.yaml light.yaml 'site: { name: clinic-1 }'
recipe clinic-2.yaml light.yaml 'add: { packages: [htop] }'
recipe sub/clinic-3.yaml light.yaml 'site: { name: clinic-3 }'
recipe sub/clinic-4.yaml ../light.yaml 'site: { name: clinic-4 }'
recipe two.yaml clinic-1.yaml ''
recipe out.yaml ../../outside.yaml ''
sed 's/^recipe: .*/recipe: outside/' recipes/light.yaml >../outside.yaml
sed 's/^recipe: .*/recipe: broken/; s/^mode: .*/mode: trainning/' recipes/light.yaml >recipes/broken.yaml
recipe mended.yaml broken.yaml 'mode: training'

expect "a recipe that extends one beside it" 0 'no mistakes' "$hiebox" check clinic-1
expect "one in a folder of its own extends one of recipes/" 0 'no mistakes' "$hiebox" check recipes/sub/clinic-3.yaml
expect "and by a path" 0 'no mistakes' "$hiebox" check recipes/sub/clinic-4.yaml
expect "two levels are refused with both places" 1 \
	'^recipes/two.yaml:2:10: extends: "clinic-1.yaml" extends another recipe itself \(recipes/clinic-1.yaml:2:10\)' "$hiebox" check two
expect "a recipe outside the project" 1 '^recipes/out.yaml:2:10: extends: .* lies outside this project' "$hiebox" check out
expect "what is extended must be right itself" 1 '^recipes/broken.yaml:[0-9]+:7: mode: ' "$hiebox" check mended
expect "an installed project's recipe, extended from elsewhere" 0 'no mistakes' \
	"$hiebox" check --project . "$(cp recipes/clinic-1.yaml "$work/" && echo "$work/clinic-1.yaml")"
expect "help tells the rules" 0 'null takes a key away' "$hiebox" help recipe

expect "--set before and behind" 0 'no mistakes' "$hiebox" --set site.name=x check light --set=data.size=2G
expect "--set with a wrong key" 1 '^--set site.nmae=x: site: unknown key "nmae"; did you mean "name"\?' "$hiebox" check light --set site.nmae=x
expect "--set with a wrong value" 1 '^--set data.size=8X: data.size: expected a size such as 4G, got "8X"' "$hiebox" check light --set data.size=8X
expect "--set without a value" 2 '--set needs a value' "$hiebox" check light --set
expect "--set is for plan too" 1 'site.name: expected a host name' "$hiebox" plan light --set site.name=A
expect "the name cannot be set" 1 'build --name' "$hiebox" build light --set recipe=x

# which lock: its path stands in the message that there is none
lock() { "$hiebox" build "$@" --locked --offline --store "$work/store"; }
expect "a variant that asks for the same takes the lock of what it extends" 1 '^hiebox: recipes/light.lock: there is no lock' lock clinic-1
expect "from another folder too" 1 '^hiebox: recipes/light.lock: there is no lock' lock recipes/sub/clinic-3.yaml
expect "one that asks for more has its own" 1 '^hiebox: recipes/clinic-2.lock: there is no lock' lock clinic-2
expect "settings of the site change no lock" 1 '^hiebox: recipes/light.lock: .*with the same --set' lock light --set site.name=x
expect "settings for packages have a lock of their own" 1 '^hiebox: recipes/light\+[0-9a-f]{12}.lock: there is no lock' lock light --set 'add.packages=[htop]'
one=$(lock light --set 'add.packages=[htop]' 2>&1 | grep -o 'light+[0-9a-f]*.lock')
two=$(lock light --set site.name=y --set 'packages=[htop]' 2>&1 | grep -o 'light+[0-9a-f]*.lock')
expect "the same one for the same packages" 0 same bash -c "[ '$one' = '$two' ] && [ -n '$one' ] && echo same"
echo '# no lock' >recipes/clinic-1.lock
expect "a lock of its own comes first" 1 'recipes/clinic-1.lock:1:1: ' lock clinic-1
rm recipes/clinic-1.lock

expect "--name is a file name" 2 '--name: expected a file name .* got "a/b"' "$hiebox" build light --name a/b
expect "--name is for one recipe" 2 '--name is for one recipe; these are 2' "$hiebox" build light clinic-1 --name x
expect "two images of one name" 2 'two images would be called light.raw' "$hiebox" build light recipes/light.yaml
expect "many: the ones with mistakes are told first" 1 '^two: not made:$' lock two light
expect "many: and do not stop the others" 1 '^light: not made:$' lock two light
expect "many: the end counts" 1 '^hiebox: 2 of 2 images were not made' lock two light

# table TEXT NAME STATUS PATTERN: what is said of this table
table() { printf "$1" >clinics.csv; expect "a table$2" "$3" "$4" lock light --each clinics.csv; }
table 'name,site.name\na,clinic-a\nb,Clinic B\n' ": the row of a mistake" 1 '^b \(clinics.csv:3\): not made:'
table 'name,site.name\na,clinic-a\nb,Clinic B\n' ": the mistake in it" 1 '^--set site.name=Clinic B: site.name: expected a host name'
table '\xef\xbb\xbfname;site.languages;data.size\r\n"a";"[fr, en]";\r\n;;\r\nb;[sw];2X\r\n' " as spreadsheets save it" 1 '^b \(clinics.csv:4\): not made:'
table 'name,site.nmae\na,x\n' " with a wrong key" 1 'site: unknown key "nmae"; did you mean "name"'
table 'site.name\na\n' " without names" 2 'clinics.csv:1: expected a column "name"'
table 'name,x,x\na,b,c\n' " with a column twice" 2 'clinics.csv:1: the column x stands here twice'
table 'name,x\na\n' " with a short row" 1 'clinics.csv:2: the first line has 2 cells, this one has 1'
table 'name,x\na,"b\n' " with an open quote" 1 'clinics.csv:2: a quoted cell begins here and does not end'
table 'name\na\na\n' " with a name twice" 2 'clinics.csv:3: two images would be called a.raw'
table 'name\n../a\n' " with a path for a name" 2 'clinics.csv:2: expected a file name'
table 'name\n' " without rows" 1 'clinics.csv: expected a line of keys and a line for each image'
table 'name\0\na\n' " that is no text" 1 'clinics.csv: this is no text'
expect "a table that is not there" 1 'none.csv' lock light --each none.csv
expect "a table and many recipes" 2 'of one recipe' lock light clinic-1 --each clinics.csv
echo "1..$number"
