#!/usr/bin/env bash
# boot-bench.sh [IMAGE]: first and second boot of a built image (default: demo) in systemd-nspawn: seconds until each
# service is ready and until everything is healthy, memory, and the share that the class archive has in it: HAPI is
# started once more in the same box without its archive (the peer). Root only. What the page's people see is status.json.
#   LIMIT=10 SLACK=3   the slowest service's own start, and everything healthy after it: more is `not ok`
#   PEER=              no peer
set -u
image=${1:-demo}
. "$(dirname "$0")/integration/lib.sh"
need_root "systemd-nspawn"
[ -e "$out/$image.raw.json" ] || { bad "$image was built"; exit 1; }
limit=${LIMIT:-10} slack=${SLACK:-3}

# What runs in the box; answers lines of `key value`.
cat >"$work/inside.sh" <<'END'
begin=$(systemctl show -P UserspaceTimestampMonotonic)
since() { awk "BEGIN { printf \"%.1f\", ($1 - $begin) / 1e6 }"; }
now() { since "$(awk '{ printf "%d", $1 * 1e6 }' /proc/uptime)"; }
until hie status >/dev/null 2>&1; do sleep 0.1; done
echo "healthy $(now)"
timeout 60 systemctl is-system-running --wait >/dev/null 2>&1
for unit in hie-provision nftables nginx hie-postgresql openhim-store openhim hapi-fhir; do
	systemctl cat $unit.service >/dev/null 2>&1 || continue
	from=$(systemctl show -P InactiveExitTimestampMonotonic $unit) to=$(systemctl show -P ActiveEnterTimestampMonotonic $unit)
	# of the first process, for a container has no accounts of its own
	pid=$(systemctl show -P MainPID $unit)
	echo "unit $unit $(since "$from") $(since "$to") $(awk "BEGIN { printf \"%.1f\", ($to - $from) / 1e6 }")" \
		"$(awk '/^VmHWM/ { m = $2 / 1024 } END { printf "%d", m }' /proc/$pid/status 2>/dev/null)" \
		"$(awk '{ printf "%.1f", ($14 + $15) / 100 }' /proc/$pid/stat 2>/dev/null)"
done
systemd-analyze critical-chain hie-exchange.target --no-pager 2>/dev/null | sed 's/^/# /'
ready() { # ready NAME: HAPI's own start, in seconds
	systemctl restart hapi-fhir
	from=$(systemctl show -P InactiveExitTimestampMonotonic hapi-fhir) to=$(systemctl show -P ActiveEnterTimestampMonotonic hapi-fhir)
	awk -v name="$1" -v wall="$(((to - from) / 1000))" '{ print name, wall / 1000, ($14 + $15) / 100 }' \
		"/proc/$(systemctl show -P MainPID hapi-fhir)/stat"
}
if [ "${1:-}" = peer ] && systemctl cat hapi-fhir >/dev/null 2>&1; then
	ready archive
	mkdir -p /run/systemd/system/hapi-fhir.service.d
	{ echo '[Service]'; echo 'ExecStart='; systemctl cat hapi-fhir | sed -n 's/@[^ ]*hapi.jsa.args/-cp \/opt\/hapi\/lib\/*/; /^ExecStart=/p'; } \
		>/run/systemd/system/hapi-fhir.service.d/peer.conf
	systemctl daemon-reload
	ready plain
fi
echo END
END

# boot NAME [peer]
boot() {
	local name=$1 healthy slowest own
	"$integration/boot-nspawn.sh" $(layers "$image") --machine "${MACHINE:-hiebox-bench}" --data "$work/data" --log "$work/log" \
		--until 'login:' --timeout 300 \
		--run "nsenter -t \$MACHINE_LEADER -a /bin/sh -s ${2:-} <'$work/inside.sh'" >"$work/$1" 2>&1
	grep -q '^END$' "$work/$1" || { bad "$name boot" "did not end"; tail -n 20 "$work/$1" | sed 's/^/#   /'; return; }
	echo "# $name boot, load $(cut -d' ' -f1 /proc/loadavg): seconds from the first process on; own start; peak MiB; CPU seconds"
	awk '$1 == "unit" { printf "#   %-16s begins %5s  ready %5s  own %5s  %5s MiB  %5s s CPU\n", $2, $3, $4, $5, $6, $7 }' "$work/$1"
	grep '^# ' "$work/$1"
	healthy=$(awk '$1 == "healthy" { print $2 }' "$work/$1")
	read -r slowest own < <(awk '$1 == "unit" { print $2, $5, $4 }' "$work/$1" | sort -k2n | tail -n 1)
	echo "# $name boot: everything healthy after $healthy s; the slowest, $slowest, took ${own% *} s"
	if awk "BEGIN { exit !(${own% *} <= $limit) }"; then ok "$name boot: $slowest starts within $limit s"; else
		bad "$name boot: $slowest starts within $limit s" "${own% *} s"; fi
	if awk "BEGIN { exit !($healthy <= ${own% *} + $slack) }"; then ok "$name boot: everything healthy $slack s after that"; else
		bad "$name boot: everything healthy $slack s after that" "$healthy s"; fi
}
boot first
boot second "${PEER-peer}"
awk '$1 == "archive" { a = $2; c = $3 } $1 == "plain" { p = $2; d = $3 }
	END { if (a && p) printf "# HAPI again: %.1f s with the class archive, %.1f s without (ratio %.2f); CPU %.1f s and %.1f s (ratio %.2f)\n", \
		a, p, a / p, c, d, c / d }' "$work/second"
