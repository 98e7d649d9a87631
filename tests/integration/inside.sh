#!/bin/sh
# inside.sh WHAT [WAIT]: the acceptance test, run as root on a booted box. Prints TAP lines and, last, END.
#   light     the box is up, nothing failed, the page answers
#   exchange  and the whole exchange works: WAIT seconds at most until every component is healthy
#   again     after a restart or power cut: the patient written by `exchange` is still there
#   fresh     after a reset: nothing of the old box is left
#   watch     the box sees what happens to its services, and says so; the watcher itself is watched
#   rescue    no component runs, and the box says why
#   card      what tests/integration/33-first-boot.sh wrote into hiebox.conf has become so
#   clock     the same on a machine whose clock said 1970, and time is served to the room
#   plain     all that tests/recipes/plain.yaml asks for is there, on one root where apt works
#   site      the same on layers
#   writing   exchange, and then patients are written without end, each acknowledged one as "ACK number"
#   written   each patient that was acknowledged (WAIT is the list of their numbers) is there
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
	is "systemd-analyze verify has nothing to say" "" "$(systemd-analyze verify --man=no hie-exchange.target \
		hie-provision.service nginx.service ssh.service nftables.service 2>&1)"
	say "# machine-id $(cat /etc/machine-id)"
	# a container has its host's memory
	systemd-detect-virt -cq || is "compressed swap" 1 "$(swapon --noheadings --show=NAME | grep -c zram0)"
	is "machine-id was made" 32 "$(tr -d '\n' </etc/machine-id | wc -c)"
	is "root is ${root:=read-only}" "$root" "$(touch /usr/.w 2>/dev/null; [ -e /usr/.w ] && echo writable || echo read-only; rm -f /usr/.w)"
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
	401|403) ok "refused: $1" ;;
	*) bad "refused: $1" "got $2" ;;
	esac
}

openhim_login() { # USER PASSWORD [PATH]: the status of a token login
	salt=$(curl -sk "https://127.0.0.1:8080/authenticate/$1" | sed -n 's/.*"salt":"\([^"]*\)".*/\1/p')
	ts=$(curl -sk "https://127.0.0.1:8080/authenticate/$1" | sed -n 's/.*"ts":"\([^"]*\)".*/\1/p')
	hash=$(printf '%s%s' "$salt" "$2" | sha512sum | cut -d' ' -f1)
	token=$(printf '%s%s%s' "$hash" "$salt" "$ts" | sha512sum | cut -d' ' -f1)
	code -H "auth-username: $1" -H "auth-ts: $ts" -H "auth-salt: $salt" -H "auth-token: $token" \
		"https://127.0.0.1:8080/${3:-channels}"
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
	is "PostgreSQL accepts the box's own password" 1 "$(PGPASSWORD=$(secret hapi-database) psql -h 127.0.0.1 -U hapi -d hapi -Atc 'select 1' 2>&1)"
	for login in hapi:hapi hapi:instant101 hapi:admin postgres:instant101 postgres:postgres admin:instant101; do
		if PGPASSWORD=${login#*:} psql -h 127.0.0.1 -U "${login%:*}" -d hapi -c 'select 1' >/dev/null 2>&1; then
			bad "refused: PostgreSQL $login" "accepted"
		else
			ok "refused: PostgreSQL $login"
		fi
	done
}

# Waits for the components first: with them, nothing else starts any more.
healthy() {
	start=$(cut -d. -f1 /proc/uptime)
	if hie status --wait "$wait"; then ok "every component is healthy"; else bad "every component is healthy" "hie status says no"; fi
	for unit in openhim hapi-fhir openhim-store hie-postgresql; do
		restarts=$(systemctl show -P NRestarts $unit)
		[ "$restarts" = 0 ] || { say "# $unit was restarted $restarts times:"; journalctl -q --no-pager -u $unit -n 40 | sed 's/^/# /'; }
	done
	say "# healthy after $(($(cut -d. -f1 /proc/uptime) - start)) s, up $(cut -d. -f1 /proc/uptime) s"
}

# A container may hide the unit's memory limit from the JVM, which sizes its first heap by it: given here by hand.
jvm_under_its_limit() {
	limit=$(systemctl show -P MemoryMax hapi-fhir)
	options=$(sed -n 's/^ExecStart=\(.*args\) .*/\1/p' /usr/lib/systemd/system/hapi-fhir.service)
	is "HAPI's JVM starts under its memory limit, with its archive" sharing \
		"$($options -XX:MaxRAM="$limit" -version 2>&1 | grep -o 'sharing)$\|nrecoverable' | tr -d ')' | head -1)"
}

exchange() {
	jvm_under_its_limit
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

# Until the power goes: three writers beside each other, as three clinics would.
writing() {
	say "END"
	for clinic in pos-clinic-a pos-clinic-b hospital; do
		while :; do
			number=$(flock /run/hie-test-number sh -c 'n=$(($(cat /run/hie-test-count 2>/dev/null || echo 0) + 1)); echo $n | tee /run/hie-test-count')
			made=$(curl -s -o /dev/null -w '%{http_code}' --max-time 60 -u "$clinic:$(secret $clinic)" -X PUT -H 'Content-Type: application/fhir+json' \
				-d "{\"resourceType\":\"Patient\",\"id\":\"cut-$number\",\"name\":[{\"family\":\"Number $number\"}]}" "http://127.0.0.1:5001/fhir/Patient/cut-$number")
			[ "$made" != 201 ] || say "ACK $number"
		done &
	done
	wait
}

# written LIST: the numbers that were acknowledged before the power went, separated by commas
written() {
	lost=''
	for number in $(echo "$1" | tr , ' '); do
		[ "$(code "http://127.0.0.1:3447/fhir/Patient/cut-$number")" = 200 ] && grep -q "\"Number $number\"" /tmp/hie-answer || lost="$lost $number"
	done
	is "no acknowledged patient is lost" "" "$lost"
}

read_back() {
	is "read back as hospital" 200 "$(code -u "hospital:$(secret hospital)" http://127.0.0.1:5001/fhir/Patient/ada)"
	is "it is the same patient" yes "$(grep -q Lovelace /tmp/hie-answer && echo yes)"
}

again() {
	is "the same box: machine-id and password kept" same "$(cat /etc/machine-id /var/lib/hie/secrets/pos-clinic-a | cmp -s - $note && echo same)"
	read_back
}

fresh() {
	is "nothing of the old box in /var" gone "$([ -e $note ] || echo gone)"
	is "the old patient is gone" 404 "$(code -u "hospital:$(secret hospital)" http://127.0.0.1:5001/fhir/Patient/ada)"
}

# what status.json says about the box, and about the component ID
box_says() { sed -n 's/^  "say": "\(.*\)",$/\1/p' /run/hie/status.json; }
says() { awk -v id="\"$1\"," '$1 == "\"id\":" {there = $2 == id} there && $1 == "\"say\":" {gsub(/[",]/, "", $2); print $2; exit}' /run/hie/status.json; }
# becomes NAME SECONDS WANTED COMMAND…: the command says WANTED within SECONDS
becomes() {
	title=$1 tries=$(($2 * 5)) wanted=$3; shift 3
	while :; do
		got=$("$@")
		case $got in $wanted) ok "$title"; return ;; esac
		tries=$((tries - 1)); [ $tries -gt 0 ] || break
		sleep 0.2
	done
	bad "$title" "expected $wanted, got $got"
}
# ask JSON: the control socket's answer
ask() {
	perl -MIO::Socket::UNIX -e '$s = IO::Socket::UNIX->new("/run/hie/control") or die "no socket"; print $s $ARGV[0];
		$s->flush; $s->shutdown(1); local $/; print scalar <$s>' "$1" 2>&1
}
nginx_dropin() {
	mkdir -p /run/systemd/system/nginx.service.d
	printf '%s\n' "$@" >/run/systemd/system/nginx.service.d/zz-test.conf
	systemctl daemon-reload
}
nginx_as_was() {
	rm -rf /run/systemd/system/nginx.service.d
	systemctl daemon-reload
	systemctl reset-failed nginx 2>/dev/null
	systemctl restart nginx
	becomes "$1" 30 OK says reverse-proxy-nginx
}

services() {
	page=reverse-proxy-nginx
	is "status.json is for everybody" 644 "$(stat -c %a /run/hie/status.json)"
	becomes "the box is well" 60 BOX_OK box_says
	systemctl stop nginx
	becomes "a service that was stopped is seen at once" 3 NOT_RUNNING says $page
	becomes "the box says so" 2 BOX_FAILED box_says
	is "and systemd" 1 "$(systemctl show -P StatusText hie-watch | grep -c 'does not run')"
	systemctl start nginx
	becomes "and well again" 10 OK says $page
	nginx_dropin '[Service]' ExecStartPre= ExecStartPost= ExecStart= ExecStart=/bin/false Restart=always RestartSec=300ms
	systemctl --no-block restart nginx
	becomes "a service that restarts in a loop" 20 RESTARTS_OFTEN says $page
	nginx_as_was "and well again"
	kill -STOP "$(systemctl show -P MainPID nginx)" $(pgrep -P "$(systemctl show -P MainPID nginx)")
	becomes "a service that hangs" 60 'NOT_ANSWERING*' says $page
	start=$(date +%s%N)
	case $(ask '{"do":"status"}') in '{"ok":true'*'"say":"NOT_ANSWERING'*) answer=good ;; *) answer=bad ;; esac
	is "the socket answers meanwhile" good,yes "$answer,$([ $(($(date +%s%N) - start)) -lt 1000000000 ] && echo yes)"
	kill -CONT "$(systemctl show -P MainPID nginx)" $(pgrep -P "$(systemctl show -P MainPID nginx)")
	becomes "and well again" 30 OK says $page
}

# Through the socket: only who has the password, and the journal knows it.
administration() {
	is "the socket is the page's" "root hie-page 660" "$(stat -c '%U %G %a' /run/hie/control)"
	session=$(ask "{\"do\":\"login\",\"password\":\"$(secret admin)\",\"from\":\"192.0.2.7\"}" | sed -n 's/.*"session":"\([0-9a-f]*\)".*/\1/p')
	is "the administrator logs in" 64 "$(printf %s "$session" | wc -c)"
	is "a wrong password does not" 1 "$(ask '{"do":"login","password":"wrong"}' | grep -c LOGIN_WRONG)"
	is "nobody restarts without a session" 1 "$(ask '{"do":"restart","component":"reverse-proxy-nginx"}' | grep -c '"login":true')"
	before=$(systemctl show -P MainPID nginx)
	is "restart" 1 "$(ask "{\"do\":\"restart\",\"component\":\"reverse-proxy-nginx\",\"session\":\"$session\"}" | grep -c '"ok":true')"
	becomes "nginx is another one" 20 yes sh -c "[ \$(systemctl show -P MainPID nginx) != $before ] && echo yes"
	becomes "and answers" 20 OK says reverse-proxy-nginx
	is "log" 1 "$(ask "{\"do\":\"log\",\"component\":\"reverse-proxy-nginx\",\"lines\":5,\"session\":\"$session\"}" | grep -c 'Page of the box')"
	is "backups are looked for" 1 "$(ask "{\"do\":\"backups\",\"session\":\"$session\"}" | grep -c '"ok":true')"
	becomes "and that has an end" 20 '*"state":"done"*' ask "{\"do\":\"job\",\"job\":\"backup\",\"session\":\"$session\"}"
	now=$(date +%s)
	is "clock" 1 "$(ask "{\"do\":\"clock\",\"time\":$((now + 2)),\"session\":\"$session\"}" | grep -c '"ok":')"
	journalctl -q --sync 2>/dev/null
	is "the journal has it with the address" 1 "$(journalctl -q -b -u hie-watch | grep -c 'restart reverse-proxy-nginx from 192.0.2.7: done')"
	is "and no password" 0 "$(journalctl -q -b -u hie-watch | grep -c "$(secret admin)")"
}

# Who watches the watcher.
watcher() {
	systemctl start boot-complete.target; is "boot is complete" active "$(systemctl is-active boot-complete.target)"
	for unit in hie-watch hie-healthy; do
		is "$unit is shut in" 0 "$(systemd-analyze security --no-pager --threshold=40 $unit.service >/dev/null 2>&1; echo $?)"
	done
	pid=$(systemctl show -P MainPID hie-watch)
	# of the process and its tools, in hundredths of a second; containers of one host may share the unit's cgroup
	used=$(awk '{print $14 + $15 + $16 + $17}' "/proc/$pid/stat"); sleep 60
	used=$((($(awk '{print $14 + $15 + $16 + $17}' "/proc/$pid/stat") - used) * 100 / 60)) # hundredths of a percent
	is "the watcher takes less than 1 % of a core at rest" yes "$([ $used -lt 100 ] && echo yes || echo "$used/100 %")"
	memory=$(awk '/^Pss:/ {print $2}' /proc/"$pid"/smaps_rollup)
	is "and less than 12 MB" yes "$([ "$memory" -lt 12000 ] && echo yes || echo "$memory kB")"
	say "# hie watch: $used/100 % of a core, $memory kB (PSS), $(awk '/^VmRSS/ {print $2}' /proc/"$pid"/status) kB (RSS)"
	mkdir -p /run/systemd/system/hie-watch.service.d
	printf '[Service]\nWatchdogSec=4\n' >/run/systemd/system/hie-watch.service.d/zz-test.conf
	systemctl daemon-reload; systemctl restart hie-watch
	pid=$(systemctl show -P MainPID hie-watch); sleep 9
	is "it lives under its watchdog" "$pid 0" "$(systemctl show -P MainPID hie-watch) $(systemctl show -P NRestarts hie-watch)"
	kill -STOP "$pid"
	becomes "a watcher that hangs is started anew" 25 1,active sh -c 'echo $(systemctl show -P NRestarts hie-watch),$(systemctl is-active hie-watch)'
	is "by its watchdog" 1 "$(journalctl -q -b -u hie-watch | grep -c 'Watchdog timeout')"
	is "the socket answers" 1 "$(ask '{"do":"status"}' | grep -c '"ok":true')"
	rm -r /run/systemd/system/hie-watch.service.d; systemctl daemon-reload; systemctl restart hie-watch
	systemctl stop dbus.socket dbus.service 2>/dev/null; sleep 2
	systemctl stop nginx
	becomes "without the message bus it still sees" 45 NOT_RUNNING says reverse-proxy-nginx
	systemctl start dbus.socket nginx
	becomes "and when it is back" 45 OK says reverse-proxy-nginx
}

# What the screen of a training box shows, on a terminal of 80 columns and 25 lines; agetty waits for Enter.
console() {
	mode=$(sed -n 's/^  "mode": "\(.*\)",$/\1/p' /run/hie/status.json)
	is "the consoles' texts are root's" "600 600" "$(stat -c %a /run/hie/screen.issue /run/hie/serial.issue | tr '\n' ' ' | sed 's/ $//')"
	# script runs $SHELL, whatever that is outside; its terminal may fail to open on a busy machine: then again
	for attempt in 1 2 3; do
		rm -f /tmp/hie-screen
		{ sleep 2; systemctl stop nginx; sleep 3; systemctl start nginx; sleep 4; } |
			SHELL=/bin/sh script -qec 'stty rows 25 cols 80; timeout --foreground 12 agetty --issue-file /run/hie/screen.issue --login-pause --autologin root --noclear - linux' \
			/tmp/hie-screen >/tmp/hie-script 2>&1
		status=$?
		[ "$(stat -c %s /tmp/hie-screen 2>/dev/null || echo 0)" -gt 300 ] && break
		say "# attempt $attempt: script ended with $status and wrote: $(tail -c 300 /tmp/hie-script /tmp/hie-screen | tr '\n' ' ')"
		becomes "the page is there for the next attempt" 30 OK says $page
	done
	is "the screen shows the state" yes "$(grep -aq 'Everything runs' /tmp/hie-screen && echo yes)"
	is "and follows it" yes "$(grep -aq 'Something does not run' /tmp/hie-screen && echo yes)"
	is "agetty waits" yes "$(grep -aq 'ENTER to login' /tmp/hie-screen && echo yes)"
	is "the login is on it while training" "$mode yes" "training $(grep -aqF "$(secret admin)" /tmp/hie-screen && echo yes)"
	becomes "well again" 20 BOX_OK box_says
}

# The record of messages is bounded: with a bound of 5 only the last ones stay.
messages() {
	mkdir -p /run/systemd/system/openhim.service.d
	printf '[Service]\nEnvironment=MESSAGES_MAX=5 MESSAGES_EVERY=2000\n' >/run/systemd/system/openhim.service.d/zz-test.conf
	systemctl daemon-reload
	systemctl restart openhim
	for number in 1 2 3 4 5 6 7 8; do
		code -u "hospital:$(secret hospital)" "http://127.0.0.1:5001/fhir/Patient/bound-$number" >/dev/null
	done
	sleep 5
	openhim_login root@openhim.org "$(secret openhim-root)" 'transactions?filterLimit=100&filterPage=0' >/dev/null
	is "the oldest messages are forgotten" "4 5 6 7 8 " "$(grep -o '/fhir/Patient/bound-[0-9]' /tmp/hie-answer | sed 's/.*-//' | sort -u | tr '\n' ' ')"
	rm -r /run/systemd/system/openhim.service.d
	systemctl daemon-reload
	systemctl restart openhim
}

rescue() {
	timeout "$wait" systemctl is-system-running --wait >/dev/null 2>&1
	is "the reason is known" yes "$([ -s /run/hie/rescue ] && echo yes)"
	say "# rescue: $(cat /run/hie/rescue)"
	for unit in openhim.service openhim-store.service hapi-fhir.service hie-postgresql.service; do
		systemctl cat "$unit" >/dev/null 2>&1 || continue
		is "$unit does not run" inactive "$(systemctl is-active "$unit")"
	done
	becomes "the watcher says so" 20 BOX_RESCUE box_says
	is "and the console, with what to do" 1 "$(grep -c 'Switch the box off' /run/hie/screen.issue)"
	is "the page answers" 200 "$(code http://127.0.0.1/)"
	is "the page says so" yes "$(grep -qi rescue /tmp/hie-answer && echo yes)"
}

# login NAME: sshd lets NAME in by a key in the file that the recipe's keys are in; NAME is root by sudo.
login() {
	home=$(getent passwd "$1" | cut -d: -f6) keys=/run/hie-test-keys
	is "$1's key file" "$1 $1 600" "$(stat -c '%U %G %a' "$home/.ssh/authorized_keys")"
	is "$1's folders" "$1 700 $1 700" "$(stat -c '%U %a' "$home" "$home/.ssh" | tr '\n' ' ' | sed 's/ $//')"
	is "the recipe's key is in it" 1 "$(grep -c 'trainer@example$' "$home/.ssh/authorized_keys")"
	is "sshd reads that file" yes "$(sshd -T -C "user=$1" 2>/dev/null | grep -q '^authorizedkeysfile .ssh/authorized_keys' && echo yes)"
	# for once with a key whose other half is here: a mount over the file, so that it works on layers too
	rm -f $keys*; ssh-keygen -q -t ed25519 -N '' -f $keys
	install -o "$1" -g "$1" -m 600 $keys.pub $keys.file
	mount --bind $keys.file "$home/.ssh/authorized_keys"
	said=$(timeout 120 ssh -i $keys -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
		-o LogLevel=ERROR "$1@127.0.0.1" 'id -un; sudo -n id -un' 2>&1 | tr '\n' ' ')
	umount "$home/.ssh/authorized_keys"
	is "$1 logs in by key and is root by sudo" "$1 root " "$said"
}

# What the recipe asks for, in both layouts.
site() {
	is "package tree" yes "$(tree -L 1 /etc >/dev/null && echo yes)"
	is "overlay file" "laid over the root by tests/recipes/plain.yaml" "$(cat /etc/site-note)"
	is "the recipe's unit is enabled" enabled "$(systemctl is-enabled site-note.service)"
	is "the recipe's unit ran" success,active "$(systemctl show -P Result site-note.service),$(systemctl is-active site-note.service)"
	is "user trainer" 1000:/home/trainer:/bin/bash "$(getent passwd trainer | cut -d: -f3,6,7)"
	is "groups of trainer" "adm sudo trainer" "$(id -nG trainer | tr ' ' '\n' | sort | tr '\n' ' ' | sed 's/ $//')"
	is "trainer has no password" L "$(passwd -S trainer | cut -d' ' -f2)"
	login trainer
	login root
	is "time zone" Africa/Kampala "$(cat /etc/timezone)"
	# a container has its host's kernel, and systemd-nspawn gives it the time zone of its host
	systemd-detect-virt -cq || {
		is "the clock shows it" "Africa/Kampala EAT" "$(timedatectl show -P Timezone) $(date +%Z)"
		is "kernel argument" 1 "$(tr ' ' '\n' </proc/cmdline | grep -cx 'hie.timescale=3')"
	}
	is "host name" "plainbox plainbox" "$(hostname) $(cat /etc/hostname)"
	is "keyboard" 'XKBLAYOUT="fr"' "$(grep XKBLAYOUT /etc/default/keyboard)"
	[ ! -e /dev/tty1 ] || is "the console's Q is an A" yes "$(dumpkeys </dev/tty1 | grep -qE '^keycode +16 = \+?a( |$)' && echo yes)"
	is "sudo alone is setuid, and for it a user has a right to be root" "/usr/bin/sudo" "$(find / -xdev -type f -perm /6000 | tr '\n' ' ' | sed 's/ $//')"
	is "firewall" drop "$(nft list chain inet filter input | sed -n 's/.*policy \(.*\);.*/\1/p')"
	is "the firewall lets the page through" 1 "$(nft list chain inet filter input | grep -c 'tcp dport 443 accept')"
}

# A package of our own, so that apt has something to do without a mirror.
own_package() {
	rm -rf /tmp/own; mkdir -p /tmp/own/DEBIAN /tmp/own/usr/share/own
	printf 'Package: own\nVersion: 1\nArchitecture: all\nMaintainer: test\nDescription: test\nDepends: tree\n' >/tmp/own/DEBIAN/control
	echo own >/tmp/own/usr/share/own/file
	dpkg-deb --root-owner-group -b /tmp/own /tmp/own.deb >/dev/null
}

packages() {
	is "dpkg --audit" "" "$(dpkg --audit 2>&1)"
	apt-get check >/tmp/apt 2>&1; is "apt-get check" 0 $?
	apt-get update >/tmp/apt 2>&1; is "apt-get update reads the template" "0 0" "$? $(grep -cE '^(E|W|N):' /tmp/apt)"
	is "no mirror is named" "" "$(apt-get indextargets 2>&1)"
	own_package
	apt-get install -y /tmp/own.deb >/tmp/apt 2>&1; is "apt-get install" "0 own" "$? $(cat /usr/share/own/file)"
	apt-get purge -y own >/tmp/apt 2>&1; is "apt-get purge" "0 gone" "$? $([ -e /usr/share/own ] || echo gone)"
	is "no package would go" 0 "$(apt-get -s autoremove 2>/dev/null | grep -c '^Remv')"
}

# What the postinst of a newer kernel's package does, and that of one that goes.
kernel() {
	release=$(uname -r)
	is "the kernel at the top is this one" "boot/vmlinuz-$release boot/initrd.img-$release" "$(readlink /vmlinuz) $(readlink /initrd.img)"
	is "its initramfs is the normal one" "MODULES=most" "$(grep -h '^MODULES=' /etc/initramfs-tools/initramfs.conf)"
	cp "/boot/vmlinuz-$release" /boot/vmlinuz-99.1-test; echo >/boot/initrd.img-99.1-test
	linux-update-symlinks install 99.1-test /boot/vmlinuz-99.1-test >/dev/null
	is "a newer kernel takes its place" "boot/vmlinuz-99.1-test boot/initrd.img-99.1-test boot/vmlinuz-$release boot/initrd.img-$release" \
		"$(readlink /vmlinuz) $(readlink /initrd.img) $(readlink /vmlinuz.old) $(readlink /initrd.img.old)"
	rm -f /boot/*-99.1-test
	linux-update-symlinks remove 99.1-test /boot/vmlinuz-99.1-test >/dev/null
	is "and gives it back" "boot/vmlinuz-$release boot/initrd.img-$release" "$(readlink /vmlinuz) $(readlink /initrd.img)"
	is "update-initramfs is Debian's" "" "$(dpkg-divert --list '*initramfs*')"
	is "the kernel's hook makes an initramfs" yes "$([ -x /etc/kernel/postinst.d/initramfs-tools ] && echo yes)"
}

# What only a root that is written to has. The second start finds what the first one left.
plain() {
	packages
	kernel
	is "root is ext4 by fstab" "ext4 $(awk '$2 == "/" {print $1}' /etc/fstab)" "$(findmnt -no FSTYPE /) PARTUUID=$(findmnt -no PARTUUID /)"
	is "the root was checked before it was mounted" yes "$([ -e /run/initramfs/fsck-root ] && echo yes)"
	disk=/dev/$(lsblk -no PKNAME "$(findmnt -no SOURCE /)")
	is "the root partition ends where the disk does" yes "$([ "$(sfdisk -qF "$disk" | awk 'NR > 1 {n += $3} END {print n + 0}')" -lt 8192 ] && echo yes)"
	is "the root filesystem fills its partition" yes "$([ $(($(lsblk -bno SIZE "$(findmnt -no SOURCE /)") / 4096)) -eq "$(dumpe2fs -h "$(findmnt -no SOURCE /)" 2>/dev/null | awk '/^Block count/ {print $3}')" ] && echo yes)"
	is "four partitions, none new" 4 "$(lsblk -nro TYPE "$disk" | grep -c part)"
}

# What hiebox.conf of 33-first-boot.sh asks for.
card() {
	timeout "$wait" systemctl is-system-running --wait >/dev/null 2>&1
	is "no failed unit" "" "$(systemctl --failed --no-legend --plain | awk '{print $1}' | tr '\n' ' ')"
	is "the name" "clinic-07 clinic-07" "$(hostname) $(cat /etc/hostname)"
	is "the time zone" Africa/Kampala "$(cat /etc/timezone)"
	# systemd-nspawn gives a container the time zone of its host
	systemd-detect-virt -cq || is "the clock shows it" EAT "$(date +%Z)"
	is "the password" correct-horse-7 "$(secret admin)"
	is "passwords are wiped, wrong ones stay" "~ ~ wrong-password" "$(sed -n 's/.*password: \(~\) .*/\1/p; s/^  admin: \(~\) .*/\1/p; s/^  admni: "\([^"]*\)".*/\1/p' /run/hie/hiebox/hiebox.conf | tr '\n' ' ' | sed 's/ $//')"
	is "the wireless network" 1 "$(grep -c 'psk="secret-waves-7"' /var/lib/hie/card/wpa_supplicant.conf)"
	is "nobody else reads it" "600 root" "$(stat -c '%a %U' /var/lib/hie/card/wpa_supplicant.conf)"
	is "SSH runs, because somebody has a key" active "$(systemctl is-active ssh)"
	is "no password is in the journal" 0 "$(journalctl -q --no-pager | grep -cE 'correct-horse-7|secret-waves-7|wrong-password')"
	is "status says what is wrong" 1 "$(hie status | grep -c 'degraded.*hiebox.conf:8:3: passwords.admni')"
	is "the box speaks the card's language" "Administration de ce boîtier" "$(hie credentials --json | sed -n 's/.*"title": "\(Admin[^"]*\)".*/\1/p')"
	names
}

# The certificate on every name, as a phone that installed the authority sees it, and on none besides.
names() {
	authority=/var/lib/hie/tls/ca.crt name=$(hostname)
	for host in "$name" "$name.local" localhost 127.0.0.1 '[::1]'; do
		is "certificate for $host" 200 "$(curl -s -o /dev/null -w '%{http_code}' --cacert $authority --resolve "$host:443:127.0.0.1" "https://$host/")"
	done
	is "certificate for 10.0.2.2" 0 "$(openssl verify -CAfile $authority -verify_ip 10.0.2.2 /var/lib/hie/tls/server.crt >/dev/null 2>&1; echo $?)"
	is "refused for another name" "000 60" "$(curl -s -o /dev/null -w '%{http_code} %{exitcode}' --cacert $authority --resolve example.org:443:127.0.0.1 https://example.org/)"
	# an address that comes while the box runs: hie watch renews, nginx takes it up
	ip link add hie-test type veth peer name hie-peer 2>/dev/null && ip addr add 192.168.55.7/24 dev hie-test && ip link set hie-test up
	for second in $(seq 60); do
		[ "$(code --cacert $authority https://192.168.55.7/)" = 200 ] &&
			[ "$(curl -s -o /dev/null -w '%{http_code}' --cacert $authority https://192.168.55.7/)" = 200 ] && break
		sleep 1
	done
	is "certificate for a new address, ${second} s later" 200 "$(curl -s -o /dev/null -w '%{http_code}' --cacert $authority https://192.168.55.7/)"
	ip link del hie-test
}

clock() {
	is "the clock is not before the image" yes "$([ "$(date +%s)" -ge "$(sed -n 's/.*"built": *\([0-9]*\).*/\1/p' /usr/lib/hie/box.json | head -n 1)" ] && echo yes)"
	is "HIEBOX is mounted" "vfat nodev nosuid noexec" "$(findmnt -no FSTYPE /run/hie/hiebox) $(findmnt -no OPTIONS /run/hie/hiebox | tr ',' '\n' | grep -E '^no(dev|suid|exec)$' | sort | tr '\n' ' ' | sed 's/nodev noexec nosuid /nodev nosuid noexec/')"
	card
	is "chrony runs, not as root" "active _chrony" "$(systemctl is-active chrony) $(ps -o user= -C chronyd | sort -u)"
	is "it serves time without a source" 10 "$(chronyc -c tracking 2>/dev/null | cut -d, -f3)"
	is "it listens on port 123 and no other" "123 " "$(ss -Hlunp | grep chronyd | awk '{print $4}' | sed 's/.*://' | sort -u | tr '\n' ' ')"
	is "the firewall lets it through" 1 "$(nft list chain inet filter input | grep -c 'udp dport 123 accept')"
	remembered=$(cat /var/lib/hie/clock)
	is "the time is remembered" yes "$([ "$remembered" -ge "$(date -d '-2 hours' +%s)" ] && echo yes)"
	is "the time can be set" "It is 2030-01-02" "$(hie clock --set 2030-01-02T03:04:05Z | cut -dT -f1)"
	sleep 3
	is "the clock follows, and chrony too" "2030-01-02 10" "$(date -u +%F) $(chronyc -c tracking 2>/dev/null | cut -d, -f3)"
	is "the certificate was renewed, for it had ended" yes "$(openssl x509 -in /var/lib/hie/tls/server.crt -noout -checkend 86400 >/dev/null && echo yes)"
	is "a time before the image is refused" 1 "$(hie clock --set 2001-01-01T00:00:00Z >/dev/null 2>&1; echo $?)"
	is "and back again" 0 "$(hie clock --set "@$remembered" >/dev/null 2>&1 || hie clock --set "$remembered" >/dev/null; echo $?)"
	for second in $(seq 60); do # nginx takes it up
		curl -s -o /dev/null --cacert /var/lib/hie/tls/ca.crt https://127.0.0.1/ && break
		sleep 1
	done
	is "with a certificate that is not of the future" 200 "$(curl -s -o /dev/null -w '%{http_code}' --cacert /var/lib/hie/tls/ca.crt https://127.0.0.1/)"
}

say "# $what on $(cat /proc/sys/kernel/hostname), $(awk '{print int($1)}' /proc/uptime) s after switch-on"
case $what in
light) general; listeners ;;
card) card ;;
clock) clock ;;
exchange) healthy; general; exchange ;;
again) healthy; general; again ;;
writing) healthy; general; exchange; writing ;;
written) list=$wait wait=300; healthy; written "$list" ;;
fresh) healthy; general; fresh ;;
watch) healthy; services; administration; console; watcher; messages ;;
rescue) rescue ;;
plain) root=writable; general; listeners; site; plain ;;
site) general; listeners; site ;;
*) bad "inside.sh" "unknown test $what" ;;
esac
say "# memory: $(free -m | awk '/^Mem/ {print $3 " MB used of " $2}')"
say "END"
