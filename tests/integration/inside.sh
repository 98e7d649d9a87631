#!/bin/sh
# inside.sh WHAT [WAIT]: the acceptance test, run as root on a booted box. Prints TAP lines and, last, END.
#   light     the box is up, nothing failed, the page answers
#   exchange  and the whole exchange works: WAIT seconds at most until every component is healthy
#   again     after a restart or power cut: the patient written by `exchange` is still there
#   fresh     after a reset: nothing of the old box is left
#   rescue    no component runs, and the box says why
what=${1:-exchange} wait=${2:-900}
say() { echo "$*"; }
ok() { say "ok - $1"; }
bad() { say "not ok - $1: $2"; }
# is NAME EXPECTED ACTUAL
is() { if [ "$2" = "$3" ]; then ok "$1"; else bad "$1" "expected $2, got $3"; fi; }
code() { curl -sk -o /tmp/hie-answer -w '%{http_code}' --max-time 60 "$@"; }
note=/var/lib/hie/test-note

secret() { cat "/var/lib/hie/secrets/$1"; }

general() {
	timeout "$wait" systemctl is-system-running --wait >/tmp/hie-state 2>&1
	failed=$(systemctl --failed --no-legend --plain | awk '{print $1}' | tr '\n' ' ')
	is "no failed unit" "" "$failed"
	[ -z "$failed" ] || for unit in $failed; do systemctl status --no-pager -n 15 "$unit"; done
	is "machine-id was made" 32 "$(tr -d '\n' </etc/machine-id | wc -c)"
	is "root is read-only" 0 "$(touch /usr/.w 2>/dev/null; [ -e /usr/.w ] && echo 1 || echo 0)"
	is "page answers over https" 200 "$(code https://127.0.0.1/)"
	is "page answers over http" 200 "$(code http://127.0.0.1/)"
	is "the CA signs the page for the box's name" 200 "$(curl -s -o /dev/null -w '%{http_code}' \
		--cacert /var/lib/hie/tls/ca.crt --resolve "$(hostname):443:127.0.0.1" "https://$(hostname)/")"
	is "root has no password" '*' "$(awk -F: '$1 == "root" {print substr($2, 1, 1)}' /etc/shadow | tr '!' '*')"
	if [ -e /usr/sbin/sshd ] && systemctl is-active -q ssh; then
		is "ssh offers the box's own key only" 1 "$(ls /var/lib/hie/ssh/*ed25519_key | wc -l)"
	fi
}

# Ports that a recipe named are the only ones that anything but the box itself can reach.
listeners() {
	others=$(ss -Hltn | awk '{print $4}' | grep -vE '^(127\.|\[::1\]|\[::ffff:127\.)' | sed 's/.*://' | sort -un | tr '\n' ' ')
	planned=$(sed -n 's/.*tcp dport \([0-9]*\) accept.*/\1/p' /etc/nftables.conf | sort -un | tr '\n' ' ')
	for port in $others; do
		case " $planned " in
		*" $port "*) ok "port $port is planned" ;;
		*) bad "port $port" "listens on the network but no recipe named it" ;;
		esac
	done
}

# default_login NAME EXPECTED CODE: a known default login is refused
refused() {
	case $2 in
	401|403|404) ok "refused: $1" ;;
	*) bad "refused: $1" "got $2" ;;
	esac
}

openhim_login() { # USER PASSWORD: the status of a token login
	salt=$(curl -sk "https://127.0.0.1:8080/authenticate/$1" | sed -n 's/.*"salt":"\([^"]*\)".*/\1/p')
	ts=$(curl -sk "https://127.0.0.1:8080/authenticate/$1" | sed -n 's/.*"ts":"\([^"]*\)".*/\1/p')
	hash=$(printf '%s%s' "$salt" "$2" | sha512sum | cut -d' ' -f1)
	token=$(printf '%s%s%s' "$hash" "$salt" "$ts" | sha512sum | cut -d' ' -f1)
	code -H "auth-username: $1" -H "auth-ts: $ts" -H "auth-salt: $salt" -H "auth-token: $token" \
		https://127.0.0.1:8080/channels
}

defaults() {
	for password in openhim-password instant101 admin password; do
		refused "OpenHIM root@openhim.org/$password" "$(openhim_login root@openhim.org "$password")"
	done
	is "OpenHIM accepts the box's own password" 200 "$(openhim_login root@openhim.org "$(secret openhim-root)")"
	for login in test:test tut:tut instant-client:test pos-clinic-a:test pos-clinic-a:pos-clinic-a hospital:hospital; do
		refused "router $login" "$(code -u "$login" http://127.0.0.1:5001/fhir/metadata)"
	done
	refused "custom token test" "$(code -H 'Authorization: Custom test' http://127.0.0.1:5001/fhir/metadata)"
	for login in hapi:hapi hapi:instant101 hapi:admin postgres:instant101 postgres:postgres admin:instant101; do
		if PGPASSWORD=${login#*:} psql -h 127.0.0.1 -U "${login%:*}" -d hapi -c 'select 1' >/dev/null 2>&1; then
			bad "refused: PostgreSQL $login" "accepted"
		else
			ok "refused: PostgreSQL $login"
		fi
	done
}

exchange() {
	start=$(cut -d. -f1 /proc/uptime)
	hie status --wait "$wait" || bad "hie status" "not all components are healthy"
	say "# healthy after $(($(cut -d. -f1 /proc/uptime) - start)) s, up $(cut -d. -f1 /proc/uptime) s"
	is "OpenHIM answers /heartbeat" 200 "$(code https://127.0.0.1:8080/heartbeat)"
	is "HAPI answers /fhir/metadata on the box" 200 "$(code http://127.0.0.1:3447/fhir/metadata)"
	is "HAPI listens on 127.0.0.1 only" 1 "$(ss -Hltn 'sport = :3447' | grep -c '127.0.0.1')"
	patient='{"resourceType":"Patient","id":"ada","active":true,"name":[{"family":"Lovelace","given":["Ada"]}]}'
	type='Content-Type: application/fhir+json'
	put=$(code -u "pos-clinic-a:$(secret pos-clinic-a)" -X PUT -H "$type" -d "$patient" http://127.0.0.1:5001/fhir/Patient/ada)
	case $put in 200|201) ok "Patient PUT through 5001 as pos-clinic-a" ;; *) bad "Patient PUT through 5001" "got $put"; cat /tmp/hie-answer ;; esac
	read_back
	is "Patient PUT through 5000 (https) as pos-clinic-b" 200 "$(code -u "pos-clinic-b:$(secret pos-clinic-b)" -X PUT \
		-H "$type" -d "$patient" https://127.0.0.1:5000/fhir/Patient/ada)"
	is "refused without credentials" 401 "$(code http://127.0.0.1:5001/fhir/Patient/ada)"
	is "refused with a wrong password" 401 "$(code -u pos-clinic-a:wrong http://127.0.0.1:5001/fhir/Patient/ada)"
	is "refused without the role" 401 "$(code -u "observer:$(secret observer)" http://127.0.0.1:5001/fhir/Patient/ada)"
	is "HAPI's answer lists resource types" yes "$(code http://127.0.0.1:3447/fhir/metadata >/dev/null; grep -q '"Immunization"' /tmp/hie-answer && echo yes)"
	defaults
	listeners
	{ cat /etc/machine-id; cat /var/lib/hie/secrets/pos-clinic-a; } >$note
}

read_back() {
	is "read back as hospital" 200 "$(code -u "hospital:$(secret hospital)" http://127.0.0.1:5001/fhir/Patient/ada)"
	is "it is the same patient" yes "$(grep -q Lovelace /tmp/hie-answer && echo yes)"
}

again() {
	hie status --wait "$wait" || bad "hie status" "not all components are healthy"
	is "the same box: machine-id and password kept" same "$(cat /etc/machine-id /var/lib/hie/secrets/pos-clinic-a | cmp -s - $note && echo same)"
	read_back
}

fresh() {
	hie status --wait "$wait" || bad "hie status" "not all components are healthy"
	is "nothing of the old box in /var" gone "$([ -e $note ] || echo gone)"
	is "the old patient is gone" 404 "$(code -u "hospital:$(secret hospital)" http://127.0.0.1:5001/fhir/Patient/ada)"
}

rescue() {
	is "the reason is known" yes "$([ -s /run/hie/rescue ] && echo yes)"
	say "# rescue: $(cat /run/hie/rescue)"
	for unit in openhim.service openhim-store.service hapi-fhir.service hie-postgresql.service; do
		systemctl cat "$unit" >/dev/null 2>&1 || continue
		is "$unit does not run" inactive "$(systemctl is-active "$unit")"
	done
	is "the page answers" 200 "$(code http://127.0.0.1/)"
	is "the page says so" yes "$(grep -qi rescue /tmp/hie-answer && echo yes)"
}

say "# $what on $(cat /proc/sys/kernel/hostname), $(awk '{print int($1)}' /proc/uptime) s after switch-on"
case $what in
light) general; listeners ;;
exchange) general; exchange ;;
again) general; again ;;
fresh) general; fresh ;;
rescue) rescue ;;
*) bad "inside.sh" "unknown test $what" ;;
esac
say "# memory: $(free -m | awk '/^Mem/ {print $3 " MB used of " $2}')"
say "END"
