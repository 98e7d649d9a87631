#!/usr/bin/env bash
# make.sh: makes the small signed archives of the fetch tests anew (needs gpg and xz). The keys are thrown
# away afterwards: only what they signed is kept. Run it when a case is added; the tests need gpgv only.
set -eu
cd "$(dirname "$0")"
rm -rf archive keys; mkdir -p archive keys
export GNUPGHOME; GNUPGHOME=$(mktemp -d); trap 'gpgconf --kill all; rm -rf "$GNUPGHOME"' EXIT
gpg="gpg --batch --quiet --pinentry-mode loopback --passphrase= --trust-model always"
# 2020: so that signatures and the key that expires lie in the past whatever this machine's clock says
for name in archive second stranger; do
	$gpg --faked-system-time 20200101T000000 --quick-generate-key "$name@example.org" ed25519 sign never
done
$gpg --faked-system-time 20200101T000000 --quick-generate-key old@example.org ed25519 sign 30d
$gpg --export archive@example.org >keys/archive.gpg
$gpg --export --armor archive@example.org second@example.org >keys/armoured.asc
$gpg --export second@example.org >keys/second.gpg
$gpg --export old@example.org >keys/old.gpg

# release CASE ARCHIVE SUITE EXTRA…: archive/CASE/ARCHIVE/dists/SUITE/Release and its index
release() {
	local dir=archive/$1/$2/dists/$3 index; shift 3
	index=$dir/main/binary-amd64/Packages
	mkdir -p "$dir/main/binary-amd64/by-hash/SHA256"
	printf 'Package: of-%s\nVersion: 1\nArchitecture: amd64\n\n' "$(basename "$dir")" >"$index"
	xz -9 -k "$index"
	cp "$index.xz" "$dir/main/binary-amd64/by-hash/SHA256/$(sha256sum <"$index.xz" | cut -d' ' -f1)"
	{
		printf 'Origin: Test\nSuite: stable%s\nCodename: %s\n' "${dir##*dists/tiny}" "$(basename "$dir")"
		printf 'Date: Mon, 06 Jan 2020 10:00:00 UTC\nAcquire-By-Hash: yes\n'
		printf '%s\n' "$@"
		printf 'MD5Sum:\n 00000000000000000000000000000000 1 main/binary-amd64/Packages.xz\nSHA256:\n'
		for file in Packages Packages.xz; do
			printf ' %s %16s main/binary-amd64/%s\n' "$(sha256sum <"$dir/main/binary-amd64/$file" | cut -d' ' -f1)" \
				"$(stat -c %s "$dir/main/binary-amd64/$file")" "$file"
		done
	} >"$dir/Release"
	rm "$index"
}
# sign CASE ARCHIVE SUITE KEY… [-- OPTION…]
sign() {
	local dir=archive/$1/$2/dists/$3 users=(); shift 3
	while [ $# -gt 0 ] && [ "$1" != -- ]; do users+=(-u "$1@example.org"); shift; done
	[ $# -gt 0 ] && shift
	$gpg --faked-system-time 20200106T100000 "$@" "${users[@]}" --clearsign -o "$dir/InRelease" "$dir/Release"
	rm "$dir/Release"
}
one() { # one CASE KEY EXTRA…: the suite alone
	local case=$1 key=$2; shift 2
	release "$case" debian tiny "$@"
	sign "$case" debian tiny "$key"
}

one good archive 'Valid-Until: Fri, 31 Dec 2100 00:00:00 UTC'
release good debian tiny-updates 'Acquire-By-Hash: no'; sign good debian tiny-updates archive
release good debian-security tiny-security; sign good debian-security tiny-security archive stranger
one alone archive
rm -r archive/alone/debian/dists/tiny/main/binary-amd64/by-hash
one expired archive 'Valid-Until: Tue, 07 Jan 2020 10:00:00 UTC'
one future archive 'Date: Fri, 31 Dec 2100 00:00:00 UTC'
one stranger stranger
one expired-key old
one other-suite archive
mkdir -p archive/other-suite/debian/dists/huge
mv archive/other-suite/debian/dists/tiny/InRelease archive/other-suite/debian/dists/huge/
one tampered archive; sed -i 's/Origin: Test/Origin: Evil/' archive/tampered/debian/dists/tiny/InRelease
release unsigned debian tiny; mv archive/unsigned/debian/dists/tiny/Release archive/unsigned/debian/dists/tiny/InRelease
release sha1 debian tiny; sign sha1 debian tiny archive -- --digest-algo SHA1 --allow-weak-digest-algos || true
one two archive; one two-other stranger
cat archive/two-other/debian/dists/tiny/InRelease >>archive/two/debian/dists/tiny/InRelease; rm -r archive/two-other
one wrong-index archive; (cd archive/wrong-index/debian/dists/tiny/main/binary-amd64
	printf x | dd of=Packages.xz bs=1 seek=20 conv=notrunc status=none; rm -r by-hash)
mkdir -p archive/page/debian/dists/tiny
printf '<!DOCTYPE html><title>Log in</title>\n' >archive/page/debian/dists/tiny/InRelease
