#!/usr/bin/env bash
# why.sh: `hiebox why` and `hiebox plan` on the demo that was built: from files, ports, units and users back to the
# recipe, and an estimate that comes near to what the image really takes.
. "$(dirname "$0")/lib.sh"
image=$out/demo.raw
[ -e "$image" ] || { skip "why" "there is no $image: 10-build.sh makes it"; echo "1..$number"; exit 0; }

# says NAME PATTERN THING…: the pattern is in the answer
says() {
	local name=$1 pattern=$2; shift 2
	if "$hiebox" why "$image" "$@" >"$work/why" 2>&1 && grep -qE -- "$pattern" "$work/why"; then ok "$name"; else
		bad "$name" "wanted /$pattern/ in:"; sed 's/^/#   /' "$work/why" | head -n 20
	fi
}
says "a package, by the field of each step" 'libpq5 is needed by .* \(Depends: libpq5' libpq5
says "a package, to the recipe's line" 'chosen by the recipe \(.*recipes/demo.yaml:[0-9]+:[0-9]+\)' libpq5
says "all direct reasons" 'libc6 is needed by dash \(Pre-Depends: libc6' -v libc6
says "a file of a component" 'component fhir-datastore-hapi-fhir \(units/.*\), in layer site' /usr/lib/systemd/system/hapi-fhir.service
says "a file of a package" 'given by package nginx-common, in layer base' /etc/nginx/nginx.conf
says "a file that hiebox made hides the package's" 'hides the same path of package nftables' /etc/nftables.conf
says "a payload" 'payload of component fhir-datastore-hapi-fhir .*in layer apps' /opt/hapi/lib
says "/bin is /usr/bin" '^/usr/bin/curl: a file' /bin/curl
says "a port and for whom" 'open to the local network' 5001
says "a port of the box's services" 'within the box, and there for the services that need it' 5432
says "a port of the box alone" 'the firewall lets nobody in' 53
says "who starts a unit" 'started by hie-exchange.target' openhim.service
says "a package's unit with our changes" 'changed by reverse-proxy-nginx' nginx.service
says "a user and what it owns" 'owns /var/lib/openhim' openhim
says "a file that is not there, and the nearest" 'there is /usr/bin/curl' /usr/bin/curll
says "JSON" '"layers-known": true' --json libpq5
if "$hiebox" why "$image" --json 5001 nginx | python3 -m json.tool >/dev/null; then ok "JSON that others read"; else bad "JSON that others read"; fi

estimate=$("$hiebox" plan demo --offline --json 2>/dev/null |
	python3 -c 'import json, sys; print(json.load(sys.stdin)["disk"]["estimated-image"])' 2>/dev/null)
real=$(($(stat -c '%b * %B' "$image")))
off=$(((${estimate:-0} - real) * 100 / real))
if [ "${off#-}" -le 10 ]; then ok "the estimate is $off % off"; else bad "the estimate" "$estimate, the image takes $real"; fi
echo "1..$number"
