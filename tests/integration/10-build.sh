#!/usr/bin/env bash
# Builds the demo, the light and the plain recipe, and lets standard tools judge the bytes.
. "$(dirname "$0")/lib.sh"

for name in demo light; do
	try "build $name" "$hiebox" build "recipes/$name.yaml" -o "$out" --timing
	sed -n '/ s  /p' "$work/try" | sed 's/^/# /'
done
try "build plain" "$hiebox" build tests/recipes/plain.yaml --project . -o "$out" --timing

for name in demo light plain; do
	[ -e "$out/$name.raw" ] || continue
	try "$name: sfdisk --verify" bash -c "sfdisk --verify $out/$name.raw 2>&1 | tee /dev/stderr | grep -q 'No errors detected'"
	for part in efi HIEBOX; do
		take "$name" "$part" "$work/fat"
		try "$name: fsck.fat has nothing to say about $part" fsck.fat -n "$work/fat"
	done
	for part in system-a data root; do
		[ -n "$(partition "$name" "$part")" ] || continue
		take "$name" "$part" "$work/ext4"
		try "$name: e2fsck has nothing to say about $part" e2fsck -fn "$work/ext4"
	done
	rm -f "$work/fat" "$work/ext4"
	try "$name: inspect" "$hiebox" inspect "$out/$name.raw"
	try "$name: inspect --json is JSON" bash -c "'$hiebox' inspect --json $out/$name.raw | python3 -m json.tool >/dev/null"
done
try "plan --json is JSON" bash -c "'$hiebox' plan --json recipes/demo.yaml | python3 -m json.tool >/dev/null"

for name in base apps site; do
	try "demo: unsquashfs -s reads $name" unsquashfs -s "$(layer_file demo $name)"
done
tree=$work/tree
# an ordinary user cannot give files to others, which unsquashfs says with its status; the next line checks it
for name in base apps site; do
	unsquashfs -q -n -f -d "$tree" "$(layer_file demo $name)" >/dev/null 2>&1
	chmod -R u+w "$tree" # else an ordinary user cannot lay the next layer's files over read-only ones
done
try "demo: the layers were unpacked" test -s "$tree/var/lib/dpkg/status" -a -x "$tree/usr/bin/hie" -a -s "$tree/usr/lib/hie/box.json"
same "demo: dpkg --audit" "" "$(dpkg --root="$tree" --audit 2>&1)"
mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
try "demo: apt-get check" apt-get check -o Dir::State::status="$tree/var/lib/dpkg/status" -o Dir::State::lists="$work/lists" \
	-o Dir::Cache="$work/cache" -o APT::Architecture=amd64 -o Dir::State::extended_states="$tree/var/lib/apt/extended_states"
same "demo: every package is installed" "" "$(dpkg-query --admindir="$tree/var/lib/dpkg" -W -f '${db:Status-Abbrev}${Package}\n' | grep -v '^ii ')"

# nothing is left behind that belongs to the machine that built it, or to one box only
same "demo: machine-id is empty" 0 "$(stat -c %s "$tree/etc/machine-id")"
for path in var/lib/postgresql/17 etc/postgresql/17 etc/ssl/private/ssl-cert-snakeoil.key var/lib/systemd/random-seed \
	var/cache/apt/pkgcache.bin var/cache/ldconfig/aux-cache usr/sbin/policy-rc.d var/lib/hie/secrets; do
	same "demo: no $path" "" "$(ls -d "$tree/$path" 2>/dev/null)"
done
same "demo: no ssh host keys" "" "$(ls "$tree"/etc/ssh/ssh_host_* 2>/dev/null)"
same "demo: no logs" "" "$(find "$tree/var/log" -type f)"
same "demo: no package lists" "" "$(find "$tree/var/lib/apt/lists" -type f 2>/dev/null)"
# private keys in a vendor's test data: none are expected in the demo
same "demo: no private key" "" "$(grep -rlI -- '-----BEGIN [A-Z ]*PRIVATE KEY-----' "$tree" 2>/dev/null | xargs -r grep -LE 'MII\.\.\.|\$\{|BEGIN [A-Z ]*PRIVATE KEY-----["'"'"'\\]|startsWith|pemHeader' | sed "s|$tree||")"
same "demo: no password in shadow" "" "$(awk -F: '$2 !~ /^[!*]/ {print $1}' "$tree/etc/shadow")"
rm -rf "$tree"

# nothing changed: nothing is written; one overlay file changed: only the site layer is new
before=$(stat -c %Y.%y "$out/light.raw")
start=$(date +%s.%N)
"$hiebox" build recipes/light.yaml -o "$out" >/dev/null 2>&1
echo "# nothing changed: $(python3 -c "import time; print(round(time.time() - $start, 2))") s"
same "nothing changed, nothing written" "$before" "$(stat -c %Y.%y "$out/light.raw")"
mkdir -p "$work/site/recipes" && cp -r recipes/components recipes/boards recipes/light.* "$work/site/recipes/" && cp -r units overlays builder "$work/site/"
try "build a copy of the project" "$hiebox" build "$work/site/recipes/light.yaml" -o "$work/images"
echo changed >"$work/site/overlays/hie-base/etc/hiebox-test"
start=$(date +%s.%N)
try "build it with one overlay file more" "$hiebox" build "$work/site/recipes/light.yaml" -o "$work/images" --offline
echo "# one overlay file changed: $(python3 -c "import time; print(round(time.time() - $start, 2))") s"
new() { python3 -c 'import json, sys
print(" ".join(l["name"] for l, m in zip(*(json.load(open(f))["layers"] for f in sys.argv[1:3])) if l["key"] != m["key"]))' "$@"; }
same "only the site layer is new" "site" "$(new "$out/light.raw.json" "$work/images/light.raw.json")"

# a stick for each clinic: what they share is made once, and they differ in what was set alone
printf 'name;site.name;site.languages\r\nclinic-1;clinic-1;\r\nclinic-2;clinic-2;"[fr, en]"\r\n' >"$work/clinics.csv"
start=$(date +%s.%N)
try "build a table of variants" "$hiebox" build recipes/light.yaml --each "$work/clinics.csv" -o "$work/images" --offline
echo "# two variants: $(python3 -c "import time; print(round(time.time() - $start, 2))") s"
printf 'recipe: clinic-3\nextends: light.yaml\nsite: { name: clinic-3 }\n' >"$work/site/recipes/clinic-3.yaml"
try "build a recipe that extends another" "$hiebox" build "$work/site/recipes/clinic-3.yaml" -o "$work/images" --offline
same "it takes the lock of the other" "" "$(ls "$work/site/recipes" | grep clinic-3.lock)"
for name in clinic-1 clinic-2; do same "$name: only the site layer is new" "site" "$(new "$out/light.raw.json" "$work/images/$name.raw.json")"; done
same "clinic-3: only the site layer is new" "site" "$(new "$work/images/light.raw.json" "$work/images/clinic-3.raw.json")"
manifest() { "$hiebox" inspect --json "$work/images/$1.raw"; }
manifest clinic-1 >"$work/1.json"; manifest clinic-2 >"$work/2.json"; manifest clinic-3 >"$work/3.json"
same "their manifests differ in what was set, the ids and the site layer" "disk layers settings" "$(python3 -c 'import json, sys
a, b = (json.load(open(f))["manifest"] for f in sys.argv[1:])
print(*sorted(k for k in a.keys() | b.keys() if a.get(k) != b.get(k)))' "$work/1.json" "$work/2.json")"
same "inspect shows the settings" "site.name=clinic-2 site.languages=[fr, en]" "$(python3 -c 'import json, sys
print(*json.load(open(sys.argv[1]))["manifest"]["settings"])' "$work/2.json")"
same "and what was extended" "light.yaml" "$(python3 -c 'import json, sys
print(json.load(open(sys.argv[1]))["manifest"]["extends"])' "$work/3.json")"
inside() { # NAME FILE: a file of the image's site layer
	local key
	key=$(python3 -c 'import json, sys
print([l["key"] for l in json.load(open(sys.argv[1]))["layers"] if l["name"] == "site"][0])' "$work/images/$1.raw.json")
	unsquashfs -cat "$store/layers/$key/layer.squashfs" "$2"
}
for name in clinic-1 clinic-2 clinic-3; do
	same "$name: the box is called so" "$name" "$(inside $name usr/lib/hie/box.json | python3 -c 'import json, sys; print(json.load(sys.stdin)["site"]["name"])')"
done
inside clinic-2 usr/share/hie/recipe.yaml | sed 's/^recipe: .*/recipe: alone/' >"$work/site/recipes/alone.yaml"
try "the recipe in the image stands alone" "$hiebox" check "$work/site/recipes/alone.yaml"
try "and says what was set" grep -q 'name: clinic-2, languages: \[fr, en\]' "$work/site/recipes/alone.yaml"
