#!/bin/sh
# setup.sh image|check: installs the Debian packages that the target needs and that are missing.
# Shows the one apt-get line; asks on a terminal; goes on without asking when there is none or YES=1.
set -eu

image='gcc libc6-dev make pkg-config libarchive-dev libcurl4-openssl-dev libyaml-dev libjansson-dev
libsolv-dev libsolvext-dev libssl-dev libsystemd-dev gpgv debian-archive-keyring ca-certificates uidmap'
check="$image clang libcmocka-dev python3 python3-jsonschema git curl openssh-client openssl mmdebstrap systemd-container
squashfs-tools fdisk dosfstools mtools e2fsprogs zstd qemu-system-x86 ovmf sudo faketime zsh fish
mandoc man-db dpkg-dev lintian"

case ${1:-} in
image) wanted=$image ;;
check) wanted=$check ;;
*) echo "usage: setup.sh image|check" >&2; exit 2 ;;
esac

if ! command -v dpkg-query >/dev/null 2>&1; then
	echo "setup: this is no Debian or derivative: install by hand what these packages hold: $wanted" >&2
	exit 0
fi

missing=
for package in $wanted; do
	state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || :)
	[ "$state" = installed ] || missing="$missing $package"
done
[ "$missing" ] || exit 0

become=
[ "$(id -u)" = 0 ] || become='sudo '
line="${become}apt-get install --no-install-recommends -y$missing"
printf 'Some Debian packages are needed first:\n\n    %s\n\n' "$line"
if [ -t 0 ] && [ "${YES:-}" != 1 ]; then
	printf 'Install them now? [Y/n] '
	read -r answer
	case $answer in
	''|y|Y|yes|o|O|oui) ;;
	*) echo "Nothing was installed."; exit 1 ;;
	esac
fi
if [ "$become" ] && ! command -v sudo >/dev/null 2>&1; then
	echo "setup: sudo is not installed: run the line above as root (without sudo), then again" >&2
	exit 1
fi
# shellcheck disable=SC2086 # the list is words
${become}env DEBIAN_FRONTEND=noninteractive apt-get update -qq || echo "setup: apt-get update had trouble; trying with the lists at hand" >&2
# shellcheck disable=SC2086
${become}env DEBIAN_FRONTEND=noninteractive apt-get install --no-install-recommends -y -qq $missing
