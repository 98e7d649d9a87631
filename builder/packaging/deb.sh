#!/bin/sh
# deb.sh: build/hiebox_VERSION_ARCHITECTURE.deb from an installation below build/release/deb, as an ordinary user. What
# debhelper would do is little here, and so nothing but dpkg's own tools is needed. The same sources, compiler and
# libraries give the same bytes: every time is SOURCE_DATE_EPOCH, every owner root.
set -eu
umask 022
export LC_ALL=C.UTF-8
packaging=$PWD/builder/packaging
work=$PWD/$BUILD/deb
root=$work/root
version=$(cat builder/VERSION)
for tool in dpkg-deb dpkg-shlibdeps dpkg-gencontrol strip gzip; do
	command -v $tool >/dev/null || { echo "deb: $tool is missing: apt-get install dpkg-dev binutils gzip" >&2; exit 1; }
done
grep -q "^hiebox ($version) " "$packaging/changelog" ||
	{ echo "deb: builder/packaging/changelog has no entry for $version, which builder/VERSION says" >&2; exit 1; }

rm -rf "$work"
mkdir -p "$work/debian" "$root/DEBIAN"
DESTDIR=$root builder/packaging/install.sh install >/dev/null
strip --remove-section=.comment --remove-section=.note "$root/usr/bin/hiebox"
gzip -9n "$root"/usr/share/man/man?/*
doc=$root/usr/share/doc/hiebox
rm "$doc/LICENSE" # the copyright file names where Debian has it
install -m 0644 "$packaging/copyright" "$doc/copyright"
gzip -9nc "$packaging/changelog" >"$doc/changelog.gz"
mkdir -p "$root/usr/share/lintian/overrides"
install -m 0644 "$packaging/lintian-overrides" "$root/usr/share/lintian/overrides/hiebox"

# dpkg's tools want to stand beside a folder debian/
cp "$packaging/control" "$packaging/changelog" "$work/debian/"
cd "$work"
dpkg-shlibdeps -O "$root/usr/bin/hiebox" >debian/substvars
dpkg-gencontrol -phiebox -P"$root" -Tdebian/substvars -fdebian/files >/dev/null
(cd "$root" && find usr -type f | sort | xargs -d '\n' md5sum) >"$root/DEBIAN/md5sums"
find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
architecture=$(sed -n 's/^Architecture: //p' "$root/DEBIAN/control")
deb=hiebox_${version}_$architecture.deb
# one thread: with more of them xz would cut the same bytes differently
dpkg-deb --root-owner-group --threads-max=1 -Zxz --build "$root" "$deb" >/dev/null
cd - >/dev/null
mv "$work/$deb" "build/$deb"
rm -rf "$work"
echo "build/$deb: apt install ./build/$deb"
