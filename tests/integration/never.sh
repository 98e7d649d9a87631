#!/bin/sh
# never.sh, run as root on the booted demo by 33-never-healthy.sh: the shared health record starts and never answers.
# Everything else goes on, status says which part it is, and when it can work again nobody has to do anything.
say() { echo "$*"; }
ok() { say "ok - $1"; }
bad() { say "not ok - $1: $2"; }
# is NAME EXPECTED ACTUAL
is() { if [ "$2" = "$3" ]; then ok "$1"; else bad "$1" "expected $2, got $3"; fi; }
secret() { cat "/var/lib/hie/secrets/$1"; }
code() { curl -sk -o /run/hie-never-answer -w '%{http_code}' --max-time 60 "$@"; }
patient() { code -u "hospital:$(secret hospital)" http://127.0.0.1:5001/fhir/Patient/none; }
hie status --wait 300 >/dev/null
is "before: the router passes on HAPI's answer" 404 "$(patient)"
# it runs, and its probe waits for another program's port: as with a database that never lets it in
mkdir -p /run/systemd/system/hapi-fhir.service.d
printf '[Service]\nExecStart=\nExecStart=/bin/sleep infinity\n' >/run/systemd/system/hapi-fhir.service.d/never.conf
printf '[Service]\nTimeoutStartSec=8\n' >/run/systemd/system/hapi-fhir.service.d/soon.conf
systemctl daemon-reload
systemctl restart --no-block hapi-fhir
start=$(cut -d. -f1 /proc/uptime)
sleep 3
hie status >/run/hie-never-status
is "soon: status is not ok" 1 $?
named() { sed -n 1p /run/hie-never-status | grep -q 'Shared health record'; }
for _ in $(seq 100); do
	hie status >/run/hie-never-status; state=$?
	named && break
	sleep 2
done
say "# said so after $(($(cut -d. -f1 /proc/uptime) - start)) s"
is "later: status is not ok" 1 $state
is "it names the part, in one sentence" yes "$(named && echo yes)"
sed 's/^/# /' /run/hie-never-status
is "no other part is blamed" 1 "$(grep -cE '^  (starting|degraded|failed) ' /run/hie-never-status)"
is "it is tried again and again" yes "$([ "$(systemctl show -P NRestarts hapi-fhir)" -ge 2 ] && echo yes)"
is "the page answers" 200 "$(code https://127.0.0.1/)"
is "OpenHIM answers" 200 "$(code https://127.0.0.1:8080/heartbeat)"
got=$(patient)
case $got in 5??) ok "the router refuses what HAPI would answer ($got)" ;; *) bad "the router refuses what HAPI would answer" "got $got" ;; esac
is "the database is not restarted with it" 0 "$(systemctl show -P NRestarts hie-postgresql)"
# the program is right again; its time to start becomes long again once it runs, for a running time-out would too
rm /run/systemd/system/hapi-fhir.service.d/never.conf
systemctl daemon-reload
for _ in $(seq 600); do
	[ "$(cat "/proc/$(systemctl show -P MainPID hapi-fhir)/comm" 2>/dev/null)" != java ] || break
	sleep 0.1
done
rm -r /run/systemd/system/hapi-fhir.service.d
systemctl daemon-reload
start=$(cut -d. -f1 /proc/uptime)
while ! hie status >/run/hie-never-status && [ $(($(cut -d. -f1 /proc/uptime) - start)) -lt 400 ]; do sleep 2; done
say "# well again after $(($(cut -d. -f1 /proc/uptime) - start)) s"
is "when it can work again it does, by itself" 404 "$(patient)"
say END
