#!/usr/bin/env bash
# setup.sh: builder/setup.sh with a faked Debian: what it installs, when it fetches lists, and what it says to
# who may not install. Nothing of this machine is changed.
cd "$(dirname "$0")/../.." || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
number=0
bin=$work/bin lists=$work/lists
mkdir "$bin" "$lists"
for tool in sh env cat printf rm true; do ln -s "$(type -P $tool)" "$bin/$tool"; done
fake() { printf '#!/bin/sh\n%s\n' "$2" >"$bin/$1"; chmod 755 "$bin/$1"; }
# installed packages are files; apt-get writes what it is asked, and installs; BROKEN makes the first install fail
fake dpkg-query 'for p; do :; done; [ -e "'"$work"'/installed/$p" ] && printf installed || exit 1'
fake apt-get 'shift 3; echo "$*" >>"'"$work"'/asked"
case $1 in update) : >"'"$lists"'/mirror_Packages"; rm -f "'"$work"'/broken"; exit 0 ;; esac
[ ! -e "'"$work"'/broken" ] || exit 100
[ ! -e "'"$work"'/hopeless" ] || exit 100
for p; do case $p in -*|install) ;; *) : >"'"$work"'/installed/$p" ;; esac; done'
fake sudo '[ "$1" != -n ] || { shift; [ ! -e "'"$work"'/password" ] || exit 1; }; exec "$@"'
fake id 'case $1 in -u) echo ${UID_NOW:-0} ;; *) echo alice ;; esac'

fresh() { rm -rf "$work"/{installed,asked,broken,hopeless,password} "$lists"/*; mkdir "$work/installed"; : >"$work/asked"; : >"$lists/mirror_Packages"; }
setup() { env -i PATH="$bin" APT_LISTS="$lists" "$@" builder/setup.sh image >"$work/out" 2>&1 </dev/null; }
# is NAME EXPECTED ACTUAL
is() {
	number=$((number + 1))
	if [ "$2" = "$3" ]; then echo "ok $number - $1"; else echo "not ok $number - $1: expected \"$2\", got \"$3\""; sed 's/^/#   /' "$work/out"; fi
}
asked() { cut -d' ' -f1 "$work/asked" | tr '\n' ' '; }
has() { grep -cF -- "$1" "$work/out"; }

fresh; setup UID_NOW=0; is "root: what is missing is installed" "0 install " "$? $(asked)"
is "it says why" 1 "$(has 'to verify what is downloaded: gpgv debian-archive-keyring ca-certificates')"
is "and how" 1 "$(has '    apt-get install --no-install-recommends -y gcc ')"
is "root is not asked for uidmap" 0 "$(has uidmap)"
: >"$work/asked"; setup UID_NOW=0; is "again: nothing to do, nothing to say" "0  0" "$? $(asked) $(wc -c <"$work/out")"
rm "$work/installed/gpgv"; setup UID_NOW=0; is "one missing: only that one" 1 "$(has 'install --no-install-recommends -y gpgv')"
fresh; rm "$lists"/*; setup UID_NOW=0; is "no lists: they are fetched first" "0 update install " "$? $(asked)"
fresh; : >"$work/broken"; setup UID_NOW=0; is "old lists: fetched after a failure, then once more" "0 install update install " "$? $(asked)"
fresh; : >"$work/hopeless"; setup UID_NOW=0; is "what cannot be installed is a failure" "1 install update install " "$? $(asked)"
fresh; setup UID_NOW=1000; is "a user with sudo" "0 install " "$? $(asked)"
is "sudo stands in the line" 1 "$(has '    sudo apt-get install')"
is "a user needs uidmap" 1 "$(has 'to build without root: uidmap')"
fresh; : >"$work/password"; setup UID_NOW=1000
is "sudo that wants a password, no terminal: status 1, nothing done" "1 " "$? $(asked)"
is "the line for the administrator" 1 "$(has '    apt-get update && apt-get install --no-install-recommends -y gcc ')"
rm "$bin/sudo"; fresh; setup UID_NOW=1000; is "no sudo: status 1, nothing done" "1 " "$? $(asked)"
is "who to ask" 1 "$(has 'alice cannot use sudo here. Ask the administrator to type:')"
rm "$bin/dpkg-query"; setup UID_NOW=0; is "no Debian: the packages are named, and it goes on" "0 1" "$? $(has 'this is no Debian or derivative')"
echo "1..$number"
