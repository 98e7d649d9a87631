#!/usr/bin/env bash
# The Debian package: made twice, once by an ordinary user in another folder, with the same bytes; lintian's opinion; and
# its life in a fresh root of this machine's own release: installed, used by an ordinary user, removed without a trace.
. "$(dirname "$0")/lib.sh"
export LC_ALL=C.UTF-8
version=$(cat builder/VERSION)
deb=$PWD/build/hiebox_${version}_$(dpkg --print-architecture).deb
trap 'rm -rf --one-file-system "$work"' EXIT
rm -f "$deb"
try "make deb" make -s deb
[ -s "$deb" ] || exit 1

# The objects are taken along with their times, so that nothing is compiled again.
mkdir "$work/elsewhere" && chmod 755 "$work"
git ls-files -co --exclude-standard  -z | xargs -0 cp -Pp --parents -t "$work/elsewhere"
mkdir -p "$work/elsewhere/build"
cp -a build/release "$work/elsewhere/build/"
again() { (cd "$work/elsewhere" && umask 077 && TZ=Asia/Tokyo make -s deb); }
if [ "$(id -u)" = 0 ]; then
	chown -hR 65534:65534 "$work/elsewhere"
	export -f again; export work
	try "make deb by an ordinary user, elsewhere" setpriv --reuid=65534 --regid=65534 --clear-groups bash -c again
else
	try "make deb elsewhere" again
fi
same "the same bytes" "$(sha256sum <"$deb")" "$(sha256sum <"$work/elsewhere/build/${deb##*/}")"
rm -rf "$work/elsewhere"

# Overrides stand in builder/packaging/lintian-overrides, each with its reason.
if command -v lintian >/dev/null; then
	try "lintian finds nothing" lintian --fail-on error,warning --tag-display-limit 0 --allow-root "$deb"
else
	skip "lintian finds nothing" "lintian is not installed"
fi

need_root "a fresh root"
command -v mmdebstrap >/dev/null || { skip "a fresh root" "mmdebstrap is not installed"; exit 0; }
suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
mirror=$(apt-get indextargets --format '$(REPO_URI)' "Created-By: Packages" "Codename: $suite" 2>/dev/null | grep -E '/debian/?$' | head -n 1)
[ -n "$suite" ] && [ -n "$mirror" ] || { skip "a fresh root" "APT's sources name no Debian mirror"; exit 0; }
options=()
while read -r line; do options+=(--aptopt="$line"); done < <(apt-config dump | grep -E '^Acquire::(http|https|Retries|Check-Valid-Until)')
cp "$deb" "$work/hiebox.deb"
# What runs inside: TAP lines, ended by END. The package is the newest there, installed by apt with what it depends on.
cat >"$work/inside" <<'SH'
try() { name=$1; shift; if "$@" >/tmp/out 2>&1; then echo "ok - $name"; else echo "not ok - $name"; head -n 20 /tmp/out | sed 's/^/# /'; fi; }
says() { name=$1 words=$2; shift 2; try "$name" sh -c '"$@" 2>&1 | tee /tmp/said | grep -q -e "$0" || { cat /tmp/said; false; }' "$words" "$@"; }
user() { setpriv --reuid=1000 --regid=1000 --clear-groups env HOME=/home/ada "$@"; }
echo 'ada:x:1000:1000::/home/ada:/bin/sh' >>/etc/passwd; echo 'ada:x:1000:' >>/etc/group
mkdir -p /home/ada/place; chown -R 1000:1000 /home/ada
cd /home/ada/place
find / -xdev -path /tmp -prune -o -path /home -prune -o -print | sort >/tmp/before
try "installed by dpkg" dpkg -i /tmp/hiebox.deb
says "dpkg --audit has nothing to say" '^0$' sh -c 'dpkg --audit | wc -l'
says "dpkg --verify finds every file as packed" '^0$' sh -c 'dpkg --verify hiebox | wc -l'
says "list" '^interoperability-layer-openhim$' setpriv --reuid=1000 --regid=1000 --clear-groups hiebox list
says "check demo" 'demo: no mistakes' setpriv --reuid=1000 --regid=1000 --clear-groups hiebox check demo
says "doctor tells about the user" ' user .*ada' env HOME=/home/ada setpriv --reuid=1000 --regid=1000 --clear-groups hiebox doctor
says "the manual, as man finds it" 'hiebox build demo --locked' man hiebox
says "a recipe's manual" 'distribution' man 5 hiebox-recipe
says "completion: bash finds it by its name" 'complete -F _hiebox hiebox' bash -c 'source /usr/share/bash-completion/bash_completion; _completion_loader hiebox || __load_completion hiebox; complete -p hiebox'
try "purged" dpkg --purge hiebox
find / -xdev -path /tmp -prune -o -path /home -prune -o -print | sort >/tmp/after
try "without a trace" sh -c 'diff /tmp/before /tmp/after | grep -E "^[<>]" | grep -vE "/var/(cache/man|lib/dpkg|log)" >/tmp/left; ! grep . /tmp/left || { cat /tmp/left; false; }'
echo END
SH
depends=$(dpkg-deb -f "$deb" Depends | sed 's/ ([^)]*)//g; s/, /,/g')
start=$(date +%s)
TMPDIR=$work mmdebstrap --mode=root --variant=essential "${options[@]}" --dpkgopt=force-unsafe-io --dpkgopt=path-include=/usr/share/man/* \
	--include="$depends,man-db,bash-completion,bash" \
	--customize-hook='cp "'"$work"'/hiebox.deb" "'"$work"'/inside" "$1/tmp/"' --customize-hook='chroot "$1" sh /tmp/inside >"'"$work"'/inside.log" 2>&1' \
	"$suite" /dev/null "deb $mirror $suite main" >"$work/try" 2>&1 || { bad "a fresh root of $suite" "$(tail -n 3 "$work/try")"; exit 1; }
echo "# a fresh root of $suite: $(($(date +%s) - start)) s"
relay "$suite" "$work/inside.log"
