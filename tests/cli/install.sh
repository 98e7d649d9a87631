#!/usr/bin/env bash
# install.sh: `make install` into a folder; the installed program finds its project from anywhere, moved or not, and
# leaves what is installed as it was.
cd "$(dirname "$0")/../.."
clone=$PWD
work=$(mktemp -d); trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
number=0
result() { # STATUS NAME
	number=$((number + 1))
	if [ "$1" = 0 ]; then echo "ok $number - $2"; else echo "not ok $number - $2"; head -n 20 "$work/out" | sed 's/^/#   /'; fi
}
# try NAME COMMAND…; says NAME PATTERN COMMAND… (also status 0); fails NAME PATTERN COMMAND…
try() { local name=$1; shift; "$@" >"$work/out" 2>&1 </dev/null; result $? "$name"; }
says() { local name=$1 pattern=$2; shift 2; "$@" >"$work/out" 2>&1 </dev/null && grep -qE -- "$pattern" "$work/out"; result $? "$name"; }
fails() { local name=$1 pattern=$2; shift 2; ! "$@" >"$work/out" 2>&1 </dev/null && grep -qE -- "$pattern" "$work/out"; result $? "$name"; }
listing() { (cd "$1" && find . -printf '%y %m %p %l\n' | sort); }

says "make alone builds, and installs nothing" '^\.DEFAULT_GOAL := all$' sh -c 'make -pnq || :'
try "make install" make -s MODE=check install DESTDIR="$work/dest" PREFIX=/usr
[ -x "$work/dest/usr/bin/hiebox" ] || exit 1
share=$work/dest/usr/share/hiebox
hiebox=$work/dest/usr/bin/hiebox
try "every folder of the box's program is there" test -f "$share/builder/agent/hie.c" -a -f "$share/builder/base/base.h" -a -f "$share/builder/VERSION"
for folder in units overlays recipes/components recipes/boards builder/agent builder/base; do
	try "$folder is what the clone has" diff -r --no-dereference "$folder" "$share/$folder"
done
try "and nothing else: no lock" test -z "$(find "$share/recipes" -maxdepth 1 -name '*.lock')"
try "nothing is writable for others" test -z "$(find "$work/dest" ! -type l -perm /022)"
for shell in bash-completion/completions/hiebox zsh/site-functions/_hiebox fish/vendor_completions.d/hiebox.fish; do
	try "completion: $shell" test -s "$work/dest/usr/share/$shell"
done
says "the manual, as man finds it" 'hiebox build demo --locked' env MANPATH="$work/dest/usr/share/man" man hiebox
says "the manual of a kind of file" 'distribution' env MANPATH="$work/dest/usr/share/man" man 5 hiebox-recipe
listing "$work/dest" >"$work/before"

mkdir -p "$work/empty" && cd "$work/empty" || exit 1
says "list from a folder without a project" '^interoperability-layer-openhim$' "$hiebox" list
says "the installed recipes" "^$share/recipes/demo.yaml$" "$hiebox" list recipes
says "the installed boards" "^$share/recipes/boards/pc.yaml$" "$hiebox" list boards
says "check of an installed recipe by its plain name" '^demo: no mistakes' "$hiebox" check demo
fails "a name that is nobody's tells the nearest" 'did you mean "demo.yaml"' "$hiebox" check dmeo
mkdir "$work/own" && cd "$work/own" || exit 1
printf 'recipe: mine\nsummary: x\nboard: pc\nmode: training\ncomponents: [reverse-proxy-nginx]\n' >mine.yaml
says "a recipe of one's own names installed components" '^mine: no mistakes' "$hiebox" check mine
says "by its path, from elsewhere" 'no mistakes' bash -c "cd / && '$hiebox' check '$work/own/mine.yaml'"
fails "its mistakes are told at their place" 'mine.yaml:5:14: ' bash -c "sed -i s/reverse-proxy-nginx/reverse-proxy-ngins/ mine.yaml; '$hiebox' check mine.yaml"
# A project of one's own wins over the installed one, from any folder in it.
mkdir -p "$work/project/recipes/components" "$work/project/deep/er"
cp -R "$clone/recipes/boards" "$work/project/recipes/"
cp -R "$clone/recipes/components/hie-base" "$work/project/recipes/components/"
cd "$work/project/deep/er" || exit 1
try "a project of one's own wins" test "$("$hiebox" list | grep -c '^[a-z]')" = 1
says "--project wins over all" 'interoperability-layer-openhim' "$hiebox" list --project "$clone"

# Where the lock goes is told by the first command that wants to write it.
cd "$work/empty" || exit 1
lock_of() { "$@" --locked --offline --store "$work/store" 2>&1 </dev/null | sed -n 's/.*hiebox: \(.*\): there is no lock.*/\1/p'; }
try "the lock of an installed recipe: the current folder" test "$(lock_of "$hiebox" build demo)" = demo.lock
cp "$clone/recipes/light.yaml" "$work/own/light.yaml"
try "the lock of one's own: beside it" test "$(lock_of "$hiebox" build ../own/light.yaml)" = ../own/light.lock
# root may write everywhere but on what is mounted read-only
read_only() {
	if [ "$(id -u)" != 0 ]; then chmod a-w "$work/own"; lock_of "$@"; chmod u+w "$work/own"; else
		export -f lock_of
		unshare -m bash -c 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && lock_of "$@"' "$work/own" "$@"
	fi
}
try "where that cannot be written: the current folder" test "$(read_only "$hiebox" build ../own/light.yaml)" = light.lock
mv "$work/dest/usr" "$work/moved"
says "the whole may be moved" '^demo: no mistakes' "$work/moved/bin/hiebox" check demo
ln -s "$work/moved/bin/hiebox" "$work/link"
says "and called through a link" "^$work/moved/share/hiebox/recipes/demo.yaml$" "$work/link" list recipes
mv "$work/moved" "$work/dest/usr"
listing "$work/dest" >"$work/after"
try "using it left what is installed as it was" diff "$work/before" "$work/after"

cd "$clone" || exit 1
echo mine >"$share/recipes/mine.yaml"
try "make uninstall" make -s MODE=check uninstall DESTDIR="$work/dest" PREFIX=/usr
try "leaves only what somebody added" test "$(cd "$work/dest" && find . -type f)" = ./usr/share/hiebox/recipes/mine.yaml
try "other directory variables: install" make -s MODE=check install DESTDIR="$work/odd" prefix=/opt/hie bindir=/opt/bin datadir=/srv/data
says "other directory variables: found" "^$work/odd/srv/data/hiebox/recipes/demo.yaml$" env -C / "$work/odd/opt/bin/hiebox" list recipes
try "the usual ones again, for the other tests" make -s MODE=check build/check/hiebox
echo "1..$number"
