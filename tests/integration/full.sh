#!/bin/sh
# full.sh, run as root on the booted demo by 32-full-storage.sh: fills the storage while a clinic writes, looks at what
# still works, makes room, and looks whether everything goes on. Prints TAP lines and, last, END.
say() { echo "$*"; }
ok() { say "ok - $1"; }
bad() { say "not ok - $1: $2"; }
# is NAME EXPECTED ACTUAL
is() { if [ "$2" = "$3" ]; then ok "$1"; else bad "$1" "expected $2, got $3"; fi; }
secret() { cat "/var/lib/hie/secrets/$1"; }
answer=/run/hie-full-answer acknowledged=/run/hie-full-acknowledged
code() { curl -sk -o $answer -w '%{http_code}' --max-time 60 "$@"; }
# put ID ADDRESS: 200 or 201 when the box says that it has this patient
put() {
	code -u "pos-clinic-a:$(secret pos-clinic-a)" -X PUT -H 'Content-Type: application/fhir+json' \
		-d "{\"resourceType\":\"Patient\",\"id\":\"$1\",\"name\":[{\"family\":\"Full\",\"given\":[\"$1\"]}]}" "$2/fhir/Patient/$1"
}
# write FROM TO ADDRESS: keeps the ids that were acknowledged; ends early after five refusals
write() {
	refused=0
	for id in $(seq "$1" "$2"); do
		got=$(put "p$id" "$3")
		case $got in
		200|201) echo "p$id" >>$acknowledged ;;
		*) refused=$((refused + 1)); [ $refused -lt 5 ] || return 1 ;;
		esac
	done
}
router=http://127.0.0.1:5001 hapi=http://127.0.0.1:3447
: >$acknowledged
hie status --wait 300 >/dev/null
write 1 20 $router; is "before: patients are written" 20 "$(wc -l <$acknowledged)"

# first what a service fills (the reserve for root is left), then what root fills
setpriv --reuid=openhim --regid=openhim --clear-groups dd if=/dev/zero of=/var/lib/openhim/filler bs=64k 2>/dev/null
is "a service cannot take root's reserve" yes "$([ "$(stat -f -c '%f' /run/hie/data)" -gt 1000 ] && echo yes)"
write 21 900 $router; is "at last the router refuses" 1 $?
say "# $(wc -l <$acknowledged) patients were acknowledged by then"
is "with the reserve left, root still writes" 0 "$(hie provision >/dev/null 2>&1; echo $?)"
head -c 1G /dev/zero >/var/lib/filler 2>/dev/null
write 1001 1900 $hapi; is "and so does HAPI" 1 $?
say "# HAPI's answer when full: $got $(tr -d '\n' <$answer | head -c 200)"
case $got in 5??|4??) ok "it refuses with an error, not with silence" ;; *) bad "it refuses with an error" "$got" ;; esac

sleep 20
hie status >/run/hie-full-status; state=$?
is "status is not ok" 1 $state
is "status says what is wrong in one sentence" yes "$(grep -q '^hiebox: The storage is .*full' /run/hie-full-status && echo yes)"
sed 's/^/# /' /run/hie-full-status
is "the page answers" 200 "$(code https://127.0.0.1/)"
is "the page says it, too" yes "$(grep -qiE 'storage|stockage' $answer && echo yes)"
is "a person can log in" yes "$(timeout 20 systemd-run -q --wait --pipe -p PAMName=login -p User=root /bin/echo yes 2>/dev/null | tail -n 1)"
logger -t hie-full "a line while the storage is full"; sleep 1
is "the journal can be read" yes "$(timeout 20 journalctl -q -n 1 >/dev/null && echo yes)"
is "PID 1, journal, watch, page and nginx run" "active active active active" "$(systemctl is-active systemd-journald hie-watch hie-page nginx | tr '\n' ' ' | sed 's/ $//')"

rm -f /var/lib/openhim/filler /var/lib/filler
start=$(cut -d. -f1 /proc/uptime)
hie status --wait 10 >/dev/null; while ! hie status >/run/hie-full-status && [ $(($(cut -d. -f1 /proc/uptime) - start)) -lt 180 ]; do sleep 2; done
is "with room again everything gets well by itself" 0 "$(hie status >/dev/null; echo $?)"
say "# well again after $(($(cut -d. -f1 /proc/uptime) - start)) s"
[ "$(hie status >/dev/null; echo $?)" = 0 ] || sed 's/^/# /' /run/hie-full-status
is "patients are written again" 201 "$(put after $router)"
lost=0
for id in $(cat $acknowledged); do
	[ "$(code $hapi/fhir/Patient/$id)" = 200 ] || lost=$((lost + 1))
done
is "of $(wc -l <$acknowledged) acknowledged patients none is lost" 0 $lost
is "PostgreSQL did not fall" 0 "$(systemctl show -P NRestarts hie-postgresql)"
say END
