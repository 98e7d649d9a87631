#!/bin/sh
# install.sh install|uninstall: puts hiebox where the directory variables of packaging.mk say, below DESTDIR. Both
# work on one list, so that what was installed is also what is removed; files that people added stay.
set -eu
umask 022
stage=$BUILD/stage

# The whole installation below build/stage, in its final modes.
rm -rf "$stage"
put() { # MODE FILE DIRECTORY [NAME]
	mkdir -p "$stage$3"
	install -m "$1" "$2" "$stage$3/${4:-$(basename "$2")}"
}
put 0755 "$BUILD/hiebox" "$bindir"
for folder in $INSTALLED_FOLDERS; do
	mkdir -p "$stage$datadir/hiebox/$folder"
	cp -RP "$folder/." "$stage$datadir/hiebox/$folder"
done
put 0644 builder/VERSION "$datadir/hiebox/builder"
# what builds left beside recipes is no part of the project
rm -f "$stage$datadir"/hiebox/recipes/*.lock
find "$stage$datadir/hiebox" -name '*.part' -delete
chmod -R u=rwX,go=rX "$stage$datadir/hiebox"
# What the program itself knows: manual pages and completion.
made=$BUILD/made
mkdir -p "$made"
for page in $("$BUILD/hiebox" complete -- hiebox manual "" | cut -f 1); do
	"$BUILD/hiebox" manual "$page" >"$made/page"
	section=5; [ "$page" != hiebox ] || section=1
	put 0644 "$made/page" "$mandir/man$section" "$page.$section"
done
for shell in bash zsh fish; do
	"$BUILD/hiebox" completion $shell >"$made/$shell"
done
put 0644 "$made/bash" "$bashcompletiondir" hiebox
put 0644 "$made/zsh" "$zshcompletiondir" _hiebox
put 0644 "$made/fish" "$fishcompletiondir" hiebox.fish
put 0644 README.md "$docdir"
put 0644 LICENSE "$docdir"

case $1 in
install)
	(cd "$stage" && find . -mindepth 1 -type d) | while read -r folder; do
		[ -d "${DESTDIR:-}${folder#.}" ] || mkdir -p "${DESTDIR:-}${folder#.}"
	done
	(cd "$stage" && find . ! -type d) | while read -r file; do
		rm -f "${DESTDIR:-}${file#.}"
		cp -P --preserve=mode,timestamps "$stage/$file" "${DESTDIR:-}${file#.}"
	done
	echo "installed: ${DESTDIR:-}$bindir/hiebox, and its recipes and components in ${DESTDIR:-}$datadir/hiebox"
	;;
uninstall)
	(cd "$stage" && find . ! -type d) | while read -r file; do
		rm -f "${DESTDIR:-}${file#.}"
	done
	for folder in "$datadir/hiebox" "$docdir"; do
		[ ! -d "${DESTDIR:-}$folder" ] || find "${DESTDIR:-}$folder" -depth -type d -empty -delete
	done
	echo "removed from ${DESTDIR:-}$bindir and ${DESTDIR:-}$datadir"
	;;
*)
	echo "usage: install.sh install|uninstall" >&2
	exit 2
	;;
esac
rm -rf "$stage"
