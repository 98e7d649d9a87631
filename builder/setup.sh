#!/bin/sh
# setup.sh image|check: installs the Debian packages that the target needs and that are missing.
# Says which, and why; asks on a terminal, goes on without asking when there is none or YES=1. Root installs,
# another user does by sudo; who cannot gets the line for the administrator and exit status 1. Package lists
# are fetched only when there are none (in APT_LISTS) or when installing with them failed.
set -eu

# Each line: why, then the packages.
image='to compile hiebox: gcc libc6-dev make pkg-config
libraries of hiebox: libarchive-dev libcurl4-openssl-dev libyaml-dev libjansson-dev libsolv-dev libsolvext-dev libssl-dev libsystemd-dev
to verify what is downloaded: gpgv debian-archive-keyring ca-certificates'
rootless='to build without root: uidmap'
check='to compile the program of the box here: libmicrohttpd-dev libqrencode-dev
to compile and run the tests: clang libcmocka-dev python3 python3-jsonschema git curl openssh-client openssl sudo faketime zsh fish
to judge manual pages and packages: mandoc man-db dpkg-dev lintian
to judge reports, and for a HAPI that is not ours: python3-junitparser default-jdk-headless
to judge images by other tools: mmdebstrap squashfs-tools fdisk dosfstools mtools e2fsprogs zstd
to start images: systemd-container qemu-system-x86 ovmf
to judge the page, the screens and backups: chromium nodejs age'

root=no
[ "$(id -u)" != 0 ] || root=yes
case ${1:-} in
image) [ $root = yes ] && wanted=$image || wanted="$image
$rootless" ;;
check) wanted="$image
$rootless
$check" ;;
*) echo "usage: setup.sh image|check" >&2; exit 2 ;;
esac

say() { echo "setup: $*" >&2; }
installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null || :)" = installed ]; }
# apt-get as root, without questions; the lock is waited for (unattended-upgrades may hold it)
apt() { $become env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120 "$@"; }

if ! command -v dpkg-query >/dev/null 2>&1; then
	say "this is no Debian or derivative: install by hand what these packages hold:"
	echo "$wanted" >&2
	exit 0
fi

missing='' reasons=''
while IFS=: read -r why packages; do
	lacking=
	for package in $packages; do
		installed "$package" || lacking="$lacking $package"
	done
	[ -z "$lacking" ] || reasons="$reasons
    $why:$lacking"
	missing="$missing$lacking"
done <<LIST
$wanted
LIST
[ "$missing" ] || exit 0

line="apt-get install --no-install-recommends -y$missing"
become=
printf 'Some Debian packages are needed first%s\n\n' "$reasons"
if [ $root = no ]; then
	become=sudo
	# without a terminal nobody can type a password
	if ! command -v sudo >/dev/null 2>&1 || { [ ! -t 0 ] && ! sudo -n true 2>/dev/null; }; then
		say "only root can install them, and $(id -un) cannot use sudo here. Ask the administrator to type:"
		printf '\n    apt-get update && %s\n\n' "$line" >&2
		exit 1
	fi
fi
printf 'They come with\n\n    %s%s\n\n' "${become:+sudo }" "$line"
if [ -t 0 ] && [ "${YES:-}" != 1 ]; then
	printf 'Install them now? [Y/n] '
	read -r answer || answer=n
	case $answer in
	''|y|Y|yes|o|O|oui) ;;
	*) echo "Nothing was installed."; exit 1 ;;
	esac
fi

updated=no
update() {
	say "fetching the package lists: $1"
	updated=yes
	apt update || say "apt-get update had trouble; trying with the lists at hand"
}
# images of containers come without lists; some keep them compressed
set -- "${APT_LISTS:-/var/lib/apt/lists}"/*_Packages*
[ -e "$1" ] || update "there are none yet"
# shellcheck disable=SC2086 # the list is words
install() { apt install --no-install-recommends -y $missing </dev/null; }
if ! install; then
	[ $updated = no ] || { say "apt-get could not install them: its own words are above"; exit 1; }
	update "installing failed, they may be old"
	install || { say "apt-get could not install them: its own words are above"; exit 1; }
fi
