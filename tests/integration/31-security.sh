#!/usr/bin/env bash
# The demo, as somebody sees it who wants in: from the network beside it, from a user's shell on it, and from its image.
. "$(dirname "$0")/lib.sh"
need_demo
site=$work/site
unsquashfs -q -n -d "$site" "$(layer_file demo site)" usr/lib/hie/box.json etc/nftables.conf >/dev/null 2>&1

# A network with one other machine in it: a namespace of its own and a cable to the box.
cat >"$work/outside" <<'SH'
set -u
inside() { nsenter -t "$MACHINE_LEADER" -a "$@"; }
inside /bin/sh -s listen <"$integration/security.sh" >/dev/null
unshare --net sleep 900 & other=$!
trap 'kill $other' EXIT
sleep 0.5
there() { nsenter -t $other -n "$@"; }
there ip link add cable type veth peer name host0 netns "$MACHINE_LEADER"
there ip address add 192.0.2.2/24 dev cable
there ip -6 address add 2001:db8::2/64 dev cable nodad
there ip link set cable up
inside ip address add 192.0.2.1/24 dev host0
inside ip -6 address add 2001:db8::1/64 dev host0 nodad
inside ip link set host0 up
sleep 2
echo "TCP4 $(there python3 "$integration/scan.py" tcp 192.0.2.1)"
echo "TCP6 $(there python3 "$integration/scan.py" tcp 2001:db8::1)"
echo "UDP $(there python3 "$integration/scan.py" udp 192.0.2.1 53 67 68 69 123 161 546 1900 5353 5355 50000)"
echo "PAGE $(there curl -sk -o /dev/null -w '%{http_code}' --max-time 10 https://192.0.2.1/)"
# the same through the loopback: the scan finds what listens when nothing is in its way
inside nft flush ruleset
echo "OPEN $(there python3 "$integration/scan.py" tcp 192.0.2.1)"
SH
cat >"$work/run" <<'SH'
nsenter -t "$MACHINE_LEADER" -a hie status --wait 200 >"$place/status" 2>&1
nsenter -t "$MACHINE_LEADER" -a /bin/sh -s box <"$integration/security.sh" >"$place/inside" 2>&1
python3 "$integration/logins.py" "$site/usr/lib/hie/box.json" | nsenter -t "$MACHINE_LEADER" -a /bin/sh >"$place/logins" 2>&1
bash "$place/outside" >"$place/scan" 2>"$place/scan.errors"
SH
# not $work: boot-nspawn.sh has one of its own
place=$work
export place integration site
"$integration/boot-nspawn.sh" $(layers demo) --machine hiebox-security --data "$work/data" --log "$work/log" --until 'login:' \
	--timeout 300 --run "bash $work/run" >"$work/boot" 2>&1
cp "$work/log" build/check/log/security-console.log 2>/dev/null
relay "on the box" "$work/inside"
relay "default logins" "$work/logins"

# every unit is shut in, or somebody wrote down why not
while read -r _ unit figure; do
	reason=$(grep -v '^#' "$integration/exposure.exceptions" | while read -r pattern why; do
		case $unit in $pattern) echo "$why" ;; esac; done | head -n 1)
	if [ "$reason" ]; then ok "$unit: exposure $figure, because: $reason"; else bad "$unit is shut in" "exposure $figure"; fi
done < <(grep -a '^EXPOSED ' "$work/inside")

planned=$(sed -n 's/.*tcp dport \([0-9]*\) accept.*/\1/p' "$site/etc/nftables.conf" | sort -n | grep -vx 22 | tr '\n' ' ' | sed 's/ $//')
same "from outside, IPv4: of 65535 ports only what the plan names" "$planned" "$(sed -n 's/^TCP4 //p' "$work/scan")"
# OpenHIM listens on IPv4 alone
same "from outside, IPv6: the page alone" "80 443" "$(sed -n 's/^TCP6 //p' "$work/scan")"
same "from outside, UDP: nothing but mDNS and the clock may answer" "" "$(sed -n 's/^UDP //p' "$work/scan" | tr ' ' '\n' | grep -vxE '5353|123')"
same "from outside: the page" 200 "$(sed -n 's/^PAGE //p' "$work/scan")"
same "without the firewall the scan finds the other listeners" "81 2222 3448 9999 50000" \
	"$(sed -n 's/^OPEN //p' "$work/scan" | tr ' ' '\n' | grep -xE '81|2222|3448|9999|50000' | tr '\n' ' ' | sed 's/ $//')"
# the image itself: no private key, and a scanner that would find one
mkdir "$work/keys"
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/keys/pem" 2>/dev/null
openssl pkey -in "$work/keys/pem" -outform DER -out "$work/keys/pkcs8.der"
openssl ec -in "$work/keys/pem" -outform DER -out "$work/keys/ec.der" 2>/dev/null
openssl genrsa -traditional -out "$work/keys/rsa.pem" 2048 2>/dev/null
openssl rsa -in "$work/keys/rsa.pem" -traditional -outform DER -out "$work/keys/rsa.der" 2>/dev/null
openssl req -x509 -key "$work/keys/pem" -subj /CN=x -out "$work/x.crt" 2>/dev/null
openssl pkcs12 -export -inkey "$work/keys/pem" -in "$work/x.crt" -passout pass: -out "$work/keys/x.p12"
ssh-keygen -q -t ed25519 -N '' -f "$work/keys/ssh" && rm "$work/keys/ssh.pub"
gzip -c "$work/keys/pem" >"$work/keys/packed.gz"
(cd "$work/keys" && python3 -m zipfile -c x.jar pem)
cp "$work/x.crt" "$work/keys/no-key.crt"
same "the scanner finds a key of each of nine kinds" 9 "$(python3 "$integration/keys.py" /dev/null "$work/keys" | grep -c '^not ok - no private')"
for name in base apps site; do
	mkdir -p "$work/layers/$name"
	mount -o loop,ro "$(layer_file demo $name)" "$work/layers/$name"
done
python3 "$integration/keys.py" "$integration/keys.known" "$work"/layers/* >"$work/found" 2>&1
umount "$work"/layers/*
relay "the image" "$work/found"

# a box for real work
try "build a production image" "$hiebox" build tests/recipes/production.yaml --project . -o "$out"
in_box "production" production "$(inside_command security.sh production)" --machine hiebox-production --data "$work/production"
if [ -s "$work/scan.errors" ]; then sed 's/^/# /' "$work/scan.errors" | head -20; fi
