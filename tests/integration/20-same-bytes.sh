#!/usr/bin/env bash
# The demo again from the same lock and downloads, but with empty layer caches, in another folder, by an ordinary
# user, with another umask, time zone, locale, number of processors, host name, clock and time since the start: the same bytes.
. "$(dirname "$0")/lib.sh"
need_root "making a second user"
[ -e "$out/demo.raw" ] || { bad "the demo was built"; exit 1; }
user=hiebox-check
id "$user" >/dev/null 2>&1 || useradd --create-home --shell /bin/sh "$user" || { bad "useradd $user"; exit 1; }
grep -q "^$user:" /etc/subuid || { echo "$user:700000:65536" >>/etc/subuid; echo "$user:700000:65536" >>/etc/subgid; }
home=$(getent passwd "$user" | cut -d: -f6)
place=$home/a-folder-with-another-name
remove() { # trees of the store belong to subordinate ids: root removes them
	rm -rf --one-file-system "$place" "$home/.cache/hiebox"
}
remove
trap 'remove; rm -rf --one-file-system "$work"' EXIT
mkdir -p "$place" "$home/.cache/hiebox"
try "copy the project, links as links" bash -c "git ls-files -co --exclude-standard -z | xargs -0 cp -P --parents -t '$place'"
cp recipes/demo.lock "$place/recipes/"
mkdir -p "$place/build"; cp -L build/hiebox "$place/build/hiebox"
cp -r --reflink=auto "$store/blobs" "$store/indexes" "$home/.cache/hiebox/"
chown -hR "$user:" "$place" "$home/.cache"

cat >"$work/build.sh" <<SH
cd '$place'
umask 0077
exec taskset -c 0 $(command -v faketime >/dev/null && echo "faketime -f '+400d'") build/hiebox build recipes/demo.yaml -o out --locked --offline --timing
SH
chmod 755 "$work" "$work/build.sh"
# as on a machine that started two minutes ago, and as on one that runs for a month where this one has just started
up=$(cut -d. -f1 /proc/uptime)
other=$((up > 3600 ? 120 - up : 2600000))
age=(--time --fork --monotonic=$other --boottime=$other)
unshare "${age[@]}" true 2>/dev/null || { skip "another time since the machine's start" "no time namespaces here"; age=(); }
try "build as an ordinary user, all circumstances changed" unshare --uts "${age[@]}" sh -c "hostname somewhere-else && exec runuser -u $user -- \
	env -i HOME='$home' PATH=/usr/bin:/bin:/usr/sbin:/sbin TZ=Pacific/Auckland LC_ALL=C.UTF-8 LANG=fr_FR.UTF-8 sh $work/build.sh"
sed -n '/ s  /p' "$work/try" | sed 's/^/# /'
command -v faketime >/dev/null || skip "another clock" "faketime is not installed"
first=$(sha256sum <"$out/demo.raw" | cut -d' ' -f1)
second=$(sha256sum <"$place/out/demo.raw" | cut -d' ' -f1)
echo "# sha256 $first"
try "both images are there" test -s "$out/demo.raw" -a -s "$place/out/demo.raw"
same "the same bytes" "$first" "$second"
if [ "$first" != "$second" ]; then # say where, for the person who has to mend it
	python3 - "$out/demo.raw.json" "$place/out/demo.raw.json" <<'PY'
import json, sys
a, b = (json.load(open(name)) for name in sys.argv[1:3])
for x, y in zip(a["layers"], b["layers"]):
    print("#", x["name"], "key", "same" if x["key"] == y["key"] else "differs", "bytes", x["bytes"], y["bytes"])
PY
	cmp -l "$out/demo.raw" "$place/out/demo.raw" 2>/dev/null | head -5 | sed 's/^/# differs at /'
	for name in base apps site; do
		a=$(layer_file demo $name)
		b=$home/.cache/hiebox/layers/$(python3 -c 'import json, sys
print([l["key"] for l in json.load(open(sys.argv[1]))["layers"] if l["name"] == sys.argv[2]][0])' "$place/out/demo.raw.json" $name)
		diff "${a%layer.squashfs}entries" "$b/entries" | head -10 | sed "s/^/# $name: /"
	done
fi
