#!/usr/bin/env bash
# files.sh: check, help and schema for each kind of file, as who writes them meets them.
. "$(dirname "$0")/../support/cli.sh"

# A project of its own, so that files can be put where they belong.
mkdir "$work/project"
cp -r recipes units overlays "$work/project/"
cd "$work/project" || exit 1
mkdir -p recipes/workflows

# The example at the end of the help of a kind; the name is in its first line.
example() { "$hiebox" help "$1" | sed '1,/^Example$/d' | sed 1d; }
name_in() { example "$1" | sed -n "s/^$1: *//p"; }

for kind in recipe component board workflow seed; do
	name=$(name_in $kind)
	case $kind in
	recipe) file=recipes/$name.yaml ;;
	component) file=recipes/components/$name/component.yaml ;;
	board) file=recipes/boards/$name.yaml ;;
	workflow) file=recipes/workflows/$name.yaml ;;
	seed) file=recipes/seeds/$name/seed.yaml ;;
	esac
	mkdir -p "$(dirname "$file")"
	[ $kind != seed ] || touch "$(dirname "$file")/01-places.json" "$(dirname "$file")/02-people.json"
	example $kind >"$file"
	expect "the example of help $kind is right" 0 "^$file: no mistakes" "$hiebox" check "$file"
	expect "help $kind fits into 80 columns" 0 '^80$|^[1-7]?[0-9]$' \
		bash -c "'$hiebox' help $kind | LC_ALL=C.UTF-8 wc -L"
	expect "schema $kind names its keys" 0 "\"$kind\": \{" "$hiebox" schema $kind
done
rm "recipes/seeds/$name/02-people.json"
expect "a file that a data set names and does not have" 1 "seed.yaml:[0-9]+:[0-9]+: 02-people.json: there is no such file" "$hiebox" check "$file"
mv "recipes/seeds/$name" recipes/seeds/others
expect "a data set in a folder of another name" 1 "seed.yaml:1:7: seed: expected the name of its folder, others, got $name" \
	"$hiebox" check recipes/seeds/others/seed.yaml
rm -r recipes/seeds/others
expect "a folder: everything in it" 0 'recipes/workflows/.*: no mistakes' "$hiebox" check recipes
expect "several files at once" 0 'recipes/demo.yaml: no mistakes' "$hiebox" check recipes/boards/pc.yaml recipes/demo.yaml
expect "quiet says nothing" 0 '^$' bash -c "'$hiebox' check -q recipes && echo"
expect "schema of all kinds" 0 'json-schema.org/draft-07' "$hiebox" schema
expect "schema of another kind" 2 'did you mean "recipe"' "$hiebox" schema recipee
expect "a folder without files" 1 'holds no \*.yaml' bash -c "mkdir -p empty && '$hiebox' check empty"
expect "help of a mistyped kind" 2 'did you mean "workflow"' "$hiebox" help workfow

sed -i 's/from: clinic$/from: clinc/; s/shared-health-record\]/shared-heath-record]/' recipes/workflows/write-and-read.yaml
expect "a workflow's actor" 1 'write-and-read.yaml:13:11: steps\[\].from: .*did you mean "clinic"' "$hiebox" check recipes/workflows/write-and-read.yaml
expect "a workflow's role, in the same run" 1 'write-and-read.yaml:4:9: needs\[\]: .*did you mean "shared-health-record"' \
	"$hiebox" check recipes/workflows/write-and-read.yaml
expect "from the folder itself" 1 '^write-and-read.yaml:13:11' bash -c "cd recipes/workflows && '$hiebox' check write-and-read.yaml"
sed -i 's/as: hospital/as: hospitl/' recipes/workflows/write-and-read.yaml
expect "a workflow's credential" 1 'as: no component makes .*did you mean "hospital"' "$hiebox" check recipes/workflows/write-and-read.yaml

sed -i 's/^memory: .*/memory: 10 MB/; s/^needs: .*/needs: [hie-bse]/' recipes/components/my-mediator/component.yaml
expect "a component's mistakes" 1 'component.yaml:[0-9]*:9: memory: expected a size.* did you mean "10M"' \
	"$hiebox" check recipes/components/my-mediator/component.yaml
expect "a component's references" 1 'needs\[\]: .*did you mean "hie-base"' "$hiebox" check recipes/components/my-mediator/component.yaml
"$hiebox" check recipes >"$work/all" 2>&1
expect "a mistake that many files show is told once" 0 '^1$' bash -c "grep -c 'did you mean \"10M\"' '$work/all'"
expect "how many files are wrong" 0 'of [0-9]* files have mistakes' cat "$work/all"
cp recipes/components/my-mediator/component.yaml "$work/alone.yaml"
expect "a component outside any project" 1 'alone.yaml:[0-9]*:9: memory' "$hiebox" check "$work/alone.yaml"

printf 'recpie: x\nboard: pc\n' >recipes/first.yaml
expect "a first key that is none" 1 'first.yaml:1:1: expected a file whose first key is .*did you mean "recipe"' "$hiebox" check recipes/first.yaml
printf -- '- a\n- b\n' >recipes/first.yaml
expect "a list is no file of hiebox" 1 'first.yaml:1:1: expected a file whose first key' "$hiebox" check recipes/first.yaml
printf 'recipe: "x\n' >recipes/first.yaml
expect "a file that is no YAML" 1 'first.yaml:[0-9]' "$hiebox" check recipes/first.yaml
echo "1..$number"
