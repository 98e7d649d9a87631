#!/bin/sh
# backup-inside.sh WHAT: run as root inside a booted demo by 32-backup.sh. TAP lines, END last.
#   fill      the box gets content: patients through 5001, a user, a client and a channel of somebody's own
#   save      a backup while a writer keeps writing
#   restore   on another box: everything is checked, and restored at once
#   stage     the same, to be put in place at the next start (which will be cut off)
#   found     all of it is there: FILE in /run/hie/data/out says what
#   refused   a backup that was changed changes nothing
here=/run/hie/data/out                 # a folder of the host
say() { echo "$*"; }
ok() { say "ok - $1"; }
bad() { say "not ok - $1: $2"; }
is() { if [ "$2" = "$3" ]; then ok "$1"; else bad "$1" "expected $2, got $3"; fi; }
answer=/tmp/hie-answer
code() { curl -sk -o $answer -w '%{http_code}' --max-time 60 "$@"; }
secret() { cat "/var/lib/hie/secrets/$1"; }
now() { cut -d. -f1 /proc/uptime; }
healthy() { if hie status --wait 300 >/tmp/hie-state 2>&1; then ok "every component is healthy"; else bad "every component is healthy" "$(cat /tmp/hie-state)"; fi; }

# api METHOD PATH USER PASSWORD [JSON]: asks OpenHIM's API as a user; the answer is in /tmp/hie-answer
api() {
	curl -sk "https://127.0.0.1:8080/authenticate/$3" >/tmp/hie-auth
	salt=$(sed -n 's/.*"salt":"\([^"]*\)".*/\1/p' /tmp/hie-auth) ts=$(sed -n 's/.*"ts":"\([^"]*\)".*/\1/p' /tmp/hie-auth)
	hash=$(printf '%s%s' "$salt" "$4" | sha512sum | cut -d' ' -f1)
	token=$(printf '%s%s%s' "$hash" "$salt" "$ts" | sha512sum | cut -d' ' -f1)
	code -X "$1" -H "auth-username: $3" -H "auth-ts: $ts" -H "auth-salt: $salt" -H "auth-token: $token" \
		-H 'Content-Type: application/json' ${5:+-d "$5"} "https://127.0.0.1:8080$2"
}
root() { api "$1" "$2" root@openhim.org "$(secret openhim-root)" "$3"; }
sha() { printf '%s' "$1" | sha512sum | cut -d' ' -f1; }
put() {
	code -u "pos-clinic-a:$(secret pos-clinic-a)" -X PUT -H 'Content-Type: application/fhir+json' -d \
		"{\"resourceType\":\"Patient\",\"id\":\"$1\",\"name\":[{\"family\":\"Family $1\",\"given\":[\"Ada é\"]}]}" \
		"http://127.0.0.1:5001/fhir/Patient/$1"
}
# list PATH PATTERN: what OpenHIM's API lists. A login there counts ten seconds, which a busy machine may need.
list() {
	for try in 1 2 3 4 5; do
		[ "$(root GET "$1")" = 200 ] && break
		sleep 2
	done
	grep -o "\"$2\":\"[^\"]*\"" /tmp/hie-answer | sort | tr '\n' ' '
}
# facts: what must be the same on the other box, a line each
facts() {
	cd /var/lib/hie && sha256sum secrets/* tls/ca.crt tls/ca.key tls/server.key ssh/*_key
	echo "users $(list /users email)"
	echo "clients $(list /clients clientID)"
	echo "channels $(list /channels urlPattern)"
}
# laboratory: the status that it gets; more than one try is told
laboratory() {
	for try in 1 2 3 4 5; do
		status=$(code -u lab:labs-word http://127.0.0.1:5001/fhir-lab/x)
		[ "$status" != 200 ] || break
		echo "# try $try: $status $(head -c 200 /tmp/hie-answer)" >&2
		sleep 1
	done
	echo "$status"
}

fill() {
	healthy
	: >$here/acknowledged
	for n in $(seq 1 40); do
		case $(put "p$n") in 200 | 201) echo "p$n" >>$here/acknowledged ;; esac
	done
	is "40 patients through 5001" 40 "$(wc -l <$here/acknowledged)"
	is "a user of somebody's own" 201 "$(root POST /users "{\"email\":\"nurse@example.org\",\"firstname\":\"A\",\"surname\":\"Nurse\",\"groups\":[\"admin\"],\"passwordAlgorithm\":\"sha512\",\"passwordSalt\":\"salt1\",\"passwordHash\":\"$(sha salt1nurses-word)\"}")"
	is "a client of somebody's own" 201 "$(root POST /clients "{\"clientID\":\"lab\",\"clientDomain\":\"lab.example.org\",\"name\":\"Laboratory\",\"roles\":[\"laboratory\"],\"passwordAlgorithm\":\"sha512\",\"passwordSalt\":\"salt2\",\"passwordHash\":\"$(sha labs-wordsalt2)\"}")"
	is "a channel of somebody's own" 201 "$(root POST /channels '{"name":"Lab","urlPattern":"^/fhir-lab/.*$","pathRedirectEncoding":"","type":"http","methods":["GET"],"authType":"private","allow":["laboratory"],"status":"enabled","routes":[{"name":"r","type":"http","host":"127.0.0.1","port":3447,"path":"/fhir/metadata","primary":true,"status":"enabled"}]}')"
	is "the laboratory comes in" 200 "$(laboratory)"
}

save() {
	# with an answer file of its own, for what is listed meanwhile has the other
	(answer=/tmp/hie-writer-answer; n=100; while [ -e /tmp/writing ]; do n=$((n + 1)); case $(put "w$n") in 200 | 201) echo "w$n" >>/tmp/written ;; esac; done) &
	writer=$!
	sleep 3
	cp /tmp/written $here/before
	cat $here/before >>$here/acknowledged
	facts >$here/facts
	printf 'a passphrase for the test\n' >/run/passphrase
	start=$(date +%s%N)
	hie backup --to $here --passphrase-file /run/passphrase >/tmp/said 2>&1
	is "hie backup while a writer writes" 0 $?
	say "# backup: $((($(date +%s%N) - start) / 1000000)) ms, $(du -k $here/*.hiebackup | cut -f1) KB, $(wc -l <$here/acknowledged) patients acknowledged before it"
	rm -f /tmp/writing; wait $writer
	sed 's/^/# /' /tmp/said
	say "# the writer went on: $(wc -l </tmp/written) patients in all"
	is "only root may read it" "600 root" "$(stat -c '%a %U' $here/*.hiebackup)"
	is "nothing is left over" "" "$(ls -d /var/lib/hie/backup.new $here/*.part 2>/dev/null)"
	hie backup --list --json | grep -q '"backups"' && ok "hie backup --list" || bad "hie backup --list" "no list"
	# a medium without room: said, and nothing is left on it
	mkdir -p /run/small && mount -t tmpfs -o size=256k small /run/small
	hie backup --to /run/small --passphrase-file /run/passphrase >/tmp/said 2>&1
	is "a full medium is refused" "1 0" "$? $(ls /run/small | wc -l)"
	grep '^hie: ' /tmp/said | sed 's/^/# /'
	grep -q 'The backup needs .*, but only .* are free' /tmp/said && ok "with both figures" || bad "with both figures" "$(cat /tmp/said)"
	umount /run/small
}

start_restore() {
	printf 'a passphrase for the test\n' >/run/passphrase
	start=$(date +%s%N)
	hie restore "$(ls $here/*.hiebackup)" --yes --passphrase-file /run/passphrase "$@" >/tmp/said 2>&1
	is "hie restore" 0 $?
	sed 's/^/# /' /tmp/said
	say "# restore $*: $((($(date +%s%N) - start) / 1000000)) ms"
}

found() {
	healthy
	facts >/tmp/facts
	is "passwords, CA, keys, users, clients, channels are those of the old box" same "$(cmp -s $here/facts /tmp/facts && echo same)"
	diff $here/facts /tmp/facts | sed 's/^/# /'
	missing=''
	while read -r id; do
		[ "$(code -u "hospital:$(secret hospital)" "http://127.0.0.1:5001/fhir/Patient/$id")" = 200 ] &&
			grep -q "Family $id" /tmp/hie-answer && grep -q 'Ada é' /tmp/hie-answer || missing="$missing $id"
	done <$here/acknowledged
	is "all $(wc -l <$here/acknowledged) patients that were acknowledged before the backup" "" "$missing"
	is "the laboratory comes in with its password" 200 "$(laboratory)"
	is "the nurse's password" 200 "$(api GET /channels nurse@example.org nurses-word)"
	is "and not another" 401 "$(api GET /channels nurse@example.org another)"
	list '/transactions?filterLimit=5000&filterPage=0&filters=%7B%7D' path >/dev/null
	grep -o '"path":"/fhir/Patient/[pw][0-9]*"' /tmp/hie-answer | sed 's/.*Patient.\([pw][0-9]*\)"/\1/' | sort -u >/tmp/logged
	sort $here/acknowledged >/tmp/wanted
	is "OpenHIM has the transaction of each of them" "" "$(comm -13 /tmp/logged /tmp/wanted | tr '\n' ' ')"
	is "the new box's own machine-id" other "$([ "$(cat /etc/machine-id)" = "$(cat $here/machine-id)" ] || echo other)"
	is "nothing is left over" "" "$(ls -d /var/lib/hie/restore* /var/lib/openhim/.restore* /var/lib/postgresql/*/old /var/lib/postgresql/*/restore 2>/dev/null)"
	is "no failed unit" "" "$(systemctl --failed --no-legend --plain | awk '{print $1}' | tr '\n' ' ')"
	is "the database accepts the old box's password" 1 "$(PGPASSWORD=$(secret hapi-database) psql -h 127.0.0.1 -U hapi -d hapi -Atc 'select 1' 2>&1)"
	is "and a new patient" 201 "$(put "new$(date +%s)")"
}

refused() {
	healthy
	printf 'a passphrase for the test\n' >/run/passphrase
	cp $here/*.hiebackup /tmp/bad.hiebackup
	printf 'x' | dd of=/tmp/bad.hiebackup bs=1 seek=70000 conv=notrunc status=none
	before=$(secret hospital)
	hie restore /tmp/bad.hiebackup --yes --passphrase-file /run/passphrase >/tmp/said 2>&1
	is "a changed backup is refused" 1 $?
	is "in one sentence" 1 "$(grep -c '^hie: ' /tmp/said)"
	sed 's/^/# /' /tmp/said
	grep -q 'damaged or incomplete' /tmp/said && ok "that says why" || bad "that says why" "$(cat /tmp/said)"
	is "and nothing changed" "$before running" "$(secret hospital) $(timeout 120 systemctl is-system-running --wait)"
	rm -f /tmp/bad.hiebackup
	for unit in hie-backup hie-restore; do
		exposure=$(systemd-analyze security --no-pager $unit.service 2>/dev/null | sed -n 's/.*exposure level for .*: \([0-9.]*\) .*/\1/p')
		say "# systemd-analyze security $unit: $exposure"
	done
	is "systemd-analyze verify" "" "$(systemd-analyze verify --man=no hie-backup.service hie-restore.service 2>&1)"
	# as the page asks for it
	mkdir -p -m 700 /run/hie/requests
	printf '{"format":1,"action":"save","target":"/run/hie/data/out/service","passphrase":"a passphrase for the test"}' >/run/hie/requests/backup.json
	mkdir -p $here/service
	systemctl start hie-backup.service; is "hie-backup.service" 0 $?
	is "the request is gone" gone "$([ -e /run/hie/requests/backup.json ] || echo gone)"
	is "the job says done" 1 "$(grep -c '"state": "done"' /run/hie/jobs/backup.json)"
	is "its backup is there" 1 "$(ls $here/service/*.hiebackup | wc -l)"
	journalctl -q --no-pager -u hie-backup -n 20 | sed 's/^/# /'
}

# the same backup by the service that the page starts
service() {
	healthy
	mkdir -p -m 700 /run/hie/requests
	printf '{"format":1,"action":"restore","file":"%s","passphrase":"a passphrase for the test"}' "$(ls $here/*.hiebackup)" >/run/hie/requests/restore.json
	systemctl start hie-restore.service; is "hie-restore.service" 0 $?
	sed 's/^/# /' /run/hie/jobs/restore.json
	journalctl -q --no-pager -u hie-restore -n 20 | sed 's/^/# /'
}

case $1 in
fill) cat /etc/machine-id >$here/machine-id; fill ;;
save) : >/tmp/writing; : >/tmp/written; healthy; save ;;
restore) healthy; start_restore; found ;;
stage) healthy; start_restore --no-restart ;;
service) service; found ;;
*) "$1" ;;
esac
say "END"
